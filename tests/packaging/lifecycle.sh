#!/usr/bin/env bash
# The life of the package on a bare Debian with a real systemd: install, configure, enable, collect, upgrade, remove, install
# again, purge. Run by `./dev package --try`; needs root and mmdebstrap.
#   lifecycle.sh PACKAGE SIMULATOR [SUITE]      The package was made on that SUITE; the simulator brings its libraries along
set -euo pipefail
self=$(readlink -f "$0")
cd "$(dirname "$self")/../.."

# --- outside: the bare system, the package, and the next version of it -----------------------------------------------
outside() {
    local deb=$1 simulator=$2 suite=${3:-bookworm} depends status=0 sources=() file
    scratch=$(mktemp -d /var/tmp/aquila-fetch-lifecycle.XXXXXX)
    trap 'rm -rf --one-file-system "$scratch"' EXIT

    # The first of each alternative, without versions: what apt would install.
    depends=$(dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed -E 's/^ *([a-z0-9.+-]+).*/\1/' | paste -sd ,)
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
        [[ ! -s $file || $suite != bookworm ]] || sources+=("$file")
    done
    echo "lifecycle: making a Debian ($suite)" >&2
    mmdebstrap --quiet --variant=minbase --include="$depends,systemd-sysv,dbus,logrotate,cron,curl" \
        "$suite" "$scratch/tree" "${sources[@]}"

    mkdir -p "$scratch/stage/srv/packages"
    chmod 755 "$scratch" "$scratch/stage"
    install -D -m 755 "$simulator" "$scratch/stage/usr/local/lib/simulator/atlassian_sim"
    ldd "$simulator" | grep -oE '/[^ ]+' | xargs cp -L -t "$scratch/stage/usr/local/lib/simulator"
    (cd "$scratch/stage/usr/local/lib/simulator" && ln -s ld-linux-*.so.* loader)
    cp "$deb" "$scratch/stage/srv/packages/this.deb"
    dpkg-deb -R "$deb" "$scratch/next"
    sed -i 's/^Version: .*/&+next/' "$scratch/next/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$scratch/next" "$scratch/stage/srv/packages/next.deb" >/dev/null
    bash tests/packaging/booted.bash "$scratch/tree" "$scratch/stage" "$self" 200 || status=$?
    exit "$status"
}

# --- inside ----------------------------------------------------------------------------------------------------------
output=/var/log/aquila-fetch/jira/flattened.json url=''
section() { echo "$SECONDS s: $*"; }
fail() {
    echo "lifecycle: $*"
    journalctl --sync || true
    journalctl --no-pager -o short-precise -u 'aquila-fetch@*' -u cron | tail -n 30
    exit 1
}
soon() {
    local left=$(($1 * 10))
    shift
    until "$@"; do
        ((left-- > 0)) || return 1
        sleep 0.1
    done
}
apt() { DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >/tmp/apt 2>&1 || fail "apt-get $*: $(cat /tmp/apt)"; }
# Every file there is, but for what the system itself writes while it runs.
files() {
    find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /dev -o -path /tmp -o -path /var/log/journal \
        -o -path /var/cache -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/lib/systemd \) -prune -o -print |
        grep -vE '^/(var/log/(apt|dpkg\.log)|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|etc/\.pwd\.lock|var/tmp/systemd-)' | sort
}
generate() { curl -sS --fail -d "{\"product\":\"jira\",\"count\":$1,\"from\":\"$2\",\"to\":\"$3\",\"seed\":$4}" "$url/_sim/generate" >/dev/null; }
holds() { [[ -e $output && $(find /var/log/aquila-fetch/jira -name 'flattened.json*' -exec zcat -f {} + | wc -l) == "$1" ]]; }

installs() {
    apt install --no-install-recommends /srv/packages/this.deb
    getent passwd aquila-fetch >/dev/null || fail "no account"
    [[ $(stat -c '%U %a' /var/lib/aquila-fetch /var/log/aquila-fetch) == $'aquila-fetch 750\naquila-fetch 750' ]] || fail "no folders"
    [[ $(systemctl is-enabled aquila-fetch@jira.timer) == disabled ]] || fail "it is enabled by itself"
    aquila-fetch --version | grep -q '^aquila-fetch [0-9]' || fail "it does not run"
    ldd /usr/bin/aquila-fetch | grep -q 'not found' && fail "libraries are missing: $(ldd /usr/bin/aquila-fetch)"
    [[ -s /usr/share/man/man1/aquila-fetch.1.gz || ! -e /usr/share/man ]] || fail "no man page"
    systemd-analyze verify --man=no aquila-fetch@jira.service aquila-fetch@jira.timer 2>&1 | tee /tmp/verify >/dev/null
    [[ ! -s /tmp/verify ]] || fail "verify: $(cat /tmp/verify)"
}

