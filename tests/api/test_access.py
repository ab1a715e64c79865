import json
import re
import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import create_engine
from typer.testing import CliRunner, Result

from vinspect.api import people
from vinspect.api.cli import app
from vinspect.api.keys import hashed, make_key
from vinspect.api.record.audit import audit
from vinspect.api.service.app import create_app
from vinspect.api.store import Store

JPEG = {"Content-Type": "image/jpeg"}
JSON = {"Content-Type": "application/json"}
PASSWORD = "correct horse battery staple"
VIN = "LSVAM4187C2184841"
NETS: Any = None


def run(*arguments: object, typed: str = "") -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], input=typed, catch_exceptions=False)


def entries(folder: Path) -> list[dict[str, Any]]:
    with sqlite3.connect(folder / "vinspect.sqlite") as database:
        return [json.loads(body) for (body,) in database.execute('SELECT body FROM entries ORDER BY "index"')]


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_hasher", lambda: PasswordHash((Argon2Hasher(1, 8, 1),)))


@pytest.fixture
def key(client: TestClient) -> dict[str, str]:
    """That of a station, gz-03."""
    client.post("/v1/stations", json={"id": "gz-03", "name": "广州三站"}).raise_for_status()
    made = client.post("/v1/keys", json={"station": "gz-03", "name": "lane 1"})
    return {"X-API-Key": made.json()["key"]}


@pytest.fixture
def case(client: TestClient, key: dict[str, str], jpeg: bytes) -> str:
    """A case of the station."""
    return str(client.post("/v1/inspections", content=jpeg, headers=JPEG | key).json()["id"])


def somebody(client: TestClient, name: str, role: str = "auditor", **more: str) -> dict[str, str]:
    """Add a person, sign them in; what their requests bring."""
    document = {"name": name, "role": role, "password": PASSWORD, **more}
    client.post("/v1/people", json=document).raise_for_status()
    answer = sign_in(client, name)
    client.cookies.clear()
    return {"Cookie": f"vinspect_session={answer.cookies['vinspect_session']}", "X-CSRF-Token": answer.json()["csrf"]}


def sign_in(client: TestClient, name: str, password: str = PASSWORD, **headers: str) -> Response:
    return client.post("/v1/session", json={"name": name, "password": password}, headers=headers)


def as_(client: TestClient, who: dict[str, str], method: str, path: str, **more: Any) -> Response:
    kept = client.headers.pop("x-api-key")
    try:
        return client.request(method, path, headers=who, **more)
    finally:
        client.headers["x-api-key"] = kept


def decide(client: TestClient, who: dict[str, str], case: str, decision: str, after: int = 0) -> Response:
    document = {"decision": decision, "reason": "compared with the file", "after": after}
    return as_(client, who, "POST", f"/v1/inspections/{case}/decisions", json=document)


def test_a_key_is_shown_once_and_only_its_hash_is_kept(client: TestClient, key: dict[str, str], data: Path) -> None:
    secret = key["X-API-Key"]
    listed = client.get("/v1/keys")
    assert secret not in listed.text
    assert [each["station"] for each in listed.json()["keys"]] == [None, "gz-03"]
    assert listed.json()["keys"][1]["id"] == hashed(secret)
    assert all(secret.encode() not in path.read_bytes() for path in data.rglob("*") if path.is_file())


def test_a_new_administrators_key_leaves_those_of_stations_open(
    client: TestClient, key: dict[str, str], data: Path
) -> None:
    store = Store(data)
    store.replace_keys(hashed("another"))
    store.close()
    assert client.get("/v1/stations").status_code == 401
    assert client.get("/v1/stations", headers=key).status_code == 200
    revoked = client.get("/v1/keys", headers={"X-API-Key": "another"}).json()["keys"][0]["revoked"]
    assert revoked[:10] in client.get("/v1/stations").json()["detail"]
    assert audit(data)["findings"] == []


