// Why: what the tests of the login and of what it leaves have in common: an app, a person with a browser, a grant.
// Must not know: what a single test is about.
#pragma once

#include "e2e/fixture.hpp"

#include "support/sim_probe.hpp"

#include <nlohmann/json.hpp>

#include <set>

#include <netinet/in.h>
#include <sys/socket.h>

namespace aquila::e2e {

class OauthTest : public ProgramTest {
  protected:
    OauthTest() {
        scratch.write("secret", "sim-secret\n");
        sim.configure([this](auto& settings) { settings.oauth.redirect_uri = redirect(); });
        configure_oauth();
    }

    [[nodiscard]] std::string redirect() const { return "http://localhost:" + std::to_string(port) + "/callback"; }
    void configure_oauth(const Keys& changes = {}) {
        Keys keys{{"auth", "oauth"},
                  {"client_id", "sim-client"},
                  {"client_secret_file", (scratch / "secret").native()},
                  {"redirect_uri", redirect()},
                  {"auth_url", sim.url()},
                  {"retry_budget", "3s"},
                  {"cloud_id", ""},
                  {"email", ""},
                  {"token_file", ""}};
        for (const auto& [key, value] : changes) keys[key] = value;
        configure(keys);
    }

    /// Starts `login` and waits until it has told where to go.
    [[nodiscard]] std::unique_ptr<Program> start_login(Strings arguments = {}) {
        arguments.insert(arguments.begin(), "login");
        auto call = launch(arguments);
        call.typed = true;
        auto program = std::make_unique<Program>(call);
        EXPECT_TRUE(program->runs_until([&] { return program->out().find('\n') != std::string::npos; }))
            << program->wait().err;
        return program;
    }
    /// A person signs in and accepts: where the browser is sent then.
    [[nodiscard]] std::string accept(const Program& login) const {
        const auto url = lines_of(login.out()).at(0);
        EXPECT_EQ(url.substr(0, sim.url().size()), sim.url());
        return std::string{sim::probe(sim.port(), {.target = url.substr(sim.url().size())}).header("Location")};
    }
    /// The browser follows.
    [[nodiscard]] sim::Probe follow(const std::string& location) const {
        EXPECT_TRUE(location.starts_with(redirect())) << location;
        return sim::probe(port, {.target = location.substr(location.find('/', 8))});
    }
    /// A login that must end well.
    Outcome log_in(const Strings& arguments = {}) {
        const auto login = start_login(arguments);
        login->type(accept(*login) + "\n");
        auto done = login->wait();
        EXPECT_EQ(done.status, 0) << done.err;
        return done;
    }

    [[nodiscard]] std::string store_path() const { return (scratch / "state" / name() / "tokens.json").native(); }
    [[nodiscard]] nlohmann::json stored() const { return nlohmann::json::parse(read(store_path())).at("tokens"); }
    /// How often the token endpoint was asked, and for what.
    [[nodiscard]] int asked_for(std::string_view grant) {
        const auto all = sim.requests();
        return static_cast<int>(std::ranges::count_if(
            all, [&](const auto& seen) { return seen.note == "grant_type=" + std::string{grant}; }));
    }
    [[nodiscard]] int renewals() { return asked_for("refresh_token"); }
    /// No access token is accepted any more.
    void expire() {
        sim.with_state([](auto& state) { state.oauth.access.clear(); });
    }
    void revoke() {
        sim.with_state([](auto& state) { state.oauth.revoked = true; });
    }
    /// All tokens and codes the server ever gave, and the client's secret.
    [[nodiscard]] Strings secrets() {
        Strings all{"sim-secret"};
        sim.with_state([&](auto& state) {
            for (const auto& [given, grant] : state.oauth.access) all.push_back(given);
            for (const auto& [given, grant] : state.oauth.refresh) all.push_back(given);
            for (const auto& [code, scope] : state.oauth.codes) all.push_back(code);
        });
        return all;
    }

  private:
    [[nodiscard]] static std::uint16_t free_port() {
        const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        socklen_t size = sizeof address;
        ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
        ::close(socket);
        return ntohs(address.sin6_port);
    }

  protected:
    const std::uint16_t port = free_port();
};

}  // namespace aquila::e2e
