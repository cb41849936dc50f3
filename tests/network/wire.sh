#!/usr/bin/env bash
# Why: a network does not answer with errors; it drops packets, resets connections and is slow. The kernel's own packet filter does
# that here, in a namespace where nobody else is hit: what can be waited out is, what cannot is told in time, nothing is lost.
# shellcheck disable=SC2119  # run and start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/peers.bash
. tests/support/peers.bash
export PATH=$PATH:/usr/sbin
need nft tc curl
alone "$@"
cd "$scratch"
start_sim
port=${url##*:}
nft add table ip rig 2>nft.log || skip "no packet filter here"
nft add chain ip rig in '{ type filter hook input priority 0; }' 2>>nft.log || skip "no packet filter here"

seed=0
more() { generate jira 150 -50m -2s "$((++seed))"; }
# The filter is between the collector and the server; what a test asks the simulator for itself comes from 127.0.0.2.
rule() { nft add rule ip rig in ip saddr 127.0.0.1 tcp dport "$port" "$@"; }
control() { curl -sS --fail --noproxy '*' --interface 127.0.0.2 "$@"; }
clear_rules() { nft flush chain ip rig in; }

# bad WHAT CODE WORD LINES…: the rules stand
bad() {
    local what=$1 code=$2 word=$3
    shift 3
    more
    budget=300ms ini jira "$@"
    trouble "$what" "$code" "$word"
    clear_rules
    ini jira
    healthy jira "$what"
}
# well WHAT: the rules stand, and a run gets through all the same
well() {
    more
    budget=20s ini jira "connect_timeout = 5s"
    healthy jira "$1"
    clear_rules
}
rule drop
bad "packets into nothing" 69 "no connection to" "connect_timeout = 300ms"
rule reject with tcp reset
bad "connection refused by a firewall" 69 "refused" "connect_timeout = 300ms"
rule ct state established ct bytes '>' 3000 drop
bad "a connection that falls silent" 69 "no whole answer within" "request_timeout = 500ms"
rule ct state established ct bytes '>' 300 reject with tcp reset
bad "connections reset as soon as they carry something" 69 "connection"
rule numgen random mod 100 '<' 7 drop
well "every fourteenth packet lost"
rule tcp flags '& (syn | fin | rst) == 0' numgen random mod 100 '<' 3 reject with tcp reset
well "a reset now and then"

more
budget=20s ini jira
ip link set lo mtu 1500
tc qdisc add dev lo root tbf rate 1mbit burst 16kb limit 256kb
run || { echo "a line of 1 Mbit/s: exit $?"; cat run.err; exit 1; }
tc qdisc del dev lo root
exactly jira "a line of 1 Mbit/s"
echo "ok a line of 1 Mbit/s"

# A run whose line is cut for a moment goes on by itself.
more
budget=20s ini jira "request_timeout = 1s"
control -d '{"latency_ms":40}' "$url/_sim/settings" >settings.out
run &
collector=$!
sleep 0.3
rule drop
sleep 0.8
clear_rules
wait "$collector" || { echo "a line cut for 0.8 s: exit $?"; cat run.err; exit 1; }
exactly jira "a line cut for 0.8 s"
echo "ok a line cut for 0.8 s"
