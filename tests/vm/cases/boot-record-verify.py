#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what gpuwatch recorded of a boot with the accounts of the drivers themselves and of the kernel log.

usage: boot-record-verify.py DIR (as tests/vm/cases/boot-record.sh leaves it)
"""
import collections
import itertools
import json
import re
import statistics
import sys
from pathlib import Path

# Between a driver's clock reading and the program's. An emulated CPU stands still when the host has other work.
SLACK_NS = 3_000_000_000
USUAL_NS = 150_000_000

passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {detail}")


def log_offset(path, unknown):
    """CLOCK_MONOTONIC minus the kernel log's clock, in ns, as gpuwatch found it."""
    for line in path.read_text().splitlines():
        state = json.loads(line).get("state")
        if state:
            return state.get("log_offset_ns", unknown)
    return unknown


def close(name, differences):
    """Whether all that is meant to be at the same time is, and most of it closely."""
    usual = sum(-50_000_000 < value < USUAL_NS for value in differences)
    check(name, all(-50_000_000 < value < SLACK_NS for value in differences) and usual * 2 > len(differences),
          differences)


def events(path):
    """The events of BPF, in the order of the file."""
    found = []
    for line in path.read_text().splitlines():
        event = json.loads(line).get("event")
        if event and event["source"] == "bpf":
            for key in "sequence", "result", "flags":
                event.setdefault(key, 0)
            for key in "subject", "other":
                event.setdefault(key, "")
            found.append(event)
    return found


def lost(path):
    return [json.loads(line)["lost"] for line in path.read_text().splitlines() if line.startswith('{"lost"')][0]


def sequences(directory):
    early, late = events(directory / "early.jsonl"), events(directory / "late.jsonl")
    numbers = [event["sequence"] for event in late]
    check("every event is there once", len(set(numbers)) == len(numbers), numbers)
    check("none is missing", sorted(numbers) == list(range(len(numbers))), numbers)
    check("what was known before the daemon was killed still is", late[:len(early)] == early and len(late) > len(early))
    times = [event["time_ns"] for event in sorted(late, key=lambda event: event["sequence"])]
    check("times do not run backwards", all(b + 1_000_000 > a for a, b in zip(times, times[1:])))
    since = lost(directory / "late.jsonl")["attached_ns"]
    recorded = float((directory / "recorded").read_text()) * 1e9
    check("since when is known", 0 < since <= recorded, f"{since} {recorded}")
    check("nothing before that", all(time >= since for time in times))
    check("nothing is said to be lost", lost(directory / "late.jsonl")["events"] == 0)


KINDS = {"probe-begin": "probe-begin", "probe-end": "probe-end", "init-begin": "module-begin", "init-end": "module-end"}


def is_tried(kind, subject, late):
    """Of BPF's probes of a device, those in which the driver was called at all."""
    out, waiting = [], False
    for event in late:
        if event["subject"] != subject:
            continue
        if event["type"] == "supplier-wait" and out:
            waiting = True
        if event["type"] == "probe-begin":
            out.append([event])
            waiting = False
        if event["type"] == "probe-end" and out:
            out[-1] = [] if waiting else out[-1] + [event]
    return [event for attempt in out for event in attempt if event["type"] == kind]


def truth(directory):
    late = events(directory / "late.jsonl")
    board = [json.loads(line) for line in (directory / "truth.jsonl").read_text().splitlines()]
    board = [line for line in board if line["event"] in KINDS]
    check("the board has something to tell", len(board) >= 20, len(board))
    differences = []
    for kind, subject in sorted({(line["event"], line["subject"]) for line in board}):
        told = [line for line in board if line["event"] == kind and line["subject"] == subject]
        if kind.startswith("probe"):
            seen = is_tried(kind, subject, late)
        else:
            seen = [event for event in late if event["type"] == KINDS[kind] and event["subject"] == subject]
        check(f"{kind} {subject}: as often as it happened", len(seen) == len(told), f"{len(seen)} {len(told)}")
        for event, line in zip(seen, told):
            # The programs are called before the driver's function and after it.
            late_by = event["time_ns"] - line["mono_ns"]
            late_by = late_by if kind.endswith("end") else -late_by
            differences.append(late_by)
            check(f"{kind} {subject}: not on the wrong side", late_by > -1_000_000, late_by)
            if kind.endswith("end"):
                check(f"{kind} {subject}: result", event["result"] == line["result"], event)
            if kind.startswith("probe"):
                check(f"{kind} {subject}: driver", event["other"] == line["driver"], event)
    close("when it happened", differences)
    ordered(board, late)


