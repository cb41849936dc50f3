#include "rule_source.hpp"
#include "table_words.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace aquila {
namespace {

/// A target refers to one that refers to one that …: nobody needs more.
constexpr int longest_chain = 16;

class References {
  public:
    explicit References(const Target& line) : line_{line} {}

    void resolve(Target& target) {  // NOLINT(misc-no-recursion): as deep as a table's names have dots
        for (const auto& member : target.members) {
            resolve(*member);
        }
        for (Rule& rule : target.rules) {
            resolve(rule);
        }
    }

    void resolve(Rule& rule) {  // NOLINT(misc-no-recursion)
        std::for_each(rule.operands.begin(), rule.operands.end(), [this](Operand& each) { resolve(each); });
        std::for_each(rule.conditions.begin(), rule.conditions.end(),
                      [this](Condition& each) { resolve(each.operand); });
        if (rule.element != nullptr) {
            resolve(*rule.element);
        }
    }

    void resolve(Operand& operand) {  // NOLINT(misc-no-recursion)
        std::for_each(operand.inside.begin(), operand.inside.end(), [this](Operand& each) { resolve(each); });
        if (operand.kind != Operand::Kind::reference) {
            return;
        }
        const Target* target = &line_;
        for (const auto part : split_path(operand.held)) {
            const auto found = std::find_if(target->members.begin(), target->members.end(),
                                            [part](const auto& member) { return member->name == part; });
            target = found == target->members.end() ? nullptr : found->get();
            if (target == nullptr) {
                break;
            }
        }
        if (target == nullptr || target->list || !target->members.empty()) {
            throw BadLine{fmt::format("'@{}' is no single value of this table", operand.held)};
        }
        operand.reference = target;
    }

    /// In a circle no value would ever be found.
    void check(const Target& target, int length = 0) const {  // NOLINT(misc-no-recursion)
        if (length > longest_chain) {
            throw BadLine{fmt::format("'{}' refers to itself in the end", target.name)};
        }
        for (const auto& member : target.members) {
            check(*member, length);
        }
        for (const Rule& rule : target.rules) {
            std::for_each(rule.operands.begin(), rule.operands.end(),
                          [&](const Operand& each) { check(each, length); });
            std::for_each(rule.conditions.begin(), rule.conditions.end(),
                          [&](const Condition& each) { check(each.operand, length); });
        }
    }

  private:
    void check(const Operand& operand, int length) const {  // NOLINT(misc-no-recursion)
        if (operand.reference != nullptr) {
            check(*operand.reference, length + 1);
        }
        std::for_each(operand.inside.begin(), operand.inside.end(), [&](const Operand& each) { check(each, length); });
    }

    const Target& line_;
};

}  // namespace

void resolve_references(Mapping& mapping) {
    References references{mapping.line};
    for (auto& preparation : mapping.preparations) {
        references.resolve(preparation.rule);
        if (preparation.lookup != nullptr) {
            for (Operand& operand : preparation.lookup->operands) {
                references.resolve(operand);
            }
        }
    }
    references.resolve(mapping.line);
    references.check(mapping.line);
}

}  // namespace aquila
