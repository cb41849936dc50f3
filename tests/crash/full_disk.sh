#!/usr/bin/env bash
# Why: a disk that is really full tears a line in the middle, which no injected error does. The run says 74; once there is room the
# next one finishes the line that was begun. And outputs that are no file of ours are refused.
# shellcheck disable=SC2119  # run and start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
need curl mount umount
cd "$scratch"
mkdir disk
mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null || skip "no tmpfs can be mounted here"
cleanups+=("umount -l '$scratch/disk'")
start_sim --jira 700 --confluence 700 --twins 0.1 --span 5h

for product in jira confluence; do
    output=$scratch/disk/$product/flattened.json ini "$product"
    status=0
    run || status=$?
    ((status == 74)) || { echo "$product: full disk, and exit $status instead of 74"; cat run.err; exit 1; }
    grep -q 'hint: ' run.err || { echo "$product: no hint"; exit 1; }
    if [[ $(tail -c 1 "disk/$product/flattened.json" | od -An -tx1) == *0a* ]]; then
        echo "$product: the last line is whole: this proves nothing"
        exit 1
    fi
    before=$(stat -c %s "disk/$product/flattened.json")
    status=0
    run || status=$?
    ((status == 74)) || { echo "$product: still full, and exit $status instead of 74"; exit 1; }
    # Nothing that a reader may have seen was taken back.
    (($(stat -c %s "disk/$product/flattened.json") >= before)) || { echo "$product: the file shrank"; exit 1; }
    mount -o remount,size=16m disk
    run
    run
    exactly "$product" "$product, after room was made" "disk/$product"
    mount -o remount,ro disk
    status=0
    run || status=$?
    ((status == 73 || status == 74)) || { echo "$product: read-only disk, and exit $status"; exit 1; }
    mount -o remount,rw disk
    run
    exactly "$product" "$product, after the disk was read-only" "disk/$product"
    rm -rf state "disk/$product"
    mount -o remount,size=64k disk
done

refused() {
    local status=0
    output=$2 ini jira
    run || status=$?
    if ((status != 73 && status != 74)) || ! grep -q 'hint: ' run.err; then
        echo "$1: exit $status"
        cat run.err
        exit 1
    fi
}
mkdir odd
ln -s "$scratch/elsewhere" odd/link
mkfifo odd/fifo
touch odd/foreign && chown 12345 odd/foreign
refused "a link" "$scratch/odd/link"
refused "a FIFO" "$scratch/odd/fifo"
refused "a folder" "$scratch/odd"
refused "a file in place of the folder" "$scratch/odd/foreign/flattened.json"
refused "somebody else's file" "$scratch/odd/foreign"
[[ ! -e elsewhere && ! -s odd/foreign ]] || { echo "something was written through a link or into a foreign file"; exit 1; }
echo "full disk, read-only disk, odd outputs: as they should be"
