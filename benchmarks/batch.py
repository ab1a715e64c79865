"""Whether strips read together take less than one by one: python benchmarks/batch.py [--json]

One thread, as each scoring worker has, and strips of one width, which favours reading together: in the service each
would wait for the next to come, and be widened to the widest. Milliseconds of the CPU for each strip.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import numpy as np

from vinspect.models import export, weights

SIZES = (1, 2, 4, 8, 16)
STRIP = (1, 48, 448)


def costs(strips: int, repeats: int) -> dict[int, float]:
    """Median milliseconds of the CPU for a strip, by how many are read together; the sizes take turns."""
    session = export.session(weights.path("reader.onnx"), threads=1)
    rng = np.random.default_rng(0)
    some = {size: rng.uniform(-1, 1, (size, *STRIP)).astype(np.float32) for size in SIZES}
    took: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(repeats):
        for size, batch in some.items():
            start = time.process_time()
            for _ in range(strips // size):
                session.run(None, {"strips": batch})
            took[size].append((time.process_time() - start) * 1e3 / strips)
    return {size: statistics.median(each[1:]) for size, each in took.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    said = costs(max(SIZES), arguments.repeats + 1)
    if arguments.json:
        print(json.dumps(said))
        return
    for size, each in said.items():
        print(f"{size:2} together: {each:.2f} ms of the CPU a strip, {each / said[1]:.2f} of what it takes alone")


if __name__ == "__main__":
    main()
