"""What the judge's answers weigh. Written by `python -m vinspect.models.fit_strength`; do not edit.

From 1754 rendered numbers that could be judged, about half of them forged.
"""

# looks.support_of
WEIGHTS = (0.1609, 0.1076, 0.0593)
OFFSET = 0.1359
# looks.supports_of
ODD_WEIGHT = 0.358
ODD_OFFSET = 0.8153
# log10: from here on a character does not belong with the others
STRAY = 1.8103
# log10: what an ordinary genuine number's looks say
QUIET = -0.4906
# log10: from here on a number is for review, and what speaks against it is said
REVIEW = 0.8546
# log10
SUSPECT = 1.5464
# log10 of the numbers of either kind that this was learned from
BOUND = 2.9096
