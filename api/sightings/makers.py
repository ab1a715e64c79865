"""The bank of makers: how a number is struck beside cleared vehicles of the same maker, plant and model year.

It learns as cases are cleared and unlearns where a decision is undone: what counts is which decision stands when a
number is weighed.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from vinspect.api.decisions import standing
from vinspect.api.sightings.switches import Switched
from vinspect.api.sightings.tables import FormsRow
from vinspect.api.tables import DecisionRow, InspectionRow
from vinspect.vision import maker
from vinspect.vision.chinese import chinese
from vinspect.vision.evidence import Finding, Inspection, Reading
from vinspect.vision.maker import Forms

LOOKED = 200  # cases of a maker, the newest, among which cleared ones are looked for
CODE: Switched = "not_as_its_maker"
_LATEST = (
    select(FormsRow.number, InspectionRow.text)
    .join(InspectionRow, InspectionRow.id == FormsRow.id)
    .where(
        FormsRow.maker == bindparam("maker"),
        FormsRow.learned == bindparam("learned"),
        InspectionRow.text != bindparam("but"),
    )
    .order_by(FormsRow.number.desc())
    .limit(LOOKED)
    .subquery()
)
_OF_MAKER = (  # those of the latest about which anything was decided
    select(FormsRow.id, FormsRow.forms, _LATEST.c.text)
    .join(_LATEST, _LATEST.c.number == FormsRow.number)
    .where(exists().where(DecisionRow.inspection == FormsRow.id))
    .order_by(FormsRow.number.desc())
)


def row_of(id: str, inspection: Inspection) -> FormsRow | None:
    """The row of an inspection's VIN, where its looks could be judged."""
    if inspection.looks is None:
        return None
    best = inspection.report.readings[0]
    whose = maker.maker_of(best.text)
    forms = None if whose is None else maker.forms_of(best)
    if whose is None or forms is None:
        return None
    return FormsRow(id=id, maker=whose, learned=maker.made_by(), forms=forms.packed())


def cleared(session: Session, whose: str, but: str) -> Sequence[Forms]:
    """Of at most `maker.MOST` cleared vehicles of this maker, one photograph each, the newest; `but` this number."""
    rows = session.execute(_OF_MAKER, {"maker": whose, "learned": maker.made_by(), "but": but}).all()
    if not rows:
        return []
    stand = standing(session, [row.id for row in rows])
    kept: dict[str, Forms] = {}
    for row in rows:
        if row.id in stand and stand[row.id].decision == "cleared" and len(kept) < maker.MOST:
            kept.setdefault(row.text, Forms.unpacked(row.forms))
    return list(kept.values())


def finding(session: Session, own: FormsRow | None, best: Reading) -> Finding | None:
    """What the cleared vehicles of its maker say of a number; None where they are too few.

    own: the number's row. Raises SQLAlchemyError.
    """
    if own is None:
        return None
    others = cleared(session, own.maker, best.text)
    support = maker.support_of(Forms.unpacked(own.forms), others)
    if support is None:
        return None
    wmi, plant, year = own.maker.split()
    like, same = ("unlike", "不相似") if support > 0 else ("like", "相似")
    said = (
        f"Its characters are struck {like} those of {len(others)} cleared vehicles of the same maker, plant and model "
        f"year ({wmi}, {plant}, {year})."
    )
    detail = f"与 {len(others)} 辆（{wmi}，装配厂 {plant}，年份代码 {year}）{same}"
    return Finding(CODE, (), round(support, 3), said, chinese(CODE, (), detail), best.quad)
