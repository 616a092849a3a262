#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Real waits on real fences, as user space makes them: a DRM syncobj, poll(2)
# on a sync_file, vgem's own fences. Each is shown while it lasts and then not.
. /cases/lib.sh

# waits_of PID: the kinds of wait that are shown for a task.
kinds() {
	gpuwatch-cli waits --json | jq -r ".waits[] | select(.pid == $1) | .kind"
}
shown() {
	kinds "$1" | grep -qxE "$2"
}
not_shown() {
	! shown "$1" "$2"
}

# wait_case NAME KINDS CMD…: CMD blocks in a wait and prints the pid that does, or is it itself.
wait_case() {
	case_name=$1
	case_kinds=$2
	shift 2
	"$@" &
	case_pid=$!
	if wait_until 5 shown "$case_pid" "$case_kinds"; then
		ok "$case_name is shown"
		gpuwatch-cli waits
	else
		fail "$case_name is shown"
		gpuwatch-cli waits --json
		cat "/proc/$case_pid/stack"
	fi
	wait "$case_pid"
	check "$case_name ends well" [ $? -eq 0 ]
	check "$case_name is over" not_shown "$case_pid" "$case_kinds"
}

modprobe vgem
load_lab || exit 1
start_daemon || exit 1
wait_case "syncobj wait" syncobj labuser syncobj-wait seconds=3
wait_case "sync_file poll" poll labuser syncfile-poll seconds=3
wait_case "vgem fence wait" fence labuser vgem-wait seconds=3
wait_case "vgem dma-buf poll" poll labuser vgem-poll seconds=3
wait_case "vgem sync_file poll" poll labuser vgem-syncfile seconds=3

# A task in state D for what is no GPU: a FUSE server that never answers.
waits_all() {
	gpuwatch-cli waits --all --json
}
# shown_as KIND PID
shown_as() {
	waits_all | jq -e ".waits[] | select(.pid == $2 and .subsystem.kind == \"$1\")" >/dev/null
}
# not_in_d PID
not_in_d() {
	waits_all | jq -e ".waits | map(select(.pid == $1)) | length == 0" >/dev/null
}
no_stall() {
	[ "$(gpuwatch-cli stalls --min-age 1s --json | jq length)" -eq 0 ]
}
# other_case NAME KIND PID: what has nothing to do with a GPU.
other_case() {
	if wait_until 10 shown_as "$2" "$3"; then
		ok "$1 is shown as what it is"
	else
		fail "$1 is shown as what it is"
		waits_all
		cat "/proc/$3/stack"
	fi
	check "$1 is no stall" no_stall
}
modprobe fuse
labuser fuse-hang >"$OUT/fuse" &
server=$!
wait_until 5 grep -q pid= "$OUT/fuse"
fuse_pid=$(sed -n 's/^pid=//p' "$OUT/fuse")
other_case "a FUSE server that never answers" fuse "$fuse_pid"
sleep 3
gpuwatch-cli waits --all
gpuwatch-cli deadlocks
check "it is no wait for a GPU" not_shown "$fuse_pid" .
check "and explains itself" [ "$(gpuwatch-cli deadlocks | head -1)" = "No deadlock. Nothing waits for a GPU." ]
kill -KILL $server
check "it is over with its server" wait_until 10 not_in_d "$fuse_pid"

# A disk that takes eight seconds for each read: the first one is for its partitions.
modprobe null_blk nr_devices=1 irqmode=2 completion_nsec=8000000000 &
disk=$!
other_case "a slow disk" block $disk
wait $disk
check "it is over when the disk has answered" not_in_d $disk

# A file system that is frozen, as for a snapshot of its disk.
modprobe -a loop ext4
dd if=/dev/zero of=/tmp/disk bs=1M count=8 2>/dev/null
mke2fs -F /tmp/disk >/dev/null
mkdir /tmp/frozen
mount -t ext4 -o loop /tmp/disk /tmp/frozen
fsfreeze --freeze /tmp/frozen
touch /tmp/frozen/file &
writer=$!
other_case "a write to a frozen file system" file-system $writer
fsfreeze --unfreeze /tmp/frozen
check "it is over when that goes on" wait $writer
umount /tmp/frozen

# A process that the freezer of cgroup v1 holds.
mkdir /tmp/freezer
mount -t cgroup -o freezer none /tmp/freezer
mkdir /tmp/freezer/held
sleep 1000 &
held=$!
echo $held >/tmp/freezer/held/cgroup.procs
echo FROZEN >/tmp/freezer/held/freezer.state
other_case "a frozen process" freezer $held
echo THAWED >/tmp/freezer/held/freezer.state
kill $held

check "no deadlock was reported" [ "$(gpuwatch-cli deadlocks --all --json | jq length)" -eq 0 ]
stop_daemon
verdict
