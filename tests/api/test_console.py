import hashlib
import random
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from vinspect.api import people
from vinspect.api.console.answers import own
from vinspect.api.console.case import asks_reason, cells
from vinspect.api.console.language import texts
from vinspect.api.console.queue import OUTCOMES, Filters, queue
from vinspect.api.document import inspect_document
from vinspect.api.openid import Provider
from vinspect.api.record.verify import verify
from vinspect.api.service import scoring
from vinspect.api.service.access import Caller
from vinspect.api.service.language import preferred
from vinspect.api.store import Store
from vinspect.api.tables import DecisionRow, InspectionRow
from vinspect.vision.quality import SENTENCES

PASSWORD = "correct horse battery staple"
VIN = "LSVAM4187C2184841"
EVERYBODY = Caller("person:x", "auditor", None)


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_hasher", lambda: PasswordHash((Argon2Hasher(1, 8, 1),)))


def signed_in(client: TestClient, name: str, role: str = "auditor", **more: str) -> TestClient:
    """The client, from now on with the cookie of somebody in place of the key."""
    client.post("/v1/people", json={"name": name, "role": role, "password": PASSWORD, **more}).raise_for_status()
    client.headers.pop("x-api-key")
    client.post("/v1/session", json={"name": name, "password": PASSWORD}).raise_for_status()
    return client


def posted(client: TestClient, photo: bytes, name: str = "a.jpg", **fields: str) -> str:
    answer = client.post("/v1/inspections", files={"photo": (name, photo)}, data=fields)
    return str(answer.raise_for_status().json()["id"])


def without_chinese(document: Any) -> Any:
    """The document as it was before anything in it was said in Chinese, too."""
    if isinstance(document, list):
        return [without_chinese(each) for each in document]
    if isinstance(document, dict):
        return {key: without_chinese(each) for key, each in document.items() if not key.endswith("_zh")}
    return document


def paths(texts: Any, at: str = "") -> dict[str, set[str]]:
    """Every text by its place, with what is to be filled into it."""
    if isinstance(texts, str):
        return {at: set(re.findall(r"{\w+}", texts))}
    return {place: names for key, each in texts.items() for place, names in paths(each, f"{at}/{key}").items()}


def test_both_languages_say_the_same_things_and_fill_in_the_same_words() -> None:
    assert paths(texts("en")) == paths(texts("zh"))


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("fr", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en;q=0.3, zh-TW;q=0.4", "zh"), ("zh;q=0,en", "en")],
)
def test_the_language_is_the_one_that_the_browser_likes_best(header: str, language: str) -> None:
    assert preferred(header) == language


@given(st.text(st.sampled_from("/\\.:@ceonsolh\t\n%"), max_size=24).map(lambda text: f"/console{text}") | st.text())
def test_nobody_is_led_to_another_host(to: str) -> None:
    led = own(to)
    assert led.startswith("/console")
    assert not re.search(r"//|\\|[\x00-\x20]", led)


def test_the_page_to_sign_in_leads_to_the_openid_provider_where_there_is_one(opened: Any) -> None:
    for provider, there in ((None, False), (Provider("https://id.example", "vinspect", None), True)):
        with opened(provider=provider) as client:
            assert ('href="/v1/session/openid"' in client.get("/console/sign-in").text) is there


def test_a_finding_is_said_in_chinese_with_all_that_it_tells(client: TestClient, jpeg: bytes) -> None:
    client.put(f"/v1/watchlist/{VIN}", json={"why": "stolen in March"}).raise_for_status()
    case = posted(client, jpeg)
    page = signed_in(client, "张伟").get(f"/console/cases/{case}", headers={"Accept-Language": "zh"}).text
    assert re.search(rf"该号码在监视名单上：{VIN}，自 [\d-]+ 起，stolen in March。", page)
    assert "is watched for" not in page


