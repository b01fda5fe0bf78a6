"""Tags: what the tags of a road mean - who may drive, which way, on how many lanes, how fast."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.units import from_kmh

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASSES = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link",
    "tertiary", "tertiary_link", "unclassified", "residential", "living_street", "road",
)  # fmt: skip
"""Road classes that carry traffic, from high to low. ``highway=service`` (yards, alleys, car parks) is left out, as in
osmnx's drive network: it gives access to houses and carries no traffic through the town, while every driveway would cut
its street into links of some metres."""

THROUGH = CLASSES[: CLASSES.index("tertiary") + 1]
"""Classes that bring traffic in over the edge of the map."""

SPEEDS = {"motorway": 100.0, "motorway_link": 60.0, "residential": 30.0, "living_street": 10.0}
"""Speed limits [km/h] where none is tagged; every other class 50. Motorway to tertiary as in SUMO's urban German type
map (osmNetconvertUrbanDe.typ.xml), living street walking pace; residential is our choice (zones of 30)."""

LANES = {"motorway": 2, "trunk": 2}
"""Lanes a direction where none are tagged; every other class 1, but a one-way primary (one side of a divided road) 2.
After the wiki's page on the key lanes, and the commonest tag of one-way primaries in Helsinki and Baltimore."""

ZONES = {"urban": 50.0, "rural": 80.0, "trunk": 100.0, "motorway": 120.0, "living_street": 10.0, "bicycle_road": 30.0}
"""Speed limits [km/h] for texts such as "FI:urban"; laws differ, so that these count as guesses."""

NAME_KEYS = ("name", "name:zh", "name:en", "ref")
"""What something is called: the first of these keys that is there. ``name`` is in the script of the place."""

