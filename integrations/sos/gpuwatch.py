# SPDX-License-Identifier: GPL-2.0-or-later
"""What gpuwatch found, for sos report: goes to sos/report/plugins of the Python packages."""

from sos.report.plugins import Plugin, DebianPlugin, RedHatPlugin, SuSEPlugin, UbuntuPlugin


class Gpuwatch(Plugin, DebianPlugin, RedHatPlugin, SuSEPlugin, UbuntuPlugin):
    """GPU compute deadlock diagnostics.

    The bundle answers within five seconds, also while processes hang in a GPU's driver.
    """

    short_desc = 'GPU compute deadlock diagnostics'
    plugin_name = 'gpuwatch'
    profiles = ('hardware', 'kernel')
    packages = ('gpuwatch',)
    commands = ('gpuwatch-cli',)
    services = ('gpuwatchd',)

    def setup(self):
        self.add_copy_spec('/etc/gpuwatch')
        self.add_cmd_output([
            'gpuwatch-cli check --format=json',
            'gpuwatch-cli status',
            'gpuwatch-cli deadlocks --all',
            'gpuwatch-cli stalls --all',
            'gpuwatch-cli waits --all',
        ], timeout=15)
        self.add_cmd_output('gpuwatch-cli bundle -', suggest_filename='gpuwatch-bundle.tar.gz', binary=True,
                            stderr=False, timeout=15)
        self.add_journal(units='gpuwatchd')
