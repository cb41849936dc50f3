// Why: what the simulator's own tests have in common: a running simulator and requests with the usual credential.
#pragma once

#include "support/sim.hpp"
#include "support/sim_probe.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace aquila::sim {

class SimTest : public testing::Test {
  protected:
    using json = nlohmann::json;

    Probe ask(const std::string& target, const std::string& authorization = basic("admin@example.com", "sim-token"),
              Fields headers = {}) {
        headers.emplace_back("Accept", "application/json");
        if (!authorization.empty()) headers.emplace_back("Authorization", authorization);
        return probe(sim.port(), {.target = target, .headers = std::move(headers)});
    }
    Probe post(const std::string& target, const std::string& body, const std::string& media_type = "application/json") {
        return probe(sim.port(),
                     {.method = "POST", .target = target, .headers = {{"Content-Type", media_type}}, .body = body});
    }
    std::string gateway(const std::string& query = {}) { return "/ex/jira/" + sim.cloud_id() + site(query); }
    static std::string site(const std::string& query = {}) { return "/rest/api/3/auditing/record" + query; }
    std::string wiki_gateway(const std::string& query = {}) {
        return "/ex/confluence/" + sim.cloud_id() + wiki_site(query);
    }
    static std::string wiki_site(const std::string& query = {}) { return "/wiki/rest/api/audit" + query; }

    /// A Jira record of nothing but what matters here.
    void add_jira(std::int64_t id, const std::string& created) {
        sim.add(Product::jira, json{{"id", id}, {"created", created}}.dump());
    }
    static std::vector<std::int64_t> ids(const Probe& answer) {
        std::vector<std::int64_t> result;
        const auto page = json::parse(answer.body);
        for (const auto& record : page.at("records")) result.push_back(record.at("id").get<std::int64_t>());
        return result;
    }

    Sim sim;
};

}  // namespace aquila::sim
