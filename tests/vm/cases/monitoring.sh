#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where operators look: Debian's own Prometheus, promtool, Alertmanager, node_exporter, curl and jq with what gpuwatch gives
# them, while a deadlock stands.
. /cases/lib.sh

DATA=/usr/share/gpuwatch
URL=http://127.0.0.1:9844

get() {
	curl -s -m 20 "$@"
}
# The status of HTTP.
http() {
	curl -s -m 20 -o /tmp/body -w '%{http_code}' "$URL$1"
}
# query EXPRESSION: the results of Prometheus, a line of JSON each; fails if it refuses the expression
query() {
	get --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query >/tmp/query
	[ "$(jq -r .status /tmp/query)" = success ] && jq -c '.data.result[]' /tmp/query
}
understands() {
	query "$1" >/tmp/result
}
# has EXPRESSION: it is true of something
has() {
	[ -n "$(query "$1")" ]
}
# alerting NAME: its summary is in /tmp/alert. Not jq -e: that of Debian 12 is content with no result at all.
alerting() {
	get http://127.0.0.1:9093/api/v2/alerts | jq -r --arg name "$1" \
		'.[] | select(.labels.alertname == $name and .status.state == "active") | .annotations.summary' >/tmp/alert
	[ -s /tmp/alert ]
}
not() {
	! "$@"
}
# ask_as_exporter METHOD [ARGUMENT...]: over the bus, as the exporter's user
ask_as_exporter() {
	setpriv --reuid=gpuwatch-exporter --regid=gpuwatch-exporter --clear-groups \
		busctl call org.gpuwatch1 /org/gpuwatch1 org.gpuwatch1.Manager "$@" >/tmp/asked 2>&1
}

# ---- as a package installs it ------------------------------------------------------------

systemd-sysusers
systemd-tmpfiles --create /usr/lib/tmpfiles.d/gpuwatch.conf
systemctl daemon-reload
busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
load_lab || exit 1
systemctl start gpuwatchd || { journalctl -u gpuwatchd --no-pager; fail "systemctl start gpuwatchd"; verdict; exit 1; }
systemctl start gpuwatch-exporter.socket

check "nothing runs before somebody connects" [ "$(systemctl is-active gpuwatch-exporter.service)" = inactive ]
check "/healthz" [ "$(http /healthz)" = 200 ]
check "the first connection has started it" systemctl -q is-active gpuwatch-exporter.service
pid=$(systemctl show -P MainPID gpuwatch-exporter)
check "as a user of its own" [ "$(ps -o user= -p "$pid" | cut -c 1-7)" = "gpuwatc" ]
check "which is in no other group" [ "$(id -Gn gpuwatch-exporter)" = gpuwatch-exporter ]
check "without capabilities" [ "$(awk '/^CapEff/ { print $2 }' "/proc/$pid/status")" = 0000000000000000 ]
check "its user may read the status" ask_as_exporter GetStatus
for method in Record SaveBoot GetKfd ListTimelines; do
	ask_as_exporter $method
	check "and may not call $method" grep -qi denied /tmp/asked
