"""The archive by itself, on both databases."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import create_engine, func, select, text
from typer.testing import CliRunner, Result

from vinspect.api.archive import imports, life
from vinspect.api.archive.alike import CLASSES, How, before, folded, folds, unlike
from vinspect.api.archive.find import NoSearch, asked, find
from vinspect.api.archive.refusals import Refusal
from vinspect.api.archive.rubbings import Beside, Folder
from vinspect.api.archive.table import NoTable, Record, Table
from vinspect.api.archive.tables import FileRow, ImportRow, RubbingRow, digest_of
from vinspect.api.cli import app
from vinspect.api.record.audit import audit
from vinspect.api.record.entry import canonical, digest
from vinspect.api.store import Store
from vinspect.vision import vin
from vinspect.vision.photo import media_type

VIN = "LSVAM4187C2184841"
numbers = st.text(vin.VIN_ALPHABET, min_size=17, max_size=17)


@pytest.fixture
def store(tmp_path: Path, url: str | None) -> Iterator[Store]:
    store = Store(tmp_path / "data", url)
    yield store
    store.close()


def table(
    folder: Path, *rows: str, head: str = "number,maker,year,filed,file,rubbing", encoding: str = "utf-8"
) -> Path:
    path = folder / "files.csv"
    path.write_text("\n".join((head, *rows)), encoding=encoding)
    return path


def put_in(store: Store, path: Path, sha256: str = "0" * 64) -> ImportRow:
    row = imports.begin(store, path.name, sha256, "user:somebody")
    lines = Folder(path) if path.is_dir() else Table(path)
    *_, row = imports.run(store, row.id, lines, Beside(path if path.is_dir() else path.parent))
    return row


def picture(path: Path, grey: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (40, 8), grey).save(path)
    return path


def found(store: Store, number: str, how: How = "exact", limit: int = 50) -> list[str]:
    with store.reading() as session:
        return [hit.file.number for hit in find(session, [asked(number, how)], how, limit)]


def count(store: Store, table: Any = FileRow) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)


# Numbers


def test_the_characters_of_a_class_are_all_look_alikes_and_none_is_in_two() -> None:
    for each in CLASSES:
        assert all(vin.look_alike(a, b) for a in each for b in each if a != b)
    assert len("".join(CLASSES)) == len(set("".join(CLASSES)))


@settings(deadline=None)
@given(numbers, st.data())
def test_a_number_is_folded_like_those_that_may_be_mistaken_for_it(number: str, data: st.DataObject) -> None:
    mistaken = list(number)
    for place in data.draw(st.lists(st.integers(0, 16), max_size=2, unique=True)):
        alike = [each for each in vin.VIN_ALPHABET if vin.look_alike(each, number[place])]
        mistaken[place] = data.draw(st.sampled_from(alike or [number[place]]))
    other = "".join(mistaken)
    assert folded(other) in set(folds(number))
    assert unlike(number, other) == sum(a != b for a, b in zip(number, other, strict=True))


@settings(deadline=None)
@given(numbers, numbers)
def test_numbers_that_differ_otherwise_are_not_alike(number: str, other: str) -> None:
    alike = all(a == b or vin.look_alike(a, b) for a, b in zip(number, other, strict=True))
    assert (unlike(number, other) is not None) == alike


@settings(deadline=None)
@given(numbers)
def test_what_a_number_may_have_been_needs_only_strokes_to_become_it(number: str) -> None:
    for old in before(number):
        changed = [(a, b) for a, b in zip(old, number, strict=True) if a != b]
        assert 1 <= len(changed) <= 2
        assert set(changed) <= set(vin.ADDED_STROKES)
        assert vin.passes(old) or not vin.binding(old)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("place id number maker year".split()), st.text() | st.integers(0, 2**31)))
def test_the_quick_hash_of_a_row_is_that_of_canonical_json(said: dict[str, str | int]) -> None:
    assert digest_of(said) == digest(canonical(said))


# Tables


def test_a_line_is_understood_in_the_columns_order_and_notations_of_whoever_wrote_it(tmp_path: Path) -> None:
    row, head = "2019年3月5日;*lsvam4187c2184841*; 上汽大众;3201;x", "归档日期;车架号;品牌;档案编号;颜色"
    read = Table(table(tmp_path, row, head=head, encoding="gb18030"))
    assert list(read) == [Record(2, VIN, maker="上汽大众", file="3201", filed="2019-03-05")]
    assert read.passed_over == ["颜色"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_encoding_and_delimiter_is_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = table(tmp_path, delimiter.join((VIN, "上汽")), head=delimiter.join(("number", "maker")), encoding=encoding)
    assert list(Table(path)) == [Record(2, VIN, maker="上汽")]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",VW,2012,,,", "number_missing"),
        ("LSVAM4187C21848?1,,,,,", "number_malformed"),
        ("ABC,,,,,", "number_malformed"),
        ("A" * 26 + ",,,,,", "number_malformed"),
        (f"{VIN},,12,,,", "year"),
        (f"{VIN},,2999,,,", "year"),
        (f"{VIN},,,2019-02-30,,", "filed"),
        (f"{VIN},,,2999-01-01,,", "filed"),
        (f"{VIN},{'x' * 201},,,,", "too_long"),
        (f"{VIN},V\x07W,,,,", "too_long"),
        (f"{VIN},,,,,,more", "malformed"),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_its_number_and_the_others_are_taken(
    tmp_path: Path, row: str, code: str
) -> None:
    first, refusal, last = Table(table(tmp_path, "4M40-HB1234,,,,,", row, f"{VIN},,,,,"))
    assert isinstance(refusal, Refusal)
    assert (refusal.line, refusal.code) == (3, code)
    assert refusal.sentence.endswith(".")
    assert refusal.sentence_zh.endswith("。")
    assert (first, last) == (Record(2, "4M40-HB1234"), Record(4, VIN))


def test_a_quote_that_is_not_closed_costs_lines_and_not_the_import(tmp_path: Path) -> None:
    path = table(tmp_path, f'{VIN},"V', *(f"{VIN},{'x' * 180},,,," for _ in range(1000)))
    assert any(isinstance(line, Refusal) and line.code in ("malformed", "too_long") for line in Table(path))


@pytest.mark.parametrize(
    ("head", "part"),
    [("maker,year", "names no column `number`"), ("number,vin", "names a column twice"), ("", "names no column")],
)
def test_a_table_without_its_columns_is_no_table(tmp_path: Path, head: str, part: str) -> None:
    with pytest.raises(NoTable, match=part):
        Table(table(tmp_path, VIN, head=head))


def test_bytes_that_are_no_text_are_no_table(tmp_path: Path) -> None:
    (tmp_path / "files.csv").write_bytes(b"number\n\xff\xff\xff")
    with pytest.raises(NoTable, match="save it as CSV"):
        Table(tmp_path / "files.csv")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_whatever_bytes_a_table_has_they_are_read_or_refused(tmp_path_factory: Any, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"number,maker\n" + data)
    try:
        lines = list(Table(path))
    except NoTable:
        return
    assert all(line.line >= 2 for line in lines)


# Imports


def test_the_same_import_twice_adds_nothing(store: Store, tmp_path: Path) -> None:
    path = table(tmp_path, f"{VIN},VW,2012,2014-03-05,1,", "4M40-HB1234,,,,,", f"{VIN},VW,2012,2014-03-05,1,")
    first, second = put_in(store, path), put_in(store, path)
    assert (first.added, first.known, first.refused) == (2, 1, 0)
    assert (second.added, second.known, second.refused) == (0, 3, 0)
    assert first.id != second.id
    assert count(store) == 2


def test_an_import_that_was_broken_off_goes_on_where_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 3)
    path = table(tmp_path, *(f"{VIN[:-1]}{each},,,,," for each in range(10)))
    row = imports.begin(store, path.name, "0" * 64, "user:somebody")
    steps = imports.run(store, row.id, Table(path), Beside(tmp_path))
    assert [next(steps).line, next(steps).line] == [4, 7]
    steps.close()
    assert count(store) == 6
    again = put_in(store, path)
    assert again.id == row.id
    assert (again.added, again.known, count(store)) == (10, 0, 10)
    assert again.finished is not None


def test_a_file_number_that_says_otherwise_is_refused(store: Store, tmp_path: Path) -> None:
    put_in(store, table(tmp_path, f"{VIN},VW,,,7,"))
    row = put_in(
        store, table(tmp_path, "4M40-HB1234,,,,7,", f"{VIN},VW,,,7,", f"{VIN},VW,,,8,", "WVWZZZ1JZXW000001,,,,8,")
    )
    assert (row.added, row.known, row.refused) == (1, 1, 2)
    with store.reading() as session:
        assert [(each.line, each.code) for each in imports.refused(session, row.id)] == [
            (2, "file_taken"),
            (5, "file_taken"),
        ]


def test_rubbings_beside_a_table_go_into_the_files_that_name_them(store: Store, tmp_path: Path) -> None:
    data = picture(tmp_path / "r" / "a.png").read_bytes()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path.parent / "outside.png").write_bytes(data)
    path = table(
        tmp_path, f"{VIN},,,,,r\\a.png", "4M40-HB1234,,,,,none.png", "4M40-HB1235,,,,,text.png",
        "4M40-HB1236,,,,,../outside.png",
    )  # fmt: skip
    row = put_in(store, path)
    assert (row.added, row.rubbings, row.refused) == (4, 1, 3)
    with store.reading() as session:
        codes = [each.code for each in imports.refused(session, row.id)]
        [hit] = find(session, [VIN], "exact", 5)
        [rubbing] = life.rubbings(session, hit.file.id)
    assert codes == ["rubbing_missing", "rubbing_no_picture", "rubbing_missing"]
    assert store.blobs.read(rubbing.sha256) == data
    assert rubbing.media_type == "image/png"
    assert put_in(store, path).rubbings == 0


def test_a_folder_of_rubbings_goes_into_the_files_of_their_numbers(store: Store, tmp_path: Path) -> None:
    put_in(store, table(tmp_path, f"{VIN},VW,,,,", "WVWZZZ1JZXW000001,,,,1,", "WVWZZZ1JZXW000001,,,,2,"))
    folder = tmp_path / "rubbings"
    for grey, name in enumerate((f"{VIN}.png", f"{VIN}_2.png", "4m40-hb1234 (1).png", "4M40-HB1234.png", "x.png")):
        picture(folder / "2014" / name, grey)
    picture(folder / "WVWZZZ1JZXW000001.png", 50)
    row = put_in(store, folder)
    assert (row.added, row.rubbings, row.refused) == (1, 4, 2)
    with store.reading() as session:
        codes = {each.code for each in imports.refused(session, row.id)}
        [hit] = find(session, [VIN], "exact", 5)
        assert len(life.rubbings(session, hit.file.id)) == 2
    assert codes == {"number_malformed", "rubbing_ambiguous"}


@pytest.mark.parametrize("data", [b"", b"no picture", b"%PDF-1.4", b"\xff\xd8\xff", b"P5\n1 99999999999999 255\n"])
def test_what_is_no_picture_has_no_media_type(data: bytes) -> None:
    assert media_type(data) is None


def test_a_rubbing_stays_when_an_inspection_of_the_same_picture_is_deleted(store: Store, tmp_path: Path) -> None:
    import runpy

    record = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "record.py"))
    data = picture(tmp_path / "a.png").read_bytes()
    put_in(store, table(tmp_path, f"{VIN},,,,,a.png"))
    row = store.keep(record["row"](0), data, b"overlay", {})
    store.delete(row, "term of storage has ended", "somebody")
    assert store.blobs.read(row.sha256) == data
    assert not store.blobs.has(row.overlay_sha256)


# Searches


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Store:
    rows = (VIN, "LSVAM4187C2184842", "LSVAM4I87C2184B41", "LSVAM4187C21848417", "4M40-HB1234", "WVWZZZ1JZXW000001")
    put_in(store, table(tmp_path, *(f"{each},,,,," for each in rows), f"{VIN},VW,,,9,"))
    return store


def test_an_exact_search_finds_every_file_of_the_number_and_no_other(filled: Store) -> None:
    assert found(filled, " lsvam4187c2184841 ") == [VIN, VIN]
    assert found(filled, "LSVAM4187C2184849") == []


def test_a_forgiving_search_finds_look_alikes_the_nearest_first(filled: Store) -> None:
    assert found(filled, VIN, "alike") == [VIN, VIN, "LSVAM4I87C2184B41"]
    assert found(filled, "LSVAM4187CZ1B4841", "alike") == [VIN, VIN, "LSVAM4I87C2184B41"]
    assert found(filled, "4M4OHBI234", "alike") == ["4M40-HB1234"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("LSVAM4187C218484?", [VIN, VIN, "LSVAM4187C2184842"]),
        ("?SVAM4187C218484?", [VIN, VIN, "LSVAM4187C2184842"]),
        ("????M4187C2184841", [VIN, VIN]),
        ("W????????????????", ["WVWZZZ1JZXW000001"]),
        ("???????????????4?", [VIN, VIN, "LSVAM4187C2184842", "LSVAM4I87C2184B41"]),
        ("4M40-HB12?4", ["4M40-HB1234"]),
        ("LSVAM4187C21848?", []),
    ],
)  # fmt: skip
def test_a_blank_stands_for_any_one_character(filled: Store, pattern: str, expected: list[str]) -> None:
    assert found(filled, pattern, "wild") == expected


@settings(deadline=None)
@given(st.sets(st.integers(0, 16), max_size=16))
def test_a_number_is_found_whatever_of_it_is_blank(places: set[int]) -> None:
    from vinspect.api.archive.find import _widest

    pattern = "".join("?" if place in places else each for place, each in enumerate(VIN))
    row = {"number": VIN, "inner": VIN[4:], "backwards": VIN[::-1]}
    column, shape, known = _widest(pattern)
    kept = row[column.key]
    assert kept.startswith(known)
    assert len(shape) == len(kept)
    assert all(a in ("?", b) for a, b in zip(shape, kept, strict=True))


def test_what_a_number_may_have_been_is_found(store: Store, tmp_path: Path) -> None:
    old = before(VIN)[0]
    put_in(store, table(tmp_path, f"{old},,,,,"))
    assert found(store, VIN, "before") == [old]


@pytest.mark.parametrize("how", ["exact", "alike", "wild"])
def test_a_search_goes_on_where_the_page_before_ended(filled: Store, how: How) -> None:
    number = "LSVAM4?87C2184?4?" if how == "wild" else VIN
    with filled.reading() as session:
        whole = [hit.file.id for hit in find(session, [number], how, 50)]
        pages, last = [], None
        while page := find(session, [number], how, 1, last):
            last = page[0].file
            pages.append(last.id)
    assert len(whole) > 1
    assert pages == whole


@pytest.mark.parametrize("how", ["exact", "wild"])
@pytest.mark.parametrize("number", ["", "*", "x" * 26, "ABC%", "A_C", "???"])
def test_what_is_no_number_is_not_looked_for(number: str, how: How) -> None:
    with pytest.raises(NoSearch):
        asked(number, how)


# A file's life


def test_a_file_is_pulled_and_filed_back_and_the_log_says_who_and_why(filled: Store) -> None:
    with filled.reading() as session:
        of = find(session, [VIN], "exact", 1)[0].file.id
    life.record(filled, of, "pulled", "person:li", "annual inspection", "Wang")
    with pytest.raises(life.NotNow) as error:
        life.record(filled, of, "pulled", "person:zhao", "again")
    assert "file it back first" in error.value.sentence
    life.record(filled, of, "looked up", "person:zhao", "compare")
    life.record(filled, of, "filed back", "person:li", "done")
    life.record(filled, of, "transferred out", "person:li", "moved to another province", "Hebei")
    with filled.reading() as session:
        said = [json.loads(entry.body) for entry in life.events(session, of, 9)]
        state, _ = life.states(session, [of])[of]
        assert [entry.index for entry in life.events(session, of, 2, life.events(session, of, 1)[0].index)] == [
            entry.index for entry in life.events(session, of, 9)[1:3]
        ]
    assert [each["event"] for each in said] == [
        "file pulled", "file looked up", "file filed back", "file transferred out",
    ]  # fmt: skip
    assert (said[0]["by"], said[0]["why"], said[0]["to"]) == ("person:li", "annual inspection", "Wang")
    assert state == "transferred out"


def test_a_file_that_never_left_is_not_filed_back(filled: Store) -> None:
    with filled.reading() as session:
        of = find(session, [VIN], "exact", 1)[0].file.id
    with pytest.raises(life.NotNow):
        life.record(filled, of, "filed back", "person:li", "done")
    with filled.reading() as session:
        assert life.events(session, of, 9) == []


# Audit


@pytest.fixture
def whole(filled: Store, tmp_path: Path) -> Store:
    picture(tmp_path / "a.png")
    put_in(filled, table(tmp_path, "4M40-HB9999,,,,,a.png"))
    with filled.reading() as session:
        of = find(session, [VIN], "exact", 1)[0].file.id
    life.record(filled, of, "pulled", "person:li", "annual inspection")
    return filled


def named(store: Store, url: str | None, *statements: str) -> list[tuple[str, str]]:
    """What audit names after these were done behind the store's back."""
    engine = create_engine(url or f"sqlite:///{store.folder / 'vinspect.sqlite'}")
    with engine.begin() as connection:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount
    engine.dispose()
    return [(each["kind"], each["what"]) for each in audit(store.folder, url=url)["findings"]]