def test_a_case_from_before_documents_spoke_chinese_is_answered_shown_reported_and_verified(
    client: TestClient, jpeg: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "inspect_document", lambda of: without_chinese(inspect_document(of)))
    client.put(f"/v1/watchlist/{VIN}", json={"why": "stolen in March"}).raise_for_status()
    told = {
        posted(client, jpeg): "该号码在监视名单上。",
        posted(client, jpeg + b"empty", "empty.jpg"): SENTENCES["no_number"]["zh"],
    }
    signed_in(client, "张伟").headers["Accept-Language"] = "zh"
    for case, said in told.items():
        assert "_zh" not in client.get(f"/v1/inspections/{case}").text
        assert said in client.get(f"/console/cases/{case}").text
        assert client.get(f"/v1/inspections/{case}/report").headers["content-language"] == "zh"
        to = tmp_path / f"{case}.zip"
        to.write_bytes(client.get(f"/v1/inspections/{case}/evidence").content)
        assert verify(to).document["holds"]
        assert said in zipfile.ZipFile(to).read("index.html").decode()


def test_whoever_is_not_signed_in_is_led_to_sign_in_and_back(client: TestClient) -> None:
    del client.headers["x-api-key"]
    answer = client.get("/console/cases/x?state=all", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/sign-in?to=%2Fconsole%2Fcases%2Fx%3Fstate%3Dall"
    assert 'data-to="/console/cases/x?state=all"' in client.get(answer.headers["location"]).text


def test_a_page_allows_no_script_of_its_own_no_other_host_and_is_kept_nowhere(client: TestClient) -> None:
    answer = client.get("/console/sign-in")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {value for name, value in policy.items() if name.endswith("-src")} <= {"'self'", "'none'"}
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<style|<script(?! type=\"module\" src=)|\sstyle=|\son\w+=", answer.text)


def test_the_switch_of_the_language_is_remembered(client: TestClient) -> None:
    zh = client.get("/console/sign-in", headers={"Accept-Language": "zh-CN"})
    assert "登录" in zh.text
    switched = client.get("/console/language/en?to=/console/sign-in", headers={"Accept-Language": "zh-CN"})
    assert switched.url.path == "/console/sign-in"
    assert "登录" not in client.get("/console/sign-in", headers={"Accept-Language": "zh-CN"}).text


def filled(folder: Path, rows: int) -> Store:
    """A store with cases of every verdict, some decided, some with one signature of two."""
    chance = random.Random(3)
    store = Store(folder)
    with store.writing() as log:
        for number in range(rows):
            verdict = chance.choice(OUTCOMES)
            support = None if verdict == "cannot judge" else round(chance.gauss(0, 1), 1)
            taken = {"photo": "a.jpg", "sha256": "0", "media_type": "image/jpeg", "overlay_sha256": "0"}
            log.session.add(
                InspectionRow(
                    **taken,
                    id=str(number),
                    created="2026-11-24T00:00:00.000+00:00",
                    format="auto",
                    text=f"N{number % 2}",
                    verdict=verdict,
                    support=support,
                    document="{}",
                    station=chance.choice((None, "north", "south")),
                )
            )
            for version in range(1, 1 + chance.choice((0, 0, 1, 2))):
                said = {"created": "x", "decision": "cleared", "reason": "x", "by": "x"}
                needs = chance.choice((1, 2))
                log.session.add(DecisionRow(inspection=str(number), version=version, signature=1, needs=needs, **said))
    return store


def doubt(row: InspectionRow) -> tuple[int, float, int]:
    return OUTCOMES.index(row.verdict), -(row.support or 0.0), row.number


@pytest.mark.parametrize(
    "asked", [Filters(state="all"), Filters(), Filters(state="all", verdict="review", number="N1")]
)
def test_the_queue_has_each_case_once_the_doubtful_first_whichever_way_it_is_walked(
    tmp_path: Path, asked: Filters
) -> None:
    store = filled(tmp_path, 80)
    with store.reading() as session:
        every = queue(session, EVERYBODY, asked, 999)
        assert len(every) > 2
        assert list(every) == sorted(every, key=doubt)
        walked = list(queue(session, EVERYBODY, asked, 1))
        while more := queue(session, EVERYBODY, asked, 3, walked[-1]):
            walked += more
        assert walked == list(every)
        assert list(queue(session, EVERYBODY, asked, 999, every[-1], back=True)) == list(every)[-2::-1]
    store.close()


def test_each_case_is_in_the_states_that_its_decisions_say(tmp_path: Path) -> None:
    store = filled(tmp_path, 80)
    with store.reading() as session:
        found = {
            state: {row.id for row in queue(session, EVERYBODY, Filters(state=state), 999)}  # type: ignore[arg-type]
            for state in ("open", "signature", "decided", "all")
        }
        made: dict[str, list[bool]] = {}
        for row in session.query(DecisionRow).order_by(DecisionRow.version):
            made.setdefault(row.inspection, []).append(row.signature == row.needs)
    store.close()
    assert found["open"] == found["all"] - set(made)
    assert found["signature"] == {each for each, stands in made.items() if not stands[-1]}
    assert found["decided"] == {each for each, stands in made.items() if any(stands)}


def test_who_is_of_a_station_sees_its_cases_alone(client: TestClient, jpeg: bytes) -> None:
    for station in ("north", "south"):
        client.post("/v1/stations", json={"id": station, "name": station}).raise_for_status()
    here, there = posted(client, jpeg, station="north"), posted(client, jpeg, station="south")
    inspector = signed_in(client, "王芳", "inspector", station="north")
    listed = inspector.get("/console").text
    assert here in listed
    assert there not in listed
    assert "south" not in listed
    assert inspector.get(f"/console/cases/{there}").status_code == 404
    assert inspector.get(f"/console/step?from={there}").status_code == 404
    mine = inspector.get(f"/console/cases/{here}")
    assert mine.status_code == 200
    assert "data-decision" not in mine.text
    assert "evidence" not in mine.text


def test_who_walks_the_queue_is_led_past_what_somebody_else_has_decided_meanwhile(
    client: TestClient, jpeg: bytes
) -> None:
    first, second, third = (posted(client, jpeg + bytes([count])) for count in range(3))
    auditor = signed_in(client, "张伟")
    csrf = {"X-CSRF-Token": auditor.get("/v1/session").json()["csrf"]}
    decision = {"decision": "retake", "reason": "glare"}
    auditor.post(f"/v1/inspections/{second}/decisions", json=decision, headers=csrf).raise_for_status()
    assert auditor.get(f"/console/cases/{second}?walking=true").url.path == f"/console/cases/{third}"
    assert auditor.get(f"/console/cases/{second}").url.path == f"/console/cases/{second}"
    assert f'data-following="/console/cases/{third}?walking=true"' in auditor.get(f"/console/cases/{first}").text
    assert 'data-following="/console"' in auditor.get(f"/console/cases/{third}").text


def test_nobody_is_offered_to_decide_about_a_photograph_of_their_own(client: TestClient, jpeg: bytes) -> None:
    other = posted(client, jpeg)
    auditor = signed_in(client, "张伟")
    csrf = {"X-CSRF-Token": auditor.get("/v1/session").json()["csrf"]}
    mine = auditor.post("/v1/inspections", content=jpeg, headers={"Content-Type": "image/jpeg", **csrf}).json()["id"]
    assert "data-decision" in auditor.get(f"/console/cases/{other}").text
    assert "data-decision" not in auditor.get(f"/console/cases/{mine}").text


def test_a_filter_that_is_set_can_be_cleared(client: TestClient, jpeg: bytes) -> None:
    posted(client, jpeg)
    auditor = signed_in(client, "张伟")
    assert 'href="/console">Clear</a>' in auditor.get(f"/console?state=all&number={VIN}").text
    assert "Clear</a>" not in auditor.get("/console").text


def test_the_page_of_a_case_tells_who_looked_at_it(client: TestClient, jpeg: bytes) -> None:
    case = posted(client, jpeg)
    auditor = signed_in(client, "张伟")
    page = auditor.get(f"/console/cases/{case}").text
    assert "Viewed" not in page
    assert auditor.get(f"/v1/inspections/{case}/photo").headers["cache-control"] == "no-store"
    assert re.search(r"Viewed\s*<span[^>]*>张伟", auditor.get(f"/console/cases/{case}").text)


def test_a_photograph_that_no_browser_shows_is_shown_as_jpeg_and_the_view_is_logged(
    client: TestClient, jpeg: bytes
) -> None:
    tiff = cv2.imencode(".tiff", cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE))[1].tobytes()
    case = posted(client, tiff, "a.tiff")
    auditor = signed_in(client, "张伟")
    assert f"/console/cases/{case}/photo" in auditor.get(f"/console/cases/{case}").text
    assert auditor.get(f"/console/cases/{case}/photo").content.startswith(b"\xff\xd8")
    assert "Viewed" in auditor.get(f"/console/cases/{case}").text


