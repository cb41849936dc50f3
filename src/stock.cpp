#include "aquila_fetch/stock.hpp"

#include <vector>

namespace aquila {

Ledger take_stock(const Source& source, std::span<const Written> texts, Instant from,
                  const std::function<void()>& check_stop) {
    std::vector<Key> keys;
    const OutputReader reader{[&](const Record& record) {
                                  if (record.key.time >= from) {
                                      keys.push_back(record.key);
                                  }
                              },
                              [](std::string_view /*line*/) {}, check_stop};
    for (const auto& text : texts) {
        read_records(source, text.open(), reader);
    }
    Ledger ledger;
    ledger.add(keys);
    return ledger;
}

}  // namespace aquila
