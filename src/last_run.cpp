#include "aquila_fetch/last_run.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/log.hpp"

#include <nlohmann/json.hpp>

namespace aquila {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int version = 1;
constexpr std::size_t longest_message = 500;
constexpr std::size_t largest_note = 65'536;

/// Of several lines the first, as a message has it.
std::string shortened(std::string_view text) {
    return printable_text(text.substr(0, text.find('\n')), longest_message);
}

void save_note(const std::filesystem::path& state, const LastRun& run) {
    try {
        AtomicFile file{last_run_file(state), state_file_mode};
        file.write(to_text(run));
        file.swap_in();
    } catch (const Failure& failure) {
        log::debug(std::string{"this run could not be noted for `status`: "} + failure.what());
    }
}

std::optional<Instant> last_success(const std::filesystem::path& state) {
    try {
        const auto text = read_file(last_run_file(state), largest_note);
        const auto run = text ? last_run_from_text(*text) : std::nullopt;
        return run ? run->succeeded : std::nullopt;
    } catch (const Failure&) {
        return std::nullopt;  // it is known again after the next good run
    }
}

}  // namespace

std::string to_text(const LastRun& run) {
    const ordered_json value{
        {"version", version},
        {"started", format_instant(run.started)},
        {"ended", run.ended ? ordered_json(format_instant(*run.ended)) : ordered_json()},
        {"exit", run.exit},
        {"signal", run.signal},
        {"error", run.error},
        {"hint", run.hint},
        {"records", run.records},
        {"output", run.output},
        {"succeeded", run.succeeded ? ordered_json(format_instant(*run.succeeded)) : ordered_json()}};
    return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<LastRun> last_run_from_text(std::string_view text) {
    try {
        const auto value = json::parse(text);
        const auto started = parse_instant(value.at("started").get<std::string>());
        if (value.at("version") != version || !started) {
            return std::nullopt;
        }
        for (const char* number : {"exit", "signal", "records"}) {
            if (!value.at(number).is_number_integer()) {
                return std::nullopt;  // get() would make something of a fraction, and anything of what is too large
            }
        }
        LastRun run;
        run.started = *started;
        if (!value.at("ended").is_null()) {
            run.ended = parse_instant(value.at("ended").get<std::string>());
        }
        run.exit = value.at("exit").get<int>();
        run.signal = value.at("signal").get<int>();
        run.error = value.at("error").get<std::string>();
        run.hint = value.at("hint").get<std::string>();
        run.records = value.at("records").get<std::uint64_t>();
        run.output = value.value("output", "");
        if (const auto succeeded = value.find("succeeded"); succeeded != value.end() && !succeeded->is_null()) {
            run.succeeded = parse_instant(succeeded->get<std::string>());
        }
        return run;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

std::filesystem::path last_run_file(const std::filesystem::path& state) {
    return state / "last_run.json";
}

void note_run(const std::filesystem::path& state, const Clock& clock, const std::function<void(LastRun&)>& work,
              const std::function<void(const LastRun&)>& ended) {
    LastRun run;
    run.started = clock.now();
    run.succeeded = last_success(state);
    save_note(state, run);
    const auto end = [&] {
        run.ended = clock.now();
        save_note(state, run);
        if (ended) {
            ended(run);
        }
    };
    try {
        work(run);
    } catch (const Failure& failure) {
        run.exit = static_cast<int>(failure.code());
        run.error = shortened(failure.what());
        run.hint = shortened(failure.hint());
        end();
        throw;
    } catch (const Interrupted& interrupted) {
        run.signal = interrupted.signal();
        end();
        throw;
    } catch (const std::exception& error) {
        run.exit = static_cast<int>(Exit::software);
        run.error = shortened(error.what());
        end();
        throw;
    }
    run.succeeded = clock.now();
    end();
}

}  // namespace aquila
