import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from vinspect.api.lane import post
from vinspect.api.lane.spool import Case, Spool

Handler = Callable[[httpx2.Request], httpx2.Response]


def case(key: str, picture: bytes = b"picture") -> Case:
    said = {
        "station": "12", "lane": "1", "captured": "2026-03-01T12:00:00.000+00:00", "photo": "a.jpg",
        "sha256": hashlib.sha256(picture).hexdigest(),
    }  # fmt: skip
    return Case(key, "camera", 0.0, 5.0, said, picture)


class Office:
    """A service that keeps each key once; `trouble` comes first, one for each request."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.trouble: list[Handler | None] = []
        self.asked: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        key = request.headers["idempotency-key"]
        self.asked.append(key)
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble is not None:
            return trouble(request)
        return self.keep(request)

    def keep(self, request: httpx2.Request) -> httpx2.Response:
        self.kept.setdefault(request.headers["idempotency-key"], request.read())
        sha256 = hashlib.sha256(b"picture").hexdigest()
        number = list(self.kept).index(request.headers["idempotency-key"])
        return httpx2.Response(201, json={"id": f"id-{number}", "verdict": "clear", "sha256": sha256})


def answers(status: int, detail: str = "", **headers: str) -> Handler:
    return lambda request: httpx2.Response(status, json={"detail": detail}, headers=headers)


def away(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused")


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path)
    yield spool
    spool.close()


@pytest.fixture
def sender(office: Office, spool: Spool) -> post.Post:
    client = httpx2.Client(base_url="http://office", transport=httpx2.MockTransport(office))
    return post.Post(client, spool, lambda case: None, lambda sentence: None)


def test_a_case_goes_with_its_key_its_station_its_lane_and_its_time(
    office: Office, spool: Spool, sender: post.Post
) -> None:
    spool.add(case("k1"))
    sender.round()
    body = office.kept["k1"]
    for part in (b'name="station"\r\n\r\n12', b'name="lane"\r\n\r\n1', b"2026-03-01T12:00:00", b'filename="a.jpg"'):
        assert part in body
    assert b"picture" in body
    assert (spool.case("k1").state, spool.case("k1").id) == ("sent", "id-0")


def test_the_oldest_goes_first(office: Office, spool: Spool, sender: post.Post) -> None:
    for key in ("z", "a", "m"):
        spool.add(case(key))
    sender.round()
    assert office.asked == ["z", "a", "m"]


def test_where_nobody_answers_everything_waits(office: Office, spool: Spool, sender: post.Post) -> None:
    spool.add(case("k1"))
    spool.add(case("k2"))
    office.trouble = [away]
    with pytest.raises(post.Absent, match="does not answer"):
        sender.round()
    assert office.asked == ["k1"]
    assert spool.waiting() == ["k1", "k2"]
    sender.round()
    assert list(office.kept) == ["k1", "k2"]


def test_an_answer_that_was_lost_makes_no_second_case(office: Office, spool: Spool, sender: post.Post) -> None:
    def lost(request: httpx2.Request) -> httpx2.Response:
        office.keep(request)
        raise httpx2.ReadTimeout("too long")

    spool.add(case("k1"))
    office.trouble = [lost]
    with pytest.raises(post.Absent):
        sender.round()
    sender.round()
    assert office.asked == ["k1", "k1"]
    assert list(office.kept) == ["k1"]
    assert spool.case("k1").id == "id-0"


@pytest.mark.parametrize("status", [401, 403, 404, 408, 409, 429, 500, 502, 503, 507])
def test_what_may_pass_is_waited_for_and_does_not_hold_up_the_others(
    status: int, office: Office, spool: Spool, sender: post.Post
) -> None:
    spool.add(case("k1"))
    spool.add(case("k2"))
    office.trouble = [answers(status, "Make room.")]
    with pytest.raises(post.Later, match=f"{status}: Make room"):
        sender.round()
    assert spool.waiting() == ["k1"]
    assert list(office.kept) == ["k2"]


@pytest.mark.parametrize("status", [413, 415, 422])
def test_what_will_never_be_taken_is_set_aside_with_the_reason(
    status: int, office: Office, spool: Spool, sender: post.Post
) -> None:
    spool.add(case("k1"))
    office.trouble = [answers(status, "This is no picture.")]
    sender.round()
    assert (spool.case("k1").state, spool.case("k1").problem) == ("refused", "This is no picture.")
    assert spool.case("k1").picture == b"picture"


def test_something_else_that_answers_there_gets_nothing(office: Office, spool: Spool, sender: post.Post) -> None:
    spool.add(case("k1"))
    office.trouble = [lambda request: httpx2.Response(200, text="<h1>Sign in to the network</h1>")]
    with pytest.raises(post.Absent, match="check --server"):
        sender.round()
    assert spool.waiting() == ["k1"]


def test_a_key_under_which_the_service_has_another_picture_is_refused(
    office: Office, spool: Spool, sender: post.Post
) -> None:
    spool.add(case("k1", b"a picture that the office never saw"))
    sender.round()
    assert spool.case("k1").state == "refused"


def test_it_comes_again_when_the_service_says_and_ever_less_often(
    office: Office, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    troubles: list[str] = []
    client = httpx2.Client(base_url="http://office", transport=httpx2.MockTransport(office))
    sender = post.Post(client, spool, lambda case: sender._stopping.set(), troubles.append)
    monkeypatch.setattr(sender, "_sleep", waits.append)
    spool.add(case("k1"))
    office.trouble = [answers(503, "Busy.", **{"Retry-After": "7"}), away, away, away]
    sender._run()
    assert waits[0] >= 7
    assert len(waits) == 4
    assert all(wait <= post.LONGEST for wait in waits)
    assert len(troubles) == 2  # each trouble is said once
    assert list(office.kept) == ["k1"]


def test_it_ends_when_it_is_told_to(office: Office, spool: Spool, sender: post.Post) -> None:
    spool.add(case("k1"))
    office.trouble = [away] * 1000
    sender.start()
    sender.stop()
    assert not sender._thread.is_alive()
