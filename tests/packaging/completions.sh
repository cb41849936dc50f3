#!/usr/bin/env bash
# The completions: bash's is asked as bash asks it; all three know every command and option that --help tells.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(readlink -f "${AQUILA_FETCH_BINARY:-${AQUILA_FETCH_BUILD:-build/release}/aquila-fetch}")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "completions: $*" >&2
    exit 1
}

# --- bash ------------------------------------------------------------------------------------------------------------
export HOME=$scratch/home
unset XDG_CONFIG_HOME AQUILA_FETCH_CONFIG
mkdir -p "$HOME/.config/aquila-fetch"
printf '[defaults]\nemail = a@example.com\n[jira]\n# [not-this]\n [ jira-eu ] ; two\nproduct = jira\n' >"$scratch/two.ini"
printf '[mine]\n' >"$HOME/.config/aquila-fetch/aquila-fetch.ini"

# shellcheck source=packaging/completions/aquila-fetch.bash
source packaging/completions/aquila-fetch.bash
complete -p aquila-fetch | grep -q -- '-F _aquila_fetch aquila-fetch' || fail "nothing is registered"

# completed WORD… is EXPECTED…      What is offered for the last word.
completed() {
    COMP_WORDS=(aquila-fetch)
    while [[ $1 != is ]]; do
        COMP_WORDS+=("$1")
        shift
    done
    shift
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _aquila_fetch
    [[ "${COMPREPLY[*]}" == "$*" ]] || fail "${COMP_WORDS[*]}: '${COMPREPLY[*]}' instead of '$*'"
}
completed s is sites status settings sources
completed verify s is
completed --source jira v is verify
completed verify --js is --json
completed --product c is confluence
completed -c "$scratch/two.ini" --source '' is jira jira-eu
completed --config = "$scratch/two.ini" --source jira-e is jira-eu
completed --source '' is mine
AQUILA_FETCH_CONFIG=$scratch/two.ini completed --source = jira- is jira-eu
completed --log-format = j is json
completed --config "$scratch/tw" is "$scratch/two.ini"
completed --until 3 is 30d

# --- all three know all there is -------------------------------------------------------------------------------------
"$program" --help >"$scratch/help"
sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\+\).*/\1/p' "$scratch/help" >"$scratch/commands"
while read -r command; do "$program" "$command" --help; done <"$scratch/commands" >>"$scratch/help"
grep -E '^  -' "$scratch/help" | grep -oE '(^  |,)--[a-z-]+' | tr -d ' ,' | sort -u >"$scratch/options"
[[ -s $scratch/commands && -s $scratch/options ]] || fail "--help tells nothing"
cd packaging/completions
while read -r word; do
    grep -qE "(^|[^a-z-])$word([^a-z-]|$)" aquila-fetch.bash || fail "bash does not know $word"
    grep -qE "(^|[^a-z-])$word([^a-z-]|$)" _aquila-fetch || fail "zsh does not know $word"
    grep -qE "(-l |(^|[^a-z-]))${word#--}([^a-z-]|$)" aquila-fetch.fish || fail "fish does not know $word"
done < <(cat "$scratch/commands" "$scratch/options")

if command -v zsh >/dev/null; then zsh -n _aquila-fetch || fail "zsh cannot read it"; fi
if command -v fish >/dev/null; then
    fish --no-execute aquila-fetch.fish || fail "fish cannot read it"
    offered=$(AQUILA_FETCH_CONFIG=$scratch/two.ini fish -c \
        'source aquila-fetch.fish; complete -C "aquila-fetch --source "' | cut -f 1 | paste -sd ' ')
    [[ $offered == "jira jira-eu" ]] || fail "fish offers '$offered'"
fi
