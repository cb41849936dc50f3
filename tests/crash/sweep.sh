#!/usr/bin/env bash
# Why: "exactly once, whatever happens" is shown by making it happen at every step: the real program is stopped (or refused) at
# its first, second, third… write, fsync, fdatasync, rename, unlink or truncate, until a run ends unhurt; then the output may be
# rotated; then two healthy runs must leave exactly what the server holds, every line whole. Nothing in the program knows of this.
#   sweep.sh [PRODUCT[/FORMAT][+PACKING]…]   AQUILA_FETCH_BUILD: the build folder; CASES and CALLS choose what is done; CONCURRENCY
# shellcheck disable=SC2119  # run and start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
products=("$@")
((${#products[@]})) || products=("${all_products[@]}" jira/ecs confluence+zstd)
# cases_of NAME: WOUND:TURN, of which Jira and Confluence, with ids and without, go through all there is, the others through what is
# theirs. The long way is every one of both for all: CASES="KILL:none KILL:rename KILL:copytruncate ENOSPC:none …".
cases_of() {
    case $1 in
        jira | confluence) echo KILL:none KILL:rename KILL:copytruncate ENOSPC:rename EIO:none ;;
        */*) echo KILL:rename ;;
        *+*) echo KILL:rename ENOSPC:none ;;
        *) echo KILL:none ENOSPC:rename ;;
    esac
}
read -ra calls <<<"${CALLS:-write fsync fdatasync rename unlink ftruncate}"
need strace curl zstd
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
cd "$scratch"
start_sim

# hurt PRODUCT WOUND TURN CALL N: one run that is hurt at its Nth CALL, a rotation, two healthy runs, the count. 1: it was not hurt.
hurt() {
    local product=$1 wound=$2 turn=$3 call=$4 n=$5 status=0 inject="error=$2"
    [[ $wound != KILL ]] || inject=signal=KILL
    rm -rf out state
    cp -a "base-$product/out" "base-$product/state" .
    strace -f -qq -o trace -e trace="$call" -e inject="$call:$inject:when=$n" \
        "$build/aquila-fetch" -c crash.ini -q >run.out 2>run.err || status=$?
    grep -q -e INJECTED -e 'killed by' trace || return 1
    local old=${file/.json/.json-20260101-000000}
    if [[ -e out/$file ]]; then
        case $turn in
            rename) mv "out/$file" "out/$old" ;;
            copytruncate)
                cp "out/$file" "out/$old"
                : >"out/$file" ;;
        esac
    fi
    local what="$product, $wound at $call number $n (status $status), $turn"
    for _ in next second; do
        run || { echo "$what: a later run failed with $?"; cat run.err; exit 1; }
    done
    written >after
    cmp -s after "expected-$product" || {
        echo "$what: lost $(comm -13 after "expected-$product" | wc -l), doubled or damaged $(comm -23 after "expected-$product" | wc -l)"
        tail -n 3 trace
        exit 1
    }
}

sweep() {
    local product=$1 wound=$2 turn=$3 call n runs=0
    for call in "${calls[@]}"; do
        for ((n = 1; n < 500; n++)); do
            hurt "$product" "$wound" "$turn" "$call" "$n" || break
            runs=$((runs + 1))
        done
    done
    ((runs > 20)) || { echo "$product $wound $turn: only $runs calls were hit: this proves nothing"; exit 1; }
    echo "$name $wound $turn: $runs runs hurt, 0 lost, 0 doubled"
}

for name in "${products[@]}"; do
    what=${name%+*} packing=none file=flattened.json
    product=${what%/*} format=flattened
    [[ $what != */* ]] || format=${what#*/}
    [[ $name != *+* ]] || packing=${name#*+}
    case $packing in
        zstd) file+=.zst ;;
        gzip) file+=.gz ;;
    esac
    output=$scratch/out/$file ini "$product" "format = $format" "compress = $packing" "concurrency = ${CONCURRENCY:-8}"
    rm -rf out state
    control -X DELETE "$url/_sim/records?product=$product" >/dev/null
    generate "$product" 120 -5h -3h 1
    run --until 172m
    rm -rf "base-$product"
    mkdir "base-$product"
    mv out state "base-$product/"
    records=700
    [[ $product != organization ]] || records=250 # each page is a slice of its own there
    generate "$product" "$records" -170m -2s 2
    expected "$product" >"expected-$product"
    for case in ${CASES:-$(cases_of "$name")}; do
        sweep "$product" "${case%:*}" "${case#*:}"
    done
done