def test_what_is_asked_of_a_key_or_station_that_is_none_is_said(client: TestClient, key: dict[str, str]) -> None:
    assert client.post("/v1/keys", json={"station": "none"}).status_code == 422
    assert client.post("/v1/keys", content=b'{"station": "\\ud800"}', headers=JSON).status_code == 422
    assert client.delete("/v1/keys/none").status_code == 404
    assert client.patch("/v1/stations/none", json={}).status_code == 404
    assert client.post("/v1/stations", json={"id": "gz-03", "name": "again"}).status_code == 409
    for wrong in ("", "a/b", "x" * 65, "三"):
        assert client.post("/v1/stations", json={"id": wrong, "name": "x"}).status_code == 422


def test_every_event_of_access_is_in_the_log_with_who_and_audit_holds_the_rows_against_it(
    client: TestClient, key: dict[str, str], data: Path
) -> None:
    who = somebody(client, "张伟")
    administrator = f"key:{hashed(client.headers['x-api-key'])}"
    client.patch("/v1/stations/gz-03", json={"second_signature": ["cleared"]})
    client.patch("/v1/stations/gz-03", json={"second_signature": ["cleared"]})  # changes nothing
    as_(client, who, "DELETE", "/v1/session")
    client.delete(f"/v1/keys/{hashed(key['X-API-Key'])}")
    client.delete(f"/v1/keys/{hashed(key['X-API-Key'])}")
    client.patch("/v1/people/张伟", json={"role": "administrator", "left": True})
    said = [(each["event"], each["by"]) for each in entries(data)[2:]]
    assert said == [
        ("station added", administrator),
        ("key made", administrator),
        ("person added", administrator),
        ("signed in", "person:张伟"),
        ("station changed", administrator),
        ("signed out", "person:张伟"),
        ("key revoked", administrator),
        ("person changed", administrator),
    ]
    assert PASSWORD not in json.dumps(entries(data))
    assert audit(data)["findings"] == []


def test_a_case_is_of_the_station_whose_key_sent_it_and_of_who_sent_it(
    client: TestClient, case: str, key: dict[str, str], data: Path
) -> None:
    [listed] = client.get("/v1/inspections").json()["inspections"]
    assert (listed["id"], listed["station"]) == (case, "gz-03")
    inspected = next(each for each in entries(data) if each["event"] == "inspected")
    assert (inspected["station"], inspected["by"]) == ("gz-03", f"key:{hashed(key['X-API-Key'])}")


def test_who_is_of_no_station_may_name_one_and_who_is_of_one_no_other(
    client: TestClient, key: dict[str, str], jpeg: bytes
) -> None:
    def sent(named: str, headers: dict[str, str]) -> list[int]:
        form = client.post("/v1/inspections", files={"photo": jpeg}, data={"station": named}, headers=headers)
        body = client.post("/v1/inspections", content=jpeg, params={"station": named}, headers=JPEG | headers)
        return [form.status_code, body.status_code]

    assert sent("gz-03", {}) == sent("gz-03", key) == sent("", key) == [201, 201]
    assert sent("gz-04", key) == [403, 403]
    assert sent("gz-04", {}) == [422, 422]
    assert {each["station"] for each in client.get("/v1/inspections").json()["inspections"]} == {"gz-03"}


def test_an_auditor_of_a_station_sees_its_cases_alone(client: TestClient, case: str, jpeg: bytes) -> None:
    other = client.post("/v1/inspections", content=jpeg, headers=JPEG).json()["id"]
    who = somebody(client, "张伟", station="gz-03")
    assert decide(client, who, case, "retake").status_code == 201
    assert decide(client, who, other, "retake").status_code == 404
    shown = as_(client, who, "GET", "/v1/inspections").json()["inspections"]
    assert [each["id"] for each in shown] == [case]
    assert as_(client, who, "GET", "/v1/inspections?station=another").json()["inspections"] == []


def test_a_decision_stands_and_is_undone_only_by_a_further_one(client: TestClient, case: str, data: Path) -> None:
    who = somebody(client, "张伟")
    first = decide(client, who, case, "cleared").json()
    assert (first["standing"]["decision"], first["standing"]["by"]) == ("cleared", "person:张伟")
    assert first["pending"] is None
    assert client.get("/v1/inspections").json()["inspections"][0]["decision"] == "cleared"
    assert decide(client, who, case, "cleared", after=1).status_code == 409
    decide(client, who, case, "re-strike", after=1)
    found = client.get(f"/v1/inspections/{case}/decisions").json()
    assert [each["decision"] for each in found["decisions"]] == ["cleared", "re-strike"]
    assert found["standing"]["decision"] == "re-strike"
    assert [each["version"] for each in entries(data) if each["event"] == "decided"] == [1, 2]


