#!/usr/bin/env bash
# Why: a refresh token works once, so a run that is stopped while it renews must leave one that still works. The real program is
# killed at its first, second, third… call of each kind in a run that renews, or that call fails; the next run must end well, without
# a new login, and all records be there once. Then the order of the calls is looked at, since a kill cannot show a missing fsync.
#   renewal.sh          AQUILA_FETCH_BUILD: the build folder; CALLS chooses the calls
# shellcheck disable=SC2119  # run and start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
read -ra calls <<<"${CALLS:-openat unlink write fsync rename flock sendto recvfrom}"
need strace curl
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
cd "$scratch"
start_sim --jira 60 --span 5h
printf sim-secret >secret
chmod 600 secret
ini jira "auth = oauth" "client_id = sim-client" "client_secret_file = $scratch/secret" "auth_url = $url" \
    "redirect_uri = https://tools.example.com/callback"
control -d '{"oauth": {"redirect_uri": "https://tools.example.com/callback"}}' "$url/_sim/settings" >login.settings

# --- a person signs in -----------------------------------------------------------------------------------------------
mkfifo typed
run login <typed &
exec 3>typed
for _ in $(seq 200); do
    [[ ! -s run.out ]] || break
    sleep 0.05
done
curl -sS --noproxy '*' -o /dev/null -w '%{redirect_url}\n' "$(head -n 1 run.out)" >&3
exec 3>&-
wait $! || { echo "the login failed:"; cat run.err; exit 1; }

# Every access token is refused from now on, every refresh token but the one in the store has been used long ago.
expire() { control -d '{"expire_access": true}' "$url/_sim/oauth" >expired; }
run
exactly jira "after the login"

# --- stopped at every step -------------------------------------------------------------------------------------------
# hurt CALL N WOUND: 1: the run had no such call.
hurt() {
    local call=$1 n=$2 wound=$3 status=0
    expire
    { strace -f -qq -o trace -e trace="$call" -e inject="$call:$wound:when=$n" \
        "$build/aquila-fetch" -c crash.ini -q >run.out 2>run.err; } 2>killed || status=$? # the shell tells of it
    grep -q -e INJECTED -e 'killed by' trace || return 1
    if ((status == 77)); then
        echo "$wound at $call number $n asks for a login:"
        cat run.err
        exit 1
    fi
    run || { echo "$wound at $call number $n (status $status): the next run failed with $?"; cat run.err; exit 1; }
    exactly jira "$wound at $call number $n"
}
hurt_runs=0
for call in "${calls[@]}"; do
    wounds=(signal=KILL)
    case $call in write | fsync | rename) wounds+=(error=ENOSPC) ;; esac
    for wound in "${wounds[@]}"; do
        step=1
        [[ $call != openat ]] || step=5 # most of them load libraries
        for ((n = 1; n < 200; n += step)); do
            hurt "$call" "$n" "$wound" || break
            hurt_runs=$((hurt_runs + 1))
        done
    done
done
((hurt_runs > 40)) || { echo "only $hurt_runs runs were hurt: this proves nothing"; exit 1; }
echo "$hurt_runs runs hurt, no login lost, no record lost or doubled"

# --- the order of the calls ------------------------------------------------------------------------------------------
expire
strace -f -qq -y -s 24 -o trace -e trace=write,fsync,rename,sendto "$build/aquila-fetch" -c crash.ini -q >run.out 2>run.err
awk '
function bad(what) { print "line " NR ": " what ": " $0; failed = 1; exit 1 }
BEGIN { store = "clean" }
/write\(.*\.tokens\.json\.tmp>/ { store = "written"; next }
/fsync\(.*\.tokens\.json\.tmp>/ { if (store != "written") bad("fsync out of turn"); store = "synced"; next }
/rename\(.*tokens\.json/ { if (store != "synced") bad("renamed before it is durable"); store = "renamed"; next }
/fsync\(.*\/state\/jira>/ { if (store == "renamed") { store = "clean"; saved++ } next }
/sendto\(.*POST \/oauth\/token/ {
    if (store != "clean" || saved != 1) bad("the renewal is not noted before it is asked for")
    renewed = 1; next }
/sendto\(.*GET \/ex\/jira/ {
    if (store != "clean") bad("something is asked for before the tokens are durable")
    if (renewed && saved != 2) bad("a token is used before its successor is durable")
    if (renewed) used = 1
    next }
END {
    if (failed) exit 1
    if (!renewed || !used) { print "nothing was renewed: this proves nothing"; exit 1 }
    print "noted, asked for, stored, used: in this order"
}' trace
