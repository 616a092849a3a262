# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of gpuwatch-exporter beside a daemon with canned answers; sourced by run-tests.sh, which has the checks.

exporter_port=$((20000 + $$ % 20000))
exporter_url=http://127.0.0.1:$exporter_port

build_exporter() {
	local objects=() source
	for source in exporter/*.c; do
		objects+=("build/san/${source%.c}.o")
	done
	make --no-print-directory -s -j"$(nproc)" "${objects[@]}" build/san/libgpuwatch.a || return
	# shellcheck disable=SC2086,SC2046
	$cc $san "${objects[@]}" build/san/libgpuwatch.a $(pkg-config --libs libsystemd libmicrohttpd jansson) -lm \
		-o "$work/gpuwatch-exporter"
}

# get PATH [CURL-OPTION...]: the body in $work/out, the status in $http, the head in $work/head
get() {
	local path=$1
	shift
	: >"$work/out"
	http=$(curl -s -m 25 -o "$work/out" -D "$work/head" -w '%{http_code}' "$@" "$exporter_url$path")
	: >"$work/err"
}
get_again() { get "$1" && [[ $http == "$2" ]]; }
header() { grep -i "^$1:" "$work/head" | tr -d '\r' | cut -d ' ' -f 2-; }
status_is() { if [[ $http == "$2" ]]; then pass; else fail "$1: HTTP $http, expected $2"; fi; }

exporter_answers() { get / && [[ $http != 000 ]]; }

# start_exporter OPTION...: ready; its pid in $exporter
start_exporter() {
	gpuwatch-exporter --listen="127.0.0.1:$exporter_port" "$@" 2>"$work/exporter.err" &
	exporter=$!
	daemons+=("$exporter")
	wait_for exporter_answers || fail "the exporter did not start: $(cat "$work/exporter.err")"
}

# While the daemon is stopped each answer comes within $1 seconds, and tells.
exporter_without_answers() {
	local paths=(/ /healthz /metrics /v1/status /v1/reports /v1/waits)
	SECONDS=0
	get /healthz -m 5 # less than an idle connection may last
	status_is "a stopped daemon: /healthz" 503
	ok "a stopped daemon: why" grep -q "the daemon does not answer on $socket" "$work/out"
	for path in "${paths[@]}"; do get "$path"; done
	ok "a stopped daemon costs less than 5 s" test $SECONDS -lt 5
	get /
	status_is "a stopped daemon: /" 503
	ok "a stopped daemon: the page says so" has "gpuwatchd does not answer.*the daemon does not answer on $socket"
	ok "a stopped daemon: other programs read the page" xmllint --noout "$work/out"
	get /metrics
	ok "a stopped daemon: gpuwatch_up 0, and nothing else" test "$(grep -v '^#' "$work/out")" = "gpuwatch_up 0"
}

# For people, without a script.
exporter_pages() {
	local path
	for path in / /boot; do
		get "$path" -H 'Accept: text/html,application/xhtml+xml,*/*;q=0.8'
		status_is "$path" 200
		ok "$path is a page" test "$(header content-type)" = "text/html; charset=utf-8"
		ok "$path: other programs read it" xmllint --noout "$work/out"
		ok "$path: nothing from elsewhere, also below a folder of a proxy" not grep -qE '(src|href)="([^"]*:|/)' "$work/out"
		ok "$path: its script" grep -q '<script src="gpuwatch.js"' "$work/out"
		ok "$path: no address of the kernel" not grep -qE '0xffff[0-9a-f]{12}' "$work/out"
	done
	get /
	ok "/: whoever waits, longest first" test "$(xmllint --xpath '//*[local-name()="td"][1]/text()' "$work/out" | xargs)" = \
		"old-train kworker/2:1 compositor init"
	ok "/: a graph for each report" test "$(grep -c '<svg [^>]*role="img"' "$work/out")" = "$(jq length <(curl -s "$exporter_url/v1/reports"))"
	ok "/: how many of each kind" has '2 deadlocks'
	ok "/: the boot's first lanes" test "$(grep -c 'track lane' "$work/out")" = \
		"$(jq '.devices | length | if . > 8 then 8 else . end' "$here/canned/probe-order.json")"
	ok "/: where the others are" has '<a href="boot">All devices'
	get /boot
	ok "/boot: a lane for each device" test "$(grep -c 'track lane' "$work/out")" = "$(jq '.devices | length' "$here/canned/probe-order.json")"
	get / -H 'Accept: application/json'
	ok "/ for who takes JSON only" test "$(jq -r .schema "$work/out")" = gpuwatch.status.v1
	get /gpuwatch.js
	ok "the script" test "$(header content-type)" = "text/javascript; charset=utf-8"
	ok "is the file" cmp "$work/out" exporter/pages.js
	ok "and allowed by the policy" grep -qi "^content-security-policy:.*script-src 'self'" "$work/head"
}

