"""Rubbings as pictures: beside a table that names them, or in a folder where each is called by its number."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vinspect.api.archive.refusals import Refusal
from vinspect.api.archive.table import LONGEST, SHORTEST, WIDEST
from vinspect.api.document import shown
from vinspect.api.files import photographs
from vinspect.api.numbers import NoNumber, registered_number

MOST = 64 * 2**20  # bytes of a picture
_APART = re.compile(r"[_ (（.]")  # what stands behind the number in a picture's name


@dataclass(frozen=True)
class Loose:
    """A rubbing of which only the number is known."""

    line: int
    number: str
    rubbing: str  # the picture's name


class Folder:
    """A folder of rubbings, each called by its number: LSVAM4187C2184841.jpg, LSVAM4187C2184841_2.tif."""

    def __init__(self, folder: Path) -> None:
        """List the pictures in the folder and those below it. Raises NoPhotograph."""
        self._folder = folder
        self._names = [str(Path(name).relative_to(folder)) for name in photographs(str(folder))]
        self.passed_over: list[str] = []

    def __len__(self) -> int:
        """How many pictures."""
        return len(self._names)

    def __iter__(self) -> Iterator[Loose | Refusal]:
        """Each picture, in the order of their names."""
        for line, name in enumerate(self._names, 1):
            said = _APART.split(PurePosixPath(name).name, maxsplit=1)[0]
            try:
                number = registered_number(said)
            except NoNumber:
                number = ""
            if SHORTEST <= len(number) <= LONGEST:
                yield Loose(line, number, name)
            else:
                yield Refusal(line, "number_malformed", shown(said)[:WIDEST])

    def sha256(self) -> str:
        """Of the list of its pictures, with their sizes and times: another where any of them was changed."""
        listed = hashlib.sha256()
        for name in self._names:
            stat = (self._folder / name).stat()
            listed.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        return listed.hexdigest()


class Beside:
    """The pictures in a folder, by the names that a table gives them."""

    def __init__(self, folder: Path) -> None:
        """Those in this folder and below it, and no others."""
        self._folder = folder.resolve()

    def __call__(self, name: str) -> bytes | None:
        """The picture's bytes; None where there is none of this name. Raises OSError."""
        path = (self._folder / name.replace("\\", "/")).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file() or path.stat().st_size > MOST:
            return None
        return path.read_bytes()
