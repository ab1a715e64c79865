"""Photographs, overlays and rubbings in storage that speaks S3, laid out as the folder is."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

_PATIENCE = timedelta(seconds=10)  # with storage that does not answer; whoever sends is told to send again


class Bucket:
    """Contents as objects of a bucket. `keep` returns when the storage has answered that it holds the object."""

    def __init__(self, address: str, objects: ObjectStore) -> None:
        """Those behind this address, in `objects`."""
        self._address, self._objects = address.rstrip("/"), objects

    @classmethod
    def at(cls, address: str) -> Bucket:
        """Those at `s3://BUCKET/PREFIX`; keys, region and endpoint are in the environment, as S3's programs read them.

        What is sent carries its SHA-256, so that the storage refuses what was damaged on the way. Raises OSError.
        """
        there = urlsplit(address)
        with _told():
            objects = S3Store(
                there.netloc,
                prefix=there.path.strip("/") or None,
                config={"checksum_algorithm": "SHA256"},
                retry_config={"max_retries": 3, "retry_timeout": _PATIENCE},
                client_options={"allow_http": True, "connect_timeout": _PATIENCE},  # the endpoint is their choice
            )
        return cls(address, objects)

    def keep(self, data: bytes) -> str:
        """Store an object, over the same one where there is one."""
        sha256 = hashlib.sha256(data).hexdigest()
        with _told():
            obstore.put(self._objects, _key(sha256), data, use_multipart=False)
        return sha256

    def read(self, sha256: str) -> bytes:
        """What the object holds."""
        with _told():
            return bytes(obstore.get(self._objects, _key(sha256)).bytes())

    def has(self, sha256: str) -> bool:
        """Whether there is an object."""
        try:
            with _told():
                obstore.head(self._objects, _key(sha256))
        except FileNotFoundError:
            return False
        return True

    def drop(self, sha256: str) -> None:
        """Remove the object."""
        try:
            with _told():
                obstore.delete(self._objects, _key(sha256))
        except FileNotFoundError:
            pass

    def where(self, sha256: str) -> str:
        """The object's address."""
        return f"{self._address}/{_key(sha256)}"

    def addresses(self) -> Iterator[str]:
        """The addresses of all objects."""
        with _told():
            for some in obstore.list(self._objects):
                yield from (f"{self._address}/{each['path']}" for each in some)


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


@contextmanager
def _told() -> Iterator[None]:
    """What the storage refuses is an OSError, as it is of a disk."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, ValueError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise OSError(errno.EIO, f"the storage of photographs fails: {said[0]}") from error
