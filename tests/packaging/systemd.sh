#!/usr/bin/env bash
# The installed units under a real systemd: account, folders, secrets, sandbox, timer, exit codes, journal, rotation, TLS.
#   systemd.sh [TREE]      TREE: another system's root (its own systemd, libcurl and so on), else this machine's
set -euo pipefail
self=$(readlink -f "$0")
cd "$(dirname "$self")/../.."

outside() {
    local build=${AQUILA_FETCH_BUILD:-$PWD/build/release} stage status=0
    stage=$(mktemp -d)
    # shellcheck disable=SC2064  # this very folder
    trap "rm -rf '$stage'" EXIT
    chmod 755 "$stage"
    DESTDIR=$stage cmake --install "$build" >/dev/null
    mkdir -p "$stage/usr/bin"
    ln -s ../local/bin/aquila-fetch "$stage/usr/bin/" # where a package puts it
    install -D -m 755 "$build/atlassian_sim" "$stage/usr/local/bin/atlassian_sim"
    bash tests/packaging/booted.bash "${1:-/}" "$stage" "$self" 110 || status=$?
    exit "$status"
}

# --- inside: helpers -------------------------------------------------------------------------------------------------
url=''
section() { echo "$SECONDS s: $*"; }
fail() {
    echo "systemd: $*"
    journalctl --sync || true
    journalctl --no-pager -o short-precise -u 'aquila-fetch@*' -u logrotate | tail -n 40
    exit 1
}
# The start of a oneshot waits for its end. A unit that ended well is forgotten at once, one that failed is not.
succeeds() { systemctl start "aquila-fetch@$1.service" 2>/dev/null || fail "$1 failed"; }
fails() {
    ! systemctl start "aquila-fetch@$1.service" 2>/dev/null || fail "$1 succeeded"
    systemctl show --value -p ExecMainStatus "aquila-fetch@$1.service"
    systemctl reset-failed "aquila-fetch@$1.service"
}
lines() { wc -l <"/var/log/aquila-fetch/$1/flattened.json"; }
# Every line of a source, in whatever file rotation has put it.
all_lines() { find "/var/log/aquila-fetch/$1" -name 'flattened.json*' -exec zcat -f {} +; }
journal() {
    journalctl --sync
    journalctl -q -o cat "$@"
}
control() { curl -sS --fail --noproxy '*' "$@" >/dev/null; }
generate() { control -d "{\"product\":\"jira\",\"count\":$1,\"from\":\"$2\",\"to\":\"$3\",\"seed\":$4}" "$url/_sim/generate"; }
# dropin UNIT TEXT      For this boot alone.
dropin() {
    mkdir -p "/run/systemd/system/$1.d"
    printf '%b' "$2" >"/run/systemd/system/$1.d/test.conf"
    systemctl daemon-reload
}
undrop() {
    rm -r "/run/systemd/system/$1.d"
    systemctl daemon-reload
}
# soon SECONDS COMMAND…      True as soon as the command is.
soon() {
    local left=$(($1 * 20))
    shift
    until "$@"; do
        ((left-- > 0)) || return 1
        sleep 0.05
    done
}
asked() { [[ $(curl -sS "$url/_sim/requests") != '[]' ]]; }
is_idle() { [[ $(systemctl show --value -p ActiveState aquila-fetch@jira.service) != activating ]]; }
rotated() { [[ -n $(find /var/log/aquila-fetch/jira -name 'flattened.json-*') ]]; }
told() { journal -u 'tell-me@*' | grep -q told; }

start_sim() {
    /usr/local/bin/atlassian_sim --port-file /tmp/port --jira 300 --confluence 200 --span 20h >/tmp/sim.log 2>&1 &
    soon 5 test -s /tmp/port || fail "no simulator: $(cat /tmp/sim.log)"
    url=http://127.0.0.1:$(</tmp/port)
}

# --- inside: the test ------------------------------------------------------------------------------------------------
configure() {
    systemd-sysusers
    systemd-tmpfiles --create aquila-fetch.conf
    systemctl daemon-reload
    mkdir -p /etc/aquila-fetch
    cat >/etc/aquila-fetch/aquila-fetch.ini <<END
[defaults]
api_url = $url
cloud_id = 1324a887-45db-1bf4-1e99-ef0ff456d421
email = admin@example.com
retry_budget = 1s
[jira]
[confluence]
END
    # The secret belongs to root alone; the source without one must say so.
    (umask 077 && echo sim-token >/etc/aquila-fetch/jira.token)
}

