"""What the first judge has learned. Written by `python -m vinspect.models.fit_judge`; do not edit."""

TYPICAL: dict = {}
SCATTER = {"baseline": .013,"pitch": .03,"height": .017,"width": .04,"slant": .02,"turn": .015,"stroke": .055}
LAYOUT_OFFSET, LAYOUT_WEIGHTS, LAYOUT_FLAG = -0.8, (.1,.05,.15,.25,.01,.05,.2), 0.8
GLYPH_OFFSET, GLYPH_WEIGHTS, GLYPH_FLAG = 0.5, (.5,-.3,-.2,-.2), .8
QUIET, REVIEW, SUSPECT, BOUND = -0.05, 0.5, 1.5, 3.2
