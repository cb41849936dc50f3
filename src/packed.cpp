#include "aquila_fetch/packed.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace aquila {

struct PackedReader::Stream {
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream() = default;
    /// Some bytes, 0 at the end.
    virtual std::size_t some(std::span<char> buffer) = 0;

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
};

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what) {
    throw Failure{Exit::io, fmt::format("{} cannot be read: {}", path.string(), what),
                  "check the file and its permissions"};
}

Fd open_for_reading(const std::filesystem::path& path) {
    Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!file) {
        fail(path, describe_errno(errno));
    }
    return file;
}

struct Plain : PackedReader::Stream {
    explicit Plain(const std::filesystem::path& name) : path{name}, file{open_for_reading(name)} {}

    std::size_t some(std::span<char> buffer) override {
        while (true) {
            const auto got = ::read(file.get(), buffer.data(), buffer.size());
            if (got >= 0) {
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR) {
                fail(path, describe_errno(errno));
            }
        }
    }

    bool skip(std::uint64_t count) override {
        const auto size = ::lseek(file.get(), 0, SEEK_END);
        return size >= 0 && static_cast<std::uint64_t>(size) >= count &&
               ::lseek(file.get(), static_cast<off_t>(count), SEEK_SET) >= 0;
    }

    std::filesystem::path path;
    Fd file;
};

struct Gzip : PackedReader::Stream {
    explicit Gzip(const std::filesystem::path& name) : path{name} {
        const Fd descriptor = open_for_reading(name);
        file = ::gzdopen(::dup(descriptor.get()), "rb");
        if (file == nullptr) {
            fail(path, "out of memory");
        }
    }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;
    ~Gzip() override { ::gzclose_r(file); }

    std::size_t some(std::span<char> buffer) override {
        const int got = ::gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()));
        int error = Z_OK;
        ::gzerror(file, &error);
        if (got < 0 || (got == 0 && error != Z_OK && error != Z_STREAM_END)) {
            fail(path, "its gzip data is damaged or cut short");
        }
        return static_cast<std::size_t>(got);
    }

    std::filesystem::path path;
    gzFile file = nullptr;
};

struct Zstd : PackedReader::Stream {
    explicit Zstd(const std::filesystem::path& name) : packed{name}, in(ZSTD_DStreamInSize()) {}

    std::size_t some(std::span<char> buffer) override {
        ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
        while (out.pos == 0) {
            if (source.pos == source.size) {
                source = {in.data(), packed.some(in), 0};
                if (source.size == 0) {
                    if (!frame_ended) {
                        fail(packed.path, "its zstd data is cut short");
                    }
                    return 0;
                }
            }
            const auto left = ZSTD_decompressStream(context.get(), &out, &source);
            if (ZSTD_isError(left) != 0) {
                fail(packed.path, "its zstd data is damaged");
            }
            frame_ended = left == 0;
        }
        return out.pos;
    }

    Plain packed;
    std::vector<char> in;
    ZSTD_inBuffer source{nullptr, 0, 0};
    std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context{ZSTD_createDCtx(), ZSTD_freeDCtx};
    bool frame_ended = true;
};

}  // namespace

PackedReader::PackedReader(const std::filesystem::path& path) {
    if (path.extension() == ".gz") {
        stream_ = std::make_unique<Gzip>(path);
    } else if (path.extension() == ".zst") {
        stream_ = std::make_unique<Zstd>(path);
    } else {
        stream_ = std::make_unique<Plain>(path);
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

bool PackedReader::skip(std::uint64_t count) {
    return stream_->skip(count);
}

bool is_packed(const std::filesystem::path& path) {
    return std::ranges::find(packed_endings, path.extension()) != std::end(packed_endings);
}

}  // namespace aquila
