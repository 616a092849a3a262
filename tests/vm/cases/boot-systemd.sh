#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Booted by a real initramfs with gpuwatch's hook in it, which loads vgem: what
# was recorded there is still there after switch-root, in the hands of a daemon
# that is not root.
. /cases/lib.sh

PINS=/sys/fs/bpf/gpuwatch-boot

# boot_event TYPE SUBJECT: when it was, in µs; nothing if there is none.
boot_event() {
	jq -r --arg type "$1" --arg subject "$2" \
		'.event? // empty | select(.source == "bpf" and .type == $type and .subject == $subject) |
		.time_ns / 1000 | floor' "$OUT/boot.jsonl"
}

check "the initramfs has left its pins" [ -e "$(echo $PINS/*/map_boot_events)" ]
check "of one build" [ "$(find $PINS -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ]
check "the kernel log has no complaint" sh -c '! dmesg | grep "gpuwatch:"'
check "the unit found it done" [ "$(systemctl show -P Result gpuwatch-boot.service)" = success ]
check "at once" [ "$(systemctl show -P ActiveEnterTimestampMonotonic gpuwatch-boot.service)" -gt 0 ]
check "before udev loads drivers" [ "$(systemctl show -P ActiveEnterTimestampMonotonic gpuwatch-boot.service)" -le \
	"$(systemctl show -P ActiveEnterTimestampMonotonic systemd-udev-trigger.service)" ]
check "no failed unit" [ -z "$(systemctl list-units --failed --plain --no-legend | grep gpuwatch)" ]

systemd-sysusers
systemd-tmpfiles --create /usr/lib/tmpfiles.d/gpuwatch.conf
systemctl daemon-reload
busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
check "systemctl start gpuwatchd" systemctl start gpuwatchd
gpuwatch-cli probe-order --save="$OUT/boot.jsonl" || fail "the evidence can be saved"
check "the daemon took over what was attached" [ "$(gpuwatch-cli status --json |
	jq -r '[.probes[] | select(.name == "boot_probe")][0].state')" = adopted ]
check "the pins are its own now" [ "$(stat -c %U $PINS/*/map_boot_events)" = gpuwatch ]

switched=$(systemctl show -P UserspaceTimestampMonotonic)
loaded=$(boot_event module-end vgem)
echo "vgem loaded at ${loaded:-?} us, systemd of the root disk began at $switched us"
check "vgem was loaded once" [ "$(boot_event module-end vgem | wc -l)" -eq 1 ]
check "before systemd of the root disk began" [ "${loaded:-$switched}" -lt "$switched" ]
check "the disk's driver came up, too" [ -n "$(boot_event probe-end virtio1)$(boot_event probe-end virtio0)" ]
check "since then nothing is missing" jq -es \
	'[.[] | .event? // empty | select(.source == "bpf") | .sequence // 0] | sort | . == [range(length)]' "$OUT/boot.jsonl"
check "it reads the kernel log and debugfs" jq -es \
	'all(.[] | .lost? // empty | .unreadable[]; test("kmsg|devices_deferred") | not)' "$OUT/boot.jsonl"

systemctl kill -s KILL gpuwatchd
check "started again" wait_until 30 daemon_answers
gpuwatch-cli probe-order --save="$OUT/again.jsonl"
check "vgem is still there, and once" [ "$(jq -r '.event? // empty | select(.source == "bpf" and
	.type == "module-end" and .subject == "vgem") | 1' "$OUT/again.jsonl" | wc -l)" -eq 1 ]
check "systemctl stop" systemctl stop gpuwatchd
pins_gone() {
	[ -z "$(find /sys/fs/bpf -type f)" ]
}
check "takes all programs away" wait_until 60 pins_gone
verdict