def test_of_two_who_decide_at_a_time_the_second_is_told(client: TestClient, case: str) -> None:
    first, second = somebody(client, "张伟"), somebody(client, "李娜")
    assert decide(client, first, case, "cleared").status_code == 201
    late = decide(client, second, case, "confirmed")
    assert (late.status_code, "`after`: 1" in late.json()["detail"]) == (409, True)
    assert decide(client, second, case, "confirmed", after=1).status_code == 201


def test_nobody_decides_about_a_photograph_that_they_sent(client: TestClient, jpeg: bytes) -> None:
    who = somebody(client, "张伟", "administrator")
    mine = as_(client, who | JPEG, "POST", "/v1/inspections", content=jpeg).json()["id"]
    keys = client.post("/v1/inspections", content=jpeg, headers=JPEG).json()["id"]
    for case, status in ((mine, 403), (keys, 201)):
        assert decide(client, who, case, "cleared").status_code == status
    own = client.post(f"/v1/inspections/{keys}/decisions", json={"decision": "retake", "reason": "x", "after": 1})
    assert own.status_code == 403
    assert "yourself" in own.json()["detail"]


def test_where_the_rule_asks_a_decision_stands_once_somebody_else_makes_it_too(client: TestClient, case: str) -> None:
    client.patch("/v1/stations/gz-03", json={"second_signature": ["cleared"]})
    first, second = somebody(client, "张伟"), somebody(client, "李娜")
    waiting = decide(client, first, case, "cleared").json()
    assert (waiting["standing"], waiting["pending"]["needs"]) == (None, 2)
    assert client.get("/v1/inspections?decided=false").json()["inspections"][0]["decision"] is None
    again = decide(client, first, case, "cleared", after=1)
    assert (again.status_code, "somebody else" in again.json()["detail"]) == (403, True)
    client.patch("/v1/stations/gz-03", json={"second_signature": []})  # what was begun keeps its rule
    done = decide(client, second, case, "cleared", after=1).json()
    assert (done["standing"]["by"], done["standing"]["signature"], done["pending"]) == ("person:李娜", 2, None)
    assert len(client.get("/v1/inspections?decided=true").json()["inspections"]) == 1


def test_what_waits_for_its_second_signature_leaves_standing_what_stood(client: TestClient, case: str) -> None:
    client.patch("/v1/stations/gz-03", json={"second_signature": ["confirmed"]})
    first, second = somebody(client, "张伟"), somebody(client, "李娜")
    decide(client, first, case, "cleared")
    waiting = decide(client, second, case, "confirmed", after=1).json()
    assert (waiting["standing"]["decision"], waiting["pending"]["decision"]) == ("cleared", "confirmed")
    refused = decide(client, first, case, "retake", after=2).json()  # another one takes the place of the waiting one
    assert (refused["standing"]["decision"], refused["pending"]) == ("retake", None)


def test_a_decision_needs_a_reason_and_a_known_word(client: TestClient, case: str) -> None:
    path = f"/v1/inspections/{case}/decisions"
    for document in (
        {"decision": "cleared"},
        {"decision": "cleared", "reason": "  "},
        {"decision": "forged", "reason": "x"},
    ):
        answer = client.post(path, json=document)
        assert answer.status_code == 422
        assert re.search("[一-鿿]", answer.json()["detail_zh"])
    assert client.get(path).json() == {"standing": None, "pending": None, "decisions": []}