test_exporter_usage() {
	gpuwatch-exporter --help >"$work/out" 2>"$work/err"
	ok "exporter --help" has '--listen=HOST:PORT'
	for words in --nonsense extra; do
		gpuwatch-exporter $words >"$work/out" 2>"$work/err"
		ok "exporter $words: exit code 2" test $? = 2
	done
	for address in nowhere 127.0.0.1: 1:2:3 127.0.0.1:none; do
		timeout 10 gpuwatch-exporter --listen=$address >"$work/out" 2>"$work/err"
		ok "exporter --listen=$address: exit code 1" test $? = 1
		ok "exporter --listen=$address: one line" test "$(wc -l <"$work/err")" = 1
	done
}

test_exporter() {
	local path etag
	start_daemon "$here"/canned "$socket"
	start_exporter --socket="$socket"
	get /healthz -m 5 # less than an idle connection may last
	status_is /healthz 200
	get /metrics
	status_is /metrics 200
	ok "metrics: the older format" test "$(header content-type)" = "text/plain; version=0.0.4; charset=utf-8"
	same "metrics: the older format's text" "$here"/golden/metrics.txt
	get /metrics -H 'Accept: application/openmetrics-text; version=1.0.0,text/plain;q=0.5'
	ok "metrics: OpenMetrics" test "$(header content-type)" = \
		"application/openmetrics-text; version=1.0.0; charset=utf-8"
	same "metrics: the text of OpenMetrics" "$here"/golden/metrics.openmetrics.txt
	ok "metrics have no process and no report in them" not grep -qE 'pid|(^|[^0-9a-f])[dlshp]-[0-9a-f]{12}' "$work/out"

	for path in status waits probe-order; do
		get /v1/$path
		status_is /v1/$path 200
		ok "/v1/$path is the daemon's document" test "$(jq -r .schema "$work/out")" = "gpuwatch.$path.v1"
	done
	get /v1/reports
	ok "/v1/reports are those of all kinds" test "$(jq -r '.[].kind' "$work/out" | sort -u | xargs)" = \
		"$(jq -r '.[].kind' "$here/canned/reports.json" <(jq .reports "$here/canned/probe-order.json") | sort -u | xargs)"
	ok "no address of the kernel in them" not grep -qE '0xffff[0-9a-f]{12}' "$work/out"
	ok "what was one address still is" test "$(jq -r '.[0] | .cycle[1] | ltrimstr("lock:")' "$work/out")" = \
		"$(jq -r '.[0].root_cause.explanation' "$work/out" | grep -o '0x[0-9a-f]*')"
	etag=$(header etag)
	get /v1/reports -H "If-None-Match: \"other\", $etag"
	status_is "the same again" 304
	ok "has no body" test ! -s "$work/out"
	get "/v1/reports?since=2025-11-21T10:19:03.25Z"
	ok "since: from that moment on" test "$(jq length "$work/out")" -ge 1
	get "/v1/reports?since=2999-01-01T00:00:00Z"
	ok "since: nothing after it" test "$(cat "$work/out")" = "[]"
	get "/v1/reports?since=yesterday"
	status_is "since: no time" 400
	get /v1/nothing
	status_is "no such path" 404
	get /healthz -X POST -d x=y
	status_is "no such method" 405
	get /metrics -I
	status_is HEAD 200

	exporter_pages
	kill -STOP "$daemon"
	sleep 1.1
	exporter_without_answers
	kill -CONT "$daemon"
	ok "it goes on when the daemon does" wait_for get_again /healthz 200
	stop_daemon
	ok "a daemon that is gone" wait_for get_again /healthz 503
	ok "is said to be" has "gpuwatchd is not running"
	start_daemon "$here"/canned "$socket"
	ok "a daemon that is back" wait_for get_again /healthz 200

	exporter_crowd
	kill "$exporter"
	wait "$exporter"
	ok "it ends with exit code 0" test $? = 0
	stop_daemon
	cp "$work/exporter.err" "$work/err"
	ok "without a message" test ! -s "$work/err"
}

