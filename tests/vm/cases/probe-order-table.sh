# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by probe-order.sh: suppliers and consumers of which only a file in /etc/gpuwatch/dependencies.d knows, as a user
# would write it.

# Two consumers that do not look come up while their supplier's probe sleeps; one that looks defers. Those that come later
# are healthy.
overlap() {
	step overlap
	load mmu async=1 probe_ms=1500
	load camera
	load display
	board add orion-mmu.0
	usleep 300000
	board add orion-camera.0 needs=orion-mmu.0
	board add orion-camera.1 needs=orion-mmu.0
	board add orion-display.0 needs=orion-mmu.0
	sleep 2
	settle
	load video
	load vault
	board add orion-video.0 needs=orion-mmu.0
	board add orion-camera.2 needs=orion-mmu.0
	check "protected playback is there" [ -e /dev/orion-protected0 ]
	check "the vault is there" [ -e /dev/orion-vault ]
	expect probe-overlap orion-camera.0 supplier=orion-mmu.0 driver=orion-camera
	expect probe-overlap orion-camera.1 supplier=orion-mmu.0 driver=orion-camera
	look
	unload vault video display camera mmu board core
}

# The supplier is not there: nothing says so but a feature that is missing. Then it comes, too late for all but one.
absence() {
	step absence
	load vault
	load video
	load camera
	load display
	board add orion-mmu.0
	board add orion-video.0 needs=orion-mmu.0
	board add orion-camera.0 needs=orion-mmu.0
	board add orion-display.0 needs=orion-mmu.0
	settle
	check "protected playback is missing" [ ! -e /dev/orion-protected0 ]
	expect silent-absence orion-video.0 driver=orion-video module=orion_mmu advice=orion_mmu
	look
	load mmu
	settle
	check "the vault is missing" [ ! -e /dev/orion-vault ]
	look_again wrong-order "initcall-order orion_vault supplier=orion_mmu" \
		"probed-before-supplier orion-camera.0 supplier=orion-mmu.0 driver=orion-camera" \
		"probed-before-supplier orion-video.0 supplier=orion-mmu.0 driver=orion-video"
	board remove orion-video.0
	board remove orion-camera.0
	board add orion-video.0
	board add orion-camera.0
	unload vault
	load vault
	settle
	check "protected playback is there" [ -e /dev/orion-protected0 ]
	look_again put-right "probed-before-supplier orion-camera.0 state=resolved" \
		"probed-before-supplier orion-video.0 state=resolved"
}

install_table
start_board
start_fresh_daemon
overlap
stop_daemon
start_board
start_fresh_daemon
absence
finish
