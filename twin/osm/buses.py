"""Buses: the lines that OpenStreetMap has as relations, with the junctions at which they stop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.osm.tags import called
from twin.osm.turns import METRES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.osm.graph import Link
    from twin.osm.pieces import Note
    from twin.osm.scan import Relation, Scan

LINE_COLUMNS = ("line_id", "name", "nodes", "headway")

FARTHEST = 300.0
"""A stop farther [m] from every junction of its line is not on it."""

_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3})(?::(\d{2}))?")
_SHORTEST, _LONGEST = 60.0, 6 * 3600.0


def bus_lines(scan: Scan, links: Sequence[Link], node_of: Mapping[int, int]) -> tuple[pd.DataFrame, list[Note]]:
    """Return the table of bus lines, and notes on those that were left out.

    Parameters
    ----------
    scan : Scan
    links : sequence of Link
        The links in use.
    node_of : mapping
        Nodes that became another, and that other.

    Returns
    -------
    lines : DataFrame
        ``line_id`` ("relation:..."), ``name``, ``nodes`` (the junctions, as node_ids in order, that are nearest to its
        stops, among those on its roads; at least two), ``headway`` [s] (missing = not tagged).
    notes : list of (kind, subject, detail)

    Notes
    -----
    A relation is one direction of a line. Of stops that are mapped twice, on the road and beside it, those on the road
    count.
    """
    ends = _ends(links)
    rows, notes = [], []
    for line in scan.lines:
        ways = {ref for kind, ref, role in line.members if kind == "w" and not role.startswith("platform")}
        junctions = sorted({node for way in ways for node in ends.get(way, ())})
        nodes = _halts([scan.coords[stop] for stop in _stops(line) if stop in scan.coords], junctions, scan)
        named = list(dict.fromkeys(str(node_of.get(node, node)) for node in nodes))
        subject = f"relation:{line.relation_id}"
        if len(named) > 1:
            rows.append((subject, line.tags.get("ref") or called(line.tags), tuple(named), _headway(line.tags)))
        else:
            notes.append(("bus line left out", subject, f"{len(named)} of its stops are at junctions in the town"))
    return pd.DataFrame(rows, columns=list(LINE_COLUMNS)).astype({"headway": float}), notes


def _ends(links: Sequence[Link]) -> dict[int, set[int]]:
    """Return the junctions on each way."""
    ends: dict[int, set[int]] = {}
    for link in links:
        for way in link.ways:
            ends.setdefault(way, set()).update((link.start, link.stop))
    return ends


def _stops(line: Relation) -> list[int]:
    """Return the nodes of a line's stops in order: those on the road, or where there are none those beside it."""
    stops = [(ref, role) for kind, ref, role in line.members if kind == "n"]
    return [ref for ref, role in stops if "stop" in role] or [ref for ref, _ in stops]


def _halts(spots: Sequence[tuple[float, float]], junctions: Sequence[int], scan: Scan) -> list[int]:
    """Return the junction nearest to each stop, in order; none for stops that are far from all."""
    if not (spots and junctions):
        return []
    at = np.array([scan.coords[node] for node in junctions])
    scale = np.array([np.cos(np.radians(at[:, 1].mean())), 1.0]) * METRES
    gone = (np.array(spots)[:, None, :] - at[None, :, :]) * scale
    away = np.sqrt((gone**2).sum(axis=2))
    nearest = away.argmin(axis=1)
    return [junctions[n] for row, n in enumerate(nearest.tolist()) if away[row, n] <= FARTHEST]


def _headway(tags: Mapping[str, str]) -> float:
    """Return the headway [s] that the tag ``interval`` says: minutes, hh:mm or hh:mm:ss; missing if it does not.

    Examples
    --------
    >>> [_headway({"interval": text}) for text in ("10", "00:12", "00:07:30")]
    [600.0, 720.0, 450.0]
    >>> _headway({"interval": "often"})
    nan
    """
    found = _CLOCK.fullmatch(tags.get("interval", "").strip())
    if not found:
        return np.nan
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    headway = hours * 3600 + minutes * 60 + seconds
    return headway if _SHORTEST <= headway <= _LONGEST else np.nan
