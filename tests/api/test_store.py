"""The store by itself, on both databases."""

import json
import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from typer.testing import CliRunner

from vinspect.api.cli import app
from vinspect.api.record.audit import NoStore, audit
from vinspect.api.record.log import RecordError
from vinspect.api.sightings.tables import FormsRow, HandRow, PrintRow
from vinspect.api.store import Store
from vinspect.api.tables import Base

BENCHMARK: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "record.py"))


def kept(store: Store, number: int = 0) -> Any:
    return store.keep(BENCHMARK["row"](number), b"photo %d" % number, b"overlay %d" % number, {})


def changed(data: Path, url: str | None, statement: str) -> None:
    engine = create_engine(url or f"sqlite:///{data / 'vinspect.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def findings(data: Path, url: str | None) -> list[str]:
    return [finding["what"] for finding in audit(data, url=url)["findings"]]


def test_what_was_kept_is_there_when_the_store_is_opened_again(tmp_path: Path, url: str | None) -> None:
    store = Store(tmp_path, url)
    row, other = kept(store, 1), kept(store, 2)
    store.close()
    store = Store(tmp_path, url)
    assert [each.id for each in store.inspections(10)] == [other.id, row.id]
    assert [each.id for each in store.inspections(10, other)] == [row.id]
    found = store.inspection(row.id)
    assert found is not None
    assert (found.document, found.support) == (row.document, row.support)
    store.close()


def test_the_steps_of_migration_lead_to_the_tables_of_the_code_on_both(tmp_path: Path, url: str | None) -> None:
    Store(tmp_path, url).close()
    engine = create_engine(url or f"sqlite:///{tmp_path / 'vinspect.sqlite'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_prints_and_hands_of_an_older_store_get_the_numbers_of_their_inspections(
    tmp_path: Path, url: str | None
) -> None:
    store = Store(tmp_path, url)
    rows = [kept(store, number) for number in range(3)]
    store.close()
    engine = create_engine(url or f"sqlite:///{tmp_path / 'vinspect.sqlite'}")
    accepted = [3, 1, 2]  # in this order they came in; the first of them was scored last
    columns = [Column("number", Integer, primary_key=True, autoincrement=False), Column("id", String, nullable=False)]
    prints = Table("prints", MetaData(), *columns, Column("whole", LargeBinary, nullable=False),
                   Column("around", LargeBinary))  # fmt: skip
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE prints"))
        prints.create(connection)
        for number, row in zip(accepted, rows, strict=True):
            said = {"number": number, "id": row.id}
            connection.execute(prints.insert(), {**said, "whole": row.id.encode()})
            connection.execute(insert(HandRow), {**said, "learned": "x", "vector": b""})
            connection.execute(insert(FormsRow), {**said, "learned": "x", "maker": "LSV C 8", "forms": b""})
        connection.execute(text("UPDATE alembic_version SET version_num = '14'"))
    store = Store(tmp_path, url)
    with store.reading() as session:
        assert {row.number: row.whole.decode() for row in session.scalars(select(PrintRow))} == {
            row.number: row.id for row in rows
        }
        for kind in (HandRow, FormsRow):
            assert {row.number: row.id for row in session.scalars(select(kind))} == {row.number: row.id for row in rows}
    store.close()
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_a_store_with_every_kind_of_event_is_found_whole_and_tampering_is_named(
    tmp_path: Path, url: str | None
) -> None:
    store = Store(tmp_path, url)
    store.replace_keys("a" * 64)
    rows = [kept(store, number) for number in range(4)]
    store.viewed(rows[0], "photo", "a" * 64)
    store.export(rows[1], "somebody", lambda entries, key: b"page")
    store.delete(rows[2], "term of storage has ended", "somebody")
    store.close()
    assert findings(tmp_path, url) == []
    changed(tmp_path, url, "UPDATE inspections SET created = '2020-01-01' WHERE number = 1")
    changed(tmp_path, url, "UPDATE entries SET body = replace(body, 'somebody', 'another') WHERE event = 'exported'")
    assert sorted(findings(tmp_path, url)) == ["entry 11", f"inspection {rows[0].id}"]


def test_nothing_is_added_to_a_log_whose_end_was_changed(tmp_path: Path, url: str | None) -> None:
    store = Store(tmp_path, url)
    kept(store)
    changed(tmp_path, url, "UPDATE entries SET body = replace(body, 'inspected', 'cleared') WHERE event = 'inspected'")
    with pytest.raises(RecordError, match="vinspect audit"):
        kept(store)
    store.close()


def test_whoever_writes_at_the_same_time_adds_to_one_log(tmp_path: Path, url: str | None) -> None:
    stores = [Store(tmp_path, url) for _ in range(2)]  # as two processes would have
    with ThreadPoolExecutor(4) as threads:
        rows = list(threads.map(lambda number: kept(stores[number % 2], number), range(12)))
    for store in stores:
        store.close()
    document = audit(tmp_path, url=url)
    assert document["findings"] == []
    assert (document["inspections"], document["entries"]) == (len(rows), 1 + 2 * len(rows))


@pytest.mark.parametrize("url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_a_database_that_goes_away_is_found_again(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path, url)
    row = kept(store)
    gone = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    monkeypatch.setattr("vinspect.api.database._JUST_NOW", 0)
    changed(tmp_path, url, gone)
    assert store.inspection(row.id) is not None
    kept(store, 1)
    monkeypatch.setattr("vinspect.api.database._JUST_NOW", 1e9)  # of whoever answered just now it is not asked
    changed(tmp_path, url, gone)
    with pytest.raises(SQLAlchemyError):
        store.inspection(row.id)
    assert store.inspection(row.id) is not None
    kept(store, 2)
    store.close()


def test_a_database_that_cannot_be_reached_is_said(tmp_path: Path) -> None:
    nowhere = f"postgresql://vinspect@/none?host={tmp_path}"
    with pytest.raises(SQLAlchemyError):
        Store(tmp_path / "data", nowhere)
    with pytest.raises(NoStore, match="check its address"):
        audit(tmp_path, url=nowhere)


def test_the_commands_of_the_record_work_on_both(tmp_path: Path, url: str | None) -> None:
    data, file = tmp_path / "data", tmp_path / "case.zip"
    store = Store(data, url)
    document = json.loads((Path(__file__).parent / "golden" / "inspect.json").read_text(encoding="utf-8"))
    row = store.keep(BENCHMARK["row"](0, document), b"photo", b"overlay", {})
    store.close()
    if url is not None:
        (data / "vinspect.toml").write_text(f'store = "{url}"\n')

    def run(*arguments: object) -> str:
        result = CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    run("export", row.id, "--data", data, "--to", file)
    assert row.id in run("verify", file, "--key", data / "record.pub")
    assert "term has ended" in run("delete", row.id, "--data", data, "--reason", "term has ended")
    assert "All is as it was recorded" in run("audit", "--data", data)
