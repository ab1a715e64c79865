"""Tables filled at once, past the service and its log, to measure what it costs to search in them. No script.

Rows come in blocks, as COPY of PostgreSQL reads them: a line a row, tabs between, `\\x` before bytes in hexadecimal,
`\\N` for nothing. SQLite gets the same rows by executemany.
"""
# ruff: noqa: S608 (all that goes into a query is from here)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from sqlalchemy import Engine, Table

from vinspect.api.archive import alike
from vinspect.api.archive.tables import INNER, FileRow
from vinspect.api.record import merkle
from vinspect.api.record.entry import entry
from vinspect.api.record.note import Checkpoint, Signer
from vinspect.api.sightings.tables import HandRow
from vinspect.api.tables import Base, EntryRow, InspectionRow
from vinspect.vision import hand, vin

BLOCK = 100_000  # rows
WMIS = "LSV LFV LVS LGB LHG LBE LDC LSG LVG LZW LGX LB3 LJ1 WVW WBA WDD JTH KMH 1HG 3VW".split()
MODELS = 600
AT = "2026-01-01T00:00:00.000+00:00"


def table_of(row: type[Base]) -> Table:
    return Base.metadata.tables[row.__tablename__]


def fill(engine: Engine, table: Table, columns: str, blocks: Iterable[bytes]) -> None:
    """Put these rows into a table in the place of all it has; its indexes are made anew afterwards: that is quicker."""
    names = ", ".join(f'"{name}"' for name in columns.split())
    with engine.begin() as connection:
        for index in table.indexes:
            index.drop(connection)
        cursor: Any = connection.connection.cursor()
        if connection.dialect.name == "postgresql":
            # Emptied in the same transaction, so that no row goes through the log of the server as well.
            cursor.execute(f"TRUNCATE {table.name}")
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for block in blocks:
                    copy.write(block)
        else:
            cursor.execute(f"DELETE FROM {table.name}")
            marks = ", ".join("?" for _ in columns.split())
            for block in blocks:
                cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", _parsed(block))
        for index in table.indexes:
            index.create(connection)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"VACUUM ANALYZE {table.name}")


def numbers(count: int, seed: int) -> np.ndarray:
    """Random VINs with their check digit, uint8 (count, 17): 600 models, some far more frequent than others."""
    rng = np.random.default_rng(seed)
    digits, letters = (_codes(each) for each in ("0123456789", vin.VIN_ALPHABET))
    models = np.concatenate([_codes("".join(rng.choice(WMIS, MODELS))).reshape(-1, 3),
                             rng.choice(letters, (MODELS, 5))], axis=1)  # fmt: skip
    often = 1 / np.arange(1, MODELS + 1)
    out = np.empty((count, vin.LENGTH), np.uint8)
    out[:, :8] = models[rng.choice(MODELS, count, p=often / often.sum())]
    out[:, 9] = rng.choice(_codes(vin.YEAR_CODES), count)
    out[:, 10] = rng.choice(_codes("ABCDEFGH123"), count)
    out[:, 11:] = rng.choice(digits, (count, 6))
    values = np.zeros(256, np.int64)
    values[letters] = [vin.VALUES[character] for character in vin.VIN_ALPHABET]
    out[:, vin.CHECK_POSITION] = 0  # counts for nothing
    total = sum(values[out[:, place]] * weight for place, weight in enumerate(vin.WEIGHTS))
    out[:, vin.CHECK_POSITION] = _codes("0123456789X")[total % 11]
    return out


FILES = "place id number folded backwards inner maker plant year station file filed source"


