#!/usr/bin/env bash
# Why: a kill cannot show a missing fsync, because what was written is in the kernel's memory. So the order of the calls is looked
# at: announcement (temp file, fsync, rename, fsync of the folder), then lines, then fdatasync, then the next checkpoint.
# shellcheck disable=SC2119  # run and start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
need strace curl
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
cd "$scratch"
start_sim --jira 900 --span 5h
ini jira
strace -f -qq -y -s 16 -o trace -e trace=openat,write,fsync,fdatasync,rename,mkdir \
    "$build/aquila-fetch" -c crash.ini -q >run.out 2>run.err

awk '
function bad(what) { print "line " NR ": " what ": " $0; failed = 1; exit 1 }
# The state of the checkpoint: clean, written, synced, renamed; of the output: durable, dirty. committed: since the last lines.
BEGIN { checkpoint = "clean"; output = "durable" }
/mkdir\(/ || /openat\(.*O_CREAT/ && /flattened/ { if (/openat/ && / = [0-9]/) { made = 1 } next }
/write\(.*\.checkpoint\.json\.tmp>/ {
    if (output == "dirty") bad("a checkpoint is begun before the lines are durable")
    checkpoint = "written"; next }
/fsync\(.*\.checkpoint\.json\.tmp>/ { if (checkpoint != "written") bad("fsync out of turn"); checkpoint = "synced"; next }
/rename\(.*checkpoint\.json/ { if (checkpoint != "synced") bad("renamed before it is durable"); checkpoint = "renamed"; next }
/fsync\(.*\/state\/jira>/ { if (checkpoint == "renamed") { checkpoint = "clean"; committed = 1; commits++ } next }
/fsync\(.*\/out>/ { if (made) folder = 1; next }
/write\(.*flattened\.json>/ {
    if (checkpoint != "clean") bad("lines before the announcement is committed")
    if (!committed) bad("lines without an announcement of their own")
    if (!folder) bad("lines before the name of the new file is durable")
    output = "dirty"; committed = 0; batches++; next }
/fdatasync\(.*flattened\.json>/ { output = "durable"; next }
END {
    if (failed) exit 1
    if (output != "durable" || checkpoint != "clean" || !committed) { print "the run ended before all was durable"; exit 1 }
    if (batches < 2) { print "only " batches + 0 " batches: this proves nothing"; exit 1 }
    print batches " batches, " commits " commits, each in its order"
}' trace
exactly jira "after the traced run"
