#!/usr/bin/env bash
# Why: everything that an answer can be but right, from the second page on, by a real nginx in front of the simulator where one does
# it, else by the simulator's own faults: each has its exit code and a hint that says what it is, and costs nothing: a healthy run
# after it leaves every record once.
#   faults.sh [PRODUCT…]      Confluence when none is named: without ids it has it hardest
# shellcheck disable=SC2119,SC2016  # start_sim may go without arguments; nginx has variables of its own
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/peers.bash
. tests/support/peers.bash
products=("$@")
((${#products[@]})) || products=(confluence)
need nginx curl openssl
alone "$@"
cd "$scratch"
start_sim
certificates
truncate -s 70M huge.json
mkdir html
echo '<html><body>We are down for maintenance</body></html>' >html/sorry.html

# The second page and those after it; whatever the product calls its offset.
later='if ($args ~ "(offset|start|cursor)=[^0&]")'
gate() { echo "server { listen 127.0.0.1:$1 ssl http2; server_name localhost; $2 location / { proxy_pass $url; $3 } }"; }
nginx_of "$(gate 8440 '' '')" \
    "$(gate 8441 '' "$later { return 444; }")" \
    "$(gate 8442 '' "$later { return 502; }")" \
    "$(gate 8443 'error_page 503 /sorry.html; location = /sorry.html { root html; internal; }' "$later { return 503; }")" \
    "$(gate 8444 'location = /huge.json { root .; default_type application/json; }' "$later { rewrite .* /huge.json? last; }")" \
    "$(gate 8445 '' "limit_req zone=few burst=10 nodelay; limit_req_status 429; add_header Retry-After 1 always;")" \
    "$(gate 8446 '' 'limit_rate 300;')" \
    "$(gate 8447 '' "proxy_read_timeout 300ms;")" \
    "$(gate 8448 '' "$later { return 302 http://127.0.0.1:8450\$request_uri; }")" \
    "$(gate 8449 'location = /sorry.html { root html; }' "$later { rewrite .* /sorry.html? last; }")" \
    'server { listen 127.0.0.1:8450; access_log log.8450 seen; location / { return 200 "{}"; } }' \
    'server { listen 127.0.0.1:8451; location / { proxy_pass http://127.0.0.1:9; } }'
until_open 8440 8451

# through PORT LINES…: the source's way leads there
through() {
    local port=$1
    shift
    local budget=${budget:-300ms} api=https://localhost:$port
    # A slice of one request at a time has a second page, which is where the trouble is.
    ini "$product" "ca_file = $scratch/ca.pem" "concurrency = 1" "$@"
}
more() { generate "$product" 160 -50m -2s "$((++seed))"; }
# nginx PORT WHAT CODE WORD LINES…
nginx_does() {
    local port=$1 what="$product: $2" code=$3 word=$4
    shift 4
    more
    through "$port" "$@"
    trouble "$what" "$code" "$word"
    through 8440
    healthy "$product" "$what"
}
# sim_does FAULT WHAT CODE WORD LINES…: the simulator's third answer, and all after it
sim_does() {
    local fault=$1 what="$product: $2" code=$3 word=$4
    shift 4
    more
    local budget=300ms
    ini "$product" "$@"
    control -d "{\"match\":\"/ex/\",\"skip\":2,\"times\":-1,$fault}" "$url/_sim/faults" >faults.out
    trouble "$what" "$code" "$word"
    control -X DELETE "$url/_sim/faults" >faults.out
    ini "$product"
    healthy "$product" "$what"
}

seed=0
for product in "${products[@]}"; do
    rm -rf out state
    more
    ini "$product"
    run
    # --- by nginx
    nginx_does 8441 "hung up without an answer (HTTP/2)" 69 "ended before the answer was whole"
    nginx_does 8442 "502 in HTML" 69 "502"
    nginx_does 8443 "503 with a page for people" 69 "503"
    nginx_does 8444 "a body of 70 MiB" 76 "page_size"
    nginx_does 8446 "a body that drips" 69 "no whole answer within" "request_timeout = 500ms"
    nginx_does 8448 "sent to another host" 76 "127.0.0.1:8450"
    nginx_does 8449 "HTML instead of JSON" 76 "HTML"
    control -d '{"match":"/ex/","skip":1,"times":-1,"hang":true}' "$url/_sim/faults" >faults.out
    nginx_does_504() { more; through 8447; trouble "$product: 504, as nothing comes from behind" 69 "504"; }
    nginx_does_504
    control -X DELETE "$url/_sim/faults" >faults.out
    healthy "$product" "$product: 504, as nothing comes from behind"
    more
    budget=30s through 8445 # more than the bucket lets through: waits as told, and ends well
    healthy "$product" "$product: 429 with Retry-After, waited out"
    # --- by the simulator
    sim_does '"truncate":1000' "a body cut short" 69 "ended before the answer was whole"
    sim_does '"wrong_length":100' "Content-Length larger than the body" 69 "ended before the answer was whole"
    sim_does '"wrong_length":-100' "Content-Length smaller than the body" 76 "not what the API promises"
    sim_does '"reset":500' "reset amid the body" 69 "connection"
    sim_does '"hang":true' "no answer" 69 "no whole answer within" "request_timeout = 300ms"
    sim_does '"gzip_bomb":70000000' "70 MB, packed" 76 "page_size"
    sim_does '"status":429' "429 without Retry-After" 69 "429"
    sim_does '"status":429,"headers":{"Retry-After":"1847","RateLimit-Reason":"jira-quota-global-based"}' \
        "a quota that is used up for 1,847 s" 69 "30m 47s"
    sim_does '"status":503,"headers":{"Retry-After":"soon"}' "503 with a Retry-After that is no number" 69 "503"
done

# Nobody behind the gateway, nobody at all; and where the redirects led, nobody came, though that server writes down who does.
product=${products[0]}
rm -rf out state
more
api=http://127.0.0.1:8451 ini "$product"
trouble "502, as the server behind is gone" 69 "502"
api=http://127.0.0.1:9 ini "$product"
trouble "connection refused" 69 "refused"
ini "$product"
healthy "$product" "$product: nobody there"
[[ ! -s log.8450 ]] || { echo "the redirect was followed:"; cat log.8450; exit 1; }
through 8448
curl -sS --noproxy '*' --cacert ca.pem --location-trusted -u "admin@example.com:sim-token" "https://localhost:8448/x?offset=50" >curl.out
grep -q 'GET /x.offset=50 200 \[Basic ' log.8450 || { echo "the other host keeps no log: this proves nothing"; exit 1; }
echo "ok the other host saw curl with its credential, and aquila-fetch never"
