#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# All Debian packages as an administrator has them: install, upgrade while a deadlock stands, remove, purge. In /debs/old they
# are of an older version.
. /cases/lib.sh
export DEBIAN_FRONTEND=noninteractive

URL=http://127.0.0.1:9844
kernel=$(uname -r)

not() {
	! "$@"
}
main_pid() {
	systemctl show -P MainPID gpuwatchd
}
report() {
	gpuwatch-cli deadlocks --json | jq -r '.[0].id + " " + (.[0].formed_mono_ns | tostring)'
}
version() {
	dpkg-query -W -f '${Version}' "$1"
}
# get PATH: over HTTP, by bash, as there is no curl
get() {
	bash -c 'exec 3<>/dev/tcp/127.0.0.1/9844 && printf "GET %s HTTP/1.0\r\n\r\n" "$1" >&3 && cat <&3' - "$1" >/tmp/body 2>/dev/null
}
serves() {
	get /metrics && grep -q "^gpuwatch_up $1" /tmp/body
}
in_initramfs() {
	lsinitramfs "/boot/initrd.img-$kernel" | grep -q sbin/gpuwatchd
}
# left WHERE...: what there is of it
left() {
	find "$@" -xdev -name '*gpuwatch*' 2>/dev/null | grep -v -e gpuwatch-vm -e virtio-gpuwatch -e '^/var/lib/dpkg'
}

check "no compiler here" sh -c '! command -v cc && ! command -v clang'
left /usr /etc /var/lib /lib/systemd | tee /tmp/left
check "nothing of gpuwatch here" [ ! -s /tmp/left ]
load_lab || exit 1
# The kernel is there without its package: what the generator reads of that.
mkdir -p /boot
echo CONFIG_RD_GZIP=y >"/boot/config-$kernel"
update-initramfs -c -k "$kernel"
check "an initramfs" sh -c "lsinitramfs /boot/initrd.img-$kernel >/tmp/listed"
check "without it" not in_initramfs

# ---- install ------------------------------------------------------------------------------

check "install" dpkg -i /debs/old/gpuwatch.deb
check "the daemon runs" wait_until 60 daemon_answers
check "as its own user" [ "$(ps -o user= -p "$(main_pid)")" = gpuwatch ]
check "healthy" wait_until 20 gpuwatch-cli check
check "install of the exporter" dpkg -i /debs/old/gpuwatch-exporter.deb
check "its socket listens" systemctl -q is-active gpuwatch-exporter.socket
check "and nothing runs" not systemctl -q is-active gpuwatch-exporter.service
check "it answers" wait_until 20 serves 1
check "by a user of its own" [ "$(id -nu gpuwatch-exporter)" = gpuwatch-exporter ]
check "install of the initramfs' part" dpkg -i /debs/old/gpuwatch-initramfs.deb
check "its trigger has made the initramfs anew, with it" in_initramfs

# ---- upgrade --------------------------------------------------------------------------------

lab_start fence-lock-cycle/resv
check "a deadlock is reported" wait_until 20 at_least deadlocks active 1
before=$(report)
pid=$(main_pid)
exporter=$(systemctl show -P MainPID gpuwatch-exporter)
echo '[Watch]' >>/etc/gpuwatch/gpuwatchd.conf
touch /tmp/upgraded
check "upgrade" dpkg -i /debs/new/gpuwatch.deb /debs/new/gpuwatch-exporter.deb /debs/new/gpuwatch-initramfs.deb
for package in gpuwatch gpuwatch-exporter gpuwatch-initramfs; do
	check "the new version of $package" [ "$(version $package)" = "$(cat /debs/version)" ]
done
check "another process" [ "$(main_pid)" != "$pid" ]
check "it answers" wait_until 60 daemon_answers
check "the same deadlock" wait_until 20 at_least deadlocks active 1
check "under the same id, since the same time" [ "$(report)" = "$before" ]
check "the changed configuration stays" grep -q '^\[Watch\]' /etc/gpuwatch/gpuwatchd.conf
check "the exporter answers" wait_until 20 serves 1
check "by another process" [ "$(systemctl show -P MainPID gpuwatch-exporter)" != "$exporter" ]
check "which has the deadlock" grep -q '^gpuwatch_reports_active{kind="deadlock"' /tmp/body
check "the trigger has made the initramfs anew" [ "/boot/initrd.img-$kernel" -nt /tmp/upgraded ]
check "the initramfs has it still" in_initramfs

# ---- dracut in the place of initramfs-tools -----------------------------------------------------

dracut_has() {
	lsinitrd "/boot/initrd.img-$kernel" | grep -q "$1"
}
touch "/boot/vmlinuz-$kernel" # dracut makes one for each kernel of which it sees this
check "initramfs-tools goes" dpkg -r --force-depends initramfs-tools
rm "/boot/initrd.img-$kernel"
# This root has no file systems' tools, which dracut could take along.
check "dracut comes" dpkg -i --force-depends /debs/dracut/*.deb
check "its trigger has made the initramfs, with it" dracut_has sbin/gpuwatchd
check "and what starts it there" dracut_has record-boot.sh

# ---- remove -----------------------------------------------------------------------------------

check "not without what needs it" not dpkg -r gpuwatch
check "remove the exporter" dpkg -r gpuwatch-exporter
check "nobody listens" not get /metrics
check "no process of it" not pgrep -x gpuwatch-export
check "the daemon runs on" daemon_answers
check "remove the initramfs' part" dpkg -r gpuwatch-initramfs
check "its trigger has made the initramfs anew, without it" not dracut_has gpuwatchd
check "remove" dpkg -r gpuwatch
check "nothing runs" not pgrep -x gpuwatchd
pins_gone() {
	[ -z "$(find /sys/fs/bpf -type f)" ]
}
check "nothing stays attached" wait_until 30 pins_gone
check "the configuration stays" [ -e /etc/gpuwatch/gpuwatchd.conf ]
check "install again" dpkg -i /debs/new/gpuwatch.deb
check "with the configuration that was kept" grep -q '^\[Watch\]' /etc/gpuwatch/gpuwatchd.conf
# Who signals the fence has gone with the programs that learned it: what is left of the deadlock is a wait that has no end.
check "what stands is reported by its waits alone" wait_until 60 at_least stalls active 1

# ---- purge ------------------------------------------------------------------------------------

check "purge" dpkg -P gpuwatch gpuwatch-exporter gpuwatch-initramfs
check "nothing stays attached after it" wait_until 30 pins_gone
left /usr /etc /var/lib /run /lib/systemd | tee /tmp/left
check "nothing is left" [ ! -s /tmp/left ]
check "no failed unit" [ -z "$(systemctl list-units --failed --plain --no-legend | grep gpuwatch)" ]
lab_stop fence-lock-cycle/resv
check "the driver can go" wait_until 10 rmmod gpulab
verdict
