"""Source: what was given - a file of OpenStreetMap data, a place, or something else, which is then said clearly."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import osmium
import shapely

from twin.errors import BadSource, BadTable, TownError
from twin.osm.blame import blame
from twin.osm.place import Area, Place, boxed, is_box, named, outlined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

LICENCE = "ODbL 1.0"
ATTRIBUTION = "© OpenStreetMap contributors"

STAND_IN = "towntwin stand-in"
"""Value of the tag ``source`` on every way that a script of ours drew in place of a real town."""

STYLISED = "a stand-in drawn by a script: not the real streets, and no OpenStreetMap data"
"""What the provenance of such a town says, whatever the file is called."""

Source = str | os.PathLike[str] | Sequence[float] | Area
"""What a town can be made of: a file, the name of a place, a box, an outline."""

_SUFFIX = re.compile(r"\.(osm|pbf|o5m|opl|xml|gz|bz2|zip|html?|graphml|json|geojson|gpkg|txt|csv|shp)$", re.IGNORECASE)
_REMEDY = "give an extract as .osm, .osm.gz, .osm.bz2 or .osm.pbf, or a graph of osmnx as .graphml"
_ANY = f"{_REMEDY}, the name of a place, a box (west, south, east, north) or a shapely polygon"


def find(source: Source) -> Path | Place:
    """Return the path of a file, or the place that is to be fetched.

    Parameters
    ----------
    source : str, path, four floats, Polygon or MultiPolygon
        A text that is the path of something is that. Else four numbers with commas between them are a box, and a text
        without a folder and without a file's ending is the name of a place.

    Returns
    -------
    Path or Place
        A file that is there and not empty, or a place that can be asked for.

    Raises
    ------
    BadSource
        If there is no such file, it is a folder or empty, or there can be no such place.
    """
    if isinstance(source, shapely.Polygon | shapely.MultiPolygon):
        return outlined(source)
    if isinstance(source, str):
        there = os.path.lexists(source.strip() or ".")
        if not there and is_box(source):
            return boxed(source)
        if source.strip() and not there and _is_name(source):
            return named(source)
    elif not isinstance(source, os.PathLike):
        if isinstance(source, Sequence) or hasattr(source, "tolist"):
            return boxed(source)
        raise BadSource(f"{type(source).__name__} is nothing that a town can be made of: {_ANY}")
    return file(source)


def file(source: str | os.PathLike[str]) -> Path:
    """Return the path of a file that is there and not empty.

    Raises
    ------
    BadSource
        If it is not.
    """
    if isinstance(source, tuple):
        raise BadSource(f"the real streets of the box {source} need a download, which is not built yet: {_REMEDY}")
    path = Path(source)
    if not str(source).strip():
        raise BadSource(f"source = {source!r} is empty: {_REMEDY}")
    try:
        if path.is_dir():
            raise BadSource(_no_file(path))
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        if isinstance(error, BadSource):
            raise
        looked = f"no such file: {str(path)!r} (looked in {str(path.absolute().parent)!r})"
        why = looked if isinstance(error, FileNotFoundError) else f"the file {str(path)!r} cannot be opened ({error})"
        raise BadSource(f"{why}: {_REMEDY}") from None
    if size == 0:
        raise BadSource(f"the file {str(path)!r} is empty (0 bytes): download it again; {_REMEDY}")
    return path


class Where:
    """Where in a file the reader is: the element that it took last, and whether that is still in its hands."""

    def __init__(self) -> None:
        self.kind, self.number, self.inside = "", 0, False

    def __str__(self) -> str:
        return f"{'in' if self.inside else 'after'} {self.kind}:{self.number}" if self.kind else ""


@contextmanager
def reading(path: Path) -> Iterator[Where]:
    """Turn osmium's errors into one that names the file, the element and the remedy.

    Raises
    ------
    BadSource
        If osmium cannot read the file.
    """
    where = Where()
    try:
        yield where
    except TownError:
        raise
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        at = str(where) if where.inside else blame(path) or str(where)
        raise BadSource(
            f"the file {str(path)!r} cannot be read as OpenStreetMap data ({error}{', ' * bool(at)}{at}): "
            f"it may be something else or cut short, so download it again; {_REMEDY}"
        ) from error


@contextmanager
def naming(called: str) -> Iterator[None]:
    """Turn the error of a table into one that names the source of which it was made; the link's id names its way.

    Raises
    ------
    BadSource
        If the source says something that no table can hold.
    """
    try:
        yield
    except BadTable as error:
        raise BadSource(f"{called} makes no town: {error}; mend it, or {_REMEDY}") from error


def described(path: Path, timestamp: str, sources: Collection[str]) -> dict[str, str]:
    """Return where a file's data come from: file, sha256, and what ``licensed`` says."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, "sha256": digest, **licensed(timestamp, sources)}


def licensed(timestamp: str, sources: Collection[str]) -> dict[str, str]:
    """Return licence, attribution and timestamp of data ("" = none), and whether they are ``stylised``.

    Parameters
    ----------
    timestamp : str
    sources : collection of str
        The values of the tag ``source`` on the roads ("" = none): if one of them is ours, the town is stylised.
    """
    drawn = STAND_IN in sources
    theirs = {"licence": LICENCE, "attribution": ATTRIBUTION, "timestamp": timestamp}
    ours = {"licence": "Apache-2.0", "attribution": "", "timestamp": ""}
    return {**(ours if drawn and len(sources) == 1 else theirs), **({"stylised": STYLISED} if drawn else {})}


def _no_file(path: Path) -> str:
    if (path / "manifest.json").exists():
        return f"{str(path)!r} is a folder that keeps a town, not a file: read it with twin.read_town({str(path)!r})"
    return f"{str(path)!r} is a folder, not a file: name the file in it; {_REMEDY}"


def _is_name(source: str) -> bool:
    return not ("/" in source or "\\" in source or source.startswith(("~", ".")) or _SUFFIX.search(source))
