# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of reports as pictures; sourced by run-tests.sh, which has the checks.

# What the last run wrote is a page, image or graph that other programs read, and takes nothing from elsewhere.
picture_is_sound() {
	case $1 in
	--dot) dot -Tsvg -o /dev/null "$work/out" ;;
	*) xmllint --noout "$work/out" && not grep -qE '<script|(src|href)=|@import|url\([^#]' "$work/out" ;;
	esac
}
# Control characters, and the marks that turn the direction of writing.
picture_is_harmless() { not grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' "$work/out"; }

test_pictures() {
	local json name form
	for json in "$here"/golden/*.json; do
		name=$(basename "$json" .json)
		for form in --dot --svg --html; do
			expect "show $form $name" 0 show $form "$json"
			ok "show $form $name: other programs read it" picture_is_sound $form
			ok "show $form $name: no control characters" picture_is_harmless
		done
	done
	for form in dot svg html; do
		run show --$form "$here"/golden/fence-lock-cycle.json
		sed -i 's|<footer>gpuwatch [0-9.]*<|<footer>gpuwatch VERSION<|' "$work/out"
		same "show --$form looks as expected" "$here"/golden/fence-lock-cycle.$form
	done
	ok "a page forbids what is from elsewhere" has "Content-Security-Policy.*default-src 'none'"
	ok "both colour schemes" has 'prefers-color-scheme:dark'
	test_pictures_hostile
	test_pictures_elsewhere
}

# A name that would be markup, an escape of Graphviz's, or the end of a string.
test_pictures_hostile() {
	local evil='"]<b>&amp;\n{|}' form
	jq --arg evil "$evil" '.nodes[0].phrase = $evil | .nodes[0].comm = $evil | .summary = $evil | .id = $evil | .kind = $evil' \
		"$here"/golden/fence-lock-cycle.json >"$work/evil.json"
	for form in --dot --svg --html; do
		run show $form "$work/evil.json"
		ok "a name with markup: $form" picture_is_sound $form
	done
	ok "a name with markup is shown as it is" test "$(xmllint --xpath 'string(//*[local-name()="desc"])' "$work/out" |
		grep -cF "$evil waits for, 3.2 s")" = 1
	run show --dot "$work/evil.json"
	dot -Tsvg "$work/out" >"$work/evil.svg"
	ok "also by Graphviz" grep -qF '&quot;]&lt;b&gt;&amp;amp;\n{|}</text>' "$work/evil.svg"
	jq '.nodes = [range(1200) | {id: "n\(.)", type: "task", phrase: "t\(.)"}] |
		.edges = [range(1200) as $i | {from: "n\($i)", to: "n\(($i * 7 + 1) % 1200)", relation: "waits-for"}]' \
		"$here"/golden/fence-lock-cycle.json >"$work/large.json"
	for form in --dot --svg --html; do
		expect "1200 nodes: $form" 0 show $form "$work/large.json"
		ok "1200 nodes: other programs read $form" picture_is_sound $form
	done
	ok "what is not drawn is said" has '1000 more are not drawn'
}

# From a recording, a log and a daemon.
test_pictures_elsewhere() {
	local form
	make-recording deadlock >"$work/drawn.gpuwatch"
	make-recording quiet >"$work/healthy.gpuwatch"
	printf '%s\n' '[  243.1] INFO: task app:812 blocked for more than 120 seconds.' \
		'[  243.1] task:app state:D stack:0 pid:812 ppid:1 flags:0x4002' '[  243.1] Call Trace:' \
		'[  243.1]  dma_fence_default_wait+0x1a3/0x250' '[  243.1]  amdgpu_bo_sync_wait+0x4f/0x80 [amdgpu]' >"$work/drawn.log"
	for form in --dot --svg --html; do
		expect "replay $form" 1 replay $form "$work/drawn.gpuwatch"
		ok "replay $form: other programs read it" picture_is_sound $form
		ok "replay $form draws the report" has 'compositor (pid 812)'
		expect "replay $form without a report" 0 replay $form "$work/healthy.gpuwatch"
		ok "replay $form without a report says so" has 'No report'
		expect "explain $form" 1 explain $form "$work/drawn.log"
		ok "explain $form: other programs read it" picture_is_sound $form
		ok "explain $form has the task" has 'app (pid 812)'
	done
	start_daemon "$here"/canned "$socket"
	expect "show ID --html --output" 0 --socket="$socket" show d-00aa11bb22cc --html --output "$work/page.html"
	ok "nothing on standard output" test ! -s "$work/out"
	cp "$work/page.html" "$work/out"
	ok "the page is the report's" has d-00aa11bb22cc
	ok "and other programs read it" picture_is_sound --html
	expect_trouble "show --svg of an unknown report" 5 "There is no report" --socket="$socket" show d-none --svg
	stop_daemon
	expect_trouble "two pictures" 2 "--svg and --html exclude each other" show --svg --html x.json
	expect_trouble "a picture of waits" 2 "exclude each other" replay --waits --svg "$work/drawn.gpuwatch"
	expect_trouble "a picture for a full disk" 4 "No space left" show --svg --output /dev/full "$here"/golden/bare.json
}
