"""Time stamps of an authority on checkpoints (RFC 3161): that a checkpoint, and so the log behind it, existed then."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

_SHA256 = "2.16.840.1.101.3.4.2.1"
_GRANTED = 0


class StampError(ValueError):
    """A stamp that does not hold; the message says why, without a full stop."""


class Unchecked(Exception):
    """What stamps are checked with is not installed; the message says what to do."""


@dataclass(frozen=True)
class Stamped:
    """A checkpoint with its stamp, and what proves that a later log goes on from it."""

    size: int
    """Of the log then."""
    checkpoint: str
    """The signed note that is stamped."""
    stamp: bytes
    """The authority's answer, DER."""
    proof: Sequence[bytes]
    """Of consistency with the later log."""


def question(note: str) -> tuple[bytes, int | None]:
    """What an authority is asked to stamp a note, DER, and the nonce in it. Raises Unchecked."""
    try:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
    except ImportError as error:
        raise _unchecked() from error
    asked = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
    return asked.as_bytes(), asked.nonce


def checked(
    stamp: bytes, note: str, roots: Sequence[x509.Certificate] | None = None, nonce: int | None = None
) -> datetime:
    """When the authority says that it saw this note. Raises StampError or Unchecked.

    roots: certificates of authorities that are trusted; with none, only that the stamp is of this note is checked, and
    not whose it is. nonce: of the question that it must answer.
    """
    try:
        from rfc3161_client import decode_timestamp_response
    except ImportError as error:
        raise _unchecked() from error
    try:
        answer = decode_timestamp_response(stamp)
        if answer.status != _GRANTED:
            raise StampError(f"the authority has not granted it (status {answer.status})")
        said = answer.tst_info
        imprint = said.message_imprint
        mine = hashlib.sha256(note.encode()).digest()
        if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message != mine:
            raise StampError("it is of something else")
        if nonce is not None and said.nonce != nonce:
            raise StampError("it answers another question")
        if roots is not None:
            _trusted(answer, note, roots)
        return said.gen_time
    except StampError:
        raise
    except (ValueError, TypeError) as error:  # what the library says of bytes that are no stamp
        raise StampError(f"it is no time stamp ({error})") from error


def _trusted(answer: TimeStampResponse, note: str, roots: Sequence[x509.Certificate]) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        VerifierBuilder(roots=list(roots)).build().verify_message(answer, note.encode())
    except VerificationError as error:
        raise StampError(f"it is not by this authority ({error})") from error


def _unchecked() -> Unchecked:
    return Unchecked("time stamps need their library: pip install 'vinspect[timestamps]'")
