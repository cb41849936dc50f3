#include "aquila_fetch/status.hpp"

#include "aquila_fetch/destination.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

namespace aquila {
namespace {

using nlohmann::ordered_json;

/// To the second: `2026-04-12T16:28:36Z`.
std::string moment(Instant instant) {
    return format_instant(instant).substr(0, 19) + "Z";
}

std::string ago(Instant instant, Instant now) {
    return instant > now ? "in " + describe_span(instant - now) : describe_span(now - instant) + " ago";
}

Span lag(Instant watermark, Instant now) {
    return std::max(now - watermark, Span{});
}

std::string size_of(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> units{"bytes", "KiB", "MiB", "GiB", "TiB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (amount >= 1024 && unit + 1 < units.size()) {
        amount /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", amount, units[unit]);
}

std::string signal_name(int signal) {
    return signal == SIGTERM ? "SIGTERM" : signal == SIGINT ? "SIGINT" : fmt::format("signal {}", signal);
}

/// One fact a line, below the name of its source.
class Paragraph {
  public:
    explicit Paragraph(std::string heading) : text_{std::move(heading) + "\n"} {}
    void add(std::string_view what, std::string_view fact) { text_ += fmt::format("  {:<11} {}\n", what, fact); }
    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

std::string headline(const Status& status) {
    const auto result = result_of(status);
    if (result == "never") {
        return "never ran";
    }
    if (result == "running") {
        return "running";
    }
    if (result == "unfinished") {
        return "the last run did not end: killed, or the power went; the next run puts it right";
    }
    if (result == "stopped") {
        return "stopped by " + signal_name(status.last_run->signal);
    }
    if (result == "failed") {
        return fmt::format("failed with {}", status.last_run->exit);
    }
    return std::string{result};
}

void tell_run(Paragraph& paragraph, const LastRun& run, Instant now) {
    if (!run.ended) {
        paragraph.add("last run", fmt::format("begun {} ({})", moment(run.started), ago(run.started, now)));
        return;
    }
    paragraph.add("last run", fmt::format("{} ({}), took {}, {} records", moment(run.started), ago(run.started, now),
                                          describe_span(std::max(*run.ended - run.started, Span{})), run.records));
    if (!run.error.empty()) {
        paragraph.add("error", run.error);
    }
    if (!run.hint.empty()) {
        paragraph.add("hint", run.hint);
    }
}

void tell_checkpoint(Paragraph& paragraph, const State& state, bool at_work, Instant now) {
    if (state.watermark) {
        paragraph.add("watermark", fmt::format("{}, {} behind", moment(*state.watermark),
                                               describe_span(lag(*state.watermark, now))));
    }
    paragraph.add("records", state.last_written ? fmt::format("{} so far, new ones last {}", state.records,
                                                              moment(*state.last_written))
                                                : fmt::format("{} so far", state.records));
    if (state.announced && !at_work) {
        paragraph.add("announced", fmt::format("{} records were being written; the next run finds out which are",
                                               state.announced->keys.size()));
    }
    for (const Window& window : state.pending) {
        paragraph.add("pending", fmt::format("history from {} to {}", moment(window.from), moment(window.to)));
    }
}

void tell_tokens(Paragraph& paragraph, const TokenTimes& tokens, Instant now) {
    if (tokens.dead) {
        paragraph.add("login", "no longer valid: only `aquila-fetch login` helps");
        return;
    }
    if (tokens.access_expires) {
        paragraph.add("token", fmt::format("until {} ({}); runs renew it", moment(*tokens.access_expires),
                                           ago(*tokens.access_expires, now)));
    }
    if (tokens.refresh_expires) {
        paragraph.add("login", fmt::format("until {}, if no run renews it before", moment(*tokens.refresh_expires)));
    }
}

std::string describe_destination(const Status& status) {
    if (destination_of(status.output) != Destination::file) {
        return describe_output(status.output);
    }
    return status.output_bytes ? fmt::format("{} ({})", status.output, size_of(*status.output_bytes))
                               : fmt::format("{} (not there)", status.output);
}

std::string status_text(const Status& status, Instant now) {
    Paragraph paragraph{fmt::format("{}: {}", status.name, headline(status))};
    if (status.last_run) {
        tell_run(paragraph, *status.last_run, now);
    }
    if (status.checkpoint) {
        tell_checkpoint(paragraph, *status.checkpoint, status.at_work, now);
    }
    paragraph.add("output", describe_destination(status) + (status.format == "flattened" ? "" : ", " + status.format));
    if (status.tokens) {
        tell_tokens(paragraph, *status.tokens, now);
    }
    for (const Failure& trouble : status.troubles) {
        paragraph.add("trouble", trouble.what());
        if (!trouble.hint().empty()) {
            paragraph.add("hint", trouble.hint());
        }
    }
    return paragraph.take();
}

template <typename Value>
ordered_json or_null(const std::optional<Value>& value) {
    return value ? ordered_json(*value) : ordered_json();
}
ordered_json or_null(const std::optional<Instant>& instant) {
    return instant ? ordered_json(format_instant(*instant)) : ordered_json();
}
ordered_json or_null(const std::string& text) {
    return text.empty() ? ordered_json() : ordered_json(text);
}

ordered_json status_json(const std::vector<Window>& windows) {
    auto list = ordered_json::array();
    for (const Window& window : windows) {
        list.push_back({{"from", format_instant(window.from)}, {"to", format_instant(window.to)}});
    }
    return list;
}

ordered_json status_json(const LastRun& run) {
    const bool exited = run.ended && run.signal == 0;
    const auto took = [&] { return static_cast<double>((*run.ended - run.started).count()) / 1000; };
    return {{"started", format_instant(run.started)},
            {"ended", or_null(run.ended)},
            {"seconds", run.ended ? ordered_json(took()) : ordered_json()},
            {"exit", exited ? ordered_json(run.exit) : ordered_json()},
            {"signal", run.signal != 0 ? ordered_json(run.signal) : ordered_json()},
            {"error", or_null(run.error)},
            {"hint", or_null(run.hint)},
            {"records", run.records},
            {"output", or_null(run.output)}};
}

ordered_json status_json(const Status& status, Instant now) {
    static const State nothing;
    const State& state = status.checkpoint ? *status.checkpoint : nothing;
    auto troubles = ordered_json::array();
    for (const Failure& trouble : status.troubles) {
        troubles.push_back(
            {{"exit", static_cast<int>(trouble.code())}, {"error", trouble.what()}, {"hint", trouble.hint()}});
    }
    return {{"name", status.name},
            {"product", status.product},
            {"result", result_of(status)},
            {"last_run", status.last_run ? status_json(*status.last_run) : ordered_json()},
            {"watermark", or_null(state.watermark)},
            {"lag_seconds",
             state.watermark ? ordered_json(lag(*state.watermark, now) / std::chrono::seconds{1}) : ordered_json()},
            {"records", state.records},
            {"last_written", or_null(state.last_written)},
            {"announced", state.announced ? state.announced->keys.size() : 0},
            {"pending", status_json(state.pending)},
            {"covered", status_json(state.covered)},
            {"log", or_null(state.identity)},
            {"output", status.output},
            {"output_bytes", or_null(status.output_bytes)},
            {"format", status.format},
            {"state", status.state.native()},
            {"tokens", status.tokens ? ordered_json{{"access_expires", or_null(status.tokens->access_expires)},
                                                    {"refresh_expires", or_null(status.tokens->refresh_expires)},
                                                    {"dead", status.tokens->dead}}
                                     : ordered_json()},
            {"troubles", std::move(troubles)}};
}

}  // namespace

std::string_view result_of(const Status& status) noexcept {
    if (!status.last_run) {
        const bool untouched = !status.checkpoint && status.troubles.empty();
        return status.at_work ? "running" : untouched ? "never" : "unknown";
    }
    const LastRun& run = *status.last_run;
    if (!run.ended) {
        return status.at_work ? "running" : "unfinished";
    }
    return run.signal != 0 ? "stopped" : run.exit == 0 ? "ok" : "failed";
}

std::string describe(std::span<const Status> all, Instant now) {
    std::string text;
    for (const Status& status : all) {
        text += (text.empty() ? "" : "\n") + status_text(status, now);
    }
    return text;
}

std::string to_json(std::span<const Status> all, Instant now) {
    auto list = ordered_json::array();
    for (const Status& status : all) {
        list.push_back(status_json(status, now));
    }
    return ordered_json{{"sources", std::move(list)}}.dump(2, ' ', false, ordered_json::error_handler_t::replace) +
           "\n";
}

}  // namespace aquila
