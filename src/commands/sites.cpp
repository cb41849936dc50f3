// The sites a credential reaches: an OAuth login tells; else the one of `site`, which tells its cloud id to anybody.
#include "aquila_fetch/sites.hpp"

#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/endpoint.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/wire.hpp"

#include <fmt/core.h>

namespace aquila {

void sites_command(const Job& job) {
    const SourceConfig& config = job.source;
    Wire wire{config};
    std::vector<Site> sites;
    std::string chosen;
    if (config.effective_auth() == Auth::oauth) {
        const auto authorizer = make_authorizer(config, job.environment, job.state);
        sites = accessible_sites(wire.transport(), config.api_url, *authorizer);
        chosen = config.cloud_id.empty() ? authorizer->cloud_id() : config.cloud_id;
    } else if (job.product.gateway.empty() || config.site.empty()) {
        throw Failure{Exit::config, fmt::format("[{}] names no `site` of Atlassian's cloud", config.name),
                      "without OAuth the cloud id is looked up at the site: set `site`, for example "
                      "https://your-domain.atlassian.net"};
    } else {
        chosen = look_up_cloud_id(wire.transport(), config.site);
        auto name = origin_of(config.site);
        name.erase(0, name.find("//") + 2);
        sites.push_back({chosen, name.substr(0, name.find('.')), config.site, {}});
    }
    print(job.arguments.json ? site_json(sites, chosen) : site_table(sites, chosen));
}

}  // namespace aquila
