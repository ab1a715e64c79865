"""Cut a line out of the photograph and lay it level."""

from __future__ import annotations

import cv2
import numpy as np

from vinspect.vision.evidence import StampLine, Strip, frozen

HEIGHT = 48  # pixels of a strip
SHARE = 0.6  # of the strip's height that the line's height takes, centred
MARGIN = 0.5  # line heights shown before the first and after the last character
LONGEST = 2048  # pixels: a longer strip would be no line of characters


def rectify(
    grey: np.ndarray,
    line: StampLine,
    height: int = HEIGHT,
    margin: float = MARGIN,
    reduction: float = 1.0,
    stretch: float = 1.0,
) -> Strip:
    """The line as a level strip, `height` pixels high, its aspect ratio kept.

    grey: the photograph, uint8 (H, W), at full scale or reduced; `reduction` is full-scale pixels per pixel of it.
    What lies beyond its edge repeats the edge.
    margin: in line heights, on either side of the quadrilateral.
    stretch: how many times wider than the aspect ratio has it; narrow lettering reads better so.
    Raises ValueError where the quadrilateral has no area.
    """
    quad = (line.quad.astype(np.float64) + 0.5) / reduction - 0.5
    length = float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    tall = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    if not np.isfinite(quad).all() or min(length, tall) < 0.5:
        raise ValueError("the line has no length or no height")
    scale = tall / (SHARE * height)
    line_width = min(length / scale * stretch, LONGEST)
    side = margin * SHARE * height * stretch
    width = max(1, round(line_width + 2 * side))
    top = (1 - SHARE) / 2 * height - 0.5
    left, bottom = side - 0.5, top + SHARE * height
    right = left + line_width
    level = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    to_photo = cv2.getPerspectiveTransform(level, quad.astype(np.float32)).astype(np.float64)

    rim = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    seen = cv2.perspectiveTransform(rim.reshape(-1, 1, 2), to_photo).reshape(-1, 2)
    pad = 2 + int(np.ceil(2 * scale))
    h, w = grey.shape
    x0, y0 = np.clip(np.floor(seen.min(0)).astype(int) - pad, 0, [w - 1, h - 1])
    x1, y1 = np.clip(np.ceil(seen.max(0)).astype(int) + pad + 1, [x0 + 1, y0 + 1], [w, h])
    crop = grey[y0:y1, x0:x1]
    from_crop = np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]], np.float64)
    if scale > 1.2:  # an average over the area first: picking pixels would alias
        size = (max(1, round(crop.shape[1] / scale)), max(1, round(crop.shape[0] / scale)))
        fx, fy = crop.shape[1] / size[0], crop.shape[0] / size[1]
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
        from_crop = from_crop @ np.array([[fx, 0, fx / 2 - 0.5], [0, fy, fy / 2 - 0.5], [0, 0, 1]])
    to_crop = np.linalg.inv(from_crop) @ to_photo
    strip = cv2.warpPerspective(
        crop, to_crop, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    to_full = np.array([[reduction, 0, (reduction - 1) / 2], [0, reduction, (reduction - 1) / 2], [0, 0, 1]])
    return Strip(frozen(strip), frozen(to_full @ to_photo), scale * reduction)
