#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A fleet in small: the reports of two machines reach a third one by Debian's systemd-journal-upload and -remote, and can be read
# there. Each node has a wire of its own to the third machine.
#
# usage: fleet.sh node NUMBER SCENARIO | collector
. /cases/lib.sh

REMOTE=/var/log/journal/remote

# address INTERFACE ADDRESS
address() {
	busybox ip addr add "$2/24" dev "$1" && busybox ip link set "$1" up
}

# ---- where a GPU hangs ---------------------------------------------------------------------------

# arrived FIELD=VALUE...: the third machine has an entry of this report that matches all of these. Its gateway serves what it got.
arrived() {
	query="GPUWATCH_ID=$id"
	for match; do query="$query&$match"; done
	[ -n "$(curl -s -m 20 -H 'Accept: application/json' "$gateway/entries?$query")" ]
}
reachable() {
	curl -s -m 20 -o /dev/null "$gateway/machine"
}

node() {
	gateway=http://10.77.$1.1:19531
	address eth0 "10.77.$1.2"
	systemd-sysusers
	systemd-tmpfiles --create /usr/lib/tmpfiles.d/gpuwatch.conf
	systemctl daemon-reload
	busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
	load_lab || exit 1
	check "systemctl start gpuwatchd" systemctl start gpuwatchd
	check "the third machine answers" wait_until 600 reachable
	printf '[Upload]\nURL=http://10.77.%s.1:19532\n' "$1" >/etc/systemd/journal-upload.conf
	check "systemctl start systemd-journal-upload" systemctl start systemd-journal-upload
	lab_start "$2"
	check "a deadlock is reported" wait_until 20 at_least deadlocks active 1
	id=$(gpuwatch-cli deadlocks --json | jq -r '.[0].id')
	echo "$id" >"$OUT/id"
	check "its report is on the third machine" wait_until 300 arrived GPUWATCH_STATE=active
	lab_stop "$2"
	check "it is resolved" wait_until 20 none_active
	check "which is there, too" wait_until 300 arrived GPUWATCH_STATE=resolved
	check "the upload goes on" systemctl -q is-active systemd-journal-upload
}

# ---- where people look -----------------------------------------------------------------------------

# entries MATCH...: of all machines, a line of JSON each
entries() {
	journalctl --directory="$REMOTE" --no-pager --all -o json "$@" 2>/dev/null
}
hosts() {
	entries "$@" | jq -r ._HOSTNAME | sort -u | paste -sd,
}
both_have() {
	[ "$(hosts "$@")" = node-1,node-2 ]
}
both_have_gone() {
	! busybox ping -c 1 -W 2 10.77.1.2 >/dev/null && ! busybox ping -c 1 -W 2 10.77.2.2 >/dev/null
}
reports() {
	entries GPUWATCH_STATE=active | jq -r ".GPUWATCH_REPORT | fromjson | $1"
}

collector() {
	address eth0 10.77.1.1
	address eth1 10.77.2.1
	# The package's own listens with TLS, for which a site has certificates.
	mkdir -p /etc/systemd/system/systemd-journal-remote.service.d
	printf '[Service]\nExecStart=\nExecStart=/lib/systemd/systemd-journal-remote --listen-http=-3 --output=%s/\n' "$REMOTE" \
		>/etc/systemd/system/systemd-journal-remote.service.d/http.conf
	systemctl daemon-reload
	check "systemctl start systemd-journal-remote.socket" systemctl start systemd-journal-remote.socket
	mkdir -p "$REMOTE"
	chown systemd-journal-remote: "$REMOTE"
	/lib/systemd/systemd-journal-gatewayd --directory="$REMOTE" &
	check "both machines' reports are here" wait_until 900 both_have GPUWATCH_STATE=active
	check "and that they are resolved" wait_until 300 both_have GPUWATCH_STATE=resolved
	check "one file for each machine" [ "$(find "$REMOTE" -name 'remote-*.journal' | wc -l)" -eq 2 ]
	check "of two machines" [ "$(entries GPUWATCH_STATE=active | jq -r ._MACHINE_ID | sort -u | wc -l)" -eq 2 ]
	check "by class: of the first" [ "$(hosts GPUWATCH_CLASS=fence-lock-cycle)" = node-1 ]
	check "of the second" [ "$(hosts GPUWATCH_CLASS=notifier-cycle)" = node-2 ]
	check "the reports are whole, and proven" [ "$(reports 'select(.confidence == "proven") | .schema + " " + .class' | sort -u | paste -sd,)" = \
		"gpuwatch.report.v1 fence-lock-cycle,gpuwatch.report.v1 notifier-cycle" ]
	check "without addresses of the kernel" [ -z "$(entries GPUWATCH_STATE=active | grep -oE '0xffff[0-9a-f]{12}')" ]
	check "gpuwatch-cli show reads them" sh -c "journalctl --directory=$REMOTE --all -o json GPUWATCH_STATE=active |
		gpuwatch-cli show - | tee /tmp/shown"
	check "both" [ "$(grep -c '^Deadlock ' /tmp/shown)" -eq 2 ]
	entries GPUWATCH_STATE=active | jq -r '._HOSTNAME + " " + .GPUWATCH_ID' | sort -u >"$OUT/ids"
	check "both have seen it there" wait_until 300 both_have_gone
}

"$@"
verdict
