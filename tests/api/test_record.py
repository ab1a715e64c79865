import json
import os
import re
import runpy
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from typer.testing import CliRunner, Result

from vinspect.api.cli import app
from vinspect.api.record.audit import audit
from vinspect.api.record.entry import canonical, digest
from vinspect.api.record.log import RecordError
from vinspect.api.record.note import Checkpoint, PublicKey
from vinspect.api.record.verify import verify
from vinspect.api.service.access import hashed
from vinspect.api.service.app import create_app
from vinspect.api.store import Store
from vinspect.api.tables import Base
from vinspect.models import weights

JPEG = {"Content-Type": "image/jpeg"}
OURS = ("id", "created", "state", "station", "lane", "expect", "business", "captured")  # what is no document's
NETS: Any = None  # the road of paper needs none
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BENCHMARK: dict[str, Any] = runpy.run_path(str(ROOT / "benchmarks" / "record.py"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)


def entries(folder: Path) -> list[dict[str, Any]]:
    with sqlite3.connect(folder / "vinspect.sqlite") as database:
        return [json.loads(body) for (body,) in database.execute('SELECT body FROM entries ORDER BY "index"')]


@pytest.fixture
def case(client: TestClient, jpeg: bytes) -> str:
    """A case that was inspected, and viewed once."""
    made: str = client.post("/v1/inspections", files={"photo": ("door.jpg", jpeg)}).json()["id"]
    assert client.get(f"/v1/inspections/{made}/photo").status_code == 200
    return made


def test_every_event_is_an_entry_in_its_order(client: TestClient, data: Path, case: str, tmp_path: Path) -> None:
    client.get(f"/v1/inspections/{case}/overlay")
    assert run("export", case, "--data", data, "--to", tmp_path / "case.zip").exit_code == 0
    assert run("delete", case, "--data", data, "--reason", "term has ended").exit_code == 0
    said = entries(data)
    assert [each["event"] for each in said] == [
        "log started",
        "key made",
        "photograph accepted",
        "inspected",
        "photograph viewed",
        "photograph viewed",
        "exported",
        "deleted",
    ]
    assert [each.get("inspection") for each in said[2:]] == [case] * 6
    assert [each.get("what") for each in said[4:6]] == ["photo", "overlay"]
    assert said[4]["key"] == said[1]["key"] == hashed(client.headers["x-api-key"])
    assert said[4]["by"] == f"key:{said[1]['key']}"
    assert said[7]["reason"] == "term has ended"


def test_an_inspection_is_logged_with_its_hashes_and_what_it_was_made_with(
    client: TestClient, data: Path, jpeg: bytes
) -> None:
    answer = client.post("/v1/inspections", content=jpeg, headers=JPEG)
    accepted, inspected = entries(data)[2:]
    document = {key: value for key, value in answer.json().items() if key not in OURS}
    assert accepted["photo"] == inspected["photo"] == digest(jpeg)
    assert inspected["document"] == digest(json.dumps(document).encode())
    assert accepted["at"] == answer.json()["created"] <= inspected["at"]
    assert inspected["verdict"] == "review"
    assert inspected["weights"]["reader.onnx"] == weights.sums()["reader.onnx"]
    assert inspected["thresholds"]["review"] < inspected["thresholds"]["suspect"]
    assert inspected["program"] == client.get("/health").json()["version"]


def test_entries_are_canonical_and_each_has_a_checkpoint_over_all_up_to_it(
    client: TestClient, data: Path, case: str
) -> None:
    key = PublicKey.parse((data / "record.pub").read_text().strip())
    with sqlite3.connect(data / "vinspect.sqlite") as database:
        rows = list(database.execute('SELECT "index", body, checkpoint FROM entries ORDER BY "index"'))
    for index, body, note in rows:
        assert canonical(json.loads(body)) == body.encode()
        assert Checkpoint.opened(note, key).size == index + 1
    assert client.get("/v1/log/checkpoint").text == rows[-1][2]
    del client.headers["X-API-Key"]
    assert client.get("/v1/log/checkpoint").status_code == 401


def test_what_cannot_be_logged_is_not_kept_and_what_cannot_be_kept_is_not_logged(
    client: TestClient, data: Path, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = entries(data)
    with monkeypatch.context() as patch:
        patch.setattr("vinspect.api.record.note.Signer.sign", lambda *_: 1 / 0)
        assert client.post("/v1/inspections", content=jpeg, headers=JPEG).status_code == 500
    with monkeypatch.context() as patch:
        patch.setattr("vinspect.api.store.facts_of_accepted", lambda _: {"photo": object()})
        assert client.post("/v1/inspections", content=jpeg, headers=JPEG).status_code == 500
    assert client.get("/v1/inspections").json()["inspections"] == []
    assert entries(data) == before
    assert client.post("/v1/inspections", content=jpeg, headers=JPEG).status_code == 201


def test_nothing_is_added_to_a_log_that_was_changed(client: TestClient, data: Path, case: str, jpeg: bytes) -> None:
    with sqlite3.connect(data / "vinspect.sqlite") as database:
        database.execute("UPDATE entries SET body = replace(body, 'photo', 'phota') WHERE event = 'photograph viewed'")
    answer = client.post("/v1/inspections", content=jpeg, headers=JPEG)
    assert answer.status_code == 503
    assert "vinspect audit" in answer.json()["detail"]
    assert client.get(f"/v1/inspections/{case}/photo").status_code == 503
    assert run("export", case, "--data", data, "--to", data / "case.zip").exit_code == 3


def test_a_store_whose_key_is_lost_or_another_is_not_opened(client: TestClient, data: Path, case: str) -> None:
    (data / "record.key").rename(data / "elsewhere")
    with pytest.raises(RecordError, match="put it back"):
        Store(data)
    Store(data.parent / "other").close()
    shutil.copy(data.parent / "other" / "record.key", data)
    with pytest.raises(RecordError, match="vinspect audit"):
        Store(data)


def make_old(folder: Path) -> None:
    """Leave the store as the first version would have."""
    BENCHMARK["age"](folder)
    for name in ("record.key", "record.pub"):
        (folder / name).unlink()


def test_a_store_from_before_the_log_is_taken_up_without_loss(
    client: TestClient, data: Path, case: str, jpeg: bytes
) -> None:
    answered = client.get(f"/v1/inspections/{case}").content
    key = client.headers["x-api-key"]
    make_old(data)
    with TestClient(create_app(data, NETS), headers={"X-API-Key": key}) as opened:
        assert opened.get(f"/v1/inspections/{case}").content == answered
        assert opened.get(f"/v1/inspections/{case}/photo").content == jpeg
    assert [each["event"] for each in entries(data)] == ["log started", "taken up", "key taken up", "photograph viewed"]
    assert audit(data)["findings"] == []
    assert run("export", case, "--data", data, "--to", data / "case.zip").exit_code == 0
    assert verify(data / "case.zip").document["findings"] == []


def test_a_row_slipped_in_later_is_never_taken_up(client: TestClient, data: Path, case: str) -> None:
    with sqlite3.connect(data / "vinspect.sqlite") as database:
        database.execute("CREATE TABLE copy AS SELECT * FROM inspections")
        database.execute("UPDATE copy SET number = 99, id = 'slipped-in'")
        database.execute("INSERT INTO inspections SELECT * FROM copy")
        database.execute("DROP TABLE copy")
    Store(data).close()
    assert [finding["what"] for finding in audit(data)["findings"]] == ["inspection slipped-in"]


def test_a_store_of_a_newer_version_is_left_alone(data: Path) -> None:
    Store(data).close()
    with sqlite3.connect(data / "vinspect.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '99'")
    with pytest.raises(RecordError, match="newer"):
        Store(data)


def test_the_steps_of_migration_lead_to_the_tables_of_the_code(data: Path) -> None:
    Store(data).close()
    engine = create_engine(f"sqlite:///{data / 'vinspect.sqlite'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_two_processes_may_keep_inspections_at_a_time(client: TestClient, data: Path, jpeg: bytes) -> None:
    with TestClient(create_app(data, NETS), headers={"X-API-Key": client.headers["x-api-key"]}) as other:
        for each in (client, other, client, other):
            assert each.post("/v1/inspections", content=jpeg, headers=JPEG).status_code == 201
    document = audit(data)
    assert (document["inspections"], document["findings"]) == (4, [])


def test_a_deletion_takes_the_picture_away_and_leaves_every_proof_valid(
    client: TestClient, data: Path, case: str, tmp_path: Path, jpeg: bytes
) -> None:
    before, after = tmp_path / "before.zip", tmp_path / "after.zip"
    assert run("export", case, "--data", data, "--to", before).exit_code == 0
    for _ in range(2):  # the second time changes nothing
        assert "term has ended" in run("delete", case, "--data", data, "--reason", "term has ended").stdout
    assert [path for path in (data / "blobs").rglob("*") if path.is_file()] == []
    gone = client.get(f"/v1/inspections/{case}/photo")
    assert (gone.status_code, "term has ended" in gone.json()["detail"]) == (410, True)
    assert client.get(f"/v1/inspections/{case}").status_code == 200
    assert run("export", case, "--data", data, "--to", after).exit_code == 0
    for path in (before, after):
        assert verify(path, PublicKey.parse((data / "record.pub").read_text().strip())).document["findings"] == []
    assert "photograph.jpeg" in zipfile.ZipFile(before).namelist()
    assert "photograph.jpeg" not in zipfile.ZipFile(after).namelist()
    assert audit(data)["findings"] == []
    assert [each["event"] for each in entries(data)].count("deleted") == 1


def test_a_picture_that_another_case_has_too_stays_until_that_is_deleted(
    client: TestClient, data: Path, case: str, jpeg: bytes
) -> None:
    other = client.post("/v1/inspections", content=jpeg, headers=JPEG).json()["id"]
    assert "its file stays" in run("delete", case, "--data", data, "--reason", "asked for").stdout
    assert client.get(f"/v1/inspections/{other}/photo").content == jpeg
    assert audit(data)["findings"] == []
    run("delete", other, "--data", data, "--reason", "asked for")
    assert list((data / "blobs").glob("*/*")) == []
    assert audit(data)["findings"] == []


@pytest.fixture
def exported(client: TestClient, data: Path, case: str, tmp_path: Path) -> Path:
    result = run("export", case, "--data", data, "--to", tmp_path / "case.zip", "--json")
    assert result.exit_code == 0
    check("logged", json.loads(result.stdout))
    return tmp_path / "case.zip"


def check(name: str, document: Any) -> None:
    schema = json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)


def test_an_exported_case_is_checked_without_its_store(exported: Path, data: Path, case: str, jpeg: bytes) -> None:
    shutil.copy(data / "record.pub", exported.parent)
    shutil.rmtree(data)
    result = run("verify", exported, "--key", exported.parent / "record.pub", "--json")
    document = json.loads(result.stdout)
    check("verify", document)
    assert (result.exit_code, document["inspection"], document["key_given"]) == (0, case, True)
    plain = run("verify", exported)
    assert plain.exit_code == 0
    assert "not whose it is" in plain.stdout
    with zipfile.ZipFile(exported) as archive:
        assert archive.read("photograph.jpeg") == jpeg


def test_the_page_is_whole_in_itself_and_in_two_languages(exported: Path, case: str) -> None:
    page = zipfile.ZipFile(exported).read("index.html").decode()
    for said in (case, "需复核", "review", "LSVAM4187C2184841", "Character 8 stands", "查看照片", "data:image/jpeg"):
        assert said in page
    assert "http:" not in page
    assert "https:" not in page


def test_what_a_sender_calls_a_photograph_cannot_write_into_the_page(
    client: TestClient, data: Path, jpeg: bytes, tmp_path: Path
) -> None:
    name = "<script>alert(1)</script>.jpg"
    made = client.post("/v1/inspections", files={"photo": (name, jpeg)}).json()["id"]
    assert run("export", made, "--data", data, "--to", tmp_path / "case.zip").exit_code == 0
    assert "<script" not in zipfile.ZipFile(tmp_path / "case.zip").read("index.html").decode()


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.data())
def test_whatever_is_changed_in_an_exported_case_is_named(exported: Path, draw: st.DataObject) -> None:
    files = files_of(exported)
    name = draw.draw(st.sampled_from([*sorted(files), "more.txt", "log/99.json"]))
    how = draw.draw(st.sampled_from(["drop", "cut", "flip", "more"]))
    content = files.pop(name, b"x")
    place = draw.draw(st.integers(0, len(content) - 1))
    if how == "cut":
        files[name] = content[:place]
    elif how == "flip":
        files[name] = content[:place] + bytes([content[place] ^ draw.draw(st.integers(1, 255))]) + content[place + 1 :]
    elif how == "more" or name in ("more.txt", "log/99.json"):
        files[name] = content + b"\0"
    result = run("verify", written(exported.with_name("changed.zip"), files))
    assert result.exit_code in ((3,) if how == "drop" and name == "proofs.json" else (1,)), (name, how)
    if name not in ("proofs.json", "key.txt"):  # without which others cannot be told
        assert name.removesuffix("jpeg") in result.stdout


def test_an_entry_left_out_with_its_proof_is_missed(exported: Path) -> None:
    files = files_of(exported)
    proofs = json.loads(files["proofs.json"])
    for entry in proofs["entries"]:
        left = {**proofs, "entries": [each for each in proofs["entries"] if each != entry]}
        name = f"log/{entry['index']}.json"
        changed = {**files, "proofs.json": json.dumps(left, indent=1).encode()}
        del changed[name]
        assert verify(written(exported.with_name("changed.zip"), changed)).document["findings"] != []


def test_files_without_an_entry_prove_nothing(exported: Path) -> None:
    proofs = {**json.loads(files_of(exported)["proofs.json"]), "entries": []}
    files = {name: content for name, content in files_of(exported).items() if not name.startswith("log/")}
    files["proofs.json"] = json.dumps(proofs, indent=1).encode()
    files["photograph.jpeg"] = b"another"
    assert run("verify", written(exported.with_name("changed.zip"), files)).exit_code == 1


def test_a_case_can_be_checked_by_hand_as_the_docs_say(exported: Path, tmp_path: Path) -> None:
    text = (DOCS / "record.md").read_text(encoding="utf-8")
    [script] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    zipfile.ZipFile(exported).extractall(tmp_path / "unpacked")

    def by_hand() -> subprocess.CompletedProcess[str]:
        return subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path / "unpacked", capture_output=True, text=True)

    well = by_hand()
    assert (well.returncode, well.stdout.count(" holds\n"), "NOT" in well.stdout) == (0, 4, False)
    assert "Verified Successfully" in well.stdout
    entry = next((tmp_path / "unpacked" / "log").iterdir())
    entry.write_bytes(entry.read_bytes() + b" ")
    assert by_hand().stdout.count("DOES NOT HOLD") == 1


