"""Signed notes and checkpoints: a size and a root of the log, signed, as C2SP writes them.

https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint. A note is text, an empty line, and signatures, one a
line; others may add theirs, so what matters is the one of the key that is asked for.
"""

from __future__ import annotations

import binascii
import hashlib
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

PRIVATE_KEY = "record.key"
PUBLIC_KEY = "record.pub"
_ED25519 = b"\x01"


class NoteError(ValueError):
    """A note, checkpoint or key that is not what it should be; the message says so, without a full stop."""


@dataclass(frozen=True)
class PublicKey:
    """Whose signature counts."""

    name: str
    """Of the log, its origin."""
    key: bytes
    """32 bytes, Ed25519."""

    @property
    def id(self) -> bytes:
        """4 bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.key)}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """The key that is written so. Raises NoteError."""
        name, _, rest = text.partition("+")
        named, _, key = rest.partition("+")
        raw = _bytes(key)
        public = cls(name, raw[1:])
        if raw[:1] != _ED25519 or len(raw) != 33 or public.id.hex() != named:
            raise NoteError("this is no public key: it is one line, NAME+ID+KEY, as record.pub has it")
        return public

    def opened(self, note: str) -> str:
        """The text that this key has signed. Raises NoteError where it has not."""
        text, gap, signatures = note.rpartition("\n\n")
        *lines, end = signatures.split("\n")
        parts = [line.split(" ") for line in lines]
        if not gap or end or not all(len(part) == 3 and part[0] == "—" and len(_bytes(part[2])) > 4 for part in parts):
            raise NoteError("it is no signed note")
        ours = [raw[4:] for _, name, signed in parts if name == self.name and (raw := _bytes(signed))[:4] == self.id]
        if not ours:
            raise NoteError(f"it is not signed by the key {self.id.hex()} of {self.name}")
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(ours[0], (text + "\n").encode())
        except (InvalidSignature, UnicodeError) as error:
            raise NoteError("its signature does not fit its text") from error
        return text + "\n"


@dataclass(frozen=True)
class Checkpoint:
    """What the log was at one time: so many entries, under this root."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def opened(cls, note: str, key: PublicKey) -> Checkpoint:
        """The checkpoint in a note that this key has signed. Raises NoteError where there is none."""
        origin, size, root, *_ = *key.opened(note).split("\n"), "", ""
        checkpoint = cls(origin, int(size) if size.isascii() and size.isdecimal() else -1, _bytes(root))
        if origin != key.name or len(checkpoint.root) != 32 or str(checkpoint.size) != size:
            raise NoteError("what is signed is no checkpoint of this log")
        return checkpoint


class Signer:
    """The private key of a log."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        """Sign with this key; the log is named after it."""
        self._key = key
        public = key.public_key().public_bytes_raw()
        self.public = PublicKey(f"vinspect/{hashlib.sha256(public).hexdigest()[:16]}", public)

    def sign(self, checkpoint: Checkpoint) -> str:
        """The checkpoint as a signed note."""
        text = str(checkpoint)
        signature = self.public.id + self._key.sign(text.encode())
        return f"{text}\n— {self.public.name} {_base64(signature)}\n"

    @classmethod
    def kept_in(cls, folder: Path, *, make: bool) -> Signer:
        """The key in this folder, made where there is none and it may be.

        The private key is readable by its owner alone; the public one lies beside it, for whoever checks. Raises
        OSError where it cannot be read or made, NoteError where it is no key.
        """
        path = folder / PRIVATE_KEY
        if make and not path.exists():
            draft = path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                new = Ed25519PrivateKey.generate()
                file.write(new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except FileNotFoundError as error:
            raise NoteError(f"{PRIVATE_KEY} is missing: put it back from your backup") from error
        except ValueError as error:
            raise NoteError(f"{PRIVATE_KEY} is damaged: put it back from your backup") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise NoteError(f"{PRIVATE_KEY} is no Ed25519 key: put it back from your backup")
        signer = cls(key)
        if not (folder / PUBLIC_KEY).exists():
            (folder / PUBLIC_KEY).write_text(f"{signer.public}\n", encoding="utf-8")
        return signer


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    """Empty where the text is not as `_base64` writes it."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if _base64(data) == text else b""
