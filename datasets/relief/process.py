"""How numbers are marked, and how exactly. METAL.md's figures are the middle of the ranges, which go well beyond."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Process:
    """One way to mark a number. Lengths are in cap heights where nothing is said; a range is drawn once a number."""

    name: str
    baseline: Range  # sd of each character's height on the line
    pitch: Range  # sd of its place along the line
    turn: Range  # sd, degrees
    size: Range  # sd of its own size, share
    uneven: Range  # sd of its depth, share
    tilt: Range  # how much deeper one side is than the other, share
    depth: Range  # millimetres; how high, where it is raised
    stroke: Range
    width: Range
    space: Range  # between characters
    lip: Range  # height of the metal heaped up beside a stroke, share of its depth
    twice: float = 0.0  # share of characters that bounced and were struck twice


PROCESSES = {
    p.name: p
    for p in (
        Process("press", (0.0, 0.016), (0.0, 0.03), (0, 0.7), (0, 0.006), (0.06, 0.3), (0, 0.5), (0.1, 0.6),
                (0.06, 0.16), (0.5, 0.78), (0.12, 0.6), (0.0, 0.25), 0.004),
        Process("roller", (0.0, 0.008), (0.0, 0.012), (0, 0.3), (0, 0.004), (0.03, 0.15), (0, 0.3), (0.08, 0.45),
                (0.06, 0.15), (0.45, 0.75), (0.12, 0.45), (0.0, 0.2)),
        Process("peen", (0.0, 0.012), (0.0, 0.02), (0, 0.5), (0, 0.006), (0.05, 0.25), (0, 0.2), (0.03, 0.3),
                (0.06, 0.15), (0.38, 0.7), (0.1, 0.45), (0.1, 0.5)),
        Process("scribe", (0.0, 0.015), (0.0, 0.025), (0, 0.7), (0, 0.012), (0.06, 0.3), (0, 0.3), (0.03, 0.25),
                (0.045, 0.12), (0.36, 0.72), (0.1, 0.35), (0.2, 0.8)),
        Process("laser", (0.0, 0.004), (0.0, 0.005), (0, 0.15), (0, 0.0), (0.0, 0.08), (0, 0.05), (0.003, 0.05),
                (0.06, 0.17), (0.4, 0.75), (0.1, 0.4), (0.0, 0.3)),
        Process("embossed", (0.0, 0.01), (0.0, 0.015), (0, 0.3), (0, 0.004), (0.03, 0.15), (0, 0.3), (0.2, 0.9),
                (0.11, 0.2), (0.5, 0.74), (0.08, 0.3), (0.0, 0.1)),
        Process("punch", (0.015, 0.09), (0.02, 0.11), (0.6, 5.5), (0, 0.012), (0.15, 0.45), (0.1, 0.9), (0.1, 0.7),
                (0.07, 0.18), (0.5, 0.78), (0.12, 0.6), (0.05, 0.4), 0.1),
    )
}  # fmt: skip
SHARES = {"press": 0.34, "roller": 0.08, "peen": 0.15, "scribe": 0.15, "laser": 0.05, "embossed": 0.11, "punch": 0.12}
# Drawn for training never, for the benchmark often: what a process that nobody learned from does to the figures.
HELD_OUT = ("roller",)
