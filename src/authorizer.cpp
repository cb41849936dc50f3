#include "aquila_fetch/authorizer.hpp"

#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

namespace aquila {
namespace {

class Fixed final : public Authorizer {
  public:
    explicit Fixed(Secret value) : value_{std::move(value)} {}

    [[nodiscard]] Secret value(Transport& /*transport*/) override { return value_; }
    [[nodiscard]] bool renew(Transport& /*transport*/, const Response& /*answer*/) override { return false; }

  private:
    Secret value_;
};

}  // namespace

std::unique_ptr<Authorizer> fixed_authorizer(Secret value) {
    return std::make_unique<Fixed>(std::move(value));
}

std::unique_ptr<Authorizer> make_authorizer(const SourceConfig& source, const Environment& environment,
                                            const std::filesystem::path& /*state*/) {
    const Auth auth = source.effective_auth();
    if (auth == Auth::oauth || auth == Auth::client_credentials) {
        throw Failure{Exit::config, fmt::format("[{}]: OAuth is not there in this version", source.name),
                      "use `auth = basic` or `auth = bearer`"};
    }
    const Secret token = find_token(source, environment);
    return fixed_authorizer(auth == Auth::basic ? basic_authorization(source.email, token)
                                                : bearer_authorization(token));
}

}  // namespace aquila