def test_a_case_signed_by_another_key_is_told_by_the_key_that_is_given(
    exported: Path, tmp_path: Path, client: TestClient
) -> None:
    Store(tmp_path / "other").close()
    result = run("verify", exported, "--key", tmp_path / "other" / "record.pub")
    assert result.exit_code == 1
    assert "not the key that was given" in result.stdout
    key = (tmp_path / "other" / "record.pub").read_text().strip()
    assert run("verify", exported, "--key", key).exit_code == 1
    assert run("verify", exported, "--key", "no+key").exit_code == 2


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"no zip at all", None])
def test_what_is_no_case_is_said_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "case.zip").write_bytes(content)
    result = run("verify", tmp_path / "case.zip")
    assert (result.exit_code, len(result.stderr.splitlines()), result.stdout) == (3, 1, "")
    written(tmp_path / "other.zip", {"a.txt": b"a"})
    assert "no case" in run("verify", tmp_path / "other.zip").stderr


@pytest.mark.parametrize(
    "command",
    [
        lambda case, data: ("export", "nobody", "--data", data, "--to", data / "case.zip"),
        lambda case, data: ("delete", "nobody", "--data", data, "--reason", "x"),
        lambda case, data: ("export", case, "--data", data / "none", "--to", data / "case.zip"),
        lambda case, data: ("delete", case, "--data", data / "none", "--reason", "x"),
        lambda case, data: ("audit", "--data", data / "none"),
        lambda case, data: ("export", case, "--data", data, "--to", data / "none" / "case.zip"),
    ],
)
def test_what_is_not_there_is_said_in_one_line_and_nothing_is_made(
    data: Path, case: str, command: Callable[[str, Path], tuple[object, ...]]
) -> None:
    before = entries(data)
    result = run(*command(case, data))
    assert (result.exit_code, len(result.stderr.splitlines())) == (3, 1)
    assert entries(data) == before
    assert not (data / "none").exists()
    assert list(data.glob("*.zip*")) == []


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_the_private_key_of_a_store_is_its_owners_alone(data: Path) -> None:
    Store(data).close()
    assert (data / "record.key").stat().st_mode & 0o777 == 0o600
