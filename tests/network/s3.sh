#!/usr/bin/env bash
# Why: an output in a bucket is tried against a store that checks signatures, dates and hashes (OpenStack Swift), with the key right and
# wrong, the clock wrong, the store down and slow; and the program is killed at each of its calls: every record once over all objects.
#   s3.sh [CALL…]                AQUILA_FETCH_BUILD: the build folder; the calls it is killed at
# shellcheck disable=SC2119  # start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
# shellcheck source=tests/support/swift.bash
. tests/support/swift.bash
calls=("$@")
((${#calls[@]})) || calls=(fsync rename unlink sendto recvfrom)
need strace curl zstd jq
need_swift
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
start_sim
start_swift
swift_login
bucket audit

printf %s "$s3_secret" >"$scratch/s3.key"
printf wrong >"$scratch/s3.wrong"
chmod 600 "$scratch/s3.key" "$scratch/s3.wrong"
# s3_ini PRODUCT PREFIX LINES…
s3_ini() {
    local product=$1 prefix=$2
    shift 2
    output=s3://audit/$prefix ini "$product" "s3_endpoint = $s3_url" "s3_access_key_id = $s3_id" "concurrency = 4" "$@"
}
good_key="s3_secret_key_file = $scratch/s3.key"
# holds PRODUCT PREFIX WHAT: each of the server's records once in the objects
holds() {
    expected "$1" >"$scratch/expected"
    objects audit "$2" | zstd -dcq | sed -E 's/,"offset":[0-9]+,"total":[0-9]+\}$/}/' | sort >"$scratch/written"
    cmp -s "$scratch/expected" "$scratch/written" || {
        echo "$3: lost $(comm -23 "$scratch/expected" "$scratch/written" | wc -l)," \
            "doubled $(comm -13 "$scratch/expected" "$scratch/written" | wc -l)"
        keys audit "$2"
        tail -n 3 "$scratch/run.err"
        exit 1
    }
}
# refused STATUS WORDS LINES…: a run with these lines in the INI ends so, and says so
refused() {
    local wanted=$1 words=$2 status=0
    shift 2
    rm -rf "$scratch/state"
    s3_ini jira refused/ "$@"
    run || status=$?
    if [[ $status != "$wanted" ]] || ! grep -q "$words" "$scratch/run.err"; then
        echo "$*: ended with $status instead of $wanted ($words)"
        cat "$scratch/run.err"
        exit 1
    fi
    ! grep -qF -e "$s3_secret" -e "sim-token" "$scratch/run.err" || { echo "$*: a secret was printed"; exit 1; }
}

for product in "${all_products[@]}"; do
    generate "$product" 300 -5h -2s 1
    s3_ini "$product" "good/" "$good_key"
    run || { cat "$scratch/run.err"; exit 1; }
    grep -q "into s3://audit/good/" "$scratch/run.out"
    holds "$product" "good/source=$product/" "$product"
    before=$(keys audit good/ | wc -l)
    run
    [[ $(keys audit good/ | wc -l) == "$before" ]] || { echo "$product: a run without news made an object"; exit 1; }
    "$build/aquila-fetch" verify -c "$scratch/crash.ini" --since 6h >"$scratch/verify.out" 2>&1 ||
        { echo "$product: verify"; cat "$scratch/verify.out"; exit 1; }
    ! compgen -G "$scratch/state/$product/*spool*" >/dev/null || { echo "$product: a spool stayed"; exit 1; }
done
key=$(keys audit good/source=jira/ | head -n 1)
[[ $key =~ /year=20[0-9]{2}/month=[01][0-9]/day=[0-3][0-9]/[0-9TZ.]{20}-[0-9TZ.]{20}-[0-9]{10}-([0-9a-f]{32})\.ndjson\.zst$ ]] || { echo "named $key"; exit 1; }
[[ $(swift "$swift_account/audit/$key" | zstd -dcq | sha256sum) == "${BASH_REMATCH[1]}"* ]] || { echo "the digest is not that of the lines"; exit 1; }
echo "good key: ${#all_products[@]} products, each record once, verify agrees"

s3_ini jira good/ "$good_key"
"$build/aquila-fetch" check -c "$scratch/crash.ini" >"$scratch/check.out" 2>&1 || true
grep -q '✓ output .*s3://audit/good/' "$scratch/check.out" || { cat "$scratch/check.out"; exit 1; }
[[ $(keys audit good/ | wc -l) == "$before" ]] || { echo "check wrote an object"; exit 1; }
refused 77 "hint: the key" "s3_secret_key_file = $scratch/s3.wrong"
refused 66 "s3_secret_key_file"
s3_id=who:ever refused 77 "hint: the key" "$good_key"
refused 76 "hint: the region" "$good_key" "s3_region = eu-west-1"
s3_ini jira refused/ "$good_key"
sed -i 's,^output = .*,output = s3://nobody-has-it/x/,' "$scratch/crash.ini"
status=0
rm -rf "$scratch/state"
run || status=$?
if [[ $status != 76 ]] || ! grep -q 'hint: the bucket' "$scratch/run.err"; then
    cat "$scratch/run.err"
    exit 1
fi
clock=$(find "$build" -name 'libe2e_clock.so' | head -n 1)
if [[ -n $clock ]]; then
    export AQUILA_FETCH_CLOCK_SHIFT=-7200 ASAN_OPTIONS=verify_asan_link_order=0
    LD_PRELOAD=$clock refused 77 "hint: the clock" "$good_key"
    unset AQUILA_FETCH_CLOCK_SHIFT
fi
[[ -z $(keys audit refused/) ]] || { echo "something was written that was refused"; exit 1; }
echo "refusals: key, id, region, bucket${clock:+, clock}"

# Down, then slow: what is spooled is put by a later run, whatever became of the first try.
rm -rf "$scratch/state"
s3_ini jira down/ "$good_key" "request_timeout = 2s"
run
generate jira 30 -50m -2s 77
stop_swift
status=0
run || status=$?
[[ $status == 69 ]] || { echo "a store that is down: $status"; cat "$scratch/run.err"; exit 1; }
compgen -G "$scratch/state/jira/spool-*" >/dev/null || { echo "nothing was spooled"; exit 1; }
start_swift
swift_login
run
holds jira down/ "after the store was down"
rm -rf "$scratch/state"
budget=1m s3_ini jira slow/ "$good_key" "request_timeout = 2s"
kill -STOP "${swift_pids[3]}" # the one that keeps the objects; the others take requests
(sleep 5 && kill -CONT "${swift_pids[3]}") &
run || { echo "a slow store"; cat "$scratch/run.err"; exit 1; }
wait $!
holds jira slow/ "a slow store"
echo "down and slow: each record once"

number=0
for call in "${calls[@]}"; do
    hurt=0
    for ((n = 1; n < 200; n++)); do
        prefix=sweep/$((++number))/
        rm -rf "$scratch/state"
        s3_ini jira "$prefix" "$good_key"
        { strace -f -qq -o "$scratch/trace" -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
            "$build/aquila-fetch" -c "$scratch/crash.ini" -q >/dev/null 2>&1 || true; } 2>/dev/null
        grep -q 'killed by' "$scratch/trace" || break
        hurt=$((hurt + 1))
        run || { echo "after a kill at $call number $n: $?"; cat "$scratch/run.err"; exit 1; }
        holds jira "$prefix" "killed at $call number $n"
        run
        holds jira "$prefix" "killed at $call number $n, one run more"
        ! compgen -G "$scratch/state/jira/*spool*" >/dev/null || { echo "$call $n: a spool stayed"; exit 1; }
    done
    echo "killed at each $call: $hurt runs, 0 lost, 0 doubled"
    ((hurt > 0)) || exit 1
done
