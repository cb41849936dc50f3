#include "support/sim.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace aquila::sim {
namespace {

constexpr std::size_t requests_kept = 500'000;

bool has_header(const HttpAnswer& answer, std::string_view name) {
    return std::ranges::any_of(answer.headers, [&](const auto& field) { return same_name(field.first, name); });
}

void set_header(HttpAnswer& answer, const std::string& name, const std::string& value) {
    std::erase_if(answer.headers, [&](const auto& field) { return same_name(field.first, name); });
    answer.headers.emplace_back(name, value);
}

/// A fault that leaves the true answer as it is and spoils the way it goes.
void spoil(HttpAnswer& answer, const Fault& fault) {
    for (const auto& [name, value] : fault.headers) set_header(answer, name, value);
    answer.delivery = fault.delivery;
}

SeenRequest see(const HttpRequest& request) {
    SeenRequest seen;
    seen.time = system_now();
    seen.method = request.method;
    seen.path = request.target.substr(0, request.target.find('?'));
    seen.query = request.query;
    for (const auto& field : request.headers) seen.header_names.push_back(field.first);
    const auto authorization = request.header("Authorization");
    seen.authorization = authorization.substr(0, authorization.find(' '));
    seen.user_agent = request.header("User-Agent");
    return seen;
}

}  // namespace

Sim::Sim(SimSettings settings)
    : server_(settings.port, [this](const HttpRequest& request) { return handle(request); }) {
    const std::lock_guard lock(state_.mutex);
    state_.settings = std::move(settings);
    state_.url = url();
    state_.connections = [this] { return server_.connections(); };
}

Sim::~Sim() {
    server_.stop();
}

std::string Sim::url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
}

std::string Sim::cloud_id() {
    const std::lock_guard lock(state_.mutex);
    return state_.settings.cloud_id;
}

Millis Sim::now() {
    const std::lock_guard lock(state_.mutex);
    return state_.now();
}

void Sim::add(Product product, std::string_view record) {
    const std::lock_guard lock(state_.mutex);
    if (!store(state_, product, record)) throw std::invalid_argument("the record names no time");
}

std::size_t Sim::add_lines(Product product, std::string_view ndjson) {
    const std::lock_guard lock(state_.mutex);
    return store_lines(state_, product, ndjson);
}

void Sim::generate(GenerateOrder order) {
    const std::lock_guard lock(state_.mutex);
    if (order.to == 0) order.to = state_.now();
    if (order.from == 0) order.from = order.to - day;
    sim::generate(state_.log(order.product), order);
}

std::vector<std::string> Sim::records(Product product) {
    const std::lock_guard lock(state_.mutex);
    std::vector<std::string> texts;
    for (const auto& entry : state_.log(product).entries()) texts.emplace_back(entry.text);
    return texts;
}

void Sim::clear_records(Product product) {
    const std::lock_guard lock(state_.mutex);
    state_.log(product).clear();
}

void Sim::fault(Fault fault) {
    const std::lock_guard lock(state_.mutex);
    state_.faults.add(std::move(fault));
}

void Sim::faults(std::string_view json) {
    const auto list = nlohmann::json::parse(json);
    if (!list.is_array()) return fault(read_fault(list));
    for (const auto& item : list) fault(read_fault(item));
}

void Sim::clear_faults() {
    const std::lock_guard lock(state_.mutex);
    state_.faults.clear();
}

std::size_t Sim::faults_left() {
    const std::lock_guard lock(state_.mutex);
    return state_.faults.left();
}

std::vector<SeenRequest> Sim::requests() {
    const std::lock_guard lock(state_.mutex);
    return state_.requests;
}

void Sim::clear_requests() {
    const std::lock_guard lock(state_.mutex);
    state_.requests.clear();
}

void Sim::configure(const std::function<void(SimSettings&)>& change) {
    const std::lock_guard lock(state_.mutex);
    change(state_.settings);
    state_.bucket = {};
    state_.pages_served = {};
}

void Sim::configure(std::string_view json) {
    const auto changes = nlohmann::json::parse(json);
    configure([&](SimSettings& settings) { apply_settings(settings, changes); });
}

void Sim::with_state(const std::function<void(SimState&)>& use) {
    const std::lock_guard lock(state_.mutex);
    use(state_);
}

bool Sim::stop_requested() {
    const std::lock_guard lock(state_.mutex);
    return state_.stop_requested;
}

HttpAnswer Sim::handle(const HttpRequest& request) {
    if (request.path.starts_with("/_sim/")) return control(state_, request);
    const std::lock_guard lock(state_.mutex);
    return answer(request);
}

HttpAnswer Sim::answer(const HttpRequest& request) {
    auto seen = see(request);
    state_.note.clear();
    const auto fault = state_.faults.take(request.target);
    auto answer = fault && fault->replaces() ? answer_of(*fault) : route(state_, request);
    if (fault) {
        spoil(answer, *fault);
        seen.fault = fault->kind();
    }
    if (!has_header(answer, "Date")) {
        const auto offset = fault ? fault->date_offset_s : 0;
        answer.headers.emplace_back("Date", format_http_date(state_.now() + offset * second));
    }
    answer.headers.emplace_back("Server", "AtlassianEdge");
    answer.delivery.delay_ms += state_.settings.latency_ms;
    answer.delivery.gzip = state_.settings.gzip && !has_header(answer, "Content-Encoding");
    answer.delivery.chunked = state_.settings.chunked;
    seen.status = answer.status;
    seen.note = state_.note;
    if (state_.requests.size() < requests_kept) state_.requests.push_back(std::move(seen));
    return answer;
}

}  // namespace aquila::sim