collects() {
    local output=/var/log/aquila-fetch/jira/flattened.json
    as_unit --dry-run >/tmp/shown || fail "dry run: $(cat /tmp/said)"
    [[ $(wc -l </tmp/shown) == 300 && ! -e $output ]] || fail "$(wc -l </tmp/shown) lines shown"
    succeeds jira
    [[ $(lines jira) == 300 ]] || fail "$(lines jira) lines"
    [[ $(stat -c '%U:%G %a' "$output") == "aquila-fetch:aquila-fetch 640" ]] || fail "$(stat -c '%U:%G %a' "$output")"
    [[ $(stat -c '%U %a' /var/lib/aquila-fetch /var/log/aquila-fetch) == $'aquila-fetch 750\naquila-fetch 750' ]] ||
        fail "the folders: $(stat -c '%U %a' /var/lib/aquila-fetch /var/log/aquila-fetch)"
    succeeds jira
    [[ $(lines jira) == 300 ]] || fail "a second run left $(lines jira) lines"
    journal -u aquila-fetch@jira -p 6..6 | grep -q 'Flattened 300 records' || fail "no message of priority 6"
}

tells_why() {
    local status
    # No token: a reason and a hint in the journal, with a priority.
    status=$(fails confluence)
    [[ $status == 66 ]] || fail "without a token: $status"
    journal -p 3..3 -u aquila-fetch@confluence | grep -q 'token' || fail "no reason in the journal"
    (umask 077 && echo wrong >/etc/aquila-fetch/confluence.token)
    status=$(fails confluence)
    [[ $status == 77 ]] || fail "with a wrong token: $status"
    (umask 077 && echo sim-token >/etc/aquila-fetch/confluence.token)
    succeeds confluence
    [[ $(lines confluence) == 200 ]] || fail "$(lines confluence) lines"

    # A server that is gone: 69, and whoever is to be told is told.
    sed -i 's|^api_url.*|api_url = http://127.0.0.1:1|' /etc/aquila-fetch/aquila-fetch.ini
    # shellcheck disable=SC2016  # the unit's variables
    printf '[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo told $MONITOR_UNIT $MONITOR_EXIT_STATUS"\n' \
        >/run/systemd/system/tell-me@.service
    dropin aquila-fetch@.service '[Unit]\nOnFailure=tell-me@%n.service\n'
    status=$(fails jira)
    [[ $status == 69 ]] || fail "without a server: $status"
    soon 5 told || fail "nobody was told"
    journal -u 'tell-me@*' | grep -q 'told aquila-fetch@jira.service 69' || fail "told wrongly: $(journal -u 'tell-me@*')"
    undrop aquila-fetch@.service
    sed -i "s|^api_url.*|api_url = $url|" /etc/aquila-fetch/aquila-fetch.ini

    # A run while another holds the lock is no failure.
    exec 3>>/var/lib/aquila-fetch/jira/lock
    flock 3
    succeeds jira
    exec 3>&-
    journal -u aquila-fetch@jira | grep -q 'holds the lock' || fail "the lock was not held"
}

