#!/usr/bin/env bash
# The installed units under a real systemd: account, folders, secret, sandbox, timer, exit codes, journal.
#   systemd.sh [TREE]      TREE: another system's root (its own systemd, libcurl and so on), else this machine's
# It boots systemd as PID 1 of namespaces of its own, on a throw-away overlay of the root: nothing outside changes.
# Needs root, and a kernel that lets it: else 77.
set -euo pipefail
self=$(readlink -f "$0")
cd "$(dirname "$self")/../.."

skip() {
    echo "skipped: $*" >&2
    exit 77
}

# --- outside: what is laid over the root, and the namespaces ---------------------------------------------------------
outside() {
    export LOWER=$1 WORK TAG=aquila-fetch-test.$$
    local build=${AQUILA_FETCH_BUILD:-$PWD/build/release} tool status=0
    ((EUID == 0)) || skip "only root can boot a systemd"
    for tool in unshare systemd-analyze ip cmake; do command -v "$tool" >/dev/null || skip "no $tool"; done
    [[ -x $LOWER/lib/systemd/systemd ]] || skip "no systemd in $LOWER"
    WORK=$(mktemp -d /var/tmp/aquila-fetch-systemd.XXXXXX)
    mkdir "$WORK/cgroup" "$WORK/io"
    trap 'cleanup' EXIT
    mount -t cgroup2 none "$WORK/cgroup" 2>/dev/null || skip "no cgroup2 can be mounted here"
    mkdir "$WORK/cgroup/$TAG" 2>/dev/null || skip "no cgroup can be made here"
    unshare --mount --uts --ipc --net --pid --cgroup --fork true 2>/dev/null || skip "no namespaces here"

    DESTDIR=$WORK/stage cmake --install "$build" >/dev/null
    install -m 755 "$build/atlassian_sim" "$WORK/stage/usr/local/bin/"
    install -D -m 755 "$self" "$WORK/stage/usr/lib/aquila-fetch-test/run"
    : >"$WORK/io/out"
    timeout -s KILL 120 unshare --mount --propagation private --uts --ipc --net --pid --fork --kill-child=KILL \
        "$self" --root </dev/null >"$WORK/io/boot" 2>&1 || status=$?
    cat "$WORK/io/out"
    ((status == 0)) || cat "$WORK/io/boot"
    return "$status"
}

cleanup() {
    find "$WORK/cgroup/$TAG" -depth -type d -exec rmdir {} + 2>/dev/null || true
    umount "$WORK/cgroup" 2>/dev/null || true
    rm -rf --one-file-system "$WORK"
}

# --- in the namespaces: the root, then systemd -----------------------------------------------------------------------
make_root() {
    echo 0 >"$WORK/cgroup/$TAG/cgroup.procs"
    mkdir "$WORK/t"
    mount -t tmpfs -o size=1g,mode=755 tmpfs "$WORK/t"
    mkdir "$WORK"/t/{upper,work,root}
    mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$WORK/t/upper,workdir=$WORK/t/work" "$WORK/t/root"
    exec unshare --cgroup "$self" --boot
}

boot() {
    local root=$WORK/t/root units=$WORK/t/root/etc/systemd/system name
    # None of the machine's own services, and nothing that would reach past the namespaces.
    mkdir -p "$units"
    for name in timers sockets sysinit basic multi-user network-online getty; do
        rm -rf "$units/$name.target.wants"
    done
    for name in systemd-{sysctl,modules-load,binfmt,udevd,udev-trigger,random-seed,remount-fs,update-utmp,pcrphase} \
        systemd-{pcrphase-sysinit,timesyncd,networkd,resolved,firstboot,tmpfiles-clean}; do
        ln -sf /dev/null "$units/$name.service"
    done
    for name in sys-kernel-{debug,tracing,config}.mount sys-fs-fuse-connections.mount dev-{hugepages,mqueue}.mount \
        proc-sys-fs-binfmt_misc.{auto,}mount; do
        ln -sf /dev/null "$units/$name"
    done
    cp -a "$WORK/stage/." "$root/"
    : >"$root/etc/fstab"
    : >"$root/etc/machine-id"

    mount -t proc proc "$root/proc"
    mount --bind "$root/proc/sys" "$root/proc/sys"
    mount -o remount,ro,bind "$root/proc/sys" # a sysctl would be the machine's
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t cgroup2 none "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mkdir "$root/run/test"
    mount --bind "$WORK/io" "$root/run/test"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir "$root"/dev/{pts,shm}
    for name in null zero full random urandom tty; do
        touch "$root/dev/$name"
        mount --bind "/dev/$name" "$root/dev/$name"
    done
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"

    cat >"$units/test.target" <<'END'
[Unit]
Requires=basic.target
Wants=test.service dbus.socket
After=basic.target
AllowIsolate=yes
END
    cat >"$units/test.service" <<'END'
[Unit]
After=basic.target dbus.socket
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
ExecStart=/usr/lib/aquila-fetch-test/run --inside
StandardOutput=append:/run/test/out
StandardError=inherit
TimeoutStartSec=90
END
    ip link set lo up
    cd "$root"
    mkdir -p oldroot
    pivot_root . oldroot
    umount -l /oldroot
    mount --make-rshared / # or LoadCredential='s mount never reaches the unit
    exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb \
        /lib/systemd/systemd --system --unit=test.target --log-target=journal --show-status=false
}

