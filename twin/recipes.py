"""Recipes: where a real town lies, what it is called, and what was published about it - each figure with its source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import BadSource

HYPOTHESIS = "never independently evaluated"
"""What a recipe must say of its figures: they are claims to be tested, not facts to be built on."""

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
"""Languages in which a town has a name."""

WIDEST = 0.2
"""The most degrees that a town's box may span: a slip of the pen must not ask a server for a province."""

_CORNERS = ("west", "south", "east", "north")
_REMEDY = "correct the recipe"


@dataclass(frozen=True)
class Figure:
    """What was said about a town: ``what``, its ``value`` as published, and the keys of its ``sources``."""

    what: str
    value: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """What one must know of a real place to read its streets and to test what is said about it.

    Parameters
    ----------
    name : dict
        By language: en, zh-Hans, zh-Hant.
    place : str
        Where it lies.
    centre : (float, float)
        Latitude and longitude [degrees, WGS-84].
    bbox : (float, float, float, float)
        West, south, east, north [degrees, WGS-84].
    figures : tuple of Figure
        Hypotheses.
    sources : dict
        What each key of a source means.
    """

    name: dict[str, str]
    place: str
    centre: tuple[float, float]
    bbox: tuple[float, float, float, float]
    figures: tuple[Figure, ...]
    sources: dict[str, str]


def read_recipe(path: str | Path) -> Recipe:
    """Return what a recipe.toml says.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Recipe

    Raises
    ------
    BadSource
        If the file cannot be read, or something in it is missing, of the wrong kind or impossible; the text names the
        file, the key and the value.
    """
    file = Path(path)
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadSource(f"the recipe {str(file)!r} cannot be read ({error}): {_REMEDY}") from error
    name = _texts(file, said, "name")
    missing = [language for language in LANGUAGES if not name.get(language)]
    if missing:
        raise _bad(file, f"name.{missing[0]}", name.get(missing[0]), "must be the town's name in that language")
    if said.get("evaluated") != HYPOTHESIS:
        raise _bad(file, "evaluated", said.get("evaluated"), f"must be {HYPOTHESIS!r}, since nobody did")
    sources = _texts(file, said, "sources")
    centre, bbox = _where(file, said)
    return Recipe(name, _text(file, said, "place"), centre, bbox, _figures(file, said, sources), sources)


def _where(file: Path, said: dict[str, Any]) -> tuple[tuple[float, float], tuple[float, float, float, float]]:
    latitude, longitude = _numbers(file, said, "centre", 2)
    west, south, east, north = _numbers(file, said, "bbox", len(_CORNERS))
    if not (west < longitude < east and south < latitude < north):
        raise _bad(file, "bbox", said["bbox"], f"must be [{', '.join(_CORNERS)}] around the centre {said['centre']}")
    if not (max(east - west, north - south) <= WIDEST and max(abs(south), abs(north)) < 90 and abs(west) <= 180):  # noqa: PLR2004
        raise _bad(file, "bbox", said["bbox"], f"must lie on the Earth and span at most {WIDEST} degrees")
    return (latitude, longitude), (west, south, east, north)


def _figures(file: Path, said: dict[str, Any], sources: dict[str, str]) -> tuple[Figure, ...]:
    rows = said.get("figures", [])
    if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
        raise _bad(file, "figures", rows, "must be tables, [[figures]]")
    found = []
    for number, row in enumerate(rows, start=1):
        keys = row.get("sources")
        if not (isinstance(keys, list) and keys and all(isinstance(key, str) and key in sources for key in keys)):
            known = ", ".join(sorted(sources))
            raise _bad(file, f"figures, row {number}, sources", keys, f"must name one or more of {known}")
        found.append(Figure(_text(file, row, "what"), _text(file, row, "value"), tuple(keys)))
    return tuple(found)


def _text(file: Path, said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    if not (isinstance(value, str) and value.strip()):
        raise _bad(file, key, value, "must be a text")
    return value


def _texts(file: Path, said: dict[str, Any], key: str) -> dict[str, str]:
    value = said.get(key)
    if not (isinstance(value, dict) and all(isinstance(text, str) for text in value.values())):
        raise _bad(file, key, value, "must be a table of texts")
    return value


def _numbers(file: Path, said: dict[str, Any], key: str, count: int) -> tuple[float, ...]:
    value = said.get(key)
    parts = value if isinstance(value, list) else []
    if len(parts) != count or not all(type(part) in {int, float} for part in parts):
        raise _bad(file, key, value, f"must be a list of {count} numbers [degrees]")
    return tuple(float(part) for part in parts)


def _bad(file: Path, key: str, value: object, why: str) -> BadSource:
    return BadSource(f"the recipe {str(file)!r}: {key} = {value!r} {why}: {_REMEDY}")
