#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the parts of `make check`, each into its own log, and adds up what they
# counted. A part that fails without counting a failure counts as one.
#
# usage: tests/run.sh LOGDIR PART... where PART is NAME=COMMAND. One runs after
# the other; after the word jobs=N, which waits for those before it, N at once.
# A part may be such a list itself.
set -uo pipefail

logs=$1
shift
mkdir -p "$logs"
passed=0 failed=0 skipped=0 jobs=1
declare -A running=() started=() # names by process, times by name

# Adds up the "N passed, N failed" lines of a log (sub-totals of sub-scripts would
# count twice: only the last line of each part is its total).
collect() {
	local name=$1 code=$2 log=$logs/$1.log line p=0 f=0 s=0
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped.*)?$' "$log" | tail -n 1)
	[[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]] &&
		p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]} s=${BASH_REMATCH[4]:-0}
	((code != 0 && f == 0)) && f=1
	((code == 0 && p == 0)) && f=1 # it checked nothing
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	((s == 0)) || printf '%-28s %4d skipped: see %s\n' "$name" "$s" "$log"
	if ((f)); then
		printf '%-28s %4d passed, %d FAILED (exit code %d), see %s\n' "$name" "$p" "$f" "$code" "$log"
		grep -E '^ *(FAIL|not ok)|: error:|\[  FAILED  \]|Sanitizer' "$log" | head -n 20 | sed 's/^/    /'
		[[ $p == 0 ]] && tail -n 20 "$log" | sed 's/^/    | /'
	else
		printf '%-28s %4d passed   (%d s)\n' "$name" "$p" $((SECONDS - started[$name]))
	fi
}

# Waits until at most so many parts run.
leave_running() {
	local pid code
	while ((${#running[@]} > $1)); do
		code=0
		wait -n -p pid || code=$?
		collect "${running[$pid]}" "$code"
		unset "running[$pid]"
	done
}

for part; do
	name=${part%%=*} command=${part#*=}
	if [[ $name == jobs ]]; then
		leave_running 0
		jobs=$command
		continue
	fi
	leave_running $((jobs - 1))
	printf '%-28s ...\n' "$name"
	started[$name]=$SECONDS
	bash -c "$command" >"$logs/$name.log" 2>&1 </dev/null &
	running[$!]=$name
done
leave_running 0
printf '%d s\n%d passed, %d failed' "$SECONDS" "$passed" "$failed"
((skipped == 0)) || printf ', %d skipped' "$skipped"
printf '\n'
((failed == 0))
