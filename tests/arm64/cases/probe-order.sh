#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Brings the devices of lab.dts up in right and wrong orders, one case per boot. Each step first holds the kernel to
# what it is known to do (who is bound, with an IOMMU or without, who still waits), then gpuwatch to what is true.
#
# usage: probe-order.sh CASE
#
# The guest may be slow: nothing here depends on how slow, within the two minutes that it has.
# Leaves in /out what gpuwatch said at each look: NAME.json, NAME.txt, NAME.svg, and the evidence in NAME.jsonl.
. /cases/lib.sh

DEVICES=/sys/bus/platform/devices

# load MODULE [PARAMETER]…
load() {
	modprobe "$@" || fail "modprobe $*"
}

# ---- what the kernel says -------------------------------------------------------

bound() {
	[ -e "$DEVICES/$1/driver" ]
}

grouped() {
	[ -e "$DEVICES/$1/iommu_group" ]
}

deferred() {
	grep -q "^$1	" /sys/kernel/debug/devices_deferred
}

said_by_kernel() {
	dmesg | grep -q "$1"
}

# The kernel gave up waiting, and brought the GPU up without its IOMMU.
given_up() {
	said_by_kernel 'lab-gpu: deferred probe timeout, ignoring dependency' && bound lab-gpu
}

both_bound() {
	bound lab-gpu && bound lab-codec
}

# is CMD…: the kernel is as it is known to be.
is() {
	check "the kernel: $*" "$@"
}

not() {
	! "$@"
}

# ---- what gpuwatch says -----------------------------------------------------------

# Every report that is active, as "CLASS DEVICE SUPPLIER", sorted.
reports() {
	jq -r '.reports[] | select(.state == "active") | "\(.class) \(.probe_order.device) \(.probe_order.supplier)"' "$1" | sort
}

ask() {
	gpuwatch-cli probe-order --json >"$OUT/$1.json" 2>>"$OUT/$1.err"
	echo $? >"$OUT/$1.code"
}

asked_says() {
	ask "$1"
	[ "$(reports "$OUT/$1.json")" = "$2" ]
}

exit_code_fits() {
	[ "$(cat "$OUT/$1.code")" = "$(jq 'if .summary.lost > 0 then 1 else 0 end' "$OUT/$1.json")" ]
}

