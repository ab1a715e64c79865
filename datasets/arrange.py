"""`python -m vinspect.datasets.arrange EXPORT FOLDER`: lay a download of "Vin detection" out as training expects it.

EXPORT is version 7 as Roboflow Universe exports it in YOLO's form, unpacked: images/ and labels/ under train/, valid/
and test/. FOLDER gets the photographs under the names that the transcriptions use (see docs/data.md).
"""

from __future__ import annotations

import argparse
import csv
import shutil
from pathlib import Path

NAMES = Path(__file__).resolve().parent / "transcriptions" / "vin-photos-names.csv"


def arrange(export: Path, folder: Path, names: Path = NAMES) -> tuple[int, int]:
    """Copy every photograph that `names` knows and its label; how many were found, and how many it knows."""
    found = {path.name: path for path in sorted(export.rglob("*.jpg"))}
    with names.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    copied = 0
    for row in rows:
        photo = found.get(row["original"])
        if photo is None:
            continue
        label = photo.parent.parent / "labels" / f"{photo.stem}.txt"
        split = folder / row["file"].split("_")[0]
        for source, target in (
            (photo, split / "images" / row["file"]),
            (label, split / "labels" / f"{Path(row['file']).stem}.txt"),
        ):
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        copied += 1
    return copied, len(rows)


def main() -> None:
    """Parse the command line and copy."""
    parser = argparse.ArgumentParser(prog="python -m vinspect.datasets.arrange", description=__doc__)
    parser.add_argument("export", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    copied, known = arrange(args.export, args.folder)
    print(f"{copied} of {known} photographs laid out in {args.folder}")
    if not copied:
        raise SystemExit(f"none of them is in {args.export}: unpack version 7, exported in a YOLO format, there")


if __name__ == "__main__":
    main()
