"""What locust sends to the service; benchmarks/serve.py runs it in a process of its own, and reads what it notes."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any

from locust import FastHttpUser, events, task

PHOTOS = [path.read_bytes() for path in sorted(Path(os.environ["LOAD_PHOTOS"]).glob("*.jpg"))]
HEADERS = {"X-API-Key": os.environ["LOAD_KEY"], "Content-Type": "image/jpeg"}
PAUSE = float(os.environ["LOAD_PAUSE"])  # mean seconds between an answer and the next photograph of the same sender
NOTES = open(os.environ["LOAD_NOTES"], "w", encoding="utf-8")  # noqa: SIM115 (as long as the process)


class Camera(FastHttpUser):
    """Sends photographs, one after the other."""

    network_timeout = connection_timeout = 120.0

    def wait_time(self) -> float:
        return random.expovariate(1 / PAUSE) if PAUSE else 0.0

    def on_start(self) -> None:
        time.sleep(self.wait_time())  # so that they do not all begin at once

    @task
    def post(self) -> None:
        with self.client.post(
            "/v1/inspections", data=random.choice(PHOTOS), headers=HEADERS, catch_response=True
        ) as answer:
            answer.success()  # what it is, is counted from the notes


@events.request.add_listener
def note(response_time: float, response: Any, exception: object = None, **_: object) -> None:
    status = getattr(response, "status_code", 0)
    NOTES.write(json.dumps([time.time(), response_time / 1000, status, None if status else str(exception)]) + "\n")


@events.quitting.add_listener
def close(**_: object) -> None:
    NOTES.close()
