"""How the console answers: pages under a strict policy, and what is refused as a page too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from vinspect.api import people
from vinspect.api.console.language import LANGUAGES, language_of, texts
from vinspect.api.record.page import named
from vinspect.api.service.access import COOKIE, Caller
from vinspect.api.service.problems import Refused

HOME = "/console"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",  # what a case says stays in no browser, and each view of it is one
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_HERE = str(files(__package__))
_STATIC = Path(_HERE, "static")


def _fingerprint() -> str:
    """Of all static files: their address changes with them, so that a browser may keep them for good."""
    content = hashlib.sha256()
    for path in sorted(_STATIC.iterdir()):
        content.update(path.name.encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:16]


STATIC = f"{HOME}/static/{_fingerprint()}"


class _Templates(Environment):
    """Templates in which `t.queue.clear` is the text of that key, not what every mapping can do."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What `obj.attribute` means in a template."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


_templates = _Templates(
    loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def _signed(value: float, places: int = 1) -> str:
    """A support as people write it: with its sign, a true minus, and no sign before nothing."""
    said = f"{value:+.{places}f}"
    return said[1:] if not float(said) else said.replace("-", "−")


_templates.filters["signed"] = _signed


class Kept(StaticFiles):
    """Static files that a browser may keep for good."""

    def __init__(self) -> None:
        super().__init__(directory=_STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at a path."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


class Page(APIRoute):
    """A route whose refusals are pages: whoever is not signed in is led there, others are told what to do."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with what it raises made into a page."""
        handler = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handler(request)
            except HTTPException as error:
                return _refused(request, error)
            except RequestValidationError as error:
                names = ", ".join(dict.fromkeys(str(each["loc"][-1]) for each in error.errors()))
                said = (f"{names}: the address holds a value that means nothing here.", f"{names}：网址中的值无效。")
                return _refused(request, Refused(422, *said))

        return answered


def page(request: Request, template: str, caller: Caller | None = None, status: int = 200, **shown: Any) -> Response:
    """A page in the language of whoever asks. caller: who is signed in; shown: what the template shows."""
    language = language_of(request)
    token = request.cookies.get(COOKIE)
    html = _templates.get_template(template).render(
        t=texts(language),
        language=language,
        languages=LANGUAGES,
        here=address(request),
        static=STATIC,
        caller=caller,
        who=named(caller.by) if caller else None,
        csrf=people.csrf(token) if caller and token else "",
        **shown,
    )
    return HTMLResponse(html, status, HEADERS)


def address(request: Request) -> str:
    """The path and query that were asked for."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def own(to: str) -> str:
    """An address to be led to, where it is one of the console's own; else its first page."""
    return to if to.startswith(HOME) and "\\" not in to and "//" not in to and to.isprintable() else HOME


def _refused(request: Request, error: HTTPException) -> Response:
    if error.status_code == 401:
        return RedirectResponse(f"{HOME}/sign-in?{urlencode({'to': address(request)})}", 303)
    said = getattr(error, "detail_zh", error.detail) if language_of(request) == "zh" else error.detail
    return page(request, "refused.html", status=error.status_code, said=said)