def files(some: np.ndarray) -> Iterator[bytes]:
    """Rows of `archive_files` with these numbers, uint8 (n, 17)."""
    fold = np.arange(256, dtype=np.uint8)
    for character in vin.VIN_ALPHABET:
        fold[ord(character)] = ord(alike.folded(character))
    for first in range(0, len(some), BLOCK):
        part = some[first : first + BLOCK]
        place = np.arange(first + 1, first + len(part) + 1)
        counted = np.stack([place // 10**k % 10 for k in range(8)][::-1], axis=1).astype(np.uint8) + ord("0")
        tab = np.full((len(part), 1), ord("\t"), np.uint8)
        zeros, prefix = (np.tile(_codes(each), (len(part), 1)) for each in ("0" * 24, "3201"))
        rest = np.tile(_codes("\t2014-03-05\tbulk\n"), (len(part), 1))
        said = np.tile(np.frombuffer("\t上汽大众\tNanjing\t2012\tS01\t".encode(), np.uint8), (len(part), 1))
        columns = (
            counted, tab, zeros, counted, tab, part, tab, fold[part], tab, part[:, ::-1], tab, part[:, INNER:], said,
            prefix, counted, rest,
        )  # fmt: skip
        yield np.concatenate(columns, axis=1).tobytes()


INSPECTIONS = "number id created photo sha256 media_type overlay_sha256 format verdict document station"
HANDS = "number id learned vector"


def inspections(count: int) -> Iterator[bytes]:
    """Rows of `inspections`, so many cases of 24 stations."""
    said, mark = f"{AT}\tphoto.jpg", "0" * 56
    for first in range(0, count, BLOCK):
        yield "".join(
            f"{n}\t{case(n)}\t{said}\t{mark}{n:08}\timage/jpeg\t{mark}{n:08}\tauto\tclear\t{{}}\tS{n % 24:02}\n"
            for n in range(first + 1, min(count, first + BLOCK) + 1)
        ).encode()


def vectors(count: int, seed: int) -> np.ndarray:
    """Random hands, of length one: float32 (count, d)."""
    d = hand.learned().turn.shape[1]
    out = np.random.default_rng(seed).standard_normal((count, d), np.float32)
    return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True), np.float32)


def hands(some: np.ndarray) -> Iterator[bytes]:
    """Rows of `hands`, each of the case `case(its place)`."""
    made = hand.made_by()
    for first in range(0, len(some), BLOCK):
        rows = enumerate(some[first : first + BLOCK].astype("<f4"), first + 1)
        yield "".join(f"{n}\t{case(n)}\t{made}\t\\\\x{row.tobytes().hex()}\n" for n, row in rows).encode()


ENTRIES = "index inspection event body peaks checkpoint"


def entries(count: int, signer: Signer, first: str, *, signed: bool) -> Iterator[bytes]:
    """Rows of `entries`: a whole log that begins with the entry `first` and goes on with looks at cases.

    signed: each of them, as the service does it; else the last alone, and the others have checkpoints that are none.
    """
    peaks: list[bytes] = []
    none = signer.sign(Checkpoint(signer.public.name, count, merkle.EMPTY))
    rows = []
    for n in range(count):
        said = {"inspection": case(n), "what": "photo", "by": "key:" + "a" * 64}
        body = entry("photograph viewed", AT, said).decode() if n else first
        before, peaks = peaks, merkle.grown(peaks, n, merkle.leaf_hash(body.encode()))
        note = none
        if signed or n + 1 == count:
            note = signer.sign(Checkpoint(signer.public.name, n + 1, merkle.root(peaks)))
        of, event = (case(n), "photograph viewed") if n else ("\\N", "log started")
        held, note = b"".join(before).hex(), note.replace("\n", "\\n")
        rows.append(f"{n}\t{of}\t{event}\t{body}\t\\\\x{held}\t{note}\n")
        if len(rows) == BLOCK or n + 1 == count:
            yield "".join(rows).encode()
            rows.clear()


def case(number: int) -> str:
    """The id of a case."""
    return f"{number:032}"


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("ascii"), np.uint8)


def _parsed(block: bytes) -> Iterator[list[Any]]:
    for line in block.decode().removesuffix("\n").split("\n"):
        yield [_value(field) for field in line.split("\t")]


def _value(field: str) -> Any:
    if field == "\\N":
        return None
    return bytes.fromhex(field[3:]) if field.startswith("\\\\x") else field.replace("\\n", "\n")


TABLES = {"files": (table_of(FileRow), FILES), "inspections": (table_of(InspectionRow), INSPECTIONS),
          "hands": (table_of(HandRow), HANDS), "entries": (table_of(EntryRow), ENTRIES)}  # fmt: skip
