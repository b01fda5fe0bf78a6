"""Source: what was given - a file of OpenStreetMap data, or something else, which is then said clearly."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import osmium

from twin.errors import BadSource, TownError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from os import PathLike

LICENCE = "ODbL 1.0"
ATTRIBUTION = "© OpenStreetMap contributors"

STAND_IN = "towntwin stand-in"
"""Value of the tag ``source`` on every way that a script of ours drew in place of a real town."""

STYLISED = "a stand-in drawn by a script: not the real streets, and no OpenStreetMap data"
"""What the provenance of such a town says, whatever the file is called."""

Box = tuple[float, float, float, float]
"""West, south, east and north [degrees, WGS-84]."""

SERVER, DEADLINE = ("overpass-api.de", 443), 3.0
"""Where places would be read from, and the seconds that a look at the network may take."""

_SUFFIX = re.compile(r"\.(osm|pbf|o5m|opl|xml|gz|bz2|zip|html?|json|geojson|gpkg|txt|csv|shp)$", re.IGNORECASE)
_REMEDY = "give an extract as .osm, .osm.gz, .osm.bz2 or .osm.pbf"


def find(source: str | PathLike[str] | Box) -> Path:
    """Return the path of a file of OpenStreetMap data.

    Parameters
    ----------
    source : str or path
        A file (.osm, .osm.gz, .osm.bz2, .osm.pbf). A text without a folder and without a file's ending counts as the
        name of a place; neither places by their name nor boxes are read yet.

    Returns
    -------
    Path
        A file that is there and not empty.

    Raises
    ------
    BadSource
        If there is no such file, it is a folder or empty, or the name of a place was given.
    """
    if isinstance(source, tuple):
        raise BadSource(f"the real streets of the box {source} need a download, which is not built yet: {_REMEDY}")
    path = Path(source)
    if not str(source).strip():
        raise BadSource(f"source = {source!r} is empty: {_REMEDY}")
    if path.is_dir():
        raise BadSource(f"{str(path)!r} is a folder, not a file: name the file in it; {_REMEDY}")
    if not path.exists():
        if isinstance(source, str) and _is_place(source):
            raise BadSource(_no_places_yet(source))
        raise BadSource(f"no such file: {str(path)!r} (looked in {str(path.absolute().parent)!r}): {_REMEDY}")
    if path.stat().st_size == 0:
        raise BadSource(f"the file {str(path)!r} is empty (0 bytes): download it again; {_REMEDY}")
    return path


def online() -> bool:
    """Return whether the network is there, after a look of at most a few seconds; nothing is sent."""
    reached: list[bool] = []

    def look() -> None:
        try:
            socket.create_connection(SERVER, timeout=DEADLINE).close()
            reached.append(True)
        except OSError:
            pass

    # In a thread, because looking up a name has no time limit of its own.
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    return bool(reached)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn osmium's errors into one that names the file and the remedy.

    Raises
    ------
    BadSource
        If osmium cannot read the file.
    """
    try:
        yield
    except TownError:
        raise
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        raise BadSource(
            f"the file {str(path)!r} cannot be read as OpenStreetMap data ({error}): "
            f"it may be something else or cut short, so download it again; {_REMEDY}"
        ) from error


def described(path: Path, timestamp: str, sources: Collection[str]) -> dict[str, str]:
    """Return where the data come from: file, sha256, licence, attribution and the timestamp of the data ("" = none).

    Parameters
    ----------
    path : Path
    timestamp : str
    sources : collection of str
        The values of the tag ``source`` on its roads ("" = none): if one of them is ours, the town is ``stylised``.
    """
    drawn = STAND_IN in sources
    theirs = {"licence": LICENCE, "attribution": ATTRIBUTION, "timestamp": timestamp}
    ours = {"licence": "Apache-2.0", "attribution": "", "timestamp": ""}
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        **(ours if drawn and len(sources) == 1 else theirs),
        **({"stylised": STYLISED} if drawn else {}),
    }


def _is_place(source: str) -> bool:
    return not ("/" in source or "\\" in source or source.startswith(("~", ".")) or _SUFFIX.search(source))


def _no_places_yet(name: str) -> str:
    instead = 'use a file (.osm, .osm.pbf) or the town that comes along, twin.town("helsinki")'
    if not online():
        return f"{name!r} is no file here, and as the name of a place it needs the network, which is offline: {instead}"
    return (
        f"{name!r} is no file here, and reading a place by its name is not built yet: download the place as a file "
        f"(https://www.openstreetmap.org/export) and give its path, or {instead}"
    )
