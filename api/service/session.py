"""The resource /v1/session: somebody signs in with a name and a password, and out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request, Response
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from vinspect.api import people
from vinspect.api.clock import now
from vinspect.api.people import LIFETIME, NotAllowed
from vinspect.api.service.access import COOKIE, AnyCaller, with_caller
from vinspect.api.service.attempts import Attempts
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks
from vinspect.api.tables import PersonRow, SessionRow
from vinspect.api.who import by_person

router = APIRouter(prefix="/v1/session", tags=["session"], responses=described(401, 503))

Token = Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)]
Password = Annotated[str, Field(max_length=people.LONGEST)]


class SignIn(BaseModel):
    """Who signs in."""

    name: Annotated[str, Field(max_length=64)]
    password: Password


class PasswordChange(BaseModel):
    """A new password for oneself."""

    old: Password
    new: Password


class SignedIn(TypedDict):
    """Who is signed in."""

    name: str
    role: str
    station: str | None
    expires: str
    csrf: str
    """To be sent as X-CSRF-Token with whatever changes something."""


async def _attempts(request: Request) -> Attempts:
    attempts: Attempts = request.app.state.attempts
    return attempts


AppAttempts = Annotated[Attempts, Depends(_attempts)]


@router.post("", status_code=201, responses=described(403, 422, 429))
def sign_in(new: SignIn, works: AppWorks, attempts: AppAttempts, request: Request, response: Response) -> SignedIn:
    """Sign in: the answer sets a cookie that scripts cannot read and other sites cannot send."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Refused(
            403,
            "Sign in from the service's own page, not from another site.",
            "请在本服务的页面上登录，不可从其他网站登录。",
        )
    row = _proven(new.name, new.password, works, attempts, request)
    with works.store.writing() as log:
        token, session = people.sign_in(log, row, by_person(row.name))
    let_in(request, response, token)
    return _signed_in(row, session, token)


def let_in(request: Request, response: Response, token: str) -> None:
    """Have the browser keep a session's token."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.headers["Cache-Control"] = "no-store"


@router.get("")
def mine(works: AppWorks, response: Response, token: Token = None) -> SignedIn:
    """Get who is signed in."""
    response.headers["Cache-Control"] = "no-store"
    row, session, sent = _mine(works, token)
    return _signed_in(row, session, sent)


@router.delete("", status_code=204, dependencies=[Depends(with_caller)], responses=described(403))
def sign_out(works: AppWorks, response: Response, token: Token = None) -> None:
    """Sign out: the session ends, and its cookie opens nothing any more."""
    row, session, _ = _mine(works, token)
    with works.store.writing() as log:
        people.sign_out(log, session, by_person(row.name))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


@router.post("/password", status_code=204, responses=described(403, 422, 429))
def change_password(
    new: PasswordChange,
    works: AppWorks,
    caller: AnyCaller,
    attempts: AppAttempts,
    request: Request,
    response: Response,
    token: Token = None,
) -> None:
    """Change one's own password; all one's sessions end, this one too."""
    row, _, _ = _mine(works, token)
    _proven(row.name, new.old, works, attempts, request)
    with works.store.writing() as log:
        try:
            people.change_person(log, log.session.get_one(PersonRow, row.name), caller.by, password=new.new)
        except NotAllowed as error:
            raise Refused(422, error.detail, error.detail_zh) from error
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _proven(name: str, password: str, works: AppWorks, attempts: Attempts, request: Request) -> PersonRow:
    """Whoever has this name, where the password is theirs; else 401, or 429 where it was tried too often."""
    name = people.composed(name)  # or each way to type its accents would have attempts of its own
    attempts.begin(name, request.client.host if request.client else "")
    with works.store.reading() as reading:
        row = people.person(reading, name)
    if not people.is_right(row, password):
        if row is not None and attempts.spent(name):
            with works.store.writing() as log:
                log.append("locked out", now(), person=row.name)
        raise Refused(
            401,
            "Name and password do not belong together: try again, or ask an administrator for another password.",
            "用户名或密码不正确：请重试，或请管理员重设密码。",
        )
    assert row is not None
    attempts.forget(name)
    return row


def _mine(works: AppWorks, token: str | None) -> tuple[PersonRow, SessionRow, str]:
    with works.store.reading() as reading:
        found = people.signed_in(reading, token) if token else None
    if found is None or token is None:
        raise Refused(
            401,
            "Nobody is signed in here: POST /v1/session with name and password.",
            "尚未登录：请先用用户名和密码登录。",
        )
    return *found, token


def _signed_in(row: PersonRow, session: SessionRow, token: str) -> SignedIn:
    return {
        "name": row.name,
        "role": row.role,
        "station": row.station,
        "expires": session.expires,
        "csrf": people.csrf(token),
    }
