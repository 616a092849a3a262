#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# As users do it: Debian with systemd as the first process, `make install`ed,
# systemctl start, the CLI, the journal, busctl, stop, restart, kill -9.
. /cases/lib.sh

main_pid() {
	systemctl show -P MainPID gpuwatchd
}
active() {
	[ "$(systemctl show -P ActiveState gpuwatchd)" = active ]
}
new_main_pid() {
	active && [ "$(main_pid)" != "$1" ] && daemon_answers
}
another_main_pid() {
	[ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" -ne "$1" ]
}
# killed_often TIMES SECONDS: as soon as it has been started, again and again; so many more starts within that time.
killed_often() {
	pid=0
	read_clock
	killed_since=$now
	for _ in $(seq "$1"); do
		wait_until 5 another_main_pid "$pid" || return 1
		pid=$(main_pid)
		[ "$pid" -gt 1 ] || return 1
		kill -9 "$pid"
	done
	wait_until 5 another_main_pid "$pid" || return 1
	read_clock
	echo "$1 starts in $((now - killed_since))0 ms"
	[ $((now - killed_since)) -lt $(($2 * 100)) ]
}
id() {
	gpuwatch-cli deadlocks --json | jq -r '.[0].id'
}
journal_has() {
	journalctl -u gpuwatchd -o json --all --no-pager | jq -r "select($1) | .GPUWATCH_ID" | grep -q .
}

# What gpuwatch-boot.service did when the machine came up, as Debian's kernel has it: perf events take CAP_SYS_ADMIN, which it has not.
entered() {
	systemctl show -P ActiveEnterTimestampMonotonic "$1"
}
recorded() {
	find /sys/fs/bpf/gpuwatch-boot -name "link_boot_$1_*" | grep -q .
}
check "the boot is recorded" [ "$(systemctl show -P ActiveState,Result gpuwatch-boot | sort | paste -sd,)" = active,success ]
check "from before udev loads drivers" [ "$(entered gpuwatch-boot)" -le "$(entered systemd-udev-trigger)" ]
for probe in probe defer defer_trigger; do
	check "with boot_$probe attached" recorded "$probe"
done

# What a package's post-installation script does.
systemd-sysusers
systemd-tmpfiles --create /usr/lib/tmpfiles.d/gpuwatch.conf
journalctl --update-catalog
systemctl daemon-reload
busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig

load_lab || exit 1
if systemctl start gpuwatchd; then
	ok "systemctl start gpuwatchd"
else
	fail "systemctl start gpuwatchd"
	journalctl -u gpuwatchd --no-pager
	verdict
	exit 1
fi
systemctl status --no-pager gpuwatchd
gpuwatch-cli status
check "the unit is active" active
check "runs as its own user" [ "$(ps -o user= -p "$(main_pid)")" = gpuwatch ]
not() {
	! "$@"
}
# has_capability PID NUMBER
has_capability() {
	[ $((0x$(awk '/^CapEff/ { print $2 }' "/proc/$1/status") >> $2 & 1)) -eq 1 ]
}
check "with CAP_BPF" has_capability "$(main_pid)" 39
check "without CAP_SYS_ADMIN" not has_capability "$(main_pid)" 21
opener_pid() {
	systemctl show -P MainPID 'gpuwatch-perf@*' | grep -v '^0$'
}
none_failed() {
	[ "$(gpuwatch-cli status --json | jq '[.probes[] | select(.state == "failed")] | length')" -eq 0 ]
}
section_is() {
	[ "$(gpuwatch-cli status --json | jq -r '.probes[] | select(.name == "drm_section") | .state')" = "$1" ]
}
cat /proc/sys/kernel/perf_event_paranoid
check "the kernel wants CAP_SYS_ADMIN for perf events" [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -gt 2 ]
check "no probe has failed" none_failed
check "kprobes are attached" section_is attached
check "by another process" has_capability "$(opener_pid)" 21
for file in etc/shadow etc/passwd home root/.profile var/lib/systemd run/systemd/units; do
	check "the daemon does not see /$file" not [ -e "/proc/$(main_pid)/root/$file" ]
done
for file in etc/gpuwatch/gpuwatchd.conf lib/modules run/dbus/system_bus_socket sys/kernel/debug/devices_deferred; do
	check "it sees /$file" [ -e "/proc/$(main_pid)/root/$file" ]
done
kill -9 "$(opener_pid)"
rmmod gpulab gpu_sched
rmmod drm
check "drm has gone: its probes wait" wait_until 5 section_is waiting
load_lab
check "it has come back: attached, by a new opener" wait_until 10 section_is attached
check "gpuwatch-cli deadlocks: nothing yet, exit code 0" gpuwatch-cli deadlocks
check "on the system bus" busctl introspect org.gpuwatch1 /org/gpuwatch1
busctl introspect org.gpuwatch1 /org/gpuwatch1 org.gpuwatch1.Manager >/tmp/introspect
for member in .GetStatus .ListReports .GetReport .ListWaits .ListAllWaits .ListStalls .ListFaults .ListTimelines .Record .GetProbeOrder .SaveBoot \
	.GetKfd .ReportChanged .Version .ActiveReports; do
	check "introspection shows $member" grep -q "^$member " /tmp/introspect
done
get_status() {
	"$@" busctl --json=short call org.gpuwatch1 /org/gpuwatch1 org.gpuwatch1.Manager GetStatus 2>&1
}
check "a method over the bus" [ "$(get_status env | jq -r '.data[0] | fromjson | .schema')" = gpuwatch.status.v1 ]
get_status setpriv --reuid=65534 --clear-groups >/tmp/denied
check "a stranger may not call" grep -qi 'denied' /tmp/denied
check "a member of the group may" setpriv --reuid=65534 --regid=gpuwatch --clear-groups gpuwatch-cli deadlocks

check "systemctl start gpuwatch-probe-order" systemctl start gpuwatch-probe-order
check "it has done its work" [ "$(systemctl show -P ActiveState,SubState gpuwatch-probe-order | paste -sd,)" = active,exited ]
check "its report is in the journal" sh -c 'journalctl -t gpuwatch-probe-order -o cat --no-pager | grep -q "probes* of"'
check "none of it is an error" [ -z "$(journalctl -t gpuwatch-probe-order -p err -o cat --no-pager)" ]

# checked CODE TEXT [ARGUMENT...]: what `gpuwatch-cli check` answers, within a second
checked() {
	code=$1 text=$2
	shift 2
	read_clock
	begin=$now
	line=$(gpuwatch-cli check "$@")
	status=$?
	read_clock
	echo "check: $line ($status, $((now - begin))0 ms)"
	[ "$status" -eq "$code" ] && [ "${#line}" -le 80 ] && [ $((now - begin)) -le 100 ] || return 1
	case $line in *"$text"*) ;; *) return 1 ;; esac
}
check "healthy" checked 0 "no GPU deadlock"

