"""Check an exported case, with nothing but the file, and the public key where whoever checks has it."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from vinspect.api.clock import written
from vinspect.api.record import layout, merkle
from vinspect.api.record.entry import KEPT, digest, parsed
from vinspect.api.record.note import Checkpoint, NoteError, PublicKey
from vinspect.api.record.stamps import StampError, Unchecked, checked
from vinspect.api.schema import MadeDecision, RecordFinding, TimeStamp, VerifyDocument, Wrong

MOST = 2**30  # bytes of an exported case, unpacked


class NoCase(Exception):
    """A file that is no exported case at all. The message says so in one sentence, without the file's name."""


@dataclass(frozen=True)
class Verified:
    """What an exported case holds, and all that is wrong with it."""

    document: VerifyDocument
    entries: tuple[Mapping[str, Any], ...]
    """Those that are proven to be in the log, in its order."""


def verify(
    path: Path, key: PublicKey | None = None, authority: Sequence[x509.Certificate] | None = None
) -> Verified:
    """Check an exported case; with no key given, against the one in the file.

    authority: certificates that its time stamps must lead to; with none, whose they are is not checked. Raises OSError
    where it cannot be read, NoCase where it is something else.
    """
    check = _Check()
    files = _files(path, check)
    public = _key(files, key, check)
    checkpoint = _checkpoint(files, public, check)
    inspection, proofs = _proofs(files, check)
    entries = _entries(files, inspection, proofs, checkpoint, check)
    named = {layout.PAGE, layout.INSPECTION, layout.OVERLAY, layout.PROOFS, layout.CHECKPOINT, layout.KEY}
    stamps = _stamps(files, public, checkpoint, authority, check)
    for size in stamps:
        named.update((layout.STAMPS, layout.STAMPED.format(size), layout.STAMP.format(size)))
    photographs = [name for name in files if name.startswith(layout.PHOTOGRAPH)]
    named.update(photographs[:1], map(layout.ENTRY.format, proofs))
    for name in files.keys() - named:
        check.wrong("added", name, "no entry of the log speaks of it")
    if checkpoint is not None:
        _contents(files, photographs[0] if photographs else layout.PHOTOGRAPH + "*", entries, check)
    decisions = _decisions(entries, check)
    note = files.get(layout.CHECKPOINT)
    document: VerifyDocument = {
        "schema": "vinspect/verify/1",
        "file": str(path),
        "holds": not check.findings,
        "inspection": inspection,
        "key": None if public is None else str(public),
        "key_given": key is not None,
        "checkpoint": None if note is None else note.decode("utf-8", "replace"),
        "decisions": decisions,
        "stamps": [each for each in stamps.values() if each is not None],
        "findings": check.findings,
    }
    return Verified(document, tuple(entries))


class _Check:
    def __init__(self) -> None:
        self.findings: list[RecordFinding] = []

    def wrong(self, kind: Wrong, what: str, why: str) -> None:
        self.findings.append({"kind": kind, "what": what, "sentence": f"{what}: {why}."})


def _files(path: Path, check: _Check) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if layout.PROOFS not in archive.namelist():
                raise NoCase("it has no proofs: it is no case that `vinspect export` wrote")
            if sum(member.file_size for member in members) > MOST:
                raise NoCase("it is larger than any case: it was not written by `vinspect export`")
            files: dict[str, bytes] = {}
            for member in members:
                if member.filename in files:
                    check.wrong("added", member.filename, "it is in the file twice")
                try:
                    files[member.filename] = archive.read(member)
                except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
                    check.wrong("changed", member.filename, "its bytes are damaged")
                    files[member.filename] = b""
    except (zipfile.BadZipFile, ValueError, UnicodeError) as error:
        raise NoCase("it is no zip file, or was cut short: export the case again") from error
    return files


def _key(files: dict[str, bytes], given: PublicKey | None, check: _Check) -> PublicKey | None:
    try:
        found = PublicKey.parse(_text(files, layout.KEY).removesuffix("\n"))
    except NoteError as error:
        check.wrong("changed" if layout.KEY in files else "lost", layout.KEY, str(error))
        return given
    if given is not None and found != given:
        check.wrong("forged", layout.KEY, f"it is not the key that was given, but {found.id.hex()} of {found.name}")
    return given or found


def _checkpoint(files: dict[str, bytes], key: PublicKey | None, check: _Check) -> Checkpoint | None:
    if layout.CHECKPOINT not in files:
        check.wrong("lost", layout.CHECKPOINT, "without it nothing is proven")
        return None
    if key is None:
        return None
    try:
        return Checkpoint.opened(_text(files, layout.CHECKPOINT), key)
    except NoteError as error:
        check.wrong("forged", layout.CHECKPOINT, str(error))
        return None


def _proofs(files: dict[str, bytes], check: _Check) -> tuple[str | None, dict[int, list[bytes]]]:
    try:
        document = json.loads(files[layout.PROOFS])
        if document["schema"] != layout.SCHEMA:
            check.wrong("changed", layout.PROOFS, f"it is not of the format {layout.SCHEMA}: install a newer Vinspect")
        proofs = {int(each["index"]): [bytes.fromhex(h) for h in each["proof"]] for each in document["entries"]}
        inspection = str(document["inspection"])
        if layout.proofs(inspection, proofs).encode() != files[layout.PROOFS]:
            check.wrong("changed", layout.PROOFS, "it is not written as `vinspect export` writes it")
        return inspection, proofs
    except (ValueError, LookupError, TypeError, RecursionError):
        check.wrong("changed", layout.PROOFS, "it cannot be understood")
        return None, {}


