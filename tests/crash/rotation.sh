#!/usr/bin/env bash
# Why: a file that is rotated under a running collector is where records get lost. The shipped logrotate configuration (rename, nocreate,
# delaycompress) turns the output again and again while records arrive and are collected: nothing may be lost or doubled.
# shellcheck disable=SC2119
set -euo pipefail
cd "$(dirname "$0")/../.."
conf=$PWD/packaging/logrotate/aquila-fetch
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
need logrotate curl
cd "$scratch"
start_sim
ini jira

# The shipped file, with its paths and user made this folder's; `dateformat` to the nanosecond, as it turns more than once a second here.
sed -e "s|/var/log/aquila-fetch/\*|$scratch/out|" -e "s|su .*|su $(id -un) $(id -gn)|" -e 's|dateformat .*|dateformat -%Y%m%d-%s|' \
    -e 's/rotate 7/rotate 1000/' "$conf" >rename.conf

# turn CONF: twelve rounds of new records, a run in the background, and a rotation while it runs
turn() {
    local round collector
    rm -rf out state logrotate.state
    control -X DELETE "$url/_sim/records?product=jira" >/dev/null 2>&1 || true
    for ((round = 1; round <= 12; round++)); do
        generate jira 400 -3500s -1s "$round"
        run &
        collector=$!
        logrotate -f -s logrotate.state "$1" >logrotate.log 2>&1 || true
        wait "$collector" || { echo "$1, round $round: the run failed"; cat run.err; exit 1; }
        sleep 1.01  # logrotate's names are to the second
    done
    run
}

unpack() {
    rm -rf unpacked
    mkdir unpacked
    local file
    for file in out/flattened*; do
        case $file in
            *.gz) gzip -dc "$file" >"unpacked/${file##*/}" ;;
            *) cp "$file" unpacked/ ;;
        esac
    done
}

turn rename.conf
unpack
exactly jira "rename, nocreate, delaycompress" unpacked
files=$(find out -name 'flattened*' | wc -l)
((files > 6)) || { echo "only $files files: nothing was rotated"; cat logrotate.log; exit 1; }
run
"$build/aquila-fetch" verify -c crash.ini >verify.out 2>verify.err || { cat verify.out verify.err; exit 1; }
echo "rename, nocreate, delaycompress: $(wc -l <expected) records in $files files, 0 lost, 0 doubled"
