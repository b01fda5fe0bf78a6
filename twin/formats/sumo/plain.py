"""Plain: nodes, edges, connections and programmes as netconvert takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.formats.sumo.driver import SUMO_CLASS, turn_limit
from twin.formats.sumo.files import Xml, as_id, each
from twin.formats.sumo.lanes import lane_counts
from twin.formats.sumo.phases import AMBER, program

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from twin.formats.sumo.lanes import Way
    from twin.network import Network
    from twin.signals import Signals

Turn = tuple[str, str]

RANKS = ("residential", "unclassified", "tertiary", "secondary", "primary", "trunk", "motorway")
"""Road classes from the least to the most important: where they meet, SUMO lets the more important one go first."""


def write_plain(network: Network, signals: Signals, made: list[Way], stem: Path, *, lengths: pd.Series | None) -> None:
    """Write the plain XML files of a town's roads and signals beside each other.

    Parameters
    ----------
    network : Network
    signals : Signals
    made : list of Way
        The ways over junctions.
    stem : Path
        Folder and beginning of the names.
    lengths : Series, optional [m]
        Lengths of edges by link_id; default: those of their shapes.
    """
    greens = signals.greens
    turns = zip(greens["in_link"], greens["out_link"], strict=True)
    signal_of = dict(zip(turns, greens["signal_id"], strict=True))
    with Xml(stem.with_name(f"{stem.name}.nod.xml"), "nodes") as file:
        _nodes(file, network, signal_of)
    with Xml(stem.with_name(f"{stem.name}.edg.xml"), "edges") as file:
        _edges(file, network, lengths)
    with Xml(stem.with_name(f"{stem.name}.con.xml"), "connections") as file:
        _connections(file, network, made, signal_of)
    with Xml(stem.with_name(f"{stem.name}.tll.xml"), "tlLogics") as file:
        _programs(file, signals, made)


def _in_metres(table: gpd.GeoDataFrame, network: Network) -> tuple[list[list[tuple[float, float]]], dict[str, str]]:
    """Return the points of each row [m], east and north of the town's corner, and where that lies for SUMO."""
    located = network.nodes.crs is not None
    crs = network.nodes.estimate_utm_crs() if located else None
    nodes = network.nodes.to_crs(crs) if located else network.nodes
    corner = np.floor(nodes.total_bounds[:2]) if located else np.zeros(2)
    lines = (table.to_crs(crs) if located else table).geometry
    points = [[(float(x), float(y)) for x, y in shapely.get_coordinates(line) - corner] for line in lines]
    east, north = nodes.total_bounds[:2] - corner, nodes.total_bounds[2:] - corner
    boundary = ",".join(f"{value:.2f}" for value in (*east, *north))
    origin = ",".join(f"{value:.7f}" for value in network.nodes.total_bounds)
    return points, {
        "netOffset": f"{-corner[0]:.2f},{-corner[1]:.2f}",
        "convBoundary": boundary,
        "origBoundary": origin,
        "projParameter": _projection(crs.utm_zone) if crs is not None else "!",
    }


def _projection(zone: str) -> str:
    """Return a UTM zone such as 35N in the words of PROJ."""
    return f"+proj=utm +zone={zone[:-1]}{' +south' if zone.endswith('S') else ''} +datum=WGS84 +units=m +no_defs"


def _nodes(file: Xml, network: Network, signal_of: dict[Turn, str]) -> None:
    end = network.links.set_index("link_id")["to_node"]
    signal_at = {end[into]: signal for (into, _), signal in sorted(signal_of.items())}
    points, location = _in_metres(network.nodes, network)
    file.add("location", **location)
    for node_id, ((x, y),) in zip(network.nodes["node_id"], points, strict=True):
        light = {"type": "traffic_light", "tl": as_id(signal_at[node_id])} if node_id in signal_at else {}
        file.add("node", id=as_id(node_id), x=x, y=y, **(light or {"type": "priority"}))


