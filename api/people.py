"""People who sign in: roles, passwords and sessions; every change of them is in the log."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal, get_args

from pwdlib import PasswordHash
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vinspect.api.clock import now, written
from vinspect.api.record.entry import digest
from vinspect.api.record.log import Log
from vinspect.api.tables import PersonRow, SessionRow, StationRow

Role = Literal["inspector", "auditor", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
SHORTEST = 12
"""Characters of a password (NIST SP 800-63B asks for 8 at the least, more where there is no second factor)."""
LONGEST = 256
LIFETIME = timedelta(hours=12)
"""Of a session: a working day."""

_NAME = re.compile(r"\w[\w.@-]{0,63}")
_hashing = threading.BoundedSemaphore(2)  # Argon2 takes 64 MB at a time


class NotAllowed(ValueError):
    """Somebody who cannot be added or changed so; the message says so in English and in Chinese, full sentences."""

    def __init__(self, detail: str, detail_zh: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.detail_zh = detail_zh


def add_person(
    log: Log,
    name: str,
    role: Role,
    station: str | None,
    password: str | None,
    by: str,
    *,
    subject: str | None = None,
    email: str | None = None,
) -> PersonRow:
    """Let somebody sign in: with a password, or by the OpenID provider, which names them so. Raises NotAllowed."""
    name = composed(name)
    if not _NAME.fullmatch(name):
        raise NotAllowed(
            "name: at most 64 letters, digits, and . @ - _ without spaces.",
            "name：最多 64 个字母、汉字或数字，可含 . @ - _，不含空格。",
        )
    if log.session.get(PersonRow, name) is not None:
        raise NotAllowed(
            f"name: there is somebody called {name}: take another name, or change that one.",
            f"name：{name} 已存在：请换一个名字，或修改该人员。",
        )
    if not (password or subject or email):
        raise NotAllowed(
            "password: give one, or the subject or email that the OpenID provider knows them by.",
            "password：请设置密码，或填写 OpenID 登录服务中的 subject 或 email。",
        )
    row = PersonRow(name=name, created=now(), role=role, station=station, password="", left=None)
    _check_place(log.session, row)
    _name_at_provider(log.session, row, subject, email)
    row.password = _hashed(password or secrets.token_urlsafe())  # one that nobody knows
    log.session.add(row)
    log.append("person added", row.created, **_facts(row), by=by)
    return row


def change_person(
    log: Log,
    row: PersonRow,
    by: str,
    *,
    role: Role | None = None,
    station: str | None = None,
    password: str | None = None,
    left: bool | None = None,
    subject: str | None = None,
    email: str | None = None,
) -> None:
    """Change what is given, and end their sessions. Raises NotAllowed.

    station, subject, email: "" takes it away. left: whether they may not sign in any more.
    """
    before = _facts(row)
    row.role = role or row.role
    row.station = row.station if station is None else station or None
    _check_place(log.session, row)
    _name_at_provider(log.session, row, subject, email)
    if password is not None:
        row.password = _hashed(password)
    if left is not None and left != (row.left is not None):
        row.left = now() if left else None
    if _facts(row) != before:
        log.session.execute(delete(SessionRow).where(SessionRow.person == row.name))
        log.append("person changed", now(), **_facts(row), by=by)


def people(session: Session) -> Sequence[PersonRow]:
    """All of them, by name, those who left too."""
    return session.scalars(select(PersonRow).order_by(PersonRow.name)).all()


def person(session: Session, name: str) -> PersonRow | None:
    """Whoever has this name."""
    return session.get(PersonRow, composed(name))


def composed(name: str) -> str:
    """A name, the same however its accents were typed (Unicode NFC)."""
    return unicodedata.normalize("NFC", name)


def is_right(row: PersonRow | None, password: str) -> bool:
    """Whether somebody's password is this; takes as long where there is nobody, so that names cannot be told by it."""
    with _hashing:
        right = len(password) <= LONGEST and _hasher().verify(password, row.password if row else _nobody())
    return right and row is not None and row.left is None


def sign_in(log: Log, row: PersonRow, by: str, subject: str | None = None) -> tuple[str, SessionRow]:
    """Begin a session; returns what the cookie holds, of which only the hash is kept.

    subject: what the OpenID provider calls them, where it has signed them in.
    """
    begun = datetime.now(UTC)
    log.session.execute(delete(SessionRow).where(SessionRow.expires <= written(begun)))
    token = secrets.token_urlsafe(32)
    session = SessionRow(
        sha256=_session(token), person=row.name, created=written(begun), expires=written(begun + LIFETIME)
    )
    log.session.add(session)
    facts = {"person": row.name, "session": session.sha256, "expires": session.expires, "subject": subject}
    log.append("signed in", session.created, **facts, by=by)
    return token, session


def sign_out(log: Log, session: SessionRow, by: str) -> None:
    """End a session."""
    log.session.execute(delete(SessionRow).where(SessionRow.sha256 == session.sha256))
    log.append("signed out", now(), person=session.person, session=session.sha256, by=by)


def signed_in(session: Session, token: str) -> tuple[PersonRow, SessionRow] | None:
    """Who has this in their cookie, where the session goes on and they have not left."""
    query = (
        select(PersonRow, SessionRow)
        .join(SessionRow, SessionRow.person == PersonRow.name)
        .where(SessionRow.sha256 == _session(token), SessionRow.expires > now(), PersonRow.left.is_(None))
    )
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1])


def csrf(token: str) -> str:
    """What a page of ours sends beside the cookie, and a page of others cannot know."""
    return hashlib.sha256(f"csrf {token}".encode()).hexdigest()


def _session(token: str) -> str:
    return hashlib.sha256(f"session {token}".encode()).hexdigest()


def _check_place(session: Session, row: PersonRow) -> None:
    if row.role == "inspector" and row.station is None:
        raise NotAllowed("station: an inspector needs one: name it.", "station：检验员须属于一个检验站：请填写。")
    if row.role == "administrator" and row.station is not None:
        raise NotAllowed(
            "station: an administrator is of none: leave it out.", "station：管理员不属于任何检验站：请勿填写。"
        )
    if row.station is not None and session.get(StationRow, row.station) is None:
        raise NotAllowed(
            f"station: there is none {row.station}: POST /v1/stations adds one.",
            f"station：检验站 {row.station} 不存在：请先用 POST /v1/stations 添加。",
        )


def _name_at_provider(session: Session, row: PersonRow, subject: str | None, email: str | None) -> None:
    row.subject = row.subject if subject is None else subject or None
    row.email = row.email if email is None else email.strip().lower() or None
    for name in ("subject", "email"):
        said = getattr(row, name)
        others = select(PersonRow.name).where(getattr(PersonRow, name) == said, PersonRow.name != row.name)
        with session.no_autoflush:
            other = None if said is None else session.scalar(others)
        if other is not None:
            raise NotAllowed(
                f"{name}: {other} signs in by it: take another, or take it from them first.",
                f"{name}：{other} 已使用：请换一个，或先从该人员处移除。",
            )


def _hashed(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise NotAllowed(
            f"password: it has {SHORTEST} to {LONGEST} characters.",
            f"password：长度须为 {SHORTEST} 至 {LONGEST} 个字符。",
        )
    with _hashing:
        return _hasher().hash(password)


def _facts(row: PersonRow) -> dict[str, Any]:
    """What the log says of somebody; of the password only a hash of its hash, which shows that it was changed."""
    password = digest(row.password.encode())
    facts = {name: getattr(row, name) for name in ("role", "station", "left", "subject", "email")}
    return {"person": row.name, **facts, "password": password}


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe())