is_shut_in() {
    local said
    # The same sandbox, with a probe in the program's place.
    cat >/usr/lib/aquila-fetch-test/probe <<'END'
#!/bin/bash
can() { "${@:2}" >/dev/null 2>&1 && echo "probe can $1" || echo "probe cannot $1"; }
can "read its token" grep -q sim-token "$CREDENTIALS_DIRECTORY/token"
can "write its state" touch "$STATE_DIRECTORY/probe"
can "write its output" touch "$LOGS_DIRECTORY/probe"
can "read the token's file" cat /etc/aquila-fetch/jira.token
can "write to /etc" touch /etc/aquila-fetch/probe
can "write to /usr" touch /usr/probe
can "see the /var/tmp of all" test -e /var/tmp/outside
can "make a namespace" unshare --user true
can "see other processes" test -d /proc/1/root
can "make a device" mknod /tmp/device c 1 3
can "hold a capability" grep -qE '^CapEff:.*[^0[:space:]]' /proc/self/status
can "gain privileges" grep -qE '^NoNewPrivs:[[:space:]]0$' /proc/self/status
can "call what it likes" grep -qE '^Seccomp:[[:space:]]0$' /proc/self/status
can "dump core" test "$(ulimit -c)" != 0
rm -f "$STATE_DIRECTORY/probe" "$LOGS_DIRECTORY/probe"
END
    chmod 755 /usr/lib/aquila-fetch-test/probe
    touch /var/tmp/outside
    dropin aquila-fetch@.service '[Service]\nExecStart=\nExecStart=/usr/lib/aquila-fetch-test/probe\n'
    succeeds jira
    undrop aquila-fetch@.service
    said=$(journal -u aquila-fetch@jira | grep '^probe can' | sort)
    [[ $(grep '^probe can ' <<<"$said") == $'probe can read its token\nprobe can write its output\nprobe can write its state' ]] ||
        fail "the sandbox: $said"
    [[ $(grep -c '^probe cannot' <<<"$said") == 11 ]] || fail "the probe did not end: $said"
}

# What an operator types, with the account and the secret of the unit: the shell function of the README and the man page.
# shellcheck source=packaging/shell/af.sh
[[ ! -e /usr/local/share/aquila-fetch/af.sh ]] || source /usr/local/share/aquila-fetch/af.sh
sudo() { "$@"; }
as_unit() { af jira "$@" 2>/tmp/said </dev/null; }
can_be_asked() {
    as_unit verify --since 7d >/tmp/verify || fail "verify: $(cat /tmp/verify /tmp/said)"
    as_unit check >/tmp/check || fail "check: $(cat /tmp/check /tmp/said)"
    grep -q '✓ credential' /tmp/check || fail "check: $(cat /tmp/check)"
}

# OAuth: the login as the README tells it, with curl for a browser; the tokens are then renewed within the sandbox. And a
# service account, whose client secret is a credential.
logs_in() {
    local address login name
    cp -a /etc/aquila-fetch/aquila-fetch.ini /tmp/unit.ini
    printf '[consent]\nproduct = jira\nauth = oauth\nclient_id = sim-client\nauth_url = %s\n' "$url" \
        >>/etc/aquila-fetch/aquila-fetch.ini
    printf '[service]\nproduct = confluence\nauth = client_credentials\nclient_id = sim-client\nauth_url = %s\n' "$url" \
        >>/etc/aquila-fetch/aquila-fetch.ini
    for name in consent service; do
        (umask 077 && echo sim-secret >"/etc/aquila-fetch/$name.client_secret")
    done

    af consent login --no-browser >/tmp/login 2>&1 </dev/null &
    login=$!
    soon 5 grep -q '^http.*/authorize' /tmp/login || fail "login: $(cat /tmp/login)"
    address=$(grep -m 1 '^http.*/authorize' /tmp/login)
    curl -sSL --noproxy '*' -o /dev/null "$address"
    wait "$login" || fail "login: $(cat /tmp/login)"
    [[ $(stat -c '%U %a' /var/lib/aquila-fetch/consent/tokens.json) == "aquila-fetch 600" ]] || fail "the tokens lie open"

    for name in consent service; do
        succeeds "$name"
        control -d '{"expire_access":true}' "$url/_sim/oauth"
        succeeds "$name"
    done
    [[ $(lines consent) == "$(lines jira)" && $(lines service) == "$(lines confluence)" ]] ||
        fail "by OAuth $(lines consent) and $(lines service) lines"
    cp -a /tmp/unit.ini /etc/aquila-fetch/aquila-fetch.ini
}

