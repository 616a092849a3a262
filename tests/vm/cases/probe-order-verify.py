#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what gpuwatch reported about a boot against what the board of tests/lab-probe says is true.

usage: probe-order-verify.py OUT SCHEMA

OUT is what probe-order.sh left; see there. Every expected report must be there once, for its device; no other report may
name a device of the step. Prints a line per check and `N passed, N failed`; exit code 1 if any failed.
"""
import json
import sys
from pathlib import Path

import jsonschema

# The driver's probe function runs inside of what the driver core calls a probe. How much longer that may take, on a guest
# whose processors are taken away from it now and then.
SLACK_NS = 2_000_000_000

RESULTS = {0: "0", -2: "-ENOENT", -5: "-EIO", -22: "-EINVAL", -110: "-ETIMEDOUT", -517: "-EPROBE_DEFER"}

passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    if good:
        passed += 1
        print(f"ok   {name}")
    else:
        failed += 1
        print(f"FAIL {name}: {detail}")


def read_document(path):
    """An answer of the CLI; an empty one if there was none, which is a failure."""
    text = path.read_text() if path.exists() else ""
    check(f"{path.parent.name}: {path.name} is there", bool(text), "")
    return json.loads(text) if text else {"reports": [], "devices": [], "summary": {"lost": 0}}


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()] if path.exists() else []


def expectations(path):
    """CLASS DEVICE [KEY=VALUE]... of each line."""
    result = []
    for line in path.read_text().splitlines():
        reported, device, *rest = line.split()
        result.append({"class": reported, "device": device, "state": "active",
                       **dict(word.split("=", 1) for word in rest)})
    return result


def names(report):
    return {n["name"] for n in report["nodes"] if n.get("name")}


def show(report):
    return f"{report['class']} {report['state']} {report['confidence']}: {report['summary']}"


class Step:
    def __init__(self, directory, schema):
        self.directory, self.name, self.schema = directory, directory.name, schema
        self.order = read_document(directory / "probe-order.json")
        self.truth = read_lines(directory / "truth.jsonl")
        self.expected = expectations(directory / "expect")
        tolerance = directory / "tolerance_ns"
        self.tolerance = int(tolerance.read_text()) if tolerance.exists() else 0
        self.places = {t["subject"] for t in self.truth if "event" in t} | {e["device"] for e in self.expected}

    def check(self, what, good, detail=""):
        check(f"{self.name}: {what}", good, detail)

    def true_times(self, event, subject):
        return [t["mono_ns"] for t in self.truth if t.get("event") == event and t["subject"] == subject]

    def verify(self):
        left = [r for r in self.order["reports"] if names(r) & self.places]
        for report in left:
            self.check_schema(report)
        for expected in self.expected:
            # Devices that share one fate share a report, which is then met by several expectations.
            found = [r for r in self.order["reports"]
                     if r["class"] == expected["class"] and expected["device"] in names(r)]
            self.check(f"{expected['class']} of {expected['device']} is reported once", len(found) == 1,
                       f"{len(found)} of {[show(r) for r in left]}")
            if found:
                left = [r for r in left if r is not found[0]]
                self.check_report(expected, found[0])
        self.check("nothing else is reported", not left, [show(r) for r in left])
        self.check_code()
        self.check_spans()

    def check_schema(self, report):
        try:
            jsonschema.validate(report, self.schema)
            self.check(f"schema of {report['id']}", True)
        except jsonschema.ValidationError as error:
            self.check(f"schema of {report['id']}", False, error.message)

    def check_report(self, expected, report):
        what = f"{expected['class']} of {expected['device']}"
        everything = json.dumps(report)
        self.check(f"{what}: kind", report["kind"] == "probe-order", report["kind"])
        self.check(f"{what}: {expected['state']}", report["state"] == expected["state"], report["state"])
        # What the kernel itself states is more than a guess.
        self.check(f"{what}: confidence", report["confidence"] in ("proven", "probable"), report["confidence"])
        self.check(f"{what}: advice", len(report["root_cause"]["advice"]) > 20, report["root_cause"]["advice"])
        if "supplier" in expected:
            self.check(f"{what}: names {expected['supplier']}", expected["supplier"] in names(report), names(report))
        if "driver" in expected:
            drivers = {n.get("driver") for n in report["nodes"] if n.get("name") == expected["device"]}
            self.check(f"{what}: driver", expected["driver"] in drivers, drivers)
        if expected.get("module"):
            self.check(f"{what}: names the module {expected['module']}", expected["module"] in everything, show(report))
        elif "module" in expected:
            self.check(f"{what}: does not advise to load a module that is not there",
                       "modprobe" not in report["root_cause"]["advice"], report["root_cause"]["advice"])
        if "result" in expected:
            self.check(f"{what}: names {expected['result']}", expected["result"] in everything, everything)
        if "advice" in expected:
            self.check(f"{what}: advises {expected['advice']}", expected["advice"] in report["root_cause"]["advice"],
                       report["root_cause"]["advice"])
        if "devices" in expected:
            self.check_storm(what, expected, report)
        self.check_times(what, expected, report)

    def check_storm(self, what, expected, report):
        """All of the driver's devices, with as many retries as the driver logged."""
        name = expected["device"].split(".")[0]
        retries = {n["name"]: n["retries"] for n in report["nodes"] if n["type"] == "device" and n["driver"] == name}
        true = {}
        for line in self.truth:
            if line.get("event") == "probe-end" and line["driver"] == name and line["result"] == -517:
                true[line["subject"]] = true.get(line["subject"], 0) + 1
        self.check(f"{what}: {expected['devices']} devices", len(retries) == int(expected["devices"]), len(retries))
        self.check(f"{what}: each deferred at least {expected['retries']} times",
                   retries and min(retries.values()) >= int(expected["retries"]), retries)
        self.check(f"{what}: retries as the driver counted them", retries == true, (retries, true))

    def check_times(self, what, expected, report):
        """It formed when the device or its supplier was probed, or its module loaded; never after it was seen."""
        self.check(f"{what}: formed before it was detected", report["formed_mono_ns"] <= report["detected_mono_ns"],
                   (report["formed_mono_ns"], report["detected_mono_ns"]))
        if report["state"] == "resolved":
            self.check(f"{what}: resolved after it formed", report["resolved_mono_ns"] >= report["formed_mono_ns"],
                       (report["resolved_mono_ns"], report["formed_mono_ns"]))
            bound = self.true_times("probe-end", expected["device"])
            if bound:
                late = report["resolved_mono_ns"] - bound[-1]
                self.check(f"{what}: resolved when it came up", -SLACK_NS < late < 2 * SLACK_NS, f"{late / 1e6:.1f} ms")
        if expected["class"] in ("probe-overlap", "probed-before-supplier") and report["state"] == "active":
            begin = self.true_times("probe-begin", expected["device"])
            end = self.true_times("probe-end", expected["device"])
            if begin and end:
                formed = report["formed_mono_ns"]
                self.check(f"{what}: formed when it was probed",
                           begin[0] - SLACK_NS <= formed <= end[-1] + SLACK_NS, (begin, formed, end))

    def check_code(self):
        code = int((self.directory / "code").read_text())
        lost = self.order["summary"]["lost"]
        self.check("exit code 1 when something is lost, else 0", code == (1 if lost else 0), f"{code}, {lost} lost")

    def spans_without_end(self, probes, begin):
        """The kernel skips a program that another task is in on the same CPU. One end may be lost so, if the document counts it."""
        if not any(m["part"] == "ends" and m["text"].startswith("1 ") for m in self.order["missing"]):
            return []
        return [s for s in probes if s["end_ns"] is None and abs(s["begin_ns"] - begin) < self.tolerance + SLACK_NS]

    def check_spans(self):
        """Every probe that the board's drivers logged is inside of one that gpuwatch shows, with its result by name."""
        shown = {d["name"]: d for d in self.order["devices"]}
        for device in sorted(self.places & shown.keys()):
            begins = self.true_times("probe-begin", device)
            ends = [(t["mono_ns"], t["result"]) for t in self.truth
                    if t.get("event") == "probe-end" and t["subject"] == device]
            probes = [s for s in shown[device]["spans"] if s["kind"] == "probe"]
            for begin, (end, result) in zip(begins, ends):
                inside = [s for s in probes if s["begin_ns"] <= begin + self.tolerance
                          and s["end_ns"] and s["end_ns"] >= end - self.tolerance
                          and begin - s["begin_ns"] < SLACK_NS and s["end_ns"] - end < SLACK_NS]
                self.check(f"the probe of {device} at {begin / 1e9:.3f} s is shown",
                           inside or self.spans_without_end(probes, begin),
                           [(s["begin_ns"], s["end_ns"], s["result"]) for s in probes][:5])
                if inside:
                    self.check(f"the probe of {device} at {begin / 1e9:.3f} s: result",
                               any((s["result"], s["result_name"]) == (result, RESULTS[result]) for s in inside),
                               [(s["result"], s["result_name"]) for s in inside])


