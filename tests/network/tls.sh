#!/usr/bin/env bash
# Why: TLS that is not as it should be, by real servers: no run may go on then, each says what is wrong, and a healthy one after it
# leaves every record once. The credential is never sent: the servers behind write down whatever reaches them.
# shellcheck disable=SC2119  # start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/peers.bash
. tests/support/peers.bash
need nginx openssl curl
alone "$@"
cd "$scratch"
start_sim
certificates

gate() { echo "server { listen 127.0.0.1:$1; access_log log.tls seen; $2 location / { proxy_pass $url; } }"; }
nginx_of "server { listen 127.0.0.1:8440 ssl http2; location / { proxy_pass $url; } }" \
    "$(gate '8441 ssl' 'ssl_certificate expired.pem; ssl_certificate_key expired.key;')" \
    "$(gate '8442 ssl' 'ssl_certificate other.pem; ssl_certificate_key other.key;')" \
    "$(gate '8443 ssl' 'ssl_certificate own.pem; ssl_certificate_key own.key;')" \
    "$(gate 8444 '')" \
    "server { listen 127.0.0.1:8449 ssl http2; access_log log.h2 streams; location / { proxy_pass $url; } }" \
    "server { listen 127.0.0.1:8445 ssl; ssl_client_certificate ca.pem; ssl_verify_client on; location / { proxy_pass $url; } }" \
    "$(gate '8446 ssl' 'ssl_reject_handshake on;')"
s_server() { behind "s_server-$1" openssl s_server -quiet -www -accept "127.0.0.1:$1" -cert good.pem -key good.key "${@:2}"; }
s_server 8447 -tls1_1 -cipher ALL:@SECLEVEL=0
s_server 8448 -tls1_2
asleep=$behind_pid
until_open 8440 8446 8447 8448
kill -STOP "$asleep" # takes connections, says nothing

seed=0
more() { generate jira 90 -50m -2s "$((++seed))"; }
at() {
    local port=$1
    shift
    local budget=300ms api=https://localhost:$port
    ini jira "$@"
}
# bad PORT WHAT CODE WORD LINES…
bad() {
    local port=$1 what=$2 code=$3 word=$4
    shift 4
    more
    at "$port" "$@"
    trouble "$what" "$code" "$word"
    at 8440 "ca_file = $scratch/ca.pem"
    healthy jira "$what"
}
ca="ca_file = $scratch/ca.pem"
bad 8440 "a CA this machine does not know" 69 "ca_file"
bad 8441 "an expired certificate" 69 "out of its time" "$ca"
bad 8442 "another host's certificate" 69 "for another name" "$ca"
bad 8443 "a certificate that vouches for itself" 69 "ca_file" "$ca"
bad 8444 "no TLS at all" 69 "scheme" "$ca"
bad 8446 "a server that refuses the handshake" 69 "TLS" "$ca"
bad 8447 "TLS 1.1 and nothing later" 69 "TLS 1.2" "$ca"
bad 8448 "a handshake that never ends" 69 "no connection to localhost:8448 within" "$ca" "connect_timeout = 300ms"
bad 8445 "no client certificate" 76 "client_cert_file" "$ca"
bad 8445 "a client certificate of nobody's" 76 "client_cert_file" "$ca" "client_cert_file = $scratch/own.pem" "client_key_file = $scratch/own.key"
more
at 8445 "$ca" "client_cert_file = $scratch/client.pem" "client_key_file = $scratch/client.key"
healthy jira "a client certificate"
! grep GET log.tls || { echo "requests went through bad TLS"; exit 1; }
curl -sS --noproxy '*' -k -u admin@example.com:sim-token https://localhost:8441/_edge/tenant_info >curl.out
grep -q 'tenant_info 200 \[Basic ' log.tls || { echo "those servers keep no log: this proves nothing"; exit 1; }
echo "ok they saw curl -k with its credential, and aquila-fetch never"

# Requests side by side are streams of one connection, where the server speaks HTTP/2.
generate jira 7000 -5h -55m 1000
control -d '{"latency_ms":10}' "$url/_sim/settings" >settings.out
rm -rf out state
at 8449 "$ca" "concurrency = 8"
healthy jira "eight requests side by side"
connections=$(cut -d' ' -f1 log.h2 | sort -u | wc -l) requests=$(grep -c 'HTTP/2.0 200$' log.h2)
((connections == 1 && requests > 100)) || { echo "$requests requests by HTTP/2 in $connections connections"; exit 1; }
echo "ok $requests requests by HTTP/2 in one connection"
