#!/usr/bin/env bash
# Why: a kill leaves what was written in the kernel's memory; only a machine that loses its power forgets what was not synced. A
# virtual one (qemu, software alone) collects onto an ext4 disk and is ended by SIGKILL at moments of chance; what it had not flushed
# is gone. It is started again and goes on, is cut off again, and in the end the disk must hold each record once.
# Then the same with fsync and fdatasync made to do nothing: that must go wrong, or this proves nothing.
#   power_cut.sh      CUTS: how many; SEED: the dice. Some minutes; needs apt-get for a kernel, which is kept beside the build.
# shellcheck disable=SC2119  # run and start_sim may go without arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash
export PATH=$PATH:/usr/sbin:/sbin
need qemu-system-x86_64 cpio busybox mkfs.ext4 curl cc apt-get dpkg-deb ldd
cuts=${CUTS:-8} seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "seed $seed (repeat it with SEED=$seed)"

kernel=$build/peers/kernel
[[ -e $kernel ]] || {
    package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    mkdir -p "$scratch/kernel" "$build/peers"
    (cd "$scratch/kernel" && apt-get -qq download "${package:-none}") >"$scratch/kernel.log" 2>&1 || skip "no kernel to be had"
    dpkg-deb -x "$scratch"/kernel/*.deb "$kernel.new"
    mv "$kernel.new" "$kernel"
}
cd "$scratch"

# --- the machine: a RAM disk with the program, the simulator and what they need; the records are the same at every start
start_sim
generate jira 6000 -340m -15m 1
generate confluence 6000 -340m -15m 2
mkdir -p ram/{bin,dev,proc,sys,tmp,data,modules,records,lib64}
for product in jira confluence; do expected "$product" >"ram/records/$product"; done
cp "$(command -v busybox)" ram/bin/busybox
cp "$build/aquila-fetch" "$build/atlassian_sim" ram/bin/
printf '#include <unistd.h>\nint fsync(int f) { (void)f; return 0; }\nint fdatasync(int f) { (void)f; return 0; }\n' >nosync.c
cc -shared -fPIC -o ram/bin/nosync.so nosync.c
ldd "$build/aquila-fetch" "$build/atlassian_sim" | sed -nE 's/^[^/]*(\/[^ ]+) \(0x.*/\1/p' | sort -u | while read -r library; do
    mkdir -p "ram$(dirname "$library")"
    cp -L "$library" "ram$library"
done
modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk)
for module in "${modules[@]}"; do find "$kernel/lib/modules" -name "$module.ko" -exec cp {} ram/modules/ \;; done
printf 'sim-token' >ram/token
for product in jira confluence; do
    cat >"ram/$product.ini" <<END_OF_INI
[$product]
cloud_id = crash
email = admin@example.com
token_file = /token
api_url = http://127.0.0.1:8000
state_dir = /data/state
output = /data/$product/flattened.json
page_size = 50
initial_lookback = 24h
END_OF_INI
done
chmod 600 ram/token
cat >ram/init <<'END_OF_INIT'
#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
busybox mount -t proc proc /proc
busybox --install -s /bin
export PATH=/bin
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
    insmod /modules/$module.ko
done
for _ in 1 2 3 4 5 6 7 8 9; do mount -t ext4 /dev/vda /data && break || sleep 0.2; done
ip link set lo up
atlassian_sim --port 8000 --port-file /tmp/port --cloud-id crash --records jira /records/jira --records confluence /records/confluence \
    --latency 40 >/tmp/sim 2>&1 &
until [ -s /tmp/port ]; do sleep 0.1; done
grep -q nosync /proc/cmdline && export LD_PRELOAD=/bin/nosync.so
echo READY
for product in jira confluence; do
    aquila-fetch -c /$product.ini -q || echo "STATUS $product $?"
done
echo COLLECTED
if grep -q check /proc/cmdline; then
    for product in jira confluence; do
        sort /records/$product >/tmp/held
        cat /data/$product/flattened* | sed -E 's/,"offset":[0-9]+,"total":[0-9]+\}$/}/' | sort >/tmp/kept
        # comm -3 would do, had busybox one that agrees with its sort
        diff /tmp/held /tmp/kept >/tmp/diff
        echo "RESULT $product lost $(grep -c '^-[^-]' /tmp/diff) doubled $(grep -c '^+[^+]' /tmp/diff)"
    done
    sync
fi
poweroff -f
END_OF_INIT
chmod 755 ram/init
(cd ram && find . | cpio -o -H newc 2>/dev/null | gzip -1) >initrd.gz

# --- it runs
# boot WORDS…: its messages go to console; $machine
boot() {
    : >console
    qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -nographic -no-reboot -net none \
        -kernel "$kernel"/boot/vmlinuz-* -initrd initrd.gz -append "console=ttyS0 quiet no_timer_check panic=-1 $*" \
        -drive file=disk.img,if=virtio,format=raw,cache=writeback </dev/null >console 2>qemu.log &
    machine=$!
}
cleanups+=("{ kill -9 \${machine:-none}; } 2>/dev/null || true")
# said WORD: waits until it was said; fails when the machine is gone or silent for two minutes
said() {
    local _
    for _ in $(seq 1200); do
        ! grep -q "$1" console || return 0
        [[ -e /proc/$machine/exe ]] || return 1 # no program any more: it has ended
        sleep 0.1
    done
    return 1
}
# torment CUTS SECONDS WORDS…: cuts its power so often, so long after the collecting began or up to four seconds later, then lets
# it come to an end; sets $lost, $doubled, $cut
torment() {
    local cuts=$1 least=$2
    shift 2
    truncate -s 0 disk.img
    truncate -s 128M disk.img
    mkfs.ext4 -q -F disk.img
    cut=0
    local pause
    while ((cut < cuts)); do
        boot "$@"
        said READY || { echo "the machine did not start"; tail -n 20 console qemu.log; exit 1; }
        printf -v pause '%d.%03d' $((least + RANDOM % 4)) $((RANDOM % 1000))
        sleep "$pause"
        if grep -q COLLECTED console; then
            # All was collected before the power went: begin anew with an empty disk.
            wait "$machine" || true
            truncate -s 0 disk.img
            truncate -s 128M disk.img
            mkfs.ext4 -q -F disk.img
            continue
        fi
        kill -9 "$machine"
        wait "$machine" 2>/dev/null || true
        cut=$((cut + 1))
    done
    boot check
    said 'RESULT confluence' || { echo "the machine did not come to an end"; tail -n 20 console; exit 1; }
    wait "$machine" || true
    grep -a STATUS console || true
    read -r lost doubled < <(sed -nE 's/.*RESULT [a-z]+ lost ([0-9]+) doubled ([0-9]+).*/\1 \2/p' console |
        awk '{ lost += $1; doubled += $2 } END { print lost, doubled }')
}

torment "$cuts" 0
echo "$cut power cuts: $lost lost, $doubled doubled or damaged"
((lost == 0 && doubled == 0)) || { cat console; exit 1; }
torment 3 7 nosync # the file system keeps some order by itself, for five seconds
echo "$cut power cuts with fsync made to do nothing: $lost lost, $doubled doubled or damaged, $(grep -ac STATUS console) runs refused"
((lost > 0 || doubled > 0)) || grep -aq STATUS console || { echo "that should have gone wrong: this proves nothing"; exit 1; }
