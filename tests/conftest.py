"""What all tests share, where it is at hand: the real photographs beside the clone, and a PostgreSQL of their own."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url

SHARED = Path(__file__).parents[2] / "shared" / "data"
DEBIAN = Path("/usr/lib/postgresql")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("shared"):
            item.user_properties.append(("shared", "true"))
            if not SHARED.is_dir():
                item.add_marker(pytest.mark.skip(reason="no photographs in ../shared/data"))
        if item.get_closest_marker("postgresql"):
            item.user_properties.append(("postgresql", "true"))
            if PROGRAMS is None:
                item.add_marker(pytest.mark.skip(reason="PostgreSQL is not installed (Debian: postgresql)"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs; tests that use it are marked `shared`."""
    return SHARED


def _programs() -> Path | None:
    """The folder of the newest initdb and postgres."""
    newest = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(newest[-1]) if newest else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


PROGRAMS = _programs()


@pytest.fixture(scope="session")
def cluster() -> Iterator[URL]:
    """The address of a PostgreSQL that runs as long as the tests do, in a folder of its own, on a socket in it."""
    assert PROGRAMS is not None
    user = "postgres" if os.name == "posix" and os.geteuid() == 0 else None  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="vinspect-"))
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    initdb = [PROGRAMS / "initdb", "-D", data, "-U", "vinspect", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    options = f"-c listen_addresses= -k {folder} -c fsync=off"
    pg_ctl = [PROGRAMS / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]

    def run(*command: object) -> None:
        words = [str(word) for word in command]
        subprocess.run(words, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    try:
        run(*initdb)
        run(*pg_ctl, "-o", options, "start")
        yield make_url(f"postgresql+psycopg://vinspect@/postgres?host={folder}")
        run(*pg_ctl, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Where a store has its database: a new one of PostgreSQL, or None for SQLite. The test runs on both."""
    if request.param == "sqlite":
        yield None
        return
    address: URL = request.getfixturevalue("cluster")
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield address.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()
