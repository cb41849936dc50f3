#!/usr/bin/env bash
# ./dev demo and ./dev test from a clean checkout in a fresh Debian that has neither compiler nor curl: the proof that
# the scripts install all they need. Run by `./dev bare`; needs root and mmdebstrap.
#   bare.sh [COMMAND…]     AQUILA_BARE_SUITE: another Debian than bookworm; AQUILA_BARE_KEEP: where its build folder goes
set -euo pipefail
self=$(readlink -f "$0")
cd "$(dirname "$self")/../.."

if [[ ${1:-} == --inside ]]; then # in namespaces of its own: the tree's /proc and /dev, then the commands
    tree=$2 commands=$3
    mount -t proc proc "$tree/proc"
    mount --rbind --make-rslave /dev "$tree/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$tree/tmp"
    exec chroot "$tree" /bin/bash -c "cd /root/aquila-fetch && $commands"
fi

commands=("$@")
(($#)) || commands=("./dev demo" "./dev test")
((EUID == 0)) || {
    echo "bare: a bare system can only be made by root" >&2
    exit 77
}

tree=$(mktemp -d /var/tmp/aquila-fetch-bare.XXXXXX)
trap 'rm -rf --one-file-system "$tree"' EXIT
chmod 755 "$tree"

# The machine's own apt configuration (mirror, proxy, keys), so that apt works inside as it does outside.
suite=${AQUILA_BARE_SUITE:-bookworm}
echo "bare: making a Debian ($suite) in $tree" >&2
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
    [[ ! -s $file || $suite != bookworm ]] || sources+=("$file")
done
mmdebstrap --quiet --variant=minbase "$suite" "$tree" "${sources[@]}"
cp -a /etc/apt/apt.conf.d/. "$tree/etc/apt/apt.conf.d/"
[[ ! -d /etc/apt/auth.conf.d ]] || cp -a /etc/apt/auth.conf.d/. "$tree/etc/apt/auth.conf.d/"
cp -L /etc/resolv.conf /etc/hosts "$tree/etc/"
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d" # no package starts a service in here
chmod 755 "$tree/usr/sbin/policy-rc.d"

mkdir "$tree/root/aquila-fetch"
git archive HEAD | tar -x -C "$tree/root/aquila-fetch"

# Nothing of the caller's environment but the way to the network.
keep=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-dumb}")
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ -z ${!name:-} ]] || keep+=("$name=${!name}")
done

status=0
told=()
for command in "${commands[@]}"; do
    started=$SECONDS
    echo "bare: $command" >&2
    if env -i "${keep[@]}" unshare --mount --propagation private --pid --fork --kill-child=KILL \
        "$self" --inside "$tree" "$command"; then
        told+=("bare: ok $command ($((SECONDS - started)) s)")
    else
        told+=("bare: not ok $command ($((SECONDS - started)) s)")
        status=1
    fi
done
if [[ -n ${AQUILA_BARE_KEEP:-} ]]; then
    mkdir -p "$AQUILA_BARE_KEEP"
    cp -a "$tree/root/aquila-fetch/build/." "$AQUILA_BARE_KEEP/"
fi
printf '%s\n' "${told[@]}"
exit "$status"
