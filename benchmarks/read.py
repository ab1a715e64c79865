"""How well and how fast numbers are read, beside general readers, in one run: `python benchmarks/read.py`.

Everything measured here was kept out of training: the photographs of `valid/`, die sets and fonts of other families,
metal-text. Peers get the whole photograph as we do, and the benefit of the doubt: of the lines that they find the most
VIN-like one counts (for other numbers the one nearest the truth), and X or * at its ends, which is what they make of
end marks, is dropped.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.progress import track

from vinspect.datasets import protocol, scene, vinphotos
from vinspect.vision import inspector
from vinspect.vision import photo as photos
from vinspect.vision.vin import VIN_ALPHABET

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
LARGE = 10  # photographs of twelve megapixels


@dataclass(frozen=True)
class Case:
    """One photograph, encoded, and the number in it."""

    name: str
    data: bytes
    text: str
    vin: bool


@dataclass(frozen=True)
class Answer:
    """What a system said."""

    text: str
    confidence: float
    seconds: float


System = Callable[[Case], Answer]


def ours() -> System:
    """Vinspect, format auto."""
    nets = inspector.open_nets()

    def answer(case: Case) -> Answer:
        start = time.perf_counter()
        report = inspector.read(photos.photo_of(case.name, case.data), nets)
        seconds = time.perf_counter() - start
        best = report.readings[0] if report.readings else None
        return Answer(best.text if best else "", best.confidence if best else 0.0, seconds)

    return answer


def rapidocr() -> System:
    """RapidOCR with the PP-OCRv6 networks in its wheel, on two threads."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 2})

    def answer(case: Case) -> Answer:
        start = time.perf_counter()
        picture = cv2.imdecode(np.frombuffer(case.data, np.uint8), cv2.IMREAD_COLOR)
        lines = [str(t) for t in (engine(picture).txts or ())]
        return Answer(_pick(lines, case), 0.0, time.perf_counter() - start)

    return answer


def easyocr() -> System | None:
    """EasyOCR with its stock networks, where they have been downloaded before; else None."""
    home = Path(os.environ.get("EASYOCR_MODULE_PATH", Path.home() / ".EasyOCR")) / "model"
    if not all((home / name).exists() for name in ("craft_mlt_25k.pth", "english_g2.pth")):
        return None
    import easyocr as library

    engine = library.Reader(["en"], gpu=False, download_enabled=False, verbose=False)

    def answer(case: Case) -> Answer:
        start = time.perf_counter()
        picture = cv2.imdecode(np.frombuffer(case.data, np.uint8), cv2.IMREAD_COLOR)
        lines = [str(text) for _, text, _ in engine.readtext(picture)]
        return Answer(_pick(lines, case), 0.0, time.perf_counter() - start)

    return answer


def _pick(lines: list[str], case: Case) -> str:
    """The line that a benevolent person would take for the number."""
    cleaned = []
    for line in lines:
        text = "".join(c for c in line.upper() if c.isalnum() or c in "-*")
        stripped = text.strip("*")
        cleaned += [stripped.replace("*", "")]
        if case.vin and len(stripped) in (18, 19):
            cleaned += (
                [stripped[1:18], stripped[:17]] if len(stripped) == 18 and "X" in (stripped[0], stripped[-1]) else []
            )
            cleaned += [stripped[1:18]] if len(stripped) == 19 else []
    if not cleaned:
        return ""
    if not case.vin:
        return max(cleaned, key=lambda t: Levenshtein.normalized_similarity(t, case.text))

    def likeness(text: str) -> tuple[bool, float]:
        legal = sum(c in VIN_ALPHABET for c in text)
        return len(text) == 17 and legal == 17, legal - 2 * abs(len(text) - 17) - (len(text) - legal)

    return max(cleaned, key=likeness)


