#!/usr/bin/env bash
# Why: the way out of most companies is a proxy, and its refusals look like the server's. By a real squid: each way it can say no has
# its hint; the way through it works with a password that no message shows; and every record is there once.
# shellcheck disable=SC2119  # start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/peers.bash
. tests/support/peers.bash
export PATH=$PATH:/usr/sbin
need nginx squid openssl curl
((EUID == 0)) || skip "squid would have to be root's"
alone "$@"
cd "$scratch"
unset https_proxy HTTPS_PROXY http_proxy HTTP_PROXY
start_sim
certificates
nginx_of "server { listen 127.0.0.1:8440 ssl http2; location / { proxy_pass $url; } }"

chmod 755 "$scratch"
mkdir squid && chown proxy squid
printf 'collector:%s\n' "$(openssl passwd -apr1 s3cret/way)" >squid/users
echo '127.0.0.1 localhost' >hosts # many machines have ::1 by that name, too, where nothing listens here
cat >squid.conf <<END_OF_SQUID
http_port 127.0.0.1:3128
auth_param basic program /usr/lib/squid/basic_ncsa_auth $scratch/squid/users
auth_param basic children 1
auth_param basic realm way out
acl known proxy_auth REQUIRED
acl allowed port 8440 9
acl CONNECT method CONNECT
http_access deny !allowed
http_access allow CONNECT known
http_access deny all
cache deny all
access_log stdio:$scratch/squid/access
cache_log $scratch/squid/cache
pid_filename $scratch/squid/pid
coredump_dir none
pinger_enable off
shutdown_lifetime 0 seconds
visible_hostname squid.test
dns_nameservers 127.0.0.1
hosts_file $scratch/hosts
END_OF_SQUID
behind squid squid -N -f "$scratch/squid.conf"
squid_pid=$behind_pid
until_open 8440 3128

seed=0
more() { generate jira 90 -50m -2s "$((++seed))"; }
# by PROXY PORT LINES…
by() {
    local proxy=$1 port=$2
    shift 2
    local budget=300ms api=https://localhost:$port
    ini jira "ca_file = $scratch/ca.pem" ${proxy:+"proxy = $proxy"} "$@"
}
known=http://collector:s3cret%2Fway@127.0.0.1:3128
# bad WHAT PROXY PORT CODE WORD
bad() {
    more
    by "$2" "$3"
    trouble "$1" "$4" "$5"
    ! grep -q s3cret run.err || { echo "$1: the proxy's password is told"; cat run.err; exit 1; }
    by "$known" 8440
    healthy jira "$1"
}
bad "no user at the proxy (407)" http://127.0.0.1:3128 8440 69 "user:password"
bad "a wrong password at the proxy (407)" http://collector:nonsense@127.0.0.1:3128 8440 69 "user:password"
bad "a port the proxy does not let through (403)" "$known" 8441 69 "proxy refused"
bad "a server the proxy finds no way to (503)" "$known" 9 69 "the proxy found no way"
bad "nobody at the proxy's port" http://collector:s3cret%2Fway@127.0.0.1:3129 8440 69 "refused"
more
by '' 8440
export https_proxy=$known
healthy jira "the proxy of the environment"
unset https_proxy
(($(grep -c 'TCP_TUNNEL/200' squid/access) >= 6)) || { echo "the proxy was gone around"; cat squid/access; exit 1; }
! grep -qi 'sim-token\|authorization' squid/access || { echo "the proxy was shown the credential"; exit 1; }

# The proxy goes down amid a run, the next one has it again.
more
by "$known" 8440
control -d '{"match":"/ex/","skip":1,"times":-1,"hang":true}' "$url/_sim/faults" >faults.out
run &
collector=$!
for _ in $(seq 200); do
    (($(control "$url/_sim/stats" | sed -nE 's/.*"faults":([0-9]+).*/\1/p') > 0)) && grep -q . squid/access && break
    sleep 0.02
done
sleep 0.3
kill "$squid_pid"
status=0
wait "$collector" || status=$?
((status == 69)) || { echo "the proxy died, and exit $status"; cat run.err; exit 1; }
control -X DELETE "$url/_sim/faults" >faults.out
wait "$squid_pid" 2>/dev/null || true
rm -f squid/pid
behind squid-again squid -N -f "$scratch/squid.conf"
until_open 3128
healthy jira "a proxy that dies amid a run"
