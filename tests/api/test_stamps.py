"""Time stamps on the record by an authority of its own on this machine (OpenSSL), on both databases."""

import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from vinspect.api.cli import app
from vinspect.api.record.audit import audit
from vinspect.api.record.stamps import StampError, checked, question
from vinspect.api.record.verify import verify
from vinspect.api.service.stamping import stamp
from vinspect.api.settings import SettingsError, settings
from vinspect.api.store import Store

DOCS = Path(__file__).parents[2] / "docs"
JPEG = {"Content-Type": "image/jpeg"}
CONFIG = """[tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
"""


class Authority:
    """A time-stamp authority with a root of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder, self.root = folder, folder / "root.pem"
        key, signer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        root = _certificate("root", "root", key, key, x509.BasicConstraints(ca=True, path_length=None))
        leaf = _certificate("authority", "root", signer, key, usage)
        self.root.write_bytes(root)
        (folder / "tsa.pem").write_bytes(leaf)
        secret = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "tsa.key").write_bytes(secret)
        (folder / "tsa.conf").write_text(CONFIG.format(folder=folder))

    @property
    def trusted(self) -> list[x509.Certificate]:
        return x509.load_pem_x509_certificates(self.root.read_bytes())

    def stamp(self, asked: bytes) -> bytes:
        (self._folder / "asked.tsq").write_bytes(asked)
        config, files = ["-config", "tsa.conf", "-section", "tsa"], ["-queryfile", "asked.tsq", "-out", "stamp.tsr"]
        command = ["openssl", "ts", "-reply", *config, *files]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True)
        return (self._folder / "stamp.tsr").read_bytes()

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        assert request.headers["Content-Type"] == "application/timestamp-query"
        return 200, {}, self.stamp(request.rfile.read(int(request.headers["Content-Length"])))


def _certificate(name: str, by: str, key: Any, signer: Any, extension: Any) -> bytes:
    subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, by))
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(extension, critical=True)
    identifiers = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(identifiers, critical=False)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(own, critical=False).sign(signer, SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def address(authority: Authority, served: Callable[..., str]) -> str:
    return served(authority.answer)


@pytest.fixture
def database(url: str | None) -> str | None:
    return url


@pytest.fixture
def stamped(opened: Any, data: Path, url: str | None, jpeg: bytes, address: str, tmp_path: Path) -> Path:
    """An exported case: of its entries the first two were stamped, then the third; the last was not."""
    with opened() as client:
        case = client.post("/v1/inspections", content=jpeg, headers=JPEG).json()["id"]
        store = Store(data, url)
        assert stamp(store, address)
        assert not stamp(store, address)  # nothing is new but the stamp itself
        client.get(f"/v1/inspections/{case}/photo")
        assert stamp(store, address)
        store.close()
    if url is not None:
        (data / "vinspect.toml").write_text(f'store = "{url}"\n')
    assert run("export", case, "--data", data, "--to", tmp_path / "case.zip") == 0
    return tmp_path / "case.zip"


def run(*arguments: object) -> int:
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False).exit_code


def rewritten(case: Path, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(case) as archive:
        files = {name: change(name, archive.read(name)) for name in archive.namelist()}
    with zipfile.ZipFile(case, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return case


def test_a_case_carries_the_first_stamp_over_each_of_its_entries_and_they_are_checked_with_no_network(
    stamped: Path, authority: Authority
) -> None:
    before = datetime.now(UTC) - timedelta(minutes=10)
    document = verify(stamped, authority=authority.trusted).document
    schema = json.loads((DOCS / "verify.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(document)))
    assert document["findings"] == []
    assert [each["trusted"] for each in document["stamps"]] == [True, True]
    with zipfile.ZipFile(stamped) as archive:
        sizes = sorted(int(Path(name).stem) for name in archive.namelist() if name.endswith(".tsr"))
    assert [each["size"] for each in document["stamps"]] == sizes
    assert all(each["at"] is not None and each["at"] > before.isoformat() for each in document["stamps"])
    assert run("verify", stamped, "--authority", authority.root) == 0
    assert [each["trusted"] for each in verify(stamped).document["stamps"]] == [False, False]


def test_a_stamp_by_another_authority_does_not_hold_where_one_is_named(
    stamped: Path, data: Path, url: str | None, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    document = verify(stamped, authority=other.trusted).document
    assert [each["kind"] for each in document["findings"]] == ["forged", "forged"]
    assert document["stamps"] == []
    assert run("audit", "--data", data, "--authority", other.root) == 1
    named = {each["what"].split()[0] for each in audit(data, url=url, authority=other.trusted)["findings"]}
    assert named == {"time"}


@pytest.mark.parametrize("ending", [".tsr", ".txt", "stamps.json"])
def test_whatever_is_changed_about_a_stamp_in_a_case_is_named(stamped: Path, ending: str) -> None:
    with zipfile.ZipFile(stamped) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("stamps") and name.endswith(ending))
        other = archive.read(names[-1])

    def change(name: str, content: bytes) -> bytes:
        if name != names[0]:
            return content
        return content.replace(b'"proof"', b'"proofs"') if ending == "stamps.json" else other

    findings = verify(rewritten(stamped, change)).document["findings"]
    assert findings
    assert all(each["what"].startswith("stamps") for each in findings)


def test_audit_holds_each_stamp_against_log_and_checkpoint(
    stamped: Path, data: Path, url: str | None, authority: Authority
) -> None:
    assert audit(data, url=url, authority=authority.trusted)["findings"] == []
    engine = create_engine(url or f"sqlite:///{data / 'vinspect.sqlite'}")
    with engine.begin() as connection:
        first, last = connection.scalars(text("SELECT size FROM stamps ORDER BY size")).all()
        other = "(SELECT stamp FROM stamps WHERE size = :last)"
        change = text(f"UPDATE stamps SET stamp = {other} WHERE size = :first")  # noqa: S608 (of ours)
        connection.execute(change, {"first": first, "last": last})
        connection.execute(text("DELETE FROM stamps WHERE size = :last"), {"last": last})
    engine.dispose()
    named = {(each["kind"], each["what"]) for each in audit(data, url=url)["findings"]}
    changed, lost = ("changed", f"time stamp {first}"), ("lost", f"time stamp {last}")
    assert named == {changed, lost, ("forged", f"time stamp {first}")}


def test_a_stamp_answers_the_question_that_was_asked(authority: Authority) -> None:
    asked, nonce = question("a note")
    answer = authority.stamp(asked)
    assert nonce is not None
    assert checked(answer, "a note", authority.trusted, nonce) <= datetime.now(UTC) + timedelta(minutes=1)
    for note, number, why in (("another", nonce, "something else"), ("a note", nonce + 1, "another question")):
        with pytest.raises(StampError, match=why):
            checked(answer, note, authority.trusted, number)
    for broken in (b"", answer[:100], b"<html>Sign in to the network</html>"):
        with pytest.raises(StampError):
            checked(broken, "a note", authority.trusted)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>Sign in to the network</html>", StampError),
        (200, b"\x00" * 2**17, StampError),
        (200, bytes.fromhex("30053003020102"), StampError),  # rejected
        (503, b"", httpx2.HTTPError),
    ],
)
def test_what_is_no_stamp_is_not_kept(
    data: Path, url: str | None, served: Callable[..., str], status: int, body: bytes, error: type[Exception]
) -> None:
    store = Store(data, url)
    with pytest.raises(error):
        stamp(store, served(lambda _request: (status, {}, body)))
    store.close()
    assert audit(data, url=url)["entries"] == 1


def test_the_service_has_its_checkpoints_stamped_while_it_runs(
    opened: Any, data: Path, url: str | None, address: str, jpeg: bytes
) -> None:
    with opened(authority=address) as client:
        assert client.post("/v1/inspections", content=jpeg, headers=JPEG).status_code == 201
        store = Store(data, url)
        for _ in range(600):
            with store.reading() as session:
                if session.scalars(text("SELECT size FROM stamps")).all():
                    break
            time.sleep(0.1)
        else:
            raise AssertionError("it was never stamped")
        store.close()
    assert audit(data, url=url)["findings"] == []


def test_an_authority_that_is_away_stops_nothing(opened: Any, jpeg: bytes) -> None:
    with opened(authority="http://127.0.0.1:9") as client:
        assert client.post("/v1/inspections", content=jpeg, headers=JPEG).status_code == 201


def test_without_the_library_stamps_are_not_checked_and_that_is_said(
    stamped: Path, data: Path, url: str | None, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    monkeypatch.setattr("vinspect.api.settings.find_spec", lambda name: None)
    monkeypatch.setattr("vinspect.api.custody.find_spec", lambda name: None)
    document = verify(stamped).document
    assert (document["findings"], [each["at"] for each in document["stamps"]]) == ([], [None, None])
    said = audit(data, url=url)
    assert (said["findings"], "vinspect[timestamps]" in said["remarks"][-1]) == ([], True)
    assert run("verify", stamped, "--authority", authority.root) == 2
    with pytest.raises(SettingsError, match=r"vinspect\[timestamps\]"):
        settings(data=data, timestamps="https://stamps.example")
