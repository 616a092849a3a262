# shellcheck shell=bash disable=SC2154 # the variables are those of tests/cli/run-tests.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# gpuwatch-cli-static: sourced by run-tests.sh. In a directory that has nothing else, and with the same answers as gpuwatch-cli.

# With the directories that the tree has been built for: guests may have programs of it at this moment.
build_static() {
	local options=()
	[[ ! -e build/datadir ]] || options=("datadir=$(<build/datadir)")
	make --no-print-directory -s -j"$(nproc)" "${options[@]}" build/gpuwatch-cli build/gpuwatch-cli-static
}

# In the empty directory there is no locale but C; beside the locales of this machine both take the one they are given.
# alike NAME ARGUMENT...: both programs give the same bytes and exit code; FILEs are below $work/empty.
alike() {
	local name=$1 whole=0 static=0
	shift
	(cd "$work/empty" && LC_ALL=C timeout 20 "$whole_cli" "$@") >"$work/whole" 2>&1 </dev/null || whole=$?
	LC_ALL=C timeout 20 unshare -r -R "$work/empty" /gpuwatch-cli "$@" >"$work/out" 2>&1 </dev/null || static=$?
	ok "static: $name: exit code $static, expected $whole" test $static = $whole
	ok "static: $name: the same bytes" cmp "$work/whole" "$work/out"
	(cd "$work/empty" && timeout 20 "$whole_cli" "$@") >"$work/whole" 2>&1 </dev/null
	(cd "$work/empty" && timeout 20 ./gpuwatch-cli "$@") >"$work/out" 2>&1 </dev/null
	ok "static: $name: the same bytes in UTF-8" cmp "$work/whole" "$work/out"
}

test_static() {
	local whole_cli=$PWD/build/gpuwatch-cli fixture file static_socket=$work/empty/private
	mkdir "$work/empty"
	cp build/gpuwatch-cli-static "$work/empty/gpuwatch-cli"
	cp "$here"/canned/reports.json "$here"/canned/boot.jsonl "$work/hung.txt" "$work/hung.txt.gz" "$work/healthy.txt" "$work/empty/"
	alike "explain" explain hung.txt
	alike "explain, with colours" explain --color=always hung.txt
	alike "explain of a packed log, JSON" explain --json hung.txt.gz
	alike "explain of a healthy boot" explain healthy.txt
	alike "explain of no file" explain none
	alike "explain --class" explain --class fence-lock-cycle
	alike "show of a file" show --color=always ./reports.json
	alike "probe-order of a boot" probe-order --all --color=always --from boot.jsonl
	alike "a page" show --html ./reports.json
	for fixture in fence-lock-cycle.resv.6.12 notifier-cycle.mprotect.7.2 entity-drain.run.6.1; do
		file=$work/empty/$fixture
		xz -dc "tests/fixtures/$fixture.xz" >"$file" || fail "no fixture $fixture"
		alike "replay of $fixture" replay "$fixture"
		alike "its waits" replay --waits --color=always "$fixture"
		alike "its timelines" replay --timelines "$fixture"
	done
	alike "replay of what is no recording" replay hung.txt
	alike "check without a daemon" check --private
	alike "check for Nagios without a daemon" check --format=nagios --private
	start_daemon "$here"/canned "$static_socket"
	alike "check" check --socket=private
	alike "check, JSON" check --json --socket=private
	# Its times are those of this moment.
	timeout 20 unshare -r -R "$work/empty" /gpuwatch-cli show --socket=private d-00aa11bb22cc >"$work/out" 2>"$work/err"
	ok "static: show ID" has '^Deadlock  d-00aa11bb22cc  orphaned-fence'
	alike "show of no such report" show --socket=private d-000000000000
	stop_daemon
	start_daemon "$work/old" "$static_socket" --old
	alike "check with a daemon of another version" check --socket=private
	stop_daemon
	start_daemon "$here"/canned "$static_socket" --mute
	alike "check with a mute daemon" check --socket=private
	stop_daemon
	cp "$work/empty/gpuwatch-cli" "$work/gpuwatch-cli-static"
	timeout 20 "$work/gpuwatch-cli-static" explain --journal >"$work/out" 2>"$work/err"
	ok "static: no journal: exit code 4" test $? = 4
	ok "static: no journal: what to do instead" grep -q "journalctl -k | gpuwatch-cli explain -" "$work/err"
	timeout 20 "$work/gpuwatch-cli-static" status >"$work/out" 2>"$work/err"
	ok "static: no command that it does not have" grep -q "no such command: status" "$work/err"
}
