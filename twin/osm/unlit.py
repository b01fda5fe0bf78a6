"""Unlit: junctions that are taken to have signals in towns where mappers tagged hardly any."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

from twin.osm.tags import THROUGH
from twin.osm.turns import headings_of, turned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from twin.osm.graph import Link

TAGGED = 0.1
"""Signals for each crossing of main roads from which on a town counts as tagged: the others have none then (a
guess). Monaco, with its roundabouts, has 0.2, Baltimore 1, Helsinki more; Campo Grande has none for 227 crossings."""

MAIN = tuple(kind for kind in THROUGH if not kind.startswith("motorway") and not kind.endswith("_link"))
"""Classes of roads that meet at signals."""

LARGE = MAIN[: MAIN.index("secondary") + 1]
"""One of them is at least of these classes."""

ARMS = 3
"""So many streets of the main classes meet there."""

CROSSING = 45.0, 135.0
"""Two of them by an angle [degrees] between these."""


def without_lights(
    links: Sequence[Link], lit: Collection[int], coords: Mapping[int, tuple[float, float]]
) -> tuple[list[int], int]:
    """Return the nodes that are taken to have signals though none are tagged, and at how many crossings it was looked.

    Parameters
    ----------
    links : sequence of Link
    lit : collection of int
        Nodes with tagged signals.
    coords : mapping
        Longitude and latitude of every node.

    Notes
    -----
    Where three streets from tertiary up meet, one of them secondary at least, and not all along one line. Chinese
    extracts often lack signals altogether, and their junctions of main roads have them.
    """
    crossings = _crossings(links, coords)
    guessed = crossings - set(lit) if len(lit) < TAGGED * len(crossings) else set()
    return sorted(guessed), len(crossings)


def _crossings(links: Sequence[Link], coords: Mapping[int, tuple[float, float]]) -> set[int]:
    """Return the nodes where main roads cross; none in roundabouts."""
    arms: dict[int, dict[tuple[int, ...], float]] = defaultdict(dict)
    large, rings = set(), set()
    for link in links:
        if link.ring:
            rings |= {link.start, link.stop}
        if link.road_class in MAIN:
            away, back = headings_of(link, coords)
            street = min(link.refs, link.refs[::-1])
            arms[link.start][street] = away
            arms[link.stop][street] = back
            if link.road_class in LARGE:
                large |= {link.start, link.stop}
    return {
        node
        for node, streets in arms.items()
        if len(streets) >= ARMS and node in large - rings and _cross(list(streets.values()))
    }


def _cross(directions: Sequence[float]) -> bool:
    """Return whether some two of the directions of streets at a node cross."""
    return any(CROSSING[0] < abs(turned(a, b)) < CROSSING[1] for a, b in product(directions, repeat=2))
