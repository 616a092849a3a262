#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what gpuwatch reported of the lab's scenarios against the table `hangs` beside this file, and docs/hangs.md against
both; with --write, puts what was seen into that page.

usage: hangs-verify.py GPUWATCH-CLI KERNEL=OUT | hangs-verify.py --write GPUWATCH-CLI KERNEL=OUT...

OUT is what hangs.sh left: a directory for each scenario, with
  scenario          its name, as in the table
  truth.jsonl       what the lab made
  standing.jsonl    the daemon's reports while it stood, reports.jsonl: those until it was over
  seen_at           CLOCK_MONOTONIC seconds when the report was there; released_at: when it was released
  recording         what is replayed here
The last line is `N passed, N failed`, and the exit code 1 if any failed. --write replaces the rows of the scenarios that the
directories have, for their kernels, and leaves the rest of the page alone.
"""
import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import jsonschema
from verify import compared_tasks

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
PAGE = ROOT / "docs/hangs.md"
SCHEMA = ROOT / "docs/report.schema.json"
KERNELS = ["6.1", "6.12", "7.2"]
RANKS = ["hint", "probable", "proven"]
LIMIT_S = {"deadlock": 2}  # from the truth's time to the report; of the other kinds:
OTHER_LIMIT_S = 12
RESOLVED_S = 2
COLUMNS = ["scenario", "kind", "class", "confidence", "culprit", "end", "action", "kernels"]
HEALTHY_COLUMNS = ["scenario", "kind", "seconds", "reports", "kernels"]
HEADER = "| scenario | kind | class | culprit | action | seen on |"

# Where the report's participants and victims are not those of the truth: a pattern of scenarios, how they differ, and why.
#   more	has those of the truth, and others
#   fewer	has some of those of the truth, and nobody else
#   first	has all of the truth's as participants
OTHER_TASKS = [
    ("worker-pool/*", "more", "the workers of the pool are the kernel's: the lab knows only their items"),
    ("page-fault/*", "more", "the fault's handler is a worker of the kernel's; its process and the job's submitter wait, too"),
    ("page-lock-cycle/migration", "more", "the process whose memory it is starts this, and may wait for its mmap_lock, too"),
    ("page-lock/left", "more", "the process whose memory it is starts this, and may wait for its mmap_lock, too"),
    ("rwsem-readers/memory", "more", "the process whose memory it is starts this, and may wait for its mmap_lock, too"),
    ("orphaned-fence/work-gone", "fewer", "the worker has nothing to do any more: its item is in the chain, it is not"),
    ("busy-holder/cpu", "more", "whoever else of the kernel flushes an item of that CPU, as khugepaged does, waits, too"),
    ("trylock-behind/*", "first", "nobody but the victim sleeps: with it the chain begins"),
    ("*/process", "first", "the victim sleeps before the process comes: with it, which waits the longest, the chain begins"),
    ("virtqueue/full", "first", "who waits for room does not sleep for long: with the victim the chain begins"),
    ("driver-sleep/uninterruptible*", "first", "the holder's sleep shows no waited object: with the victim the chain begins"),
]


def read_table():
    rows = {}
    for line in (HERE / "hangs").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        columns = HEALTHY_COLUMNS if cells[1] == "healthy" else COLUMNS
        cells += [""] * (len(columns) - 1 - len(cells))  # nothing may be reported
        if len(cells) not in (len(columns) - 1, len(columns)) or cells[0] in rows:
            sys.exit(f"hangs: this is no row, or a second one: {line}")
        rows[cells[0]] = dict(zip(columns, cells + ["all"]))
    return rows


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def latest(reports):
    """The last line of each report."""
    return list({report["id"]: report for report in reports}.values())


def active(reports):
    return [report for report in latest(reports) if report["state"] == "active"]


def steps(out):
    return {(path.parent / "scenario").read_text().strip(): path.parent for path in sorted(Path(out).glob("*/scenario"))}


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, good, detail=""):
        if good:
            self.passed += 1
            print(f"ok   {name}")
        else:
            self.failed += 1
            print(f"FAIL {name}: {detail}")
        return good


def confidence_fits(wanted, seen):
    rank = RANKS.index(seen)
    if wanted.startswith("<="):
        return rank <= RANKS.index(wanted[2:])
    if wanted.startswith(">="):
        return rank >= RANKS.index(wanted[2:])
    return seen == wanted


def is_culprit(node, culprit, truth):
    """Whether a node is what the truth has under this name."""
    if culprit == "fence":
        fences = {(fence["context"], fence["seqno"]) for fence in truth["fences"]}
        return (node.get("context"), node.get("seqno")) in fences
    if culprit in ("lock", "work"):
        return int(node.get("address", "0"), 16) == int(truth[culprit]["address"], 16)
    if culprit == "device":
        return node.get("name") == truth["device"]["name"]
    pids = {actor["pid"] for actor in truth["participants"] + truth["victim_tasks"] if actor["role"] == culprit}
    return node.get("pid") in pids


def same_tasks(how, compared):
    """Whether the report has whom it should, as OTHER_TASKS says how: (whether, what is wrong)."""
    (have, want), (have_victims, want_victims) = compared["participants"], compared["victims"]
    if how == "first":
        want, want_victims = want | want_victims, set()
    good = {
        "more": have >= want and have_victims >= want_victims,
        "fewer": bool(have) and have <= want and have_victims == want_victims,
    }.get(how, have == want and have_victims == want_victims)
    return good, f"{sorted(have)} and behind them {sorted(have_victims)}, not {sorted(want)} and {sorted(want_victims)}"


def check_tasks(checks, name, truth, report):
    how = next((how for pattern, how, _ in OTHER_TASKS if fnmatch(name, pattern)), "same")
    other = {"more": ", and others", "fewer": ", or fewer", "first": ", from the victim on"}.get(how, "")
    checks.check(f"{name}: the participants and victims are the lab's{other}", *same_tasks(how, compared_tasks(truth, report)))


def check_hang(checks, name, row, step, cli):
    truths = read_lines(step / "truth.jsonl") if (step / "truth.jsonl").exists() else []
    if not checks.check(f"{name}: formed", len(truths) == 1 and truths[0]["formed_mono_ns"] > 0, f"{truths}"):
        return
    truth = truths[0]
    reports = active(read_lines(step / "standing.jsonl"))
    said = [(r["kind"], r["class"], r["confidence"], r["summary"]) for r in reports]
    if not checks.check(f"{name}: one report", len(reports) == 1, f"{said}"):
        return
    report = reports[0]
    try:
        jsonschema.validate(report, json.loads(SCHEMA.read_text()))
        checks.check(f"{name}: schema", True)
    except jsonschema.ValidationError as error:
        checks.check(f"{name}: schema", False, error.message)
    for key in ("kind", "class"):
        checks.check(f"{name}: {key} {row[key]}", report[key] == row[key], f"{said}")
    wanted = row["confidence"].split("@")[0]
    checks.check(f"{name}: {wanted}", confidence_fits(wanted, report["confidence"]), f"{said}")
    cause = {node["id"]: node for node in report["nodes"]}.get(report["root_cause"]["node"], {})
    if row["culprit"] != "-":
        checks.check(f"{name}: the culprit is the {row['culprit']}", is_culprit(cause, row["culprit"], truth), f"{cause}")
    if row["end"] != "-":
        checks.check(f"{name}: its end is {row['end']}", cause.get("end") == row["end"], f"{cause}")
    if row["action"] != "-":
        action = report["root_cause"].get("action", {}).get("code")
        checks.check(f"{name}: the action is {row['action']}", action == row["action"], f"{action}")
    check_tasks(checks, name, truth, report)
    if truth.get("lock"):
        check_lock(checks, name, truth["lock"], report)
    check_times(checks, name, row, step, truth, report)
    check_replay(checks, name, step, report, cli)


def check_lock(checks, name, lock, report):
    for node in report["nodes"]:
        if node["type"] != "lock" or int(node["address"], 16) != int(lock["address"], 16):
            continue
        for key in ("structure", "taken_in"):
            seen = node.get(key, "").removesuffix(" [gpulab]")
            checks.check(f"{name}: the lock's {key} is {lock[key] or 'nothing'}", seen == lock[key], seen)


def limit_s(row):
    own = row["confidence"].partition("@")[2]
    return int(own) if own else LIMIT_S.get(row["kind"], OTHER_LIMIT_S)


def check_times(checks, name, row, step, truth, report):
    limit = limit_s(row)
    late = float((step / "seen_at").read_text()) - truth["formed_mono_ns"] / 1e9
    checks.check(f"{name}: reported within {limit} s ({late:.2f} s)", late <= limit, f"{late:.2f} s")
    over = [r for r in latest(read_lines(step / "reports.jsonl")) if r["id"] == report["id"]]
    if checks.check(f"{name}: resolved", len(over) == 1 and over[0]["state"] == "resolved", f"{[r['state'] for r in over]}"):
        late = over[0]["resolved_mono_ns"] / 1e9 - float((step / "released_at").read_text())
        checks.check(f"{name}: resolved within {RESOLVED_S} s", late <= RESOLVED_S, f"{late:.2f} s")


def replay(step, cli):
    """The reports that stand at the end of what was recorded, and what was wrong."""
    replayed = subprocess.run([cli, "replay", "--json", str(step / "recording")], capture_output=True, text=True, check=False)
    try:
        return [r for r in json.loads(replayed.stdout) if r["state"] == "active" and r["kind"] != "hazard"], ""
    except json.JSONDecodeError:
        return [], f"exit code {replayed.returncode}: {replayed.stderr}"


def check_replay(checks, name, step, report, cli):
    """What was recorded gives the same verdict here, and nothing else."""
    def key(r):
        return r["kind"], r["class"], r["confidence"], tuple(r["cycle"]), tuple(sorted(r["victims"]))
    reports, error = replay(step, cli)
    again = [key(r) for r in reports]
    checks.check(f"{name}: the same when replayed", again == [key(report)], f"{again}, not {key(report)} {error}")


def check_healthy_replay(checks, name, step, cli):
    """What was recorded proves no deadlock here, either."""
    reports, error = replay(step, cli)
    proven = [r["summary"] for r in reports if r["kind"] == "deadlock" and r["confidence"] == "proven"]
    checks.check(f"{name}: nothing is proven when replayed", not proven and not error, f"{proven} {error}")


def check_healthy(checks, name, row, step):
    allowed = row["reports"].split(",")
    truths = read_lines(step / "truth.jsonl")
    checks.check(f"{name}: the lab made it", len(truths) == 1, f"{truths}")
    if truths and "ended" in truths[0]:
        formed, ended = truths[0]["formed_mono_ns"], truths[0]["ended"]
        checks.check(f"{name}: formed, and ended by itself", formed > 0 and ended > 0, f"formed at {formed}, {ended} ended")
    for report in read_lines(step / "reports.jsonl"):
        kind, confidence = report["kind"], report["confidence"]
        fine = kind in allowed or (kind == "deadlock" and "probable" in allowed and confidence != "proven")
        if not fine:
            checks.check(f"{name}: nothing but {row['reports']}", False, f"{kind} {report['class']} {confidence}: {report['summary']}")
            return
    checks.check(f"{name}: nothing but {row['reports']} is reported", True)


def check_step(checks, name, row, step, cli):
    """Whether all is as the row has it."""
    failed = checks.failed
    if row["kind"] == "healthy":
        check_healthy(checks, name, row, step)
        check_healthy_replay(checks, name, step, cli)
    else:
        check_hang(checks, name, row, step, cli)
    return checks.failed == failed


# ---- docs/hangs.md

def page_row(row, kernels):
    """A row of the page. The confidence stands with the kind."""
    seen = ", ".join(kernel for kernel in KERNELS if kernel in kernels)
    if row["kind"] == "healthy":
        may = "nothing" if row["reports"] == "nothing" else "no proven deadlock" if "probable" in row["reports"] else "no deadlock"
        return f"| `{row['scenario']}` | healthy | {may} | | | {seen} |"
    confidence, _, own_limit = row["confidence"].lstrip("<=>").partition("@")
    kind = {"<": "at most ", ">": "at least "}.get(row["confidence"][0], "") + confidence
    kind += f", within {own_limit} s" if own_limit else ""
    cells = [row["culprit"], row["end"]]
    culprit = ", ".join(cell for cell in cells if cell != "-")
    action = "" if row["action"] == "-" else row["action"]
    return f"| `{row['scenario']}` | {row['kind']}, {kind} | {row['class']} | {culprit} | {action} | {seen} |"


def seen_on(page):
    """Scenario -> kernels, as the page has it."""
    return {match[1]: set(re.split(r", ", match[2])) - {""} for match in re.finditer(r"^\| `([^`]+)` \|.*\| ([^|]*) \|$", page, re.M)}


def write_page(table, runs):
    """runs: kernel -> {scenario: whether all of it was seen}"""
    page = PAGE.read_text()
    seen = seen_on(page)
    for kernel, run in runs.items():
        for name, good in run.items():
            kernels = seen.setdefault(name, set())
            (kernels.add if good else kernels.discard)(kernel)
    head = page[:page.index(HEADER)]
    rows = [page_row(row, seen[name]) for name, row in table.items() if seen.get(name)]
    PAGE.write_text(head + "\n".join([HEADER, "|---|---|---|---|---|---|"] + rows) + "\n")


def check_page(checks, kernel, run, table):
    page = PAGE.read_text()
    seen = seen_on(page)
    for name in seen.keys() - table.keys():
        checks.check("docs/hangs.md has rows of the table only", False, name)
    for name in [name for name, good in run.items() if good]:
        kernels = seen.get(name, set())
        good = kernel in kernels and page_row(table[name], kernels) in page.splitlines()
        checks.check(f"{name}: docs/hangs.md has its row", good, "make it with hangs-verify.py --write")


def main():
    write = sys.argv[1:2] == ["--write"]
    arguments = sys.argv[1 + write:]
    if len(arguments) < 2:
        sys.exit(__doc__.split("\n\n")[1])
    cli, table, checks, runs = arguments[0], read_table(), Checks(), {}
    for run in arguments[1:]:
        kernel, _, out = run.partition("=")
        made = steps(out)
        checks.check(f"{kernel}: the case left steps to verify", len(made) > 0, out)
        runs[kernel] = {name: check_step(checks, name, table[name], step, cli) for name, step in made.items()}
    if write:
        write_page(table, runs)
    for kernel, run in runs.items():
        check_page(checks, kernel, run, table)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
