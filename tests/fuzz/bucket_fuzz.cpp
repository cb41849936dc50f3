// Whatever a store answers, and whatever lies where packed lines should: it ends as an error of one printable line, a
// listing, or whole frames; and names tell times only where they hold them.
//
// An input is a byte of choices, then a body.
#include "aquila_fetch/bucket.hpp"
#include "aquila_fetch/object_store.hpp"
#include "aquila_fetch/packed.hpp"
#include "support/fakes.hpp"
#include "support/scratch.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

using namespace aquila;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void require_plain(const Failure& failure) {
    const std::string text = failure.what() + failure.hint();
    require(text.size() < 4096);
    require(std::all_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7F; }));
    require(failure.code() == Exit::unavailable || failure.code() == Exit::protocol || failure.code() == Exit::refused);
}

void answer(int status, const std::string& body) {
    test::FakeClock clock;
    test::FakeTransport transport{{test::http_answer(status, body)}};
    ObjectStore store{{"logs", "https://s3.example.com/logs", "eu-west-1"}, {"id", {}, {}}, transport, clock};
    try {
        const auto listing = store.list("p/", "x");
        require(listing.next != "x");
        for (const auto& key : listing.keys) {
            const auto times = times_of(key);
            require(!times || times->first <= times->second);
        }
    } catch (const Failure& failure) {
        require_plain(failure);
    }
    try {
        static_cast<void>(store.get("k"));
    } catch (const Failure& failure) {
        require_plain(failure);
    }
}

void frames(const std::string& bytes, Packing packing) {
    try {
        PackedReader as_text{bytes, "object"};
        std::string buffer(4096, '\0');
        for (int i = 0; i < 1000 && as_text.read(buffer) > 0; ++i) {
        }
    } catch (const Failure& failure) {
        require(failure.code() == Exit::io);
    }
    // A whole frame in front is found whatever follows it.
    const auto first = pack("one\n", packing);
    static const test::Scratch folder{std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp"};
    std::string text;
    PackedReader reader{folder.write("frames", first + bytes), packing};
    const auto end = for_each_frame(
        reader, packing, [&text](std::string_view frame) { text += text.size() < 65536 ? frame : std::string_view{}; });
    require(text.starts_with("one\n") && end.whole >= first.size() && end.whole <= first.size() + bytes.size());
    require(end.rest.empty() == (end.whole == first.size() + bytes.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    constexpr int statuses[] = {200, 400, 403, 404, 301, 503, 401, 200};
    const std::string body{reinterpret_cast<const char*>(data) + 1, size - 1};
    answer(statuses[data[0] % 8], body);
    frames(body, (data[0] & 8U) != 0 ? Packing::gzip : Packing::zstd);
    return 0;
}
