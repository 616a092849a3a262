#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Four boots of one machine, each by its own boot loader; the second one is recorded, for which the first asks. Then the kernel's line is what
# it was, and the evidence of the last three boots is there.
. /cases/lib.sh

KEPT=/var/lib/gpuwatch
STATE=/var/lib/loaders
ENTRY=gpuwatch-record

mkdir -p "$STATE"
boot=$(($(cat "$STATE/boot" 2>/dev/null || echo 0) + 1))
echo "$boot" >"$STATE/boot"
[ ! -s "$STATE/counts" ] || read -r passed failed <"$STATE/counts"
sed 's/BOOT_IMAGE=[^ ]* //; s/initrd=[^ ]* //' /proc/cmdline >"$STATE/line-$boot"
cat /proc/sys/kernel/random/boot_id >"$STATE/id-$boot"

# The next boot goes on with the counts of this one.
reboots() {
	journalctl -b -o short-monotonic --no-pager >"$OUT/journal-$boot"
	echo "$passed $failed" >"$STATE/counts"
	sync
	"$@" || fail "$*"
	sleep 60
	fail "the machine reboots"
	verdict
	exit
}

boot_was_looked_at() {
	[ "$(systemctl show -P ActiveState gpuwatch-probe-order.service)" = active ]
}

# kept BOOT…: the evidence of these boots is there, and of no other ones.
kept() {
	for kept_boot; do echo "$(cat "$STATE/id-$kept_boot").jsonl"; done | sort >/tmp/expected
	find $KEPT -name '*.jsonl' -printf '%f\n' | sort | diff /tmp/expected -
}

# initcalls BOOT: how many initcalls its evidence has.
initcalls() {
	gpuwatch-cli probe-order --json --from "$KEPT/$(cat "$STATE/id-$1").jsonl" >/tmp/order.json
	jq .summary.initcalls /tmp/order.json
}

entries() {
	find /boot /etc/tmpfiles.d -name "$ENTRY*" -o -path /boot/grub/custom.cfg
}

same_line() {
	diff "$STATE/line-1" "$STATE/line-$1"
}

# GRUB could not clear what it boots once.
check_unwritable() {
	cp -a /boot/grub /tmp/grub
	mount -t tmpfs tmpfs /boot/grub
	cp -a /tmp/grub/. /boot/grub/
	gpuwatch-cli probe-order --reboot-and-record >/tmp/refused 2>&1
	check "an environment block that GRUB cannot write is refused" [ $? = 4 ]
	check "because of that" grep -q "GRUB cannot write" /tmp/refused
	umount /boot/grub
	check "and nothing was written" [ -z "$(entries)" ]
}

loader=grub
[ ! -d /sys/firmware/efi ] || loader=systemd-boot
echo "boot $boot by $loader"
check "boot $boot was looked at, and its evidence kept" wait_until 120 boot_was_looked_at
case $boot in
1)
	check "the first boot's evidence" kept 1
	check "has few initcalls" [ "$(initcalls 1)" -lt 10 ]
	reboots gpuwatch-cli probe-order --reboot-and-record
	;;
2)
	check "the recorded boot has its parameters, and the first one's" \
		[ "$(cat "$STATE/line-2")" = "$(cat "$STATE/line-1") initcall_debug log_buf_len=8M" ]
	check "the kernel recorded its initcalls" [ "$(dmesg | grep -c 'initcall .* returned 0 after')" -gt 100 ]
	check "the evidence has them" [ "$(initcalls 2)" -gt 100 ]
	check "and that of the first boot is there" kept 1 2
	check "the entry is gone" [ -z "$(entries)" ] || entries
	gpuwatch-cli probe-order --reboot-and-record >/tmp/again 2>&1
	check "it is not recorded twice" [ $? = 4 ]
	check "because it was" grep -q "recorded so already" /tmp/again
	reboots systemctl reboot
	;;
3)
	check "the line is what it was" same_line 3
	check "three boots are kept" kept 1 2 3
	check "the recorded one has its initcalls still" [ "$(initcalls 2)" -gt 100 ]
	check "this one does not" [ "$(initcalls 3)" -lt 10 ]
	reboots systemctl reboot
	;;
4)
	check "the line stays what it was" same_line 4
	check "the last three boots are kept" kept 2 3 4
	check "the recorded one, too" [ "$(initcalls 2)" -gt 100 ]
	[ "$loader" != grub ] || check_unwritable
	check "this boot has what the last one had" gpuwatch-cli probe-order --compare $KEPT
	;;
esac
systemctl list-units --failed --plain --no-legend >/tmp/failed
check "nothing failed" [ ! -s /tmp/failed ]
cat /tmp/failed
verdict
