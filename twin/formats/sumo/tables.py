"""Tables: links, lane groups and turns from SUMO's edges, lanes and connections."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point

from twin.formats.sumo.driver import saturation
from twin.formats.sumo.roads import ALL
from twin.network import LEAST_SATURATION, LONGEST_TURN, Network, notes_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.formats.sumo.driver import Driver
    from twin.formats.sumo.groups import Group
    from twin.formats.sumo.lights import Note, Turn
    from twin.formats.sumo.roads import Connection, Edge, Roads

KINDS = {"s": "through", "l": "left", "L": "left", "r": "right", "R": "right", "t": "uturn", "T": "uturn"}
"""Our word for each of SUMO's directions."""

DENSEST = 0.95
"""The most that a capacity may be of free speed x jam density (short, slow links)."""


def network(
    roads: Roads,
    connections: Sequence[Connection],
    driver: Driver,
    *,
    groups: Mapping[str, Sequence[Group]],
    yields: pd.DataFrame,
    notes: Sequence[Note],
) -> Network:
    """Return the network of these roads.

    Parameters
    ----------
    roads : Roads
    connections : sequence of Connection
        Those that may be used.
    driver : Driver
        The mean car.
    groups : mapping
        The lane groups of each edge.
    yields : DataFrame
        Who gives way to whom (``priority.yields``).
    notes : sequence of Note
        What is known to be left out so far.
    """
    into: dict[str, list[Connection]] = defaultdict(list)
    for one in connections:
        into[one.out].append(one)
    inside = {name: _mean_inside(into[name]) for name in roads.edges}
    rows, turns = _groups_and_turns(roads, groups, inside, driver)
    links = [_link(roads, edge, inside[edge.edge_id], driver) for edge in roads.edges.values()]
    return Network(
        _nodes(roads),
        _located(roads, pd.DataFrame(links)),
        lane_groups=rows,
        turns=turns,
        yields=yields,
        notes=notes_table([*notes, *_bus_lanes(roads)]),
    )


def _nodes(roads: Roads) -> gpd.GeoDataFrame:
    used = sorted({end for edge in roads.edges.values() for end in (edge.from_node, edge.to_node)})
    points = roads.to_globe([(roads.junctions[node].x, roads.junctions[node].y) for node in used])
    nodes = pd.DataFrame({"node_id": used, "geometry": [Point(point) for point in points]})
    return _located(roads, nodes)


def _located(roads: Roads, table: pd.DataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:4326" if roads.transformer else None)


def _link(roads: Roads, edge: Edge, inside: float, driver: Driver) -> dict[str, Any]:
    """Return the row of a link: the edge, and before it the mean way over the junction [m]."""
    general = [edge.lanes[number] for number in edge.general]
    limit = float(np.mean([lane.speed for lane in general]))
    own = float(np.mean([lane.length for lane in edge.lanes]))
    length = own + inside
    free_speed = driver.free_speed(limit)
    jam = 1.0 / driver.spacing
    return {
        "link_id": edge.edge_id, "from_node": edge.from_node, "to_node": edge.to_node, "length": length,
        "lanes": len(general), "free_speed": free_speed,
        "capacity": min(1.0 / driver.headway(limit), DENSEST * jam * free_speed), "jam_density": jam,
        "road_class": edge.road_class, "name": edge.name,
        "only": () if edge.classes == ALL else tuple(sorted(edge.classes)),
        "geometry": LineString(roads.to_globe(edge.shape)),
    }  # fmt: skip


def _mean_inside(into: Sequence[Connection]) -> float:
    """Return the mean length of ways over the junction onto an edge [m]."""
    return float(np.mean([_over(one) for one in into])) if into else 0.0


def _over(one: Connection) -> float:
    """Return the length of the way over the junction [m]."""
    return sum(length for length, _ in one.path)


def _bus_lanes(roads: Roads) -> list[Note]:
    """Say which edges have lanes that are not for cars beside lanes that are."""
    return [
        ("lanes left out", f"link:{edge.edge_id}", f"{len(edge.lanes) - len(edge.general)} lanes are not for cars")
        for edge in roads.edges.values()
        if len(edge.general) < len(edge.lanes)
    ]


def _groups_and_turns(
    roads: Roads, groups: Mapping[str, Sequence[Group]], inside: Mapping[str, float], driver: Driver
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, turns = [], []
    for link, parts in groups.items():
        edge = roads.edges[link]
        for number, part in enumerate(parts):
            rows.append((link, number, len(part.lanes), _exit_capacity(edge, part, driver)))
            for (_, out), ways in _by_turn(part.ways).items():
                turns.append({"lane_group": number, **_turn(edge, roads.edges[out], ways, inside[out], driver)})
    return pd.DataFrame(rows, columns=["link_id", "lane_group", "lanes", "exit_capacity"]), pd.DataFrame(turns)


def _by_turn(ways: Sequence[Connection]) -> dict[Turn, list[Connection]]:
    found: dict[Turn, list[Connection]] = defaultdict(list)
    for one in ways:
        found[one.into, one.out].append(one)
    return found


def _turn(before: Edge, after: Edge, ways: Sequence[Connection], inside: float, driver: Driver) -> dict[str, Any]:
    """Return the row of a turn; inside are the metres of junction that its next link counts as its own."""
    path = float(np.mean([_over(one) for one in ways]))
    limits = [before.lanes[one.into_lane].speed for one in ways] + [limit for one in ways for _, limit in one.path]
    limit = min(limits)
    speeds = [float(np.mean([edge.lanes[number].speed for number in edge.general])) for edge in (before, after)]
    way = path / driver.free_speed(limit) - inside / driver.free_speed(speeds[1])
    return {
        "in_link": before.edge_id, "out_link": after.edge_id, "kind": KINDS.get(ways[0].direction, "through"),
        "critical_gap": driver.critical_gap(path, limit), "follow_up": driver.follow_up,
        "turn_time": float(np.clip(way + driver.turn_loss(limit, *speeds), 0.0, LONGEST_TURN)),
        "saturation": max(saturation(limit, speeds[0]), LEAST_SATURATION),
    }  # fmt: skip


def _exit_capacity(edge: Edge, part: Group, driver: Driver) -> float:
    """Return what can leave a lane group [1/s] where it shares lanes with others, else missing."""
    if not part.ways or part.share == len(part.lanes):
        return np.nan
    return part.share / driver.headway(float(np.mean([edge.lanes[number].speed for number in edge.general])))
