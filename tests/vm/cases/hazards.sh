#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules of fence-signalling sections, each broken once on a kernel that tells who is in one: each gives its report and
# no other; what is allowed in a section gives none.
. /cases/lib.sh

hazards() {
	gpuwatch-cli hazards --json
}
# reported FUNCTION: some hazard is by that function.
reported() {
	hazards | jq -e --arg by "$1() of gpulab " 'any(.[]; .summary | startswith($by))' >/dev/null
}

# is_told FILE FUNCTION CLASS: its only report says all that there is to say. It may be reported before all eight have happened.
is_told() {
	hazards >"$1"
	jq -e --arg by "$2() of gpulab " --arg frame "$2+" --arg class "$3" \
		'[.[] | select(.summary | startswith($by))] | length == 1 and (.[0] |
		.class == $class and .confidence == "proven" and .kind == "hazard" and .state == "active" and
		(.summary | contains("signal_one() of gpulab began")) and
		any(.nodes[] | select(.type == "task") | .stack[]; startswith($frame)) and
		(.root_cause.explanation | contains("Seen 8 times")))' "$1" >/dev/null
}

# breach VARIANT CLASS: the lab breaks the rule: one report more than before, of that class, by the function that did it.
breach() {
	breach_by=breach_$(echo "$1" | tr - _)
	known=$((known + 1))
	echo "hazard/$1" >"$LAB/start" || fail "hazard/$1 starts"
	echo all >"$LAB/stop"
	check "hazard/$1 is reported" wait_until 10 reported "$breach_by"
	check "hazard/$1: one report, of class $2, with its section, function and stack" \
		wait_until 10 is_told "$OUT/$1.json" "$breach_by" "$2"
	check "hazard/$1: no other one" [ "$(jq length "$OUT/$1.json")" -eq "$known" ]
}

load_lab || exit 1
start_daemon || exit 1
known=0
echo hazard/harmless >"$LAB/start" || fail "hazard/harmless starts"
echo all >"$LAB/stop"
sleep 3
check "what is allowed in a section is no hazard" [ "$(hazards | jq length)" -eq 0 ]
breach kmalloc signalling-reclaim
breach nofs signalling-reclaim
breach pages signalling-reclaim
breach resv signalling-resv-lock
breach mmap-read signalling-mmap-lock
breach mmap-write signalling-mmap-lock
breach fence signalling-fence-wait
breach fence-any signalling-fence-wait
breach nested signalling-reclaim
gpuwatch-cli hazards
hazards | jq -r '.[].id' | sort >"$OUT/ids"
kill -9 "$daemon"
wait "$daemon"
start_daemon || exit 1
check "hazards outlive the daemon" wait_until 10 reported breach_nested
check "under the same ids" [ "$(hazards | jq -r '.[].id' | sort)" = "$(cat "$OUT/ids")" ]
# told PROGRAM: it is loaded; a kernel that checks the rules itself needs none of those that stand for its checks.
told() {
	grep -q "\bbpf_prog_[0-9a-f]*_$1" /proc/kallsyms
}
if grep -q " __traceiter_dma_fence_hazard$" /proc/kallsyms; then
	check "what the kernel tells of is taken from it" told hazard_told
	check "nothing is attached in its place" sh -c \
		"! grep -E '\bbpf_prog_[0-9a-f]*_hazard_(kmalloc|cache|page|ww|mmap|down)' /proc/kallsyms"
else
	check "what the kernel does not tell of is seen" told hazard_kmalloc
fi
check "status names what sees hazards" [ "$(gpuwatch-cli status --json |
	jq '[.probes[] | select((.name | test("^(signalling|hazard_)")) and (.state == "attached" or .state == "adopted"))] |
	length')" -eq 5 ]
stop_daemon
verdict
