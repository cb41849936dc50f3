#include "aquila_fetch/bucket_reach.hpp"

#include "aquila_fetch/credentials.hpp"

namespace aquila {

BucketReach::BucketReach(const SourceConfig& config, const std::string& output, const Environment& environment)
    : name_{parse_bucket(output)},
      wire_{config, Peer::bucket},
      store_{find_address(config, name_.bucket, environment), find_bucket_credential(config, environment),
             wire_.transport(), wire_.clock(), [this] { return wire_.counts().retries; }} {}

}  // namespace aquila
