"""Plan: the words in which a stylised town is drawn - streets, water, hills, quarters, sites, rails, buses."""

from __future__ import annotations

from dataclasses import dataclass, field

Spots = tuple[tuple[int, int], ...]
"""Places in metres east and north of the town's centre."""


@dataclass(frozen=True)
class Name:
    """A name in Chinese and, where there is one, in English."""

    zh: str
    en: str = ""


@dataclass(frozen=True)
class Street:
    """A street drawn as one line; its ends may overshoot the streets that they meet.

    ``lanes`` are those of one direction (0 = not tagged), ``median`` is the distance [m] between the middles of two
    carriageways (0 = one carriageway for both directions), ``speed`` the limit [km/h] (0 = not tagged), ``over`` names
    the streets that it crosses on a bridge, ``corner`` how gently it bends [m].
    """

    name: Name
    kind: str
    line: Spots
    lanes: int = 0
    median: int = 0
    speed: int = 0
    one_way: bool = False
    over: tuple[str, ...] = ()
    corner: int = 120
    bounds: bool = True


@dataclass(frozen=True)
class Water:
    """A river, lake or canal: its outline, or the line along its middle and how wide it is [m]."""

    name: Name
    kind: str
    line: Spots
    wide: int = 0


@dataclass(frozen=True)
class Ground:
    """Hills, tea gardens and parks by their outline; ``tags`` are those of OpenStreetMap."""

    tags: dict[str, str]
    line: Spots
    name: Name | None = None
    builds: bool = False


@dataclass(frozen=True)
class Quarter:
    """What the blocks are used for whose middle lies in an outline.

    ``cell`` is how far apart its lanes are [m] (0 = usual), ``names`` are given to its blocks from south-west on.
    """

    use: str
    line: Spots
    cell: int = 0
    names: tuple[Name, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Site:
    """A compound around a spot: school, hospital, station; width and height [m]."""

    use: str
    name: Name
    at: tuple[int, int]
    size: tuple[int, int]
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hamlet:
    """A village along a lane that leaves a street."""

    name: Name
    line: Spots


@dataclass(frozen=True)
class Ring:
    """A roundabout."""

    at: tuple[int, int]
    radius: int
    kind: str
    name: Name


@dataclass(frozen=True)
class Slip:
    """A lane of its own for right turns from one divided street into another, at the crossing nearest to a spot."""

    start: str
    stop: str
    at: tuple[int, int]


@dataclass(frozen=True)
class Rail:
    """A railway; ``level`` names the streets that cross it on the level, all others pass below."""

    name: Name
    line: Spots
    level: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bus:
    """A bus line by the spots that it passes, there and back."""

    ref: str
    start: Name
    stop: Name
    via: Spots
    minutes: int = 10


@dataclass(frozen=True)
class Plan:
    """A whole town.

    ``half`` is half the width and half the height of the map [m], ``tilt`` the direction in which rows of flats run,
    ``lanes`` are names for the lanes inside blocks, ``use`` that of blocks in no quarter, ``v2x`` streets whose lights
    talk to vehicles.
    """

    key: str
    name: Name
    centre: tuple[float, float]
    half: tuple[int, int]
    seed: int
    streets: tuple[Street, ...]
    lanes: tuple[Name, ...]
    waters: tuple[Water, ...] = ()
    grounds: tuple[Ground, ...] = ()
    quarters: tuple[Quarter, ...] = ()
    sites: tuple[Site, ...] = ()
    hamlets: tuple[Hamlet, ...] = ()
    rings: tuple[Ring, ...] = ()
    slips: tuple[Slip, ...] = ()
    rails: tuple[Rail, ...] = ()
    buses: tuple[Bus, ...] = ()
    v2x: tuple[str, ...] = ()
    tilt: tuple[int, int] = (100, 0)
    use: str = "homes"
