#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a kernel's part of docs/kernel-events.md from what its events did in a run, or holds it against that run.

usage: table.py [--write] SERIES OUT...

OUT is what tests/vm/cases/kernel-events.sh left. The events are those that the patches of kernel-patches/SERIES add. Each must
have been seen, or be named in tests/kernel/not-reached-SERIES with the function that it is in and what it would need; not
both. A kernel may lack those that the file names without a function. Without --write, the document must say the same of each
event, whatever its count.
"""
import re
import sys
from collections import defaultdict
from fnmatch import fnmatch
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DOCUMENT = ROOT / "docs/kernel-events.md"
DEFINED = re.compile(r"^[+-](?:TRACE_EVENT|DEFINE_EVENT)[A-Z_]*\((.*)$")

# What happens in each stage of the run; the first word of a cell names them.
STAGES = {
    "module": "tests/kernel's module is loaded",
    "driver-core": "platform devices that defer, wait for a device link, wait for firmware's supplier, and stay deferred until "
                   "`deferred_probe_timeout`, with a link that it relaxes and a supplier that it lets ignore",
    "fences": "a module waits for any of two fences, and makes an array of two and a chain of that",
    "hazards": "a module breaks each rule of signalling sections once, inside of one and outside",
    "sched": "a module's jobs on a `drm_gpu_scheduler`: dependencies, a hang, an entity that goes with jobs in its queue, and a "
             "hundred schedulers that go before the fences of their jobs",
    "sw-sync": "user space: `sw_sync` fences, polled",
    "vgem": "user space, libdrm: a fence on a vgem buffer, polled through its dma-buf",
    "vkms": "user space, libdrm: an atomic commit on vkms with an in-fence and an out-fence",
    "syncobj": "user space, libdrm: a wait for a sync object without a fence, and an ioctl on a device that has been unplugged",
    "kunit": "the kernel's own unit tests of drm/sched, dma-buf and platform devices, with all events on",
    "kfd-gpu-add": "the stand-in is put into KFD's topology, without which nobody can open `/dev/kfd`",
    "kfd": "user space: apertures, an event created, waited for, set, destroyed. 6.1: without a GPU, by libhsakmt, with version and "
           "topology. 7.2: with the stand-in, by ioctls, for the library wants an address space on each GPU",
    "kfd-memory": "user space on `/dev/kfd` with shared virtual memory; the module gives the process the record of an address "
                  "space on a GPU, marks its ranges as mapped and asks for evictions",
    "radeon": "user space, libdrm: more VRAM than there is, user memory, on the emulated RV100; the module sets the GART up "
              "again, and completes fences as a failed reset does",
    "iommu": "6.1: a process bound to the card by `amd_iommu_v2`'s exported functions, its memory unmapped, its end; page requests "
             "handed to the driver's own notifier. 7.2: a process that cannot be bound, page requests handed to the IOMMU core "
             "and to the handler of bound processes, a record of a binding let go, an empty queue flushed",
    "amdgpu": "a stand-in for a GPU: a retry fault handed to amdgpu's interrupt handler, fences of a ring whose device is gone, the "
              "dependencies of a job (6.1), a buffer that KFD pins, a notifier of user space's memory on it. 7.2: the recovery of a GPU "
              "that has left the bus, a TLB flush with nothing to flush, the eviction of a process without user queues",
    "kfd-gpu": "the stand-in in KFD's topology, with a queue manager that does nothing: user space makes and destroys a queue, "
               "maps doorbells, is evicted; suspend, resume, reset. 7.2: it is refused an address space that is another's",
    "kfd-gpu-remove": "the stand-in is removed as a device that was pulled out",
    "radeon-rebind": "radeon is unbound from the emulated RV100 and bound again",
    "amdgpu-defer": "an APU is found while IOMMUv2 is not initialised yet (the module says so), with QEMU's shared memory in its "
                    "place: its probe is deferred",
    "amdgpu-probe": "amdgpu probes QEMU's shared memory as if it were the registers of an old card, finds no BIOS, and gives up",
}


def event_names(lines, sign):
    """Names of the events that a patch adds ("+") or removes ("-")."""
    names = []
    for number, line in enumerate(lines):
        match = DEFINED.match(line)
        if match and line[0] == sign:
            # The name is the last word of the first line, or the first of the next one.
            text = match.group(1) + (lines[number + 1][1:] if not match.group(1).rstrip().endswith(",") else "")
            words = [w for w in re.split(r"[,\s()]+", text) if w]
            names.append(words[0] if line[1:].startswith("TRACE_EVENT") else words[1])
    return names


def added_events(series):
    """Names that the series adds, in its order. What a patch only changes is not new."""
    names = []
    for patch in sorted((ROOT / "kernel-patches" / series).glob("[0-9]*.patch")):
        lines = patch.read_text().splitlines()
        removed = event_names(lines, "-")
        names += [name for name in event_names(lines, "+") if name not in removed]
    return names


def read_runs(directories):
    """Returns the kernel's events as name -> system, and counts as name -> {stage: count}."""
    systems, counts = {}, defaultdict(lambda: defaultdict(int))
    for directory in directories:
        for line in (Path(directory) / "events").read_text().splitlines():
            system, name = line.split()
            systems[name] = system
        for line in (Path(directory) / "counts").read_text().splitlines():
            stage, _, name, count = line.split()
            counts[name][stage] += int(count)
    return systems, counts


