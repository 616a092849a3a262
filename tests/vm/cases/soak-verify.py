#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what was reported of random topologies against what they are: counts what was missed, false and wrongly named.

usage: soak-verify.py OUT

OUT is what soak.sh left: truth.jsonl has a line for each topology, with released_s, the CLOCK_MONOTONIC seconds of its end;
reports.jsonl is what the daemon reported. A false deadlock that is proven, one that was missed, and one that is wrongly named
fail; one that is false and not proven is shown, for such a report claims no more. `echo random/any seed=N >start` in the lab makes
the topology of a seed again.
"""
import json
import sys
from collections import Counter
from pathlib import Path

LIMIT_S = 2.0


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def pids(report, ids):
    nodes = {node["id"]: node for node in report["nodes"]}
    return {nodes[i]["pid"] for i in ids if i in nodes and nodes[i]["type"] == "task"}


def expected_class(truth):
    offers = [party.split(":")[1] for party in truth["row"]]
    if truth["ending"] == "exited-fence":
        # The fence is one of the unplugged device: who waits for it inside of a section keeps the unplug from retiring it.
        return "unplug-srcu" if offers[-2] == "section" else "orphaned-fence"
    if truth["ending"] == "exited-lock":
        return "leaked-lock"
    if "section" in offers:
        return "unplug-srcu"
    # The wait is in the callback only if it is for a fence, not if it is for what comes behind it.
    if "notifier" in offers and offers[(offers.index("notifier") + 1) % len(offers)] == "fence":
        return "notifier-cycle"
    if "work" in offers:
        return "workqueue-cycle"
    if "notifier" in offers:
        return "fence-lock-cycle"
    return "fence-lock-cycle" if "lock" in offers else "sched-dep-cycle"


def locks(truth):
    return {party.split(":")[2] for party in truth["row"] if party.split(":")[1] == "lock"}


def describe(truth):
    return f"seed {truth['seed']} ({truth['ending']}: {' '.join(truth['row'])})"


def wrong_names(truth, report, leaked):
    """What the report has wrong of what is true. Who waits for a lock that somebody leaked may be thought to wait for a worker."""
    living = {p["pid"] for p in truth["participants"] if p["state"] == "blocked"}
    gone = {p["pid"] for p in truth["participants"]} - living
    loop, victims = pids(report, report["cycle"]) - gone, pids(report, report["victims"])
    if truth["ending"] == "loop" and (loop != living or victims - leaked != set(truth["victims"])):
        yield f"has {sorted(loop)} in the loop and {sorted(victims)} behind it, not {sorted(living)} and {sorted(truth['victims'])}"
    if truth["ending"] != "loop" and not loop <= living | set(truth["victims"]):
        yield f"has {sorted(loop)} in the chain, of {sorted(living)}"
    if report["class"] != expected_class(truth):
        yield f"is of class {report['class']}, not {expected_class(truth)}"
    # Who reads an rwsem and who holds a semaphore is a guess, and a section that began within 10 ms of the unplug is not proven.
    guessed = locks(truth) & {"rwsem-read", "semaphore"} or any(party.split(":")[1] == "section" for party in truth["row"])
    strong = ["proven", "probable"] if guessed else ["proven"]
    if truth["ending"] == "loop" and report["confidence"] not in strong:
        yield f"is {report['confidence']}"


class Soak:
    def __init__(self, truths, reports):
        self.truths = truths
        self.lines = [report for report in reports if report["kind"] == "deadlock"]
        self.counts = Counter({"topologies": len(truths)})
        self.failures = []
        self.claimed = set()

    def fail(self, kind, text):
        self.counts[kind] += 1
        self.failures.append(f"FAIL {kind}: {text}")

    def of(self, truth):
        """The reports, each by its last line, that name anybody of a topology in their loop, and were there while it stood."""
        people = {p["pid"] for p in truth["participants"]} | set(truth["victims"])
        last = {line["id"]: line for line in self.lines if pids(line, line["cycle"]) & people}
        return [line for line in last.values() if line["detected_mono_ns"] / 1e9 <= truth["released_s"] and
                (not line["resolved_mono_ns"] or line["resolved_mono_ns"] >= truth["formed_mono_ns"])]

    def leaked(self):
        """Who waits where a lock was leaked."""
        rows = [truth for truth in self.truths if truth["ending"] == "exited-lock"]
        return {pid for truth in rows for pid in [p["pid"] for p in truth["participants"]] + truth["victims"]}

    def may_be_released(self, truth):
        """Its owner left a lock, and meanwhile work items of the same driver went on: one of them might have released it."""
        def runs_beside(other):
            goes_on = not other["dead"] or "rwsem-read" in locks(other)  # or nothing shows that it does not
            return other is not truth and goes_on and other["released_s"] == truth["released_s"] and \
                any(party.startswith("work") for party in other["row"])
        return truth["ending"] == "exited-lock" and any(map(runs_beside, self.truths))

    def judge(self, truth):
        standing = self.of(truth)
        self.claimed |= {line["id"] for line in standing}
        self.counts["dead" if truth["dead"] else "healthy"] += 1
        if not truth["dead"]:
            self.judge_healthy(truth, standing)
        elif not standing and "rwsem-read" in locks(truth):
            self.counts["dead, but of a reader nothing shows that it still reads"] += 1
        elif not standing and not self.may_be_released(truth):
            self.fail("missed", describe(truth))
        elif not standing:
            self.counts["dead, but a worker might have helped"] += 1
        else:
            self.judge_dead(truth, standing)

    def judge_healthy(self, truth, standing):
        if not standing:
            return
        strongest = min(standing, key=lambda line: ["proven", "probable", "hint"].index(line["confidence"]))
        text = f"{describe(truth)}: {strongest['confidence']} {strongest['class']}: {strongest['summary']}"
        if strongest["confidence"] == "proven":
            self.fail("false proven", text)
        else:
            self.counts["false below proven"] += 1
            print(f"     not proven, and false: {text}")

    def judge_dead(self, truth, standing):
        if len(standing) > 1:
            self.fail("wrongly named", f"{describe(truth)}: {len(standing)} reports")
        for wrong in wrong_names(truth, standing[-1], self.leaked()):
            self.fail("wrongly named", f"{describe(truth)} {wrong}")
        late = standing[0]["detected_mono_ns"] / 1e9 - truth["formed_mono_ns"] / 1e9
        if late > LIMIT_S and "rwsem-read" in locks(truth):
            # Others of the driver slept until then, and might have been the reader.
            self.counts["late, of those with a reader"] += 1
        elif not self.may_be_released(truth):
            self.counts["ms, the slowest"] = max(self.counts["ms, the slowest"], int(late * 1000))
            if late > LIMIT_S:
                self.fail("late", f"{describe(truth)}: {late:.2f} s")

    def run(self):
        for truth in self.truths:
            self.judge(truth)
        for line in self.lines:
            if line["id"] not in self.claimed:
                self.claimed.add(line["id"])
                self.fail("false proven" if line["confidence"] == "proven" else "of nobody", line["summary"])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    out = Path(sys.argv[1])
    soak = Soak(read_lines(out / "truth.jsonl"), read_lines(out / "reports.jsonl"))
    soak.run()
    print("\n".join(soak.failures + [f"{count:6} {name}" for name, count in soak.counts.items()]))
    seeds = [truth["seed"] for truth in soak.truths]
    print(f"seeds {min(seeds)} to {max(seeds)}" if seeds else "FAIL no topology was made")
    print(f"{len(seeds) - len(soak.failures) if seeds else 0} passed, {len(soak.failures) + (not seeds)} failed")
    return 1 if soak.failures or not seeds else 0


if __name__ == "__main__":
    sys.exit(main())
