# fish completion of aquila-fetch(1).

function __aquila_fetch_sources
    set -l words (commandline -opc)
    set -l config $AQUILA_FETCH_CONFIG
    set -q XDG_CONFIG_HOME; and set -l base $XDG_CONFIG_HOME; or set -l base $HOME/.config
    test -n "$config"; or set config $base/aquila-fetch/aquila-fetch.ini
    test -r "$config"; or set config /etc/aquila-fetch/aquila-fetch.ini
    for i in (seq (count $words))
        if contains -- $words[$i] -c --config
            set config (string replace -r '^~' $HOME -- $words[(math $i + 1)])
        end
    end
    string match -rg '^\s*\[\s*([^\]\s]+)' <$config 2>/dev/null | string match -v defaults
end

set -l commands login sites check status verify settings sources
complete -c aquila-fetch -f
complete -c aquila-fetch -n "not __fish_seen_subcommand_from $commands" -a login -d 'Authorise by OAuth 2.0'
complete -c aquila-fetch -n "not __fish_seen_subcommand_from $commands" -a sites -d 'Sites the credential can reach'
complete -c aquila-fetch -n "not __fish_seen_subcommand_from $commands" -a check -d 'Is everything set up?'
complete -c aquila-fetch -n "not __fish_seen_subcommand_from $commands" -a status -d 'Last run, how far behind'
complete -c aquila-fetch -n "not __fish_seen_subcommand_from $commands" -a verify -d 'Is anything missing or doubled?'
complete -c aquila-fetch -n "not __fish_seen_subcommand_from $commands" -a settings -d 'Audit coverage and retention'
complete -c aquila-fetch -n "not __fish_seen_subcommand_from $commands" -a sources -d 'Products, and sections of the configuration'
complete -c aquila-fetch -s h -l help -d 'Print a summary'
complete -c aquila-fetch -l version -d 'Print the version'
complete -c aquila-fetch -s c -l config -r -F -d 'The configuration'
complete -c aquila-fetch -l source -x -a '(__aquila_fetch_sources)' -d 'The section to work with'
complete -c aquila-fetch -l product -x -a 'jira confluence organization datacenter' -d 'The section with this product'
complete -c aquila-fetch -l since -x -a '1h 24h 7d 30d 180d' -d 'Read history from here'
complete -c aquila-fetch -l until -x -d 'Read no further'
complete -c aquila-fetch -l dry-run -d 'Show records, write nothing'
complete -c aquila-fetch -l output -r -F -d 'Another output file'
complete -c aquila-fetch -l log-level -x -a 'debug info warning error off' -d 'Which messages'
complete -c aquila-fetch -l log-format -x -a 'text json' -d 'How messages look'
complete -c aquila-fetch -s q -l quiet -d 'Errors only'
complete -c aquila-fetch -s v -l verbose -d 'Debug messages too'
complete -c aquila-fetch -l yes -d 'Settings: change them without asking'
complete -c aquila-fetch -l json -d 'The answer as JSON'
complete -c aquila-fetch -l site -x -d 'Login: which of several sites'
complete -c aquila-fetch -l no-browser -d 'Login: start no browser'
