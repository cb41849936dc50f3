#!/usr/bin/env bash
# Why: anyone may repeat what README.md says about "exactly once". Runs are hurt by chance in every way there is, files are turned
# by chance before the next one, healthy runs follow, and what is in the files is compared with what the server holds. The guides'
# script (curl and jq, one page, the file written anew; an own version of it) goes through the plainest of this beside it.
#   torture.sh [COUNT | MINUTESm]      so many wounds of each kind (50), or as many as go into the time; SEED: the dice; PRODUCTS
# shellcheck disable=SC2119  # run and start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
packaging=$PWD/packaging
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
export PATH=$PATH:/usr/sbin
need strace curl jq logrotate gzip zstd perl
read -ra products <<<"${PRODUCTS:-${all_products[*]}}"
count=50 end=
case ${1:-} in
    '') ;;
    *[!0-9]*) [[ $1 =~ ^[0-9]+m$ ]] || { echo "torture: $1 is neither a count nor minutes (200, 30m)" >&2; exit 64; }
        end=$((SECONDS + ${1%m} * 60)) count=1000000 ;;
    *) count=$1 ;;
esac
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "seed $seed (repeat it with SEED=$seed)" >&2
cd "$scratch"
start_sim

one_of() { # sets $one
    local -a list=("$@")
    one=${list[RANDOM % $#]}
}
quiet() { "$@" >quiet.out 2>&1; }

# --- wounds: a run that is hurt; false when it was not ---------------------------------------------------------------------
traced() { # CALL INJECTION
    # strace dies as the program does, and the shell would tell of it.
    { quiet strace -f -qq -o trace -e trace="$1" -e inject="$1:$2:when=$((1 + RANDOM % 20))" \
        "$build/aquila-fetch" -c crash.ini -q; } 2>/dev/null || true
    grep -q -e INJECTED -e 'killed by' trace
}
wound_call() { one_of write fsync fdatasync rename ftruncate && traced "$one" signal=KILL; }
wound_errno() {
    local call
    one_of write fsync fdatasync rename
    call=$one
    one_of ENOSPC EIO EDQUOT
    traced "$call" "error=$one"
}
wound_moment() {
    local status=0
    "$build/aquila-fetch" -c crash.ini -q >run.out 2>run.err &
    local collector=$! pause
    printf -v pause '0.%03d' $((RANDOM % 60))
    sleep "$pause"
    one_of KILL TERM
    kill -"$one" "$collector" 2>/dev/null || true
    wait "$collector" 2>/dev/null || status=$?
    ((status != 0))
}
wound_disk() { # no file may grow beyond what is there and a little more, to the KiB
    local size=0
    [[ ! -e out/flattened.json ]] || size=$(stat -c %s out/flattened.json)
    ! (ulimit -f $((size / 1024 + 12 + RANDOM % 300)) && run)
}
wound_network() {
    one_of '"reset":300' '"truncate":900' '"hang":true' '"status":500' '"status":429' '"status":502,"html":true' '"wrong_length":99' \
        '"status":401' '"body":"{}"' '"slow":2000'
    control -d "{\"match\":\"/\",\"skip\":$((RANDOM % 8)),\"times\":-1,$one}" "$url/_sim/faults" >faults.out
    local status=0
    cp -p "$product.hasty" crash.ini
    run || status=$?
    cp -p "$product.ini" crash.ini
    control -X DELETE "$url/_sim/faults" >faults.out
    ((status != 0))
}
wound_rotation() { # logrotate as shipped, while it runs
    run &
    local collector=$!
    quiet logrotate -f -s logrotate.state logrotate.conf || true
    wait "$collector"
}

# --- what happens to the file before the next run --------------------------------------------------------------------------
turned=0
turn_none() { :; }
turn_rename() { mv out/flattened.json "out/flattened.json-$((++turned))"; }
turn_copytruncate() { cp out/flattened.json "out/flattened.json-$((++turned))" && : >out/flattened.json; }
turn_gzip() { turn_rename && gzip "out/flattened.json-$turned"; }
turn_zstd() { turn_rename && zstd -q --rm "out/flattened.json-$turned"; }

# --- the account -----------------------------------------------------------------------------------------------------------
declare -A runs lost doubled
account() { # SCENARIO RUNS FILE: what is in FILE against $expectation
    runs[$1]=$((${runs[$1]:-0} + $2))
    lost[$1]=$((${lost[$1]:-0} + $(comm -13 "$3" "$expectation" | wc -l)))
    doubled[$1]=$((${doubled[$1]:-0} + $(comm -23 "$3" "$expectation" | wc -l)))
}
# trial SCENARIO PRODUCT: one to three wounds, each with a turn behind it, two healthy runs
trial() {
    local wounds=0 tries
    expectation=expected-$2
    rm -rf out state logrotate.state
    cp -a "base-$2/out" "base-$2/state" .
    for ((tries = 0; wounds < 1 + (RANDOM % 3 == 0) && tries < 20; tries++)); do
        "wound_$1" || continue
        wounds=$((wounds + 1))
        one_of none rename copytruncate gzip zstd
        [[ ! -s out/flattened.json ]] || "turn_$one"
    done
    for _ in next second; do
        run || { echo "$1, $2: a healthy run failed with $?" >&2; cat run.err >&2; exit 1; }
    done
    written >after
    account "$1" "$wounds" after
    cmp -s after "$expectation" || {
        [[ -z ${KEEP:-} ]] || cp -a "$scratch" "$KEEP"
        echo "$1, $2, seed $seed: not each record once" >&2
    }
}

# --- the guides' script: a lock, one request, a check, the newest page written over what was there -----------------------------
guide() {
    exec 8>guide.lock
    flock -n 8 || return 1
    curl -s --noproxy '*' -u admin@example.com:sim-token "$url/ex/jira/crash/rest/api/3/auditing/record" >guide.page
    jq -e . guide.page >jq.out 2>&1 || return 0
    jq -c '.offset as $o | .total as $t | .records[]? | . + {offset: $o, total: $t}' guide.page >guide/flattened.json
    exec 8>&-
}
# by NAME COMMAND…: six runs while records arrive, each followed by a reader as real as tail -F; $wrong: in the fourth, a 500
by() {
    local name=$1 folder=$2 round
    shift 2
    control -X DELETE "$url/_sim/records?product=jira" >control.out
    rm -rf out state guide guide.lock
    mkdir guide out
    tail -n +1 -F "$folder/flattened.json" >seen 2>tail.err &
    local reader=$!
    for round in 1 2 3 4 5 6; do
        generate jira $((round == 1 ? 1500 : 300)) -50m -1s "$((seed % 1000 + round))"
        [[ -z ${wrong:-} || $round != 4 ]] || control -d '{"match":"/ex/","status":500,"body":{"message":"oops"}}' "$url/_sim/faults" >control.out
        "$@" || true
        control -X DELETE "$url/_sim/faults" >control.out
        sleep 1.2 # tail -F looks once a second for a file that is there anew
    done
    kill "$reader"
    wait "$reader" 2>/dev/null || true
    # jq spells numbers and escapes its own way: both sides go through it.
    jq -cSR 'fromjson? | del(.offset, .total)' seen | sort >seen.sorted
    expected jira | jq -cS . | sort >expected-guide
    expectation=expected-guide
    account "$name" 6 seen.sorted
}

# --- it begins -------------------------------------------------------------------------------------------------------------
sed -e "s|/var/log/aquila-fetch/\*|$scratch/out|" -e "s|su .*|su $(id -un) $(id -gn)|" -e 's|dateformat .*|dateformat -%Y%m%d-%s|' \
    -e 's/rotate 7/rotate 1000/' "$packaging/logrotate/aquila-fetch" >logrotate.conf
for product in "${products[@]}"; do
    one_of 1 4 8 # requests in flight
    budget=200ms ini "$product" "concurrency = $one" 'request_timeout = 500ms'
    cp -p crash.ini "$product.hasty"
    budget=60s ini "$product" "concurrency = $one"
    cp -p crash.ini "$product.ini"
    rm -rf out state
    generate "$product" 120 -5h -3h 1
    run --until 172m
    mkdir "base-$product"
    mv out state "base-$product/"
    generate "$product" 700 -170m -2s 2
    expected "$product" >"expected-$product"
done
scenarios=(call moment errno disk network rotation)
titles=([0]='killed at a system call' [1]='killed or stopped at a moment' [2]='ENOSPC, EIO, EDQUOT from a system call'
    [3]='the disk full in the middle of a line' [4]='the server or the network in trouble' [5]='rotated by logrotate while it runs')
for ((trials = 0; trials < count; trials++)); do
    [[ -z $end ]] || ((SECONDS < end)) || break
    for scenario in "${scenarios[@]}"; do
        product=${products[trials % ${#products[@]}]}
        cp -p "$product.ini" crash.ini
        trial "$scenario" "$product"
    done
done
ini jira
by guide_plain guide guide
wrong=yes by guide_500 guide guide
by ours_plain out run
wrong=yes by ours_500 out run

row() { printf '| %s | %d | %d | %d |\n' "$1" "${runs[$2]:-0}" "${lost[$2]:-0}" "${doubled[$2]:-0}"; }
echo '| aquila-fetch, each followed by a rotation of chance and two healthy runs | runs hurt | lost | doubled |'
echo '| --- | ---: | ---: | ---: |'
bad=0
for ((i = 0; i < ${#scenarios[@]}; i++)); do
    row "${titles[i]}" "${scenarios[i]}"
    bad=$((bad + ${lost[${scenarios[i]}]:-0} + ${doubled[${scenarios[i]}]:-0}))
done
echo
echo '| what a reader (tail -F) gets of 3,000 records in six runs | runs | lost | doubled |'
echo '| --- | ---: | ---: | ---: |'
row 'aquila-fetch, nothing goes wrong' ours_plain
row 'aquila-fetch, one answer is a 500' ours_500
row "the guides' script, nothing goes wrong" guide_plain
row "the guides' script, one answer is a 500" guide_500
((bad + lost[ours_plain] + doubled[ours_plain] + lost[ours_500] + doubled[ours_500] == 0))
