#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Recording begins first, drivers come up, a daemon comes late, is killed and
# comes again: every event is there once. boot-record-verify.py compares with
# what the drivers of tests/lab-probe and the kernel log say.
#
# Booted with initcall_debug. Leaves in /out:
#   early.jsonl, late.jsonl   the evidence before and after the daemon was killed
#   truth.jsonl, dmesg        the board's log, the kernel's
#   flood.jsonl, flood.json   evidence and answer after a flood that nobody read
#   recorded_ns               CLOCK_MONOTONIC when recording had begun
. /cases/lib.sh

PINS=/sys/fs/bpf/gpuwatch-boot
BOARD=/sys/kernel/debug/orion/board
BOARD_LOG=/sys/kernel/debug/orion/log

board() {
	echo "$*" >$BOARD || fail "the board: $*"
}

load() {
	load_name=$1
	shift
	insmod "/lab-probe/orion_$load_name.ko" "$@" || fail "load $load_name"
}

save() {
	gpuwatch-cli probe-order --save="$OUT/$1" >/dev/null 2>"$OUT/error" ||
		fail "the evidence can be saved: $(cat "$OUT/error")"
}

counter() {
	gpuwatch-cli status --json | jq ".counters.$1"
}

# What is pinned: another build or another try would have other names or inodes.
pins() {
	find $PINS -exec stat -c '%i %n' {} + | sort
}

# --- without a bpffs, without rights, twice
gpuwatchd --record-boot --pin-directory=/tmp/pins >/tmp/out 2>/tmp/err
check "no bpffs there: exit code 1" [ $? -eq 1 ]
check "and one line that says so" grep -q 'BPF file system' /tmp/err
check "only one" [ "$(wc -l <"/tmp/err")" -eq 1 ]
umount /sys/fs/bpf
gpuwatchd --record-boot >/tmp/out 2>&1
check "mounts the bpffs and records: exit code 0" [ $? -eq 0 ]
mono >"$OUT/recorded"
check "without a word" [ ! -s /tmp/out ]
check "mounted" grep -q ' /sys/fs/bpf bpf ' /proc/mounts
check "pinned" [ -e "$(echo $PINS/*/map_boot_events)" ]
before=$(pins)
gpuwatchd --record-boot >/tmp/out 2>&1
check "a second time: exit code 0" [ $? -eq 0 ]
check "without a word, too" [ ! -s /tmp/out ]
check "and without a change" [ "$(pins)" = "$before" ]

# --- drivers come up while nobody is there to read
modprobe vgem
load core
load board
load mmu probe_ms=50
load display
load video
board add orion-display.1 needs=orion-mmu.1
board add orion-mmu.1
board add orion-mmu.2
board add orion-video.2 needs=orion-mmu.2
board add orion-isp.3
board add orion-display.3 needs=orion-isp.3 link=managed
sleep 1

# --- a daemon that comes late has all of it
start_daemon || exit 1
check "adopts what was attached" [ "$(gpuwatch-cli status --json |
	jq -r '[.probes[] | select(.name == "boot_probe")][0].state')" = adopted ]
save early.jsonl

# --- killed, and things go on
kill -9 "$daemon"
wait "$daemon"
board add orion-video.4
rmmod vgem
modprobe vgem
start_daemon || exit 1
board add orion-mmu.5
board add orion-display.5 needs=orion-mmu.5
sleep 1
kill -9 "$daemon"
wait "$daemon"
start_daemon || exit 1
save late.jsonl
cat $BOARD_LOG >"$OUT/truth.jsonl"
dmesg >"$OUT/dmesg"
check "nothing dropped" [ "$(counter dropped_boot_events)" -eq 0 ]

# --- a flood that nobody reads: the buffer overflows, and that is known
kill -9 "$daemon"
wait "$daemon"
load lane
board add orion-lane.100000 count=10000 bare
board remove orion-lane.100000 count=10000
start_daemon || exit 1
save flood.jsonl
gpuwatch-cli probe-order --json >"$OUT/flood.json" 2>/dev/null
check "the flood was counted" [ "$(counter dropped_boot_events)" -gt 0 ]
check "status says so" sh -c 'gpuwatch-cli status --json |
	jq -e "any(.limitations[]; test(\"events of the boot were lost\"))" >/dev/null'
gpuwatch-cli status --json | jq .counters >"$OUT/flood-counters.json"
before=$(counter boot_events)
board add orion-video.6
check "and what comes after it is recorded" wait_until 5 sh -c "[ \$(gpuwatch-cli status --json |
	jq .counters.boot_events) -gt $before ]"

stop_daemon
check "a clean end takes the programs away" [ ! -e $PINS ]

# --- nobody was there before: the daemon begins to record itself
start_daemon --no-pin || exit 1
before=$(counter boot_events)
board add orion-video.7
check "a daemon records by itself" wait_until 5 sh -c "[ \$(gpuwatch-cli status --json |
	jq .counters.boot_events) -gt $before ]"
save again.jsonl
stop_daemon
verdict
