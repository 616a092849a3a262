#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the unit test programs given as arguments, holds every report that they saw against the schemas, and adds up.
#
# usage: tests/unit/run.sh REPORTS PROGRAM...    the reports go to the file REPORTS
set -uo pipefail
export GPUWATCH_REPORTS=$1
shift
rm -f "$GPUWATCH_REPORTS"

passed=0 failed=0
for program; do
	echo "== $program"
	# No test depends on time: one that is not over by then hangs.
	if output=$(timeout --kill-after=10 1800 "$program" 2>&1); then code=0; else code=$?; fi
	printf '%s\n' "$output"
	ok=$(grep -c '^\[       OK \]' <<<"$output")
	bad=$(grep -cE '^\[  FAILED  \] [a-z_0-9]+$' <<<"$output")
	((code != 0 && bad == 0)) && bad=1 # died, or a sanitizer spoke
	passed=$((passed + ok)) failed=$((failed + bad))
done
echo "== $GPUWATCH_REPORTS"
output=$(/usr/bin/python3 "${0%/*}/check-schema" "$GPUWATCH_REPORTS" 2>&1)
printf '%s\n' "$output"
if [[ ${output##*$'\n'} =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
	passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
else
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