def _entries(
    files: dict[str, bytes],
    inspection: str | None,
    proofs: dict[int, list[bytes]],
    checkpoint: Checkpoint | None,
    check: _Check,
) -> list[Mapping[str, Any]]:
    proven: list[Mapping[str, Any]] = []
    for index, proof in sorted(proofs.items()):
        name = layout.ENTRY.format(index)
        if name not in files:
            check.wrong("lost", name, f"the proof of entry {index} is here, the entry is not")
        elif checkpoint is not None:
            leaf = merkle.leaf_hash(files[name])
            if not merkle.included(leaf, index, checkpoint.size, proof, checkpoint.root):
                check.wrong("changed", name, f"it is not proven to be entry {index} of the log that was signed")
            elif (document := parsed(files[name])).get("inspection") != inspection:
                check.wrong("added", name, "it speaks of another inspection")
            else:
                proven.append({**document, "index": index})
    return proven


def _contents(files: dict[str, bytes], photograph: str, entries: list[Mapping[str, Any]], check: _Check) -> None:
    """Hold each file against the entry that speaks of it."""
    events = {each["event"]: each for each in entries}
    kept = next((events[event] for event in KEPT if event in events), None)
    exported = events.get("exported")
    if kept is None:
        check.wrong("lost", "log", "the entry of the inspection itself is not here")
    if exported is None:
        check.wrong("lost", "log", "the entry of the export is not here")
    for name, entry, fact in (
        (photograph, kept, "photo"),
        (layout.OVERLAY, kept, "overlay"),
        (layout.INSPECTION, kept, "document"),
        (layout.PAGE, exported, "page"),
    ):
        if entry is None:
            continue
        if name in files:
            if digest(files[name]) != entry.get(fact):
                check.wrong("changed", name, f"it is not what entry {entry['index']} of the log was made for")
        elif fact not in ("photo", "overlay") or "deleted" not in events:
            check.wrong("lost", name, f"entry {entry['index']} of the log speaks of it")
    here = {each["index"] for each in entries}
    for index in () if exported is None else exported.get("entries", ()):
        if index not in here and layout.ENTRY.format(index) not in files:
            check.wrong("lost", layout.ENTRY.format(index), "the export had this entry")


def _decisions(entries: list[Mapping[str, Any]], check: _Check) -> list[MadeDecision]:
    """What was decided, each decision behind the one before it."""
    made: list[MadeDecision] = []
    for said in entries:
        if said.get("event") == "decided":
            if said["version"] != len(made) + 1:
                check.wrong("lost", "log", f"decision {len(made) + 1} is not here, version {said['version']} is")
            made.append(
                {
                    "version": said["version"],
                    "created": said["at"],
                    "decision": said["decision"],
                    "reason": said["reason"],
                    "by": said["by"],
                    "signature": said["signature"],
                    "needs": said["needs"],
                    "stands": said["signature"] == said["needs"],
                }
            )
    return made


def _stamps(
    files: dict[str, bytes],
    key: PublicKey | None,
    checkpoint: Checkpoint | None,
    authority: Sequence[x509.Certificate] | None,
    check: _Check,
) -> dict[int, TimeStamp | None]:
    """By the size of the log in it, each stamp; None for one that does not hold."""
    found: dict[int, TimeStamp | None] = {}
    for size, proof in _stamp_proofs(files, check).items():
        found[size] = None
        name, note = layout.STAMP.format(size), _text(files, layout.STAMPED.format(size))
        if key is None or checkpoint is None:
            continue
        try:
            was = Checkpoint.opened(note, key)
            if was.size != size or not merkle.consistent(size, checkpoint.size, was.root, checkpoint.root, proof):
                raise NoteError("the log that the case is proven under does not go on from it")
            at = written(checked(files.get(name, b""), note, authority))
            found[size] = {"size": size, "at": at, "trusted": authority is not None}
        except NoteError as error:
            check.wrong("forged", layout.STAMPED.format(size), str(error))
        except StampError as error:
            check.wrong("forged", name, str(error))
        except Unchecked:
            found[size] = {"size": size, "at": None, "trusted": False}
    return found


def _stamp_proofs(files: dict[str, bytes], check: _Check) -> dict[int, list[bytes]]:
    if layout.STAMPS not in files:
        return {}
    try:
        said = json.loads(files[layout.STAMPS])["stamps"]
        proofs = {int(each["size"]): [bytes.fromhex(h) for h in each["proof"]] for each in said}
        if layout.stamps(proofs).encode() == files[layout.STAMPS]:
            return dict(sorted(proofs.items()))
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    check.wrong("changed", layout.STAMPS, "it is not written as `vinspect export` writes it")
    return {}


def _text(files: dict[str, bytes], name: str) -> str:
    return files.get(name, b"").decode("utf-8", "replace")
