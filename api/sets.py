"""`vinspect datasets`: sets of rendered numbers to train and to measure on."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

MAKERS = "vinspect.sets"  # the group of entry points; what renders is no part of reading, and is imported only here

app = typer.Typer(help="Sets of rendered numbers, of which everything is known.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `make` a command of its own while it is the only one."""


@app.command(epilog="Exit status: 0 the set is whole; 2 not understood; 3 the folder could not be used or written.")
def make(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, or a set that was cut off.")],
    count: Annotated[int, typer.Option("--count", min=1, help="How many strips.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same set.")] = 0,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Dies, processes, tools, metals and lights that training never sees.")
    ] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help="One JSON object a line for each strip, as docs/strips.schema.json describes."),
    ] = False,
) -> None:
    """Strike, forge and photograph numbers: pictures, masks, heights, rubbings, and a manifest that says everything.

    Example: vinspect datasets make strips --count 1000 --seed 7
    """
    from vinspect.api.document import json_line
    from vinspect.api.progress import progress

    found = [entry for entry in entry_points(group=MAKERS) if entry.name == "strips"]
    if not found:
        raise typer.BadParameter("nothing here makes sets: install vinspect again", param_hint="make")
    maker = found[0].load()
    genuine = forged = 0
    with progress(count, "strips", json=json) as (out, err, step):
        try:
            for line in maker(folder, count, seed, held_out):
                genuine, forged = genuine + (line["method"] is None), forged + (line["method"] is not None)
                if json:
                    print(json_line(line), flush=True)
                step()
        except (OSError, ValueError) as error:
            err.print(f"vinspect: {error}", markup=False, soft_wrap=True)
            raise typer.Exit(3) from error
    if not json:
        out.print(f"{folder}: {genuine} genuine and {forged} forged numbers, described in {folder / 'manifest.jsonl'}")
