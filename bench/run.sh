#!/usr/bin/env bash
# The figures of the README, measured side by side in one run, on loopback: against bench/server, which has its pages ready; packed
# ones come from the simulator.
#   bench/run.sh [--json]      AQUILA_FETCH_BUILD: the build folder; RUNS: runs of each (median; default 5)
# Downloads cost the server's process, not ours: what is measured is the client alone (getrusage of the child). No zstd: the
# program asks for gzip, which every libcurl unpacks.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${AQUILA_FETCH_BUILD:-$PWD/build/release}
runs=${RUNS:-5}
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
json=no
[[ ${1:-} != --json ]] || json=yes
scratch=$(mktemp -d)
server_pid=
cleanup() {
    [[ -z $server_pid ]] || kill "$server_pid" 2>/dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT

# start COMMAND…: a server that writes $scratch/port; sets $url
start() {
    [[ -z $server_pid ]] || { kill "$server_pid"; wait "$server_pid" 2>/dev/null || true; }
    rm -f "$scratch/port"
    "$@" >"$scratch/server.log" 2>&1 &
    server_pid=$!
    for _ in $(seq 1200); do
        [[ -s $scratch/port ]] && break
        sleep 0.1
    done
    url=http://127.0.0.1:$(cat "$scratch/port")
}
# serve PRODUCT RECORDS [LATENCY_MS]
serve() { start "$build/server" "$scratch/port" "$1" "$2" 20d "${3:-0}"; }

# ini PRODUCT LINES…: a fresh source
ini() {
    rm -rf "$scratch/state" "$scratch/out"
    printf '%s' sim-token >"$scratch/token"
    chmod 600 "$scratch/token"
    cat >"$scratch/bench.ini" <<END
[$1]
cloud_id = bench
email = admin@example.com
token_file = $scratch/token
api_url = $url
state_dir = $scratch/state
output = $scratch/out/flattened.json
initial_lookback = 30d
log_level = warning
END
    for line in "${@:2}"; do echo "$line" >>"$scratch/bench.ini"; done
}

# median FIELD FILE
median() { sed -n "s/.*$1=\([0-9.]*\).*/\1/p" "$2" | sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

declare -A cpu wall peak
# measure NAME RUNS COMMAND…
measure() {
    local name=$1 times=$2
    shift 2
    : >"$scratch/figures"
    for ((i = 0; i < times; i++)); do
        case $name in
            aquila*) rm -rf "$scratch/state" "$scratch/out" ;;
            *floor* | nlohmann) rm -f "$scratch"/{floor,nlohmann}.json ;;
        esac
        "$build/measure" "$@" >"$scratch/stdout" 2>>"$scratch/figures" || { cat "$scratch/figures" >&2; exit 1; }
    done
    cpu[$name]=$(median cpu_ms "$scratch/figures")
    wall[$name]=$(median wall_ms "$scratch/figures")
    peak[$name]=$(median peak_kib "$scratch/figures")
}

from=$(date -u -d '-30 days' +%Y-%m-%dT%H:%M:%S.000Z)
to=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%S.000Z)
account=admin@example.com:sim-token
jira_query() { echo "$url/ex/jira/bench/rest/api/3/auditing/record?limit=1000&from=$from&to=$to&offset="; }
confluence_query() {
    echo "$url/ex/confluence/bench/wiki/rest/api/audit?limit=1000&startDate=$(date -d "$from" +%s)000&endDate=$(date -d "$to" +%s)000&start="
}
# collect NAME RUNS PRODUCT COUNT: the program, from nothing
collect() {
    measure "$1" "$2" "$build/aquila-fetch" -c "$scratch/bench.ini" --source "$3"
    local lines
    lines=$(wc -l <"$scratch/out/flattened.json")
    [[ $lines == "$4" ]] || { echo "error: $lines lines instead of $4" >&2; exit 1; }
}

# What the guides' script does, looped over the pages: guide.sh QUERY
cat >"$scratch/guide.sh" <<END
for ((page = 0; page < 100; page++)); do
    curl -s -u $account "\$1\$((page * 1000))" >"$scratch/page"
    jq -e . "$scratch/page" >/dev/null || exit 1
    jq -c '.offset as \$o | .total as \$t | .records[] | . + {offset: \$o, total: \$t}' "$scratch/page" >>"$scratch/guide.json"
done
END

serve jira 100000
measure floor "$runs" "$build/floor" "$(jira_query)" "$account" 100
measure floor_to_file "$runs" "$build/floor" "$(jira_query)" "$account" 100 "$scratch/floor.json"
ini jira
collect aquila "$runs" jira 100000
ini jira "concurrency = 4"
collect aquila_beside "$runs" jira 100000
measure nlohmann "$runs" "$build/nlohmann" "$(jira_query)" "$account" 100 "$scratch/nlohmann.json"
# An event for each record takes eight times as long at most.
ini jira "format = ecs"
collect aquila_ecs "$runs" jira 100000
awk -v a="${cpu[aquila_ecs]}" -v b="${cpu[aquila]}" 'BEGIN {exit a > 8 * b}' || { echo "error: ${cpu[aquila_ecs]} ms for ECS, ${cpu[aquila]} without" >&2; exit 1; }
measure guide "${GUIDE_RUNS:-$runs}" bash "$scratch/guide.sh" "$(jira_query)"
rm -f "$scratch"/{floor,nlohmann,guide}.json

