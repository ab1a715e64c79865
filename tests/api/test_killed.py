"""The service is killed at random moments, and nothing that was accepted is lost."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from vinspect.api.tables import AcceptedRow

ROOT = Path(__file__).parents[2]
BENCHMARK: dict[str, Any] = runpy.run_path(str(ROOT / "benchmarks" / "serve.py"))
PAPER = (sys.executable, str(Path(__file__).with_name("paper_service.py")))
FLAWS = ("lost", "doubled", "without verdict", "found by audit")


def flaws(found: dict[str, int]) -> dict[str, int]:
    return {name: found[name] for name in FLAWS}


def test_killed_at_random_moments_the_service_loses_doubles_and_forgets_nothing(
    tmp_path: Path, jpeg: bytes, url: str | None, request: pytest.FixtureRequest
) -> None:
    restart = None if url is None else request.getfixturevalue("cluster").restart  # PostgreSQL goes down as well
    service = BENCHMARK["Service"](tmp_path / "data", url, PAPER)
    found = BENCHMARK["troubled"](service, [jpeg], 2, longest=3.0, restart=restart)
    assert found["accepted"] >= found["answered"] > 0
    assert flaws(found) == dict.fromkeys(FLAWS, 0)


def test_what_is_lost_or_doubled_is_counted(tmp_path: Path, jpeg: bytes) -> None:
    service = BENCHMARK["Service"](tmp_path / "data", None, PAPER)
    store = BENCHMARK["Store"](service.data)
    asked = {"photo": "a.jpg", "media_type": "image/jpeg", "format": "auto", "request": "", "by": "key:a"}
    rows = [store.accept(AcceptedRow(**asked, idempotency=key), jpeg) for key in ("one", "two")]
    store.blobs.drop(rows[0].sha256)
    store.close()
    sent = BENCHMARK["Sent"](answered={"one": (rows[0].id, jpeg), "three": ("nowhere", jpeg)}, other=["two"])
    found = BENCHMARK["looked_through"](service, sent)
    assert (found["lost"], found["doubled"], found["without verdict"]) == (2, 1, 2)
    assert found["found by audit"] == 1
