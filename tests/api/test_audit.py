import json
import runpy
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from vinspect.api.cli import app
from vinspect.api.record.audit import audit
from vinspect.api.store import Store

ROOT = Path(__file__).parents[2]
BENCHMARK: dict[str, Any] = runpy.run_path(str(ROOT / "benchmarks" / "record.py"))
KINDS: dict[str, Callable[[Any], list[str]]] = BENCHMARK["KINDS"]
NEED_A_KEPT_CHECKPOINT = ("cut_off_the_end", "start_the_log_anew", "rewrite_with_the_key", "rewrite_with_a_new_key")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store with every kind of event in it, and its newest checkpoint."""
    folder = tmp_path_factory.mktemp("example") / "store"
    return folder, BENCHMARK["example"](folder)


def names(folder: Path, checkpoint: str | None) -> list[str]:
    return [finding["what"] for finding in audit(folder, checkpoint)["findings"]]


def named(what: str, found: list[str]) -> bool:
    return any(each == what or each.startswith(what + " ") for each in found)


def test_a_store_that_nobody_touched_is_found_whole(example: tuple[Path, str]) -> None:
    document = audit(*example)
    assert document["findings"] == document["remarks"] == []
    assert document["checkpoint"] == example[1]
    assert (document["entries"], document["inspections"], document["files"]) == (51, 13, 24)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(kind=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 2**32))
def test_whatever_is_tampered_with_is_named(example: tuple[Path, str], tmp_path: Path, kind: str, seed: int) -> None:
    store, checkpoint = example
    copy = tmp_path / "copy"
    shutil.copytree(store, copy)
    try:
        wanted = BENCHMARK["Tampering"](copy, seed).do(kind)
        found = names(copy, checkpoint if kind in NEED_A_KEPT_CHECKPOINT else None)
        assert all(named(what, found) for what in wanted), (wanted, found)
    finally:
        shutil.rmtree(copy)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    kinds=st.lists(st.sampled_from("edit_row drop_row change_file edit_entry back_date_entry".split()), max_size=4),
    seed=st.integers(0, 2**32),
)
def test_of_several_tamperings_each_is_named(
    example: tuple[Path, str], tmp_path: Path, kinds: list[str], seed: int
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(example[0], copy)
    try:
        done = [(kind, BENCHMARK["Tampering"](copy, seed + n).do(kind)) for n, kind in enumerate(kinds)]
        if {"edit_entry", "back_date_entry"} & set(kinds):
            # Only its entry tells that there was a row; where that was tampered with too, the entry is what is named.
            done = [(kind, wanted) for kind, wanted in done if kind != "drop_row"]
        found = names(copy, None)
        assert all(named(what, found) for _, wanted in done for what in wanted), (done, found)
    finally:
        shutil.rmtree(copy)


@pytest.mark.parametrize("kind", ["edit_entry", "drop_entry", "change_file", "edit_row"])
def test_nothing_else_is_named(example: tuple[Path, str], tmp_path: Path, kind: str) -> None:
    shutil.copytree(example[0], tmp_path / "copy")
    [wanted] = BENCHMARK["Tampering"](tmp_path / "copy", 5).do(kind)
    others = [what for what in names(tmp_path / "copy", example[1]) if what != wanted]
    # An entry that does not hold vouches for nothing: the rows that it speaks of are named with it.
    rows = ("inspection ", "accepted photograph ", "file ", "API key ", "decision ", "person ", "session ", "station ")
    assert all(what.startswith(rows) for what in others)
    assert len(others) <= (2 if "entry" in kind else 0)


def test_the_words_say_what_happened(example: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(example[0], tmp_path / "copy")
    wanted = BENCHMARK["Tampering"](tmp_path / "copy", 1).do("reorder_entries")
    result = run("audit", "--data", tmp_path / "copy")
    assert result.exit_code == 1
    first, second = (line for line in result.stdout.splitlines() if line.startswith("reordered"))
    assert wanted[0] in first
    assert wanted[1] in first
    assert wanted[1] in second


def test_audit_says_the_same_as_json_and_gives_the_checkpoint_to_keep(
    example: tuple[Path, str], tmp_path: Path
) -> None:
    (tmp_path / "kept.txt").write_text(example[1])
    result = run("audit", "--data", example[0], "--known", tmp_path / "kept.txt", "--json")
    document = json.loads(result.stdout)
    schema = json.loads((ROOT / "docs" / "audit.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert (result.exit_code, document["holds"]) == (0, True)
    plain = run("audit", "--data", example[0])
    assert example[1] in plain.stdout


def test_audit_writes_nothing(example: tuple[Path, str]) -> None:
    def times() -> dict[Path, int]:  # but of what SQLite itself keeps beside a database that is open
        paths = (path for path in example[0].rglob("*") if path.is_file() and "sqlite-" not in path.name)
        return {path: path.stat().st_mtime_ns for path in paths}

    before = times()
    audit(*example)
    assert times() == before


def test_audit_needs_no_private_key(example: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(example[0], tmp_path / "copy")
    (tmp_path / "copy" / "record.key").unlink()
    assert names(tmp_path / "copy", example[1]) == []


def test_a_store_goes_on_while_it_is_audited(example: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(example[0], tmp_path / "copy")
    store = Store(tmp_path / "copy")
    row = store.inspections(1)[0]
    deleted: list[object] = []

    def tracked(things: Any, total: int, unit: str) -> Any:
        if unit == "files":
            deleted.append(store.delete(row, "asked for", "somebody"))
        return iter(things)

    document = audit(tmp_path / "copy", None, tracked)
    store.close()
    assert len(deleted) == 1
    assert document["findings"] == []


@pytest.mark.parametrize("damage", ["DROP TABLE entries", "DELETE FROM entries", "DROP TABLE inspections"])
def test_a_store_without_its_tables_is_named(example: tuple[Path, str], tmp_path: Path, damage: str) -> None:
    shutil.copytree(example[0], tmp_path / "copy")
    with sqlite3.connect(tmp_path / "copy" / "vinspect.sqlite") as database:
        database.execute(damage)
    assert names(tmp_path / "copy", example[1]) != []


def test_a_database_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "vinspect.sqlite").write_bytes(b"no database" * 1000)
    assert names(tmp_path, None) == ["vinspect.sqlite"]


def test_a_clock_that_was_set_back_is_remarked_and_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    monkeypatch.setattr("vinspect.api.keys.now", lambda: "2020-01-01T00:00:00.000+00:00")
    store.replace_keys("a" * 64)
    store.close()
    document = audit(tmp_path)
    assert document["findings"] == []
    assert "set back" in document["remarks"][0]