def read_reasons(series):
    """tests/kernel/not-reached-SERIES: names, TAB, function, TAB, why; or patterns, TAB, -, TAB, why: not in the kernel."""
    reasons, absent = [], []
    for line in (HERE / f"not-reached-{series}").read_text().splitlines():
        if line and not line.startswith("#"):
            names, function, why = line.split("\t")
            if function == "-":
                absent += [(pattern, why) for pattern in names.split()]
            else:
                reasons += [(name, function, why) for name in names.split()]
    return {name: (function, why) for name, function, why in reasons}, absent


def why_absent(name, absent):
    return next((why for pattern, why in absent if fnmatch(name, pattern)), None)


def problems(events, systems, counts, reasons, absent):
    for name in events:
        if name not in systems:
            if not why_absent(name, absent):
                yield f"the kernel has no event {name}"
        elif counts[name] and name in reasons:
            yield f"{name} was seen, and is explained as not reached"
        elif not counts[name] and name not in reasons:
            yield f"{name} was not seen, and nothing says why"
    for name in sorted(reasons.keys() - set(events)):
        yield f"{name} is explained, but no patch adds it"
    for stage in sorted({stage for stages in counts.values() for stage in stages} - STAGES.keys()):
        yield f"the stage {stage} is not described"


HEAD = """# The patched kernels' trace events, seen

`tests/kernel/run --write [--kernel SERIES]` makes a part of this page: it boots the kernel with the series of `kernel-patches`
in QEMU with every event of the series on, drives the drivers, and counts. Without `--write` (in `make check`) it fails when an
event that is said to be seen here was not, or one that is not has been, or when a patch adds an event that is neither.

The stand-in for a GPU is amdgpu's and amdkfd's record of a Navi 10 on QEMU's PCI test device: the drivers' own functions run,
with register accesses skipped (`adev->no_hw_access`), and nothing behind them.
"""


def heading(series):
    return f"## Linux {series}\n"


def part(series, events, systems, counts, reasons, absent):
    """The part of the page that is about one series."""
    missing = [name for name in events if name not in systems]
    present = [name for name in events if name in systems]
    seen = [name for name in present if counts[name]]
    used = {stage for stages in counts.values() for stage in stages}
    text = [
        f"Of the {len(events)} events that the patches add, {len(seen)} were seen; {len(present) - len(seen)} need what QEMU does "
        "not have" + (f"; {len(missing)} are not in the kernel that was booted." if missing else "."),
        "",
        "| stage | what happens |",
        "|---|---|",
    ]
    text += [f"| {stage} | {what} |" for stage, what in STAGES.items() if stage in used]
    text += ["", "### Seen", "", "| system | event | count | stages |", "|---|---|---|---|"]
    for name in seen:
        stages = ", ".join(stage for stage in STAGES if counts[name].get(stage))
        text.append(f"| `{systems[name]}` | `{name}` | {sum(counts[name].values())} | {stages} |")
    text += ["", "### Not reached", "", "| system | event | in | why not |", "|---|---|---|---|"]
    for name in present:
        if not counts[name]:
            function, why = reasons.get(name, ("?", "?"))
            text.append(f"| `{systems[name]}` | `{name}` | `{function}` | {why} |")
    if missing:
        text += ["", "### Not in the kernel that was booted"]
        for why in sorted({why_absent(name, absent) or "?" for name in missing}):
            names = [f"`{name}`" for name in missing if (why_absent(name, absent) or "?") == why]
            text += ["", why + ":", ", ".join(names) + "."]
    return heading(series) + "\n" + "\n".join(text) + "\n"


def read_parts():
    """The page's parts: series -> text with its heading."""
    text = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    return {m.group(1): m.group(0).rstrip() + "\n" for m in re.finditer(r"^## Linux (\S+)\n(?:(?!## ).*\n)*", text, re.M)}


def claims(text):
    """What a document says: name -> seen?"""
    seen, result = True, {}
    for line in text.splitlines():
        if line.startswith("### Not reached"):
            seen = False
        row = re.match(r"\| `\w+` \| `(\w+)` \|", line)
        if row:
            result[row.group(1)] = seen
    return result


def main():
    arguments = sys.argv[1:]
    write = "--write" in arguments
    series, *directories = [a for a in arguments if a != "--write"]
    events = added_events(series)
    systems, counts = read_runs(directories)
    reasons, absent = read_reasons(series)
    found = list(problems(events, systems, counts, reasons, absent))
    parts = read_parts()
    text = part(series, events, systems, counts, reasons, absent)
    if write:
        parts[series] = text
        DOCUMENT.write_text("\n".join([HEAD, *(parts[name] for name in sorted(parts))]))
    said, true = claims(parts.get(series, "")), claims(text)
    for name in sorted(said.keys() | true.keys()):
        if said.get(name) != true.get(name):
            found.append(f"{name}: docs/kernel-events.md says {said.get(name)}, the run {true.get(name)} (True: seen)")
    for problem in found:
        print(f"FAIL {problem}")
    print(f"{len(events)} events, {sum(1 for n in events if counts[n])} seen")
    print(f"{len(events) - min(len(found), len(events))} passed, {len(found)} failed")
    return bool(found) or not events


if __name__ == "__main__":
    sys.exit(main())