# Idle: nothing new since the last run; the server's own time is in the wall time, and small.
ini jira
"$build/aquila-fetch" -c "$scratch/bench.ini" --source jira >/dev/null
measure idle "$((2 * runs + 1))" "$build/aquila-fetch" -c "$scratch/bench.ini" --source jira
measure version "$((4 * runs + 1))" "$build/aquila-fetch" --version

for count in 1000 5000 1000000; do
    serve jira "$count"
    ini jira
    collect "aquila_$count" "$runs" jira "$count"
done

# All of the million lines against all of the million records; packed lines cost time, not memory.
measure verify 1 "$build/aquila-fetch" verify -c "$scratch/bench.ini" --source jira --since 25d
grep -q 'every record of the window is in the output exactly once' "$scratch/stdout" || { cat "$scratch/stdout" >&2; exit 1; }
((peak[verify] < 100 * 1024)) || { echo "error: verify of a million lines takes ${peak[verify]} KiB" >&2; exit 1; }

start "$build/atlassian_sim" --port 0 --port-file "$scratch/port" --cloud-id bench --jira 100000 --span 20d
export GZIP_PAGES=1
measure floor_gzip "$runs" "$build/floor" "$(jira_query)" "$account" 100
unset GZIP_PAGES
ini jira
collect aquila_gzip "$runs" jira 100000

serve confluence 100000
measure confluence_floor "$runs" "$build/floor" "$(confluence_query)" "$account" 100
measure confluence_floor_to_file "$runs" "$build/floor" "$(confluence_query)" "$account" 100 "$scratch/floor.json"
ini confluence
collect aquila_confluence "$runs" confluence 100000

# Far away: what counts is how many requests are in flight.
serve jira 50000 200
for readers in 1 4 8; do
    ini jira "concurrency = $readers"
    collect "aquila_far_$readers" "$runs" jira 50000
done

names=(floor floor_to_file aquila aquila_beside aquila_ecs nlohmann guide floor_gzip aquila_gzip confluence_floor confluence_floor_to_file
    aquila_confluence aquila_1000 aquila_5000 aquila_1000000 verify idle version aquila_far_1 aquila_far_4 aquila_far_8)
declare -A title=([floor]="100,000 Jira records, libcurl only, thrown away"
    [floor_to_file]="the same, appended to a file and synced" [aquila]="the same, aquila-fetch"
    [aquila_beside]="the same, concurrency = 4 whatever the server"
    [aquila_ecs]="the same, with format = ecs" [nlohmann]="the same, by nlohmann/json instead"
    [guide]="the same, the guides' curl and jq per page"
    [floor_gzip]="gzip: libcurl only, thrown away" [aquila_gzip]="gzip: aquila-fetch"
    [confluence_floor]="100,000 of Confluence, libcurl only, thrown away" [confluence_floor_to_file]="the same, appended and synced"
    [aquila_confluence]="the same, aquila-fetch"
    [aquila_1000]="1,000 Jira records, aquila-fetch" [aquila_5000]="5,000 Jira records, aquila-fetch"
    [aquila_1000000]="1,000,000 Jira records, aquila-fetch" [verify]="1,000,000 Jira records and lines, verify"
    [idle]="idle run (nothing new), aquila-fetch" [version]="aquila-fetch --version"
    [aquila_far_1]="50,000, each answer after 200 ms: 1 in flight" [aquila_far_4]="the same, 4 in flight"
    [aquila_far_8]="the same, 8 in flight")
if [[ $json == yes ]]; then
    for name in "${names[@]}"; do
        printf '{"case":"%s","cpu_ms":%s,"wall_ms":%s,"peak_kib":%s}\n' "$name" "${cpu[$name]}" "${wall[$name]}" "${peak[$name]}"
    done
    exit 0
fi
printf '| %-48s | %10s | %10s | %9s |\n' "case (median of $runs)" "CPU ms" "wall ms" "peak MiB"
printf '| %s | %s | %s | %s |\n' ---- ----: ----: ----:
for name in "${names[@]}"; do
    printf '| %-48s | %10s | %10s | %9.1f |\n' "${title[$name]}" "${cpu[$name]}" "${wall[$name]}" "$(ratio "${peak[$name]}" 1024)"
done
printf '\naquila-fetch / a download that is kept: CPU %s, wall %s; Confluence: CPU %s; / thrown away: %s; with gzip / thrown away: %s\n' \
    "$(ratio "${cpu[aquila]}" "${cpu[floor_to_file]}")" "$(ratio "${wall[aquila]}" "${wall[floor_to_file]}")" \
    "$(ratio "${cpu[aquila_confluence]}" "${cpu[confluence_floor_to_file]}")" "$(ratio "${cpu[aquila]}" "${cpu[floor]}")" \
    "$(ratio "${cpu[aquila_gzip]}" "${cpu[floor_gzip]}")"
printf 'CPU of curl and jq / aquila-fetch: %s; of nlohmann/json / aquila-fetch: %s; wall of 1 in flight / 8: %s\n' \
    "$(ratio "${cpu[guide]}" "${cpu[aquila]}")" "$(ratio "${cpu[nlohmann]}" "${cpu[aquila]}")" \
    "$(ratio "${wall[aquila_far_1]}" "${wall[aquila_far_8]}")"
