#!/usr/bin/env bash
# A real systemd, as PID 1 of namespaces of its own, on a throw-away overlay of a root: nothing outside changes.
#   booted.bash ROOT STAGE TEST [SECONDS]
# ROOT is this machine's (/) or another system's, with its own systemd; STAGE is laid over it; TEST is run in it as
# `TEST --inside`. Its output and its status are given back. Needs root, and a kernel that lets it: else 77.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")

skip() {
    echo "skipped: $*" >&2
    exit 77
}

# --- outside: what is laid over the root, and the namespaces ---------------------------------------------------------
outside() {
    export ROOT WORK SECONDS_ALLOWED=${4:-120} TAG=aquila-fetch-test.$$
    local stage=$2 test=$3 tool status=0
    ROOT=$(readlink -f "$1")
    ((EUID == 0)) || skip "only root can boot a systemd"
    for tool in unshare ip; do command -v "$tool" >/dev/null || skip "no $tool"; done
    [[ -x $ROOT/lib/systemd/systemd ]] || skip "no systemd in $ROOT"
    WORK=$(mktemp -d /var/tmp/aquila-fetch-booted.XXXXXX)
    mkdir "$WORK/cgroup" "$WORK/io"
    trap 'cleanup' EXIT
    mount -t cgroup2 none "$WORK/cgroup" 2>/dev/null || skip "no cgroup2 can be mounted here"
    mkdir "$WORK/cgroup/$TAG" 2>/dev/null || skip "no cgroup can be made here"
    unshare --mount --uts --ipc --net --pid --cgroup --fork true 2>/dev/null || skip "no namespaces here"

    cp -a "$stage" "$WORK/stage"
    install -D -m 755 "$test" "$WORK/stage/usr/lib/aquila-fetch-test/run"
    : >"$WORK/io/out"
    timeout -s KILL "$((SECONDS_ALLOWED + 20))" \
        unshare --mount --propagation private --uts --ipc --net --pid --fork --kill-child=KILL \
        bash "$self" --root </dev/null >"$WORK/io/boot" 2>&1 || status=$?
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
    mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$WORK/t/upper,workdir=$WORK/t/work" "$WORK/t/root"
    exec unshare --cgroup bash "$self" --boot
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
    cat >"$units/test.service" <<END
[Unit]
After=basic.target dbus.socket
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
ExecStart=/usr/lib/aquila-fetch-test/run --inside
StandardOutput=append:/run/test/out
StandardError=inherit
TimeoutStartSec=$SECONDS_ALLOWED
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

case ${1:-} in
    --root) make_root ;;
    --boot) boot ;;
    *) outside "$@" ;;
esac
