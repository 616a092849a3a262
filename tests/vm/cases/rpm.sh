#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The RPM packages with their scripts: install, install over it while a deadlock stands, erase. By Debian's rpm, which has none of
# what they depend on in its database.
. /cases/lib.sh

not() {
	! "$@"
}
main_pid() {
	systemctl show -P MainPID gpuwatchd
}
report() {
	gpuwatch-cli deadlocks --json | jq -r '.[0].id'
}
on_bus() {
	busctl call org.gpuwatch1 /org/gpuwatch1 org.gpuwatch1.Manager GetStatus >/tmp/status
}
# What the scripts say goes into the log; they say nothing when they are well.
install_rpm() {
	rpm --force-debian --nodeps --nosignature "$@" >/tmp/rpm 2>&1
	code=$?
	cat /tmp/rpm
	return $code
}
quiet() {
	! grep -qi -e 'scriptlet failed' -e 'error:' /tmp/rpm
}

load_lab || exit 1
check "install" install_rpm -i /rpms/gpuwatch-[0-9]*.rpm
check "no script failed" quiet
check "a user of its own" [ "$(id -nu gpuwatch)" = gpuwatch ]
check "enabled, as the preset has it" systemctl -q is-enabled gpuwatchd
check "start" systemctl start gpuwatchd
check "the daemon answers" wait_until 60 daemon_answers
check "on the bus, too" on_bus
check "install of the exporter" install_rpm -i /rpms/gpuwatch-exporter-*.rpm
check "no script failed" quiet
check "start of its socket" systemctl start gpuwatch-exporter.socket
lab_start fence-lock-cycle/resv
check "a deadlock is reported" wait_until 20 at_least deadlocks active 1
before=$(report)
pid=$(main_pid)
check "install over it" install_rpm -U --force /rpms/gpuwatch-[0-9]*.rpm /rpms/gpuwatch-exporter-*.rpm
check "no script failed" quiet
check "the daemon answers" wait_until 60 daemon_answers
check "the same deadlock" wait_until 20 at_least deadlocks active 1
check "under the same id" [ "$(report)" = "$before" ]
lab_stop fence-lock-cycle/resv
check "erase the exporter" install_rpm -e gpuwatch-exporter
check "its socket is gone" not systemctl -q is-active gpuwatch-exporter.socket
check "erase" install_rpm -e gpuwatch
check "no script failed" quiet
check "nothing runs" not pgrep -x gpuwatchd
pins_gone() {
	[ -z "$(find /sys/fs/bpf -type f)" ]
}
check "nothing stays attached" wait_until 30 pins_gone
a_unit_failed() {
	systemctl list-units --failed --plain --no-legend | grep -q gpuwatch
}
check "no failed unit" not a_unit_failed
check "the driver can go" wait_until 10 rmmod gpulab
verdict
