"""Ways: roads as OpenStreetMap has them - cut into ways, with names, lanes, limits, bridges and lights."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from data.stylised.buses import Streets
from data.stylised.junctions import Arm, Junction, approaches, at_stop_lines, forbid, junctions, stop_lines
from data.stylised.lines import Point, split
from data.stylised.roads import Interval, Road, outline, passes, water_bridges, with_marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.stylised.chance import Chance
    from data.stylised.files import Sheet
    from data.stylised.plan import Name, Plan

Tags = dict[str, str]

LANE_KINDS = {
    "homes": ("residential", "residential", "residential", "living_street"),
    "old": ("residential", "residential", "living_street"), "village": ("residential",),
}  # fmt: skip
"""Classes of lanes by the use of their block; every other is unclassified."""

BUILDING = "construction"
"""Class of streets that are not open yet."""

ENGLISH, OFFICIAL, LIMIT = 68, 45, 38
"""Of a hundred lanes or streets, so many have a name:en, a name:zh, and (of lanes) a tagged speed limit."""


def names(name: Name | None, chance: Chance, english: int = ENGLISH) -> Tags:
    """Return the tags of a name: Chinese, and English as far as it was entered."""
    if name is None:
        return {}
    tags = {"name": name.zh}
    if chance.happens(OFFICIAL, "name:zh", name.zh):
        tags["name:zh"] = name.zh
    if name.en and chance.happens(english, "name:en", name.zh):
        tags["name:en"] = name.en
    return tags


@dataclass
class Drawing:
    """Roads that become ways on a sheet."""

    plan: Plan
    sheet: Sheet
    chance: Chance
    roads: list[Road]
    nodes: dict[Point, set[int]]
    rails: list[list[Point]]
    streets: Streets = field(default_factory=Streets)
    arms: dict[Point, list[Arm]] = field(default_factory=lambda: defaultdict(list))

    def draw(self) -> list[Junction]:
        """Draw all ways, lights and restrictions, and return the junctions of main streets."""
        found = junctions(self.roads, self.nodes, self.chance)
        shared = set(self.nodes)
        cuts = {point for junction in found for point in junction.nodes}
        self.streets.crossings = cuts
        for road in self.roads:
            for line in road.pieces:
                self._road(road, line, found, shared, cuts)
        for junction in found:
            if junction.lit and not at_stop_lines(junction):
                for point in junction.nodes:
                    self.sheet.node(point, {"highway": "traffic_signals"})
            if junction.lit and junction.streets.intersection(self.plan.v2x):
                self.sheet.node(junction.nodes[0], {"v2x": "roadside_unit"})
            forbid(self.sheet, junction, self.arms, self.chance)
        return found

    def _road(self, road: Road, line: list[Point], found: list[Junction], shared: set[Point], cuts: set[Point]) -> None:
        waters = [outline(water) for water in self.plan.waters]
        tracks = list(zip(self.plan.rails, self.rails, strict=True))
        marks: list[Interval] = [] if road.lane else [
            *approaches(road, line, found, shared, self.chance),
            *water_bridges(line, waters), *passes(road, line, self.roads, tracks),
        ]  # fmt: skip
        if road.one_way and road.street is not None:
            for where in stop_lines(line, found, shared):
                line, before = split(line, [where]), line
                for light in set(line).difference(before):
                    self.sheet.node(light, {"highway": "traffic_signals", "traffic_signals:direction": "forward"})
        tags = self._tags(road)
        run: list[Point] = [line[0]]
        own: Tags | None = None
        for a, b, extra in with_marks(line, marks):
            if len(run) > 1 and (extra != own or a in cuts):
                self._way(road, run, tags, own or {})
                run = [a]
            run.append(b)
            own = extra
        self._way(road, run, tags, own or {})

    def _way(self, road: Road, points: list[Point], tags: Tags, extra: Tags) -> None:
        way = self.sheet.way(points, {**tags, **extra})
        self.arms[points[0]].append((way, points[1], road.one_way))
        self.arms[points[-1]].append((way, points[-2], road.one_way))
        if road.main and road.kind != BUILDING:
            met = [0, *(row for row, p in enumerate(points[1:-1], start=1) if p in self.nodes), len(points) - 1]
            name = road.street.name if road.street is not None else None
            for a, b in pairwise(met):
                self.streets.add(way, points[a : b + 1], name, one_way=road.one_way)

    def _tags(self, road: Road) -> Tags:
        if road.lane is not None:
            return self._of_lane(road)
        tags = {"highway": road.kind}
        if road.kind == BUILDING:
            return {**tags, BUILDING: "secondary", **names(road.street.name if road.street else None, self.chance)}
        if road.one_way:
            tags["oneway"] = "yes"
        if road.ring is not None:
            return {**tags, "junction": "roundabout", **names(road.ring.name, self.chance)}
        street = road.street
        if street is None:
            return {**tags, "lanes": "1"}
        tags |= names(street.name, self.chance, english=80)
        if street.lanes:
            tags["lanes"] = str(street.lanes * (1 if road.one_way else 2))
        if street.speed:
            tags["maxspeed"] = str(street.speed)
        return tags

    def _of_lane(self, road: Road) -> Tags:
        lane = road.lane
        if lane is None:
            return {}
        kind = self.chance.pick(LANE_KINDS.get(lane.use, ("unclassified",)), "kind", lane.points[0])
        tags = {"highway": kind, **names(lane.name, self.chance)}
        if self.chance.happens(LIMIT, "limit", lane.points[0]) and kind != "living_street":
            tags["maxspeed"] = "30"
        if self.chance.happens(12, "lanes", lane.points[0]):
            tags["lanes"] = "2"
        return tags


def rail_ways(sheet: Sheet, plan: Plan, tracks: Sequence[list[Point]], nodes: dict[Point, set[int]]) -> None:
    """Draw railways and mark where streets cross them on the level."""
    for rail, track in zip(plan.rails, tracks, strict=True):
        for point in track:
            if point in nodes:
                sheet.node(point, {"railway": "level_crossing"})
        sheet.way(track, {"railway": "rail", "name": rail.name.zh, "name:en": rail.name.en})
