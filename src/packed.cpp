#include "aquila_fetch/packed.hpp"

#include "decoder.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace aquila {

/// Bytes one after the other; the first ones can be looked at before they are taken.
struct PackedReader::Stream {
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream() = default;

    std::size_t some(std::span<char> buffer) {
        if (held.empty()) {
            return more(buffer);
        }
        const auto count = std::min(held.size(), buffer.size());
        std::copy_n(held.begin(), count, buffer.begin());
        held.erase(0, count);
        return count;
    }

    /// Fewer than telling_bytes where there are no more; what is wrong with them is told when they are taken.
    std::string_view first_bytes() {
        std::array<char, telling_bytes> bytes{};
        try {
            while (held.size() < bytes.size()) {
                const auto got = more(std::span{bytes}.first(bytes.size() - held.size()));
                if (got == 0) {
                    break;
                }
                held.append(bytes.data(), got);
            }
        } catch (const Failure&) {
            return held;
        }
        return held;
    }

    virtual bool skip(std::uint64_t count) {
        std::vector<char> waste(std::min<std::uint64_t>(count, std::uint64_t{256} << 10U));
        while (count > 0) {
            const auto got =
                some({waste.data(), static_cast<std::size_t>(std::min<std::uint64_t>(count, waste.size()))});
            if (got == 0) {
                return false;
            }
            count -= got;
        }
        return true;
    }

    std::string held;
    std::string name;

  private:
    /// Some bytes, 0 at the end.
    virtual std::size_t more(std::span<char> buffer) = 0;
};

namespace {

constexpr std::size_t packed_chunk = std::size_t{256} << 10U;
constexpr std::size_t shown_rest = 64;
constexpr std::size_t most_layers = 2;

[[noreturn]] void fail_packed(const std::string& name, std::string_view what, std::string_view hint = {}) {
    throw Failure{Exit::io, fmt::format("{} cannot be read: {}", name, what),
                  std::string{hint.empty() ? "check the file and its permissions" : hint}};
}

[[noreturn]] void fail_cut_short(const std::string& name) {
    throw CutShort{Exit::io, fmt::format("{} cannot be read: its packed data is cut short", name),
                   "a run that was stopped may have left it so, and the next run puts it right; else look at the file"};
}

struct Plain : PackedReader::Stream {
    explicit Plain(const std::filesystem::path& path) : file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)} {
        name = path.string();
        if (!file) {
            fail_packed(name, describe_errno(errno));
        }
    }

    bool skip(std::uint64_t count) override {
        held.clear();
        const auto size = ::lseek(file.get(), 0, SEEK_END);
        return size >= 0 && static_cast<std::uint64_t>(size) >= count &&
               ::lseek(file.get(), static_cast<off_t>(count), SEEK_SET) >= 0;
    }

  private:
    std::size_t more(std::span<char> buffer) override {
        while (true) {
            const auto got = ::read(file.get(), buffer.data(), buffer.size());
            if (got >= 0) {
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR) {
                fail_packed(name, describe_errno(errno));
            }
        }
    }

    Fd file;
};

struct InMemory : PackedReader::Stream {
    explicit InMemory(std::string text) : bytes{std::move(text)} {}

  private:
    std::size_t more(std::span<char> buffer) override {
        const auto count = std::min(bytes.size() - at, buffer.size());
        std::copy_n(bytes.data() + at, count, buffer.begin());
        at += count;
        return count;
    }

    std::string bytes;
    std::size_t at = 0;
};

/// Named like a packed file, and none.
struct Misnamed : PackedReader::Stream {
    explicit Misnamed(std::string of) { name = std::move(of); }

  private:
    std::size_t more(std::span<char> /*buffer*/) override { fail_packed(name, "its packed data is damaged"); }
};

struct Unpacked : PackedReader::Stream {
    Unpacked(std::unique_ptr<PackedReader::Stream> inner, Packing packing)
        : packed{std::move(inner)}, decoder{make_decoder(packing)}, buffer(packed_chunk, '\0') {
        name = packed->name;
    }

  private:
    std::size_t more(std::span<char> out) override {
        while (true) {
            if (in.empty() && !may_hold_more) {
                in = {buffer.data(), packed->some(buffer)};
                if (in.empty()) {
                    if (!whole) {
                        fail_cut_short(name);
                    }
                    return 0;
                }
            }
            std::size_t put = 0;
            const auto step = damaged ? Decoder::Step::damaged : decoder->decode(in, out, put);
            damaged = step == Decoder::Step::damaged;
            if (damaged) {
                fail_packed(name, "its packed data is damaged");
            }
            whole = step == Decoder::Step::whole;
            may_hold_more = !whole && put == out.size();
            if (put > 0) {
                return put;
            }
        }
    }

    std::unique_ptr<PackedReader::Stream> packed;
    std::unique_ptr<Decoder> decoder;
    std::string buffer;
    std::string_view in;
    bool whole = true;  ///< at the end of a frame
    bool damaged = false;
    bool may_hold_more = false;  ///< the decoder has text that there was no room for
};

}  // namespace

PackedReader::PackedReader(const std::filesystem::path& path) : stream_{std::make_unique<Plain>(path)} {
    unpack(most_layers);
    if (layers_ == 0 && is_packed(path) && !stream_->held.empty()) {
        stream_ = std::make_unique<Misnamed>(path.string());
    }
}

