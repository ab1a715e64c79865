"""Photographs, overlays and rubbings, each under the SHA-256 of its content: in a folder, or wherever else."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

BLOBS = "blobs"


class Blobs(Protocol):
    """Contents of a store. All but `where` raise OSError where they cannot be reached."""

    def keep(self, data: bytes) -> str:
        """Keep content where it is not kept yet; returns its hash. When this returns, it outlives a loss of power."""

    def read(self, sha256: str) -> bytes:
        """The content of this hash, as it lies there. Raises FileNotFoundError where there is none."""

    def has(self, sha256: str) -> bool:
        """Whether there is content of this hash."""

    def drop(self, sha256: str) -> None:
        """Take content away, for good."""

    def where(self, sha256: str) -> str:
        """The address that content of this hash has."""

    def addresses(self) -> Iterator[str]:
        """Where everything lies that is there, whatever it is."""


class Folder:
    """Contents as files of a folder."""

    def __init__(self, folder: Path) -> None:
        """Those in the store of this folder."""
        self.folder = folder / BLOBS

    def path(self, sha256: str) -> Path:
        """Where the content of this hash lies."""
        return self.folder / sha256[:2] / sha256

    def keep(self, data: bytes) -> str:
        """Keep content, and have the disk say so."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"{sha256}.{uuid.uuid4().hex}")
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)  # at once and whole, whoever else keeps the same
        for folder in (path.parent, self.folder):
            sync_folder(folder)
        return sha256

    def read(self, sha256: str) -> bytes:
        """What the file holds."""
        return self.path(sha256).read_bytes()

    def has(self, sha256: str) -> bool:
        """Whether there is a file."""
        return self.path(sha256).exists()

    def drop(self, sha256: str) -> None:
        """Remove the file."""
        path = self.path(sha256)
        path.unlink(missing_ok=True)
        if path.parent.exists():
            sync_folder(path.parent)

    def where(self, sha256: str) -> str:
        """The file's path."""
        return str(self.path(sha256))

    def addresses(self) -> Iterator[str]:
        """The paths of all files."""
        for folder, _, names in os.walk(self.folder):
            yield from (os.path.join(folder, name) for name in sorted(names))


def blobs_of(folder: Path, photographs: str | None) -> Blobs:
    """Where the store in this folder keeps contents; photographs: the address of a bucket, where it is one."""
    if photographs is None:
        return Folder(folder)
    from vinspect.api.bucket import Bucket

    return Bucket.at(photographs)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a loss of power."""
    if os.name == "nt":  # which cannot open folders, and keeps their names in its own journal
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
