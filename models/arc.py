"""A run of training by the clock: one arc of the learning rate, resumable, its curve in a CSV file.

A run is told its hours and plans its rate by the time that it has used; what is published is the running mean of the
weights.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn


@dataclass
class Arc:
    """Where a run stands: run/last.pt holds it, run/curve.csv what it came through."""

    run: Path
    hours: float  # earlier parts included
    net: nn.Module
    mean: nn.Module  # of the weights
    optimizer: torch.optim.Optimizer
    peak: float  # learning rate at the top
    warm: float  # share of the run that climbs to it,
    first: int  # and steps that climb at least
    decay: float  # of the running mean, a step
    used: float = 0.0  # seconds
    step: int = 0
    _sums: dict[str, float] = field(default_factory=dict)
    _counted: int = 0

    def __post_init__(self) -> None:
        """Go on where the run was left, if it was."""
        if (self.run / "last.pt").exists():
            state = torch.load(self.run / "last.pt", weights_only=True)
            self.net.load_state_dict(state["net"])
            self.mean.load_state_dict(state["mean"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.used, self.step = state["used"], state["step"]
        self._started = self._checked = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether its hours are used."""
        return self.used >= self.hours * 3600

    @property
    def rate(self) -> float:
        """The learning rate now: up to the peak, then down along half a cosine."""
        done = self.used / (self.hours * 3600)
        if done < self.warm:
            return self.peak * min(1.0, done / self.warm, self.step / self.first)
        return self.peak * 0.5 * (1 + math.cos(math.pi * (done - self.warm) / (1 - self.warm)))

    def begin(self) -> None:
        """From here on time counts."""
        self._started = self._checked = time.monotonic()
        self.net.train()

    def learn(self, total: Tensor, parts: Mapping[str, float]) -> None:
        """One step down the loss `total`; `parts` are what the curve tells of it."""
        for group in self.optimizer.param_groups:
            group["lr"] = max(self.rate, 1e-6) * group.get("share", 1.0)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_([p for p in self.net.parameters() if p.requires_grad], 2.0)
        self.optimizer.step()
        self.step += 1
        keep = min(self.decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for a, b in zip(self.mean.state_dict().values(), self.net.state_dict().values(), strict=True):
                if a.dtype.is_floating_point:
                    a.lerp_(b, 1 - keep)
                else:
                    a.copy_(b)
        for name, value in parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._counted += 1
        now = time.monotonic()
        self.used, self._started = self.used + now - self._started, now

    def due(self, seconds: float) -> bool:
        """Whether it is time to look how far it has come: after so many seconds, at the end, and early on once."""
        if time.monotonic() - self._checked <= seconds and not self.over and self.step != 100:
            return False
        self._checked = time.monotonic()
        return True

    def keep(self) -> None:
        """Write where it stands; a run that is killed meanwhile keeps what it had."""
        state = {"net": self.net.state_dict(), "mean": self.mean.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save(state | {"used": self.used, "step": self.step}, self.run / "part.pt")
        (self.run / "part.pt").replace(self.run / "last.pt")

    def note(self, measured: Mapping[str, float]) -> None:
        """Add a row to the curve: the mean of the losses since the last, and what was measured."""
        row: dict[str, object] = {"step": self.step, "hours": round(self.used / 3600, 3), "rate": f"{self.rate:.2e}"}
        row |= {name: round(value / self._counted, 4) for name, value in self._sums.items()} | dict(measured)
        fresh = not (self.run / "curve.csv").exists()
        with (self.run / "curve.csv").open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        print(row, flush=True)
        self._sums, self._counted = {}, 0