def real(kind: str, part: str = "valid", legible: bool = True) -> list[Case]:
    """The photographs of valid/ or train/ of one kind, as somebody transcribed them; legible: no others."""
    folder = SHARED / "vin-photos" / part / "images"
    with (ROOT / f"datasets/transcriptions/vin-photos-{part}.csv").open(newline="") as rows:
        wanted = [r for r in csv.DictReader(rows) if r["kind"] == kind and (r["legible"] == "yes" or not legible)]
    paths = [(folder / r["file"], r["number"]) for r in wanted]
    return [Case(p.name, p.read_bytes(), number, len(number) == 17) for p, number in paths if p.exists()]


def metal_text() -> list[Case]:
    """Numbers of any length in real metal, doubtful characters (`?`) left to the reader."""
    table = SHARED / "metal-text" / "numbers.csv"
    if not table.exists():
        return []
    with table.open(newline="") as rows:
        found = [(r["file"], r["number"]) for r in csv.DictReader(rows)]
    return [Case(f, (table.parent / "images" / f).read_bytes(), number, False) for f, number in found]


def rendered(shots: Iterable[protocol.Shot]) -> list[Case]:
    """Rendered photographs as JPEG files."""
    out = []
    for shot in shots:
        data = cv2.imencode(".jpg", shot.grey, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
        out.append(Case(shot.name, data, shot.text, len(shot.text) == 17 and shot.name.startswith("vin")))
    return out


def blanks(n: int) -> list[Case]:
    """Pictures with no number: rendered ones, and those of valid/ with the number's box covered."""
    out = rendered(protocol.blanks(n))
    for k, photo in enumerate(vinphotos.vin_photos(SHARED / "vin-photos", "valid")[:n]):
        grey = scene.covered(np.random.default_rng(k), photo.grey(), photo.box)
        out.append(Case(f"covered-{photo.path.name}", cv2.imencode(".png", grey)[1].tobytes(), "", True))
    return out


def turned(cases: list[Case], quarters: int) -> Iterator[Case]:
    """The same photographs turned clockwise."""
    code = [None, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE][quarters]
    for case in cases:
        picture = cv2.imdecode(np.frombuffer(case.data, np.uint8), cv2.IMREAD_COLOR)
        data = cv2.imencode(".png", picture if code is None else cv2.rotate(picture, code))[1].tobytes()
        yield Case(case.name, data, case.text, case.vin)


def same(answer: str, truth: str) -> bool:
    """Whether the whole number is right; `?` in the truth matches anything, `/` in it parts two lines."""
    truth = truth.replace("/", "")
    if truth.endswith("?"):  # doubtful to its end
        truth = truth[:-1]
        return answer.startswith(truth[:-2]) and abs(len(answer) - len(truth)) <= 1
    return len(answer) == len(truth) and all(b in ("?", a) for a, b in zip(answer, truth, strict=True))


def interval(right: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval."""
    if not n:
        return 0.0, 1.0
    z, p = 1.96, right / n
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n))


def score(cases: list[Case], answers: list[Answer]) -> dict[str, float]:
    """Exactness with its interval, character error, median time."""
    right = sum(same(a.text, c.text) for a, c in zip(answers, cases, strict=True))
    truths = [c.text.replace("/", "") for c in cases]
    errors = sum(Levenshtein.distance(a.text, t) for a, t in zip(answers, truths, strict=True))
    low, high = interval(right, len(cases))
    return {
        "n": len(cases),
        "exact": right / max(1, len(cases)),
        "low": low,
        "high": high,
        "character_error": errors / max(1, sum(map(len, truths))),
        "median_ms": statistics.median(a.seconds for a in answers) * 1000 if answers else 0.0,
    }


def calibration(pairs: list[tuple[float, bool]]) -> dict[str, float]:
    """Share right among readings that say 0.99 or more, and expected calibration error in ten bins of equal width."""
    confidence = np.array([c for c, _ in pairs])
    right = np.array([r for _, r in pairs], float)
    bins = np.minimum((confidence * 10).astype(int), 9)
    error = sum(
        (bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in range(10)
        if (bins == b).any()
    )
    sure = confidence >= 0.99
    return {
        "n": len(pairs),
        "sure": float(sure.mean()),
        "sure_right": float(right[sure].mean()) if sure.any() else 0.0,
        "ece": float(error),
    }


def _shell(path: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of `vinspect read` on one file.

    A process of its own looks on, since one that starts from a large parent is counted as large as that.
    """
    command = [sys.executable, "-m", "vinspect.api.cli", "read", "--json", str(path)]
    watch = (
        "import resource, subprocess, sys, time; t = time.perf_counter();"
        "subprocess.run(sys.argv[1:], capture_output=True); print(time.perf_counter() - t,"
        "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    out = subprocess.run([sys.executable, "-c", watch, *command], capture_output=True, text=True, check=True).stdout
    seconds, megabytes = map(float, out.split())
    return seconds, megabytes


def twelve_megapixels(shot: protocol.Shot) -> bytes:
    """The same photograph as a JPEG of twelve megapixels."""
    big = cv2.resize(shot.grey, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    big = np.clip(big + np.random.default_rng(1).normal(0, 3, big.shape), 0, 255).astype(np.uint8)
    colour = cv2.cvtColor(big, cv2.COLOR_GRAY2BGR)
    return cv2.imencode(".jpg", colour, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def speed() -> dict[str, float]:
    """Twelve-megapixel JPEGs against their bare decoding, memory, and a cold start from the shell."""
    shots = list(protocol.stampings(LARGE))
    files = [twelve_megapixels(shot) for shot in shots]
    nets = inspector.open_nets()
    bare, whole, times = [], [], []
    for data in files:
        for _ in range(5):
            start = time.perf_counter()
            cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            middle = time.perf_counter()
            inspector.read(photos.photo_of("big.jpg", data), nets)
            bare.append(middle - start)
            whole.append(time.perf_counter() - middle)
        times.append(statistics.median(w / b for w, b in zip(whole[-5:], bare[-5:], strict=True)))
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.jpg", Path(folder) / "small.png"
        large.write_bytes(files[0])
        small.write_bytes(cv2.imencode(".png", cv2.resize(shots[0].grey, (256, 256)))[1].tobytes())
        cold = [_shell(small)[0] for _ in range(5)]
        _, peak = _shell(large)
    return {
        "decode_ms": statistics.median(bare) * 1000,
        "read_12mp_ms": statistics.median(whole) * 1000,
        "times_decoding": statistics.median(times),
        "most_times_decoding": max(times),
        "cold_s": statistics.median(cold),
        "peak_mb": peak,
        "weights_mb": weights_mb(),
    }


def weights_mb() -> float:
    """Megabytes of all networks."""
    return sum(p.stat().st_size for p in (ROOT / "models").rglob("*") if p.suffix in (".onnx", ".pth")) / 1e6


def publish(figures: dict[str, dict[str, dict[str, float]]], extra: dict[str, dict[str, float]]) -> None:
    """Put the table between the README's two marks."""
    rows = [
        "| measured on | n | whole number exact (95 %) | character error | RapidOCR | median time, ours over its |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in figures.items():
        f, peer = row["vinspect"], row.get("rapidocr")
        theirs = f"{peer['exact']:.1%}" if peer else ""
        ratio = f"1/{peer['median_ms'] / f['median_ms']:.1f}" if peer else ""
        exact = f"{f['exact']:.1%} ({f['low']:.1%} to {f['high']:.1%})"
        rows.append(f"| {name} | {f['n']:.0f} | {exact} | {f['character_error']:.2%} | {theirs} | {ratio} |")
    c, quiet, s = extra["calibration"], extra["no number"], extra["speed"]
    rows += [
        "",
        f"Readings that say 0.99 or more: {c['sure_right']:.1%} right ({c['sure']:.0%} of all say so); "
        f"expected calibration error {c['ece']:.3f}. Pictures with no number: no reading in {quiet['silent']:.1%} of "
        f"{quiet['n']:.0f}. A 12-megapixel JPEG takes {s['times_decoding']:.1f} times its bare decoding (median of "
        f"{LARGE}, the slowest {s['most_times_decoding']:.1f}); peak memory {s['peak_mb']:.0f} MB; `vinspect read` "
        f"from the shell, cold, {s['cold_s']:.1f} s; "
        f"all weights {s['weights_mb']:.1f} MB.",
    ]
    readme = ROOT / "README.md"
    head, rest = readme.read_text(encoding="utf-8").split("<!-- read -->\n", 1)
    _, tail = rest.split("<!-- /read -->", 1)
    readme.write_text(head + "<!-- read -->\n" + "\n".join(rows) + "\n<!-- /read -->" + tail, encoding="utf-8")


def main() -> None:
    """Measure, print a table, and with --json the same numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rendered", type=int, default=200, help="photographs of each rendered set")
    parser.add_argument("--limit", type=int, help="photographs of each set at most, for a quick look")
    parser.add_argument(
        "--peers-on", type=int, default=1000, help="photographs of each set that peers read, 0 for none"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    args = parser.parse_args()
    console = Console(stderr=True)
    systems: dict[str, System] = {"vinspect": ours()}
    if args.peers_on:
        systems["rapidocr"] = rapidocr()
        stock = easyocr()
        if stock:
            systems["easyocr"] = stock
    sets = {
        "valid, labels": real("label"),
        "valid, windscreen": real("windscreen"),
        "rendered stampings": rendered(protocol.stampings(args.rendered)),
        "rendered frame numbers": rendered(protocol.stampings(args.rendered, free=True)),
        "metal-text": metal_text(),
    }
    for cases in sets.values():  # in an order that has nothing to do with the photographs
        np.random.default_rng(1).shuffle(cases)  # type: ignore[arg-type]
    sets = {name: cases[: args.limit] for name, cases in sets.items()}
    figures: dict[str, dict[str, dict[str, float]]] = {}
    pairs: list[tuple[float, bool]] = []
    for name, cases in sets.items():
        for system, answer in systems.items():
            mine = cases if system == "vinspect" else cases[: args.peers_on]
            answers = [answer(c) for c in track(mine, f"{name}, {system}", console=console, transient=True)]
            figures.setdefault(name, {})[system] = score(mine, answers)
            if system == "vinspect":
                pairs += [(a.confidence, same(a.text, c.text)) for a, c in zip(answers, cases, strict=True) if a.text]
    read = systems["vinspect"]
    for quarters in (1, 2, 3):
        for name in ("valid, labels", "valid, windscreen", "rendered stampings"):
            cases = list(turned(sets[name], quarters))
            answers = [read(c) for c in track(cases, f"{name}, {90 * quarters}", console=console, transient=True)]
            figures[f"{name}, turned {90 * quarters}"] = {"vinspect": score(cases, answers)}
    empty = blanks(args.limit or args.rendered)
    silent = sum(not read(c).text for c in track(empty, "no number", console=console, transient=True))
    extra = {
        "calibration": calibration(pairs),
        "no number": {"n": len(empty), "silent": silent / len(empty)},
        "speed": speed(),
    }
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'set':36}{'system':10}{'n':>5}{'exact':>8}{'95 %':>15}{'char error':>12}{'median ms':>11}")
    for name, rows in figures.items():
        for system, f in rows.items():
            spread = f"{f['low']:.3f}-{f['high']:.3f}"
            print(
                f"{name:36}{system:10}{f['n']:5.0f}{f['exact']:8.3f}{spread:>15}{f['character_error']:12.4f}{f['median_ms']:11.1f}"
            )
    for name, values in extra.items():
        print(f"{name}: " + ", ".join(f"{k} {v:.4g}" for k, v in values.items()))
    if args.readme:
        publish(figures, extra)
    if args.json:
        args.json.write_text(json.dumps({"sets": figures, **extra}, indent=1) + "\n")


if __name__ == "__main__":
    main()
