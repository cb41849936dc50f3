#include "aquila_fetch/ahead.hpp"

#include "density.hpp"

#include "aquila_fetch/log.hpp"
#include "aquila_fetch/stop.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace aquila {
namespace {

/// Of what a slice that is read alone may hold.
constexpr int share = 3;

}  // namespace

Ahead::Ahead(const Source& source, const Fetch& fetch, const SliceLimits& limits)
    : source_{source}, fetch_{fetch}, limits_{shared(limits)} {}

Ahead::~Ahead() {
    if (readers_.empty()) {
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        over_ = true;
    }
    begin_.notify_all();
    const stop::GivingUp giving_up;
    for (auto& reader : readers_) {
        reader.join();
    }
}

/// A slice is to fit into one page, all but full: the fewest requests, and no more memory than several readers must
/// have.
SliceLimits Ahead::shared(SliceLimits limits) {
    limits.pages = std::max<std::size_t>(1, limits.pages / share);
    limits.bytes /= share;
    limits.endless_bytes /= static_cast<std::size_t>(std::max(limits.readers, 1));
    limits.aim = 0.92 / static_cast<double>(limits.pages);
    return limits;
}

Span Ahead::shared(Span span) noexcept {
    return std::max(span / (share + 1), Span{1});
}

void Ahead::read(Window window, Span span, const UseSlices& use) {
    Lock lock{mutex_};
    pieces_.push_back({window, span});
    while (!pieces_.empty()) {
        if (broken_) {
            std::rethrow_exception(broken_);
        }
        const Piece& first = pieces_.front();
        const auto failed =
            std::find_if(pieces_.begin(), pieces_.end(), [](const Piece& piece) { return piece.error != nullptr; });
        if (first.slice) {
            hand_on(lock, use);
            continue;
        }
        if (failed != pieces_.end() && (first.error || !first.begun)) {
            std::rethrow_exception(failed->error);
        }
        hire();
        if (readers_.empty()) {
            read_one(lock);
        } else {
            arrived_.wait(lock);
        }
    }
}

/// All that is there, as far as a slice that is read alone could hold it.
void Ahead::hand_on(Lock& lock, const UseSlices& use) {
    std::vector<Slice> slices;
    std::size_t pages = 0;
    while (!pieces_.empty() && pieces_.front().slice && pages < share * limits_.pages) {
        pages += pieces_.front().slice->pages.size();
        slices.push_back(std::move(*pieces_.front().slice));
        pieces_.pop_front();
    }
    in_use_ = slices.size();
    lock.unlock();
    use(slices);
    slices.clear();
    lock.lock();
    in_use_ = 0;
    begin_.notify_one();
}

/// One reader for each slice that there seems to be.
void Ahead::hire() {
    Span::rep slices = 0;
    for (const Piece& piece : pieces_) {
        const Span whole = piece.window.to - piece.window.from;
        slices += piece.begun ? 1 : 1 + (whole - Span{1}) / std::max(piece.span, Span{1});
    }
    const auto wanted = static_cast<std::size_t>(std::min<Span::rep>(slices, limits_.readers));
    try {
        while (readers_.size() < wanted && !alone_) {
            readers_.emplace_back([this] { work(); });
        }
    } catch (const std::system_error&) {
        alone_ = true;
        log::debug("no more threads can be had; going on with fewer requests side by side");
    }
}

void Ahead::work() {
    Lock lock{mutex_};
    while (!over_) {
        try {
            if (!read_one(lock)) {
                begin_.wait(lock);
            }
        } catch (...) {  // no memory for what is to be read; a slice's own troubles are kept with it
            broken_ = std::current_exception();
            arrived_.notify_one();
            return;
        }
    }
}

bool Ahead::read_one(Lock& lock) {
    const auto piece = next();
    if (piece == pieces_.end()) {
        return false;
    }
    const Window window = piece->window;
    auto limits = limits_;
    limits.cuts = source_.paging == Paging::offset && pieces_.size() < most_cuts;
    begin_.notify_one();  // what is left may be somebody else's
    lock.unlock();
    std::optional<Slice> slice;
    std::exception_ptr error;
    try {
        slice.emplace(read_slice(source_, fetch_, window, limits));
    } catch (...) {
        error = std::current_exception();
    }
    lock.lock();
    piece->error = error;
    if (slice) {
        settle(piece, std::move(slice));
    }
    arrived_.notify_one();
    return true;
}

