#!/usr/bin/env bash
# The figures of the README, measured side by side in one run against the simulator on loopback.
#   bench/run.sh [--json]      AQUILA_FETCH_BUILD: the build folder; RUNS: runs of each (median; default 5)
# Downloads cost the server's process, not ours: what is measured is the client alone (getrusage of the child).
set -euo pipefail
cd "$(dirname "$0")/.."
build=${AQUILA_FETCH_BUILD:-$PWD/build/release}
runs=${RUNS:-5}
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
json=no
[[ ${1:-} != --json ]] || json=yes
scratch=$(mktemp -d)
sim_pid=
cleanup() {
    [[ -z $sim_pid ]] || kill "$sim_pid" 2>/dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT

# start_sim OPTIONS…: sets $url and $sim_pid
start_sim() {
    [[ -z $sim_pid ]] || { kill "$sim_pid"; wait "$sim_pid" 2>/dev/null || true; }
    rm -f "$scratch/port"
    "$build/atlassian_sim" --port 0 --port-file "$scratch/port" --cloud-id bench "$@" >"$scratch/sim.log" 2>&1 &
    sim_pid=$!
    for _ in $(seq 600); do
        [[ -s $scratch/port ]] && break
        sleep 0.1
    done
    url=http://127.0.0.1:$(cat "$scratch/port")
}

# ini PRODUCT: a fresh source
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
        [[ $name != aquila* ]] || rm -rf "$scratch/state" "$scratch/out"
        "$build/measure" "$@" >"$scratch/stdout" 2>>"$scratch/figures" || { cat "$scratch/figures" >&2; exit 1; }
    done
    cpu[$name]=$(median cpu_ms "$scratch/figures")
    wall[$name]=$(median wall_ms "$scratch/figures")
    peak[$name]=$(median peak_kib "$scratch/figures")
}

path=/ex/jira/bench/rest/api/3/auditing/record
from=$(date -u -d '-30 days' +%Y-%m-%dT%H:%M:%S.000Z)
to=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%S.000Z)

# What the guides' script does, looped over the pages.
cat >"$scratch/guide.sh" <<END
for ((page = 0; page < 100; page++)); do
    curl -s -u admin@example.com:sim-token "\$1$path?limit=1000&offset=\$((page * 1000))&from=$from&to=$to" >"$scratch/page"
    jq -e . "$scratch/page" >/dev/null || exit 1
    jq -c '.offset as \$o | .total as \$t | .records[] | . + {offset: \$o, total: \$t}' "$scratch/page" >>"$scratch/guide.json"
done
END

start_sim --no-gzip --jira 100000 --span 20d
ini jira
floor=("$build/floor" "$url$path" admin@example.com:sim-token "$from" "$to" 100)
measure floor "$runs" "${floor[@]}"
measure floor_to_file "$runs" "${floor[@]}" "$scratch/floor.json"
measure aquila "$runs" "$build/aquila-fetch" -c "$scratch/bench.ini" --source jira
lines=$(wc -l <"$scratch/out/flattened.json")
[[ $lines == 100000 ]] || { echo "error: $lines lines instead of 100000" >&2; exit 1; }
# An event for each record takes eight times as long at most.
echo "format = ecs" >>"$scratch/bench.ini"
measure aquila_ecs "$runs" "$build/aquila-fetch" -c "$scratch/bench.ini" --source jira
awk -v a="${cpu[aquila_ecs]}" -v b="${cpu[aquila]}" 'BEGIN {exit a > 8 * b}' || { echo "error: ${cpu[aquila_ecs]} ms for ECS, ${cpu[aquila]} without" >&2; exit 1; }
ini jira
measure guide 1 bash "$scratch/guide.sh" "$url"

# Idle: nothing new since the last run; the server's own time is in the wall time, and small.
"$build/aquila-fetch" -c "$scratch/bench.ini" --source jira >/dev/null
: >"$scratch/figures"
for ((i = 0; i < 2 * runs + 1; i++)); do
    "$build/measure" "$build/aquila-fetch" -c "$scratch/bench.ini" --source jira >/dev/null 2>>"$scratch/figures"