def test_what_cannot_be_logged_is_not_decided(
    client: TestClient, case: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = entries(data)
    monkeypatch.setattr("vinspect.api.record.note.Signer.sign", lambda *_: 1 / 0)
    document = {"decision": "cleared", "reason": "x"}
    assert client.post(f"/v1/inspections/{case}/decisions", json=document).status_code == 500
    assert client.get(f"/v1/inspections/{case}/decisions").json()["decisions"] == []
    assert entries(data) == before


def test_decisions_go_out_with_the_case_and_are_checked(
    client: TestClient, case: str, data: Path, tmp_path: Path
) -> None:
    decide(client, somebody(client, "张伟"), case, "confirmed")
    decide(client, somebody(client, "李娜"), case, "re-strike", after=1)
    out = tmp_path / "case.zip"
    assert run("export", case, "--data", data, "--to", out).exit_code == 0
    document = json.loads(run("verify", out, "--json").stdout)
    assert document["holds"]
    assert [(each["decision"], each["by"]) for each in document["decisions"]] == [
        ("confirmed", "person:张伟"),
        ("re-strike", "person:李娜"),
    ]
    assert "decided re-strike" in run("verify", out).stdout
    with zipfile.ZipFile(out) as archive:
        page = archive.read("index.html").decode()
    assert all(said in page for said in ("嫌疑成立", "依法重新打刻", "张伟", "李娜", "compared with the file"))
    assert audit(data)["findings"] == []
    with sqlite3.connect(data / "vinspect.sqlite") as database:
        database.execute("UPDATE decisions SET reason = 'another' WHERE version = 2")
    assert [finding["what"] for finding in audit(data)["findings"]] == [f"decision {case} 2"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_is_for_this_site_alone_and_out_of_reach_for_scripts(client: TestClient, scheme: str) -> None:
    somebody(client, "张伟")
    browser = TestClient(client.app, base_url=f"{scheme}://office")
    cookie = sign_in(browser, "张伟").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert ("Secure" in cookie) == (scheme == "https")


def test_signing_in_from_another_sites_page_is_refused(client: TestClient) -> None:
    somebody(client, "张伟")
    assert sign_in(client, "张伟", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert sign_in(client, "张伟", **{"Sec-Fetch-Site": "same-origin"}).status_code == 201


def test_after_five_wrong_passwords_the_right_one_does_not_help_for_a_while(client: TestClient, data: Path) -> None:
    somebody(client, "张伟")
    somebody(client, "李娜")
    for _ in range(5):
        assert sign_in(client, "张伟", "wrong").status_code == 401
    locked = sign_in(client, "张伟")
    assert locked.status_code == 429
    assert 0 < int(locked.headers["retry-after"]) <= 900
    assert sign_in(client, "李娜").status_code == 201
    said = [each for each in entries(data) if each["event"] == "locked out"]
    assert [each["person"] for each in said] == ["张伟"]


def test_a_name_is_the_same_however_its_accents_are_typed(client: TestClient) -> None:
    composed, apart = "Jos\u00e9", "Jose\u0301"
    somebody(client, apart)
    assert sign_in(client, composed).json()["name"] == composed
    answers = [sign_in(client, name, "wrong").status_code for name in (composed, apart) * 3]
    assert answers == [401] * 5 + [429]


def test_a_sign_in_forgives_the_mistakes_before_it(client: TestClient) -> None:
    somebody(client, "张伟")
    for _ in range(3):
        for _ in range(4):
            assert sign_in(client, "张伟", "wrong").status_code == 401
        assert sign_in(client, "张伟").status_code == 201


def test_from_one_address_not_everybodys_password_can_be_tried(client: TestClient) -> None:
    answers = [sign_in(client, f"name-{n}", "wrong").status_code for n in range(51)]
    assert answers == [401] * 50 + [429]


def test_a_name_that_nobody_has_is_answered_as_a_wrong_password_is(client: TestClient) -> None:
    somebody(client, "张伟")
    assert sign_in(client, "nobody").json() == sign_in(client, "张伟", "wrong").json()


def test_a_session_ends_with_its_time_a_new_password_and_the_person_leaving(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opens(who: dict[str, str]) -> bool:
        return as_(client, who, "GET", "/v1/session").status_code == 200

    first = somebody(client, "张伟")
    assert opens(first)
    answer = as_(client, first, "POST", "/v1/session/password", json={"old": "wrong", "new": "a longer one by far"})
    assert (answer.status_code, opens(first)) == (401, True)
    answer = as_(client, first, "POST", "/v1/session/password", json={"old": PASSWORD, "new": "a longer one by far"})
    assert (answer.status_code, opens(first)) == (204, False)
    assert sign_in(client, "张伟", "a longer one by far").status_code == 201
    client.cookies.clear()
    second = somebody(client, "李娜")
    client.patch("/v1/people/李娜", json={"left": True})
    assert not opens(second)
    assert sign_in(client, "李娜").status_code == 401
    client.cookies.clear()
    monkeypatch.setattr(people, "LIFETIME", timedelta(seconds=-1))
    assert not opens(somebody(client, "王芳"))


def test_people_who_cannot_be_are_refused_with_what_to_do(client: TestClient, key: dict[str, str]) -> None:
    auditor = {"name": "张伟", "role": "auditor", "password": PASSWORD}
    for wrong, part in (
        ({"name": "a b"}, "name"),
        ({"password": "short"}, "password"),
        ({"role": "inspector"}, "station"),
        ({"role": "administrator", "station": "gz-03"}, "station"),
        ({"station": "none"}, "station"),
        ({"role": "king"}, "role"),
    ):
        answer = client.post("/v1/people", json=auditor | wrong)
        assert (answer.status_code, answer.json()["detail"].startswith(part)) == (422, True), wrong
    assert client.post("/v1/people", json=auditor).status_code == 201
    assert client.post("/v1/people", json=auditor).status_code == 422
    assert client.patch("/v1/people/nobody", json={}).status_code == 404
    assert client.patch("/v1/people/张伟", json={"role": "inspector"}).status_code == 422
    assert client.patch("/v1/people/张伟", json={"role": "inspector", "station": "gz-03"}).status_code == 200
    assert client.patch("/v1/people/张伟", json={"role": "administrator", "station": ""}).status_code == 200


def test_people_are_added_beside_the_store_too(client: TestClient, data: Path) -> None:
    added = run("people", "add", "李娜", "--role", "administrator", "--data", data, typed=PASSWORD + "\n")
    assert added.exit_code == 0
    assert sign_in(client, "李娜").json()["role"] == "administrator"
    assert run("people", "password", "李娜", "--data", data, typed="a longer one by far\n").exit_code == 0
    assert sign_in(client, "李娜").status_code == 401
    assert sign_in(client, "李娜", "a longer one by far").status_code == 201
    by = [each["by"] for each in entries(data) if each["event"].startswith("person")]
    assert [each.partition(":")[0] for each in by] == ["user", "user"]


@pytest.mark.parametrize(
    ("arguments", "typed", "status", "part"),
    [
        (("add", "李娜", "--role", "king"), PASSWORD, 2, "inspector, auditor, administrator"),
        (("add", "李娜", "--role", "auditor"), "short", 3, "12"),
        (("password", "nobody"), PASSWORD, 3, "people add"),
    ],
)
def test_a_person_who_cannot_be_is_said_in_one_line(
    client: TestClient, data: Path, arguments: tuple[str, ...], typed: str, status: int, part: str
) -> None:
    result = run("people", *arguments, "--data", data, typed=typed + "\n")
    assert (result.exit_code, part in result.stderr) == (status, True)
    assert client.get("/v1/people").json()["people"] == []


@pytest.fixture
def listed(client: TestClient, key: dict[str, str], jpeg: bytes) -> list[dict[str, Any]]:
    """Seven cases, the newest first: of a station and of none, with a number and without, decided and not."""
    for n in range(7):
        headers = key if n % 2 else {}
        form = {"photo": ("empty.jpg" if n % 3 == 0 else "a.jpg", jpeg)}
        more = {"data": {"expect": "4M40-HB1234"}} if n == 5 else {}
        case = client.post("/v1/inspections", files=form, headers=headers, **more).json()["id"]
        if n in (1, 3):
            document = {"decision": "cleared", "reason": "x"}
            client.post(f"/v1/inspections/{case}/decisions", json=document).raise_for_status()
    found: list[dict[str, Any]] = client.get("/v1/inspections").json()["inspections"]
    assert len(found) == 7
    return found


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"station": "gz-03"}, [5, 3, 1]),
        ({"verdict": "cannot judge"}, [6, 3, 0]),
        ({"number": " 4m40-hb1234*"}, [5]),
        ({"number": VIN}, [5, 4, 2, 1]),
        ({"decided": "true"}, [3, 1]),
        ({"decided": "false", "station": "gz-03"}, [5]),
        ({"from": 4}, [6, 5, 4]),
        ({"to": 4}, [3, 2, 1, 0]),
        ({"from": 2, "to": 4, "verdict": "review"}, [2]),
        ({"station": "none"}, []),
    ],
)
def test_the_list_has_what_is_asked_for_page_by_page(
    client: TestClient, listed: list[dict[str, Any]], query: dict[str, Any], wanted: list[int]
) -> None:
    asked = {name: listed[6 - value]["created"] if isinstance(value, int) else value for name, value in query.items()}
    seen: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = client.get("/v1/inspections", params={"limit": 2, **asked, **before}).json()
        seen += [each["id"] for each in page["inspections"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == [listed[6 - n]["id"] for n in wanted]


@pytest.mark.parametrize(
    "query",
    [
        {"before": "nowhere"},
        {"before": "车"},
        {"before": ""},
        {"number": "车"},
        {"verdict": "forged"},
        {"from": "yesterday"},
        {"to": "0001-01-01T00:00:00+14:00"},
        {"decided": "perhaps"},
    ],
)
def test_a_filter_that_makes_no_sense_is_a_problem(client: TestClient, query: dict[str, str]) -> None:
    answer = client.get("/v1/inspections", params=query)
    assert (answer.status_code, answer.json()["detail"].startswith(next(iter(query)))) == (422, True)
    assert re.search("[一-鿿]", answer.json()["detail_zh"])


def test_a_cursor_that_was_made_up_lists_nothing_wrong(client: TestClient, listed: list[dict[str, Any]]) -> None:
    for cursor in ("f_________8", "_" * 11, "AAAAAAAAAAA"):
        assert client.get("/v1/inspections", params={"before": cursor}).status_code in (200, 422)


def test_all_of_it_is_the_same_on_both_databases(tmp_path: Path, url: str | None, jpeg: bytes, road: object) -> None:
    store, key = Store(tmp_path, url), make_key()
    store.replace_keys(hashed(key))
    store.close()
    with TestClient(create_app(tmp_path, NETS, url=url), headers={"X-API-Key": key}) as client:
        client.post("/v1/stations", json={"id": "gz-03", "name": "广州三站", "second_signature": ["cleared"]})
        station = client.post("/v1/keys", json={"station": "gz-03"}).json()
        sent = JPEG | {"X-API-Key": station["key"]}
        case = client.post("/v1/inspections", content=jpeg, headers=sent).json()["id"]
        for after, name in enumerate(("张伟", "李娜")):
            assert decide(client, somebody(client, name), case, "cleared", after).status_code == 201
        query = {"station": "gz-03", "decided": True, "verdict": "review", "from": "2020-01-01", "number": VIN}
        shown = client.get("/v1/inspections", params=query).json()["inspections"]
        assert [each["decision"] for each in shown] == ["cleared"]
        client.delete(f"/v1/keys/{station['id']}")
        assert client.get("/v1/stations", headers={"X-API-Key": station["key"]}).status_code == 401
        client.patch("/v1/people/张伟", json={"left": True})
        nul = client.post("/v1/stations", json={"id": "gz-04", "name": "a\0b"})
        assert nul.status_code == (201 if url is None else 422)
    assert audit(tmp_path, url=url)["findings"] == []
    engine = create_engine(url or f"sqlite:///{tmp_path / 'vinspect.sqlite'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE people SET role = 'administrator' WHERE name = '李娜'")
        connection.exec_driver_sql("DELETE FROM decisions WHERE version = 2")
    engine.dispose()
    named = [finding["what"] for finding in audit(tmp_path, url=url)["findings"]]
    assert named == ["person 李娜", f"decision {case} 2"]
