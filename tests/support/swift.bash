# A store that speaks S3 and checks signatures: OpenStack Swift with s3api and tempauth, on loopback ports, in $scratch.
# shellcheck disable=SC2154  # $scratch is simulated.bash's
# Sourced after simulated.bash. Gives start_swift, stop_swift, $s3_url, $s3_id, $s3_secret; ends what it started.
s3_id=aquila:uploader # the colon is Swift's; the program must cope
s3_secret=swift-secret/with+signs=
s3_url=
swift_pids=()

need_swift() {
    need swift-proxy-server swift-account-server swift-container-server swift-object-server memcached
    /usr/bin/python3 -c 'import swift.common.ring' 2>/dev/null || skip "no swift modules for /usr/bin/python3"
}

# free_ports N: so many ports nobody listens on at the moment
free_ports() {
    /usr/bin/python3 - "$1" <<'END'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
END
}

# swift_server NAME PORT PIPELINE…: the head of a server's configuration
swift_server() {
    local name=$1 port=$2
    shift 2
    cat <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
workers = 0
user = $(id -un)
swift_dir = $scratch/swift
devices = $scratch/swift/srv
mount_check = false
log_address = /nonexistent
fallocate_reserve = 0
disable_fallocate = true
[pipeline:main]
pipeline = $*
[app:$name-server]
use = egg:swift#${name%%-*}
END
}

configure_swift() {
    local proxy account container object cache filter
    read -r proxy account container object cache <<<"$(free_ports 5)"
    mkdir -p "$scratch/swift/srv/disk"
    swift_server account "$account" account-server >"$scratch/swift/account.conf"
    swift_server container "$container" container-server >"$scratch/swift/container.conf"
    swift_server object "$object" object-server >"$scratch/swift/object.conf"
    local filters=(catch_errors gatekeeper cache listing_formats bulk s3api tempauth copy slo dlo symlink)
    {
        swift_server proxy "$proxy" "${filters[@]}" proxy-server
        echo "account_autocreate = true"
        for filter in "${filters[@]}"; do
            echo "[filter:$filter]"
            case $filter in
                cache) printf 'use = egg:swift#memcache\nmemcache_servers = 127.0.0.1:%s\n' "$cache" ;;
                s3api) printf 'use = egg:swift#s3api\nlocation = us-east-1\n' ;;
                tempauth) printf 'use = egg:swift#tempauth\nuser_%s = %s .admin\n' "${s3_id/:/_}" "$s3_secret" ;;
                *) echo "use = egg:swift#$filter" ;;
            esac
        done
    } >"$scratch/swift/proxy.conf"
    /usr/bin/python3 - "$scratch/swift" "account=$account" "container=$container" "object=$object" <<'END'
import sys
from swift.common.ring import RingBuilder
for each in sys.argv[2:]:
    name, port = each.split("=")
    ring = RingBuilder(2, 1, 1)
    ring.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0, "meta": "", "device": "disk", "ip": "127.0.0.1",
                  "port": int(port), "replication_ip": "127.0.0.1", "replication_port": int(port)})
    ring.rebalance()
    ring.get_ring().save(f"{sys.argv[1]}/{name}.ring.gz")
END
    swift_cache=$cache
    s3_url=http://127.0.0.1:$proxy
}

start_swift() {
    local name
    [[ -n $s3_url ]] || configure_swift
    memcached -u "$(id -un)" -l 127.0.0.1 -p "$swift_cache" -U 0 &
    swift_pids=($!)
    for name in account container object proxy; do
        "swift-$name-server" "$scratch/swift/$name.conf" >>"$scratch/swift/$name.log" 2>&1 &
        swift_pids+=($!)
    done
    for _ in $(seq 600); do
        [[ $(curl -s -o "$scratch/swift/answer" -w '%{http_code}' "$s3_url/") != 000 ]] && return
        sleep 0.1
    done
    cat "$scratch"/swift/*.log >&2
    skip "Swift does not start here"
}
stop_swift() {
    kill "${swift_pids[@]}" 2>/dev/null || true
    wait "${swift_pids[@]}" 2>/dev/null || true
    swift_pids=()
}
cleanups+=(stop_swift)

# By Swift's own API, which knows nothing of S3 and its signatures. bucket NAME: makes it. Its answer may be behind by a moment.
swift() { curl -sS --fail --retry 20 --retry-delay 1 --retry-all-errors -H "X-Auth-Token: $swift_token" "$@"; }
swift_login() {
    local head
    head=$(curl -sS --fail --retry 20 --retry-delay 1 --retry-all-errors -D - -o /dev/null -H "X-Auth-User: $s3_id" -H "X-Auth-Key: $s3_secret" "$s3_url/auth/v1.0" | tr -d '\r')
    swift_token=$(sed -n 's/^X-Auth-Token: //p' <<<"$head")
    swift_account=$(sed -n 's/^X-Storage-Url: //p' <<<"$head")
}
bucket() { swift -X PUT "$swift_account/$1"; }
# keys BUCKET [PREFIX]; objects BUCKET [PREFIX]: what they hold, one behind the other
keys() { swift "$swift_account/$1?limit=10000&prefix=${2:-}"; }
objects() {
    local key
    keys "$1" "${2:-}" | while read -r key; do swift "$swift_account/$1/$key"; done
}
