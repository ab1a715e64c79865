"""Which photographs are meant by what stands on the command line."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import cv2

STANDARD_INPUT = "-"

# What cameras, phones and scanners write. SVG and others that cannot be read are among them, so that they are named
# rather than passed over.
_SUFFIXES = frozenset(
    ".avif .avifs .bmp .dib .dng .gif .heic .heics .heif .hif .j2k .jfif .jp2 .jpe .jpeg .jpg .jxl .pbm .pgm .png .pnm "
    ".ppm .psd .svg .tga .tif .tiff .webp".split()
)


class NoPhotograph(Exception):
    """An argument that names no photograph. The message says so in one sentence, without the argument."""


def photographs(argument: str) -> list[str]:
    """The files that an argument names: itself, those in a folder, those that match a pattern, or standard input.

    A file named outright is taken whatever it is called; in a folder and those below it, what is a picture by its
    suffix or by its first bytes. Raises NoPhotograph.
    """
    if argument == STANDARD_INPUT or os.path.isfile(argument):
        return [argument]
    if os.path.isdir(argument):
        return _in_folder(argument)
    if os.path.lexists(argument) or not glob.has_magic(argument):
        return [argument]  # who opens it says what is wrong with it
    matches = sorted(glob.glob(argument, recursive=True))
    if not matches:
        raise NoPhotograph("no file matches this pattern: check its spelling")
    folders = [match for match in matches if os.path.isdir(match)]
    inside = {name for folder in folders for name in _pictures(folder, [])}
    return sorted(inside.union(matches).difference(folders))


def _in_folder(folder: str) -> list[str]:
    unreadable: list[OSError] = []
    names = _pictures(folder, unreadable)
    if not names and unreadable:
        raise NoPhotograph(f"this folder cannot be opened ({(unreadable[0].strerror or 'unknown').lower()})")
    if not names:
        raise NoPhotograph("there is no photograph in this folder: name the folder that holds them")
    return names


def _pictures(folder: str, unreadable: list[OSError]) -> list[str]:
    return sorted(
        os.path.join(parent, name)
        for parent, _, names in os.walk(folder, onerror=unreadable.append)
        for name in names
        if _is_picture(Path(parent, name))
    )


def _is_picture(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_file():  # "._IMG_1.JPG": what a Mac leaves beside a picture
        return False
    return path.suffix.lower() in _SUFFIXES or cv2.haveImageReader(str(path))