def ordered(board, late):
    """What began one after the other is recorded in that order. Between a program and the driver's function, another CPU's may
    begin, so that beginnings closer than USUAL_NS have no order; of ends, the driver's account of one CPU may even overtake the
    kernel's way out on another."""
    def numbered(items):
        count = collections.Counter()
        for kind, subject, time in items:
            count[kind, subject] += 1
            yield f"{kind} {subject} {count[kind, subject]}", time

    begun = list(numbered((KINDS[line["event"]], line["subject"], line["mono_ns"]) for line in board
                          if line["event"].endswith("begin") and line["subject"] != "orion-display.3"))
    mine = {name: place for place, (name, _) in
            enumerate(numbered((event["type"], event["subject"], 0) for event in late))}
    apart = [(a, b) for (a, when), (b, later) in itertools.combinations(begun, 2)
             if later - when > USUAL_NS and a in mine and b in mine]
    check("some began one after the other", len(apart) >= 20, begun)
    wrong = [(a, b) for a, b in apart if mine[a] > mine[b]]
    check("in the order in which it happened", not wrong, f"{wrong}\n{begun}\n{mine}")


def kinds(directory):
    late = events(directory / "late.jsonl")

    def has(name, **fields):
        check(name, any(all(event.get(key) == value for key, value in fields.items()) for event in late), fields)

    has("a deferral", type="defer", subject="orion-display.1")
    has("with -EPROBE_DEFER", type="probe-end", subject="orion-display.1", result=-517)
    has("and the driver's reason", type="defer-reason", subject="orion-display.1")
    has("the deferred are tried again", type="defer-trigger")
    has("a device link", type="link-add", subject="orion-display.3", other="orion-isp.3")
    has("who is waited for", type="supplier-wait", subject="orion-display.3", other="orion-isp.3")
    has("bound at last", type="probe-end", subject="orion-display.1", result=0)
    has("a real module", type="module-end", subject="vgem", result=0)
    has("removed", type="module-free", subject="vgem")
    check("loaded again, after the daemon was killed",
          sum(event["type"] == "module-begin" and event["subject"] == "vgem" for event in late) == 2)


def kernel_log(directory):
    """initcall_debug's lines are the kernel's own account of the modules."""
    late = events(directory / "late.jsonl")
    log = re.findall(r"\[ *(\d+\.\d+)\] initcall \w+\+0x\S+ \[(\w+)\] returned (-?\d+)",
                     (directory / "dmesg").read_text())
    since = lost(directory / "late.jsonl")["attached_ns"] / 1e9
    log = [(float(time), name, int(result)) for time, name, result in log if float(time) > since]
    ends = [(event["time_ns"] / 1e9, event["subject"], event["result"]) for event in late
            if event["type"] == "module-end"]
    # A module without an init function has no line.
    names = {name for _, name, _ in log}
    ends = [end for end in ends if end[1] in names]
    check("modules as the kernel log has them", [end[1:] for end in ends] == [line[1:] for line in log],
          f"{ends}\n{log}")
    # The log's clock is not quite the monotonic one; how far they are apart a kernel may not say.
    differences = [int((end[0] - line[0]) * 1e9) for end, line in zip(ends, log)]
    apart = log_offset(directory / "late.jsonl", statistics.median(differences))
    check("the log's clock is near", abs(apart) < 500_000_000, apart)
    close("and when", [int(value - apart) for value in differences])
    check("there are some", len(log) >= 5, log)


def flood(directory):
    found = events(directory / "flood.jsonl")
    numbers = {event["sequence"] for event in found}
    dropped = json.loads((directory / "flood-counters.json").read_text())["dropped_boot_events"]
    check("still once each", len(numbers) == len(found))
    again = events(directory / "again.jsonl")
    numbered = {event["sequence"] for event in again}
    gaps = max(numbered) + 1 - len(numbered)
    check("what is missing was counted", 0 < gaps == dropped, f"{gaps} {dropped}")
    check("the buffer held what it should", len(numbers) > 15000, len(numbers))
    check("the evidence says so", lost(directory / "flood.jsonl")["events"] == dropped)
    order = json.loads((directory / "flood.json").read_text())
    check("and the answer", any(str(dropped) in part["text"] for part in order["missing"]), order["missing"])
    check("numbers go on after a clean end", len(numbered) == len(again) > len(found))
    check("nor is it forgotten what was dropped", lost(directory / "again.jsonl")["events"] == dropped)
    check("which is told", any("interrupted" in line for line in lost(directory / "again.jsonl")["unreadable"]),
          lost(directory / "again.jsonl"))


def main():
    directory = Path(sys.argv[1])
    for part in sequences, truth, kinds, kernel_log, flood:
        part(directory)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
