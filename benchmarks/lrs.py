"""How well evidence tells two kinds apart, and whether its likelihood ratios mean what they say.

Cllr, its part that no calibration removes, and the plots are those of `lir`, the library of the Netherlands Forensic
Institute (`pip install -e '.[bench]'`). Cllr: N. Bruemmer, J. du Preez, Computer Speech & Language 20, 2006, 230: 0 is
perfect, 1 says nothing. Everywhere H1 is "not as the maker struck it", or "not one striking", and H2 that it is.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")

from lir import metrics
from lir.algorithms.bayeserror import elub
from lir.data.models import LLRData
from lir.plotting import H1_COLOR, H2_COLOR, Canvas
from matplotlib import pyplot


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """The chance that one of `positive` has more than one of `negative`; ties count half."""
    both = np.concatenate([positive, negative])
    _, place, count = np.unique(both, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    n = len(positive)
    return float((rank[:n].sum() - n * (n + 1) / 2) / (n * len(negative)))


def found(positive: np.ndarray, negative: np.ndarray, false_alarms: float = 0.01) -> float:
    """The share of `positive` above what so few of `negative` reach."""
    return float((positive > np.quantile(negative, 1 - false_alarms)).mean())


def cllr(positive: np.ndarray, negative: np.ndarray) -> float:
    """The cost of log10 likelihood ratios of what is of H1, and of H2, in bits."""
    return metrics.cllr(_llrs(positive, negative))


def cllr_min(positive: np.ndarray, negative: np.ndarray) -> float:
    """What Cllr would be if the ratios were calibrated as well as these very numbers allow (PAV)."""
    return metrics.cllr_min(_llrs(positive, negative))


def supported(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float]:
    """The least and the largest log10 likelihood ratio that so many numbers, so told apart, can support.

    P. Vergeer et al., Science and Justice 56, 2016, 482 (ELUB).
    """
    data = _llrs(positive, negative)
    least, most = elub(data.llrs.copy(), data.labels)
    return float(least), float(most)


def plots(file: Path, name: str, positive: np.ndarray, negative: np.ndarray, bound: float | None) -> None:
    """Tippett, reliability (PAV) and empirical cross-entropy side by side, a PNG; bound: no ratio may lie beyond it."""
    data = _llrs(positive, negative)
    figure, axes = pyplot.subplots(1, 3, figsize=(15, 4.8), layout="constrained")
    said = f"H1: not as the maker struck it ({len(positive)}), H2: as he struck it ({len(negative)})"
    figure.suptitle(f"{name}. {said}. Cllr {metrics.cllr(data):.2f}, calibrated {metrics.cllr_min(data):.2f}")
    tippett, reliability, entropy = axes
    Canvas(tippett).tippett(data)
    tippett.set(title="Tippett", ylabel="% of numbers with at least this support")
    tippett.locator_params(axis="x", nbins=6)
    for curve, colour in zip(tippett.get_lines(), (H1_COLOR, H2_COLOR), strict=False):  # as in the plot beside it
        curve.set_color(colour)
    tippett.legend()
    for at in () if bound is None else (-bound, bound):
        tippett.axvline(at, color="0.6", linestyle=":")
    Canvas(reliability).pav(data)
    reliability.set_title("reliability (PAV)")
    Canvas(entropy).ece(data)
    entropy.set_title("empirical cross-entropy")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _llrs(positive: np.ndarray, negative: np.ndarray) -> LLRData:
    labels = np.concatenate([np.ones(len(positive), int), np.zeros(len(negative), int)])
    return LLRData(features=np.concatenate([positive, negative]).astype(np.float64), labels=labels)