def check_whole(out, steps):
    """At the end of the boot no report is about anything that was not provoked."""
    final = read_document(out / "final.json")
    provoked = set()
    for step in steps:
        provoked |= {(e["class"], e["device"]) for e in step.expected}
    for report in final["reports"]:
        check(f"at the end: {report['class']} {report['id']} was provoked",
              any(report["class"] == reported and device in names(report) for reported, device in provoked), show(report))


def check_told(out, schema):
    """What the daemon said by itself is valid, and in the end what it answers when it is asked."""
    told = {}
    for report in read_lines(out / "reports.jsonl"):
        told[report["id"]] = report
        try:
            jsonschema.validate(report, schema)
            check(f"told: schema of {report['id']} {report['state']}", True)
        except jsonschema.ValidationError as error:
            check(f"told: schema of {report['id']} {report['state']}", False, error.message)
    for report in read_document(out / "final.json")["reports"]:
        last = told.get(report["id"])
        # What was over before anybody heard of it is history, not news.
        if last is None:
            check(f"told: {show(report)}", report["state"] == "resolved", "it never was")
            continue
        check(f"told: {show(report)}", all(last[key] == report[key] for key in ("class", "state", "summary")), show(last))


def main():
    out, schema = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    steps = [Step(path.parent, schema) for path in sorted(out.glob("*/expect"))]
    check("the case left steps to verify", len(steps) > 0, str(out))
    for step in steps:
        step.verify()
    check_whole(out, steps)
    check_told(out, schema)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