PackedReader::PackedReader(const std::filesystem::path& path, Packing written) : PackedReader{path} {
    if (written != Packing::none) {
        const auto all = layers_;
        stream_ = std::make_unique<Plain>(path);
        layers_ = 0;
        // What is not packed as it was written was packed by somebody else, whatever may be left in it.
        const bool is_foreign = all == 1 && packing_of_bytes(stream_->first_bytes()) != written;
        unpack(is_foreign ? 1 : std::max<std::size_t>(all, 1) - 1);
    }
}

PackedReader::PackedReader(std::string bytes, std::string name)
    : stream_{std::make_unique<InMemory>(std::move(bytes))} {
    stream_->name = std::move(name);
    unpack(most_layers);
}

void PackedReader::unpack(std::size_t most) {
    for (; layers_ < most; ++layers_) {
        const auto packing = packing_of_bytes(stream_->first_bytes());
        if (packing == Packing::none) {
            return;
        }
        stream_ = std::make_unique<Unpacked>(std::move(stream_), packing);
    }
}

PackedReader::PackedReader(PackedReader&&) noexcept = default;
PackedReader& PackedReader::operator=(PackedReader&&) noexcept = default;
PackedReader::~PackedReader() = default;

std::size_t PackedReader::read(std::span<char> buffer) {
    std::size_t have = 0;
    while (have < buffer.size()) {
        const auto got = stream_->some(buffer.subspan(have));
        if (got == 0) {
            break;
        }
        have += got;
    }
    return have;
}

std::size_t PackedReader::read_some(std::span<char> buffer) {
    return stream_->some(buffer);
}

bool PackedReader::skip(std::uint64_t count) {
    return stream_->skip(count);
}

FrameEnd for_each_frame(PackedReader& reader, Packing packing, const std::function<void(std::string_view text)>& use) {
    const auto decoder = make_decoder(packing);
    std::string buffer(packed_chunk, '\0');
    std::string out(packed_chunk, '\0');
    std::string_view in;
    std::string text;
    FrameEnd end;
    std::uint64_t taken = 0;  // of the frame that is being read
    for (bool may_hold_more = false;;) {
        if (in.empty() && !may_hold_more) {
            in = {buffer.data(), reader.read(buffer)};
            if (in.empty()) {
                return end;
            }
        }
        const auto before = in;
        std::size_t put = 0;
        const auto step = decoder->decode(in, out, put);
        const auto count = before.size() - in.size();
        const auto shown = step == Decoder::Step::damaged ? before.size() : count;
        end.rest.append(before.substr(0, std::min(shown, shown_rest - std::min(end.rest.size(), shown_rest))));
        taken += count;
        text.append(out, 0, put);
        if (step == Decoder::Step::damaged || text.size() > largest_frame) {
            end.damaged = true;
            return end;
        }
        may_hold_more = step == Decoder::Step::within && put == out.size();
        if (step == Decoder::Step::whole) {
            use(text);
            text.clear();
            end.rest.clear();
            end.whole += std::exchange(taken, 0);
        }
    }
}

namespace {

/// One or more whole frames, and nothing else.
bool are_frames(std::string_view bytes, Packing packing) {
    const auto decoder = make_decoder(packing);
    std::string out(packed_chunk, '\0');
    auto step = Decoder::Step::within;
    for (bool may_hold_more = false; !bytes.empty() || may_hold_more;) {
        std::size_t put = 0;
        const auto before = bytes.size();
        step = decoder->decode(bytes, out, put);
        if (step == Decoder::Step::damaged || (step == Decoder::Step::within && put == 0 && bytes.size() == before)) {
            return false;
        }
        may_hold_more = step == Decoder::Step::within && put == out.size();
    }
    return step == Decoder::Step::whole;
}

/// Whether the file ends with a whole frame, looked for in its last bytes: a checksum over all that follows cannot fit
/// by chance. False: it does not, or begins too far before.
bool ends_with_frame(const std::filesystem::path& path, Packing packing) {
    constexpr std::size_t most_tries = 16;
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    std::string last(error ? 0 : std::min<std::uint64_t>(size, std::uint64_t{1} << 20U), '\0');
    Plain file{path};
    if (last.empty() || !file.skip(size - last.size())) {
        return false;
    }
    for (std::size_t have = 0; have < last.size();) {
        const auto got = file.some(std::span{last}.subspan(have));
        if (got == 0) {
            return false;
        }
        have += got;
    }
    auto at = std::string::npos;
    for (std::size_t tries = 0; tries < most_tries && at != 0; ++tries) {
        at = last.rfind(magic_of(packing), at == std::string::npos ? at : at - 1);
        if (at == std::string::npos) {
            return false;
        }
        if (are_frames(std::string_view{last}.substr(at), packing)) {
            return true;
        }
    }
    return false;
}

}  // namespace

FrameEnd end_of_frames(const std::filesystem::path& path, Packing packing) {
    if (ends_with_frame(path, packing)) {
        std::error_code error;
        return {std::filesystem::file_size(path, error), {}, false};
    }
    PackedReader reader{path, packing};
    return for_each_frame(reader, packing, [](std::string_view /*text*/) {});
}

bool is_packed(const std::filesystem::path& path) {
    return std::ranges::find(packed_endings, path.extension()) != std::end(packed_endings);
}

}  // namespace aquila
