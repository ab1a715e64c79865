"""Photographs and overlays in a folder, each under the SHA-256 of its content."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

BLOBS = "blobs"


class Blobs:
    """The files of a store."""

    def __init__(self, folder: Path) -> None:
        """Those in the store of this folder."""
        self.folder = folder / BLOBS

    def path(self, sha256: str) -> Path:
        """Where the content of this hash lies."""
        return self.folder / sha256[:2] / sha256

    def keep(self, data: bytes) -> str:
        """Keep content where it is not kept yet; returns its hash. When this returns, it outlives a loss of power."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        path.parent.mkdir(exist_ok=True)
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

    def drop(self, sha256: str) -> None:
        """Take content away, for good."""
        path = self.path(sha256)
        path.unlink(missing_ok=True)
        if path.parent.exists():
            sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a loss of power."""
    if os.name == "nt":  # which cannot open folders, and keeps their names in its own journal
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
