"""Values: the tags of a way, read from the attributes of an edge, of which some may be lists after simplification."""

from __future__ import annotations

import ast
from math import isfinite
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from twin.osm import tags as meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.osm.scan import Tags
    from twin.osm.tags import Notes

STEMS = {
    "highway", "area", "name", "ref", "junction", "priority_road", "driving_side", "lanes", "turn", "maxspeed", "zone",
    "source", "bus", "psv", "vehicle", "motor_vehicle", "motorcar", "access",
}  # fmt: skip
"""What the keys begin with that say something about a road; all other attributes of edges are left out."""

SEVERAL, PARTLY = "several values", "left out"
"""Kinds of the notes on edges with several values: one was taken; some of them are closed to cars, so all of it is."""

_MISSING = {"", "nan", "None"}
"""Texts that stand in a GraphML file where an attribute had no value."""

_LONGEST = 100_000  # characters of a text that is read as a list


def listed(value: object) -> list[Any]:
    """Return the values of an attribute: those of a list, or of a text that looks like one (GraphML has no lists)."""
    if isinstance(value, str) and len(value) < _LONGEST and value[:1] + value[-1:] in {"[]", "{}"}:
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            return [value]
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def text(value: object) -> str:
    """Return a value as the text that a tag has; "" where there is none.

    Examples
    --------
    >>> [text(value) for value in ("Main St", 2, 2.0, 30.5, True, float("nan"), None)]
    ['Main St', '2', '2', '30.5', 'yes', '', '']
    """
    if isinstance(value, str):
        return "" if value in _MISSING else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real) and isfinite(float(value)):
        return format(float(value), "g")
    return ""


def truth(value: object) -> bool | None:
    """Return what an attribute such as ``reversed`` says; None where it is missing, mixed or something else."""
    said = {str(one) for one in listed(value)}
    return {"True": True, "False": False}.get(said.pop()) if len(said) == 1 else None


def tags_of(attributes: Mapping[Any, Any]) -> tuple[Tags, Notes]:
    """Return the tags of an edge, and notes on those of which one of several values was chosen.

    Notes
    -----
    What the narrowest place lets through decides: the fewest lanes, the lowest speed limit, no cars at all if a part of
    the edge carries none. The class is the highest, the name the first in the alphabet. osmnx keeps no order of values
    and no lengths, so that neither the first nor the longest is known. Other keys with several values are left out.
    """
    tags: Tags = {}
    notes: Notes = []
    for key in sorted(key for key in attributes if isinstance(key, str) and key.split(":", maxsplit=1)[0] in STEMS):
        found = sorted({text(value) for value in listed(attributes[key])} - {""})
        if len(found) > 1:
            chosen, kind, why = _chosen(key, found)
            notes.append((kind, f"{key} = {', '.join(found)}: {why}"))
            found = [chosen] if chosen else []
        if found:
            tags[key] = found[0]
    return tags, notes


def _chosen(key: str, found: list[str]) -> tuple[str, str, str]:
    """Return one of several values, the kind of the note on it, and why it; "" where none can be chosen."""
    stem = key.split(":", maxsplit=1)[0]
    if key == "highway" or key in meaning.CAR_KEYS:
        closed = [one for one in found if (one not in meaning.CLASSES if key == "highway" else one in meaning.CLOSED)]
        if closed:
            return closed[0], PARTLY if len(closed) < len(found) else SEVERAL, "a part of it carries no cars"
    if key == "highway":
        return min(found, key=meaning.CLASSES.index), SEVERAL, "the highest class taken"
    if stem == "lanes":
        return min(found, key=lambda value: (not value.isdecimal(), len(value), value)), SEVERAL, "the fewest taken"
    if stem == "maxspeed":
        return min(found, key=lambda value: meaning.kmh(value) or meaning.FASTEST), SEVERAL, "the lowest taken"
    if stem in {"name", "ref"} or key in meaning.CAR_KEYS:
        return found[0], SEVERAL, "the first in the alphabet taken"
    return "", SEVERAL, "none taken"
