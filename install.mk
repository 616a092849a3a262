# SPDX-License-Identifier: GPL-2.0-or-later
# make install, make uninstall: included by Makefile, which sets the directories.
# DESTDIR stages the files for a package; without it the running system is told.

INSTALL_PROGRAM ?= $(INSTALL) -m 0755
INSTALL_DATA ?= $(INSTALL) -m 0644

UNITS := $(patsubst systemd/%.in,$(B)/systemd/%,$(wildcard systemd/*.service.in systemd/*.socket.in systemd/*.timer.in))
MAN_PAGES := $(wildcard docs/man/*.[1-9])
DOCUMENTS := $(wildcard README.md docs/*.md docs/*.svg)
SCREENS := $(wildcard docs/screens/*.png)
SCHEMAS := $(wildcard docs/*.schema.json)
# Configuration for the programs that watch over many machines; those that are run keep their mode.
INTEGRATIONS := $(wildcard integrations/*/*)
DATA := data/dependencies.conf data/known-hangs.conf $(wildcard data/monitoring/*) $(B)/systemd/boot/grub-record-boot.cfg
# Where initramfs generators look is fixed, too.
initramfsdir ?= /usr/share/initramfs-tools
dracutdir ?= /usr/lib/dracut/modules.d/90gpuwatch
BOOT := $(patsubst systemd/%.in,$(B)/systemd/%,$(wildcard systemd/boot/*/*.in systemd/boot/*.in))
completionsdir ?= $(datadir)/bash-completion/completions
zshcompletionsdir ?= $(datadir)/zsh/site-functions
man_destination = $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

INSTALLED = $(DESTDIR)$(sbindir)/gpuwatchd $(DESTDIR)$(bindir)/gpuwatch-cli $(DESTDIR)$(bindir)/gpuwatch-exporter \
	$(addprefix $(DESTDIR)$(unitdir)/,$(notdir $(UNITS))) \
	$(DESTDIR)$(dbuspolicydir)/org.gpuwatch1.conf $(DESTDIR)$(dbuspolicydir)/gpuwatch-exporter.conf \
	$(DESTDIR)$(sysusersdir)/gpuwatch.conf $(DESTDIR)$(sysusersdir)/gpuwatch-exporter.conf \
	$(DESTDIR)$(tmpfilesdir)/gpuwatch.conf \
	$(DESTDIR)$(catalogdir)/gpuwatch.catalog \
	$(foreach page,$(MAN_PAGES),$(call man_destination,$(page))) \
	$(addprefix $(DESTDIR)$(docdir)/,$(notdir $(DOCUMENTS)) $(SCREENS:docs/%=%)) \
	$(addprefix $(DESTDIR)$(datadir)/gpuwatch/,$(notdir $(SCHEMAS) $(DATA))) \
	$(DESTDIR)$(completionsdir)/gpuwatch-cli $(DESTDIR)$(zshcompletionsdir)/_gpuwatch-cli \
	$(addprefix $(DESTDIR)$(datadir)/gpuwatch/,$(INTEGRATIONS)) \
	$(DESTDIR)$(initramfsdir)/hooks/gpuwatch $(DESTDIR)$(initramfsdir)/scripts/init-top/gpuwatch \
	$(DESTDIR)$(dracutdir)/module-setup.sh $(DESTDIR)$(dracutdir)/record-boot.sh

# Made anew each time: the directory may be another one than last time.
.PHONY: $(UNITS) $(BOOT)
$(UNITS) $(BOOT): $(B)/systemd/%: systemd/%.in
	@mkdir -p $(@D)
	sed 's|@sbindir@|$(sbindir)|g;s|@bindir@|$(bindir)|g;s|@datadir@|$(datadir)|g' $< >$@

.PHONY: install install-files install-running
## install: install programs, units, documentation (DESTDIR, PREFIX, GNU directory variables)
install: install-files
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then $(MAKE) --no-print-directory install-running; fi

install-files: all $(UNITS) $(BOOT)
	$(INSTALL) -d $(sort $(dir $(INSTALLED))) $(DESTDIR)$(sysconfdir)/gpuwatch
	$(INSTALL_PROGRAM) $(B)/gpuwatchd $(DESTDIR)$(sbindir)/gpuwatchd
	$(INSTALL_PROGRAM) $(B)/gpuwatch-cli $(DESTDIR)$(bindir)/gpuwatch-cli
	$(INSTALL_PROGRAM) $(B)/gpuwatch-exporter $(DESTDIR)$(bindir)/gpuwatch-exporter
	$(INSTALL_DATA) $(UNITS) $(DESTDIR)$(unitdir)/
	$(INSTALL_DATA) systemd/org.gpuwatch1.conf $(DESTDIR)$(dbuspolicydir)/org.gpuwatch1.conf
	$(INSTALL_DATA) systemd/gpuwatch.sysusers $(DESTDIR)$(sysusersdir)/gpuwatch.conf
	$(INSTALL_DATA) systemd/gpuwatch-exporter.conf $(DESTDIR)$(dbuspolicydir)/gpuwatch-exporter.conf
	$(INSTALL_DATA) systemd/gpuwatch-exporter.sysusers $(DESTDIR)$(sysusersdir)/gpuwatch-exporter.conf
	$(INSTALL_DATA) systemd/gpuwatch.tmpfiles $(DESTDIR)$(tmpfilesdir)/gpuwatch.conf
	$(INSTALL_DATA) systemd/gpuwatch.catalog $(DESTDIR)$(catalogdir)/gpuwatch.catalog
	$(INSTALL_DATA) cli/completion/gpuwatch-cli $(DESTDIR)$(completionsdir)/gpuwatch-cli
	$(INSTALL_DATA) cli/completion/_gpuwatch-cli $(DESTDIR)$(zshcompletionsdir)/_gpuwatch-cli
	$(INSTALL_PROGRAM) $(B)/systemd/boot/initramfs-tools/hook $(DESTDIR)$(initramfsdir)/hooks/gpuwatch
	$(INSTALL_PROGRAM) systemd/boot/initramfs-tools/init-top $(DESTDIR)$(initramfsdir)/scripts/init-top/gpuwatch
	$(INSTALL_PROGRAM) $(B)/systemd/boot/dracut/module-setup.sh $(DESTDIR)$(dracutdir)/module-setup.sh
	$(INSTALL_PROGRAM) systemd/boot/dracut/record-boot.sh $(DESTDIR)$(dracutdir)/record-boot.sh
	$(foreach page,$(MAN_PAGES),$(INSTALL_DATA) $(page) $(call man_destination,$(page)) &&) true
	$(foreach file,$(DOCUMENTS),$(INSTALL_DATA) $(file) $(DESTDIR)$(docdir)/ &&) true
	$(foreach file,$(SCREENS),$(INSTALL_DATA) $(file) $(DESTDIR)$(docdir)/screens/ &&) true
	$(foreach file,$(SCHEMAS) $(DATA),$(INSTALL_DATA) $(file) $(DESTDIR)$(datadir)/gpuwatch/ &&) true
	$(foreach file,$(INTEGRATIONS),$(INSTALL) -m $$(stat -c %a $(file)) $(file) $(DESTDIR)$(datadir)/gpuwatch/$(file) &&) true
	[ -e $(DESTDIR)$(sysconfdir)/gpuwatch/gpuwatchd.conf ] || \
		$(INSTALL_DATA) systemd/gpuwatchd.conf $(DESTDIR)$(sysconfdir)/gpuwatch/gpuwatchd.conf

# What a package's maintainer scripts do.
install-running:
	systemd-sysusers gpuwatch.conf gpuwatch-exporter.conf
	systemd-tmpfiles --create gpuwatch.conf
	journalctl --update-catalog
	systemctl daemon-reload
	-systemctl reload dbus.service
	@echo 'Installed. Start it:  systemctl enable --now gpuwatchd'
	@echo 'To record the boot from the initramfs on, make that anew: update-initramfs -u, or dracut --force'

.PHONY: uninstall
## uninstall: remove what install installed; a configuration that was changed stays
uninstall:
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl disable --now gpuwatchd.service gpuwatch-exporter.socket gpuwatch-exporter.service || true; fi
	rm -f $(INSTALLED)
	! cmp -s systemd/gpuwatchd.conf $(DESTDIR)$(sysconfdir)/gpuwatch/gpuwatchd.conf || \
		rm -f $(DESTDIR)$(sysconfdir)/gpuwatch/gpuwatchd.conf
	-rmdir $(DESTDIR)$(dracutdir) $(addprefix $(DESTDIR)$(datadir)/gpuwatch/,$(sort $(dir $(INTEGRATIONS))) integrations) $(DESTDIR)$(sysconfdir)/gpuwatch $(DESTDIR)$(docdir)/screens $(DESTDIR)$(docdir) $(DESTDIR)$(datadir)/gpuwatch 2>/dev/null
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
