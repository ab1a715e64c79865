import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.api.lane.conftest import quad_at
from vinspect.api.lane.spool import FILE, Case, NoSpool, Spool
from vinspect.api.lane.tracks import Shot, Track


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path)
    yield spool
    spool.close()


def case(key: str = "k1", picture: bytes = b"picture", began: float = 0.0, ended: float = 5.0) -> Case:
    return Case(key, "camera", began, ended, {"text": "A1"}, picture)


def track(id: str = "t1", *at: float) -> Track:
    shots = [Shot(t, datetime(2026, 3, 1, 12, tzinfo=UTC), f"{t}.jpg", b"%f" % t, quad_at(400), t / 10) for t in at]
    return Track(id, 1.0, 4.0, None, quad_at(100), quad_at(400), 9, False, 0.98, 2.5, True, False, shots)


def test_what_was_kept_is_there_after_the_process_was_killed(tmp_path: Path) -> None:
    killed = (
        "import os, sys; from pathlib import Path; from vinspect.api.lane.spool import Case, Spool\n"
        "spool = Spool(Path(sys.argv[1])); spool.add(Case('k1', 'camera', 0.0, 5.0, {'text': 'A1'}, b'picture'))\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False).returncode == -9
    spool = Spool(tmp_path)
    assert spool.waiting() == ["k1"]
    assert spool.case("k1") == case()
    spool.close()


def test_a_key_is_kept_once_as_it_was_first(spool: Spool) -> None:
    spool.add(case())
    assert spool.add(case(picture=b"another")) == case()
    assert spool.waiting() == ["k1"]


def test_what_the_service_has_waits_no_longer_and_its_picture_goes(spool: Spool) -> None:
    spool.add(case("k1"))
    spool.add(case("k2"))
    spool.sent("k1", "id-1", "clear")
    assert spool.waiting() == ["k2"]
    sent = spool.add(case("k1"))
    assert (sent.state, sent.id, sent.verdict, sent.picture) == ("sent", "id-1", "clear", None)


def test_what_was_settled_stays_as_it_is(spool: Spool) -> None:
    spool.add(case())
    spool.sent("k1", "id-1", "clear")
    spool.refuse("k1", "no")
    spool.sent("k1", "id-2", None)
    assert (spool.case("k1").state, spool.case("k1").id) == ("sent", "id-1")


def test_what_was_refused_stays_with_its_picture(spool: Spool) -> None:
    spool.add(case())
    spool.refuse("k1", "This is no picture.")
    assert spool.waiting() == []
    assert [each.read_bytes() for each in spool.aside.iterdir()] == [b"picture"]
    assert (spool.case("k1").problem, spool.case("k1").picture) == ("This is no picture.", b"picture")


def test_what_was_refused_may_be_tried_again_and_what_was_sent_is_not(spool: Spool) -> None:
    for key in ("k1", "k2"):
        spool.add(case(key))
    spool.refuse("k1", "There is no station 12.")
    spool.sent("k2", "id-2", "clear")
    assert spool.again() == 1
    assert spool.waiting() == ["k1"]
    assert spool.case("k1").picture == b"picture"
    spool.sent("k1", "id-1", "clear")
    assert spool.again() == 0


def test_what_was_sent_long_ago_is_forgotten_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vinspect.api.lane.spool.KEPT", 2)
    spool = Spool(tmp_path)
    for key in ("k1", "k2", "k3", "k4"):
        spool.add(case(key))
    spool.sent("k1", "id-1", "clear")
    spool.refuse("k2", "no")
    spool.sent("k4", "id-4", "clear")
    spool.close()
    spool = Spool(tmp_path)
    known = [spool.add(case(key)).state for key in ("k1", "k2", "k3", "k4")]
    spool.close()
    assert known == ["waiting", "refused", "waiting", "sent"]  # k1 is new again, and the service knows its key


def test_cases_of_a_while_ago_are_found_and_those_after_are_not(spool: Spool) -> None:
    for key, began in (("old", 0.0), ("before", 90.0), ("same", 100.0), ("after", 110.0)):
        spool.add(case(key, began=began, ended=began + 5))
    assert [each.key for each in spool.earlier("camera", 100.0, 105.0, within=50.0)] == ["same", "before"]
    assert spool.earlier("another", 100.0, 105.0, within=50.0) == []


def test_a_draft_comes_back_as_it_was(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.draft(track("t1", 1.0, 2.0))
    spool.draft(track("t1", 2.0, 3.0))  # one picture gave way to a better one
    spool.draft(track("t2", 4.0))
    spool.close()
    spool = Spool(tmp_path)
    first, second = spool.drafts()
    spool.close()
    assert (first.id, second.id) == ("t1", "t2")
    assert vars(first) | {"shots": 0, "entry": 0, "exit": 0} == vars(track("t1")) | {"shots": 0, "entry": 0, "exit": 0}
    np.testing.assert_array_equal(first.exit, quad_at(400))
    assert [(shot.at, shot.data, shot.taken) for shot in first.shots] == [
        (shot.at, shot.data, shot.taken) for shot in track("t1", 2.0, 3.0).shots
    ]


def test_a_case_takes_the_place_of_its_drafts(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for name in ("t1", "t2", "t3"):
        spool.draft(track(name, 1.0))
    spool.add(case(), tracks=["t1"])
    spool.forget(["t2"])
    spool.close()
    spool = Spool(tmp_path)
    assert [each.id for each in spool.drafts()] == ["t3"]
    spool.close()


def test_a_spool_is_of_one_lane_at_a_time(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(NoSpool, match="another lane has this folder: give each lane a --spool of its own"):
        Spool(tmp_path)


def test_a_folder_that_cannot_be_a_spool_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoSpool, match="name another folder with --spool"):
        Spool(tmp_path / "file")
    (tmp_path / FILE).write_text("no database, and long enough to be seen as none" * 9)
    with pytest.raises(NoSpool, match="name another folder with --spool"):
        Spool(tmp_path)


def test_a_spool_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(NoSpool, match="a newer Vinspect wrote it"):
        Spool(tmp_path)
