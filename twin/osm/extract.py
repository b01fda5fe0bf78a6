"""Extract: everything that the twin takes from a file of OpenStreetMap data, read in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from twin.errors import BadSource
from twin.network import Network, notes_table
from twin.osm import tags as meaning
from twin.osm.areas import grounds
from twin.osm.buses import bus_lines
from twin.osm.graph import link_table, links, node_table
from twin.osm.graphs import graph_described, is_graph, is_graphml, load, made_by, scan_graph
from twin.osm.joined import joined, one_junction
from twin.osm.lanes import lane_tables
from twin.osm.pieces import edges, pieces, strong
from twin.osm.scan import scan
from twin.osm.signals import signal_hints
from twin.osm.signs import left_hand, signs
from twin.osm.sites import sites
from twin.osm.source import STAND_IN, STYLISED, described, file, naming
from twin.osm.turns import rules, turns
from twin.places import Places
from twin.quality import EDGE, SIGNAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    import networkx as nx

    from twin.osm.graph import Link
    from twin.osm.pieces import Edge, Note, Piece
    from twin.osm.scan import Scan

EDGE_COLUMNS = ("node_id", "road_class", "name", "lanes_in", "lanes_out")


@dataclass(frozen=True, eq=False)
class Extract:
    """A town as OpenStreetMap has it.

    Parameters
    ----------
    network : Network
        What can be driven; its notes list every guess and repair.
    places : Places
        Buildings with guessed people; water and green.
    signal_hints : DataFrame
        ``node_id``, ``signal_id``, ``osm_nodes``: junctions with traffic signals; nodes of one signal share its id.
    signs : DataFrame
        ``link_id``, ``sign``: links that end at a sign (stop, give way), on a priority road or in a ring.
    left_hand : bool
        Whether one drives on the left.
    bus_lines : DataFrame
        ``line_id``, ``name``, ``nodes`` (junctions at which it stops, in order), ``headway`` [s] (missing = not told).
    edges : DataFrame
        ``node_id``, ``road_class``, ``name``, ``lanes_in``, ``lanes_out``: junctions where roads from tertiary up were
        cut by the edge of the map, with the lanes that come in and go out there.
    source : dict
        ``file``, ``sha256``, ``licence``, ``attribution``, ``timestamp`` of the data ("" = not told); ``stylised`` if
        roads were drawn by a script of ours.
    """

    network: Network
    places: Places
    signal_hints: pd.DataFrame
    signs: pd.DataFrame
    left_hand: bool
    bus_lines: pd.DataFrame
    edges: pd.DataFrame
    source: dict[str, str]

    def __repr__(self) -> str:
        signals, buildings = self.signal_hints["signal_id"].nunique(), len(self.places.sites)
        return f"Extract({self.source['file']}: {self.network!r}, {signals} signals, {buildings} buildings)"


def read(
    source: str | PathLike[str] | nx.MultiDiGraph, *, progress: Callable[[float], None] = lambda _: None
) -> Extract:
    """Read a file of OpenStreetMap data, or a graph of osmnx.

    Parameters
    ----------
    source : str, path or networkx.MultiDiGraph
        A file (.osm, .osm.gz, .osm.bz2, .osm.pbf), or a graph as osmnx makes it, or its file (.graphml).
    progress : callable, optional
        Called between the steps of the work with the share that is done (0 to 1); whatever it raises stops it.

    Returns
    -------
    Extract
        The same file gives the same tables, bit by bit.

    Raises
    ------
    BadSource
        If there is no such file, it is not OpenStreetMap data, or it has no roads that can be driven.
    """
    data, called, origin = _taken(source)
    progress(0.3)
    found, cut, cut_notes = pieces(data)
    kept = strong(found)
    rims = edges(found, kept, cut)
    every, twice = links(found, kept, data.held.union(rim.node for rim in rims))
    restrictions, not_understood = rules(data.restrictions)
    drawn, made, turn_notes = turns(every, restrictions, data.coords)
    if not drawn:
        raise BadSource(_no_roads(called, data))
    progress(0.7)
    hints, light_notes = signal_hints(drawn, made, data.lights, data.coords)
    signal_of = dict(zip(hints["node_id"].astype(int), hints["signal_id"].astype(int), strict=True))
    node_of = {} if data.held else one_junction(drawn, signal_of, restrictions)  # links of ours stay as they are
    own, met, joint_notes = joined(drawn, made, node_of, restrictions, data.coords)
    lane_groups, turn_table, lane_notes = lane_tables(own, met)
    sign_table, sign_notes = signs(own, data)
    left, side_notes = left_hand(data)
    rim_table = _edge_table(rims, found, own, node_of)
    lines, line_notes = bus_lines(data, own, node_of)
    notes = [
        *data.notes, *_stylised(data), *_tag_notes(data, own), *cut_notes, *_left_out(found, kept), *twice,
        *not_understood, *turn_notes, *joint_notes, *lane_notes, *_guessed_signals(light_notes, node_of), *sign_notes,
        *side_notes, *line_notes, *_edge_notes(rim_table),
    ]  # fmt: skip
    with naming(called):
        network = Network(
            node_table(own, data.coords, node_of), link_table(own, data.coords, node_of), lane_groups=lane_groups,
            turns=turn_table, notes=notes_table(sorted(notes)),
        )  # fmt: skip
        places = Places(sites(data, own, node_of), grounds(data))
    return Extract(network, places, _signal_table(hints, node_of), sign_table, left, lines, rim_table, origin)


def _taken(source: str | PathLike[str] | nx.MultiDiGraph) -> tuple[Scan, str, dict[str, str]]:
    """Return what was kept of a source, what errors call it, and where it comes from."""
    if is_graph(source):
        data = scan_graph(source)
        return data, "the graph", graph_described(source, data)
    path = file(source)
    called = f"the file {str(path)!r}"
    if is_graphml(path):
        graph = load(path)
        data = scan_graph(graph, called)
        return data, called, {**described(path, "", data.sources), **made_by(graph)}
    data = scan(path)
    return data, called, described(path, data.timestamp, data.sources)


def _no_roads(called: str, data: Scan) -> str:
    why = "no roads for cars" if not data.roads else "no roads on which one can drive there and back"
    return f"{called} has {why}: take an extract that covers streets, with their nodes"


def _stylised(data: Scan) -> list[Note]:
    return [("stylised", "network", STYLISED)] if STAND_IN in data.sources else []


def _tag_notes(data: Scan, own: Sequence[Link]) -> list[Note]:
    used = {way for link in own for way in link.ways}
    noted = [
        (kind, f"way:{way.way_id}", detail)
        for way, road in data.roads
        if way.way_id in used
        for kind, detail in road.notes
    ]
    return list(dict.fromkeys(noted))  # a way may come in several stretches


def _left_out(found: Sequence[Piece], kept: Sequence[int]) -> list[Note]:
    members = set(kept)
    lost: dict[int, float] = {}
    for row, piece in enumerate(found):
        if row not in members:
            lost[piece.way_id] = lost.get(piece.way_id, 0.0) + piece.length
    return [("cut off", f"way:{way}", f"{lost[way]:.0f} m cannot be driven to and from") for way in sorted(lost)]


def _edge_notes(table: pd.DataFrame) -> list[Note]:
    called = zip(table["node_id"], table["name"], table["road_class"], strict=True)
    return [(EDGE, f"node:{node}", f"{name or road_class} leads off the map") for node, name, road_class in called]


def _signal_table(hints: pd.DataFrame, node_of: Mapping[int, int]) -> pd.DataFrame:
    """Return the signalised junctions after nodes were joined."""
    now = hints.copy()
    for column in ("node_id", "signal_id"):
        now[column] = [str(node_of.get(int(node), int(node))) for node in hints[column]]
    return now.groupby("node_id", sort=False).agg({"signal_id": "first", "osm_nodes": "sum"}).reset_index()


def _guessed_signals(notes: Sequence[Note], node_of: Mapping[int, int]) -> list[Note]:
    """Return notes on signals, of which those on guesses name the junctions that nodes have become."""
    now = {f"node:{node}": f"node:{first}" for node, first in node_of.items()}
    named = [
        (kind, now.get(subject, subject) if kind == SIGNAL else subject, detail) for kind, subject, detail in notes
    ]
    return list(dict.fromkeys(named))


def _edge_table(
    rims: Sequence[Edge], found: Sequence[Piece], own: Sequence[Link], node_of: Mapping[int, int]
) -> pd.DataFrame:
    nodes = {node_of.get(node, node) for link in own for node in (link.start, link.stop)}
    rows = []
    for rim in rims:
        stubs = [(found[row], at) for row, at in rim.stubs]
        first = min((piece for piece, _ in stubs), key=lambda piece: meaning.CLASSES.index(piece.road_class))
        inward = [side.lanes for piece, at in stubs if (side := piece.side(at)) is not None]
        outward = [side.lanes for piece, at in stubs if (side := piece.side(1 - at)) is not None]
        if (node := node_of.get(rim.node, rim.node)) in nodes:
            rows.append((str(node), first.road_class, first.name, sum(inward), sum(outward)))
    return pd.DataFrame(rows, columns=list(EDGE_COLUMNS))
