"""A road of paper: an inspection with every part of it set by hand, so that api/ is tested apart from the networks."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from vinspect.api.keys import hashed, make_key
from vinspect.api.service.app import create_app
from vinspect.api.store import Store
from vinspect.vision import draw, evidence, inspector

VIN = "LSVAM4187C2184841"
NETS: Any = None  # the road of paper needs none

Opened = Callable[..., AbstractContextManager[TestClient]]
Answer = Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]]
"""Status, headers and body of what a server answers to a request."""


def quad(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return evidence.frozen(np.array(corners, np.float32))


def character(position: int, text: str, line: int = 0) -> evidence.Character:
    x = 20 + 30 * position
    box = evidence.frozen(np.array([x, 4, x + 24, 44], np.float32))
    candidates = ((text, 0.999), ("B", 0.0005))
    if text == "?":
        candidates = (("8", 0.4), ("B", 0.35))
    elif position == 7:
        candidates = (("8", 0.61), ("B", 0.3899))
    return evidence.Character(text, candidates[0][1], candidates, quad(x, 100, x + 24.005, 140), box, line)


def reading(text: str = VIN) -> evidence.Reading:
    line = evidence.StampLine(quad(20, 96, 530, 144), 0.98, 0.99)
    strip = evidence.Strip(evidence.frozen(np.full((48, 510), 90, np.uint8)), np.eye(3), 1.0)
    rules = evidence.Rules(
        vin=True,
        check_digit=True,
        binding=True,
        maker="SAIC Volkswagen",
        country="China",
        years=(1982, 2012),
        suggestions=("LSVAM4187C2184847",),
        problems=("Position 18 does not exist.",),
        problems_zh=("没有第 18 位。",),
    )
    barcode = evidence.Barcode(VIN, "Code39", ((20, 160), (300, 160), (300, 200), (20, 200)), agrees=True)
    characters = tuple(character(position, each) for position, each in enumerate(text))
    return evidence.Reading(
        text, 0.9899999, line.quad, ("*", None), (line,), (strip,), "struck", characters, rules, (barcode,)
    )


def report(photograph: evidence.Photo, *readings: evidence.Reading) -> evidence.Report:
    why = None
    if not readings:
        why = evidence.Reason("no_number", "No number was found: move closer and hold level.", "未找到号码。")
    elif "?" in readings[0].text:
        why = evidence.Reason("glare", "Light glints on character 8: hold the lamp to the side.", "反光。")
    return evidence.Report(photograph, readings, why, {"locate": 3.14159, "read": 2.0})


def inspection(of: evidence.Report) -> evidence.Inspection:
    if not of.readings:
        return evidence.Inspection(of, (), evidence.Verdict("cannot judge", None, (), of.why))
    supports = tuple(1.5 if position == 7 else -0.25 for position in range(len(of.readings[0].characters)))
    findings = (
        evidence.Finding(
            "odd_height",
            (7,),
            1.5,
            "Character 8 stands higher than the others.",
            "第 8 位字符偏高。",
            quad(230, 100, 254, 140),
        ),
        evidence.Finding("check_digit_holds", (), -0.1, "The check digit holds.", "校验位相符。", None),
    )
    return evidence.Inspection(of, findings, evidence.Verdict("review", 1.4, supports, None))


class Road:
    """What the road says of a photograph, by its name: `empty...` holds no number, `worn...` one it cannot read."""

    def read(self, photograph: evidence.Photo, *_: object) -> evidence.Report:
        name = Path(photograph.name).name
        if name.startswith("broken"):
            raise ZeroDivisionError("by zero")
        if name.startswith("empty"):
            return report(photograph)
        return report(photograph, reading(VIN.replace("8", "?", 1) if name.startswith("worn") else VIN))

    def inspect(self, photograph: evidence.Photo, *_: object) -> evidence.Inspection:
        return inspection(self.read(photograph))


def laid(patch: pytest.MonkeyPatch) -> Road:
    paper = Road()
    patch.setattr(inspector, "open_nets", lambda reader=None, threads=2: None)
    patch.setattr(inspector, "read", paper.read)
    patch.setattr(inspector, "inspect", paper.inspect)
    patch.setattr(draw, "overlay", lambda result: np.full((8, 8, 3), 200, np.uint8))
    return paper


@pytest.fixture
def road(monkeypatch: pytest.MonkeyPatch) -> Road:
    """The road of paper in the place of the real one."""
    return laid(monkeypatch)


@pytest.fixture(scope="module")
def paper_road() -> Iterator[Road]:
    """The same for all tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        yield laid(patch)


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A small grey photograph."""
    grey = np.full((240, 560), 120, np.uint8)
    cv2.putText(grey, VIN, (20, 140), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 40, 3)
    return cv2.imencode(".jpg", grey)[1].tobytes()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a store."""
    return tmp_path / "data"


@pytest.fixture
def database() -> str | None:
    """Where that store has its database: SQLite. A module whose tests run on both databases hands on `url` here."""
    return None


@pytest.fixture
def admin(data: Path, database: str | None) -> str:
    """The administrator's key of a new store."""
    store, key = Store(data, database), make_key()
    store.replace_keys(hashed(key))
    store.close()
    return key


@pytest.fixture
def opened(data: Path, admin: str, road: Road, database: str | None) -> Opened:
    """Starts the service on that store, as often as a test wants, with the options of `create_app`."""

    @contextmanager
    def service(**options: Any) -> Iterator[TestClient]:
        app = create_app(data, NETS, url=database, **options)
        with TestClient(app, headers={"X-API-Key": admin}, raise_server_exceptions=False) as client:
            yield client

    return service


@pytest.fixture
def client(opened: Opened) -> Iterator[TestClient]:
    """That service, to whoever has the administrator's key."""
    with opened(max_body=100_000) as client:
        yield client


@pytest.fixture
def listening() -> Callable[[FastAPI], AbstractContextManager[str]]:
    """Lets an application listen on a port of this machine; gives its address."""

    @contextmanager
    def listen(app: FastAPI) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as door:
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
            thread.start()
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{door.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join()

    return listen


@pytest.fixture
def served() -> Iterator[Callable[[Answer], str]]:
    """Has a server of its own, on this machine, answer what a function says; gives its address."""
    with ExitStack() as stack:

        def serve(answer: Answer) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    # A request that nobody has read resets the connection that its answer is on.
                    self.rfile = BytesIO(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                    status, headers, body = answer(self)
                    self.send_response(status)
                    for name, value in {**headers, "Content-Length": str(len(body))}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)

                do_POST = do_GET

                def log_message(self, *_: object) -> None:
                    """Say nothing."""

            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield serve


@pytest.fixture
def folder(tmp_path: Path, jpeg: bytes) -> Path:
    """A folder with photographs in it and below it, one of them without a picture's suffix, and a text."""
    photos = tmp_path / "photos"
    (photos / "below").mkdir(parents=True)
    for name in ("a.jpg", "below/a.JPG", "b.dat"):
        (photos / name).write_bytes(jpeg)
    (photos / "notes.txt").write_text("no photograph")
    return photos


@pytest.fixture
def paper_inspection() -> evidence.Inspection:
    """An inspection of paper, of a photograph that is none."""
    small = evidence.frozen(np.full((240, 560), 120, np.uint8))
    photograph = evidence.Photo("a.jpg", "0" * 64, b"", (560, 240), small, 1.0)
    return inspection(report(photograph, reading(), reading("4M40-HB1234")))
