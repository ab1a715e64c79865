"""What the judge's answers weigh. Written by `python -m vinspect.models.fit_strength`; do not edit.

From 633 rendered numbers that could be judged, about half of them forged.
"""

# looks.support_of
WEIGHTS = (0.1436, 0.0799, 0.0, 0.1219, 0.0184, 1.3691)
OFFSET = -0.0068
# looks.supports_of
ODD_WEIGHT = 0.3842
ODD_OFFSET = 0.6408
# log10: from here on a character does not belong with the others
STRAY = 1.46
# log10: what an ordinary genuine number's looks say
QUIET = -0.2123
# log10: from here on a number is for review, and what speaks against it is said
REVIEW = 0.5894
# log10
SUSPECT = 1.0
# log10 of the numbers of either kind that this was learned from
BOUND = 2.48