# look NAME [CLASS DEVICE SUPPLIER]…: these reports are active soon, and then no others.
look() {
	look_name=$1
	shift
	look_want=$(while [ $# -gt 0 ]; do
		echo "$1 $2 $3"
		shift 3
	done | sort)
	wait_until 10 asked_says "$look_name" "$look_want"
	# A silence has to last.
	[ "$look_want" ] || sleep 2
	ask "$look_name"
	look_have=$(reports "$OUT/$look_name.json")
	if [ "$look_have" = "$look_want" ]; then
		ok "$look_name: ${look_want:-nothing is reported}"
	else
		fail "$look_name: reported is '$look_have', not '$look_want'"
	fi
	check "$look_name: the exit code tells whether something is lost" exit_code_fits "$look_name"
	gpuwatch-cli probe-order >"$OUT/$look_name.txt" 2>&1
	gpuwatch-cli probe-order --save="$OUT/$look_name.jsonl" >/dev/null 2>&1
}

# A report's text and data together.
says() {
	jq -c ".reports[] | select(.class == \"$2\" and .probe_order.device == \"$3\")" "$OUT/$1.json" | grep -q -- "$4"
}

# names LOOK CLASS DEVICE WORD…: that report has all these words.
names() {
	names_look=$1 names_class=$2 names_device=$3
	shift 3
	for names_word; do
		check "$names_look: $names_class of $names_device names '$names_word'" \
			says "$names_look" "$names_class" "$names_device" "$names_word"
	done
}

resolved() {
	check "$1: $2 of $3 is resolved" jq -e "any(.reports[];
		.class == \"$2\" and .probe_order.device == \"$3\" and .state == \"resolved\")" "$OUT/$1.json" >/dev/null
}

# ---- the cases ----------------------------------------------------------------------

# Suppliers first, as it should be.
healthy() {
	load dtlab_iommu
	load dtlab_clock
	load dtlab_gpu
	load dtlab_codec
	is bound lab-gpu
	is grouped lab-gpu
	is bound lab-codec
	look healthy
}

# Consumers first: they are put off, and come up whole as soon as they can.
in_time() {
	load dtlab_gpu
	load dtlab_codec
	is deferred lab-gpu
	is deferred lab-codec
	load dtlab_iommu
	load dtlab_clock
	check "all come up" wait_until 5 both_bound
	is grouped lab-gpu
	look in-time
}

# From now on the timeout runs.
be_patient_no_more() {
	kill "$spare"
	spare=
}

# The suppliers come when the kernel's patience is over: the GPU has bound without, the codec has waited on.
late() {
	load dtlab_gpu
	load dtlab_codec
	is deferred lab-gpu
	is deferred lab-codec
	be_patient_no_more
	check "the kernel gives up" wait_until 40 given_up
	is not grouped lab-gpu
	is deferred lab-codec
	look expired deferral-timeout lab-gpu lab-iommu deferred-forever lab-codec lab-clock
	names expired deferral-timeout lab-gpu iommus /lab-iommu dtlab-gpu deferred_probe_timeout
	names expired deferred-forever lab-codec clocks dtlab_clock -EPROBE_DEFER
	load dtlab_iommu
	load dtlab_clock
	check "the codec comes up" wait_until 5 bound lab-codec
	is not grouped lab-gpu
	look too-late deferral-timeout lab-gpu lab-iommu
	resolved too-late deferred-forever lab-codec
}

# No timeout, and "iommus" as binding as the rest: whoever waits gets what it waits for.
patient() {
	load dtlab_gpu
	load dtlab_codec
	sleep 5
	is deferred lab-gpu
	is deferred lab-codec
	load dtlab_iommu
	load dtlab_clock
	check "all come up" wait_until 5 both_bound
	is grouped lab-gpu
	look patient
}

# No patience at all.
impatient() {
	load dtlab_gpu
	is given_up
	is not grouped lab-gpu
	load dtlab_iommu
	is not grouped lab-gpu
	look impatient deferral-timeout lab-gpu lab-iommu
	names impatient deferral-timeout lab-gpu iommus
}

# The driver core only notes who needs whom, and the codec does not care.
permissive() {
	load dtlab_gpu
	load dtlab_codec careless=1
	is bound lab-codec
	is deferred lab-gpu
	load dtlab_clock
	load dtlab_iommu
	check "the GPU comes up" wait_until 5 bound lab-gpu
	is grouped lab-gpu
	look permissive probed-before-supplier lab-codec lab-clock
	names permissive probed-before-supplier lab-codec clocks fw_devlink
}

# The IOMMU takes masters while it is still being probed.
overlap() {
	modprobe dtlab_iommu slow_ms=2000 &
	sleep 1
	load dtlab_gpu
	is grouped lab-gpu
	wait $!
	look overlap probe-overlap lab-gpu lab-iommu
	names overlap probe-overlap lab-gpu iommus fw_devlink.strict=1
}

# The same, where "iommus" is binding: the GPU is put off.
strict_overlap() {
	modprobe dtlab_iommu slow_ms=2000 &
	sleep 1
	load dtlab_gpu
	is deferred lab-gpu
	wait $!
	check "the GPU comes up" wait_until 5 bound lab-gpu
	is grouped lab-gpu
	look strict-overlap
}

# All in order, but the IOMMU does not take the GPU, and nobody says a word.
refused() {
	load dtlab_iommu refuse=1
	load dtlab_gpu
	is bound lab-gpu
	is not grouped lab-gpu
	look refused silent-absence lab-gpu lab-iommu
	names refused silent-absence lab-gpu iommus
}

# A busy machine may take longer than the timeout to start the daemon and to load modules.
while sleep 2; do
	modprobe dtlab_spare && rmmod dtlab_spare
done &
spare=$!
gpuwatchd --standalone --no-pin >>"$OUT/reports" 2>>"$OUT/gpuwatchd.log" &
daemon=$!
check "the daemon answers" wait_until 90 daemon_answers || exit 1
"$1"
[ ! "$spare" ] || be_patient_no_more
check "no program of the recorder is missing" [ "$(jq '[.missing[] | select(.part == "probes")] | length' "$OUT"/*.json | sort -u)" = 0 ]
check "the daemon answers about deadlocks" [ "$(gpuwatch-cli deadlocks --json)" = "[]" ]
stop_daemon
check "the daemon ended well" [ $? -eq 0 ]
verdict
