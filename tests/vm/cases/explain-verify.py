#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what `gpuwatch-cli explain` makes of a guest's kernel log against what the daemon reported live.

usage: explain-verify.py DIR GPUWATCH-CLI

A text bears less than a live machine, so a stall is right where the daemon reports a deadlock; another class, or a GPU's hang
that is called not the GPU's, is wrong. Prints how many have the same class, cause and victims, of the logs that the kernel's
detectors and `echo w` make (log.txt), and of those that show every task (all.txt).
"""
import json
import subprocess
import sys
from pathlib import Path

OTHERS = {"network-file-system", "fuse", "file-system", "block", "memory", "freezer", "usb", "network", "bus", "power"}


def tasks(ids):
    return {i.removesuffix(":gone") for i in ids if i.startswith("task:")}


def facts(report):
    """Class, cause and victims. Of a chain without a loop, the log's report counts its first task as a victim, too."""
    root, victims = report["root_cause"]["node"], tasks(report["victims"])
    if report["kind"] != "deadlock":
        victims |= tasks(end for edge in report["edges"] for end in (edge["from"], edge["to"])) - {root}
    return report["class"], root, victims


def contradicts(text, live):
    """Why a report cannot be true if the live one is, or None."""
    if text.get("subsystem", {}).get("kind") in OTHERS:
        return f"{text['summary']}"
    if text["kind"] == "deadlock" and text["class"] != live["class"]:
        return f"{text['class']} instead of {live['class']}"
    known = tasks(n["id"] for n in live["nodes"])
    if text["kind"] == "deadlock" and not tasks(text["cycle"]) <= known:
        return f"blames {tasks(text['cycle']) - known}"
    return None


def live_reports(directory):
    """The active ones, stalls last."""
    active = [r for r in json.loads((directory / "active.json").read_text()) if r["state"] == "active"]
    return sorted(active, key=lambda r: r["kind"] == "stall")


def check(log, program):
    live = live_reports(log.parent)
    ran = subprocess.run([program, "explain", "--json", log], capture_output=True, text=True, check=False)
    if ran.returncode != 1 or not live:
        return f"exit code {ran.returncode}, {len(live)} live reports {ran.stderr}", False, False
    texts = json.loads(ran.stdout)
    wrong = [why for why in (contradicts(t, live[0]) for t in texts) if why]
    agrees = 0 < len(texts) <= len(live) and facts(texts[0]) == facts(live[0])
    alike = agrees and texts[0].get("signature") == live[0].get("signature")
    return "; ".join(wrong), agrees, alike


def check_all(directory, name, program):
    """Returns how many are not wrong, and how many are."""
    passed = failed = same = shapes = 0
    for log in sorted(directory.glob(f"*/{name}")):
        wrong, agrees, alike = check(log, program)
        same += agrees
        shapes += alike
        print(f"{'FAIL' if wrong else 'ok  '} {log.parent.name} {name}{': ' + wrong if wrong else ', the same' if agrees else ''}")
        passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{name}: {same} of {passed + failed} have the same class, cause and victims as live, {shapes} of them the same signature")
    return passed, failed


def main():
    directory, program = Path(sys.argv[1]), sys.argv[2]
    results = [check_all(directory, name, program) for name in ("log.txt", "all.txt")]
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or any(sum(result) == 0 for result in results)


if __name__ == "__main__":
    sys.exit(main())
