"""`vinspect serve` on the road of paper, to be killed: it takes the options of the real one."""

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vinspect.api.cli import app
from vinspect.api.service import events, start
from vinspect.api.service.looking import Here
from vinspect.vision import inspector

PACE = 0.02  # seconds for a photograph

spec = importlib.util.spec_from_file_location("paper", Path(__file__).with_name("conftest.py"))
assert spec is not None
assert spec.loader is not None
paper: Any = importlib.util.module_from_spec(spec)
spec.loader.exec_module(paper)

with pytest.MonkeyPatch.context() as patch:
    road = paper.laid(patch)

    def inspect(photo: Any, *_: object) -> object:
        time.sleep(PACE)
        return road.inspect(photo)

    patch.setattr(inspector, "inspect", inspect)
    patch.setattr(start, "Apart", lambda threads: Here(None))  # beside this process the road is the real one
    patch.setattr(events, "LONGEST", 0.1)  # whoever listens is sent away at once
    patch.setattr(events, "EVERY", 0.1)
    app(["serve", *sys.argv[1:]])
