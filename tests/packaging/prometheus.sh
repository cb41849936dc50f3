#!/usr/bin/env bash
# Why: what `metrics_file` leaves is read by a real node_exporter, passes promtool, and holds every metric that the alert rules and
# the dashboard speak of; the rules are tried by promtool.
# shellcheck disable=SC2119  # run goes without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
need promtool prometheus-node-exporter curl jq

cd packaging/prometheus
promtool check rules aquila-fetch.rules.yml
promtool test rules aquila-fetch.test.yml
jq -e '.panels | length > 5' dashboard.json >/dev/null
cd "$scratch"

start_sim --jira 300 --span 5h
mkdir metrics
ini jira "metrics_file = $scratch/metrics/jira.prom"
run
sed "s/^\[jira\]/[second]\nproduct = jira/; s#/out/#/out2/#; s#metrics/jira#metrics/second#" crash.ini >second.ini
"$build/aquila-fetch" -c second.ini -q >/dev/null
promtool check metrics <metrics/jira.prom

port=$((20000 + RANDOM % 20000))
prometheus-node-exporter --web.listen-address="127.0.0.1:$port" --collector.disable-defaults --collector.textfile \
    --collector.textfile.directory="$scratch/metrics" >exporter.log 2>&1 &
exporter=$!
cleanups+=("kill $exporter 2>/dev/null || true")
for _ in $(seq 100); do
    curl -s --noproxy '*' "http://127.0.0.1:$port/metrics" >scraped && break
    sleep 0.1
done
for source in jira second; do
    grep -q "^aquila_fetch_records_total{source=\"$source\"} 300$" scraped || { echo "$source is not scraped"; cat exporter.log; exit 1; }
done
grep -q '^node_textfile_scrape_error 0$' scraped || { echo "the files are not read whole"; exit 1; }

# Every name that rules and dashboard use is one that is left (a token's life is known with OAuth alone).
grep -oh 'aquila_fetch_[a-z_]*' "$root/packaging/prometheus/aquila-fetch.rules.yml" "$root/packaging/prometheus/dashboard.json" | sort -u |
    while read -r name; do
        [[ $name == aquila_fetch_token_expiry_timestamp_seconds ]] || grep -q "^$name{" scraped || { echo "$name is no metric of ours"; exit 1; }
    done
echo "rules, dashboard and metrics fit; read by node_exporter"
