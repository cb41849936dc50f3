#!/usr/bin/env bash
# Every example configuration is one: as it stands, and with each commented group of keys as well.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(readlink -f "${AQUILA_FETCH_BINARY:-${AQUILA_FETCH_BUILD:-build/release}/aquila-fetch}")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "examples: $*" >&2
    exit 1
}
unset AQUILA_FETCH_CONFIG AQUILA_FETCH_TOKEN

# accepted PRODUCT FILE WHAT
accepted() {
    "$program" sources -c "$2" >"$scratch/told" 2>&1 || fail "$3: $(cat "$scratch/told")"
    grep -qE "^  $1 +$1 " "$scratch/told" || fail "$3 has no section for $1: $(cat "$scratch/told")"
}

"$program" sources -c packaging/examples/jira.ini | sed -n '/^products:/,/^[^ p]/s/^  \([a-z]\+\) .*/\1/p' >"$scratch/products"
grep -qx jira "$scratch/products" || fail "no products"
while read -r product; do
    file=packaging/examples/$product.ini
    [[ -r $file ]] || fail "no example for $product"
    accepted "$product" "$file" "$file"

    # Groups of ";key = value": as defaults, which the section's own keys come before; ";[name]" as a section.
    csplit -s -z -f "$scratch/group-" "$file" '/^$/' '{*}'
    for group in "$scratch"/group-*; do
        sed -nE 's/^;(\[|[a-z_]+ *=)/\1/p' "$group" >"$scratch/keys"
        if [[ $(head -c 1 "$scratch/keys") == '[' ]]; then
            cat "$file" "$scratch/keys" >"$scratch/on.ini"
        else
            { echo "[defaults]" && cat "$scratch/keys" "$file"; } >"$scratch/on.ini"
        fi
        accepted "$product" "$scratch/on.ini" "$file with $(paste -sd ' ' "$scratch/keys")"
    done
    rm "$scratch"/group-*
done <"$scratch/products"
accepted jira packaging/examples/bucket.ini "the bucket's example"
