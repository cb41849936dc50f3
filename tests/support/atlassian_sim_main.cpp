// The simulator as a program: for shell scripts, the demo and the benchmark.
#include "support/sim.hpp"

#include <fmt/format.h>
#include <signal.h>  // NOLINT: sigtimedwait is POSIX
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <vector>

namespace {

using namespace aquila::sim;

constexpr std::string_view help = R"(atlassian_sim: a small Atlassian on 127.0.0.1

  --port N             0, the default, picks a free one
  --port-file FILE     the port is written there once it listens
  --cloud-id ID        the cloud id of the site
  --organization-id ID the organisation's id
  --site URL           what links and realms name (default: the simulator's own URL)
  --jira N             generate N records, likewise --confluence, --organization, --datacenter
  --span 2d            spread them over the time before now
  --seed N             other seed, other records
  --twins SHARE        share of byte-identical pairs (not Jira)
  --same-ms N          N records in the middle share one millisecond
  --page-cap N         largest page the server gives
  --latency MS         waits before every answer
  --no-gzip            never compress
  --user EMAIL TOKEN   accept this pair instead of admin@example.com, sim-token
  --bearer TOKEN       accept this bearer token instead of sim-bearer
  --settings JSON      anything POST /_sim/settings takes; @FILE reads it from a file
  --records PRODUCT FILE  NDJSON to start with
)";

struct Options {
    SimSettings settings;
    std::string port_file;
    std::map<Product, std::int64_t> counts;
    std::vector<std::pair<Product, std::string>> files;
    Millis span = 2 * day;
    GenerateOrder order;
    bool help = false;
};

std::string read_file(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    if (!file) throw std::invalid_argument("cannot read " + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

void accept_only(SimSettings& settings, bool bearer, Credential credential) {
    std::erase_if(settings.credentials, [&](const Credential& known) { return known.email.empty() == bearer; });
    settings.credentials.push_back(std::move(credential));
}

class Arguments {
  public:
    Arguments(int count, char** values) : rest_(values + 1, values + count) {}
    [[nodiscard]] bool empty() const { return next_ == rest_.size(); }
    std::string take() {
        if (empty()) throw std::invalid_argument(rest_.back() + ": a value is missing");
        return rest_[next_++];
    }
    std::int64_t take_number() {
        const auto text = take();
        const auto number = parse_integer(text);
        if (!number) throw std::invalid_argument("no number: " + text);
        return *number;
    }

  private:
    std::vector<std::string> rest_;
    std::size_t next_ = 0;
};

Options read_options(Arguments arguments) {
    Options options;
    auto& settings = options.settings;
    const auto read_settings = [&](const std::string& text) {
        apply_settings(settings, nlohmann::json::parse(text.starts_with('@') ? read_file(text.substr(1)) : text));
    };
    const std::map<std::string, std::function<void()>, std::less<>> readers{
        {"--help", [&] { options.help = true; }},
        {"--port", [&] { settings.port = static_cast<std::uint16_t>(arguments.take_number()); }},
        {"--port-file", [&] { options.port_file = arguments.take(); }},
        {"--cloud-id", [&] { settings.cloud_id = arguments.take(); }},
        {"--organization-id", [&] { settings.organization_id = arguments.take(); }},
        {"--site", [&] { settings.site = arguments.take(); }},
        {"--seed", [&] { options.order.seed = static_cast<std::uint64_t>(arguments.take_number()); }},
        {"--twins", [&] { options.order.twins = std::stod(arguments.take()); }},
        {"--same-ms", [&] { options.order.same_ms = arguments.take_number(); }},
        {"--span",
         [&] {
             const auto text = arguments.take();
             const auto span = parse_span(text);
             if (!span) throw std::invalid_argument("no span: " + text);
             options.span = *span;
         }},
        {"--page-cap", [&] { settings.page_cap = arguments.take_number(); }},
        {"--latency", [&] { settings.latency_ms = arguments.take_number(); }},
        {"--no-gzip", [&] { settings.gzip = false; }},
        {"--user",
         [&] {
             const auto email = arguments.take();
             accept_only(settings, false, {.email = email, .token = arguments.take()});
         }},
        {"--bearer", [&] { accept_only(settings, true, {.email = {}, .token = arguments.take()}); }},
        {"--settings", [&] { read_settings(arguments.take()); }},
        {"--records",
         [&] {
             const auto product = product_of(arguments.take());
             if (!product) throw std::invalid_argument("--records: no such product");
             options.files.emplace_back(*product, arguments.take());
         }},
    };
    while (!arguments.empty()) {
        const auto name = arguments.take();
        if (const auto product = product_of(std::string_view(name).substr(std::min<std::size_t>(2, name.size())));
            product && name.starts_with("--")) {
            options.counts[*product] = arguments.take_number();
        } else if (const auto reader = readers.find(name); reader != readers.end()) {
            reader->second();
        } else {
            throw std::invalid_argument("unknown option " + name);
        }
    }
    return options;
}

void fill(Sim& sim, const Options& options) {
    for (const auto& [product, file] : options.files) sim.add_lines(product, read_file(file));
    for (const auto& [product, count] : options.counts) {
        auto order = options.order;
        order.product = product;
        order.count = count;
        order.to = sim.now();
        order.from = order.to - options.span;
        sim.generate(order);
    }
}

/// A reader sees the whole number or no file.
void write_port(const std::string& name, std::uint16_t port) {
    const auto draft = name + ".new";
    std::ofstream(draft) << port << '\n';
    if (std::rename(draft.c_str(), name.c_str()) != 0) throw std::runtime_error("cannot write " + name);
}

void wait_for_end(Sim& sim, const sigset_t& signals) {
    constexpr timespec moment{.tv_sec = 0, .tv_nsec = 50'000'000};
    while (!sim.stop_requested()) {
        if (sigtimedwait(&signals, nullptr, &moment) > 0) return;
    }
}

}  // namespace

int main(int count, char** values) try {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const auto options = read_options({count, values});
    if (options.help) {
        std::cout << help;
        return 0;
    }
    Sim sim(options.settings);
    fill(sim, options);
    if (!options.port_file.empty()) write_port(options.port_file, sim.port());
    std::cout << "listening on " << sim.url() << std::endl;
    wait_for_end(sim, signals);
    sim.stop();
    std::cout.flush();
    _exit(0);  // a large log takes a while to free
} catch (const std::exception& error) {
    std::cerr << "atlassian_sim: " << error.what() << '\n';
    return 64;
}