done
exposure=$(systemd-analyze security --no-pager gpuwatch-exporter.service | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
check "systemd-analyze security: $exposure, at most 1.2" awk "BEGIN { exit !(\"$exposure\" != \"\" && $exposure <= 1.2) }"

# ---- the tools of Prometheus ---------------------------------------------------------------

get $URL/metrics >/tmp/metrics
check "promtool check metrics" promtool check metrics </tmp/metrics
check "OpenMetrics ends in # EOF" [ "$(get -H 'Accept: application/openmetrics-text' $URL/metrics | tail -n 1)" = "# EOF" ]
mkdir -p /etc/prometheus
sed 's/15s/2s/' $DATA/prometheus.yml >/etc/prometheus/prometheus.yml
cp $DATA/gpuwatch.rules.yml /etc/prometheus/
mkdir -p /tmp/rules/data/monitoring /tmp/rules/tests/monitoring # the test names the rules as the source tree has them
cp $DATA/gpuwatch.rules.yml /tmp/rules/data/monitoring/
cp /tests-monitoring/gpuwatch.rules.test.yml /tmp/rules/tests/monitoring/
check "promtool check config" promtool check config /etc/prometheus/prometheus.yml
check "promtool test rules" promtool test rules /tmp/rules/tests/monitoring/gpuwatch.rules.test.yml

check "systemctl start gpuwatch-textfile.timer" systemctl start gpuwatch-textfile.timer
check "the timer writes for node_exporter" wait_until 30 [ -s /var/lib/prometheus/node-exporter/gpuwatch.prom ]
check "which its user may read" setpriv --reuid=65534 --clear-groups test -r /var/lib/prometheus/node-exporter/gpuwatch.prom
# Alone, on a machine whose only address is the loopback's.
echo 'ARGS="--cluster.listen-address="' >/etc/default/prometheus-alertmanager
for service in prometheus-alertmanager prometheus-node-exporter prometheus; do
	check "systemctl start $service" systemctl start $service
done
check "Prometheus scrapes it" wait_until 120 has 'up{job="gpuwatch"} == 1'
check "gpuwatch_up" wait_until 20 has 'gpuwatch_up{job="gpuwatch"} == 1'
# None since the daemon came, and 0 is a number: it is there once the boot has been looked at.
check "and how many devices were probed" wait_until 60 has 'gpuwatch_boot_devices{job="gpuwatch"} >= 0'
check "node_exporter serves the same from the file" wait_until 30 has 'gpuwatch_up{job="node"} == 1'

# ---- a deadlock -------------------------------------------------------------------------------

check "no alert before" not alerting GpuDeadlock
lab_start fence-lock-cycle/resv
check "a deadlock is reported" wait_until 20 at_least deadlocks active 1
id=$(gpuwatch-cli deadlocks --json | jq -r '.[0].id')
check "/v1/reports has it" [ "$(get $URL/v1/reports | jq -r '.[] | select(.kind == "deadlock") | .id')" = "$id" ]
check "without addresses of the kernel" [ -z "$(get $URL/v1/reports | grep -oE '0xffff[0-9a-f]{12}')" ]
check "Prometheus has it, with its driver" wait_until 30 has \
	'gpuwatch_reports_active{kind="deadlock", class="fence-lock-cycle", confidence="proven", driver="gpulab"} == 1'
check "and counts it" wait_until 30 has 'gpuwatch_reports_total{class="fence-lock-cycle"} >= 1'
check "and how long it has waited" wait_until 30 has 'gpuwatch_oldest_wait_seconds{driver="gpulab"} > 1'
check "Alertmanager gets the alert" wait_until 60 alerting GpuDeadlock
cat /tmp/alert

# dashboard_queries SELECT: of the panels that jq selects, with a value for the variable, as Grafana puts it in
dashboard_queries() {
	jq -r ".panels[] | select($1) | .targets[].expr | sub(\"[$]instance\"; \".*\")" $DATA/grafana-dashboard.json
}
dashboard_queries true >/tmp/queries
check "the dashboard has queries" [ "$(wc -l </tmp/queries)" -ge 15 ]
while read -r expression; do
	check "Prometheus understands: $expression" understands "$expression"
done </tmp/queries
dashboard_queries '.type == "stat"' >/tmp/queries
while read -r expression; do
	check "and has an answer: $expression" has "$expression"
done </tmp/queries

check "export --format=openmetrics" sh -c 'gpuwatch-cli export --format=openmetrics | tail -n 1 | grep -qx "# EOF"'
check "export --format=prometheus, by promtool" sh -c 'gpuwatch-cli export --format=prometheus | promtool check metrics'
check "export --format=ndjson, by jq" [ "$(gpuwatch-cli export --format=ndjson | jq -r 'select(.kind == "deadlock") | .id')" = "$id" ]
check "export --format=otlp-json has it as an error" [ "$(gpuwatch-cli export --format=otlp-json |
	jq '[.resourceLogs[0].scopeLogs[0].logRecords[] | select(.severityNumber == 17)] | length')" = 1 ]

# ---- a daemon that does not answer, and the end of the deadlock -----------------------------------------

main=$(systemctl show -P MainPID gpuwatchd)
kill -STOP "$main"
sleep 1.5
read_clock
began=$now
check "a stopped daemon: /healthz" [ "$(http /healthz)" = 503 ]
read_clock
check "within 4 s: $((now - began)) hundredths" [ $((now - began)) -lt 400 ]
check "Prometheus gets gpuwatch_up 0" wait_until 30 has 'gpuwatch_up{job="gpuwatch"} == 0'
kill -CONT "$main"
check "and 1 when it goes on" wait_until 30 has 'gpuwatch_up{job="gpuwatch"} == 1'
# A unit's wait that is over: whose it was. Then more cgroups than have rows of their own, and those gone again.
systemd-run -q --unit=trainer labuser process-cycle/killable
check "a unit waits for the GPU" wait_until 20 at_least deadlocks active 2
systemctl stop trainer
waited() {
	has "gpuwatch_wait_seconds_count{workload=\"$1\", driver=\"gpulab\"} > 0"
}
check "Prometheus has whose waits they were" wait_until 30 waited trainer.service
job=/sys/fs/cgroup/system.slice/slurmstepd.scope/job_42/step_0/user/task_0
mkdir -p "$job"
# in_cgroup DIRECTORY: waits for a fence there for a moment, until it is killed
in_cgroup() {
	sh -c 'echo $$ >"$1/cgroup.procs" && exec labuser process-cycle/killable' - "$1" &
	sleep "$2"
	kill $!
	wait $!
}
in_cgroup "$job" 2
check "of a job its number, too" wait_until 30 has 'gpuwatch_wait_seconds_count{job_id="42"} > 0'
# How many waits are counted, of whomever they were.
counted() {
	get $URL/metrics | awk '/^gpuwatch_wait_seconds_count/ { sum += $NF } END { print sum + 0 }'
}
before=$(counted)
i=0
while [ $i -lt 34 ]; do
	mkdir -p "/sys/fs/cgroup/many-$i"
	in_cgroup "/sys/fs/cgroup/many-$i" 1 >/dev/null 2>&1
	rmdir "/sys/fs/cgroup/many-$i"
	i=$((i + 1))
done
workloads() {
	get $URL/metrics | sed -n 's/^gpuwatch_wait_seconds_count.*workload="\([^"]*\)".*/\1/p' | sort -u
}
check "there is a bound for workloads" [ "$(workloads | tee /tmp/workloads | wc -l)" -le 34 ]
cat /tmp/workloads
check "what has no place is of others" wait_until 30 waited other
check "what those who are gone waited is of others, and no sum falls" [ "$(counted)" -ge $((before + 34)) ]
mkdir -p /sys/fs/cgroup/system.slice/slurmstepd.scope/job_43
in_cgroup /sys/fs/cgroup/system.slice/slurmstepd.scope/job_43 1
check "those that are gone have made room" wait_until 30 has 'gpuwatch_wait_seconds_count{job_id="43"} > 0'

lab_stop fence-lock-cycle/resv
check "resolved" wait_until 20 none_active
check "Prometheus has no deadlock any more" wait_until 30 not has 'gpuwatch_reports_active{kind="deadlock"} > 0'
check "but still counts one" has 'gpuwatch_reports_total{class="fence-lock-cycle"} >= 1'
check "and knows how long fences were waited for" wait_until 30 has 'gpuwatch_wait_seconds_count{kind="fence", driver="gpulab"} > 0'
get "$URL/metrics" >"$OUT/metrics"
systemctl list-units --failed --plain --no-legend | tee /tmp/failed
check "no failed unit" [ -z "$(grep -E "gpuwatch|prometheus" /tmp/failed)" ]
check "nothing in the exporter's log" [ -z "$(journalctl -u gpuwatch-exporter -p warning -o cat --no-pager)" ]
verdict
