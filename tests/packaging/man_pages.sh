#!/usr/bin/env bash
# The man pages leave nothing out: every command and option that --help tells, every key of the table, every exit code.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${AQUILA_FETCH_BINARY:-${AQUILA_FETCH_BUILD:-build/release}/aquila-fetch}
program=$(readlink -f "$program")
command_page=packaging/man/aquila-fetch.1.scd key_page=packaging/man/aquila-fetch.ini.5.scd

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
# complete WHAT REAL TOLD [exact]      Two files of words, one a line; exact: nothing is told that is not there.
complete() {
    sort -u -o "$scratch/$2" "$scratch/$2"
    sort -u -o "$scratch/$3" "$scratch/$3"
    [[ -s $scratch/$2 ]] || { echo "man_pages: no $1 found: the test is broken" && failed=1; }
    comm -23 "$scratch/$2" "$scratch/$3" | sed "s/^/man_pages: $1 not told: /"
    [[ -z $(comm -23 "$scratch/$2" "$scratch/$3") ]] || failed=1
    [[ ${4:-} == exact ]] || return 0
    comm -13 "$scratch/$2" "$scratch/$3" | sed "s/^/man_pages: $1 that is not there: /"
    cmp -s "$scratch/$2" "$scratch/$3" || failed=1
}
# section PAGE TITLE      What stands below one heading.
section() { sed -n "/^# $2\$/,/^# /p" "$1"; }
# terms      The bold words of lines that hold nothing but them, as "*-q*, *--quiet*" does.
terms() { grep -E "^\*[^*]+\*( \[?_[A-Z=]+_(\.\.\.\])?)?(, \*[^*]+\*( _[A-Z]+_)?)*\$" | grep -oE "\*[^*]+\*" | tr -d "*"; }

# --- commands, options, exit codes -----------------------------------------------------------------------------------
"$program" --help >"$scratch/help"
sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\+\).*/\1/p' "$scratch/help" >"$scratch/commands"
section "$command_page" COMMANDS | terms >"$scratch/commands.told"
complete command commands commands.told

while read -r command; do "$program" "$command" --help; done <"$scratch/commands" >>"$scratch/help"
grep -E '^  -' "$scratch/help" | grep -oE '(^  |,)--?[a-z][a-z-]*' | tr -d ' ,' >"$scratch/options"
section "$command_page" OPTIONS | terms >"$scratch/options.told"
complete option options options.told

sed -nE '/^enum class Exit/,/^}/s/^ +[a-z_]+ = ([0-9]+),.*/\1/p' include/aquila_fetch/error.hpp >"$scratch/codes"
section "$command_page" "EXIT STATUS" | terms >"$scratch/codes.told"
complete "exit code" codes codes.told exact

# --- keys ------------------------------------------------------------------------------------------------------------
grep -oE '>\("[a-z0-9_]+"\)' src/config_keys.cpp | grep -oE '[a-z0-9_]+' >"$scratch/keys"
terms <"$key_page" >"$scratch/keys.told"
complete key keys keys.told exact
# shellcheck disable=SC2016  # no command
grep -oE '^\| `[a-z0-9_`, ]+ \|' README.md | grep -oE '[a-z0-9_]+' >"$scratch/keys.read"
complete "key in the README's table" keys keys.read

# --- they can be read ------------------------------------------------------------------------------------------------
if command -v scdoc >/dev/null; then
    for page in "$command_page" "$key_page"; do
        scdoc <"$page" >"$scratch/page" || failed=1
        ! command -v man >/dev/null || MANWIDTH=100 man --warnings -l "$scratch/page" 2>&1 >"$scratch/read" |
            sed 's/^/man_pages: /' | tee -a "$scratch/warnings"
    done
    [[ ! -s $scratch/warnings ]] || failed=1
fi
exit "$failed"
