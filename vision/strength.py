"""What the judge's answers weigh. Written by `python -m vinspect.models.fit_strength`; do not edit.

From 633 rendered numbers that could be judged, about half of them forged.
"""

# looks.support_of
WEIGHTS = (0.2, 0.1, 0.12)
OFFSET = -0.0032
# looks.supports_of
ODD_WEIGHT = 0.4154
ODD_OFFSET = 0.6963
# log10: from here on a character does not belong with the others
STRAY = 1.377
# log10: what an ordinary genuine number's looks say
QUIET = -0.2422
# log10: from here on a number is for review, and what speaks against it is said
REVIEW = 0.5459
# log10
SUSPECT = 1.1879
# log10 of the numbers of either kind that this was learned from
BOUND = 2.48
