"""Who may do what: whoever holds an API key, or is signed in; docs/api.md has the table of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from vinspect.api import people
from vinspect.api.keys import hashed, key, make_key
from vinspect.api.service.problems import Refused
from vinspect.api.service.works import AppWorks, Works
from vinspect.api.who import by_key, by_person

__all__ = ["Administrator", "AnyCaller", "Auditor", "Caller", "Role", "hashed", "make_key", "only", "with_caller"]

COOKIE = "vinspect_session"
CSRF = "X-CSRF-Token"
Role = Literal["station", "inspector", "auditor", "administrator"]

_SAFE = ("GET", "HEAD", "OPTIONS")
_bearer = HTTPBearer(auto_error=False, description="An API key: a station's, or the administrator's.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same, in a header of its own.")
_cookie = APIKeyCookie(
    name=COOKIE, auto_error=False, description=f"Of whoever signed in; what changes something needs {CSRF} too."
)


@dataclass(frozen=True)
class Caller:
    """Who makes a request."""

    by: str
    """As rows and the log name them."""
    role: Role
    """"station" has the key of one; the administrator's key may do what an administrator may."""
    station: str | None
    """The one whose cases they see, and no others; None: they see all."""

    def sees(self, station: str | None) -> bool:
        """Whether the cases of this station are theirs to see; None: a case of none."""
        return self.station is None or self.station == station

    @property
    def sees_files(self) -> bool:
        """Whether the archive is theirs to see; a camera has nothing to look for there."""
        return self.role != "station"


def with_caller(
    request: Request,
    works: AppWorks,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> Caller:
    """Let the request pass where it brings a key that opens the service, or the cookie of a session; else 401."""
    if sent := bearer.credentials if bearer else header:
        return _with_key(works, sent)
    if cookie:
        return _with_session(request, works, cookie)
    raise _unknown(
        "Send an API key as `Authorization: Bearer KEY` or `X-API-Key: KEY`, or sign in; "
        "`vinspect serve --new-key` makes a new administrator's key where it was lost.",
        "请发送 API 密钥（Authorization: Bearer KEY 或 X-API-Key: KEY），或先登录；"
        "管理员密钥遗失时，用 vinspect serve --new-key 重新生成。",
    )


def only(*roles: Role) -> Callable[[Caller], Coroutine[Any, Any, Caller]]:
    """A dependency that lets only these roles pass; others are answered 403."""

    async def allowed(caller: AnyCaller) -> Caller:
        if caller.role not in roles:
            raise Refused(
                403,
                f"This is for {_listed(roles)}: ask one of them, or sign in as one.",
                f"只有{'、'.join(_ZH[role] for role in roles)}可以进行此操作：请由其办理，或以该身份登录。",
            )
        return caller

    return allowed


def _with_key(works: Works, sent: str) -> Caller:
    with works.store.reading() as session:
        row = key(session, hashed(sent))
    if row is None:
        raise _unknown(
            "This API key is not known here: send `Authorization: Bearer KEY` with one that is; "
            "`vinspect serve --new-key` makes a new administrator's key where it was lost.",
            "此 API 密钥无效：请使用有效的密钥；管理员密钥遗失时，用 vinspect serve --new-key 重新生成。",
        )
    if row.revoked is not None:
        raise _unknown(
            f"This API key was revoked on {row.revoked[:10]}: ask an administrator for another.",
            f"此 API 密钥已于 {row.revoked[:10]} 撤销：请向管理员申请新的密钥。",
        )
    return Caller(by_key(row.sha256), "station" if row.station else "administrator", row.station)


def _with_session(request: Request, works: Works, token: str) -> Caller:
    with works.store.reading() as session:
        found = people.signed_in(session, token)
    if found is None:
        raise _unknown("Your session has ended: sign in again.", "登录已失效：请重新登录。")
    if request.method not in _SAFE and not secrets.compare_digest(
        request.headers.get(CSRF, "").encode(), people.csrf(token).encode()
    ):
        raise Refused(
            403,
            f"Send the `csrf` of GET /v1/session as the header {CSRF}: it shows that your own page asks for this.",
            f"请将 GET /v1/session 返回的 csrf 放入 {CSRF} 请求头：以证明请求来自您自己的页面。",
        )
    row, _ = found
    return Caller(by_person(row.name), cast(Role, row.role), row.station)


def _unknown(detail: str, detail_zh: str) -> Refused:
    return Refused(401, detail, detail_zh, {"WWW-Authenticate": "Bearer"})


def _listed(roles: tuple[Role, ...]) -> str:
    return " and ".join(_EN[role] for role in roles)


_EN: dict[Role, str] = {
    "station": "stations",
    "inspector": "inspectors",
    "auditor": "auditors",
    "administrator": "administrators",
}
_ZH: dict[Role, str] = {"station": "检验站", "inspector": "检验员", "auditor": "审核员", "administrator": "管理员"}

AnyCaller = Annotated[Caller, Depends(with_caller)]
"""Whoever makes the request, known to the service."""
Auditor = Annotated[Caller, Depends(only("auditor", "administrator"))]
"""An auditor or administrator."""
Administrator = Annotated[Caller, Depends(only("administrator"))]
"""An administrator, or whoever holds the administrator's key."""
