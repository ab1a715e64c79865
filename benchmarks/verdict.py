"""Real genuine numbers before the judge, and the time to a verdict: python benchmarks/verdict.py [--json]

None of the photographs of ../shared/data is of a forgery that anybody knows of, and the judge has learned from none of
them: a suspect among them is a false accusation. Labels are print, which is not judged. Where the photographs are not
at hand, that is said. Times are of whole JPEG files of twelve megapixels, rendered, as `vinspect inspect` and `report`
take them; weights are all networks together.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections import Counter
from collections.abc import Sequence

from read import LARGE, SHARED, Case, metal_text, real, twelve_megapixels, weights_mb

from vinspect.api.report.command import pdf
from vinspect.datasets import protocol
from vinspect.vision.inspector import Nets, inspect, open_nets
from vinspect.vision.photo import photo_of

REASONS = {"print": "print", "no_number": "no number found"}
UNREAD = "stampings that nobody can read"
OTHERWISE = "badly seen"
Row = dict[str, str | int]


def genuine() -> dict[str, list[Case]]:
    """What there is; all but labels are struck or embossed, or so they are taken here."""
    stamped, legible = (real("stamped", "train", legible=only) for only in (False, True))
    names = {case.name for case in legible}
    return {
        "windscreen plates": real("windscreen"),
        "stampings": legible,
        UNREAD: [c for c in stamped if c.name not in names],
        "metal-text": metal_text(),
        "labels": real("label"),
    }


def row(name: str, cases: Sequence[Case], nets: Nets) -> Row:
    """How many of them came to which outcome, and why the others were not judged."""
    verdicts = [inspect(photo_of(c.name, c.data), nets).verdict for c in cases]
    outcomes = Counter(v.outcome for v in verdicts)
    why = Counter(REASONS.get(v.reason.code, OTHERWISE) for v in verdicts if v.reason is not None)
    return {
        "genuine": name,
        "n": len(verdicts),
        **{outcome: outcomes[outcome] for outcome in ("clear", "review", "suspect", "cannot judge")},
        **{reason: why[reason] for reason in (*REASONS.values(), OTHERWISE)},
    }


def speed(nets: Nets) -> dict[str, float]:
    """Milliseconds from a file's bytes to the verdict, and from there to the pages of the report."""
    verdicts, reports = [], []
    for shot in protocol.stampings(LARGE):
        data = twelve_megapixels(shot)
        for _ in range(3):
            start = time.perf_counter()
            found = inspect(photo_of("big.jpg", data), nets)
            verdicts.append(time.perf_counter() - start)
        start = time.perf_counter()
        pdf(found, None, "en")
        reports.append(time.perf_counter() - start)
    return {
        "verdict_ms": 1000 * statistics.median(verdicts),
        "slowest_ms": 1000 * max(verdicts),
        "report_ms": 1000 * statistics.median(reports),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    nets = open_nets()
    times = speed(nets) | {"weights_mb": weights_mb()}
    rows = [row(name, cases, nets) for name, cases in genuine().items() if cases] if SHARED.is_dir() else []
    if arguments.json:
        print(json.dumps({"machine": platform.machine(), "cores": os.cpu_count(), "rows": rows} | times))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(", ".join(f"{name} {value:.4g}" for name, value in times.items()))
    if not rows:
        print(f"There are no real photographs in {SHARED}: of them nothing is said.")
        return
    wide = max(len(str(r["genuine"])) for r in rows)
    for r in (dict(zip(rows[0], rows[0], strict=True)), *rows):
        print("  ".join(f"{v:<{wide}}" if k == "genuine" else f"{v:>{max(5, len(k))}}" for k, v in r.items()))
    suspect, n = sum(int(r["suspect"]) for r in rows), sum(int(r["n"]) for r in rows)
    unjudged, struck = (
        sum(int(r[key]) for r in rows if r["genuine"] not in ("labels", UNREAD)) for key in ("cannot judge", "n")
    )
    print(f"called suspect: {suspect} of {n}; cannot judge: {unjudged} of {struck} that a person reads, labels apart")


if __name__ == "__main__":
    main()
