# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of gpuwatch-cli top, on a terminal of tmux; sourced by run-tests.sh, which has the checks.

# Each terminal has a server of its own: one that is being ended takes no new one.
top_number=0
top_tmux() { tmux -L "gpuwatch-$$-$top_number" "$@"; }
# What is on the terminal now; -e: with its attributes.
top_screen() { top_tmux capture-pane -p "$@" >"$work/out" 2>"$work/err"; }
top_shows() { top_screen && has "$1"; }
# start_top COLUMNSxLINES [VARIABLE=VALUE...]
start_top() {
	local size=$1
	shift
	top_number=$((top_number + 1))
	top_tmux new-session -d -x "${size%x*}" -y "${size#*x}" \
		"env TERM=screen $* $work/gpuwatch-cli --socket=$socket top; echo ended with \$?; sleep 60"
}
stop_top() { top_tmux kill-server; }

test_top() {
	mkdir -p "$work/top"
	cp "$here"/canned/*.json "$work/top/"
	start_daemon "$work/top" "$socket"
	start_top 80x24
	ok "top shows reports" wait_for eval "top_shows '^deadlock .* d-1f3a9c02e455 ' && has '^q quit'"
	ok "top shows waits, oldest first" test "$(sed -n '/waits by age/,/^$/p' "$work/out" | awk 'NR > 2 && NF { print $2 }' | xargs)" = \
		"old-train kworker/2:1 compositor init"
	ok "top shows timelines, the fastest first" test "$(sed -n '/timelines by rate/,/^$/p' "$work/out" | awk 'NR > 2 && NF { print $2 }' | xargs)" = \
		"sdma0 gfx_0.0.0"
	ok "top has its keys on the last line" test "$(sed -n 24p "$work/out" | cut -c 1-6)" = "q quit"
	top_screen -e
	ok "a deadlock is red" grep -qP '\x1b\[[0-9;]*31m.*deadlock' "$work/out"
	jq '.[0].summary = "another summary"' "$here"/canned/reports.json >"$work/top/reports.json"
	ok "top shows what changes" wait_for top_shows 'another summary'
	top_keys
	top_silence
	top_resize
	top_tmux send-keys q
	ok "q quits, exit code 0" wait_for top_shows 'ended with 0'
	stop_top
	start_top 80x24 NO_COLOR=1
	ok "top without colour" wait_for top_shows '^deadlock '
	top_screen -e
	ok "has none" not grep -qP '\x1b\[[0-9;]*3[1-7]m' "$work/out"
	stop_top
	stop_daemon
	start_top 80x24
	ok "top without a daemon says so" wait_for top_shows 'gpuwatchd is not running'
	ok "and does not claim that nothing waits" lacks 'Nothing waits'
	start_daemon "$work/top" "$socket"
	ok "top goes on when there is one" wait_for top_shows '^deadlock '
	stop_top
	stop_daemon
	expect_trouble "top without a terminal" 2 "top needs a terminal" top
	expect_trouble "top as JSON" 2 "does not take --json" top --json
	TERM=nonsense script -qec "gpuwatch-cli top" /dev/null >"$work/out" </dev/null
	ok "top on an unknown terminal" has 'cannot use this terminal: set TERM'
}

# More waits than there is room for.
top_keys() {
	jq '.waits = [range(100) | {pid: (1000 + .), comm: "w\(.)", state: "D", kind: "fence", phrase: "a fence", age_ns: ((200 - .) * 1e9)}]' \
		"$here"/canned/waits.json >"$work/top/waits.json"
	ok "many waits: the oldest" wait_for top_shows ' w0 '
	top_tmux send-keys Down
	ok "Down moves by one" wait_for eval "top_screen && lacks ' w0 ' && has ' w1 '"
	top_tmux send-keys End
	ok "End goes to the youngest" wait_for top_shows ' w99 '
	top_tmux send-keys Home
	ok "Home goes back" wait_for top_shows ' w0 '
	top_tmux send-keys Tab
	ok "Tab goes to the other table" wait_for top_shows '^> timelines'
	top_tmux send-keys Tab p
	ok "p pauses" wait_for top_shows PAUSED
	cp "$here"/canned/waits.json "$work/top/"
	sleep 2
	ok "paused, nothing changes" top_shows ' w0 '
	top_tmux send-keys p
	ok "and then goes on" wait_for top_shows ' compositor '
}

# A daemon that is stopped stops neither the keys nor the clock.
top_silence() {
	kill -STOP "$daemon"
	ok "a stopped daemon is shown, and how old the answer is" wait_for top_shows '^[0-9.]* s old: .*does not answer'
	SECONDS=0
	top_tmux send-keys Tab
	ok "keys work" wait_for top_shows '^> timelines'
	ok "at once" test $SECONDS -le 1
	kill -CONT "$daemon"
	ok "and that it is back" wait_for eval "top_screen && lacks 'does not answer'"
	top_tmux send-keys Tab
}

# tmux itself breaks and moves lines first.
top_is_small() { top_screen && [[ $(sed -n 12p "$work/out") == "q quit"* && $(wc -L <"$work/out") -le 60 ]] && lacks 'timelines by rate'; }
top_resize() {
	top_tmux resize-window -x 60 -y 12
	ok "a smaller terminal: one table, nothing wider, keys on its last line" wait_for top_is_small
	top_tmux resize-window -x 140 -y 40
	ok "a larger terminal: the chain has a column, both tables" wait_for eval "top_shows ' CHAIN' && has 'timelines by rate'"
}