def test_an_archive_that_nobody_touched_is_found_whole(whole: Store, url: str | None) -> None:
    document = audit(whole.folder, url=url)
    assert document["findings"] == document["remarks"] == []
    assert document["files"] == 1


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("UPDATE archive_files SET number = 'LSVAM4187C2184840' WHERE place = 2", ("changed", "archive file 2")),
        ("UPDATE archive_files SET folded = 'X' WHERE place = 2", ("changed", "archive file 2")),
        ("UPDATE archive_files SET filed = '2001-01-01' WHERE place = 8", ("changed", "archive file 8")),
        ("DELETE FROM archive_files WHERE place = 3", ("lost", "archive file 3")),
        ("DELETE FROM archive_files WHERE place = 8", ("lost", "archive file 8")),
        ("UPDATE archive_files SET place = 99 WHERE place = 3", ("added", "archive file 99")),
        ("UPDATE archive_rubbings SET sha256 = 'f'", ("changed", "rubbing 1")),
        ("UPDATE archive_rubbings SET of = 'f'", ("changed", "rubbing 1")),
        ("DELETE FROM archive_rubbings", ("lost", "rubbing 1")),
        ("UPDATE archive_events SET event = 'filed back'", ("changed", "archive event")),
        ("DELETE FROM archive_events", ("lost", "archive event")),
        ("UPDATE archive_imports SET added = 0 WHERE added = 1", ("changed", "import")),
        ("DELETE FROM archive_imports WHERE added = 1", ("lost", "import")),
    ],
)
def test_what_was_done_to_the_archive_behind_its_back_is_named(
    whole: Store, url: str | None, statement: str, wanted: tuple[str, str]
) -> None:
    statement = statement.replace(" of =", ' "of" =')
    assert any(kind == wanted[0] and what.startswith(wanted[1]) for kind, what in named(whole, url, statement))


