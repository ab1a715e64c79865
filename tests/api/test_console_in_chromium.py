"""What somebody does at the console, by keys, in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from vinspect.api import people
from vinspect.api.service.app import create_app

pytestmark = pytest.mark.chromium

PASSWORD = "correct horse battery staple"
NETS: Any = None
# A violation of the policy is an event that only the page itself sees.
WATCH = "addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.blockedURI))"


@pytest.fixture
def office(
    data: Path, admin: str, road: object, jpeg: bytes, listening: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx2.Client]:
    """A service that listens, with three cases and an auditor; to whoever has the administrator's key."""
    monkeypatch.setattr(people, "_hasher", lambda: PasswordHash((Argon2Hasher(1, 8, 1),)))
    with (
        listening(create_app(data, NETS)) as address,
        httpx2.Client(base_url=address, headers={"X-API-Key": admin}, timeout=60) as office,
    ):
        office.post("/v1/people", json={"name": "张伟", "role": "auditor", "password": PASSWORD}).raise_for_status()
        for name in ("empty.jpg", "a.jpg", "b.jpg"):
            photo = (name, jpeg + name.encode())
            office.post("/v1/inspections", files={"photo": photo}).raise_for_status()
        yield office


@pytest.fixture
def page(chromium: Any, office: httpx2.Client) -> Iterator[Any]:
    """A page of a browser in Chinese; whatever it is shown, it asks no other host and breaks no policy."""
    context = chromium.new_context(base_url=str(office.base_url), locale="zh-CN", reduced_motion="reduce")
    context.add_init_script(WATCH)
    page = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "policy" in said.text.lower() else None)
    yield page
    context.close()
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(str(office.base_url)).netloc}
    assert wrong == []


def type_in(page: Any, password: str) -> None:
    page.goto("/console")
    page.wait_for_selector("#name:focus")
    page.keyboard.type("张伟")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def sign_in(page: Any) -> None:
    type_in(page, PASSWORD)
    page.wait_for_selector("[data-row]")
    page.wait_for_load_state()  # from here on it listens to keys


def drawn(page: Any) -> str:
    """Waits for a case; its id."""
    page.wait_for_selector("body[data-drawn]", state="attached")
    return str(urlsplit(page.url).path.rpartition("/")[2])


def decided(office: httpx2.Client, case: str) -> list[tuple[str, str]]:
    made = office.get(f"/v1/inspections/{case}/decisions").json()["decisions"]
    return [(each["decision"], each["by"]) for each in made]


def test_the_queue_is_walked_and_decided_by_keys_alone(page: Any, office: httpx2.Client) -> None:
    sign_in(page)
    verdicts = [text.strip() for text in page.locator("tbody .verdict").all_inner_texts()]
    assert verdicts == ["需复核", "需复核", "无法判断"]
    page.keyboard.press("Enter")
    first = drawn(page)
    with page.expect_navigation():
        page.keyboard.press("c")
    second = drawn(page)
    assert second != first
    assert decided(office, first) == [("cleared", "person:张伟")]
    with page.expect_navigation():
        page.keyboard.press("r")
    third = drawn(page)
    with page.expect_navigation():
        page.keyboard.press("j")  # behind the last case is the queue
    page.wait_for_selector("[data-row]")
    assert page.locator("[data-row]").count() == 1
    assert {first, second, third} == {each["id"] for each in office.get("/v1/inspections").json()["inspections"]}


def test_what_was_decided_is_changed_by_a_further_decision_alone_and_with_a_reason(
    page: Any, office: httpx2.Client
) -> None:
    sign_in(page)
    page.keyboard.press("Enter")
    case = drawn(page)
    with page.expect_navigation():
        page.keyboard.press("c")
    drawn(page)
    with page.expect_navigation():
        page.keyboard.press("z")
    assert drawn(page) == case
    page.keyboard.press("r")
    page.keyboard.type("glare, after all")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert decided(office, case) == [("cleared", "person:张伟"), ("retake", "person:张伟")]
    standing = office.get(f"/v1/inspections/{case}/decisions").json()["standing"]
    assert standing["reason"] == "glare, after all"