def test_a_case_goes_out_as_a_file_that_verifies(client: TestClient, jpeg: bytes, tmp_path: Path) -> None:
    case = posted(client, jpeg)
    answer = signed_in(client, "张伟").get(f"/v1/inspections/{case}/evidence")
    (tmp_path / "case.zip").write_bytes(answer.content)
    verified = verify(tmp_path / "case.zip", None)
    assert verified.document["holds"]
    assert verified.document["inspection"] == case
    assert verified.entries[-1]["user"] == "person:张伟"


def test_a_reason_is_asked_where_a_decision_weighs(tmp_path: Path) -> None:
    suspect, clear = InspectionRow(verdict="suspect"), InspectionRow(verdict="clear")
    assert not asks_reason("cleared", clear, None)
    assert not asks_reason("retake", suspect, None)
    assert asks_reason("cleared", suspect, None)
    assert asks_reason("confirmed", clear, None)
    assert asks_reason("re-strike", clear, None)
    assert asks_reason("retake", clear, DecisionRow())


@pytest.mark.parametrize(
    ("read", "expect", "differ"),
    [
        ("AB-12", "AB13", {4: "3"}),
        ("AB12", "AB-12", {}),
        ("AB12", "AB123", {}),
        ("AB12", None, {}),
        ("A?1", "AB1", {1: "B"}),
    ],
)
def test_characters_stand_beside_those_of_the_registered_number(
    read: str, expect: str | None, differ: dict[int, str]
) -> None:
    characters = [{"text": each, "confidence": 1.0, "candidates": [], "support": None} for each in read]
    document: Any = {"characters": characters}
    found = cells(document, expect, ())
    assert {place: cell.registered for place, cell in enumerate(found) if cell.registered} == differ


def test_the_archives_rubbing_is_beside_the_photograph_and_is_laid_on_it_for_who_asks(
    client: TestClient, jpeg: bytes
) -> None:
    table = f"number,rubbing\n{VIN},a.jpg\n4M40-HB1234,b.jpg".encode()
    pictures = [("rubbing", (name, jpeg + name.encode())) for name in ("a.jpg", "b.jpg")]
    started = client.post("/v1/archive/imports", files=[("table", ("files.csv", table)), *pictures])
    while client.get(started.headers["location"]).json()["finished"] is None:
        time.sleep(0.01)
    case = posted(client, jpeg)
    auditor = signed_in(client, "张伟")
    page = auditor.get(f"/console/cases/{case}").text
    [(rubbing, compared)] = re.findall(r'data-url="([^"]+)" data-compared="([^"]+)"', page)
    assert auditor.get(rubbing.replace("&amp;", "&")).content == jpeg + b"a.jpg"
    assert auditor.get(compared).json()["schema"] == "vinspect/compare/1"
    other = hashlib.sha256(jpeg + b"b.jpg").hexdigest()
    assert auditor.get(f"{compared.rpartition('/')[0]}/{other}").status_code == 404
