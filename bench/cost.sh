#!/usr/bin/env bash
# Why: nothing becomes slower unseen. callgrind counts the instructions that a record costs between network and disk
# (bench/hot_path); more than a tenth above what bench/cost.txt holds is an error. A count does not depend on how busy a machine is.
#   cost.sh [--record]     AQUILA_FETCH_BUILD: the build folder. --record writes bench/cost.txt anew: after a change that is meant
#                          to cost more, or costs less; say why in the commit
set -euo pipefail
cd "$(dirname "$0")/.."
build=${AQUILA_FETCH_BUILD:-$PWD/build/release}
recorded=bench/cost.txt
# The same code on every processor: else simdjson, OpenSSL and glibc choose by what it can.
export SIMDJSON_FORCE_IMPLEMENTATION=westmere OPENSSL_ia32cap=':~0x20000000' GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2_Usable,-AVX2,-ERMS

# instructions PRODUCT RECORDS
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='aquila::collect(*' "$build/hot_path" "$1" "$2" 2>&1 >/dev/null |
        sed -n 's/.*Collected : *//p'
}
# of_a_record PRODUCT: without what it costs to start, and to find out how long a slice may be
of_a_record() { echo $((($(instructions "$1" 60000) - $(instructions "$1" 20000)) / 40000)); }

measured=$(for product in jira confluence; do echo "$product $(of_a_record "$product")"; done)
if [[ ${1:-} == --record ]]; then
    echo "$measured" | tee "$recorded"
    exit 0
fi
echo "$measured" | awk -v recorded="$recorded" '
    BEGIN { while ((getline line < recorded) > 0) { split(line, part, " "); known[part[1]] = part[2] } }
    {
        share = known[$1] ? $2 / known[$1] : 99
        printf "%s: %d instructions a record, %d recorded (%+.1f %%)\n", $1, $2, known[$1], 100 * (share - 1)
        slower = slower || share > 1.1
        if ($2 + 0 == 0) { print "error: nothing was counted; is bench/hot_path built?"; slower = 1 }
    }
    END {
        if (slower) print "error: more than a tenth above bench/cost.txt; make it cheaper, or see the head of bench/cost.sh"
        exit slower
    }'
