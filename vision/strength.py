"""What the judge's answers weigh. Written by `python -m vinspect.models.fit_strength`; do not edit.

From 870 rendered numbers that could be judged, about half of them forged.
"""

# looks.support_of
WEIGHTS = (0.1037, 0.1664, 0.0606)
OFFSET = 0.2179
# looks.supports_of
ODD_WEIGHT = 0.3899
ODD_OFFSET = 0.9834
# log10: from here on a character does not belong with the others
STRAY = 1.7378
# log10: what an ordinary genuine number's looks say
QUIET = -0.4297
# log10: from here on a number is for review, and what speaks against it is said
REVIEW = 0.8309
# log10
SUSPECT = 1.5
# log10 of the numbers of either kind that this was learned from
BOUND = 2.6085
