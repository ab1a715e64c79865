"""`vinspect lane`. What takes long to import is imported by the command that needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_EXIT = """
Exit status, the highest that applies:

0  every vehicle is with the service, and nothing speaks against it

1  a number could not be read or judged, or the frames disagree about it

2  the command was not understood

3  a vehicle is not with the service, or a frame could not be used

4  a number needs a second look: review or suspect
"""


app = typer.Typer(help="A fixed camera at a lane: every vehicle becomes one case at the service.", no_args_is_help=True)


def _address(server: str) -> str:
    if not server.startswith(("http://", "https://")):
        raise typer.BadParameter("an address begins with http:// or https://")
    return server


Server = Annotated[
    str, typer.Option("--server", metavar="URL", help="Where `vinspect serve` listens.", callback=_address)
]
Key = Annotated[
    str, typer.Option("--key", metavar="KEY", envvar="VINSPECT_KEY", help="The station's key.", show_envvar=True)
]
Station = Annotated[str, typer.Option("--station", metavar="ID", help="The station's id.")]
LaneName = Annotated[str, typer.Option("--lane", metavar="NAME", help="The lane's name.")]
SpoolFolder = Annotated[
    Path,
    typer.Option("--spool", metavar="FOLDER", help="Where cases wait for the service. Each lane has one of its own."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line for each vehicle: docs/lane.schema.json.")]
_SPOOL = Path("vinspect-spool")


@app.command(epilog=_EXIT)
def replay(
    source: Annotated[Path, typer.Argument(metavar="FOLDER|VIDEO", help="Pictures in the order of names, or a video.")],
    server: Server,
    key: Key,
    station: Station,
    lane: LaneName,
    spool: SpoolFolder = _SPOOL,
    json: Json = False,
) -> None:
    """Find the vehicles in a recording, read the best frames of each, and send each to the service as one case.

    Given again after it was cut off, it sends what is missing, and nothing twice.

    Example: vinspect lane replay monday.mp4 --server http://office:8000 --station 12 --lane 1
    """
    from vinspect.api.lane.frames import replayed
    from vinspect.api.lane.session import Place, session

    place = Place(server, key, station, lane, spool)
    raise typer.Exit(session(lambda stopping: replayed(source), str(source), place, json=json, live=False))


@app.command(epilog=_EXIT)
def run(
    url: Annotated[str, typer.Option("--camera", metavar="URL", help="What PyAV opens: rtsp://..., a device.")],
    server: Server,
    key: Key,
    station: Station,
    lane: LaneName,
    spool: SpoolFolder = _SPOOL,
    json: Json = False,
) -> None:
    """Watch a camera until Ctrl-C, and send each vehicle that has gone to the service as one case.

    Example: vinspect lane run --camera rtsp://10.0.0.7/main --server http://office:8000 --station 12 --lane 1
    """
    from vinspect.api.lane.frames import camera, without_password
    from vinspect.api.lane.session import Place, session

    place, name = Place(server, key, station, lane, spool), without_password(url)
    raise typer.Exit(session(lambda stopping: camera(url, stopping), name, place, json=json, live=True))
