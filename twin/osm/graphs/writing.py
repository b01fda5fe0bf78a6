"""Writing: a network as an osmnx graph."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.errors import BadTable
from twin.network import MILLI, Network
from twin.osm.graphs.streets import GUESSED
from twin.osm.source import ATTRIBUTION, LICENCE, STAND_IN, STYLISED
from twin.units import from_kmh, to_kmh

if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx as nx

_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")
_OWN = ("link_id", "free_speed", "capacity", "jam_density")


def to_osmnx(network: Network) -> nx.MultiDiGraph:
    """Return a network as a graph that the functions of osmnx take.

    Parameters
    ----------
    network : Network
        On the globe, as every network is that was read from OpenStreetMap.

    Returns
    -------
    networkx.MultiDiGraph
        Simplified, in degrees. Each link is an edge with the attributes that osmnx gives one (``osmid``, ``highway``,
        ``name``, ``lanes`` of both directions, ``maxspeed`` [km/h], ``oneway``, ``reversed``, ``length`` [m],
        ``geometry``) and our own (``link_id``; ``free_speed`` [m/s], ``capacity`` [PCU/s a lane], ``jam_density``
        [PCU/m a lane]; ``guessed_lanes`` and ``guessed_speed``: the ways of which these were guessed; ``closed`` where
        it is). ``osmnx.save_graphml`` keeps it all;
        ``osmnx.load_graphml`` returns our own attributes and ``lanes`` as texts unless told their types.

    Raises
    ------
    BadTable
        If the network is not on the globe.

    Notes
    -----
    A graph has no place for turns and their restrictions, lane groups, who yields, and signals: ``read_osm`` of the
    graph makes them anew. Links, nodes, lengths, lanes and speeds come back as they were, but for closed links, which
    carry ``access=no``; at junctions that were joined of several nodes links get other ids and lengths. Nodes whose ids
    are no numbers are numbered from 1 and keep theirs as ``node_id``; links that come from no way of OpenStreetMap have
    a negative ``osmid``.
    """
    import networkx as nx  # noqa: PLC0415 - takes 0.1 s, which no other import should pay
    from osmnx.stats import count_streets_per_node  # noqa: PLC0415 - takes 0.4 s

    if network.links.crs is None:
        raise BadTable("the network is not on the globe: give its nodes and links a crs, since osmnx draws in degrees")
    graph = nx.MultiDiGraph(crs="epsg:4326", simplified=True, created_with="towntwin")
    stylised = (network.notes["kind"] == "stylised").any()
    if stylised:
        graph.graph.update(stylised=STYLISED)
    elif network.links["osm_ways"].map(bool).any():
        graph.graph.update(licence=LICENCE, attribution=ATTRIBUTION)
    numbers = _add_nodes(graph, network)
    _add_edges(graph, network, numbers)
    if stylised:
        nx.set_edge_attributes(graph, STAND_IN, "source")
    nx.set_node_attributes(graph, count_streets_per_node(graph), "street_count")
    return graph


def _add_nodes(graph: nx.MultiDiGraph, network: Network) -> dict[str, int]:
    """Add the nodes of a network and return their numbers by their ids."""
    ids = network.nodes["node_id"].tolist()
    numbered = all(_NUMBER.fullmatch(node) for node in ids)
    numbers = {node: int(node) if numbered else row for row, node in enumerate(ids, start=1)}
    spots = shapely.get_coordinates(network.nodes.geometry.to_numpy()).tolist()
    for node, (lon, lat) in zip(ids, spots, strict=True):
        graph.add_node(numbers[node], x=lon, y=lat, **({} if numbered else {"node_id": node}))
    return numbers


def _add_edges(graph: nx.MultiDiGraph, network: Network, numbers: dict[str, int]) -> None:
    """Add the links of a network; of the two directions of a street the one whose id comes first runs along its way."""
    links = network.links.to_dict("records")
    partner = _partners(links)
    guessed = {kind: _subjects(network, kind) for kind in GUESSED}
    for row, link in enumerate(links):
        other = partner.get(row)
        attributes = _attributes(
            link, row, None if other is None else links[other], against=partner.get(row, row) < row
        )
        for kind, column in GUESSED.items():
            ways = [way for way in link["osm_ways"] if way in guessed[kind]]
            attributes |= {column: ways} if ways else {}
        graph.add_edge(numbers[link["from_node"]], numbers[link["to_node"]], **attributes)


def _partners(links: Sequence[dict[str, Any]]) -> dict[int, int]:
    """Return for each link (its row) that of the other direction of its street, drawn on the same line."""
    rows: dict[object, int] = {}
    partner: dict[int, int] = {}
    for row, link in enumerate(links):
        line = tuple(map(tuple, shapely.get_coordinates(link["geometry"]).tolist()))
        ends, ways = (link["from_node"], link["to_node"]), frozenset(link["osm_ways"])
        other = rows.pop((ends[::-1], ways, line[::-1]), None)
        if other is None:
            rows[ends, ways, line] = row
        else:
            partner |= {row: other, other: row}
    return partner


def _attributes(link: dict[str, Any], row: int, other: dict[str, Any] | None, *, against: bool) -> dict[str, Any]:
    """Return the attributes of an edge."""
    ways = list(link["osm_ways"])
    lanes = int(link["lanes"])
    made = {
        "osmid": -(row + 1) if not ways else ways[0] if len(ways) == 1 else ways,
        "highway": link["road_class"],
        "name": link["name"],
        "lanes": str(lanes if other is None else lanes + int(other["lanes"])),
        "maxspeed": _limit(float(link["free_speed"])),
        "oneway": other is None,
        "reversed": against,
        "length": float(link["length"]),
        "geometry": link["geometry"],
        **{column: link[column] for column in _OWN},
    }
    if other is not None:
        sides = (other, link) if against else (link, other)
        made |= {f"lanes:{way}": str(side["lanes"]) for way, side in zip(("forward", "backward"), sides, strict=True)}
    if link["closed"]:
        made |= {"closed": True, "access": "no"}
    if link["only"]:
        made["only"] = list(link["only"])
    return {column: value for column, value in made.items() if value != ""}


def _limit(speed: float) -> str:
    """Return a speed [m/s] in km/h, as short as can be said without losing a mm/s."""
    kmh = to_kmh(speed)
    texts = (f"{kmh:.{digits}f}" for digits in range(4))
    return next((text for text in texts if round(from_kmh(float(text)) * MILLI) == round(speed * MILLI)), f"{kmh:.6f}")


def _subjects(network: Network, kind: str) -> set[int]:
    """Return the ways of which a note says that something was guessed."""
    named = network.notes.loc[network.notes["kind"] == kind, "subject"].str.extract(r"^way:(-?\d+)$")[0].dropna()
    return set(named.astype(np.int64).tolist())
