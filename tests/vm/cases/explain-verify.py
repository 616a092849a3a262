#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what `gpuwatch-cli explain` makes of a guest's kernel log against what the daemon reported live.

usage: explain-verify.py DIR GPUWATCH-CLI

A text bears less than a live machine, so a stall is right where the daemon reports a deadlock; another class, or a GPU's hang
that is called not the GPU's, is wrong. How the others count, docs/explain.md has: "the same" of class, cause and victims, "open"
where the text names everybody who is blocked and the live class among those that it leaves open, and "less". Of the logs that the
kernel's detectors and `echo w` make (log.txt), of those that show every task (all.txt), and of these with a table of all threads
(threads.txt). It fails where a log contradicts the daemon, and where fewer than nine in ten of the logs that show every task are the
same or open.
"""
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

OTHERS = {"network-file-system", "fuse", "file-system", "block", "memory", "freezer", "usb", "network", "bus", "power"}


def tasks(ids):
    return {i.removesuffix(":gone") for i in ids if i.startswith("task:")}


def everybody(report):
    """Who is blocked, or blocks others: the cause, the loop or chain, and the victims."""
    ends = {end for edge in report["edges"] for end in (edge["from"], edge["to"])}
    return {t for t in tasks(ends | set(report["victims"]) | {report["root_cause"]["node"]}) if not t.startswith("task:0x")}


def neighbours(report, node):
    return {(e["relation"], e["to"]) for e in report["edges"] if e["from"] == node} | {
        (e["from"], e["relation"]) for e in report["edges"] if e["to"] == node
    }


def stand_alike(live, one, other):
    """Both wait for the same, and keep the same from happening, as those who fill a workqueue do: neither came first."""
    return neighbours(live, one) == neighbours(live, other) != set()


def same_cause(text, live):
    """Who is gone has no number in a log. Of a loop of locks alone nobody is the cause more than the others."""
    ours, theirs = text["root_cause"]["node"], live["root_cause"]["node"]
    if ours == theirs or (ours.startswith("task:0x") and theirs.endswith(":gone")) or stand_alike(live, ours, theirs):
        return True
    return live["class"] == "lock-cycle" and ours in live["cycle"] and tasks(text["cycle"]) == tasks(live["cycle"])


def same_victims(text, live):
    """Of several that wait for the same lock, either stands in the loop."""
    if live["kind"] != "deadlock":
        return everybody(text) == everybody(live)
    ours, theirs = tasks(text["victims"]), tasks(live["victims"])
    targets = {e["to"] for e in text["edges"] if e["from"] in ours ^ theirs}
    alike = len(targets) == 1 or (len(ours ^ theirs) == 2 and stand_alike(live, *(ours ^ theirs)))
    return ours == theirs or (len(ours) == len(theirs) and alike and everybody(text) == everybody(live))


def blames_nobody_else(text, live):
    """A stall blames nobody, and a task that tries again and again is blamed for a loop only that it stands in."""
    return text["kind"] == "stall" or (text["kind"] == "livelock" and text["root_cause"]["node"] in live["cycle"])


def guessed(report):
    """Those of several of which one is meant, and who are not blocked otherwise."""
    guesses = {e["to"] for e in report["edges"] if e["confidence"] == "hint" and e["relation"] == "held-by"}
    return tasks(guesses) - tasks(report["victims"])


def is_open(text, live):
    """The text ends one step before the live cause, which it cannot show, and names the command that would."""
    cause = live["root_cause"]["node"]
    unseen = {cause.removesuffix(":gone")} - everybody(text)
    classes = {text["class"]} | set(text["log"]["may_be"])
    asks = any("`gpuwatch-cli record" in question for question in text["log"]["missing"])
    same_people = everybody(text) - guessed(text) == everybody(live) - unseen - guessed(text)
    return blames_nobody_else(text, live) and asks and live["class"] in classes and same_people


def grade(texts, live):
    """How much of the live report, the first one, the texts' first one has."""
    if not 0 < len(texts) <= len(live):
        return "less"
    text, first = texts[0], live[0]
    if text["class"] == first["class"] and same_cause(text, first) and same_victims(text, first):
        return "the same"
    return "open" if is_open(text, first) else "less"


def contradicts(text, live):
    """Why a report cannot be true if the live one is, or None."""
    if text.get("subsystem", {}).get("kind") in OTHERS:
        return f"{text['summary']}"
    if text["kind"] == "deadlock" and text["class"] != live["class"]:
        return f"{text['class']} instead of {live['class']}"
    blamed = {t for t in tasks(text["cycle"]) if not t.startswith("task:0x")} - tasks(n["id"] for n in live["nodes"])
    if text["kind"] == "deadlock" and blamed:
        return f"blames {blamed}"
    return None


def live_reports(directory):
    """The active ones, stalls last."""
    active = [r for r in json.loads((directory / "active.json").read_text()) if r["state"] == "active"]
    return sorted(active, key=lambda r: r["kind"] == "stall")


def check(log, program):
    live = live_reports(log.parent)
    ran = subprocess.run([program, "explain", "--json", log], capture_output=True, text=True, check=False)
    if ran.returncode != 1 or not live:
        return f"exit code {ran.returncode}, {len(live)} live reports {ran.stderr}", "less", False, ""
    texts = json.loads(ran.stdout)
    wrong = [why for why in (contradicts(t, live[0]) for t in texts) if why]
    alike = texts[0].get("signature") == live[0].get("signature")
    return "; ".join(wrong), grade(texts, live), alike, texts[0]["kind"]


def check_all(directory, name, program):
    """Returns how many are not wrong, how many are, and how many say as much as a text can."""
    grades, failed, shapes, blamed = Counter(), 0, 0, 0
    for log in sorted(directory.glob(f"*/{name}")):
        wrong, how, alike, kind = check(log, program)
        grades[how] += 1
        blamed += how == "open" and kind == "livelock"
        shapes += alike and how == "the same"
        print(f"{'FAIL' if wrong else 'ok  '} {log.parent.name} {name}: {wrong or how}")
        failed += bool(wrong)
    count = grades.total()
    print(
        f"{name}: of {count} logs {grades['the same']} have the same class, cause and victims as live, {shapes} of them the same "
        f"signature; {grades['open']} leave open what no text shows (in {blamed} a task of the loop is blamed); "
        f"{grades['less']} have less; of those that show what the daemon sees {grades['the same']} of "
        f"{grades['the same'] + grades['less']} are the same"
    )
    return count - failed, failed, grades["the same"] + grades["open"]


def main():
    directory, program = Path(sys.argv[1]), sys.argv[2]
    results = [check_all(directory, name, program) for name in ("log.txt", "all.txt", "threads.txt")]
    passed, failed, _ = (sum(column) for column in zip(*results))
    short = results[1][2] * 10 < 9 * sum(results[1][:2])
    if short:
        print("FAIL fewer than nine in ten of the logs that show every task say as much as a text can")
    print(f"{passed + 1 - short} passed, {failed + short} failed")
    return failed > 0 or short or any(sum(result[:2]) == 0 for result in results)


if __name__ == "__main__":
    sys.exit(main())