def _edges(file: Xml, network: Network, lengths: pd.Series | None) -> None:
    links = network.links
    count = lane_counts(network)
    both = set(zip(links["from_node"], links["to_node"], strict=True))
    points, _ = _in_metres(links, network)
    for link, shape in zip(each(links), points, strict=True):
        attributes: dict[str, Any] = {
            "id": as_id(link.link_id), "from": as_id(link.from_node), "to": as_id(link.to_node),
            "numLanes": int(count[link.link_id]), "speed": float(link.free_speed), "priority": _rank(link.road_class),
            "spreadType": "right" if (link.to_node, link.from_node) in both else "center",
            "shape": " ".join(f"{x:.3f},{y:.3f}" for x, y in shape),
        }  # fmt: skip
        if link.name:
            attributes["name"] = link.name
        if link.road_class:
            attributes["type"] = f"highway.{link.road_class}"
        if lengths is not None:
            attributes["length"] = float(lengths[link.link_id])
        file.add("edge", **attributes, **_allowed(link))


def _rank(road_class: str) -> int:
    name = road_class.removesuffix("_link")
    return RANKS.index(name) + 1 if name in RANKS else 1


def _allowed(link: Any) -> dict[str, str]:  # noqa: ANN401 - a row of a table
    """Return who may drive on a link, in SUMO's words."""
    if link.closed:
        return {"disallow": "all"}
    allow = " ".join(SUMO_CLASS[name] for name in link.only if name in SUMO_CLASS)
    return {"allow": allow} if allow else {}


def _connections(file: Xml, network: Network, made: list[Way], signal_of: dict[Turn, str]) -> None:
    end = network.links.set_index("link_id")["to_node"]
    lit = {end[into] for into, _ in signal_of}
    speed = _turn_speeds(network)
    for way in made:
        free = end[way.into] in lit and (way.into, way.out) not in signal_of
        slow = {"speed": speed[way.into, way.out]} if (way.into, way.out) in speed else {}
        file.add("connection", **_ends(way), **({"uncontrolled": 1} if free else {}), **slow)
    for link_id in sorted(set(network.links["link_id"]) - {way.into for way in made}):
        file.add("connection", **{"from": as_id(link_id)})
    for row in each(network.yields):
        major, minor = (row.major_in, row.major_out), (row.in_link, row.out_link)
        file.add("prohibition", prohibitor=_arrow(major), prohibited=_arrow(minor))


def _turn_speeds(network: Network) -> dict[Turn, float]:
    """Return at which speed [m/s] SUMO's queues turn that flow less than those that drive on, as ours do."""
    turns = network.turns[network.turns["saturation"] < 1]
    speed = network.links["free_speed"].to_numpy()[network.link_rows(turns["in_link"])]
    limits = [turn_limit(share, before) for share, before in zip(turns["saturation"], speed, strict=True)]
    return dict(zip(zip(turns["in_link"], turns["out_link"], strict=True), limits, strict=True))


def _arrow(turn: Turn) -> str:
    return f"{as_id(turn[0])}->{as_id(turn[1])}"


def _ends(way: Way) -> dict[str, Any]:
    return {"from": as_id(way.into), "to": as_id(way.out), "fromLane": way.into_lane, "toLane": way.out_lane}


def _programs(file: Xml, signals: Signals, made: list[Way]) -> None:
    """Write the programme of each signal, then which ways its lights hold."""
    windows: dict[Any, pd.DataFrame] = dict(iter(signals.greens.groupby(["in_link", "out_link"])))
    held: dict[str, list[Way]] = {}
    for way in made:
        if (way.into, way.out) in windows:
            signal = str(windows[way.into, way.out]["signal_id"].iloc[0])
            held.setdefault(signal, []).append(way)
    for plan in each(signals.plans):
        if plan.signal_id in held:
            lights = held[plan.signal_id]
            amber = plan.amber or AMBER
            phases = program(plan.cycle, amber, [windows[way.into, way.out] for way in lights])
            inside = [f'<phase duration="{seconds:g}" state="{state}"/>' for seconds, state in phases]
            file.add("tlLogic", *inside, id=as_id(plan.signal_id), type="static", programID="0", offset=plan.offset)
    for signal, lights in held.items():
        for place, way in enumerate(lights):
            file.add("connection", **_ends(way), tl=as_id(signal), linkIndex=place)
