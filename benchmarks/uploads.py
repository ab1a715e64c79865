"""Uploads that are malformed, hostile or huge: python benchmarks/uploads.py [--uploads N] [--seed N] [--json]

Starts `vinspect serve` on a store of its own and sends it photographs with flipped, missing and doubled bytes, headers
that promise more than there is, pixel and compression bombs, files of other kinds, names that climb out of the folder,
forms and requests that break off or lie about their length. Counted is what must never happen: a 5xx that is not the
early "busy", a connection that ends without an answer though its request was whole, an answer that takes longer than
half a minute, a service that has died; and afterwards a store that does not hold, and files beside it. Twenty times a
second it is asked what memory the service holds, with the processes beside it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import platform
import random
import runpy
import socket
import struct
import tempfile
import threading
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from rich.progress import track

from vinspect.api.record.audit import audit

SERVE: dict[str, Any] = runpy.run_path(str(Path(__file__).with_name("serve.py")), run_name="serve")
PATH: str = SERVE["PATH"]
LONGEST = 30.0  # seconds: an answer that takes longer counts as a hang
SENDERS = 4  # at a time
SAMPLES = [path.read_bytes() for path in sorted(SERVE["SAMPLES"].glob("*.jpg"))]
CLIMBING = (
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/shadow",
    "C:\\photo.jpg",
    "a\x00b.jpg",
    "%2e%2e%2fx.jpg",
    "file:///etc/passwd",
    "http://127.0.0.1/x",
    "....//....//x",
    "~root/.ssh/id",
    "CON",
    "-rf",
    "$(reboot)",
    "a;b|c",
    "<script>alert(1)</script>.jpg",
    "'; DROP TABLE accepted; --",
    "\u202egpj.exe",
    "\ud800.jpg",
    "照片.jpg",
    "a" * 5000,
)


@dataclass(frozen=True)
class Sent:
    """One request."""

    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "image/jpeg"})
    query: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """The request as it goes over the wire, where it is no proper one; it may end without an answer."""


# Photographs


def flipped(rng: random.Random) -> bytes:
    """Some bytes are others: all over, or in the header."""
    data = bytearray(rng.choice(SAMPLES))
    reach = len(data) if rng.random() < 0.5 else min(len(data), 700)
    for _ in range(rng.randint(1, 60)):
        data[rng.randrange(reach)] = rng.randrange(256)
    return bytes(data)


def cut(rng: random.Random) -> bytes:
    """It breaks off."""
    data = rng.choice(SAMPLES)
    return data[: rng.randrange(len(data))]


def patched(rng: random.Random) -> bytes:
    """Pieces are gone, doubled, or of another photograph."""
    data, other = rng.choice(SAMPLES), rng.choice(SAMPLES)
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    return rng.choice([data[:a] + data[b:], data[:b] + data[a:], data[:a] + other[a:], data + other, data[:a] * 3])


def sized(rng: random.Random) -> bytes:
    """A JPEG whose header says that it is of another size, up to 65535 on a side, or of none."""
    data = bytearray(rng.choice(SAMPLES))
    for marker in (b"\xff\xc0", b"\xff\xc2"):
        at = data.find(marker)
        if at > 0:
            sides = rng.choice(
                [(65535, 65535), (0, 0), (1, 65535), (65535, 1), (rng.randrange(65536), rng.randrange(65536))]
            )
            data[at + 5 : at + 9] = struct.pack(">HH", *sides)
    return bytes(data)


def exif(rng: random.Random) -> bytes:
    """A JPEG with EXIF of random bytes, of loops, or of an orientation that there is not."""
    tiff = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 1)
    tiff += struct.pack("<HHII", 0x0112, rng.choice([3, 4, 2, 99]), rng.choice([1, 0, 2**31]), rng.randrange(2**32))
    tiff += struct.pack("<I", rng.choice([8, 0, 2**31, 10]))
    block = b"Exif\x00\x00" + (tiff if rng.random() < 0.6 else rng.randbytes(rng.randrange(300)))
    data = rng.choice(SAMPLES)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


def png(rng: random.Random) -> bytes:
    """A PNG: pixel and compression bombs, chunks with wrong sums and lengths."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = rng.choice([1, 64, 3000, 20_000, 50_000, 2**31 - 1])
    depth, colour = rng.choice([(8, 2), (16, 6), (1, 0), (8, 3), (7, 9)])
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, rng.choice([0, 1])))
    zeros = zlib.compress(bytes(rng.choice([10, 100_000, 30_000_000])), 9)
    text = chunk(b"zTXt", b"x\x00\x00" + zeros) if rng.random() < 0.3 else b""
    whole = b"\x89PNG\r\n\x1a\n" + head + text + chunk(b"IDAT", zeros) + chunk(b"IEND", b"")
    if rng.random() < 0.3:
        at = rng.randrange(len(whole))
        whole = whole[:at] + rng.randbytes(4) + whole[at + 4 :]
    return whole


