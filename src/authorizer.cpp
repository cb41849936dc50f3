#include "aquila_fetch/authorizer.hpp"

#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/granted.hpp"

namespace aquila {
namespace {

class Fixed final : public Authorizer {
  public:
    explicit Fixed(Secret value) : value_{std::move(value)} {}

    [[nodiscard]] Secret value(Transport& /*transport*/) override { return value_; }
    [[nodiscard]] bool renew(Transport& /*transport*/, const Response& /*answer*/, const Secret& /*value*/) override {
        return false;
    }

  private:
    Secret value_;
};

}  // namespace

Response send_authorized(Request request, Authorizer& authorizer, Transport& transport) {
    request.authorization = authorizer.value(transport);
    Response response = transport.send(request);
    if ((response.status == 401 || response.status == 403) &&
        authorizer.renew(transport, response, request.authorization)) {
        request.authorization = authorizer.value(transport);
        response = transport.send(request);
    }
    return response;
}

std::unique_ptr<Authorizer> fixed_authorizer(Secret value) {
    return std::make_unique<Fixed>(std::move(value));
}

std::unique_ptr<Authorizer> make_authorizer(const SourceConfig& source, const Environment& environment,
                                            const std::filesystem::path& state) {
    static SystemClock clock;  // has no state, and outlives every authorizer
    const Auth auth = source.effective_auth();
    if (source.is_granted()) {
        Granting granting{source.name, oauth_client(source, find_client_secret(source, environment)), state,
                          source.cloud_id.empty() ? source.site : "", source.retry_budget + source.request_timeout};
        return auth == Auth::oauth ? oauth_authorizer(std::move(granting), clock)
                                   : service_account_authorizer(std::move(granting), clock);
    }
    const Secret token = find_token(source, environment);
    return fixed_authorizer(auth == Auth::basic ? basic_authorization(source.email, token)
                                                : bearer_authorization(token));
}

}  // namespace aquila
