# bash completion of aquila-fetch(1): commands, options, and the sources of the configuration that is in effect.
# shellcheck shell=bash

_aquila_fetch_config() {
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            -c | --config) # bash splits --config=FILE at the =
                [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
                printf '%s' "${COMP_WORDS[i + 1]/#\~/$HOME}"
                return
                ;;
        esac
    done
    local user=${XDG_CONFIG_HOME:-$HOME/.config}/aquila-fetch/aquila-fetch.ini
    [[ -z ${AQUILA_FETCH_CONFIG:-} && -r $user ]] || user=/etc/aquila-fetch/aquila-fetch.ini
    printf '%s' "${AQUILA_FETCH_CONFIG:-$user}"
}

_aquila_fetch() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words='' word
    if [[ $current == = ]]; then
        current=''
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $previous in
        -c | --config | --output)
            compopt -o filenames 2>/dev/null || true # nobody asks: a test
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --source)
            words=$(sed -nE 's/^[[:blank:]]*\[[[:blank:]]*([^][:blank:]]+).*/\1/p' "$(_aquila_fetch_config)" 2>/dev/null |
                grep -vx defaults)
            ;;
        --product) words='jira confluence organization datacenter' ;;
        --log-level) words='debug info warning error off' ;;
        --log-format) words='text json' ;;
        --since | --until) words='1h 24h 7d 30d 180d' ;;
        *)
            words='--config --source --product --since --until --dry-run --output --log-level --log-format --quiet
                --verbose --json --site --no-browser --yes --help --version'
            if [[ $current != -* ]]; then
                words='login sites check status verify settings sources'
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    [[ " $words " != *" $word "* ]] || return 0 # there is a command already
                done
            fi
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _aquila_fetch aquila-fetch
