#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the disk of the case "loaders" bootable, by Debian's packages: GRUB for a BIOS, systemd-boot for EFI. Its third
# partition has the root file system already.
#
# usage: loaders-install.sh COMMAND, to be run in each boot
. /cases/lib.sh

command=$1
release=$(uname -r)
export DEBIAN_FRONTEND=noninteractive

in_disk() {
	chroot /mnt "$@"
}

quietly() {
	"$@" >"$OUT/log" 2>&1 || { fail "$*"; tail -n 20 "$OUT/log"; }
}

disk() {
	for block in /sys/block/vd*; do
		[ "$(cat "$block/serial")" != gpuwatch-disk ] || echo "/dev/${block##*/}"
	done
}

partition() {
	sfdisk --quiet "$1" <<-END
	label: gpt
	start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
	start=4096, size=262144, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
	start=266240, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709
	END
	udevadm settle
	mkfs.vfat -F 32 "$1"2 >/dev/null
	mount "$1"3 /mnt
	mkdir -p /mnt/boot/efi
	mount "$1"2 /mnt/boot/efi
	mount --bind /dev /mnt/dev
	mount -t proc proc /mnt/proc
	mount -t sysfs sysfs /mnt/sys
}

uuid() {
	blkid -o value -s UUID "$1"
}

# The command of each boot, and what it needs.
bring_along() {
	cp -a /vm /cases /mnt/
	echo "exec $command" >/mnt/vm/command
	cp -a /tree/. /mnt/
	quietly in_disk systemd-sysusers
	quietly in_disk systemctl enable gpuwatchd
	printf 'UUID=%s / ext4 noatime 0 1\nUUID=%s /boot/efi vfat umask=0077 0 1\n' "$(uuid "$1"3)" "$(uuid "$1"2)" >/mnt/etc/fstab
}

install_kernel() {
	cp /kernel/vmlinuz "/mnt/boot/vmlinuz-$release"
	cp /kernel/initrd "/mnt/boot/initrd.img-$release"
	printf 'GRUB_TIMEOUT=0\nGRUB_DISTRIBUTOR=Debian\nGRUB_TERMINAL=serial\nGRUB_CMDLINE_LINUX="%s"\n' "$(cat /proc/cmdline)" \
		>/mnt/etc/default/grub
	quietly in_disk grub-install --target=i386-pc "$1"
	quietly in_disk update-grub
	mkdir -p /mnt/etc/kernel
	echo "root=UUID=$(uuid "$1"3) ro $(cat /proc/cmdline)" >/mnt/etc/kernel/cmdline
	quietly in_disk bootctl --no-variables install
	quietly in_disk kernel-install add "$release" /kernel/vmlinuz "/boot/initrd.img-$release"
}

quietly dpkg -i /debs/libfdisk1_* /debs/libreadline8_* /debs/readline-common_* /debs/fdisk_* /debs/dosfstools_*
disk=$(disk)
partition "$disk"
cp -a /debs /kernel /mnt/
quietly in_disk sh -c 'dpkg -i /debs/*.deb'
bring_along "$disk"
install_kernel "$disk"
check "GRUB's menu has the kernel" grep -q "linux.*/boot/vmlinuz-$release" /mnt/boot/grub/grub.cfg
check "systemd-boot has an entry" [ "$(find /mnt/boot/efi/loader/entries -name '*.conf' | wc -l)" = 1 ]
rm -r /mnt/debs /mnt/kernel
umount -R /mnt
verdict
