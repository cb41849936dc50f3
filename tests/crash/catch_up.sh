#!/usr/bin/env bash
# Why: a long catch-up is where most crashes happen. It is stopped again and again at moments of chance, by SIGKILL and SIGTERM,
# while records arrive amid its pages; a second run beside it must be refused. In the end: each record once.
#   catch_up.sh [PRODUCT…]       SEED: the dice; STOPS, RECORDS: how many
# shellcheck disable=SC2119  # run and start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
products=("$@")
((${#products[@]})) || products=("${all_products[@]}")
stops=${STOPS:-24}
need curl ps
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "seed $seed (repeat it with SEED=$seed)"
cd "$scratch"
start_sim

settings() { control -d "$1" "$url/_sim/settings" >settings.out; }
# started: a run in the background, with the lock in its hands; its pid in $collector
started() {
    "$build/aquila-fetch" -c crash.ini -q >run.out 2>run.err &
    collector=$!
    until grep -q ":$(stat -c %i "state/$product/lock") " /proc/locks; do
        kill -0 "$collector" 2>/dev/null || break
        sleep 0.005
    done
}
# ended SIGNAL: its status; anything but that signal's, and 0, is a fault
ended() {
    local status=0
    wait "$collector" 2>/dev/null || status=$?
    case $status in
        0) return 1 ;;
        137 | 143) return 0 ;;
        *) echo "$product: a run that was to be stopped by SIG$1 ended with $status"; cat run.err; exit 1 ;;
    esac
}
for product in "${products[@]}"; do
    rm -rf out state
    ini "$product" "concurrency = 4" "requests_per_minute = 100000" # the published limit would be kept to, and take minutes
    records=${RECORDS:-12000}
    [[ $product == jira || $product == confluence ]] || records=$((records / 3)) # each page is a slice of its own there
    generate "$product" "$records" -340m -61m "$seed"
    generate "$product" 200 -58m -2s "$((seed + 1))"
    mkdir -p "state/$product" && touch "state/$product/lock"
    settings "{\"latency_ms\":4,\"insert_while_paging\":{\"product\":\"$product\",\"every\":3,\"count\":2,\"times\":1000000,\"created\":\"-4m\"}}"
    stopped=0 refused=0 whole=0
    for ((round = 0; stopped < stops; round++)); do
        ((round < stops * 4)) || { echo "$product: only $stopped runs of $round could be stopped"; exit 1; }
        started
        if ((round % 3 == 0)); then
            status=0
            "$build/aquila-fetch" -c crash.ini -q >second.out 2>second.err || status=$?
            if ((status == 75)); then
                refused=$((refused + 1))
            elif [[ $(ps -o stat= -p "$collector") == [!Z]* ]]; then
                echo "$product: a second run beside the first: exit $status instead of 75"
                exit 1
            fi
        fi
        printf -v pause '0.%03d' $((RANDOM % 160))
        sleep "$pause"
        signals=(KILL TERM) signal=${signals[RANDOM % 2]}
        kill -"$signal" "$collector" 2>/dev/null || true
        if ended "$signal"; then
            stopped=$((stopped + 1))
        else
            whole=$((whole + 1)) # it was quicker: more is to come
            generate "$product" 3000 -340m -61m "$((seed + 100 + round))"
            rm -rf state out
            mkdir -p "state/$product" && touch "state/$product/lock"
        fi
    done
    ((refused > 2)) || { echo "$product: only $refused second runs met a first: this proves nothing"; exit 1; }
    settings '{"latency_ms":0,"insert_while_paging":null}'
    run
    exactly "$product" "$product, after $stopped stops"
    echo "$product: $(wc -l <written) records, $stopped runs stopped, $refused second runs refused, $whole ended by themselves: 0 lost, 0 doubled"

    # A server that says nothing: the signal ends the run all the same.
    control -d '{"match":"/","times":-1,"hang":true}' "$url/_sim/faults" >faults.out
    started
    sleep 0.2
    begun=$(date +%s%N)
    kill -TERM "$collector"
    ended TERM || { echo "$product: a run ended well though its server hangs"; exit 1; }
    took=$((($(date +%s%N) - begun) / 1000000))
    ((took < 2000)) || { echo "$product: SIGTERM, and it took $took ms"; exit 1; }
    control -X DELETE "$url/_sim/faults" >faults.out
    echo "$product: stopped within $took ms while its server hung"
done
