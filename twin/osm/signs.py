"""Signs: which links end at a sign that says stop or give way, on a priority road, or in a roundabout."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pandas as pd

from twin.osm.signals import length_of, obeyed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.osm.graph import Link
    from twin.osm.pieces import Note
    from twin.osm.scan import Scan, Tags

NEAR = 50.0
"""A sign belongs to the junction at most this far [m] down the road (a guess; mappers put signs where they stand)."""

_NAMES = {"stop": "stop", "give_way": "give way"}


def signs(links: Sequence[Link], data: Scan) -> tuple[pd.DataFrame, list[Note]]:
    """Return the table of the signs at the ends of links, and notes on those that were left out.

    Returns
    -------
    signs : DataFrame
        ``link_id``, ``sign``: stop, give way, priority (road) or ring (roundabout), in this order where several hold.
    notes : list of (kind, subject, detail)

    Notes
    -----
    A sign without a direction holds for those who have the shorter way from it to a junction, since signs stand before
    it. Everybody stops where one sign says ``stop=all``, or where a stop sign without ``stop=minor`` is on the
    junction's own node: mappers put it there where it holds for all. Other signs on that node are left out.
    """
    found, notes = _posted(links, data.signs, data.coords)
    rows = []
    for row, link in enumerate(links):
        sign = found.get(row) or ("priority" if link.priority else "ring" if link.ring else "")
        if sign:
            rows.append((link.link_id, sign))
    return pd.DataFrame(rows, columns=["link_id", "sign"], dtype=str), notes


def left_hand(data: Scan) -> tuple[bool, list[Note]]:
    """Return whether one drives on the left, and notes.

    By the tag ``driving_side``, else by the sense in which roundabouts turn; where there are none, on the right.
    """
    sides = [way.tags["driving_side"] for way, _ in data.roads if "driving_side" in way.tags]
    if sides:
        return 2 * sides.count("left") > len(sides), []
    bends = sum(_bends(way.refs, data.coords) for way, road in data.roads if road.ring and road.backward is None)
    if bends:
        return bends < 0, [("guessed driving side", "network", "by the sense in which roundabouts turn")]
    return False, [("guessed driving side", "network", "no roundabout and no tag driving_side: on the right")]


def _posted(
    links: Sequence[Link], posts: Mapping[int, Tags], coords: Mapping[int, tuple[float, float]]
) -> tuple[dict[int, str], list[Note]]:
    """Return the signs of links (their rows) and notes."""
    passing: dict[int, list[tuple[int, int]]] = defaultdict(list)
    into: dict[int, list[int]] = defaultdict(list)
    for row, link in enumerate(links):
        into[link.stop].append(row)
        for place, ref in enumerate(link.refs):
            if ref in posts and place > 0:
                passing[ref].append((row, place))
    found: dict[int, str] = {}
    notes: list[Note] = []
    for post in sorted(posts, key=lambda post: (posts[post]["highway"] != "give_way", post)):
        tags = posts[post]
        rows = _bound(links, passing[post], tags, coords)
        if tags["highway"] == "stop" and (tags.get("stop") == "all" or (post in into and "stop" not in tags)):
            rows = [row for at in {links[row].stop for row in rows} | {post} for row in into[at]]
        elif post in into:
            rows = []
        if not rows:
            why = "on a junction itself" if post in into else f"no junction within {NEAR:.0f} m down the road"
            notes.append(("sign left out", f"node:{post}", why))
        found |= dict.fromkeys(rows, _NAMES[tags["highway"]])
    return found, notes


def _bound(
    links: Sequence[Link], passing: list[tuple[int, int]], tags: Tags, coords: Mapping[int, tuple[float, float]]
) -> list[int]:
    """Return the links (their rows) whose drivers obey a sign."""
    meant = [each for each, keep in zip(passing, obeyed(links, passing, tags), strict=True) if keep]
    away = sorted((length_of(links[row].refs[place:], coords), links[row].link_id, row) for row, place in meant)
    return [row for length, _, row in away[:1] if length <= NEAR]


def _bends(refs: Sequence[int], coords: Mapping[int, tuple[float, float]]) -> int:
    """Return how much more often a line bends to the left than to the right."""
    points = [coords[ref] for ref in refs if ref in coords]
    total = 0
    for (ax, ay), (bx, by), (cx, cy) in zip(points, points[1:], points[2:], strict=False):
        cross = (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
        total += (cross > 0) - (cross < 0)
    return total