CAR_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""Who may drive: the first of these keys that is there decides."""

CLOSED = {
    "no", "private", "agricultural", "forestry", "emergency", "military", "psv", "bus", "taxi", "delivery", "permit",
    "residents", "official", "foot", "bicycle", "hgv", "use_sidepath",
}  # fmt: skip

MOST_LANES, SLOWEST, FASTEST = 12, 5.0, 160.0
"""More lanes a direction, or other speeds [km/h], are taken for slips of the pen."""

_MPH = 1.609344
_SPEED = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(km/?h|kph|kmph|mph)?")
_ZONE = re.compile(r"(?:[A-Z]{2}(?:-[A-Z]+)?:)?(?:zone:?)?([0-9]+|[a-z_]+)")
_YES, _NO, _BACK = {"yes", "true", "1"}, {"no", "false", "0"}, {"-1", "reverse"}
_RINGS = {"roundabout", "circular"}
_PRIORITY = {"designated", "yes_unposted"}

Notes = list[tuple[str, str]]


@dataclass(frozen=True)
class Side:
    """One direction of a road: lanes, speed [m/s], and per lane (leftmost first) where it leads (() = not tagged)."""

    lanes: int
    speed: float
    arrows: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True)
class Road:
    """What the tags of a drivable way mean; ``notes`` holds (kind, detail) of every guess.

    ``ring`` says that it is part of a roundabout, ``priority`` that it has the right of way at every junction.
    """

    road_class: str
    name: str
    forward: Side | None
    backward: Side | None
    ring: bool
    priority: bool
    notes: tuple[tuple[str, str], ...]


def road(tags: Mapping[str, str]) -> Road | None:
    """Return what the tags of a way mean for cars.

    Parameters
    ----------
    tags : mapping
        Keys and values of an OpenStreetMap way.

    Returns
    -------
    Road or None
        None where cars cannot or may not drive. Values that make no sense are replaced by guesses and noted.
    """
    kind = tags.get("highway", "")
    if kind not in CLASSES or tags.get("area") == "yes" or not _open(tags):
        return None
    notes: Notes = []
    ahead, back = directions(tags, notes)
    one_way = ahead != back
    sides = {way: _side(tags, way, one_way=one_way, notes=notes) for way in ("forward", "backward")}
    notes += [("condition left out", f"{key}={tags[key]}") for key in sorted(tags) if _conditional(key)]
    if kind == "road":
        notes.append(("guessed class", "highway=road taken as unclassified"))
    return Road(
        road_class="unclassified" if kind == "road" else kind,
        name=called(tags),
        forward=sides["forward"] if ahead else None,
        backward=sides["backward"] if back else None,
        ring=tags.get("junction") in _RINGS,
        priority=tags.get("priority_road") in _PRIORITY,
        notes=tuple(dict.fromkeys(notes)),
    )


def called(tags: Mapping[str, str]) -> str:
    """Return what something is called, in its own script if that is known; "" where it has no name.

    Examples
    --------
    >>> called({"name:en": "Yunqi Road", "name": "云栖路"}), called({"name:en": "Ring Road", "ref": "S2"})
    ('云栖路', 'Ring Road')
    """
    return next((name for key in NAME_KEYS if (name := tags.get(key, "").strip())), "")


def directions(tags: Mapping[str, str], notes: Notes) -> tuple[bool, bool]:
    """Return whether one may drive along the way and against it."""
    value = tags.get("oneway:motor_vehicle", tags.get("oneway", ""))
    if value in _BACK:
        return False, True
    if value in _YES:
        return True, False
    if value not in _NO and value:
        notes.append(("guessed direction", f"oneway={value} taken as open both ways"))
        return True, True
    implied = tags.get("junction") in _RINGS or tags.get("highway") == "motorway"
    return True, value in _NO or not implied


def speed(tags: Mapping[str, str], way: str, notes: Notes) -> float:
    """Return the free speed [m/s] of one direction ("forward" or "backward")."""
    for key in (f"maxspeed:{way}", "maxspeed", "zone:maxspeed", "maxspeed:type", "source:maxspeed"):
        if key in tags:
            limit, sure = _kmh(tags[key])
            if limit is not None:
                if not sure:
                    notes.append(("guessed speed", f"{key}={tags[key]} taken as {limit:g} km/h"))
                return from_kmh(limit)
            if key.startswith("maxspeed") and key != "maxspeed:type":
                notes.append(("not understood", f"{key}={tags[key]} is not a speed limit"))
    limit = SPEEDS.get(tags["highway"], 50.0)
    notes.append(("guessed speed", f"no speed limit known: {limit:g} km/h for {tags['highway']}"))
    return from_kmh(limit)


def kmh(value: str) -> float | None:
    """Return a speed limit [km/h]; None where the text says none that can be true."""
    return _kmh(value)[0]


def lanes(tags: Mapping[str, str], way: str, *, one_way: bool, notes: Notes) -> int:
    """Return the number of lanes for cars of one direction, lanes for buses not counted."""
    other = "backward" if way == "forward" else "forward"
    here, total, there = (_count(tags, key, notes) for key in (f"lanes:{way}", "lanes", f"lanes:{other}"))
    arrows = len(tags.get(f"turn:lanes:{way}", "").split("|")) if f"turn:lanes:{way}" in tags else None
    if here is None and one_way:
        here = total or (len(tags["turn:lanes"].split("|")) if "turn:lanes" in tags else None)
    elif here is None and total is not None and there is not None and total > there:
        here = total - there
    elif here is None:
        here = arrows
    if here is None and total is not None:
        here = max(1, total // 2)
        if total % 2:
            notes.append(("guessed lanes", f"lanes={total} on a two-way road taken as {here} each way"))
    if here is None or here > MOST_LANES:
        kind = tags["highway"]
        here = 2 if one_way and kind == "primary" else LANES.get(kind, 1)
        notes.append(("guessed lanes", f"no number of lanes known: {here} each way for {kind}"))
    return max(1, here - _bus_lanes(tags, way, one_way=one_way))


def _side(tags: Mapping[str, str], way: str, *, one_way: bool, notes: Notes) -> Side:
    # The direction in which one may not drive is read too, but its guesses are nobody's business.
    asked = directions(tags, [])[0 if way == "forward" else 1]
    mine: Notes = notes if asked else []
    count = lanes(tags, way, one_way=one_way, notes=mine)
    return Side(count, speed(tags, way, mine), _arrows(tags, way, count, one_way=one_way, notes=mine))


def _arrows(
    tags: Mapping[str, str], way: str, count: int, *, one_way: bool, notes: Notes
) -> tuple[frozenset[str], ...]:
    """Return where each lane for cars leads; the lane markings win over a number of lanes that disagrees."""
    text = _directed(tags, "turn:lanes", way, one_way=one_way)
    if text is None:
        return ()
    marks = [frozenset(mark.strip() for mark in lane.split(";")) for lane in text.split("|")]
    closed = _closed_lanes(tags, way, len(marks), one_way=one_way)
    marks = [mark for mark, shut in zip(marks, closed, strict=True) if not shut]
    if not marks or len(marks) > MOST_LANES:
        notes.append(("not understood", f"turn:lanes={text}"))
        return ()
    if len(marks) != count:
        notes.append(("lanes disagree", f"turn:lanes={text} has {len(marks)} lanes for cars, the road {count}"))
    return tuple(marks)


def _closed_lanes(tags: Mapping[str, str], way: str, count: int, *, one_way: bool) -> list[bool]:
    closed = [False] * count
    for key, shut in (("bus:lanes", "designated"), ("psv:lanes", "designated"), ("vehicle:lanes", "no"),
                      ("motor_vehicle:lanes", "no"), ("access:lanes", "no")):  # fmt: skip
        values = (_directed(tags, key, way, one_way=one_way) or "").split("|")
        if len(values) == count:
            closed = [was or value == shut for was, value in zip(closed, values, strict=True)]
    buses = _bus_lanes(tags, way, one_way=one_way)
    if buses and not any(closed) and count > buses:
        # Where nothing says which lane is the bus lane: it runs along the kerb.
        closed[-buses:] = [True] * buses
    return closed


def _bus_lanes(tags: Mapping[str, str], way: str, *, one_way: bool) -> int:
    counts = [_directed(tags, key, way, one_way=one_way) or "" for key in ("lanes:psv", "lanes:bus")]
    named = max((int(count) for count in counts if _is_short_number(count)), default=0)
    marked = [
        (_directed(tags, key, way, one_way=one_way) or "").split("|").count("designated")
        for key in ("bus:lanes", "psv:lanes")
    ]
    return max(named, *marked)


def _directed(tags: Mapping[str, str], key: str, way: str, *, one_way: bool) -> str | None:
    """Return the value for one direction; a value without direction counts on one-way roads alone."""
    return tags.get(f"{key}:{way}", tags.get(key) if one_way else None)


def _count(tags: Mapping[str, str], key: str, notes: Notes) -> int | None:
    value = tags.get(key)
    if value is None:
        return None
    if _is_short_number(value) and 1 <= int(value) <= 2 * MOST_LANES:
        return int(value)
    notes.append(("not understood", f"{key}={value} is not a number of lanes"))
    return None


def _is_short_number(value: str) -> bool:
    """Return whether a text is a number of few digits (Python refuses to read one of thousands)."""
    return value.isascii() and value.isdecimal() and len(value) < 4  # noqa: PLR2004 - no road has a thousand lanes


def _kmh(value: str) -> tuple[float | None, bool]:
    """Return a speed limit [km/h] and whether it is certain; (None, ...) where the text says no number."""
    exact = _SPEED.fullmatch(value.strip())
    if exact:
        limit = float(exact[1]) * (_MPH if exact[2] == "mph" else 1.0)
        return (limit, True) if SLOWEST <= limit <= FASTEST else (None, False)
    if value == "walk":
        return ZONES["living_street"], False
    zone = _ZONE.fullmatch(value.strip())
    if zone and zone[1].isdecimal():
        return (float(zone[1]), True) if SLOWEST <= float(zone[1]) <= FASTEST else (None, False)
    return ZONES.get(zone[1]) if zone else None, False


def _open(tags: Mapping[str, str]) -> bool:
    deciding = next((tags[key] for key in CAR_KEYS if key in tags), "yes")
    return not all(value.strip() in CLOSED for value in deciding.split(";"))


def _conditional(key: str) -> bool:
    first = key.split(":", maxsplit=1)[0]
    return key.endswith(":conditional") and first in {*CAR_KEYS, "oneway", "maxspeed", "lanes", "turn"}
