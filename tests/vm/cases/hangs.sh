#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the scenarios of the table `hangs`, one after the other, and leaves what gpuwatch reported of each for
# hangs-verify.py. Arguments: the kernel that this is, and patterns of scenarios; without a pattern all of them. --turn=N: each
# third row of the table, and those that are not for all kernels.
. /cases/lib.sh

formed() {
	jq -e '.formed_mono_ns > 0' "$LAB/truth" >/dev/null 2>&1
}

# The file has no size: it is made when it is read.
let_go() {
	[ -z "$(cat "$LAB/truth")" ]
}

# The daemon's standard output is the quickest witness: asking it costs the guest time.
lines() {
	wc -l <"$OUT/reports.jsonl"
}
since() {
	tail -n "+$((before + 1))" "$OUT/reports.jsonl"
}
# reported KIND CLASS: an active report of these.
reported() {
	since | grep -q "\"kind\": *\"$1\", *\"class\": *\"$2\", *\"state\": *\"active\""
}
# The last line of each report shows whether it is resolved.
none_active() {
	[ "$(jq -s 'map({ key: .id, value: .state }) | from_entries | map(select(. == "active")) | length' "$OUT/reports.jsonl")" -eq 0 ]
}

# begin SCENARIO...: starts it in a directory of its own.
begin() {
	dir=$OUT/$(echo "$1" | tr '/ ' '.-')
	mkdir -p "$dir"
	echo "$*" >"$dir/scenario"
	before=$(lines)
	# shellcheck disable=SC2086 # words
	check "$1: the lab starts it" lab_start $1
}
# ends SCENARIO [killed]: the lab stops it, unless the end of its process did.
end() {
	mono >"$dir/released_at"
	[ "${2:-}" = killed ] || check "$1: the lab stops it" lab_stop "$1"
	check "$1: resolved after release" wait_until 12 none_active
	since >"$dir/reports.jsonl"
	check "$1: the lab let go" let_go
}

# The action that the report names is tried: killing that process ends the hang; where nothing less than a reset, an unbind or a
# reboot is named, killing all that take part does not; and where no reset is, the lab's does not.
kill_named() {
	pid=$(jq -rs 'map(select(.state == "active")) | last | .root_cause.action.pid' "$dir/standing.jsonl")
	kill -KILL "$pid"
	check "$1: killing process $pid ends it" wait_until 12 none_active
	check "$1: the lab lets go of it" wait_until 12 let_go
}
kill_in_vain() {
	for pid in $(jq -r '.participants[].tgid' "$dir/truth.jsonl"); do
		kill -KILL "$pid" 2>/dev/null
	done
	sleep 2
	if none_active; then
		fail "$1: killing who takes part does not end it"
	else
		ok "$1: killing who takes part does not end it"
	fi
}

# The lab's reset retires fences, as a driver's does.
reset_helps() {
	echo 1 >"$LAB/reset"
	check "$1: a reset ends it" wait_until 12 none_active
}
reset_in_vain() {
	echo 1 >"$LAB/reset"
	sleep 2
	if none_active; then
		fail "$1: a reset does not end it"
	else
		ok "$1: a reset does not end it"
	fi
}

# The command that the report names.
command_helps() {
	sh -c "$(jq -rs 'map(select(.state == "active")) | last | .root_cause.action.command' "$dir/standing.jsonl")" >/dev/null
	check "$1: the named command ends it" wait_until 12 none_active
}
# Where no command is named, it is a debugger that has stopped the process.
continue_helps() {
	pid=$(jq -rs 'map(select(.state == "active")) | last | .root_cause.action | select(.command == null) | .pid' "$dir/standing.jsonl")
	if [ -z "$pid" ]; then
		command_helps "$1"
		return
	fi
	kill -KILL "$(sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$pid/status")"
	check "$1: it goes on without its debugger" wait_until 12 none_active
}
bind_again() {
	for device in /sys/bus/platform/devices/gpulab.*; do
		[ -e "$device/driver" ] || echo "${device##*/}" >/sys/bus/platform/drivers/gpulab/bind
	done
}

# hang SCENARIO KIND CLASS CONFIDENCE ACTION
hang() {
	limit=16
	[ "$2" != deadlock ] || limit=8
	case $4 in
	*@*) limit=$((${4#*@} + 4)) ;;
	esac
	begin "$1"
	check "$1: it forms" wait_until 20 formed
	check "$1: a $2 of class $3 is reported" wait_until "$limit" reported "$2" "$3"
	mono >"$dir/seen_at"
	sleep 1.5 # victims come after the participants, and wait as long before they count
	cp "$LAB/truth" "$dir/truth.jsonl"
	since >"$dir/standing.jsonl"
	gpuwatch-cli record --force "$dir/recording" >/dev/null
	case $5 in
	kill)
		kill_named "$1"
		end "$1" killed
		return
		;;
	close)
		command_helps "$1"
		end "$1" killed
		return
		;;
	gpu-reset)
		kill_in_vain "$1"
		reset_helps "$1"
		# A process that was killed in vain ends now, and its scenario with it.
		if wait_until 2 let_go; then
			end "$1" killed
			return
		fi
		;;
	continue)
		continue_helps "$1"
		# The process ends then, and its scenario with it.
		if wait_until 2 let_go; then
			end "$1" killed
			return
		fi
		;;
	unbind)
		kill_in_vain "$1"
		reset_in_vain "$1"
		command_helps "$1"
		bind_again
		;;
	reboot)
		kill_in_vain "$1"
		reset_in_vain "$1"
		;;
	esac
	end "$1"
}

# healthy SCENARIO SECONDS
healthy() {
	begin "$1"
	sleep "$2"
	cp "$LAB/truth" "$dir/truth.jsonl"
	gpuwatch-cli record --force "$dir/recording" >/dev/null
	end "$1"
}

# wanted SCENARIO PATTERN...: whether one of the patterns fits.
wanted() {
	spec=${1%% *}
	shift
	[ $# -gt 0 ] || return 0
	for pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		case $spec in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

# here KERNELS: whether this one is meant, and the row's turn is on this kernel.
here() {
	[ -z "$turn" ] || [ "${1:-all}" != all ] || [ $((row % 3)) -eq "$turn" ] || return 1
	case ",${1:-all}," in
	*,all,* | *",$kernel,"*) return 0 ;;
	esac
	return 1
}

kernel=$1 turn='' row=0
shift
case ${1:-} in
--turn=*) turn=${1#--turn=} && shift ;;
esac
load_lab || exit 1
# A recording of each scenario has to fit into the guest's memory, and those of all together.
mkdir -p /etc/gpuwatch/gpuwatchd.conf.d
printf '[Recording]\nBufferSize=256K\n' >/etc/gpuwatch/gpuwatchd.conf.d/recording.conf
start_daemon || exit 1
grep -v '^#' /cases/hangs >"$OUT/table"
while IFS="$(printf '\t')" read -r scenario kind class confidence culprit end_kind action kernels; do
	row=$((row + 1))
	wanted "$scenario" "$@" || continue
	case $kind in
	healthy) ! here "$culprit" || healthy "$scenario" "$class" ;;
	*) ! here "$kernels" || hang "$scenario" "$kind" "$class" "$confidence" "$action" ;;
	esac
done <"$OUT/table"
stop_daemon
check "rmmod gpulab" rmmod gpulab
verdict
