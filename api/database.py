"""The database of a store: SQLite in its folder, or PostgreSQL by URL, with the same transactions on both.

A transaction that writes begins with the one lock of the store, so that what it reads stays true until it has written:
the log is a single chain, whoever adds to it.
"""

from __future__ import annotations

import importlib.util
import math
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from vinspect.api.tables import DATABASE

WAIT = 30  # seconds for the lock, before the answer is that the record cannot be reached
_CONNECT = 10  # seconds for PostgreSQL to answer
_JUST_NOW = 1.0  # seconds
_LOCK = 0x76696E73  # an advisory lock of the database ("vins"): it can be taken before there are tables


def checked(url: str) -> URL:
    """The address of a PostgreSQL database. Raises ValueError, whose sentence says what to do, where it is none."""
    try:
        address = make_url(url)
    except ArgumentError:
        address = None
    if address is None or address.drivername not in ("postgresql", "postgresql+psycopg"):
        raise ValueError("it is written postgresql+psycopg://USER:PASSWORD@HOST/DATABASE; without it SQLite is used")
    if importlib.util.find_spec("psycopg") is None:
        raise ValueError("PostgreSQL needs its driver: pip install 'vinspect[postgresql]'")
    return address.set(drivername="postgresql+psycopg")


def engine_of(folder: Path, url: str | None) -> Engine:
    """The database of the store in `folder`, to read and write. Raises ValueError where the address is none."""
    if url is None:
        engine = create_engine(f"sqlite:///{folder / DATABASE}", connect_args={"timeout": WAIT})
        event.listen(engine, "connect", _durable_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        checked(url),
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": _CONNECT},
    )
    event.listen(engine, "connect", _durable_postgresql)
    event.listen(engine, "checkin", _let_go)
    event.listen(engine, "checkout", partial(_still_there, engine.dialect))
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def writer_of(engine: Engine) -> Engine:
    """The same database, each of whose transactions begins with the lock."""
    return engine.execution_options(writes=True)


def reading_of(engine: Engine) -> Engine:
    """The same database, for those who only read: on PostgreSQL each statement is by itself, since at READ COMMITTED a
    transaction would show it no less and take the server three turns for one."""
    autocommit = engine.dialect.name == "postgresql"
    return engine.execution_options(isolation_level="AUTOCOMMIT") if autocommit else engine


def still_open(connection: Connection) -> bool:
    """Whether what its transaction wrote can still be committed.

    SQLite takes the whole of one back where it finds the disk full, for instance, and PostgreSQL one of which a part
    failed and was not taken back; a commit then keeps nothing, and complains of nothing.
    """
    if connection.invalidated:
        return False
    driver: Any = connection.connection.dbapi_connection
    if isinstance(driver, sqlite3.Connection):
        return driver.in_transaction
    return driver is not None and bool(driver.info.transaction_status.name == "INTRANS")


def reader_of(folder: Path, url: str | None) -> Engine:
    """The database as whoever checks it sees it: read-only, one state of it in each transaction, text as text."""
    if url is None:
        address = f"sqlite:///file:{quote(str(folder / DATABASE))}?mode=ro&uri=true"
        engine = create_engine(address, connect_args={"timeout": WAIT})
        event.listen(engine, "connect", _raw_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(checked(url), isolation_level="REPEATABLE READ", connect_args={"connect_timeout": _CONNECT})
    return engine.execution_options(postgresql_readonly=True)


def _durable_sqlite(connection: Any, _record: object) -> None:
    """A commit is on the disk when it returns; readers do not wait for the writer; transactions begin where we say."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _raw_sqlite(connection: Any, _record: object) -> None:
    """Whatever an attacker left in it, text comes out as text."""
    connection.isolation_level = None
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _durable_postgresql(connection: Any, _record: object) -> None:
    """A commit is on the disk when it returns, also where the server was set up to be quicker than that."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') IN ('off', 'local')"
        )
        cursor.execute(f"SET lock_timeout = '{WAIT}s'")
    connection.commit()


def _let_go(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["let go"] = time.monotonic()


def _still_there(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """So that a database that was gone and is back is found again. Of one that answered just now it is not asked:
    that would take it as long as the answer."""
    if time.monotonic() - record.info.get("let go", math.inf) < _JUST_NOW:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
