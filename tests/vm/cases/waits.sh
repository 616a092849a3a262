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
fuse_shown() {
	waits_all | jq -e ".waits[] | select(.pid == $fuse_pid and .subsystem.kind == \"fuse\")" >/dev/null
}
nobody_in_d() {
	waits_all | jq -e ".waits | map(select(.pid == $fuse_pid)) | length == 0" >/dev/null
}
modprobe fuse
labuser fuse-hang >"$OUT/fuse" &
server=$!
wait_until 5 grep -q pid= "$OUT/fuse"
fuse_pid=$(sed -n 's/^pid=//p' "$OUT/fuse")
check "waits --all shows whose fault it is" wait_until 10 fuse_shown
sleep 3
gpuwatch-cli waits --all
gpuwatch-cli deadlocks
check "it is no wait for a GPU" not_shown "$fuse_pid" .
check "nor a stall" [ "$(gpuwatch-cli stalls --min-age 1s --json | jq length)" -eq 0 ]
check "and explains itself" [ "$(gpuwatch-cli deadlocks | head -1)" = "No deadlock. Nothing waits for a GPU." ]
kill -KILL $server
check "it is over with its server" wait_until 10 nobody_in_d

check "no deadlock was reported" [ "$(gpuwatch-cli deadlocks --all --json | jq length)" -eq 0 ]
stop_daemon
verdict
