#include "aquila_fetch/reach.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"

#include <fmt/core.h>

namespace aquila {
namespace {

constexpr int default_readers = 4;
/// About what it takes to take a page apart and to write it.
constexpr Span sooner_than_work{5};

/// The row that was used last time, as Endpoint::remember left it.
const Source& remembered(const Source& source, const State& state) {
    return source.realm == Realm::cloud ? source : row_with_path(source, state.door);
}

}  // namespace

Reach::Reach(const Source& source, const SourceConfig& config, Authorizer& authorizer, const State& state)
    : wire_{config},
      source_{&remembered(source, state)},
      endpoint_{std::make_unique<Endpoint>(*source_, config, authorizer, wire_.transport(), state)} {
    keep_to_limit(config);
    if (source.alternative != nullptr && state.door.empty()) {
        find_row(config, authorizer, state);
    }
    limits_.margin = config.lookback;
    limits_.page_size = config.page_size.value_or(source_->page_size);
    limits_.readers = config.concurrency.value_or(default_readers);
    limits_.prompt = config.concurrency ? Span{} : sooner_than_work;
}

void Reach::find_row(const SourceConfig& config, Authorizer& authorizer, const State& state) {
    const Source& first = *source_;
    bool tried = false;
    while (!endpoint_->is_there()) {
        tried = true;
        if (source_->alternative == nullptr) {
            source_ = &first;  // nothing is there: the message is about what should be
            break;
        }
        source_ = source_->alternative;
        endpoint_ = std::make_unique<Endpoint>(*source_, config, authorizer, wire_.transport(), state);
    }
    if (source_ == &first && tried) {
        endpoint_ = std::make_unique<Endpoint>(first, config, authorizer, wire_.transport(), state);
    } else if (tried) {
        if (first.filters != nullptr && source_->filters == nullptr &&
            (!first.filters(config).empty() || config.own_searches != OwnSearches::keep)) {
            throw Failure{
                Exit::config,
                fmt::format("[{}]: {} is not there, and {} takes no filters", config.name, first.path, source_->path),
                "leave out `categories`, `actions`, `users`, `affected_objects`, `search`, `scan_limit` and "
                "`own_searches`"};
        }
        log::info(fmt::format("{} is not there; {} is, and is used from now on", first.path, source_->path));
        keep_to_limit(config);
    }
}

void Reach::keep_to_limit(const SourceConfig& config) {
    wire_.limit(config.requests_per_minute ? config.requests_per_minute : source_->per_minute);
}

}  // namespace aquila
