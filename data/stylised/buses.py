"""Buses: lines that follow the streets from spot to spot, there and back, with stops at the kerb."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING

from data.stylised.lines import METRE, Point, apart, beside, between, in_cm, length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.stylised.files import Member, Sheet
    from data.stylised.plan import Bus, Name

STOPS, FROM_ENDS = 430 * METRE, 60 * METRE
"""How far stops are apart, and how far from the crossings at the ends of a stretch at least [cm]."""

ABOUT = 70 * METRE
"""A line passes a spot at one of the nodes so near [cm] to the nearest one: on either side of a divided street."""

KERB, SAME = 5 * METRE, 90 * METRE
"""How far stops are from the line of the road; another line's stop so near is used too [cm]."""


@dataclass(frozen=True)
class Leg:
    """A stretch of way between two nodes, in one direction; ``called`` is the street's name."""

    way: int
    points: tuple[Point, ...]
    called: Name | None


@dataclass
class Streets:
    """Where buses can drive; ``crossings`` are the nodes where their streets cross."""

    crossings: set[Point] = field(default_factory=set)
    legs: dict[Point, list[Leg]] = field(default_factory=lambda: defaultdict(list))
    stops: dict[Point, int] = field(default_factory=dict)

    def add(self, way: int, points: Sequence[Point], called: Name | None, *, one_way: bool) -> None:
        """Let buses drive on a way."""
        self.legs[points[0]].append(Leg(way, tuple(points), called))
        if not one_way:
            self.legs[points[-1]].append(Leg(way, tuple(points[::-1]), called))

    def lead(self, sheet: Sheet, bus: Bus, town: Name) -> None:
        """Draw a bus line in both directions."""
        for a, b, via in ((bus.start, bus.stop, bus.via), (bus.stop, bus.start, bus.via[::-1])):
            route = self._route(in_cm(via))
            stops: list[Member] = [("n", stop, "platform") for stop in self._stops(sheet, route, (a, b))]
            ways: list[Member] = [("w", leg.way, "") for leg in route]
            sheet.relation(
                [*stops, *ways],
                {
                    "type": "route", "route": "bus", "ref": bus.ref, "public_transport:version": "2",
                    "name": f"{bus.ref}路: {a.zh} → {b.zh}", "name:en": f"Bus {bus.ref}: {a.en} → {b.en}",
                    "from": a.zh, "to": b.zh, "network": f"{town.zh}公交", "interval": f"00:{bus.minutes:02}:00",
                },
            )  # fmt: skip

    def _route(self, spots: Sequence[Point]) -> list[Leg]:
        """Return the shortest way past some spots: through one of the nodes about each of them."""
        about = [self._about(spot) for spot in spots]
        route: list[Leg] = []
        starts = about[0]
        for goal in about[1:]:
            route += self._shortest(starts, goal)
            starts = {route[-1].points[-1]}
        return route

    def _about(self, spot: Point) -> set[Point]:
        nearest = min(self.crossings, key=lambda node: (apart(spot, node), node))
        return {node for node in self.crossings if apart(nearest, node) <= ABOUT}

    def _shortest(self, starts: set[Point], goal: set[Point]) -> list[Leg]:
        best: dict[Point, tuple[int, Leg | None]] = dict.fromkeys(starts, (0, None))
        queue, done = [(0, node) for node in sorted(starts)], set()
        while queue:
            gone, node = heappop(queue)
            if node in goal:
                break
            if node in done:
                continue
            done.add(node)
            for leg in self.legs.get(node, ()):
                far = gone + length(leg.points)
                if far < best.get(leg.points[-1], (far + 1, None))[0]:
                    best[leg.points[-1]] = (far, leg)
                    heappush(queue, (far, leg.points[-1]))
        else:
            sys.exit(f"no bus can drive from {min(starts)} to {min(goal)} (cm): draw its line along streets")
        route: list[Leg] = []
        while (leg := best[node][1]) is not None:
            route.insert(0, leg)
            node = leg.points[0]
        return route

    def _stops(self, sheet: Sheet, route: Sequence[Leg], ends: tuple[Name, Name]) -> list[int]:
        """Return the stops along a route: at its ends, and between them at even distances."""
        since, found = STOPS, []
        for row, leg in enumerate(route):
            size = length(leg.points)
            since += size
            last = row == len(route) - 1
            if (since >= STOPS or last) and size > 2 * FROM_ENDS:
                since = 0
                named = ends[0] if not found else ends[1] if last else _crossed(route, row)
                found.append(self._stop(sheet, leg, named))
        return list(dict.fromkeys(found))

    def _stop(self, sheet: Sheet, leg: Leg, named: Name | None) -> int:
        kerb = beside(leg.points, KERB)
        spot = _halfway(kerb)
        near = min(self.stops, key=lambda other: (apart(other, spot), other), default=None)
        if near is not None and apart(near, spot) < SAME:
            return self.stops[near]
        tags = {"highway": "bus_stop", "public_transport": "platform"}
        if named is not None:
            tags |= {"name": named.zh, **({"name:en": named.en} if named.en else {})}
        self.stops[spot] = sheet.node(spot, tags)
        return self.stops[spot]


def _crossed(route: Sequence[Leg], row: int) -> Name | None:
    """Return the name of the next street that a route comes to, or of its own."""
    own = route[row].called
    return next((leg.called for leg in route[row:] if leg.called not in {own, None}), own)


def _halfway(line: Sequence[Point]) -> Point:
    left = length(line) // 2
    for a, b in pairwise(line):
        size = apart(a, b)
        if left <= size:
            return between(a, b, left / max(size, 1))
        left -= size
    return line[-1]