# OnDeadlock=: what the daemon may not do is done for it, as root's configuration has it.
mkdir -p /etc/gpuwatch/gpuwatchd.conf.d
printf '[Reports]\nOnDeadlock=gpuwatch-bundle@.service\nOnDeadlockIntervalSec=10s\n' >/etc/gpuwatch/gpuwatchd.conf.d/evidence.conf
check "systemctl reload" systemctl reload gpuwatchd
check "the daemon may start no unit itself" not setpriv --reuid=gpuwatch --regid=gpuwatch --clear-groups \
	systemctl --no-ask-password start gpuwatch-bundle@d-0.service
check "only it may ask for a start" [ "$(stat -c %a:%U /run/gpuwatch/start-unit)" = 600:gpuwatch ]
bundle_of() {
	[ -s "/var/lib/gpuwatch-bundles/$1.tar.gz" ] && [ "$(systemctl show -P SubState "gpuwatch-bundle@$1")" = dead ]
}
bundled() {
	tar xOzf "/var/lib/gpuwatch-bundles/$1.tar.gz" "gpuwatch-bundle/$2"
}

lab_start fence-lock-cycle/resv
check "a deadlock is reported" wait_until 10 at_least deadlocks active 1
kept=$(id)
check "OnDeadlock= has its unit started" wait_until 20 bundle_of "$kept"
ls -li /var/lib/gpuwatch-bundles
check "which keeps the report" [ "$(bundled "$kept" reports.json | jq -r '.[0].id')" = "$kept" ]
check "and the recording" sh -c "tar tzf /var/lib/gpuwatch-bundles/$kept.tar.gz | grep -q recording"
check "and the kernel log" sh -c "tar xOzf /var/lib/gpuwatch-bundles/$kept.tar.gz gpuwatch-bundle/kernel.log | grep -q 'Linux version'"
check "for root alone" [ "$(stat -c %a:%U /var/lib/gpuwatch-bundles "/var/lib/gpuwatch-bundles/$kept.tar.gz" | paste -sd,)" = 700:root,600:root ]
journalctl -o cat --no-pager -u gpuwatchd -u 'gpuwatch-start-unit@*' | grep -i -e OnDeadlock -e Started -e failed
inode=$(stat -c %i "/var/lib/gpuwatch-bundles/$kept.tar.gz")
gpuwatch-cli deadlocks
check "exit code 1" [ $? -eq 1 ]
sleep 1
check "the journal has it, with the report as JSON" journal_has \
	'.GPUWATCH_CLASS == "fence-lock-cycle" and (.GPUWATCH_REPORT | fromjson | .confidence == "proven")'
