"""A PostgreSQL to try things on: started from the programs that are installed, in a folder of its own, on a socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url

DEBIAN = Path("/usr/lib/postgresql")
LARGE = (
    "-c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c maintenance_work_mem=512MB -c shared_buffers=1GB"
)
"""Options with which tables of millions of rows are filled in soon."""


def programs() -> Path | None:
    """The folder of the newest initdb and postgres; None where there are none."""
    newest = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(newest[-1]) if newest else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Cluster:
    """One that runs."""

    def __init__(self, folder: Path, programs: Path, user: str | None, options: str) -> None:
        self.address: URL = make_url(f"postgresql+psycopg://vinspect@/postgres?host={folder}")
        self._folder, self._programs, self._user = folder, programs, user
        self._options = f"-c listen_addresses= -k {folder} {options}"

    def new(self) -> str:
        """The URL of a new database."""
        name = f"vinspect_{uuid.uuid4().hex}"
        self._do(f"CREATE DATABASE {name}")
        return self.address.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Take a database away, whoever is connected."""
        self._do(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs on it."""
        command = [str(self._programs / program), "-D", str(self._folder / "data"), *arguments]
        subprocess.run(command, user=self._user, cwd=self._folder, check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        self.run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", self._options, "start")

    def stop(self) -> None:
        """As if its machine had lost its power."""
        self.run("pg_ctl", "-m", "immediate", "stop")

    def restart(self) -> None:
        self.stop()
        self.start()

    def cpu(self) -> float:
        """Seconds of the processor that all of its processes have taken so far, to a hundredth."""
        leader = (self._folder / "data" / "postmaster.pid").read_text().split()[0]
        stats = [_stat(each) for each in Path("/proc").glob("[0-9]*/stat")]
        ours = [each for each in stats if each and leader in (each[0], each[3])]
        ticks = sum(int(ticks) for each in ours for ticks in each[13 : 17 if each[0] == leader else 15])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _do(self, statement: str) -> None:
        engine = create_engine(self.address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


def _stat(path: Path) -> list[str]:
    """The fields of a process (proc(5)); none where it is gone."""
    try:
        number, _, rest = path.read_text().partition(" ")
    except OSError:
        return []
    return [number, "", *rest.rpartition(")")[2].split()]


@contextmanager
def cluster(options: str = "") -> Iterator[Cluster]:
    """Start one, and take it away with all that is in it. options: of the server's command line."""
    found = programs()
    assert found is not None, "PostgreSQL is not installed (Debian: postgresql)"
    user = "postgres" if os.name == "posix" and os.geteuid() == 0 else None  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="vinspect-"))
    try:
        if user:
            shutil.chown(folder, user)
        started = Cluster(folder, found, user, options)
        started.run("initdb", "-U", "vinspect", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        started.start()
        try:
            yield started
        finally:
            started.stop()
    finally:
        shutil.rmtree(folder)
