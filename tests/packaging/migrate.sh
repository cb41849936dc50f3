#!/usr/bin/env bash
# docs/migrate.md does what it says: from a file as the guides' script leaves it, by the page's own commands, to a file that
# has the rest, without a gap and without a double.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(readlink -f "${AQUILA_FETCH_BUILD:-build/release}")
page=$PWD/docs/migrate.md

scratch=$(mktemp -d)
cleanup() {
    kill "$sim" 2>/dev/null || true
    wait
    rm -rf "$scratch"
}
fail() {
    echo "migrate: $*" >&2
    exit 1
}
cd "$scratch"
"$build/atlassian_sim" --port-file port --jira 400 --confluence 400 --span 20h >sim.log 2>&1 &
sim=$!
trap cleanup EXIT
for _ in {1..100}; do
    [[ ! -s port ]] || break
    sleep 0.05
done
url=http://127.0.0.1:$(<port)
unset AQUILA_FETCH_CONFIG STATE_DIRECTORY CREDENTIALS_DIRECTORY
export no_proxy=127.0.0.1 AQUILA_FETCH_TOKEN=sim-token

# What the script leaves: the newest page, one record a line.
cloud=1324a887-45db-1bf4-1e99-ef0ff456d421
mkdir OLD
ask() { curl -sS --fail --noproxy '*' -u admin@example.com:sim-token "$url/ex/$1"; }
printf '[defaults]\napi_url = %s\ncloud_id = %s\nemail = admin@example.com\nstate_dir = %s/state\n' "$url" "$cloud" "$PWD" >ini
for product in jira confluence; do printf '[%s]\noutput = %s/%s.json\n' "$product" "$PWD" "$product" >>ini; done

moment=$(sed -n "s/^ *moment='\(.*\)'$/\1/p" "$page")
[[ -n $moment ]] || fail "the page has no moment"
for product in jira confluence; do
    if [[ $product == jira ]]; then
        ask "jira/$cloud/rest/api/3/auditing/record" | jq -c '.records[]' >OLD/flattened.json
        identity=.id
    else
        ask "confluence/$cloud/wiki/rest/api/audit" | jq -c '.results[]' >OLD/flattened.json
        identity=.
    fi
    command=$(grep -E '^ *jq -rs ' "$page" | sed -n "$([[ $product == jira ]] && echo 1 || echo 2)p")
    since=$(eval "$command") || fail "$command"
    [[ $since =~ ^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z$ ]] || fail "'$since' is no moment"

    curl -sS --fail --noproxy '*' -d "{\"product\":\"$product\",\"count\":30,\"from\":\"$since\",\"to\":\"now\",\"seed\":9}" \
        "$url/_sim/generate" >/dev/null
    sleep 1 # the server's Date, which bounds a run, has no fractions
    for _ in 1 2; do "$build/aquila-fetch" -c ini -q --source "$product" --since "$since" >run 2>&1 || fail "$(cat run)"; done
    "$build/aquila-fetch" -c ini -q --source "$product" >run 2>&1 || fail "$(cat run)"

    curl -sS --noproxy '*' "$url/_sim/records?product=$product" | jq -cS "$identity" | sort >held
    jq -cS "$identity" OLD/flattened.json "$product.json" | sort >had
    cmp held had || fail "$product: $(wc -l <held) records on the server, $(wc -l <had) in both files"
    [[ $(wc -l <held) == 430 ]] || fail "$(wc -l <held) records"
done
