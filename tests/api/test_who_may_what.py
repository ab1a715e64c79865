"""The table of who may do what, read from docs/api.md and tried in full."""

import hashlib
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from vinspect.api import people
from vinspect.api.keys import hashed, make_key
from vinspect.api.service import events
from vinspect.api.service.app import create_app
from vinspect.api.store import Store

DOCS = Path(__file__).parents[2] / "docs" / "api.md"
PASSWORD = "correct horse battery staple"
NETS: Any = None
JPEG = {"Content-Type": "image/jpeg"}
STATION = {
    "station's key": "north",
    "another station's key": "south",
    "its inspector": "north",
}  # those who see one station's cases alone


def table() -> tuple[list[str], dict[str, list[str]]]:
    """The callers, and by call what each of them is answered."""
    [text] = re.findall(r"<!-- who -->\n(.*?)<!-- /who -->", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    head, _, *lines = ([cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines())
    return head[1:], {line[0].strip("`"): line[1:] for line in lines}


CALLERS, ANSWERS = table()


@dataclass
class Office:
    """A service with two stations, a case of each, and somebody of every kind."""

    client: TestClient
    jpeg: bytes
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    """By caller, what their requests bring."""
    cases: dict[str, str] = field(default_factory=dict)
    """By station, its case."""
    filed: dict[str, str] = field(default_factory=dict)
    """The id of a file in the archive, the hash of its rubbing, and the id of the import that put them there."""
    count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, method: str, path: str, caller: str, **more: Any) -> Response:
        self.client.cookies.clear()
        headers = self.headers[caller] | more.pop("headers", {})
        return self.client.request(method, path, headers=headers, **more)

    def made(self, method: str, path: str, **more: Any) -> Any:
        answer = self.ask(method, path, "administrator's key", **more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def fresh(self) -> str:
        return f"new-{next(self.count)}"

    def person(self) -> str:
        name = self.fresh()
        self.made("POST", "/v1/people", json={"name": name, "role": "auditor", "password": PASSWORD})
        return name

    def signed_in(self, name: str) -> dict[str, str]:
        self.client.cookies.clear()
        answer = self.client.post("/v1/session", json={"name": name, "password": PASSWORD})
        cookie = {"Cookie": f"vinspect_session={answer.cookies['vinspect_session']}"}
        return cookie | {"X-CSRF-Token": answer.json()["csrf"]}

    def again(self, caller: str) -> None:
        """Sign in anew whoever is a person: the call ends their session."""
        if "Cookie" in self.headers[caller]:
            self.headers[caller] = self.signed_in(caller.removeprefix("its ") + "-1")

    def undecided(self) -> str:
        answer = self.ask("POST", "/v1/inspections", "station's key", content=self.jpeg, headers=JPEG)
        return str(answer.json()["id"])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, jpeg: bytes, paper_road: object) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    store, key = Store(folder), make_key()
    store.replace_keys(hashed(key))
    store.close()
    with pytest.MonkeyPatch.context() as patch, TestClient(create_app(folder, NETS)) as client:
        patch.setattr(events, "LONGEST", 0)  # what there is, and no more
        patch.setattr(people, "_hasher", lambda: PasswordHash((Argon2Hasher(1, 8, 1),)))
        office = Office(client, jpeg, {"nobody": {}, "administrator's key": {"X-API-Key": key}})
        for station, caller in (("north", "station's key"), ("south", "another station's key")):
            office.made("POST", "/v1/stations", json={"id": station, "name": station})
            office.headers[caller] = {
                "X-API-Key": office.made("POST", "/v1/keys", json={"station": station})["key"]
            }
            answer = office.ask("POST", "/v1/inspections", caller, content=jpeg, headers=JPEG)
            office.cases[station] = answer.json()["id"]
        revoked = office.made("POST", "/v1/keys", json={})
        office.headers["revoked key"] = {"X-API-Key": revoked["key"]}
        assert office.ask("DELETE", f"/v1/keys/{revoked['id']}", "administrator's key").status_code == 200
        for caller in ("its inspector", "auditor", "administrator"):
            role = caller.removeprefix("its ")
            station = {"station": "north"} if role == "inspector" else {}
            office.made(
                "POST", "/v1/people", json={"name": f"{role}-1", "role": role, "password": PASSWORD, **station}
            )
            office.headers[caller] = office.signed_in(f"{role}-1")
        yield office


Call = Callable[[Office, str], Response]


def plainly(method: str, path: str, **more: Any) -> Call:
    return lambda office, caller: office.ask(method, path, caller, **more)


def about_a_case(method: str, path: str) -> Call:
    return lambda office, caller: office.ask(method, path.format(id=office.cases["north"]), caller)


def password(office: Office, caller: str) -> Response:
    answer = office.ask("POST", "/v1/session/password", caller, json={"old": PASSWORD, "new": PASSWORD})
    office.again(caller)
    return answer


def sign_out(office: Office, caller: str) -> Response:
    answer = office.ask("DELETE", "/v1/session", caller)
    office.again(caller)
    return answer


def decide(office: Office, caller: str) -> Response:
    document = {"decision": "cleared", "reason": "compared with the file"}
    return office.ask("POST", f"/v1/inspections/{office.undecided()}/decisions", caller, json=document)


def of_the_archive(method: str, path: str, **more: Any) -> Call:
    """A call about a file in the archive, its rubbing, or the import that put it there."""

    def call(office: Office, caller: str) -> Response:
        if not office.filed:
            table = b"number,rubbing\nLSVAM4187C2184841,a.jpg"
            files = [("table", ("files.csv", table)), ("rubbing", ("a.jpg", office.jpeg))]
            answer = office.ask("POST", "/v1/archive/imports", "administrator's key", files=files)
            where, found = answer.headers["location"], {"number": "LSVAM4187C2184841"}
            while office.ask("GET", where, "administrator's key").json()["finished"] is None:
                time.sleep(0.01)
            [card] = office.ask("GET", "/v1/archive", "administrator's key", params=found).json()["files"]
            sha256 = hashlib.sha256(office.jpeg).hexdigest()
            office.filed = {"id": card["id"], "sha256": sha256, "import": answer.json()["id"]}
        return office.ask(method, path.format(**office.filed), caller, **more)

    return call


def watch_no_more(office: Office, caller: str) -> Response:
    assert office.ask("PUT", "/v1/watchlist/WVWZZZ1JZXW000001", "administrator's key", json={"why": "x"}).is_success
    return office.ask("DELETE", "/v1/watchlist/WVWZZZ1JZXW000001", caller)


def of_a_batch(method: str, path: str = "", **more: Any) -> Call:
    """A call about a batch of the northern station."""

    def call(office: Office, caller: str) -> Response:
        answer = office.ask("POST", "/v1/batches", "station's key", json={})
        return office.ask(method, f"/v1/batches/{answer.json()['id']}{path}", caller, **more)

    return call


def add_to_a_batch(office: Office, caller: str) -> Response:
    return of_a_batch("POST", "/files", content=office.jpeg, headers=JPEG)(office, caller)


def batches(office: Office, caller: str) -> Response:
    for station in ("station's key", "another station's key"):
        assert office.ask("POST", "/v1/batches", station, json={}).status_code == 201
    return office.ask("GET", "/v1/batches", caller, params={"limit": 200})


def webhook(method: str, path: str = "", **more: Any) -> Call:
    """A call about a webhook that was just made, to an address that nobody has (RFC 5737)."""

    def call(office: Office, caller: str) -> Response:
        wanted = {"url": "http://192.0.2.7/", "events": ["verdict"]}
        made = office.made("POST", "/v1/webhooks", json=wanted)["id"]
        answer = office.ask(method, f"/v1/webhooks/{made}{path}", caller, **more)
        assert office.ask("DELETE", f"/v1/webhooks/{made}", "administrator's key").is_success
        return answer

    return call


def deliver_again(office: Office, caller: str) -> Response:
    """Of an event that was on its way."""
    wanted = {"url": "http://192.0.2.7/", "events": ["accepted"]}
    made = office.made("POST", "/v1/webhooks", json=wanted)["id"]
    office.undecided()
    path = f"/v1/webhooks/{made}/deliveries"
    while not (sent := office.ask("GET", path, "administrator's key").json()["deliveries"]):
        time.sleep(0.01)
    answer = office.ask("POST", f"{path}/{sent[0]['event']}", caller)
    assert office.ask("DELETE", f"/v1/webhooks/{made}", "administrator's key").is_success
    return answer


LISTS = ("GET /v1/inspections", "GET /v1/stations", "GET /v1/batches")
CALLS: dict[str, Call] = {
    "GET /health": plainly("GET", "/health"),
    "GET /health/ready": plainly("GET", "/health/ready"),
    "GET /metrics": plainly("GET", "/metrics"),
    "POST /v1/inspections": lambda office, caller: office.ask(
        "POST", "/v1/inspections", caller, content=office.jpeg, headers=JPEG
    ),
    "GET /v1/inspections": plainly("GET", "/v1/inspections", params={"limit": 200}),
    "GET /v1/inspections/{id}": about_a_case("GET", "/v1/inspections/{id}"),
    "GET /v1/inspections/{id}/photo": about_a_case("GET", "/v1/inspections/{id}/photo"),
    "GET /v1/inspections/{id}/overlay": about_a_case("GET", "/v1/inspections/{id}/overlay"),
    "GET /v1/inspections/{id}/report": about_a_case("GET", "/v1/inspections/{id}/report"),
    "GET /v1/inspections/{id}/evidence": about_a_case("GET", "/v1/inspections/{id}/evidence"),
    "GET /v1/inspections/{id}/decisions": about_a_case("GET", "/v1/inspections/{id}/decisions"),
    "POST /v1/inspections/{id}/decisions": decide,
    "POST /v1/batches": plainly("POST", "/v1/batches", json={"name": "box 4"}),
    "GET /v1/batches": batches,
    "GET /v1/batches/{id}": of_a_batch("GET"),
    "POST /v1/batches/{id}/files": add_to_a_batch,
    "GET /v1/batches/{id}/files": of_a_batch("GET", "/files"),
    "GET /v1/batches/{id}/refused": of_a_batch("GET", "/refused"),
    "GET /v1/events": plainly("GET", "/v1/events", params={"after": 0}),
    "GET /v1/log/entries": plainly("GET", "/v1/log/entries"),
    "GET /v1/log/entries/{index}": plainly("GET", "/v1/log/entries/0"),
    "GET /v1/log/checkpoint": plainly("GET", "/v1/log/checkpoint"),
    "GET /v1/log/consistency": plainly("GET", "/v1/log/consistency", params={"size": 1}),
    "GET /v1/archive": plainly("GET", "/v1/archive", params={"number": "LSVAM4187C2184841"}),
    "GET /v1/archive/same-hand": lambda office, caller: office.ask(
        "GET", "/v1/archive/same-hand", caller, params={"inspection": office.cases["north"], "why": "compare"}
    ),
    "GET /v1/archive/{id}": of_the_archive("GET", "/v1/archive/{id}"),
    "GET /v1/archive/{id}/rubbings": of_the_archive("GET", "/v1/archive/{id}/rubbings"),
    "GET /v1/archive/{id}/rubbings/{sha256}": of_the_archive(
        "GET", "/v1/archive/{id}/rubbings/{sha256}", params={"why": "compare"}
    ),
    "GET /v1/archive/{id}/events": of_the_archive("GET", "/v1/archive/{id}/events"),
    "POST /v1/archive/{id}/events": of_the_archive(
        "POST", "/v1/archive/{id}/events", json={"event": "looked up", "why": "compare"}
    ),
    "POST /v1/archive/imports": plainly(
        "POST", "/v1/archive/imports", content=b"number\n4M40-HB1234", headers={"Content-Type": "text/csv"}
    ),
    "GET /v1/archive/imports": plainly("GET", "/v1/archive/imports"),
    "GET /v1/archive/imports/{id}": of_the_archive("GET", "/v1/archive/imports/{import}"),
    "GET /v1/archive/imports/{id}/refused": of_the_archive("GET", "/v1/archive/imports/{import}/refused"),
    "GET /v1/stations": plainly("GET", "/v1/stations"),
    "POST /v1/stations": lambda office, caller: office.ask(
        "POST", "/v1/stations", caller, json={"id": office.fresh(), "name": "new"}
    ),
    "PATCH /v1/stations/{id}": plainly("PATCH", "/v1/stations/south", json={"name": "south"}),
    "GET /v1/watchlist": plainly("GET", "/v1/watchlist"),
    "PUT /v1/watchlist/{number}": plainly("PUT", "/v1/watchlist/4M40-HB1234", json={"why": "stolen"}),
    "DELETE /v1/watchlist/{number}": watch_no_more,
    "GET /v1/stations/{id}/findings": plainly("GET", "/v1/stations/north/findings"),
    "PATCH /v1/stations/{id}/findings": plainly(
        "PATCH", "/v1/stations/north/findings", json={"findings": {"stale_capture": False}, "why": "x"}
    ),
    "GET /v1/keys": plainly("GET", "/v1/keys"),
    "POST /v1/keys": plainly("POST", "/v1/keys", json={"station": "south"}),
    "DELETE /v1/keys/{id}": lambda office, caller: office.ask(
        "DELETE", f"/v1/keys/{office.made('POST', '/v1/keys', json={})['id']}", caller
    ),
    "GET /v1/webhooks": plainly("GET", "/v1/webhooks"),
    "POST /v1/webhooks": plainly("POST", "/v1/webhooks", json={"url": "http://192.0.2.7/", "events": ["verdict"]}),
    "GET /v1/webhooks/{id}": webhook("GET"),
    "DELETE /v1/webhooks/{id}": webhook("DELETE"),
    "GET /v1/webhooks/{id}/deliveries": webhook("GET", "/deliveries"),
    "POST /v1/webhooks/{id}/deliveries": webhook("POST", "/deliveries", params={"state": "dead"}),
    "POST /v1/webhooks/{id}/deliveries/{event}": deliver_again,
    "GET /v1/people": plainly("GET", "/v1/people"),
    "POST /v1/people": lambda office, caller: office.ask(
        "POST", "/v1/people", caller, json={"name": office.fresh(), "role": "auditor", "password": PASSWORD}
    ),
    "PATCH /v1/people/{name}": lambda office, caller: office.ask(
        "PATCH", f"/v1/people/{office.person()}", caller, json={"left": True}
    ),
    "POST /v1/session": lambda office, caller: office.ask(
        "POST", "/v1/session", caller, json={"name": office.person(), "password": PASSWORD}
    ),
    "GET /v1/session": plainly("GET", "/v1/session"),
    "DELETE /v1/session": sign_out,
    "POST /v1/session/password": password,
    "GET /v1/session/openid": plainly("GET", "/v1/session/openid"),
    "GET /v1/session/openid/back": plainly("GET", "/v1/session/openid/back"),
}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("call", ANSWERS)
def test_everybody_may_do_what_the_table_says_and_nothing_else(office: Office, call: str, caller: str) -> None:
    says = ANSWERS[call][CALLERS.index(caller)]
    answer = CALLS[call](office, caller)
    if says not in ("yes", "own"):
        assert answer.status_code == int(says), answer.text
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["detail"]
        assert re.search("[一-鿿]", problem["detail_zh"])
        return
    assert answer.is_success, answer.text
    shown = answer.json() if call in LISTS else {}
    stations = {each["station"] for name in ("inspections", "batches") for each in shown.get(name, ())}
    stations |= {each["id"] for each in shown.get("stations", ())}
    if call == "GET /v1/events":
        shown = {"events": [json.loads(data) for data in re.findall("^data: (.*)", answer.text, re.MULTILINE)]}
        stations = {each["station"] for each in shown["events"]}
    if says == "own":
        assert stations == {STATION[caller]}
    elif shown:
        assert stations >= {"north", "south"}


def test_the_table_has_every_call_that_there_is(office: Office) -> None:
    paths = office.client.get("/openapi.json").json()["paths"]
    there = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert there == set(ANSWERS)
    assert all(len(answers) == len(CALLERS) for answers in ANSWERS.values())


def test_what_changes_something_needs_more_than_the_cookie(office: Office) -> None:
    for call, answers in ANSWERS.items():
        if not call.startswith("GET") and call != "POST /v1/session" and answers[CALLERS.index("auditor")] == "yes":
            kept = office.headers["auditor"]
            office.headers["auditor"] = {"Cookie": kept["Cookie"], "X-CSRF-Token": "guessed"}
            assert CALLS[call](office, "auditor").status_code == 403, call
            office.headers["auditor"] = office.signed_in("auditor-1")