# What cron would do: its line, as the README has it, by a shell with next to no environment.
runs_by_cron() {
    local line user command before
    line=$(grep -m 1 -E '^[0-9*]\S* \* \* \* \* +aquila-fetch ' /usr/local/share/doc/aquila-fetch/README.md)
    read -r _ _ _ _ _ user command <<<"$line"
    install -m 400 -o aquila-fetch -g aquila-fetch /etc/aquila-fetch/jira.token /etc/aquila-fetch/cron.token
    cp -a /etc/aquila-fetch/aquila-fetch.ini /tmp/unit.ini
    sed -i 's|^\[jira\]|&\ntoken_file = /etc/aquila-fetch/cron.token|' /etc/aquila-fetch/aquila-fetch.ini
    generate 5 -2m -1m 3
    before=$(lines jira)
    (cd / && env -i HOME=/ LOGNAME="$user" SHELL=/bin/sh PATH=/usr/bin:/bin \
        setpriv --reuid "$user" --regid "$user" --clear-groups /bin/sh -c "$command") >/tmp/cron.out 2>&1 ||
        fail "cron's line: $(cat /tmp/cron.out)"
    [[ ! -s /tmp/cron.out ]] || fail "cron would send a letter: $(cat /tmp/cron.out)"
    [[ $(lines jira) == $((before + 5)) ]] || fail "cron's line left $(lines jira) lines"
    cp -a /tmp/unit.ini /etc/aquila-fetch/aquila-fetch.ini
}

is_timed() {
    local before n
    # Missed while the machine was off: made up for at once, whatever the clock says; else it waits.
    dropin aquila-fetch@.timer "[Timer]\nOnBootSec=\nOnCalendar=\nOnCalendar=$(date -d '+12 hours' +%H:%M):00\nRandomizedDelaySec=0\n"
    control -X DELETE "$url/_sim/requests"
    systemctl start aquila-fetch@jira.timer
    sleep 1
    ! asked || fail "the timer did not wait"
    systemctl stop aquila-fetch@jira.timer
    touch -d '2 days ago' /var/lib/systemd/timers/stamp-aquila-fetch@jira.timer
    systemctl start aquila-fetch@jira.timer
    soon 5 asked || fail "no run was made up for"
    systemctl stop aquila-fetch@jira.timer
    soon 5 is_idle || fail "the run does not end"

    # Runs that last longer than the interval: one after the other, and nothing twice.
    dropin aquila-fetch@.timer '[Timer]\nOnBootSec=\nOnCalendar=\nOnCalendar=*:*:0/1\nRandomizedDelaySec=0\n'
    before=$(journal -u aquila-fetch@jira | grep -c '^Flattened')
    control -d '{"latency_ms":1500}' "$url/_sim/settings"
    systemctl enable -q --now aquila-fetch@jira.timer
    for n in 1 2 3; do
        generate 10 -1m -1s "4$n"
        sleep 1.5
    done
    systemctl disable -q --now aquila-fetch@jira.timer
    soon 10 is_idle || fail "the run does not end"
    control -d '{"latency_ms":0}' "$url/_sim/settings"
    (($(journal -u aquila-fetch@jira | grep -c '^Flattened') > before + 1)) || fail "the timer does not repeat"
    [[ $(journal -u aquila-fetch@jira | grep -c 'holds the lock') == 1 ]] || fail "two runs at once"
    undrop aquila-fetch@.timer
    succeeds jira
    [[ $(all_lines jira | wc -l) == 335 ]] || fail "$(all_lines jira | wc -l) lines instead of 335"
    can_be_asked
}

# A server that never answers: systemd ends the run, and the next one goes on where it was.
is_ended() {
    local result
    dropin aquila-fetch@.service '[Service]\nTimeoutStartSec=2\n'
    control -d '{"match":"/ex/","hang":true}' "$url/_sim/faults"
    ! systemctl start aquila-fetch@jira.service 2>/dev/null || fail "a hung run succeeded"
    result=$(systemctl show --value -p Result aquila-fetch@jira.service)
    [[ $result == timeout ]] || fail "a hung run ended with '$result'"
    systemctl reset-failed aquila-fetch@jira.service
    control -X DELETE "$url/_sim/faults"
    undrop aquila-fetch@.service
    succeeds jira
}

