"""Extract: everything that the twin takes from a file of OpenStreetMap data, read in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from twin.errors import BadSource
from twin.network import Network, notes_table
from twin.osm import tags as meaning
from twin.osm.areas import grounds
from twin.osm.graph import link_table, links, node_table
from twin.osm.lanes import lane_tables
from twin.osm.pieces import edges, pieces, strong
from twin.osm.scan import scan
from twin.osm.signals import signal_hints
from twin.osm.signs import left_hand, signs
from twin.osm.sites import sites
from twin.osm.source import described, find
from twin.osm.turns import rules, turns
from twin.places import Places
from twin.quality import EDGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike
    from pathlib import Path

    from twin.osm.graph import Link
    from twin.osm.pieces import Edge, Note, Piece
    from twin.osm.scan import Scan
    from twin.osm.source import Box
    from twin.osm.turns import Turn

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
    edges: pd.DataFrame
    source: dict[str, str]

    def __repr__(self) -> str:
        signals = self.signal_hints["signal_id"].nunique()
        return (
            f"Extract({self.source['file']}: {self.network!r}, {signals} signals, {len(self.places.sites)} buildings)"
        )


def read(source: str | PathLike[str] | Box, *, progress: Callable[[float], None] = lambda _: None) -> Extract:
    """Read a file of OpenStreetMap data.

    Parameters
    ----------
    source : str or path
        A file: .osm, .osm.gz, .osm.bz2 or .osm.pbf.
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
    path = find(source)
    data = scan(path)
    progress(0.3)
    found, cut, cut_notes = pieces(data)
    kept = strong(found)
    rims = edges(found, kept, cut)
    every, twice = links(found, kept, {rim.node for rim in rims})
    restrictions, not_understood = rules(data.restrictions)
    alive, made, turn_notes = turns(every, restrictions, data.coords)
    if not alive:
        raise BadSource(_no_roads(path, data))
    progress(0.7)
    lane_groups, turn_table, lane_notes = lane_tables(every, alive, made)
    own = [every[row] for row in alive]
    hints, light_notes = signal_hints(own, _nexts(alive, made), data.lights, data.coords)
    sign_table, sign_notes = signs(own, data)
    left, side_notes = left_hand(data)
    rim_table = _edge_table(rims, found, own)
    notes = [
        *_tag_notes(data, own), *cut_notes, *_left_out(found, kept), *twice, *not_understood, *turn_notes,
        *lane_notes, *light_notes, *sign_notes, *side_notes, *_edge_notes(rim_table),
    ]  # fmt: skip
    network = Network(
        node_table(own, data.coords), link_table(own, data.coords), lane_groups=lane_groups, turns=turn_table,
        notes=notes_table(sorted(notes)),
    )  # fmt: skip
    places = Places(sites(data, own), grounds(data))
    said = described(path, data.timestamp, {way.tags.get("source", "") for way, _ in data.roads})
    return Extract(network, places, hints, sign_table, left, rim_table, said)


def _no_roads(path: Path, data: Scan) -> str:
    why = "no roads for cars" if not data.roads else "no roads on which one can drive there and back"
    return f"the file {str(path)!r} has {why}: take an extract that covers streets, with their nodes"


def _tag_notes(data: Scan, own: Sequence[Link]) -> list[Note]:
    used = {way for link in own for way in link.ways}
    return [
        (kind, f"way:{way.way_id}", detail)
        for way, road in data.roads
        if way.way_id in used
        for kind, detail in road.notes
    ]


def _nexts(alive: Sequence[int], made: Sequence[Turn]) -> dict[int, list[int]]:
    """Return the rows of the links into which one may turn, by row, among the links in use."""
    place = {row: number for number, row in enumerate(alive)}
    nexts: dict[int, list[int]] = {number: [] for number in place.values()}
    for turn in made:
        nexts[place[turn.into]].append(place[turn.out])
    return nexts


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


def _edge_table(rims: Sequence[Edge], found: Sequence[Piece], own: Sequence[Link]) -> pd.DataFrame:
    nodes = {node for link in own for node in (link.start, link.stop)}
    rows = []
    for rim in rims:
        stubs = [(found[row], at) for row, at in rim.stubs]
        first = min((piece for piece, _ in stubs), key=lambda piece: meaning.CLASSES.index(piece.road_class))
        inward = [side.lanes for piece, at in stubs if (side := piece.side(at)) is not None]
        outward = [side.lanes for piece, at in stubs if (side := piece.side(1 - at)) is not None]
        if rim.node in nodes:
            rows.append((str(rim.node), first.road_class, first.name, sum(inward), sum(outward)))
    return pd.DataFrame(rows, columns=list(EDGE_COLUMNS))
