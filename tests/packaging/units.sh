#!/usr/bin/env bash
# The systemd units and the logrotate file, by the real tools, without a running systemd.
# With AQUILA_FETCH_BUILD set, what `cmake --install` puts down from there is checked as well.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "units: $*" >&2
    exit 1
}

# --- the units -------------------------------------------------------------------------------------------------------
# verify exits 0 on unknown keys and sections: what it says counts, not its status.
verify() {
    local root=$1 said
    shift
    said=$(systemd-analyze verify --root="$root" --man=no --recursive-errors=no "$@" 2>&1) || fail "verify: $said"
    [[ -z $said ]] || fail "verify: $said"
}

stage=$scratch/stage
mkdir -p "$stage/usr/bin" "$stage/usr/lib/systemd/system"
cp /bin/true "$stage/usr/bin/aquila-fetch"
cp packaging/systemd/*.service packaging/systemd/*.timer "$stage/usr/lib/systemd/system/"
verify "$stage" aquila-fetch@jira.service aquila-fetch@jira.timer

# A misspelt key must not pass, or the check above proves nothing.
sed 's/^LockPersonality=/LockPersonalty=/' packaging/systemd/aquila-fetch@.service \
    >"$stage/usr/lib/systemd/system/broken.service"
if (verify "$stage" broken.service) 2>/dev/null; then fail "verify accepts a unit with a misspelt key"; fi

systemd-analyze security --offline=true --no-pager --threshold=12 packaging/systemd/aquila-fetch@.service \
    >"$scratch/security" 2>&1 || fail "exposure above 1.2: $(tail -n 1 "$scratch/security")"

grep -q '^OnCalendar=' packaging/systemd/aquila-fetch@.timer || fail "Persistent= has no effect without OnCalendar="
calendar=$(sed -n 's/^OnCalendar=//p' packaging/systemd/aquila-fetch@.timer)
systemd-analyze calendar --iterations=12 "$calendar" >"$scratch/calendar" || fail "OnCalendar=$calendar"
# Every ten minutes, and not when everybody asks; a run ends before the next one is due.
minutes=$(grep -oE '[0-9]{2}:[0-9]{2}:00 UTC' "$scratch/calendar" | cut -d : -f 2 | sort -u | paste -sd ' ')
[[ $minutes == "04 14 24 34 44 54" ]] || fail "it runs at the minutes $minutes"
limit=$(sed -n 's/^TimeoutStartSec=\([0-9]*\)min$/\1/p' packaging/systemd/aquila-fetch@.service)
((limit > 0 && limit < 10)) || fail "TimeoutStartSec=$limit min"

mkdir -p "$stage/usr/lib/sysusers.d" "$stage/etc"
cp packaging/systemd/aquila-fetch.conf "$stage/usr/lib/sysusers.d/"
systemd-sysusers --root="$stage" aquila-fetch.conf >"$scratch/sysusers" 2>&1 || fail "$(cat "$scratch/sysusers")"
grep -q '^aquila-fetch:.*:/usr/sbin/nologin$' "$stage/etc/passwd" || fail "no account: $(cat "$stage/etc/passwd")"

if [[ -n ${AQUILA_FETCH_BUILD:-} && -x $AQUILA_FETCH_BUILD/aquila-fetch ]]; then
    DESTDIR=$scratch/installed cmake --install "$AQUILA_FETCH_BUILD" >"$scratch/install" 2>&1 ||
        fail "$(cat "$scratch/install")"
    verify "$scratch/installed" aquila-fetch@jira.service aquila-fetch@jira.timer
fi

# --- the rotation ----------------------------------------------------------------------------------------------------
# The real file on a scratch tree, under the account that owns it.
logs=$scratch/log/jira
mkdir -p "$logs" "$scratch/log/idle"
: >"$scratch/log/idle/flattened.json"
owner=$(id -un) group=$(id -gn)
sed -e "s|/var/log/aquila-fetch/|$scratch/log/|" -e "s|su aquila-fetch aquila-fetch|su $owner $group|" \
    packaging/logrotate/aquila-fetch >"$scratch/rotate"
chmod 644 "$scratch/rotate"
chmod 755 "$scratch"

logrotate -d "$scratch/rotate" >"$scratch/dry" 2>&1 || fail "logrotate -d: $(cat "$scratch/dry")"
! grep -i 'error' "$scratch/dry" >&2 || fail "logrotate -d complains"

# A collector that holds the file open over a rotation, as a run that is under way does, and one that comes after.
line=0
append() {
    local count=$1
    while ((count-- > 0)); do echo "{\"n\":$((++line))}" >&3; done
}
for round in 1 2 3; do
    exec 3>>"$logs/flattened.json"
    append 100
    inode=$(stat -c %i "$logs/flattened.json")
    logrotate -s "$scratch/state" -f "$scratch/rotate" >"$scratch/run" 2>&1 || fail "logrotate: $(cat "$scratch/run")"
    [[ ! -e $logs/flattened.json ]] || fail "round $round: a new file was made, or the old one was copied"
    newest=$(find "$logs" -name 'flattened.json-*' ! -name '*.gz')
    [[ $(stat -c %i "$newest") == "$inode" ]] || fail "round $round: the file was not renamed"
    append 50
    exec 3>&-
    sleep 1 # names are stamped to the second
done
[[ $(find "$logs" -name '*.gz' | wc -l) == 2 ]] || fail "expected two compressed files: $(ls "$logs")"
[[ -e $scratch/log/idle/flattened.json ]] || fail "an empty file was rotated"

find "$logs" -name 'flattened.json*' -exec zcat -f {} + | sort -u >"$scratch/found"
for ((n = 1; n <= line; n++)); do echo "{\"n\":$n}"; done | sort -u >"$scratch/written"
cmp "$scratch/written" "$scratch/found" || fail "lines were lost"
[[ $(find "$logs" -name 'flattened.json*' -exec zcat -f {} + | wc -l) == "$line" ]] || fail "lines were doubled"