# More connections than it takes, none of which ever asks for anything.
exporter_crowd() {
	local i crowd=()
	for i in {1..40}; do
		exec {fd}<>"/dev/tcp/127.0.0.1/$exporter_port" || continue
		crowd+=("$fd")
	done
	get /healthz -m 5 # less than an idle connection may last
	ok "a crowd leaves no place" test "$http" = 000
	for i in "${crowd[@]}"; do exec {i}>&-; done
	ok "and is forgotten when it goes" wait_for get_again /healthz 200
}

# ---- gpuwatch-cli export --------------------------------------------------------------------

test_export() {
	local file=$work/textfile/gpuwatch.prom
	start_daemon "$here"/canned "$socket"
	expect "export" 0 --socket="$socket" export
	ok "export: status, reports, waits and page faults" test "$(jq -r '[.schema, .status.schema, .reports[0].schema,
		.waits.schema, .faults.schema] | join(" ")' "$work/out")" = \
		"gpuwatch.export.v1 gpuwatch.status.v1 gpuwatch.report.v1 gpuwatch.waits.v1 gpuwatch.faults.v1"
	expect "export --format=ndjson" 0 --socket="$socket" export --format=ndjson
	ok "export --format=ndjson: a report a line" test "$(jq -r .id "$work/out" | wc -l)" = "$(wc -l <"$work/out")"
	expect "export --format=prometheus" 0 --socket="$socket" export --format=prometheus
	same "export --format=prometheus is what the exporter serves" "$here"/golden/metrics.txt
	expect "export --format=openmetrics" 0 --socket="$socket" export --format=openmetrics
	same "export --format=openmetrics is what the exporter serves" "$here"/golden/metrics.openmetrics.txt
	expect "export --format=otlp-json" 0 --socket="$socket" export --format=otlp-json
	jq . "$work/out" >"$work/otlp" && mv "$work/otlp" "$work/out"
	same "export --format=otlp-json" "$here"/golden/export.otlp
	expect "export --format=perfetto" 0 --socket="$socket" export --format=perfetto
	protoc --proto_path="$here" --decode=perfetto.protos.Trace "$here"/perfetto.proto <"$work/out" >"$work/trace" 2>"$work/err"
	mv "$work/trace" "$work/out"
	ok "export --format=perfetto: protoc reads it" test ! -s "$work/err"
	ok "with no field that its definition does not have" lacks '^ *[0-9][0-9]*[:{ ]'
	ok "each slice that begins ends" test "$(grep -c SLICE_BEGIN "$work/out")" = "$(grep -c SLICE_END "$work/out")"
	same "export --format=perfetto" "$here"/golden/export.perfetto
	expect "export --output" 0 --socket="$socket" export --format=ndjson --output "$work/exported"
	ok "export --output: nothing on standard output" test ! -s "$work/out"
	ok "export --output: the file" test "$(jq -r .schema "$work/exported" | uniq)" = gpuwatch.report.v1
	mkdir "$work/textfile"
	expect "export --textfile" 0 --socket="$socket" export --textfile "$file"
	cp "$file" "$work/out"
	same "export --textfile is the older format" "$here"/golden/metrics.txt
	ok "export --textfile: anybody may read it" test "$(stat -c %a "$file")" = 644
	expect_trouble "export to where nothing can be written" 4 "cannot write" --socket="$socket" export \
		--textfile "$work/none/file"
	rm -f "$work/follow" # of a follower before: the job in the background may be late to replace it
	gpuwatch-cli --socket="$socket" export --follow >"$work/follow" 2>"$work/follow.err" &
	local follower=$!
	daemons+=("$follower")
	ok "export --follow shows what there is" wait_for lines "$work/follow" 8
	kill -USR1 "$daemon"
	ok "export --follow shows a change" wait_for lines "$work/follow" 9
	ok "export --follow: a report a line" test "$(jq -r .schema "$work/follow" | uniq)" = gpuwatch.report.v1
	kill "$follower"
	stop_daemon
	expect_trouble "export without a daemon" 3 "gpuwatchd is not running" --socket="$socket" export
	expect_trouble "export --textfile without a daemon" 3 "gpuwatchd is not running" --socket="$socket" export \
		--textfile "$file"
	ok "the file says so" test "$(grep -v '^#' "$file")" = "gpuwatch_up 0"
	ok "nothing half is left beside it" test "$(find "$work/textfile" -type f | wc -l)" = 1
	expect_trouble "export of no format" 2 "takes json, ndjson" export --format=xml
	expect_trouble "export --follow of metrics" 2 "goes with --format=ndjson" export --follow --format=prometheus
	expect_trouble "export --follow --output" 2 "exclude each other" export --follow --output "$work/x"
}