done
cpu[idle]=$(median cpu_ms "$scratch/figures")
wall[idle]=$(median wall_ms "$scratch/figures")
peak[idle]=$(median peak_kib "$scratch/figures")

for count in 5000 1000000; do
    start_sim --no-gzip --jira "$count" --span 20d
    ini jira
    measure "aquila_$count" 1 "$build/aquila-fetch" -c "$scratch/bench.ini" --source jira
    lines=$(wc -l <"$scratch/out/flattened.json")
    [[ $lines == "$count" ]] || { echo "error: $lines lines instead of $count" >&2; exit 1; }
done

# All of the million lines against all of the million records; packed lines cost time, not memory.
"$build/measure" "$build/aquila-fetch" verify -c "$scratch/bench.ini" --source jira --since 25d >"$scratch/verified" 2>"$scratch/figures"
grep -q 'every record of the window is in the output exactly once' "$scratch/verified" || { cat "$scratch/verified" >&2; exit 1; }
cpu[verify]=$(median cpu_ms "$scratch/figures")
wall[verify]=$(median wall_ms "$scratch/figures")
peak[verify]=$(median peak_kib "$scratch/figures")
((peak[verify] < 100 * 1024)) || { echo "error: verify of a million lines takes ${peak[verify]} KiB" >&2; exit 1; }

start_sim --jira 100000 --span 20d
ini jira
floor=("$build/floor" "$url$path" admin@example.com:sim-token "$from" "$to" 100)
export GZIP_PAGES=1
measure floor_gzip "$runs" "${floor[@]}"
unset GZIP_PAGES
measure aquila_gzip "$runs" "$build/aquila-fetch" -c "$scratch/bench.ini" --source jira

start_sim --no-gzip --confluence 100000 --span 20d
ini confluence
measure aquila_confluence "$runs" "$build/aquila-fetch" -c "$scratch/bench.ini" --source confluence

names=(floor floor_to_file aquila aquila_ecs floor_gzip aquila_gzip aquila_confluence guide aquila_5000 aquila_1000000 verify idle)
declare -A title=([floor]="100,000 Jira records, libcurl only, thrown away"
    [floor_to_file]="the same, appended to a file and synced" [aquila]="100,000 Jira records, aquila-fetch"
    [aquila_ecs]="the same, aquila-fetch with format = ecs"
    [floor_gzip]="gzip: libcurl only, thrown away" [aquila_gzip]="gzip: aquila-fetch"
    [aquila_confluence]="100,000 Confluence records, aquila-fetch" [guide]="100,000 Jira records, curl and jq per page"
    [aquila_5000]="5,000 Jira records, aquila-fetch" [aquila_1000000]="1,000,000 Jira records, aquila-fetch"
    [verify]="1,000,000 Jira records and lines, verify"
    [idle]="idle run (nothing new), aquila-fetch")
if [[ $json == yes ]]; then
    for name in "${names[@]}"; do
        printf '{"case":"%s","cpu_ms":%s,"wall_ms":%s,"peak_kib":%s}\n' "$name" "${cpu[$name]}" "${wall[$name]}" "${peak[$name]}"
    done
else
    printf '| %-46s | %10s | %10s | %9s |\n' "case (median of $runs)" "CPU ms" "wall ms" "peak MiB"
    printf '| %s | %s | %s | %s |\n' ---- ----: ----: ----:
    for name in "${names[@]}"; do
        printf '| %-46s | %10s | %10s | %9.1f |\n' "${title[$name]}" "${cpu[$name]}" "${wall[$name]}" \
            "$(ratio "${peak[$name]}" 1024)"
    done
    printf '\nCPU: aquila-fetch / download thrown away %s; / download to a file %s; with gzip / thrown away %s; ' \
        "$(ratio "${cpu[aquila]}" "${cpu[floor]}")" "$(ratio "${cpu[aquila]}" "${cpu[floor_to_file]}")" \
        "$(ratio "${cpu[aquila_gzip]}" "${cpu[floor_gzip]}")"
    printf 'curl and jq / aquila-fetch %s\n' "$(ratio "${cpu[guide]}" "${cpu[aquila]}")"
fi
