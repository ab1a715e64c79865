"""Sign-in by an OpenID provider, under /v1/session/openid: there, and back again."""

from __future__ import annotations

import logging
import secrets
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from vinspect.api import openid, people
from vinspect.api.openid import Away, NotProven, Provider
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.session import AppAttempts, let_in
from vinspect.api.service.works import AppWorks
from vinspect.api.who import by_person

COOKIE = "vinspect_openid"
PATH = "/v1/session/openid"
router = APIRouter(prefix=PATH, tags=["session"], responses=described(404, 429, 503))
_log = logging.getLogger("vinspect")

# The cookie of the session goes with no request that another site begins, so it is this page that goes on to ours.
_SIGNED_IN = """<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/">
<title>Vinspect</title><p><a href="/">已登录 · Signed in</a>"""


async def _provider(request: Request) -> Provider:
    found: Provider | None = request.app.state.openid
    if found is None:
        raise Refused(
            404,
            "No OpenID provider is set up here: sign in with name and password.",
            "此处未设置 OpenID 登录：请用用户名和密码登录。",
        )
    return found


AppProvider = Annotated[Provider, Depends(_provider)]


@router.get("", status_code=303, response_class=RedirectResponse)
def go(request: Request, provider: AppProvider, works: AppWorks, attempts: AppAttempts) -> Response:
    """Go to the provider to sign in there."""
    attempts.count(request.client.host if request.client else "")
    with works.store.writing() as log:
        state, begun = openid.begin(log)
    try:
        address = provider.address(_back(request), state, begun)
    except Away as error:
        raise _away(error) from error
    answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    answer.set_cookie(
        COOKIE,
        state,
        max_age=int(openid.LIFETIME.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="lax",  # it comes back from the provider's site
        secure=request.url.scheme == "https",
    )
    return answer


@router.get("/back", response_class=HTMLResponse, responses=described(401, 403))
def back(
    request: Request,
    provider: AppProvider,
    works: AppWorks,
    state: Annotated[str, Query(max_length=512)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
    kept: Annotated[str, Cookie(alias=COOKIE, include_in_schema=False)] = "",
) -> Response:
    """Come back from the provider: whoever it has signed in is signed in here, where an administrator has let them."""
    if not state or not secrets.compare_digest(state.encode(), kept.encode()):
        raise _refused("the browser that comes back is not the one that was sent")
    with works.store.writing() as log:
        begun = openid.taken(log, state)
    if begun is None:
        raise _refused("its state was used before, or is too old")
    if not code:
        raise _refused(f"the provider answers {request.query_params.get('error', 'nothing')!r}")
    try:
        who = provider.who(code, _back(request), begun)
    except Away as error:
        raise _away(error) from error
    except NotProven as error:
        raise _refused(str(error)) from error
    with works.store.writing() as log:
        row = openid.person(log.session, who)
        if row is None:
            raise Refused(
                403,
                f"Nobody is let in here as {who.email or who.subject}: ask an administrator to add you.",
                f"{who.email or who.subject} 未获准登录：请联系管理员添加。",
            )
        token, _ = people.sign_in(log, row, by_person(row.name), subject=who.subject)
    answer = HTMLResponse(_SIGNED_IN)
    answer.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")
    let_in(request, answer, token)
    return answer


def _back(request: Request) -> str:
    return str(request.url_for("back"))


def _away(error: Away) -> Refused:
    _log.error("Nobody can sign in by OpenID: %s", error)
    return Refused(
        503,
        "The OpenID provider does not answer: try again in a moment, or sign in with name and password.",
        "OpenID 登录服务没有响应：请稍后再试，或用用户名和密码登录。",
    )


def _refused(why: str) -> Refused:
    _log.warning("A sign-in by OpenID was refused: %s", why)
    return Refused(
        401,
        f"This does not show who you are: begin again with {PATH}.",
        f"无法确认您的身份：请从 {PATH} 重新登录。",
    )
