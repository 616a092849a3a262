#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is missing is said, in one clear line or in the status, and the rest runs.
. /cases/lib.sh

# Failed by itself, not killed and not missing.
failed_cleanly() {
	[ "$clear_code" -ne 0 ] && [ "$clear_code" -lt 126 ]
}

# fails_clearly NAME PATTERN CMD…: exit code other than 0, one line, that matches.
fails_clearly() {
	clear_name=$1
	clear_pattern=$2
	shift 2
	"$@" >/tmp/out 2>/tmp/err
	clear_code=$?
	cat /tmp/err
	check "$clear_name: exit code" failed_cleanly
	check "$clear_name: one line" [ "$(cat /tmp/out /tmp/err | wc -l)" -eq 1 ]
	check "$clear_name: says what" grep -qiE "$clear_pattern" /tmp/err
}

probe_state() {
	gpuwatch-cli status --json | jq -r "[.probes[] | select(.target | test(\"$1\"))][0].state"
}
probe_is() {
	[ "$(probe_state "$1")" = "$2" ]
}

fails_clearly "BTF path that points nowhere" 'btf' gpuwatchd --standalone --btf=/nonexistent
mount -t tmpfs none /sys/kernel/btf
fails_clearly "no BTF" 'btf' gpuwatchd --standalone
check "no BTF: an exit status that systemd does not try again" [ "$clear_code" -eq 69 ]
umount /sys/kernel/btf
fails_clearly "no capability" 'cap_bpf|capabilit|permission|permitted' \
	/usr/bin/setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups gpuwatchd --standalone \
	--private-socket=/tmp/private --pin-directory=/tmp/none
fails_clearly "a PID namespace of its own" 'PID namespace' busybox unshare -p -f gpuwatchd --standalone \
	--private-socket=/tmp/private
echo '[Watch]
MinWaitSec=soon' >/tmp/bad.conf
fails_clearly "bad configuration" '/tmp/bad.conf:2:' gpuwatchd --standalone --config=/tmp/bad.conf

mount -o remount,ro /sys/fs/bpf 2>/dev/null
start_daemon --pin-directory=/tmp/not-a-bpffs || exit 1
check "runs without pins" daemon_answers
check "and says so" sh -c 'gpuwatch-cli status --json | jq -e ".pinned == false" >/dev/null'
check "drm is not there yet: its probes wait" probe_is drm_dev_enter waiting
modprobe drm
check "drm has come: attached" wait_until 5 probe_is drm_dev_enter attached
check "and drm can go: gpuwatch does not hold it" rmmod drm
check "drm has gone: waiting" wait_until 5 probe_is drm_dev_enter waiting
modprobe drm
check "and come again: attached" wait_until 5 probe_is drm_dev_enter attached
gpuwatch-cli status
stop_daemon

# A kernel without a function that is wanted, as far as the daemon can see.
grep -v ' drm_dev_unplug' /proc/kallsyms >/tmp/kallsyms
mount --bind /tmp/kallsyms /proc/kallsyms
start_daemon --no-pin || exit 1
check "a function that this kernel does not have is absent" probe_is drm_dev_unplug absent
check "what is lost without it is said" sh -c \
	'gpuwatch-cli status --json | jq -r ".limitations[]" | grep -q drm_dev_unplug'
check "the rest is attached" probe_is drm_dev_enter attached
stop_daemon
umount /proc/kallsyms

# A fence's names are what the code of its driver's functions gives: no trace event of the kernel's is needed.
fence_is_named() {
	gpuwatch-cli deadlocks --json | jq -e 'any(.[].nodes[]; .type == "fence" and .driver == "gpulab" and
		(.timeline | test("^gfx")))' >/dev/null
}
mkdir /tmp/nothing
mount --bind /tmp/nothing /sys/kernel/tracing
mount --bind /tmp/nothing /sys/kernel/debug/tracing
start_daemon --no-pin || exit 1
check "without tracefs no probe fails" [ "$(gpuwatch-cli status --json | jq '[.probes[] | select(.state == "failed")] | length')" -eq 0 ]
load_lab || exit 1
lab_start fence-lock-cycle/resv
check "a deadlock is reported all the same" wait_until 8 at_least deadlocks active 1
check "and its fence has its names" fence_is_named
lab_stop fence-lock-cycle/resv
stop_daemon

# Where the kernel hides its symbols, a timeout cannot be recognised: what might end by itself proves nothing.
echo 2 >/proc/sys/kernel/kptr_restrict
start_daemon --no-pin || exit 1
check "hidden symbols are said" sh -c 'gpuwatch-cli status --json | jq -e "any(.probes[]; .name == \"symbols\" and .state == \"failed\")" >/dev/null'
lab_start "late-reset/bounded seconds=6"
sleep 5
check "hidden symbols: nothing is proven" [ "$(gpuwatch-cli deadlocks --json | jq 'map(select(.confidence == "proven")) | length')" -eq 0 ]
check "while it stands" [ "$(jq .formed_mono_ns "$LAB/truth")" -gt 0 ]
lab_stop late-reset
stop_daemon
echo 0 >/proc/sys/kernel/kptr_restrict

# A daemon that answers nothing and cannot be made to is left behind: its successor takes the socket over.
start_daemon --no-pin || exit 1
hung=$daemon
kill -STOP "$hung"
if start_daemon --no-pin; then
	ok "a second daemon takes the socket of one that hangs"
else
	fail "a second daemon takes the socket of one that hangs"
fi
check "it names the one that hangs" grep -q "process $hung does not answer" "$OUT/gpuwatchd.log"
kill -CONT "$hung"
kill "$hung"
wait "$hung"
check "the end of the first one leaves the second one's socket" daemon_answers
stop_daemon
verdict
