"""What the judge's answers weigh. Written by `python -m vinspect.models.fit_strength`; do not edit.

From 1754 rendered numbers that could be judged, about half of them forged.
"""

# looks.support_of
WEIGHTS = (0.1687, 0.0827, 0.0612)
OFFSET = 0.09
# looks.supports_of
ODD_WEIGHT = 0.3451
ODD_OFFSET = 0.7584
# log10: from here on a character does not belong with the others
STRAY = 1.6756
# log10: what an ordinary genuine number's looks say
QUIET = -0.4935
# log10: from here on a number is for review, and what speaks against it is said
REVIEW = 0.8405
# log10
SUSPECT = 1.5
# log10 of the numbers of either kind that this was learned from
BOUND = 2.9096
