"""A bar for what takes long, where a person looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def progress(total: int, unit: str, *, json: bool) -> Iterator[tuple[Console, Console, Callable[[], None]]]:
    """Where to print, where to complain, and what to call after each of the `total` things; `unit` is what they are.

    A bar is shown on standard error where a person looks at it, and there is something to wait for.
    """
    out = Console(highlight=False)
    if not out.is_terminal:
        out = Console(highlight=False, width=240)
    err = stderr()
    if total < 2 or not err.is_terminal or (json and out.is_terminal):
        yield out, err, lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:.1f} {unit}/s")

    columns = BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn()
    with Progress(*columns, console=err, transient=True, redirect_stdout=False) as progress:
        task = progress.add_task("", total=total)
        # On one terminal the rows go above the bar, so they must come through the bar's own console.
        yield err if out.is_terminal else out, err, lambda: progress.advance(task)


def stderr() -> Console:
    """Where to complain."""
    return Console(stderr=True, highlight=False)
