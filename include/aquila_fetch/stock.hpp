// Why: a checkpoint can be lost, with its disk or by a hand; what was collected is still in the output, and is not
// written a second time. Must not know: the server, where the output lies.
#pragma once

#include "aquila_fetch/ledger.hpp"
#include "aquila_fetch/output_records.hpp"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace aquila {

/// The records since `from` that lie in the texts. Other lines are passed over. Failure 74: one cannot be read.
[[nodiscard]] Ledger take_stock(const Source& source, std::span<const Written> texts, Instant from,
                                const std::function<void()>& check_stop);

/// The same of what `list` finds. nullopt: the credential may not look (77).
[[nodiscard]] std::optional<Ledger> take_stock_if_allowed(const Source& source,
                                                          const std::function<std::vector<Written>()>& list,
                                                          Instant from, const std::function<void()>& check_stop);

}  // namespace aquila
