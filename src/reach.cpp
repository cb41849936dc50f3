#include "aquila_fetch/reach.hpp"

namespace aquila {

Reach::Reach(const Source& source, const SourceConfig& config, Authorizer& authorizer, const State& state)
    : wire_{config}, endpoint_{source, config, authorizer, wire_.transport(), state} {
    limits_.page_size = config.page_size.value_or(source.page_size);
}

}  // namespace aquila