# --- inside: the test ------------------------------------------------------------------------------------------------
fail() {
    echo "systemd: $*"
    journalctl --no-pager -o short-precise -u 'aquila-fetch@*' | tail -n 40
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

inside() {
    local url status output=/var/log/aquila-fetch/jira/flattened.json
    systemd-sysusers
    systemctl daemon-reload

    /usr/local/bin/atlassian_sim --port-file /tmp/port --jira 300 --confluence 200 --span 20h >/tmp/sim.log 2>&1 &
    for _ in {1..100}; do
        [[ ! -s /tmp/port ]] || break
        sleep 0.05
    done
    url=http://127.0.0.1:$(</tmp/port)
    mkdir -p /etc/aquila-fetch
    cat >/etc/aquila-fetch/aquila-fetch.ini <<END
[defaults]
api_url = $url
cloud_id = 1324a887-45db-1bf4-1e99-ef0ff456d421
email = admin@example.com
[jira]
[confluence]
END
    # The secret belongs to root alone; the source without one must say so.
    (umask 077 && echo sim-token >/etc/aquila-fetch/jira.token)

    succeeds jira
    [[ $(lines jira) == 300 ]] || fail "$(lines jira) lines"
    [[ $(stat -c '%U:%G %a' "$output") == "aquila-fetch:aquila-fetch 640" ]] || fail "$(stat -c '%U:%G %a' "$output")"
    [[ $(stat -c '%U %a' /var/lib/aquila-fetch /var/log/aquila-fetch) == $'aquila-fetch 750\naquila-fetch 750' ]] ||
        fail "the folders: $(stat -c '%U %a' /var/lib/aquila-fetch /var/log/aquila-fetch)"
    succeeds jira
    [[ $(lines jira) == 300 ]] || fail "a second run left $(lines jira) lines"

    # No token: a reason and a hint in the journal, with a priority.
    status=$(fails confluence)
    [[ $status == 66 || $status == 78 ]] || fail "without a token: $status"
    journalctl -q -o cat -p err -u aquila-fetch@confluence | grep -q 'token' || fail "no reason in the journal"

    # The secret comes to it, and goes nowhere else.
    (umask 077 && echo sim-token >/etc/aquila-fetch/confluence.token)
    succeeds confluence
    [[ $(lines confluence) == 200 ]] || fail "$(lines confluence) lines"
    ! journalctl -q -o cat | grep -q sim-token || fail "the token is in the journal"

    # A run while another holds the lock is no failure.
    exec 3>>/var/lib/aquila-fetch/jira/lock
    flock 3
    succeeds jira
    exec 3>&-
    journalctl -q -o cat -u aquila-fetch@jira | grep -q 'holds the lock' || fail "the lock was not held"

    # The timer.
    mkdir -p /etc/systemd/system/aquila-fetch@.timer.d
    printf '[Timer]\nOnCalendar=*:*:0/1\nRandomizedDelaySec=0\n' >/etc/systemd/system/aquila-fetch@.timer.d/now.conf
    systemctl daemon-reload
    rm "$output"
    rm -rf /var/lib/aquila-fetch/jira
    systemctl enable -q --now aquila-fetch@jira.timer
    for _ in {1..80}; do
        [[ ! -s $output ]] || break
        sleep 0.1
    done
    [[ -s $output ]] || fail "the timer did not start the service"
    systemctl disable -q --now aquila-fetch@jira.timer
    echo "systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'): all well"
}

case ${1:-} in
    --root) make_root ;;
    --boot) boot ;;
    --inside) inside ;;
    *) outside "$(readlink -f "${1:-/}")" ;;
esac
