"""Towns: the towns of data/ by name, as they come along or, by their recipe, with their real streets."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Literal

from twin.build import LOAD, read_osm
from twin.errors import BadSource, UnknownName
from twin.recipes import Recipe, read_recipe
from twin.scenario import Scenario

_HERE = Path(__file__).parent
_STAND_IN, _EXTRACT = "-stand-in.osm.pbf", ".osm.pbf"


def data_folder() -> Path:
    """Return the folder of embedded towns: inside an installed package, or beside it in a checkout."""
    inside = _HERE / "data"
    return inside if inside.is_dir() else _HERE.parent / "data"


def names() -> list[str]:
    """Return the names of all embedded towns."""
    return sorted(
        extract.parent.name
        for extract in data_folder().glob(f"*/*{_EXTRACT}")
        if extract.name in {extract.parent.name + _EXTRACT, extract.parent.name + _STAND_IN}
    )


def recipe(name: str) -> Recipe | None:
    """Return where an embedded town really lies and what was published about it; None where its streets are real.

    Raises
    ------
    UnknownName
        If there is no such town.
    BadSource
        If its recipe cannot be read.
    """
    path = _folder(name) / "recipe.toml"
    return read_recipe(path) if path.exists() else None


def town(
    name: str, *, streets: Literal["stand-in", "real"] = "stand-in", load: float = LOAD, seed: int = 0
) -> Scenario:
    """Return an embedded town; needs no network unless real streets are asked for that do not come along.

    Parameters
    ----------
    name : str
        ``"helsinki"`` comes with its real streets. ``"yunqi"``, ``"xuelang"`` and ``"qiyun"`` come with a stylised
        stand-in, drawn by a script in the manner of the place: their name, labels and provenance say so.
    streets : str
        ``"stand-in"``: what comes along; ``"real"``: the streets in the box of the town's recipe, downloaded.
    load : float
        How full the busiest 5 % of lane groups are in the busiest hour; see ``twin.read_osm``.
    seed : int
        Draws the synthetic demand.

    Raises
    ------
    UnknownName
        If there is no such town; the text lists those that there are.
    BadSource
        If ``streets`` is neither, or real streets cannot be had.
    """
    if streets not in ("stand-in", "real"):
        raise BadSource(f"streets = {streets!r} must be 'stand-in' or 'real'")
    folder, known = _folder(name), recipe(name)
    if known is None:
        return read_osm(folder / f"{name}{_EXTRACT}", load=load, seed=seed)
    if streets == "real":
        return replace(read_osm(known.bbox, load=load, seed=seed), name=_called(known))
    drawn = read_osm(folder / f"{name}{_STAND_IN}", load=load, seed=seed)
    provenance = {**drawn.provenance, "stands_in_for": known.place}
    return replace(drawn, name=f"{_called(known)} (stylised)", provenance=provenance)


def _folder(name: str) -> Path:
    if name not in names():
        close = difflib.get_close_matches(str(name).casefold(), names(), n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(names())}."
        raise UnknownName(
            f"there is no embedded town {name!r}; {hint} Any other town is made of a file or a place: twin.read_osm, "
            "twin import."
        )
    return data_folder() / name


def _called(known: Recipe) -> str:
    return f"{known.name['en']} {known.name['zh-Hans']}"
