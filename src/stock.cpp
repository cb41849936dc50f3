#include "aquila_fetch/stock.hpp"

#include "aquila_fetch/error.hpp"

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

std::optional<Ledger> take_stock_if_allowed(const Source& source, const std::function<std::vector<Written>()>& list,
                                            Instant from, const std::function<void()>& check_stop) {
    try {
        return take_stock(source, list(), from, check_stop);
    } catch (const Failure& failure) {
        if (failure.code() != Exit::refused) {
            throw;
        }
        return std::nullopt;
    }
}

}  // namespace aquila
