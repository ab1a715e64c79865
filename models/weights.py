"""Where the trained weights lie, and that they are the ones that were published. Imports nothing but Python's own."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
SUMS = "SHA256SUMS"  # as `sha256sum` writes and checks it: a digest, two blanks, a name


@cache
def path(name: str) -> Path:
    """The file of a network's weights, such as "reader.onnx" or "locator.onnx".

    Raises FileNotFoundError where there is no such file, and ValueError where it is not the one that was published.
    """
    file = FOLDER / name
    published = sums()
    if name not in published or not file.is_file():
        raise FileNotFoundError(
            f"the weights {name} are missing: install Vinspect again, or run vinspect.models.export"
        )
    if digest(file) != published[name]:
        raise ValueError(f"the weights {name} are not those that were published: install Vinspect again")
    return file


def content(file: Path, version: int) -> Any:
    """What a JSON file holds. Raises ValueError where it is of another version."""
    held = json.loads(file.read_text(encoding="utf-8"))
    if held["version"] != version:
        raise ValueError(f"{file.name} is of version {held['version']}, not {version}: install Vinspect again")
    return held


def sums() -> dict[str, str]:
    """The SHA-256 of each published file, in hexadecimal, by name."""
    listed = FOLDER / SUMS
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
    return {name: value for value, name in (line.split("  ", 1) for line in lines)}


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def publish(*files: Path) -> None:
    """List files under FOLDER as published, as they are now."""
    listed = sums() | {file.resolve().relative_to(FOLDER).as_posix(): digest(file) for file in files}
    text = "".join(f"{value}  {name}\n" for name, value in sorted(listed.items()))
    (FOLDER / SUMS).write_text(text, encoding="utf-8")
    path.cache_clear()
