#include "decoder.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/packed.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <new>
#include <string>

#include <zlib.h>
#include <zstd.h>

namespace aquila {
namespace {

constexpr int gzip_level = 6;
constexpr int zstd_level = 3;
constexpr int gzip_header = 15 + 16;  // as zlib wants to be asked for gzip

class ZstdDecoder final : public Decoder {
  public:
    ZstdDecoder() {
        if (!context_) {
            throw std::bad_alloc{};
        }
    }
    Step decode(std::string_view& in, std::span<char> out, std::size_t& put) override {
        ZSTD_inBuffer source{in.data(), in.size(), 0};
        ZSTD_outBuffer target{out.data(), out.size(), 0};
        const auto left = ZSTD_decompressStream(context_.get(), &target, &source);
        in.remove_prefix(source.pos);
        put = target.pos;
        return ZSTD_isError(left) != 0 ? Step::damaged : left == 0 ? Step::whole : Step::within;
    }

  private:
    std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context_{ZSTD_createDCtx(), ZSTD_freeDCtx};
};

class GzipDecoder final : public Decoder {
  public:
    GzipDecoder() {
        if (::inflateInit2(&state_, gzip_header) != Z_OK) {
            throw std::bad_alloc{};
        }
    }
    ~GzipDecoder() override { ::inflateEnd(&state_); }

    Step decode(std::string_view& in, std::span<char> out, std::size_t& put) override {
        if (ended_) {
            ::inflateReset(&state_);
        }
        const auto given = static_cast<uInt>(std::min<std::size_t>(in.size(), largest_frame));
        const auto room = static_cast<uInt>(std::min<std::size_t>(out.size(), largest_frame));
        state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // NOLINT: zlib's type lacks the const
        state_.avail_in = given;
        state_.next_out = reinterpret_cast<Bytef*>(out.data());
        state_.avail_out = room;
        const int result = ::inflate(&state_, Z_NO_FLUSH);
        in.remove_prefix(given - state_.avail_in);
        put = room - state_.avail_out;
        ended_ = result == Z_STREAM_END;
        return ended_ ? Step::whole : result == Z_OK || result == Z_BUF_ERROR ? Step::within : Step::damaged;
    }

  private:
    z_stream state_{};
    bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(Packing packing) {
    if (packing == Packing::gzip) {
        return std::make_unique<GzipDecoder>();
    }
    return std::make_unique<ZstdDecoder>();
}

std::string_view magic_of(Packing packing) noexcept {
    using namespace std::string_view_literals;
    return packing == Packing::gzip ? "\x1F\x8B"sv : packing == Packing::zstd ? "\x28\xB5\x2F\xFD"sv : ""sv;
}

std::string pack(std::string_view text, Packing packing) {
    if (packing == Packing::zstd) {
        const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context{ZSTD_createCCtx(), ZSTD_freeCCtx};
        std::string packed(ZSTD_compressBound(text.size()), '\0');
        ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, zstd_level);
        ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
        const auto size = ZSTD_compress2(context.get(), packed.data(), packed.size(), text.data(), text.size());
        if (ZSTD_isError(size) != 0) {
            throw Failure{Exit::software, fmt::format("zstd: {}", ZSTD_getErrorName(size))};
        }
        packed.resize(size);
        return packed;
    }
    if (packing == Packing::gzip) {
        z_stream state{};
        if (::deflateInit2(&state, gzip_level, Z_DEFLATED, gzip_header, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc{};
        }
        std::string packed(::deflateBound(&state, text.size()), '\0');
        state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: as above
        state.avail_in = static_cast<uInt>(text.size());
        state.next_out = reinterpret_cast<Bytef*>(packed.data());
        state.avail_out = static_cast<uInt>(packed.size());
        const bool fits = text.size() < largest_frame && ::deflate(&state, Z_FINISH) == Z_STREAM_END;
        packed.resize(packed.size() - state.avail_out);
        ::deflateEnd(&state);
        if (!fits) {
            throw Failure{Exit::software, "gzip: the lines could not be packed"};
        }
        return packed;
    }
    return std::string{text};
}

Packing packing_of_bytes(std::string_view first_bytes) noexcept {
    for (const Packing packing : {Packing::gzip, Packing::zstd}) {
        if (first_bytes.starts_with(magic_of(packing))) {
            return packing;
        }
    }
    return Packing::none;
}

bool may_begin_as(std::string_view first_bytes, Packing packing) noexcept {
    const auto magic = magic_of(packing);
    return packing == Packing::none ? packing_of_bytes(first_bytes) == Packing::none
                                    : first_bytes.substr(0, magic.size()) == magic.substr(0, first_bytes.size());
}

}  // namespace aquila
