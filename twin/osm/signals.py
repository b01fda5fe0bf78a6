"""Signals: which junctions have traffic signals, read from the lights that mappers put on stop lines and crossings."""

from __future__ import annotations

from collections import Counter, defaultdict
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj

from twin.osm.unlit import without_lights
from twin.quality import SIGNAL as GUESSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.osm.graph import Link
    from twin.osm.pieces import Note
    from twin.osm.scan import Tags
    from twin.osm.turns import Turn

NEAR, NEAR_ON_FOOT = 60.0, 30.0
"""A light belongs to a junction at most this far [m] down the road; one tagged on a crossing on foot must be nearer."""

ONE_JUNCTION = 35.0
"""Junction nodes with lights at most this far [m] apart, joined by a link, are one junction with one signal."""

_EARTH = pyproj.Geod(ellps="WGS84")


def signal_hints(
    links: Sequence[Link],
    turns: Sequence[Turn],
    lights: Mapping[int, Tags],
    coords: Mapping[int, tuple[float, float]],
) -> tuple[pd.DataFrame, list[Note]]:
    """Return the table of signalised junctions, and notes.

    Parameters
    ----------
    links : sequence of Link
        The links in use.
    turns : sequence of Turn
        Every turn that is allowed.
    lights : mapping
        Tags of the nodes of traffic signals.
    coords : mapping
        Longitude and latitude of every node.

    Returns
    -------
    hints : DataFrame
        ``node_id`` (a junction), ``signal_id`` (junction nodes that are one junction share it: the smallest of their
        ids), ``osm_nodes`` (the lights that say so; none where signals are guessed).
    notes : list of (kind, subject, detail)
        Lights that were moved to a junction, lights that were left out, and signals that were guessed.
    """
    passing: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, link in enumerate(links):
        for place, ref in enumerate(link.refs):
            if ref in lights and place > 0:
                passing[ref].append((row, place))
    nexts: dict[int, list[int]] = defaultdict(list)
    for turn in turns:
        nexts[turn.into].append(turn.out)
    meeting = _meeting(links)
    snapped: dict[int, set[int]] = defaultdict(set)
    notes: list[Note] = []
    for light in sorted(lights):
        starts = _starts(links, passing[light], lights[light], coords)
        limit = NEAR if lights[light].get("highway") == "traffic_signals" else NEAR_ON_FOOT
        target, away = _downstream(links, nexts, meeting, starts, limit)
        if target is None:
            far = f"no junction within {limit:.0f} m down the road: a crossing on foot"
            why = far if starts else "on a road that is not part of the network"
            notes.append(("signal left out", f"node:{light}", why))
            continue
        snapped[target].add(light)
        if target != light:
            notes.append(("signal moved", f"node:{light}", f"{away:.0f} m to the junction node:{target}"))
    guessed, looked = without_lights(links, snapped, coords)
    for node in guessed:
        snapped[node] = set()
        notes.append(
            (GUESSED, f"node:{node}", f"main roads cross, as {looked} times in this town where hardly any is tagged")
        )
    leader = _clusters(links, set(snapped), coords)
    rows = [(str(node), str(leader[node]), tuple(sorted(snapped[node]))) for node in sorted(snapped)]
    return pd.DataFrame(rows, columns=["node_id", "signal_id", "osm_nodes"]), notes


def _meeting(links: Sequence[Link]) -> set[int]:
    """Return the nodes where traffic meets: two links or more come in, and three streets or more join."""
    coming: Counter[int] = Counter(link.stop for link in links)
    around: dict[int, set[tuple[int, ...]]] = defaultdict(set)
    for link in links:
        street = min(link.refs, link.refs[::-1])
        around[link.start].add(street)
        around[link.stop].add(street)
    return {node for node, streets in around.items() if len(streets) > 2 and coming[node] > 1}  # noqa: PLR2004


def _starts(
    links: Sequence[Link], passing: list[tuple[int, int]], tags: Tags, coords: Mapping[int, tuple[float, float]]
) -> list[tuple[float, int]]:
    """Return the links whose drivers obey a light, with the way [m] that is left to their end, nearest first."""
    meant = obeyed(links, passing, tags)
    chosen = [each for each, keep in zip(passing, meant, strict=True) if keep] or passing
    return sorted((length_of(links[row].refs[place:], coords), row) for row, place in chosen)


def _downstream(
    links: Sequence[Link],
    nexts: Mapping[int, Sequence[int]],
    meeting: set[int],
    starts: list[tuple[float, int]],
    limit: float,
) -> tuple[int | None, float]:
    """Return the nearest node down the road where traffic meets, and how far [m] it is; none beyond the limit."""
    queue, seen = list(starts), set()
    heapify(queue)
    while queue:
        away, row = heappop(queue)
        if away > limit:
            break
        if links[row].stop in meeting:
            return links[row].stop, away
        seen.add(row)
        for ahead in nexts[row]:
            if ahead not in seen:
                heappush(queue, (away + links[ahead].length, ahead))
    return None, 0.0


def obeyed(links: Sequence[Link], passing: list[tuple[int, int]], tags: Tags) -> list[bool]:
    """Return for each link through a light or sign whether its drivers obey it."""
    facing = tags.get("traffic_signals:direction", tags.get("direction", "both"))
    if facing not in {"forward", "backward"}:
        return [True] * len(passing)
    return [links[row].along[place] == (facing == "forward") for row, place in passing]


def _clusters(links: Sequence[Link], nodes: set[int], coords: Mapping[int, tuple[float, float]]) -> dict[int, int]:
    """Return for each signalised node the smallest node of its junction."""
    leader = {node: node for node in nodes}

    def first(node: int) -> int:
        while leader[node] != node:
            node = leader[node]
        return node

    for link in links:
        if link.start in nodes and link.stop in nodes and _apart(link.start, link.stop, coords) <= ONE_JUNCTION:
            a, b = sorted((first(link.start), first(link.stop)))
            leader[b] = a
    return {node: first(node) for node in sorted(nodes)}


def length_of(refs: Sequence[int], coords: Mapping[int, tuple[float, float]]) -> float:
    """Return the length of a line through nodes [m]."""
    if len(refs) < 2:  # noqa: PLR2004 - the light stands at the end of the link
        return 0.0
    points = np.array([coords[ref] for ref in refs])
    return float(_EARTH.line_length(points[:, 0], points[:, 1]))


def _apart(a: int, b: int, coords: Mapping[int, tuple[float, float]]) -> float:
    return float(_EARTH.inv(*coords[a], *coords[b])[2])
