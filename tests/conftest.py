"""What all tests share, where it is at hand: the real photographs beside the clone, and a PostgreSQL of their own."""

import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
POSTGRES: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "postgres.py"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("shared"):
            item.user_properties.append(("shared", "true"))
            if not SHARED.is_dir():
                item.add_marker(pytest.mark.skip(reason="no photographs in ../shared/data"))
        if item.get_closest_marker("postgresql"):
            item.user_properties.append(("postgresql", "true"))
            if POSTGRES["programs"]() is None:
                item.add_marker(pytest.mark.skip(reason="PostgreSQL is not installed (Debian: postgresql)"))
        if item.get_closest_marker("chromium"):
            item.user_properties.append(("chromium", "true"))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed (Debian: chromium)"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs; tests that use it are marked `shared`."""
    return SHARED


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A PostgreSQL that runs as long as the tests do, a little quicker and less safe than it should."""
    with POSTGRES["cluster"]("-c fsync=off") as started:
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A Chromium for the tests of a module, marked `chromium`: Playwright keeps an event loop while it runs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Where a store has its database: a new one of PostgreSQL, or None for SQLite. The test runs on both."""
    if request.param == "sqlite":
        yield None
        return
    cluster = request.getfixturevalue("cluster")
    address = cluster.new()
    yield address
    cluster.drop(address)
