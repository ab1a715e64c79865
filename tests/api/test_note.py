import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vinspect.api.record.note import Checkpoint, NoteError, PublicKey, Signer

# The example of https://c2sp.org/signed-note, and that of Go's golang.org/x/mod/sumdb/note.
PUBLISHED = [
    (
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "This is an example message.\n",
        "— example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=",
    ),
    (
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=",
    ),
]

ROOT = "A" * 43 + "="


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(Ed25519PrivateKey.from_private_bytes(b"\7" * 32))


@pytest.mark.parametrize(("key", "text", "signature"), PUBLISHED)
def test_published_notes_are_opened_and_their_keys_written_as_they_were(key: str, text: str, signature: str) -> None:
    public = PublicKey.parse(key)
    assert public.opened(f"{text}\n{signature}\n") == text
    assert str(public) == key
    with pytest.raises(NoteError, match="does not fit"):
        public.opened(f"{text}And more.\n\n{signature}\n")


def test_signatures_of_others_beside_ours_do_no_harm(signer: Signer) -> None:
    note = signer.sign(Checkpoint(signer.public.name, 7, b"\1" * 32))
    text, _, ours = note.rpartition("\n\n")
    other = PUBLISHED[0][2]
    for signatures in (f"{other}\n{ours}", f"{ours}{other}\n"):
        assert Checkpoint.opened(f"{text}\n\n{signatures}", signer.public).size == 7


@given(st.integers(0, 2**63), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_opened_as_it_was_signed(size: int, root: bytes) -> None:
    signer = Signer(Ed25519PrivateKey.from_private_bytes(b"\7" * 32))
    checkpoint = Checkpoint(signer.public.name, size, root)
    assert Checkpoint.opened(signer.sign(checkpoint), signer.public) == checkpoint


@given(st.data())
def test_a_note_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    signer = Signer(Ed25519PrivateKey.from_private_bytes(b"\7" * 32))
    note = signer.sign(Checkpoint(signer.public.name, 12, b"\5" * 32))
    place = data.draw(st.integers(0, note.index("\n\n")))
    changed = note[:place] + data.draw(st.characters().filter(lambda c: c != note[place])) + note[place + 1 :]
    with pytest.raises(NoteError):
        Checkpoint.opened(changed, signer.public)


@pytest.mark.parametrize("note", ["", "\n", "\n\n", "nothing", "a\n1\nAAAA\n\n— a b\n", "— x y\n\n— x =\n"])
def test_what_is_no_note_is_refused(signer: Signer, note: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.opened(note, signer.public)


@pytest.mark.parametrize("text", ["x\n", f"other\n3\n{ROOT}\n", f"{{name}}\n03\n{ROOT}\n", "{name}\n3\nAAAA\n"])
def test_what_is_signed_and_no_checkpoint_of_this_log_is_refused(signer: Signer, text: str) -> None:
    class Said(Checkpoint):
        def __str__(self) -> str:
            return text.format(name=signer.public.name)

    with pytest.raises(NoteError, match="no checkpoint"):
        Checkpoint.opened(signer.sign(Said("", 0, b"")), signer.public)


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AAAA", PUBLISHED[0][0].replace("530d", "530e")])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError, match="no public key"):
        PublicKey.parse(text)


def test_the_private_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    made = Signer.kept_in(tmp_path, make=True)
    assert stat.S_IMODE((tmp_path / "record.key").stat().st_mode) == 0o600
    assert Signer.kept_in(tmp_path, make=True).public == Signer.kept_in(tmp_path, make=False).public == made.public
    assert PublicKey.parse((tmp_path / "record.pub").read_text().strip()) == made.public


def test_a_private_key_that_is_missing_or_damaged_is_said_and_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(NoteError, match="missing"):
        Signer.kept_in(tmp_path, make=False)
    (tmp_path / "record.key").write_bytes(b"")
    with pytest.raises(NoteError, match="damaged"):
        Signer.kept_in(tmp_path, make=True)
