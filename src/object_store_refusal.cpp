// What a service that speaks S3 means by its answer, and the XML it is written in.
#include "aquila_fetch/object_store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace aquila {
namespace {

constexpr std::size_t longest_error = std::size_t{64} << 10U;  // an error's text is short
/// AWS's own limit, and what others have copied.
constexpr Span clock_tolerance = std::chrono::minutes{15};

struct RefusalRow {
    int status;  ///< 0: whichever
    Exit exit;
    std::string_view code;  ///< empty: whichever
    std::string_view what;
    std::string_view hint;
};

constexpr std::string_view goes_on = "nothing is lost, the next run goes on";

constexpr RefusalRow wrong_clock{0, Exit::refused, "RequestTimeTooSkewed",
                                 "this machine's clock is wrong: {here} here, {there} there",
                                 "the clock: set it (timedatectl), and run again"};

// clang-format off
constexpr RefusalRow refusal_rows[] = {
    wrong_clock,
    {0, Exit::refused, "SignatureDoesNotMatch", "the signature does not fit",
     "the key: `s3_secret_key_file` (or what stands for it) must hold the secret key of this very access key id"},
    {0, Exit::refused, "InvalidAccessKeyId", "the access key id is not known there",
     "the key: check `s3_access_key_id` (or AWS_ACCESS_KEY_ID), and that it is of this service"},
    {0, Exit::refused, "ExpiredToken", "the session token has expired", "the key: get a new one, or use a lasting key"},
    {0, Exit::refused, "InvalidToken", "the session token is not valid",
     "the key: AWS_SESSION_TOKEN must be of the same session as AWS_ACCESS_KEY_ID"},
    {0, Exit::protocol, "NoSuchBucket", "there is no such bucket",
     "the bucket: make it, or name another one in `output`; buckets are made by people, not by this program"},
    {0, Exit::protocol, "AuthorizationHeaderMalformed", "the request was signed for the region {region}, and that is not the bucket's",
     "the region: set `s3_region`{expected}"},
    {0, Exit::protocol, "PermanentRedirect", "the bucket is in another region than {region}", "the region: set `s3_region`{expected}"},
    {0, Exit::unavailable, "TemporaryRedirect", "the bucket is being moved", goes_on},
    {0, Exit::protocol, "IllegalLocationConstraintException", "the bucket is in another region than {region}",
     "the region: set `s3_region`{expected}"},
    {301, Exit::protocol, "", "the bucket is in another region than {region}", "the region: set `s3_region`{expected}"},
    {0, Exit::protocol, "InvalidRequest", "the service does not take such a request, and says why",
     "what it says is the reason: a rule of the bucket (Object Lock, encryption, checksums), or of the service at `s3_endpoint`"},
    {0, Exit::unavailable, "RequestTimeout", "the service waited too long for the request", goes_on},
    {0, Exit::unavailable, "SlowDown", "the service asks for fewer requests", goes_on},
    {0, Exit::refused, "AccessDenied", "the key may not do this",
     "the permission: give its user s3:PutObject on arn:aws:s3:::{bucket}/*; `verify` and `check` need s3:ListBucket and "
     "s3:GetObject as well"},
    {401, Exit::refused, "", "the service refuses the key", "the key: check `s3_access_key_id` and its secret"},
    {403, Exit::refused, "", "the service refuses this",
     "the permission: give the key's user s3:PutObject on arn:aws:s3:::{bucket}/*; and look at the key itself"},
    {404, Exit::protocol, "", "there is nothing of that name", "the bucket: check `output` and `s3_endpoint`"},
    {429, Exit::unavailable, "", "the service asks for fewer requests", goes_on},
};
// clang-format on
constexpr RefusalRow service_in_trouble{0, Exit::unavailable, "", "the service is in trouble", goes_on};
constexpr RefusalRow unforeseen_refusal{0, Exit::protocol, "", "the answer is not what S3 promises",
                                        "check `s3_endpoint`, and whether a proxy answers there"};

Failure explain_trouble(const Response& response) {
    switch (response.error) {
        case TransportError::tls:
            return {Exit::unavailable, response.error_text,
                    "check `s3_endpoint`, this machine's clock, and `ca_file` where a CA of your own signs"};
        case TransportError::too_large:
            return {Exit::protocol, response.error_text, "check `s3_endpoint`"};
        default:
            return {
                Exit::unavailable, response.error_text,
                "nothing is lost, the next run goes on; if this stays, check `s3_endpoint`, `proxy` and the network"};
    }
}

/// A code is a word; anything else is none.
std::string code_of(std::string_view body) {
    const auto codes = xml_texts(body, "Code");
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    const bool valid = !codes.empty() && codes.front().size() <= 64 && std::ranges::all_of(codes.front(), is_letter);
    return valid ? codes.front() : std::string{};
}

std::string tag_text(std::string_view body, std::string_view tag) {
    const auto texts = xml_texts(body, tag);
    return texts.empty() ? std::string{} : printable_text(texts.front(), 160);
}

void put_utf8(std::string& text, std::uint32_t value) {
    if (value < 0x80) {
        text += static_cast<char>(value);
    } else if (value < 0x800) {
        text += {static_cast<char>(0xC0U | value >> 6U), static_cast<char>(0x80U | (value & 0x3FU))};
    } else if (value < 0x10000) {
        text += {static_cast<char>(0xE0U | value >> 12U), static_cast<char>(0x80U | (value >> 6U & 0x3FU)),
                 static_cast<char>(0x80U | (value & 0x3FU))};
    } else {
        text += {static_cast<char>(0xF0U | value >> 18U), static_cast<char>(0x80U | (value >> 12U & 0x3FU)),
                 static_cast<char>(0x80U | (value >> 6U & 0x3FU)), static_cast<char>(0x80U | (value & 0x3FU))};
    }
}

/// `&name;` at the start of `text` in `result`; how many bytes it takes, 0 where it is none.
std::size_t take_entity(std::string_view text, std::string& result) {
    constexpr std::array<std::pair<std::string_view, char>, 5> names{
        {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
    for (const auto& [name, meaning] : names) {
        if (text.starts_with(name)) {
            result += meaning;
            return name.size();
        }
    }
    const bool hex = text.starts_with("&#x");
    if (!text.starts_with("&#")) {
        return 0;
    }
    const auto digits = text.substr(hex ? 3 : 2, 8);
    std::uint32_t value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    const bool is_character = value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    if (error != std::errc{} || stop == digits.data() + digits.size() || *stop != ';' || !is_character) {
        return 0;
    }
    put_utf8(result, value);
    return static_cast<std::size_t>(stop - text.data()) + 1;
}

}  // namespace

std::vector<std::string> xml_texts(std::string_view xml, std::string_view tag) {
    const auto open = fmt::format("<{}>", tag);
    const auto close = fmt::format("</{}>", tag);
    std::vector<std::string> texts;
    for (auto begin = xml.find(open); begin != std::string_view::npos; begin = xml.find(open, begin)) {
        begin += open.size();
        const auto end = xml.find(close, begin);
        if (end == std::string_view::npos) {
            break;
        }
        auto text = xml.substr(begin, end - begin);
        std::string& result = texts.emplace_back();
        while (!text.empty()) {
            const auto taken = text.front() == '&' ? take_entity(text, result) : 0;
            if (taken == 0) {
                result += text.front();
            }
            text.remove_prefix(std::max<std::size_t>(taken, 1));
        }
        begin = end + close.size();
    }
    return texts;
}

Failure explain_refusal(const Response& response, const BucketAddress& address, Instant now) {
    if (response.error != TransportError::none) {
        return explain_trouble(response);
    }
    const auto body = std::string_view{response.body}.substr(0, longest_error);
    const auto code = code_of(body);
    const RefusalRow* row = std::ranges::find_if(refusal_rows, [&](const RefusalRow& each) {
        return each.code.empty() ? each.status == response.status : each.code == code;
    });
    const auto date = response.date();
    const bool skewed = date && (*date - now > clock_tolerance || now - *date > clock_tolerance);
    if (response.status == 403 && skewed) {
        row = &wrong_clock;  // not every service says so
    } else if (row == std::end(refusal_rows)) {
        row = response.status >= 500 ? &service_in_trouble : &unforeseen_refusal;
    }
    auto expected = tag_text(body, "Region");
    if (expected.empty()) {
        expected = printable_text(response.header("x-amz-bucket-region"), 64);
    }
    const auto message = tag_text(body, "Message");
    const auto what = fmt::format(fmt::runtime(row->what), fmt::arg("here", format_instant(now)),
                                  fmt::arg("there", date ? format_instant(*date) : "another time"),
                                  fmt::arg("region", address.region));
    const auto hint =
        fmt::format(fmt::runtime(row->hint), fmt::arg("bucket", address.bucket),
                    fmt::arg("expected", expected.empty() ? "" : fmt::format("; the service names {}", expected)));
    return {row->exit,
            fmt::format("the bucket {} at {}: {} ({}{}{}{})", address.bucket, printable_url(address.base), what,
                        response.status, code.empty() ? "" : " ", code, message.empty() ? "" : ": " + message),
            hint};
}

}  // namespace aquila