check "as critical" journal_has '.GPUWATCH_STATE == "active" and .PRIORITY == "2"'
check "without addresses of the kernel" [ -z "$(journalctl -u gpuwatchd -o json --all --no-pager | grep -oE '0xffff[0-9a-f]{12}')" ]
check "with a catalog text" sh -c 'journalctl -u gpuwatchd -x --no-pager | grep -qi "Subject: .*deadlock"'

check "a problem for health checks" checked 1 "[fence-lock-cycle] "
check "critical for Nagios" checked 2 "CRITICAL: [fence-lock-cycle] " --format=nagios
kill -STOP "$(main_pid)"
check "an answer while the daemon is stopped" checked 2 "gpuwatchd does not answer"
kill -STOP "$(systemctl show -P MainPID dbus)"
check "and while the bus is, too" checked 2 "gpuwatchd does not answer" --system-bus
kill -CONT "$(main_pid)"
check "the truth while the bus alone is stopped" checked 1 "[fence-lock-cycle] "
kill -CONT "$(pgrep -x dbus-daemon)"

# Whose the tasks of a report are.
workload_is() {
	gpuwatch-cli deadlocks --json | jq -e --arg name "$1" '[.[].nodes[].workload.name] | index($name)' >/dev/null
}
systemd-run -q --unit=trainer labuser process-cycle/killable
check "a unit's" wait_until 10 workload_is trainer.service
systemctl stop trainer
job=/sys/fs/cgroup/system.slice/slurmstepd.scope/job_42/step_0/user/task_0
mkdir -p "$job"
sh -c 'echo $$ >"$1/cgroup.procs" && exec labuser process-cycle/killable' - "$job" &
worker=$!
check "a job's" wait_until 10 workload_is "Slurm job 42 step 0"
gpuwatch-cli deadlocks | grep Workload
labuser_is_in_the_way() {
	! gpuwatch-cli holders gpulab >/tmp/holders && grep -q "labuser.*fence" /tmp/holders
}
check "who is stuck in the driver is in the way" wait_until 10 labuser_is_in_the_way
sh -c 'exec 3</dev/dri/card0; exec sleep 60' &
opened=$!
who_opened() {
	gpuwatch-cli holders card0 --json | jq -e --argjson pid "$1" 'any(.processes[]; .pid == $pid and .files[0].path == "/dev/dri/card0")' >/dev/null
}
check "so is who has it open" wait_until 5 who_opened "$opened"
kill "$opened"
check "gpuwatchd has no device open" [ -z "$(find "/proc/$(main_pid)/fd" -lname '/dev/dri/*' -o -lname '/dev/kfd')" ]
kill "$worker"
one_active() {
	[ "$(count deadlocks active)" -eq 1 ]
}
check "both are over with their processes" wait_until 20 one_active
of_all() {
	[ "$(find /var/lib/gpuwatch-bundles -name '*.tar.gz' | wc -l)" -ge "$1" ]
}
check "one that came too soon after another one had its turn" wait_until 20 of_all 2

lab_start busy-holder/yields
spin_is_sampled() {
	gpuwatch-cli stalls --json | jq -e 'any(.[]; .class == "busy-holder" and any(.nodes[]; .end == "busy-holder" and (.place // "" | test("gpulab"))))' >/dev/null
}
check "a task that spins: where, sampled without CAP_SYS_ADMIN" wait_until 20 spin_is_sampled
lab_stop busy-holder/yields