# What the README has a newcomer type, word by word; `sudo` is left to whoever is root here.
block() {
    awk -v heading="$1" '$0 ~ "^###* " { below = $0 ~ heading }
        below && /^```/ { if (inside) exit; inside = 1; next } inside { print }' /usr/share/doc/aquila-fetch/README.md
}
sudo() { "$@"; }

configures() {
    # Its sections, with this test's server in Atlassian's place.
    { printf '[defaults]\napi_url = %s\ncloud_id = 1324a887-45db-1bf4-1e99-ef0ff456d421\n' "$url" &&
        block 'The section' | sed '/^site /d' | sed -n '/^\[jira\]/,/^$/p'; } >/etc/aquila-fetch/aquila-fetch.ini
    eval "$(block 'The secret')" <<<sim-token
    [[ $(stat -c '%U %a' /etc/aquila-fetch/jira.token) == "root 600" ]] || fail "the secret lies open"
    (set +o pipefail && eval "$(block 'set up')" && eval "$(block Run)") >/tmp/run 2>&1 || fail "the README's commands: $(cat /tmp/run)"
    grep -q '^{"id":' /tmp/run || fail "no record was shown: $(cat /tmp/run)"
    [[ $(systemctl is-enabled aquila-fetch@jira.timer) == enabled ]] || fail "the timer is not enabled"
    # The first run is at once, give or take what is random; the test waits for neither.
    mkdir -p /etc/systemd/system/aquila-fetch@.timer.d
    printf '[Timer]\nOnCalendar=*:*:0/2\nRandomizedDelaySec=0\n' >/etc/systemd/system/aquila-fetch@.timer.d/test.conf
    systemctl daemon-reload
    systemctl restart aquila-fetch@jira.timer
    soon 20 holds 200 || fail "nothing was collected"
    logrotate -f /etc/logrotate.d/aquila-fetch || fail "logrotate"
    generate 10 -3m -2m 2
    soon 20 holds 210 || fail "nothing was collected after rotation"
}

upgrades() {
    apt install --no-install-recommends /srv/packages/next.deb
    [[ $(dpkg-query -W -f '${Version}' aquila-fetch) == *+next ]] || fail "not upgraded"
    [[ $(systemctl is-enabled aquila-fetch@jira.timer) == enabled ]] || fail "the upgrade disabled the timer"
    systemctl is-active -q aquila-fetch@jira.timer || fail "the upgrade stopped the timer"
    generate 10 -2m -1m 3
    soon 20 holds 220 || fail "nothing was collected after the upgrade"
}

removes() {
    apt remove aquila-fetch
    ! systemctl is-active -q aquila-fetch@jira.timer || fail "the timer goes on"
    [[ ! -e /usr/bin/aquila-fetch ]] || fail "the program is still there"
    holds 220 || fail "removal cost records"
    [[ -s /var/lib/aquila-fetch/jira/checkpoint.json && -s /etc/aquila-fetch/jira.token ]] || fail "removal cost state or secret"
    # Again: it goes on where it was.
    apt install --no-install-recommends /srv/packages/this.deb --allow-downgrades
    generate 10 -1m -10s 4
    systemctl start aquila-fetch@jira.timer
    soon 20 holds 230 || fail "it does not go on after a new installation"
    systemctl stop aquila-fetch@jira.timer
}

# The README's line for hosts without systemd, by cron itself.
runs_by_cron() {
    local line
    line=$(grep -m 1 -E '^[0-9*]\S* \* \* \* \* +aquila-fetch ' /usr/share/doc/aquila-fetch/README.md)
    chown aquila-fetch /etc/aquila-fetch/jira.token
    sed -i 's|^\[jira\]|&\ntoken_file = /etc/aquila-fetch/jira.token|' /etc/aquila-fetch/aquila-fetch.ini
    echo "* * * * * ${line#* \* \* \* \* }" >/etc/cron.d/aquila-fetch
    generate 10 -30s -5s 5
    systemctl start cron
    soon 75 holds 240 || fail "cron did not collect"
    systemctl stop cron
    rm /etc/cron.d/aquila-fetch
}

purges() {
    rm -r /etc/systemd/system/aquila-fetch@.timer.d # this test's own
    apt purge aquila-fetch
    ! getent passwd aquila-fetch >/dev/null || fail "the account is still there"
    [[ -z $(systemctl list-units --all --plain --no-legend 'aquila-fetch*') ]] || fail "$(systemctl list-units --all 'aquila-fetch*')"
    [[ -z $(find /var/lib/systemd -name '*aquila*') ]] || fail "$(find /var/lib/systemd -name '*aquila*')"
    files >/tmp/after
    ! diff /tmp/before /tmp/after | grep "^[<>]" | grep -v /var/lib/logrotate >/tmp/left || fail "left behind: $(cat /tmp/left)"
}

inside() {
    local part
    files >/tmp/before
    cd /usr/local/lib/simulator
    ./loader --library-path . ./atlassian_sim --port-file /tmp/port --jira 200 --span 20h >/tmp/sim.log 2>&1 &
    soon 5 test -s /tmp/port || fail "no simulator: $(cat /tmp/sim.log)"
    url=http://127.0.0.1:$(</tmp/port)
    for part in installs configures upgrades removes runs_by_cron purges; do
        section "$part"
        "$part"
    done
    section "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release): all well"
}

case ${1:-} in
    --inside) inside ;;
    *.deb) outside "$@" ;;
    *) echo "usage: lifecycle.sh PACKAGE SIMULATOR [SUITE]" >&2 && exit 64 ;;
esac
