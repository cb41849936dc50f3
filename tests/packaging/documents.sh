#!/usr/bin/env bash
# The documents hold together: links lead somewhere, and the messages that troubleshooting quotes are the program's.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0
wrong() {
    echo "documents: $*"
    failed=1
}

links=0
for page in README.md CONTRIBUTING.md docs/*.md; do
    while IFS= read -r link; do
        links=$((links + 1))
        [[ -e $(dirname "$page")/${link%%#*} ]] || wrong "$page: nothing at $link"
    done < <(grep -oE '\]\([^)]+\)' "$page" | sed -E 's/^\]\(|\)$//g' | grep -vE '^(https?:|#)')
done
((links > 5)) || wrong "$links links found: the test is broken"

# Literals that the compiler joins are joined here, too.
sources=$(cat src/*.cpp src/sources/*.cpp | tr -d '\n' | sed -E 's/" +"//g; s/"sv? *"//g')
phrases=0
while IFS= read -r phrase; do
    phrases=$((phrases + 1))
    while [[ -n $phrase ]]; do
        piece=${phrase%%…*}
        phrase=${phrase#"$piece"} phrase=${phrase#…}
        piece=$(sed 's/^ *//; s/ *$//' <<<"$piece")
        [[ $sources == *"$piece"* ]] || wrong "docs/troubleshooting.md: no message says '$piece'"
    done
done < <(grep -oE '^\| [^|]*\|' docs/troubleshooting.md | grep -oE '\*[^*]+\*' | tr -d '*' | sort -u)
((phrases > 5)) || wrong "$phrases messages found: the test is broken"
exit "$failed"