before=$(id)
pid=$(main_pid)
kill -9 "$pid"
check "systemd starts it again after kill -9" wait_until 20 new_main_pid "$pid"
check "the same deadlock is reported again" wait_until 10 at_least deadlocks active 1
check "under the same id" [ "$(id)" = "$before" ]
# systemd's own limit is five starts in 10 s, which is no more than it takes here while there is a second between them.
mkdir -p /run/systemd/system/gpuwatchd.service.d
printf '[Service]\nRestartSec=100ms\n' >/run/systemd/system/gpuwatchd.service.d/soon.conf
systemctl daemon-reload
check "it is started again six times in 10 s" killed_often 6 10
check "and is active after all" wait_until 30 new_main_pid 0
check "with the same deadlock" wait_until 10 at_least deadlocks active 1
check "and the kprobes that it had" section_is adopted
check "its sockets are still there" systemctl -q is-active gpuwatch-perf.socket gpuwatch-start-unit.socket
rm -r /run/systemd/system/gpuwatchd.service.d
systemctl daemon-reload
pid=$(main_pid)
check "systemctl restart" systemctl restart gpuwatchd
check "a new process" new_main_pid "$pid"
check "and again the same deadlock" wait_until 10 at_least deadlocks active 1
check "what was kept of it stays as it was" [ "$(stat -c %i "/var/lib/gpuwatch-bundles/$kept.tar.gz")" = "$inode" ]
# Not the daemon's user, nor what it can write, names the unit.
rm /etc/gpuwatch/gpuwatchd.conf.d/evidence.conf
mkdir -p /run/gpuwatch/gpuwatchd.conf.d
printf '[Reports]\nOnDeadlock=poweroff@.service\n' >/run/gpuwatch/gpuwatchd.conf.d/evidence.conf
systemctl restart gpuwatchd
check "again the same deadlock" wait_until 10 at_least deadlocks active 1
refused_start() {
	journalctl -o cat --no-pager -u 'gpuwatch-start-unit@*' | grep -q 'is not set below /etc or /usr/lib'
}
check "a unit that root has not named is not started" wait_until 20 refused_start
rm -r /run/gpuwatch/gpuwatchd.conf.d
lab_stop fence-lock-cycle/resv
check "resolved" wait_until 10 none_active
check "the journal has that, too" wait_until 5 journal_has '.GPUWATCH_STATE == "resolved"'

boot_left_alone() {
	systemctl restart gpuwatch-boot && [ "$(systemctl show -P ActiveState,ConditionResult gpuwatch-boot | sort | paste -sd,)" = inactive,no ]
}
check "gpuwatch-boot leaves it to the daemon" boot_left_alone
check "systemctl stop" systemctl stop gpuwatchd
check "stopped cleanly" [ "$(systemctl show -P Result gpuwatchd)" = success ]
gpuwatch-cli deadlocks
check "no daemon: exit code 3" [ $? -eq 3 ]
pins_gone() {
	[ -z "$(find /sys/fs/bpf -type f)" ]
}
check "nothing stays attached" wait_until 60 pins_gone
check "nor a directory" wait_until 10 [ ! -e /sys/fs/bpf/gpuwatch-boot ]
# exposed_at_most UNIT LEVEL
exposed_at_most() {
	systemd-analyze security --no-pager "$1" | awk -v most="$2" '/Overall exposure level/ { print; level = $(NF - 2) } END { exit !(level > 0 && level <= most) }'
}
for unit in gpuwatchd gpuwatch-boot gpuwatch-perf@0 gpuwatch-start-unit@0 gpuwatch-bundle@0 gpuwatchd-pins gpuwatch-probe-order \
	gpuwatch-textfile; do
	check "little exposure of $unit" exposed_at_most "$unit.service" 1.5
done
# What the daemon had is not in its way, although it may not override who owns what.
check "the boot is recorded anew" systemctl restart gpuwatch-boot
check "by the unit" recorded probe
check "which can be undone" gpuwatchd --unpin
check "and leaves nothing" pins_gone
opener_gone() {
	[ -z "$(opener_pid)" ] && [ ! -e /run/gpuwatch/perf ]
}
systemctl stop gpuwatch-boot
check "the opener of perf events has gone" wait_until 10 opener_gone
# A kernel that cannot be watched does not get better by trying again.
mount -t tmpfs none /sys/kernel/btf
check "no BTF: it does not start" not systemctl start gpuwatchd
sleep 5
check "no BTF: and is not tried again" [ "$(for property in ExecMainStatus NRestarts ActiveState; do
	systemctl show -P "$property" gpuwatchd
done | paste -sd,)" = 69,0,failed ]
umount /sys/kernel/btf
check "with it again, it starts" systemctl start gpuwatchd
systemctl stop gpuwatchd
wait_until 60 pins_gone
check "no failed unit" [ -z "$(systemctl list-units --failed --plain --no-legend | grep gpuwatch)" ]
verdict
