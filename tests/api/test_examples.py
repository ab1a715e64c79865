"""Every call by example: each line of curl is asked, in their order, and answered as it says."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from vinspect.api import people
from vinspect.api.keys import hashed, make_key
from vinspect.api.service import events
from vinspect.api.service.app import create_app
from vinspect.api.service.examples import Example, examples
from vinspect.api.store import Store

NETS: Any = None  # the road of paper needs none
ELSEWHERE = "GET /v1/session/openid", "GET /v1/session/openid/back"  # test_openid.py: they take a provider
OPEN = "verdicts", "ms"  # objects whose keys are not always the same
NAMED = "id", "key", "csrf", "sha256", "event"  # what later calls name
WAIT = 20.0  # seconds for what is done behind an answer


@pytest.fixture
def outside(
    tmp_path: Path, jpeg: bytes, road: object, listening: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """A service that listens, as the environment of a process that knows its address and its key."""
    monkeypatch.setattr(events, "LONGEST", 0)  # what there is, and no more
    monkeypatch.setattr(people, "_hasher", lambda: PasswordHash((Argon2Hasher(1, 8, 1),)))
    key, store = make_key(), Store(tmp_path / "data")
    store.replace_keys(hashed(key))
    store.close()
    for name in ("photo.jpg", "rubbing.jpg"):
        (tmp_path / name).write_bytes(jpeg)
    (tmp_path / "files.csv").write_text("number,rubbing\nVSSZZZ5FZG6527183,rubbing.jpg\n")
    with listening(create_app(tmp_path / "data", NETS)) as address:
        yield os.environ | {"URL": address, "KEY": key}


def asked(curl: str, outside: dict[str, str], folder: Path) -> tuple[str, str]:
    """The status, and what was answered."""
    lines = re.sub(r"^(.*\$\()?curl ", r"\g<0>-s ", curl, flags=re.M).splitlines()
    lines[-1] = lines[-1].replace("curl ", r"curl -w '\n%{http_code}' ", 1)
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", "\n".join(lines)],
        env=outside, cwd=folder, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, (curl, done.stderr)
    said, _, status = done.stdout.rpartition("\n")
    return status, said


def alike(shown: Any, said: Any) -> bool:
    """Whether an answer is made as the one that is shown; a list may go on."""
    if isinstance(shown, dict) and isinstance(said, dict):
        return shown.keys() == said.keys() and all(
            name in OPEN or alike(value, said[name]) for name, value in shown.items()
        )
    if isinstance(shown, list) and isinstance(said, list):
        return len(shown) <= len(said) and all(map(alike, shown, said))
    numbers = isinstance(shown, int | float) and isinstance(said, int | float)
    return None in (shown, said) or type(shown) is type(said) or numbers


def named(shown: Any, said: Any) -> Iterator[tuple[str, str]]:
    """What the example calls by one name and this store by another."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            if name in NAMED and not isinstance(value, dict) and value != said[name]:
                yield str(value), str(said[name])
            elif name not in OPEN:
                yield from named(value, said[name])
    elif isinstance(shown, list):
        for pair in zip(shown, said, strict=False):
            yield from named(*pair)


def settled(shown: Any, said: Any) -> bool:
    """Whether what is done behind the answer has been done, where the example shows it so."""
    done = [name for name in ("finished", "done") if isinstance(shown, dict) and shown.get(name)]
    return alike(shown, said) and all(said[name] for name in done)


def answered(example: Example, curl: str, outside: dict[str, str], folder: Path) -> Any:
    """What the service says to it, as soon as that is as shown."""
    until = time.monotonic() + WAIT
    while True:
        status, text = asked(curl, outside, folder)
        assert status[0] == "2", (curl, text)
        if not isinstance(example.answer, dict | list):
            return text
        said = json.loads(text)
        if settled(example.answer, said):
            return said
        assert example.call.startswith("GET "), (curl, text)
        assert time.monotonic() < until, (curl, text)
        time.sleep(0.1)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are not installed")
def test_each_is_answered_as_it_says(outside: dict[str, str], tmp_path: Path) -> None:
    names: dict[str, str] = {}
    for example in examples():
        if example.call in ELSEWHERE:
            continue
        curl = example.curl
        for shown, real in names.items():
            curl = re.sub(rf"(?<![\w-]){re.escape(shown)}(?![\w-])", real, curl)
        said = answered(example, curl, outside, tmp_path)
        if isinstance(example.answer, str):
            lines = re.findall(r"^(vinspect_\w+|event: \w+)", example.answer, re.MULTILINE)
            assert [line for line in lines if line not in said] == []
        else:
            names |= dict(named(example.answer, said))
    assert (tmp_path / "case.zip").read_bytes().startswith(b"PK")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_there_is_one_of_every_call_and_each_fits_the_description(tmp_path: Path, road: object) -> None:
    openapi = create_app(tmp_path, NETS).openapi()
    there = {
        f"{method.upper()} {path}": operation
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    }
    assert sorted(there) == sorted(example.call for example in examples())
    shown = 0
    for operation in there.values():
        assert operation["description"].count("```sh") == 1
        for said in (operation.get("requestBody", {}), *operation["responses"].values()):
            content = said.get("content", {}).get("application/json", {})
            if "example" in content:
                schema = {**content["schema"], "components": openapi["components"]}
                jsonschema.Draft202012Validator(schema).validate(content["example"])
                shown += 1
    assert shown > 50
