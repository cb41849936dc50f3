// Why: many tests look at what a refusal says, and at what a program sees of its environment.
#pragma once

#include "aquila_fetch/config_file.hpp"
#include "aquila_fetch/error.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace aquila::test {

/// What `action` threw; that nothing was thrown fails the test.
template <typename Action>
Failure failure_of(Action action) {
    try {
        action();
    } catch (const Failure& failure) {
        return failure;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {Exit::ok, ""};
}

/// An environment of these variables alone.
inline Environment environment_of(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
}

}  // namespace aquila::test
