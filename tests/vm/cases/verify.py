#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what gpuwatch reported in a guest against what the lab says is true.

Reads the directory that a case left behind: one sub-directory per step with
  truth.jsonl    what the lab made (participants, fence, lock, class)
  active.json    `gpuwatch-cli deadlocks --json` while it stood
  seen_at        CLOCK_MONOTONIC seconds when the daemon had reported it
  resolved.json  `gpuwatch-cli deadlocks --all --json` after its release
  released_at    CLOCK_MONOTONIC seconds of the release
Prints a line per check and `N passed, N failed`; exit code 1 if any failed.
"""
import json
import sys
from pathlib import Path

import jsonschema

LIMIT_NS = 2_000_000_000  # seen within 2 s, resolved within 2 s

# What cannot be proven: the kernel does not record who holds an rwsem for reading, so that the holder is inferred; a driver
# that lives can start another kernel thread in the place of one that is gone; and who retired a fence once may do so again;
# a device that outlasted a job's timeout may still send its interrupt; and a lock may be released by whom its owner left it to.
CONFIDENCE = {
    "page-lock-cycle": "probable",
    "lock-cycle.three-read": "probable",
    "fence-lock-cycle.rwsem-read": "probable",
    "orphaned-fence.thread-gone": "probable",
    "orphaned-fence.unplugged": "probable",
    "recovery.context-per-job": "probable",
    "recovery.operator": "probable",
    "leaked-lock.exited": "probable",
    "leaked-lock.resv": "probable",
    "leaked-lock.user-sleep": "probable",
    "leaked-lock.user-spin": "probable",
    "reset-cycle.flush": "probable",
    "reset-cycle.lock": "probable",
    "reset-cycle.queued": "probable",
    "reset-cycle.room": "probable",
    "recovery.reset": "probable",
    "recovery.reset-without-error": "probable",
    "recovery.three-signallers": "probable",
}
# madvise() may take the lock of one VMA there, and a reader's name stays in mmap_lock.
SINCE_6_17 = {"notifier-cycle.madvise": "probable"}

passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    if good:
        passed += 1
        print(f"ok   {name}")
    else:
        failed += 1
        print(f"FAIL {name}: {detail}")


def tasks(report, ids):
    """The pids of the task nodes among node ids."""
    nodes = {n["id"]: n for n in report["nodes"]}
    return {nodes[i]["pid"] for i in ids if i in nodes and nodes[i]["type"] == "task"}


def cycle_tasks(report):
    """The pids in the cycle that are (still) tasks; work items stand for their workers."""
    return tasks(report, report["cycle"])


def chain_tasks(report):
    """The same of a chain that is no loop: all that are shown, but for those behind it."""
    return cycle_tasks(report) or tasks(report, [n["id"] for n in report["nodes"]]) - tasks(report, report["victims"])


def compared_tasks(truth, report):
    """What the report has and what is true, (have, want) of participants and of victims: sets of pids."""
    # A participant that has exited may still be named, from what was learned, but need not be.
    want = {p["pid"] for p in truth["participants"] if p["state"] != "exited"}
    gone = {p["pid"] for p in truth["participants"]} - want
    return {
        "participants": (chain_tasks(report) - gone, want),
        "victims": (tasks(report, report["victims"]), set(truth["victims"])),
    }


def matching(reports, truth):
    """The reports that name a true participant in their cycle, or a true fence where no task takes part."""
    want = {p["pid"] for p in truth["participants"]}
    if want:
        return [r for r in reports if cycle_tasks(r) & want]
    fences = {(f["context"], f["seqno"]) for f in truth["fences"]}
    return [r for r in reports if {(n.get("context"), n.get("seqno")) for n in r["nodes"]} & fences]


def check_active(name, truth, reports, schema, seen_at):
    found = matching(reports, truth)
    check(f"{name}: one report", len(found) == 1, f"{len(found)} of {[(r['class'], r['summary']) for r in reports]}")
    if not found:
        return None
    report = found[0]
    try:
        jsonschema.validate(report, schema)
        check(f"{name}: schema", True)
    except jsonschema.ValidationError as error:
        check(f"{name}: schema", False, error.message)
    check(f"{name}: kind", report["kind"] == "deadlock", report["kind"])
    check(f"{name}: class", report["class"] == truth["class"], f"{report['class']}, not {truth['class']}")
    confidence = CONFIDENCE.get(name, "proven")
    if name in SINCE_6_17 and tuple(map(int, report["kernel"].split(".")[:2])) >= (6, 17):
        confidence = SINCE_6_17[name]
    check(f"{name}: {confidence}", report["confidence"] == confidence, report["confidence"])
    for part, (have, want) in compared_tasks(truth, report).items():
        check(f"{name}: {part}", have == want, f"{sorted(have)}, not {sorted(want)}")
    if truth.get("fence"):
        fences = [n for n in report["nodes"] if n["type"] in ("fence", "job")]
        want_fence = (truth["fence"]["context"], truth["fence"]["seqno"])
        check(f"{name}: fence", want_fence in [(f.get("context"), f.get("seqno")) for f in fences],
              f"{want_fence} not in {[(f.get('context'), f.get('seqno')) for f in fences]}")
        named = [f for f in fences if f.get("context") == truth["fence"]["context"]]
        check(f"{name}: driver", any(f.get("driver") == truth["fence"]["driver"] for f in named),
              f"{[f.get('driver') for f in named]}")
    if truth.get("lock"):
        locks = [n["address"] for n in report["nodes"] if n["type"] == "lock"]
        # On PREEMPT_RT a task waits for the rt_mutex inside of an rwsem.
        inside = [int(address, 16) - int(truth["lock"]["address"], 16) for address in locks]
        check(f"{name}: lock", any(0 <= offset <= 16 for offset in inside), f"{locks}")
        types = {n["lock_type"] for n in report["nodes"] if n["type"] == "lock" and n["address"] == truth["lock"]["address"]}
        want_type = truth["lock"]["type"].replace("mmap_lock", "rwsem")
        check(f"{name}: its type", types <= {want_type, "rt-mutex"}, f"{types}, not {want_type}")
        named = [n for n in report["nodes"] if n["type"] == "lock" and n["address"] == truth["lock"]["address"]]
        for key in ("structure", "taken_in"):
            seen = {n.get(key, "").removesuffix(" [gpulab]") for n in named}
            check(f"{name}: its {key}", seen <= {truth["lock"][key]}, f"{seen}, not {truth['lock'][key]}")
    late = seen_at * 1e9 - truth["formed_mono_ns"]
    check(f"{name}: reported within 2 s", late <= LIMIT_NS, f"{late / 1e9:.2f} s")
    check(f"{name}: formed when the lab says", abs(report["formed_mono_ns"] - truth["formed_mono_ns"]) < LIMIT_NS,
          f"{report['formed_mono_ns']}, not {truth['formed_mono_ns']}")
    print(f"     {name}: reported {late / 1e9:.2f} s after the loop closed")
    return report


def check_resolved(name, report, reports, released_at):
    after = [r for r in reports if r["id"] == report["id"]]
    check(f"{name}: resolved", len(after) == 1 and after[0]["state"] == "resolved",
          f"{[r['state'] for r in after]}")
    if after and after[0]["state"] == "resolved":
        late = after[0]["resolved_mono_ns"] - released_at * 1e9
        check(f"{name}: resolved within 2 s", late <= LIMIT_NS, f"{late / 1e9:.2f} s")


def main():
    out, schema_file = Path(sys.argv[1]), Path(sys.argv[2])
    schema = json.loads(schema_file.read_text())
    steps = sorted(p.parent for p in out.glob("*/truth.jsonl"))
    check("the case left steps to verify", len(steps) > 0, str(out))
    for step in steps:
        truths = [json.loads(line) for line in (step / "truth.jsonl").read_text().splitlines() if line.strip()]
        check(f"{step.name}: the lab formed it", len(truths) > 0, "truth is empty")
        reports = json.loads((step / "active.json").read_text())
        active = [r for r in reports if r["state"] == "active"]
        seen_at = float((step / "seen_at").read_text())
        seen = [(t, check_active(step.name, t, active, schema, seen_at)) for t in truths]
        check(f"{step.name}: nothing else reported", len(active) == sum(r is not None for _, r in seen),
              f"{[(r['class'], r['summary']) for r in active]}")
        resolved = json.loads((step / "resolved.json").read_text())
        released_at = float((step / "released_at").read_text())
        for _, report in seen:
            if report:
                check_resolved(step.name, report, resolved, released_at)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
