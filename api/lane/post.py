"""Cases go from the spool to the service, each until it is taken, and once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx2
import tenacity

from vinspect.api.answered import detail_of, json_of
from vinspect.api.lane.spool import Case, Spool

PATH = "/v1/inspections"
LONGEST = 60.0  # seconds between two attempts
_ANSWER = httpx2.Timeout(120.0, connect=5.0)  # the service inspects before it answers
_NEVER = frozenset((413, 415, 422))  # of this picture; the same request will fail again


class Later(Exception):
    """What was not taken now, and may be in a moment: what is wrong, and when to come again."""

    def __init__(self, sentence: str, wait: float = 0.0) -> None:
        super().__init__(sentence)
        self.wait = wait


class Absent(Later):
    """Nobody answers: no other case would fare better."""


def client(server: str, key: str) -> httpx2.Client:
    """Speaks to the service at an address."""
    return httpx2.Client(base_url=server, headers={"Authorization": f"Bearer {key}"}, timeout=_ANSWER)


class Post:
    """Sends what waits in a spool, in a thread of its own."""

    def __init__(self, http: httpx2.Client, spool: Spool, settled: Callable[[Case], None], say: Callable[[str], None]):
        """settled: is told of each case that was taken or refused; say: of what keeps cases waiting, once each time."""
        self._http, self._spool, self._settled, self._say = http, spool, settled, say
        self._awake, self._stopping = threading.Event(), threading.Event()
        self._said: str | None = None
        self._thread = threading.Thread(target=self._run, name="post", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new to send."""
        self._awake.set()

    def stop(self) -> None:
        """Finish the request that is under way, and end."""
        self._stopping.set()
        self._awake.set()
        self._thread.join()

    def round(self) -> None:
        """Try each waiting case once. Raises Later where one still waits."""
        self._awake.clear()
        left: Later | None = None
        for key in self._spool.waiting():
            if self._stopping.is_set():
                return
            try:
                self._settled(self.send(self._spool.case(key)))
                self._said = None
            except Absent:
                raise
            except Later as error:
                left = error
        if left is not None:
            raise left

    def send(self, case: Case) -> Case:
        """Post one case, and write down what became of it. Raises Later where it has to be sent again."""
        assert case.picture is not None
        said = case.document
        fields = {name: str(said[name]) for name in ("station", "lane", "captured") if said.get(name)}
        try:
            answer = self._http.post(
                PATH,
                headers={"Idempotency-Key": case.key},
                data=fields,
                files={"photo": (str(said["photo"]), case.picture)},
            )
        except httpx2.HTTPError as error:
            raise Absent(f"the service does not answer ({error or type(error).__name__})") from error
        status = answer.status_code
        if status in _NEVER:
            self._spool.refuse(case.key, detail_of(answer))
        elif not answer.is_success:
            raise Later(f"the service answers {status}: {detail_of(answer)}", _seconds(answer))
        else:
            document = json_of(answer)
            if not isinstance(document.get("id"), str):
                raise Absent("what answers there is no Vinspect: check --server")
            if document.get("sha256", said["sha256"]) != said["sha256"]:
                self._spool.refuse(case.key, "The service has another picture under this key.")
            else:
                self._spool.sent(case.key, document["id"], document.get("verdict"))
        return self._spool.case(case.key)

    def _run(self) -> None:
        while not self._stopping.is_set():
            retrying = tenacity.Retrying(
                retry=tenacity.retry_if_exception_type(Later),
                wait=_wait,
                sleep=self._sleep,
                stop=tenacity.stop_when_event_set(self._stopping),
                before_sleep=self._complain,
                retry_error_callback=lambda state: None,
            )
            retrying(self.round)
            if not self._stopping.is_set():
                self._awake.wait()

    def _sleep(self, seconds: float) -> None:
        self._awake.wait(seconds)  # what is new may be sent at once

    def _complain(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        trouble = "absent" if isinstance(error, Absent) else str(error)
        if trouble != self._said:
            self._said = trouble
            self._say(f"{str(error).rstrip('.')}; cases wait in the spool and are sent as soon as it goes")


_backoff = tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST)


def _wait(state: tenacity.RetryCallState) -> float:
    """Longer each time, and no shorter than the service asks for."""
    error = state.outcome.exception() if state.outcome else None
    return max(_backoff(state), error.wait if isinstance(error, Later) else 0.0)


def _seconds(answer: httpx2.Response) -> float:
    """What Retry-After says."""
    said = answer.headers.get("retry-after", "")
    return min(float(said), LONGEST) if said.isdigit() else 0.0
