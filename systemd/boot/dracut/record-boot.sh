#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dracut, before the first driver is loaded: begins to record how drivers come up. It is sourced, and so must not exit.
# gpuwatch.record=0 on the kernel command line leaves it out. It never keeps the system from coming up.

read -r gpuwatch_parameters </proc/cmdline
case " $gpuwatch_parameters " in
	*" gpuwatch.record=0 "*) ;;
	*)
		if ! gpuwatch_message=$(/usr/sbin/gpuwatchd --record-boot 2>&1); then
			echo "<4>gpuwatch: the boot is not recorded from here: $gpuwatch_message" >/dev/kmsg
		fi
		;;
esac