def other(rng: random.Random) -> bytes:
    """A file of another kind, or only its beginning, or none."""
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("../../photo.jpg", bytes(1_000_000))
        zipped = packed.getvalue()
    return rng.choice(
        [
            b"",
            b"\x00",
            bytes(100_000),
            rng.randbytes(rng.randrange(1, 20_000)),
            zipped,
            gzip.compress(bytes(5_000_000)),
            b"P6 99999 99999 255\n" + bytes(50),
            b"P5\n1 99999999999999999999 255\n",
            b"GIF89a" + rng.randbytes(60),
            b"BM" + struct.pack("<IHHIIiiHH", 99, 0, 0, 54, 40, 2**30, -(2**31), 1, 24) + rng.randbytes(99),
            b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", 65535) + rng.randbytes(400),
            b"RIFF" + struct.pack("<I", 2**32 - 1) + b"WEBPVP8 " + rng.randbytes(200),
            b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
            b"%PDF-1.7\n" + rng.randbytes(200),
            b"\x00\x00\x00\x20ftypheic" + rng.randbytes(300),
            b"#!/bin/sh\nreboot\n",
            b"\x00\x00\x01\x00\x01\x00\xff\xff" + rng.randbytes(64),
            b"\xff\xd8\xff" * 50,
            b"\xff\xd8\xff\xd9",
            b"v/1\x01" + rng.randbytes(300),
            b"\x00\x00\x00\x0cjP  \r\n\x87\n" + rng.randbytes(300),
            b"GIF87a" + b"\xff" * 7,
        ]
    )


# Requests


