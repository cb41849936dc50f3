#!/usr/bin/env bash
# Why: a file that is rotated under a running collector is where records get lost. The shipped logrotate configuration (rename, nocreate,
# delaycompress) turns the output again and again while records arrive and are collected: nothing may be lost or doubled. With the
# guides' copytruncate, a run that falls between the copy and the cut loses what it wrote; that is shown, and that verify tells of it.
# shellcheck disable=SC2119
set -euo pipefail
cd "$(dirname "$0")/../.."
conf=$PWD/packaging/logrotate/aquila-fetch
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
need logrotate curl strace jq
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
cd "$scratch"
start_sim
ini jira

# The shipped file, with its paths and user made this folder's; `dateformat` to the nanosecond, as it turns more than once a second here.
sed -e "s|/var/log/aquila-fetch/\*|$scratch/out|" -e "s|su .*|su $(id -un) $(id -gn)|" -e 's|dateformat .*|dateformat -%Y%m%d-%s|' \
    -e 's/rotate 7/rotate 1000/' "$conf" >rename.conf

# turn CONF: rounds of new records, a run in the background, and a rotation while it runs
rounds=${ROUNDS:-12}
turn() {
    local round collector
    rm -rf out state logrotate.state
    control -X DELETE "$url/_sim/records?product=jira" >/dev/null 2>&1 || true
    for ((round = 1; round <= rounds; round++)); do
        generate jira 400 -3500s -1s "$round"
        run &
        collector=$!
        logrotate -f -s logrotate.state "$1" >logrotate.log 2>&1 || true
        wait "$collector" || grep -q 'was renamed' run.err || { echo "$1, round $round: the run failed"; cat run.err; exit 1; }
        sleep 1.01  # logrotate's names are to the second
    done
    run
}

turn rename.conf
exactly jira "rename, nocreate, delaycompress"
files=$(find out -name 'flattened*' | wc -l)
((files > rounds / 2)) || { echo "only $files files: nothing was rotated"; cat logrotate.log; exit 1; }
run
"$build/aquila-fetch" verify -c crash.ini >verify.out 2>verify.err || { cat verify.out verify.err; exit 1; }
echo "rename, nocreate, delaycompress: $(wc -l <expected) records in $files files, 0 lost, 0 doubled"

# --- copytruncate: the same, and the cut waits for as long as a run takes, as it does on a busy disk
cat >copytruncate.conf <<END
$scratch/out/flattened.json {
    daily
    rotate 1000
    missingok
    notifempty
    copytruncate
    dateext
    dateformat -%Y%m%d-%s
}
END
rm -rf out state logrotate.state
for ((round = 1; round <= 4; round++)); do
    run
    generate jira 100 -50m -1s "$((round + 500))"
    before=$(find out -name 'flattened*' | wc -l)
    strace -f -qq -o /dev/null -e trace=ftruncate -e inject=ftruncate:delay_enter=500000 \
        logrotate -f -s logrotate.state copytruncate.conf >logrotate.log 2>&1 &
    rotator=$!
    for _ in $(seq 200); do
        (($(find out -name 'flattened*' | wc -l) == before)) || break
        sleep 0.01
    done
    sleep 0.05
    run
    wait "$rotator"
    sleep 0.6
done
run
expected jira >held
written >kept
lost=$(comm -23 held kept | wc -l) doubled=$(comm -13 held kept | wc -l)
((lost > 0)) || { echo "copytruncate lost nothing: this shows nothing"; exit 1; }
status=0
"$build/aquila-fetch" verify -c crash.ini --json >verify.json 2>verify.err || status=$?
((status == 1)) || { echo "$lost lines are lost, and verify ends with $status"; cat verify.err verify.json; exit 1; }
told=$(jq .missing.records verify.json)
[[ $told == "$lost" ]] || { echo "$lost lines are lost, and verify tells of $told"; cat verify.json; exit 1; }
echo "copytruncate, 4 rotations: of $(wc -l <held) records $lost lost, $doubled doubled; verify tells of each"