/// The oldest stretch that nobody has begun, cut to the length of a slice. After an error nothing more is asked for: a
/// server that refuses one request would refuse the next, and may lock the account for it.
Ahead::Pieces::iterator Ahead::next() {
    if (std::any_of(pieces_.begin(), pieces_.end(), [](const Piece& piece) { return piece.error != nullptr; })) {
        return pieces_.end();
    }
    std::size_t ahead = in_use_;
    for (auto piece = pieces_.begin(); piece != pieces_.end(); ++piece, ++ahead) {
        if (ahead > static_cast<std::size_t>(limits_.readers)) {
            break;
        }
        if (piece->begun) {
            continue;
        }
        const bool rest_fits = piece->told == Told::rest_fits;
        auto after = std::next(piece);
        while (!rest_fits && after != pieces_.end() && !after->begun && after->told == Told::nothing) {
            piece->window.to = after->window.to;
            after = pieces_.erase(after);
        }
        if (piece->window.to - piece->window.from > piece->span) {
            const Instant cut = piece->window.from + piece->span;
            if (rest_fits) {
                pieces_.insert(after, {{cut, piece->window.to}, piece->window.to - cut, Told::all_fits});
                piece->told = Told::length;
            } else {
                pieces_.insert(after, {{cut, piece->window.to}, piece->span});
            }
            piece->window.to = cut;
        }
        piece->begun = true;
        return piece;
    }
    return pieces_.end();
}

/// What it held tells how long those after it should be.
void Ahead::settle(Pieces::iterator piece, std::optional<Slice> slice) {
    const Span whole = piece->window.to - piece->window.from;
    Span span = next_span(whole, slice->lines.size(), limits_);
    if (slice->smaller) {
        span = *slice->smaller;
        piece->begun = false;
        piece->told = slice->rest_fits ? Told::rest_fits : Told::length;
        piece->span = span;
        if (slice->rest_fits) {
            return;  // a burst was found, and tells nothing of what is elsewhere
        }
    } else {
        piece->slice = std::move(slice);
    }
    for (auto after = std::next(piece); after != pieces_.end(); ++after) {
        const bool kept = after->told == Told::all_fits || after->told == Told::rest_fits;
        after->span = kept ? after->span : after->told == Told::length ? std::min(after->span, span) : span;
    }
}

void read_slices(const Source& source, const Fetch& fetch, Window window, const SliceLimits& limits,
                 const std::function<void()>& check_stop, const UseSlices& use) {
    Span span = window.to - window.from;
    struct Stretch {
        Instant to;
        bool fits = false;  ///< into one slice, as far as is known
    };
    std::vector<Stretch> stretches{{window.to}};  // what is left to read; the nearest is the last
    bool prompt = false;
    for (Instant at = window.from; at < window.to;) {
        check_stop();
        // What one slice may hold is read by this thread, and so is the first of several.
        if (limits.readers > 1 && !prompt && !source.stream && window.to - at > span) {
            Ahead{source, fetch, limits}.read({at, window.to}, Ahead::shared(span), use);
            return;
        }
        const Window piece{at, stretches.back().to - at > span ? at + span : stretches.back().to};
        auto allowed = limits;
        allowed.cuts = stretches.size() < most_cuts;
        Slice slice = read_slice(source, fetch, piece, allowed);
        prompt = slice.waited && *slice.waited < limits.prompt;
        if (slice.smaller) {
            span = *slice.smaller;
            if (slice.rest_fits) {
                if (stretches.back().to != piece.to) {
                    stretches.push_back({piece.to});
                }
                stretches.back().fits = true;
                stretches.push_back({at + span});
            }
            continue;
        }
        span = next_span(piece.to - piece.from, slice.lines.size(), limits);
        use({&slice, 1});
        at = piece.to;
        if (at == stretches.back().to && stretches.size() > 1) {
            stretches.pop_back();
            span = stretches.back().fits ? stretches.back().to - at : span;
        }
    }
}

}  // namespace aquila
