#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the unit test programs given as arguments and adds up their tests.
set -uo pipefail

passed=0 failed=0
for program; do
	echo "== $program"
	if output=$("$program" 2>&1); then code=0; else code=$?; fi
	printf '%s\n' "$output"
	ok=$(grep -c '^\[       OK \]' <<<"$output")
	bad=$(grep -cE '^\[  FAILED  \] [a-z_0-9]+$' <<<"$output")
	((code != 0 && bad == 0)) && bad=1 # died, or a sanitizer spoke
	passed=$((passed + ok)) failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