def test_rows_that_changed_places_are_named_as_that(whole: Store, url: str | None) -> None:
    move = "UPDATE archive_files SET place = {} WHERE place = {}"
    moves = [move.format(-1, 2), move.format(2, 4), move.format(4, -1)]
    assert named(whole, url, *moves) == [("reordered", "archive file 2"), ("reordered", "archive file 4")]


def test_a_rubbing_that_was_changed_or_lost_is_named(whole: Store, url: str | None) -> None:
    with whole.reading() as session:
        sha256 = session.scalars(select(RubbingRow.sha256)).one()
    Path(whole.blobs.where(sha256)).write_bytes(b"another")
    assert [each["kind"] for each in audit(whole.folder, url=url)["findings"]] == ["changed"]
    whole.blobs.drop(sha256)
    assert [each["kind"] for each in audit(whole.folder, url=url)["findings"]] == ["lost"]


# Commands


def test_the_commands_put_in_find_and_follow_a_file(tmp_path: Path) -> None:
    path, data = table(tmp_path, f"{VIN},上汽,2012,,,", ",,,,,"), tmp_path / "data"
    path.write_text(path.read_text() + "\n,VW,2012,,,\n")
    answered = run("archive", "import", path, "--data", data, "--refused", tmp_path / "refused.csv")
    assert answered.exit_code == 1
    assert "line 4: There is no number" in answered.output
    assert "1 files added, 0 were there, 0 rubbings added, 1 refused" in answered.output
    with (tmp_path / "refused.csv").open(encoding="utf-8-sig") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["4"]
    card = json.loads(run("archive", "find", "LSVAM4187CZ184841", "--how", "alike", "--data", data, "--json").output)
    assert (card["number"], card["maker"], card["differs"], card["state"]) == (VIN, "上汽", 1, "in")
    assert run("archive", "find", VIN, "--data", data).output.count(VIN) == 1
    pulled = run("archive", "record", card["id"], "pulled", "--why", "audit", "--to", "Li", "--data", data)
    assert pulled.exit_code == 0
    again = run("archive", "record", card["id"], "pulled", "--why", "audit", "--data", data)
    assert again.exit_code == 3
    assert "file it back first" in again.output
    listed = run("archive", "events", card["id"], "--data", data).output
    assert "file pulled by user:" in listed
    assert "to Li: audit" in listed


def test_what_cannot_be_imported_or_found_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run("archive", "find", VIN, "--data", data).exit_code == 3
    assert not data.exists()
    nothing = run("archive", "import", tmp_path / "none.csv", "--data", data)
    assert (nothing.exit_code, "check its name" in nothing.output) == (3, True)
    other = run("archive", "import", table(tmp_path, VIN, head="maker"), "--data", data)
    assert (other.exit_code, "number" in other.output) == (3, True)
    assert run("archive", "find", "?", "--data", data).exit_code == 2
    missing = run("archive", "find", VIN, "--data", data)
    assert (missing.exit_code, "--how alike" in missing.output) == (1, True)
    assert run("archive", "events", "none", "--data", data).exit_code == 3
