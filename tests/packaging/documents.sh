#!/usr/bin/env bash
# The documents hold together: links lead somewhere, and the messages that troubleshooting quotes are the program's.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0
wrong() {
    echo "documents: $*"
    failed=1
}

# links_of ROOT PAGE…      The pages' links, and what they lead to below ROOT: a file, and in a page the heading as well.
links_of() {
    local root=$1 page link target headings links=0
    shift
    for page; do
        while IFS= read -r link; do
            links=$((links + 1))
            target=$root/$page
            [[ $link == '#'* ]] || target=$root/$(dirname "$page")/${link%%#*}
            if [[ ! -e $target ]]; then
                wrong "$root/$page: nothing at $link"
            elif [[ $link == *#* ]]; then
                headings=$(sed -nE 's/^#+ //p' "$target" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 -]//g; s/ /-/g')
                grep -qxF -e "${link#*#}" <<<"$headings" || wrong "$root/$page: no heading for $link"
            fi
        done < <(grep -oE '\]\([^)]+\)' "$root/$page" | sed -E 's/^\]\(|\)$//g' | grep -vE '^https?:')
    done
    ((links > 20)) || wrong "$links links found in $root: the test is broken"
}
links_of . README.md CONTRIBUTING.md docs/*.md

# --- as they are installed -------------------------------------------------------------------------------------------
if [[ -n ${AQUILA_FETCH_BUILD:-} ]]; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    if ! DESTDIR=$scratch cmake --install "$AQUILA_FETCH_BUILD" >"$scratch/install" 2>&1; then
        wrong "cmake --install: $(tail -n 8 "$scratch/install")"
        exit 1
    fi
    installed=$(find "$scratch" -path '*/doc/aquila-fetch')
    # shellcheck disable=SC2046  # one word per page
    links_of "$installed" $(cd "$installed" && echo README.md CONTRIBUTING.md docs/*.md)
    # The files that the pages tell to copy or to source.
    while IFS= read -r file; do
        [[ -e $scratch/usr/local${file#/usr} ]] || wrong "nothing is installed as $file"
    done < <(grep -ohE '/usr/share/[a-z/-]+\.[a-z]+' README.md docs/*.md packaging/man/*.scd | sort -u)
fi

# --- messages --------------------------------------------------------------------------------------------------------
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
