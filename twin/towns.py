"""Towns: the towns of data/ by name."""

from __future__ import annotations

import difflib
from pathlib import Path

from twin.build import LOAD, read_osm
from twin.errors import UnknownName
from twin.scenario import Scenario

_HERE = Path(__file__).parent


def data_folder() -> Path:
    """Return the folder of embedded towns: inside an installed package, or beside it in a checkout."""
    inside = _HERE / "data"
    return inside if inside.is_dir() else _HERE.parent / "data"


def names() -> list[str]:
    """Return the names of all embedded towns."""
    return sorted(extract.name.removesuffix(".osm.pbf") for extract in data_folder().glob("*/*.osm.pbf"))


def town(name: str, *, load: float = LOAD, seed: int = 0) -> Scenario:
    """Return an embedded town, read from its OpenStreetMap extract; needs no network.

    Parameters
    ----------
    name : str
        Such as ``"helsinki"``.
    load : float
        How full the busiest 5 % of lane groups are in the busiest hour; see ``twin.read_osm``.
    seed : int
        Draws the synthetic demand.

    Raises
    ------
    UnknownName
        If there is no such town; the text lists those that there are.
    """
    if name not in names():
        close = difflib.get_close_matches(name.casefold(), names(), n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(names())}."
        raise UnknownName(
            f"there is no embedded town {name!r}; {hint} Any other town is made of a file or a place: twin.read_osm, "
            "twin import."
        )
    return read_osm(data_folder() / name / f"{name}.osm.pbf", load=load, seed=seed)