# By logrotate's own timer and unit, while a run is under way.
is_rotated() {
    local before name=/var/log/aquila-fetch/jira/flattened.json
    before=$(all_lines jira | wc -l)
    find /etc/logrotate.d -type f ! -name aquila-fetch -delete # the machine's own
    mkdir -p /var/lib/logrotate
    printf 'logrotate state -- version 2\n"%s" %s\n' "$name" "$(date -d '2 days ago' +%Y-%-m-%-d-%-H:%-M:%-S)" \
        >/var/lib/logrotate/status
    dropin logrotate.timer '[Timer]\nOnCalendar=\nOnCalendar=*:*:0/1\nAccuracySec=1ms\nRandomizedDelaySec=0\n'
    generate 40 -30s -20s 51
    control -d '{"latency_ms":800}' "$url/_sim/settings"
    systemctl start --no-block aquila-fetch@jira.service
    systemctl start logrotate.timer
    soon 8 rotated || fail "the file was not turned: $(systemctl status --no-pager logrotate.service logrotate.timer)"
    systemctl stop logrotate.timer
    soon 10 is_idle || fail "the run does not end"
    control -d '{"latency_ms":0}' "$url/_sim/settings"
    generate 7 -10s -5s 52
    succeeds jira
    [[ $(systemctl show --value -p Result logrotate.service) == success ]] || fail "logrotate failed"
    [[ -s $name ]] || fail "no new file"
    [[ $(all_lines jira | wc -l) == $((before + 47)) ]] || fail "$(all_lines jira | wc -l) lines instead of $((before + 47))"
    can_be_asked
}

# Nothing but the defaults: https://api.atlassian.com, by name, with a certificate that only this system trusts.
speaks_tls() {
    local status before
    command -v nginx >/dev/null || {
        section "no nginx here: TLS left out"
        return
    }
    mkdir -p /tmp/tls /usr/local/share/ca-certificates
    (
        cd /tmp/tls
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 \
            -subj /CN=aquila-fetch-test -addext basicConstraints=critical,CA:TRUE
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out csr.pem \
            -subj /CN=api.atlassian.com
        openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 \
            -extfile <(echo subjectAltName=DNS:api.atlassian.com)
    ) >/tmp/tls.log 2>&1 || fail "$(cat /tmp/tls.log)"
    cat >/tmp/tls/nginx.conf <<END
pid /tmp/tls/pid; error_log /tmp/tls/error.log; user root; events {}
http {
    access_log /tmp/tls/access.log; proxy_temp_path /tmp/tls/proxy; client_body_temp_path /tmp/tls/body;
    server {
        listen 127.0.0.1:443 ssl http2;
        ssl_certificate /tmp/tls/cert.pem; ssl_certificate_key /tmp/tls/key.pem;
        location / { proxy_pass $url; proxy_http_version 1.1; }
    }
}
END
    nginx -c /tmp/tls/nginx.conf 2>/tmp/tls/start || fail "nginx: $(cat /tmp/tls/start)"
    echo "127.0.0.1 api.atlassian.com" >>/etc/hosts
    sed -i '/^api_url/d' /etc/aquila-fetch/aquila-fetch.ini
    before=$(lines jira)
    status=$(fails jira)
    [[ $status == 69 ]] || fail "a certificate of nobody: $status"
    cp /tmp/tls/ca.pem /usr/local/share/ca-certificates/aquila-fetch-test.crt
    update-ca-certificates >/dev/null 2>&1
    generate 3 -5s -3s 61
    succeeds jira
    [[ $(lines jira) == $((before + 3)) ]] || fail "by TLS $(lines jira) lines"
    grep -q '"GET /ex/jira/.* HTTP/2.0" 200' /tmp/tls/access.log || fail "not by HTTP/2: $(cat /tmp/tls/access.log)"
    nginx -c /tmp/tls/nginx.conf -s stop 2>/dev/null
}

keeps_its_secret() {
    journalctl --sync
    # The token, and the beginning of the header that holds it.
    ! journalctl -q -o export | grep -aqE 'sim-token|sim-secret|YWRtaW5AZXhhbXBsZS5jb206' || fail "the token is in the journal"
}

inside() {
    local part
    start_sim
    for part in configure collects tells_why is_shut_in can_be_asked logs_in runs_by_cron is_timed is_ended is_rotated \
        speaks_tls keeps_its_secret; do
        section "$part"
        "$part"
    done
    section "systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'): all well"
}

case ${1:-} in
    --inside) inside ;;
    *) outside "$@" ;;
esac