def test_cases_follow_each_other_on_one_page_and_the_browser_goes_back_among_them(page: Any) -> None:
    sign_in(page)
    page.keyboard.press("Enter")
    walked = [drawn(page)]
    page.evaluate("window.kept = true")
    for key in ("j", "k"):
        with page.expect_navigation():
            page.keyboard.press(key)
        walked.append(drawn(page))
    assert walked[0] == walked[2] != walked[1]
    page.go_back()
    page.wait_for_selector(f'.decisions[data-case-id="{walked[1]}"]')
    assert drawn(page) == walked[1]
    assert page.locator("[data-viewer=photo] .layer img").evaluate("(image) => image.naturalWidth") > 0
    assert page.evaluate("window.kept")
    page.go_back()
    page.go_back()  # out of the cases
    page.wait_for_selector("[data-row]")


def test_a_key_held_down_decides_one_case(page: Any, office: httpx2.Client) -> None:
    sign_in(page)
    page.keyboard.press("Enter")
    first = drawn(page)
    with page.expect_navigation():
        page.keyboard.down("c")
    second = drawn(page)
    page.keyboard.down("c")  # what the keyboard repeats
    page.keyboard.up("c")
    with page.expect_navigation():
        page.keyboard.press("j")
    drawn(page)
    assert len(decided(office, first)) == 1
    assert decided(office, second) == []


def test_a_service_out_of_reach_is_said_and_the_case_stays(page: Any) -> None:
    sign_in(page)
    page.keyboard.press("Enter")
    case = drawn(page)
    page.context.set_offline(True)
    page.keyboard.press("j")
    page.wait_for_selector(".toast.wrong:not([hidden])")
    assert drawn(page) == case
    page.context.set_offline(False)
    with page.expect_navigation():
        page.keyboard.press("j")
    assert drawn(page) != case


def test_a_finding_and_a_character_zoom_to_their_place(page: Any) -> None:
    sign_in(page)
    page.keyboard.press("Enter")
    drawn(page)

    def scale() -> float:
        transform = page.locator("[data-viewer=photo] .layer").evaluate("(layer) => layer.style.transform")
        return float(re.findall(r"scale\((.*)\)", transform)[0])

    whole = scale()
    page.keyboard.press("1")
    assert scale() > 2 * whole
    assert page.locator(".cell.named .letter").all_inner_texts() == ["8"]
    page.keyboard.press("0")
    assert scale() == whole
    page.keyboard.press(".")
    assert scale() > 2 * whole
    assert page.locator(".said").inner_text().startswith("第几位 1 ")


def test_a_wrong_password_and_a_decision_that_came_between_are_said_in_the_language_of_the_page(
    page: Any, office: httpx2.Client
) -> None:
    type_in(page, "no such password")
    page.wait_for_selector("[role=alert]:not([hidden])")
    assert "密码不正确" in page.locator("[role=alert]").inner_text()
    sign_in(page)
    page.keyboard.press("Enter")
    case = drawn(page)
    meanwhile = {"decision": "retake", "reason": "glare"}
    other = {"X-API-Key": office.post("/v1/keys", json={}).json()["key"]}
    office.post(f"/v1/inspections/{case}/decisions", json=meanwhile, headers=other).raise_for_status()
    page.keyboard.press("c")
    page.wait_for_selector(".toast.wrong:not([hidden])")
    assert "请先查阅" in page.locator(".toast").inner_text()


def test_the_language_is_switched_on_the_page_itself(page: Any) -> None:
    sign_in(page)
    with page.expect_navigation():
        page.click("[data-language-switch]")
    assert page.locator("thead").inner_text().startswith("Verdict")
    page.keyboard.press("?")
    page.wait_for_selector("table.keys")
    assert page.locator("h1").inner_text() == "Keys"


def test_every_call_is_described_without_asking_another_host(page: Any) -> None:
    page.goto("/docs")  # the fixture `page` sees what is asked
    page.wait_for_selector('[data-path="/v1/inspections/{id}/photo"]')
