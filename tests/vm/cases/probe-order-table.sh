# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by probe-order.sh: suppliers and consumers of which only a file in /etc/gpuwatch/dependencies.d knows, as a user
# would write it.

# observe NAME: a step that nothing precedes, as far as gpuwatch is concerned.
observe() {
	start_daemon --no-pin || exit 1
	start_board
	step "$1"
}

# over MODULE…: the board is taken apart.
over() {
	stop_daemon
	unload "$@" board core
}

right_order() {
	observe right-order
	load mmu
	board add orion-mmu.0
	load video
	load camera
	load vault
	board add orion-video.0 needs=orion-mmu.0
	board add orion-camera.0 needs=orion-mmu.0
	settle
	check "the vault is there" [ -e /dev/orion-vault ]
	check "protected playback is there" [ -e /dev/orion-protected0 ]
	look
	over vault camera video mmu
}

# Consumers that defer are healthy, however late their supplier is.
deferring_order() {
	observe deferring-order
	load display
	board add orion-display.0 needs=orion-mmu.0
	board add orion-mmu.0
	sleep 1
	load mmu
	settle
	look
	over display mmu
}

wrong_order() {
	observe wrong-order
	load vault
	load video
	load camera
	board add orion-mmu.0
	board add orion-video.0 needs=orion-mmu.0
	board add orion-camera.0 needs=orion-mmu.0
	sleep 1
	load mmu
	settle
	check "the vault is missing" [ ! -e /dev/orion-vault ]
	check "protected playback is missing" [ ! -e /dev/orion-protected0 ]
	expect initcall-order orion_vault supplier=orion_mmu
	expect probed-before-supplier orion-camera.0 supplier=orion-mmu.0 driver=orion-camera
	expect probed-before-supplier orion-video.0 supplier=orion-mmu.0 driver=orion-video feature=/dev/orion-protected0
	look
	over vault camera video mmu
}

# Two consumers that do not look come up while their supplier's probe sleeps; one that looks defers.
overlap() {
	observe overlap
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
	expect probe-overlap orion-camera.0 supplier=orion-mmu.0 driver=orion-camera
	expect probe-overlap orion-camera.1 supplier=orion-mmu.0 driver=orion-camera
	look
	over camera display mmu
}

# The supplier never comes: nothing says so but a feature that is not there.
never() {
	observe never
	load video
	board add orion-mmu.0
	board add orion-video.0 needs=orion-mmu.0
	settle
	check "the feature is missing" [ ! -e /dev/orion-protected0 ]
	expect silent-absence orion-video.0 driver=orion-video feature=/dev/orion-protected0 module=orion_mmu
	look
	board remove orion-video.0
	load mmu
	board add orion-video.0
	settle
	check "the feature is there" [ -e /dev/orion-protected0 ]
	look_again put-right "silent-absence orion-video.0 state=resolved"
}

install_table
right_order
deferring_order
wrong_order
overlap
never
finish
