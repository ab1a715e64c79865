"""The manifest of a set: one JSON object a line for each strip. docs/strips.schema.json says what each field means."""

from __future__ import annotations

from typing import Any

import numpy as np

from vinspect.datasets.relief.plate import Array
from vinspect.datasets.relief.rubbing import Rubbing
from vinspect.datasets.relief.stamping import Stamping

SCHEMA = "vinspect/strips/1"


def row(number: int, files: dict[str, str], s: Stamping, rubbings: dict[str, Rubbing]) -> dict[str, Any]:
    """What is known of one strip.

    `files` names its pictures: `picture`, `groove`, `touched`, `height`, and each rubbing by what it is of.
    """
    high, wide = s.picture.shape
    return {
        "schema": SCHEMA,
        "number": number,
        "picture": files["picture"],
        "groove": files["groove"],
        "touched": files["touched"],
        "height": files["height"],
        "size": [wide, high],
        "text": s.text,
        "before": s.before,
        "method": s.deed.method if s.deed is not None else None,
        "care": round(s.deed.care, 3) if s.deed is not None else None,
        "line": _points(s.line),
        "characters": [
            {
                "text": c.text,
                "before": c.before,
                "method": c.method,
                "process": c.process,
                "dies": c.dies,
                "edge": c.edge,
                "wheel": c.wheel,
                "quad": _points(q),
            }
            for c, q in zip(s.characters, s.quads, strict=True)
        ],
        "mm_per_pixel": round(s.mm, 5),
        "cap_mm": round(s.cap_mm, 3),
        "metal": s.metal,
        "coat": s.coat,
        "light": s.light,
        "rubbings": [
            {
                "of": of,
                "picture": files[of],
                "text": r.text,
                "line": _points(r.line),
                "quads": [_points(q) for q in r.quads],
            }
            for of, r in rubbings.items()
        ],
    }


def _points(quad: Array) -> list[list[float]]:
    return [[round(float(x), 2), round(float(y), 2)] for x, y in np.asarray(quad)]
