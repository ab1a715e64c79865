"""docs/api.md is what happens: its sessions are run against a service that listens."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vinspect.api.keys import hashed, make_key
from vinspect.api.service.app import create_app
from vinspect.api.store import Store

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
NETS: Any = None


@pytest.fixture
def outside(tmp_path: Path, jpeg: bytes, road: object, listening: Any) -> Iterator[dict[str, str]]:
    """A service that listens, as the environment of a process that knows its address and its key."""
    key, store = make_key(), Store(tmp_path / "data")
    store.replace_keys(hashed(key))
    store.close()
    (tmp_path / "photo.jpg").write_bytes(jpeg)
    with listening(create_app(tmp_path / "data", NETS)) as address:
        yield os.environ | {"URL": address, "KEY": key}


def said(command: list[str], outside: dict[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=outside, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are not installed")
def test_the_session_with_curl_is_answered_as_it_says(outside: dict[str, str], tmp_path: Path) -> None:
    script = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0]
    lines = said(["/bin/sh", "-e", "-c", script], outside, tmp_path).splitlines()
    assert "review" in lines
    assert "LSVAM4187C2184841" in lines
    assert lines[-3] == "cleared"
    assert lines[-2].startswith("key:")
    assert lines[-1] == "compared with the file"
    assert (tmp_path / "overlay.jpg").read_bytes().startswith(b"\xff\xd8")


def test_the_session_with_python_is_answered_as_it_says(outside: dict[str, str], tmp_path: Path) -> None:
    [script] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    lines = said([sys.executable, "-X", "utf8", "-c", script], outside, tmp_path).splitlines()
    assert lines[0] == "retake"
    assert lines[1].startswith("409 The last decision")
    assert "第 1 版" in lines[1]
