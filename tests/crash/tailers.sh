#!/usr/bin/env bash
# Why: who reads the output must get every line once, too. A real rsyslog and a real syslog-ng, set up as packaging says, follow one
# output while runs are killed, the disk is full in the middle of a line and logrotate turns the file as packaging says; and lines
# of 200 KiB arrive whole.
# shellcheck disable=SC2119  # run and start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
packaging=$PWD/packaging
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
export PATH=$PATH:/usr/sbin
need logrotate curl perl strace
rounds=${ROUNDS:-10}

# tree_of PROGRAM PACKAGE: $tree holds the program and what it needs. The two conflict as packages, so what is not installed is
# unpacked beside the build, once.
tree_of() {
    tree=/
    ! command -v "$1" >/dev/null || return 0
    tree=$build/peers/$2
    [[ -e $tree/usr/sbin/$1 ]] || {
        need apt-get dpkg-deb
        local packages
        packages=$(apt-get -s -qq install --no-install-recommends "$2" 2>/dev/null | sed -n 's/^Inst \([^ ]*\).*/\1/p')
        mkdir -p "$tree.new" "$scratch/$2"
        # shellcheck disable=SC2086  # one word per package
        (cd "$scratch/$2" && apt-get -qq download ${packages:-none}) >"$scratch/$2.log" 2>&1 || skip "no $1 to be had"
        local package
        for package in "$scratch/$2"/*.deb; do dpkg-deb -x "$package" "$tree.new"; done
        mv "$tree.new" "$tree"
    }
}
# in_tree PROGRAM ARGUMENTS…: in the background
in_tree() {
    local libraries
    libraries=$([[ $tree == / ]] || find "$tree" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
    LD_LIBRARY_PATH=$libraries "$(PATH=$tree/usr/sbin:$PATH command -v "$1")" "${@:2}" >"$scratch/${1}.log" 2>&1 </dev/null &
    cleanups+=("{ kill $!; wait $!; } 2>/dev/null || true")
}
modules() { find "$tree/usr/lib" -name "$1" -printf '%h\n' -quit; }

tree_of rsyslogd rsyslog
rsyslog=$tree
tree_of syslog-ng syslog-ng-core
syslog_ng=$tree
cd "$scratch"
mkdir out read rs ng
touch read/rsyslog read/syslog-ng

# The shipped files, with the paths of here, and a file at the end instead of a host.
sed -e "s|/var/log/aquila-fetch/jira|$scratch/out|" "$packaging/rsyslog/aquila-fetch.conf" |
    perl -0pe "s|action\(type=\"omfwd\".*?template=|action(type=\"omfile\" file=\"$scratch/read/rsyslog\" template=|s" >rsyslog.conf
{ echo '@version: 3.38' && sed -e "s|/var/log/aquila-fetch/jira|$scratch/out|" -e 's|follow-freq(1)|follow-freq(0.2)|' \
    -e "s|network(.*|file(\"$scratch/read/syslog-ng\" template(\"\${MSG}\\\\n\"));|" "$packaging/syslog-ng/aquila-fetch.conf"; } >syslog-ng.conf
sed -e "s|/var/log/aquila-fetch/\*|$scratch/out|" -e "s|su .*|su $(id -un) $(id -gn)|" -e 's|rotate 7|rotate 1000|' \
    "$packaging/logrotate/aquila-fetch" >logrotate.conf

tree=$rsyslog
in_tree rsyslogd -n -f "$scratch/rsyslog.conf" -i "$scratch/rs/pid" -M "$(modules imfile.so)"
tree=$syslog_ng
in_tree syslog-ng -F -f "$scratch/syslog-ng.conf" -R "$scratch/ng/persist" -p "$scratch/ng/pid" -c "$scratch/ng/control" \
    --module-path="$(modules libaffile.so)"

start_sim
ini jira
long() { # SECONDS ID: a record with a name of 200 KiB, so old
    printf '{"id":%d,"summary":"%s","created":"%s"}\n' "$2" "$(head -c 150000 /dev/zero | base64 -w0)" \
        "$(date -u -d "-$1 sec" +%FT%T.000+0000)" | control --data-binary @- "$url/_sim/records?product=jira" >long.out
}
for ((round = 1; round <= rounds; round++)); do
    generate jira 300 -3500s -1s "$round"
    case $((round % 4)) in
        0) # a full disk tears a line: no file may grow beyond what this one holds already, and some
            run
            generate jira 60 -3500s -1s "$((round + 1000))"
            status=0
            (ulimit -f $(($(stat -c %s out/flattened.json) / 1024 + 11)) && run) || status=$?
            ((status == 74)) || { echo "a full disk, and exit $status"; cat run.err; exit 1; }
            tail -c 1 out/flattened.json | grep -q . || { echo "no line is torn: this proves nothing"; exit 1; }
            torn=$((${torn:-0} + 1))
            ;;
        1) strace -f -qq -o trace -e trace=fdatasync -e inject=fdatasync:signal=KILL:when=1 \
            "$build/aquila-fetch" -c crash.ini -q >run.out 2>&1 && { echo "it was not killed"; exit 1; } 2>/dev/null ;;
        2) long 200 "$((9000000 + round))" ;;
        3) ;;
    esac
    sleep 0.5 # who looks five times a second must have seen the file, and the half line
    # Some half lines are rotated away before the next run comes: it takes them back there.
    ((round % 8 != 0)) || logrotate -f -s logrotate.state logrotate.conf >logrotate.log 2>&1
    run &
    collector=$!
    ((round % 4 == 0)) || logrotate -f -s logrotate.state logrotate.conf >logrotate.log 2>&1 || true
    wait "$collector" || grep -q 'was renamed' run.err || { echo "round $round: the run failed"; cat run.err; exit 1; }
    sleep 1.01 # logrotate's names are to the second
    ((round % 4 != 0)) || logrotate -f -s logrotate.state logrotate.conf >logrotate.log 2>&1
done
run
exactly jira "the output itself"

files=$(find out -name 'flattened*' | wc -l)
((files > rounds / 2)) || { echo "only $files files: nothing was rotated"; exit 1; }
lines_in out | sort >whole
for reader in rsyslog syslog-ng; do
    for _ in $(seq 40); do
        sort "read/$reader" | cmp -s - whole && break
        sleep 0.25
    done
    lost=$(sort "read/$reader" | comm -13 - whole | wc -l) surplus=$(sort "read/$reader" | comm -23 - whole | wc -l)
    ((lost == 0 && surplus == 0)) || { echo "$reader: of $(wc -l <whole) lines $lost lost, $surplus twice or cut"; exit 1; }
    echo "$reader: $(wc -l <"read/$reader") lines, the longest of $(wc -L <"read/$reader") bytes, $files files," \
        "${torn:-0} lines torn: 0 lost, 0 doubled"
done