def named(rng: random.Random) -> Sent:
    """A form whose file or fields climb, call or lie."""
    bound = "".join(rng.choices("abcdef0123456789-'", k=rng.randint(1, 40)))
    name = rng.choice(CLIMBING).encode("utf-8", "surrogatepass").replace(b'"', b"%22")
    parts = [
        b'Content-Disposition: form-data; name="photo"; filename="' + name + b'"\r\n\r\n' + rng.choice(SAMPLES)[:3000]
    ]
    for _ in range(rng.choice([0, 1, 3, 30])):
        word = rng.choice(["expect", "station", "lane", "format", "captured", "x" * 300, "photo", ""])
        value = rng.choice(CLIMBING).encode("utf-8", "surrogatepass")
        parts.append(b'Content-Disposition: form-data; name="' + word.encode() + b'"\r\n\r\n' + value)
    lines = b"".join(b"--" + bound.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    end = rng.choice([b"--" + bound.encode() + b"--\r\n", b"", b"--wrong--\r\n"])
    said = rng.choice([bound, bound, "other", ""])
    return Sent(lines + end, {"Content-Type": f"multipart/form-data; boundary={said}"})


def asked(rng: random.Random) -> Sent:
    """A whole photograph, asked about in ways that mean nothing."""
    kind = rng.choice(["image/jpeg", "text/html", "image/" + "x" * 500, "multipart/form-data", "application/json", ";"])
    headers = {"Content-Type": kind}
    headers |= rng.choice(
        [
            {},
            {"Idempotency-Key": "k" * rng.choice([1, 255, 256, 4000])},
            {"Prefer": "respond-async, " + ";" * 50},
            {"Content-Encoding": "gzip"},
            {"Accept-Language": "zz" * 200},
            {"Expect": "200-nothing"},
        ]
    )
    names = ["format", "expect", "station", "lane", "business", "captured", "nothing"]
    query = {
        rng.choice(names): rng.choice([*CLIMBING[:17], "0" * 3000, "9999-99-99T99:99:99Z", "-1"]) for _ in range(2)
    }
    return Sent(
        rng.choice(SAMPLES)[: rng.choice([200, 4000])], headers, {n: v.replace("\ud800", "?") for n, v in query.items()}
    )


def broken(rng: random.Random) -> Sent:
    """A request that breaks off, or lies about its length."""
    head = b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nX-API-Key: KEY\r\nContent-Type: image/jpeg\r\n"
    body = rng.choice(SAMPLES)[:5000]
    return Sent(
        b"",
        raw=rng.choice(
            [
                head + b"Content-Length: 99999\r\n\r\n" + body,
                head + b"Content-Length: 10\r\n\r\n" + body,
                head + b"Content-Length: -5\r\n\r\n" + body,
                head + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n" + body,
                head + b"Content-Length: 99999999999999999999\r\n\r\n",
                head + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + body,
                head + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + body,
                head,
                rng.randbytes(300),
                head + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
                head.replace(b"/v1", b"/../v1") + b"\r\n",
                b"POST / HTTP/9.9\r\n\r\n",
                head + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
                b"GET \x00 HTTP/1.1\r\n\r\n",
            ]
        ),
    )


def huge(rng: random.Random) -> Sent:
    """More than the service takes."""
    return Sent(rng.choice(SAMPLES) + bytes(rng.choice([30, 65, 90]) * 2**20))


KINDS: dict[str, tuple[float, Callable[[random.Random], bytes | Sent]]] = {
    "bytes flipped": (22, flipped),
    "broken off": (14, cut),
    "pieces gone, doubled, of another": (12, patched),
    "sizes that lie": (8, sized),
    "EXIF": (8, exif),
    "PNG bombs and damage": (8, png),
    "other kinds of file": (10, other),
    "forms and names": (9, named),
    "questions that mean nothing": (5, asked),
    "requests that break off or lie": (3.6, broken),
    "huge": (0.4, huge),
}


def uploads(count: int, seed: int) -> Iterator[tuple[str, Sent]]:
    """So many, always the same of a seed."""
    rng = random.Random(seed)
    for kind in rng.choices(list(KINDS), [share for share, _ in KINDS.values()], k=count):
        made = KINDS[kind][1](rng)
        yield kind, made if isinstance(made, Sent) else Sent(made)


def answered(service: Any, client: httpx2.Client, sent: Sent) -> str:
    """What became of a request: the status, "no answer" where it may end so, or what must not be."""
    begun = time.perf_counter()
    try:
        if sent.raw is None:
            said = str(client.post(PATH, content=sent.body, headers=sent.headers, params=sent.query).status_code)
        else:
            said = _over_the_wire(service, sent.raw)
    except httpx2.TimeoutException:
        return "hang"
    except httpx2.TransportError as error:
        # A body that is too long is answered before it is read to its end, and the connection closed.
        return "413" if len(sent.body) > 60 * 2**20 else f"broken ({type(error).__name__})"
    return "hang" if time.perf_counter() - begun > LONGEST else said


def _over_the_wire(service: Any, raw: bytes) -> str:
    with socket.create_connection(("127.0.0.1", service.port), LONGEST) as wire:
        try:
            wire.sendall(raw.replace(b"KEY", service.key.encode()))
            wire.shutdown(socket.SHUT_WR)
            first = wire.recv(64)
        except TimeoutError:
            return "hang"
        except OSError:
            first = b""
    return first.split(b" ")[1].decode("ascii", "replace") if first.startswith(b"HTTP/") else "no answer"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    of = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = SERVE["Service"](Path(folder, "data"))
        beside = sorted(Path(folder).iterdir())
        found: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        held, ended = [0.0], threading.Event()

        def watch() -> None:
            while not ended.wait(0.05):
                held.append(service.memory())

        with service.running(), _once(service) as client, ThreadPoolExecutor(SENDERS) as senders:
            watching = threading.Thread(target=watch)
            watching.start()

            def one(each: tuple[str, Sent]) -> tuple[str, str]:
                return each[0], answered(service, client, each[1])

            for first in track(range(0, of.uploads, 100), "Uploads", disable=of.json):
                for kind, said in senders.map(one, _some(of.uploads, of.seed, first)):
                    found[kind][said] += 1
            ready = client.get("/health/ready").status_code
            ended.set()
            watching.join()
        log = Path(folder, "data.log").read_text(encoding="utf-8", errors="replace")
        strays = [
            path.name for path in sorted(Path(folder).iterdir()) if path not in beside and path.name != "data.log"
        ]
        holds = audit(Path(folder, "data"))["holds"]
    statuses = sum(found.values(), Counter())
    bad = {said: n for said, n in statuses.items() if said in ("hang",) or said.startswith("broken") or said[:1] == "5"}
    said = {
        "uploads": of.uploads,
        "answers": dict(sorted(statuses.items())),
        "5xx, crash, hang": sum(n for status, n in bad.items() if status != "503"),
        "503, busy": bad.get("503", 0),
        "tracebacks": log.count("Traceback (most recent call last)"),
        "ready afterwards": ready == 200,
        "the store holds": holds,
        "files beside it": strays,
        "memory at most, MB": round(max(held) / 2**20),
        "memory afterwards, MB": round(held[-1] / 2**20),
        "kinds": {kind: dict(sorted(each.items())) for kind, each in found.items()},
        "machine": platform.machine(),
    }
    print(json.dumps(said) if of.json else "\n".join(f"{name:34} {value}" for name, value in _lines(said)))


def _once(service: Any) -> httpx2.Client:
    """A client that sends one request over a connection: one that is kept may be closed as the next is sent."""
    alone = httpx2.Limits(max_keepalive_connections=0)
    return httpx2.Client(base_url=service.address, headers={"X-API-Key": service.key}, timeout=LONGEST, limits=alone)


def _some(count: int, seed: int, first: int) -> list[tuple[str, Sent]]:
    """A hundred of them; each hundred has a seed of its own, so that none waits in memory."""
    return list(uploads(min(100, count - first), seed * 1_000_003 + first))


def _lines(said: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in said.items():
        if name == "kinds":
            yield from ((f"  {kind}", "  ".join(f"{s}: {n}" for s, n in each.items())) for kind, each in value.items())
        else:
            yield name, value


if __name__ == "__main__":
    main()
