"""Joined: nodes between which no car has room are one junction, and so are those between which turns are restricted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from twin.osm.graph import JAM_DENSITY
from twin.osm.turns import BACK, headings_of, turns_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from twin.osm.graph import Link
    from twin.osm.pieces import Note
    from twin.osm.turns import Rule, Turn

CAR = 1 / JAM_DENSITY
"""On a link shorter than this [m] no car has room: it is inside a junction."""

WIDEST = 35.0
"""Links by way of which turns are restricted, such as the opening between the sides of a divided road, are inside a
junction if they are at most this long [m]."""


class Roads(NamedTuple):
    """Links and turns after junctions were joined, and notes."""

    links: list[Link]
    turns: list[Turn]
    notes: list[Note]


class Path(NamedTuple):
    """A way through a junction: the links inside (their rows), and its length [m]."""

    inside: tuple[int, ...]
    length: float


def one_junction(links: Sequence[Link], signal_of: Mapping[int, int], rules: Sequence[Rule]) -> dict[int, int]:
    """Return for each node that becomes part of another the node that they become: the smallest of their ids.

    Parameters
    ----------
    links : sequence of Link
        Those without room for a car join their ends, and so do short ones by way of which a restriction goes; not in
        roundabouts, between different signals, or where a longer link would become a ring.
    signal_of : mapping
        Signal of each node that has one.
    rules : sequence of Rule
    """
    wanted = _wanted(links, {way for rule in rules for way in rule.ways})
    short = {link.link_id for link in wanted}
    leads: dict[int, set[int]] = defaultdict(set)
    for link in links:
        if link.link_id not in short and link.start != link.stop:
            leads[link.start].add(link.stop)
    parts: dict[int, set[int]] = {}
    for link in wanted:
        a, b = (parts.get(node, {node}) for node in (link.start, link.stop))
        both = a | b
        signals = {signal_of[node] for node in both if node in signal_of}
        if a is not b and len(signals) <= 1 and not any(leads[node] & both for node in both):
            parts |= dict.fromkeys(both, both)
    return {node: min(part) for node, part in sorted(parts.items()) if node != min(part)}


def _wanted(links: Sequence[Link], via: set[int]) -> list[Link]:
    """Return the links that are inside a junction if nothing speaks against it, shortest first."""
    inside = [link for link in links if link.length < CAR or (link.length <= WIDEST and via.intersection(link.ways))]
    return sorted((link for link in inside if not link.ring), key=lambda link: (link.length, link.link_id))


def joined(
    links: Sequence[Link],
    made: Sequence[Turn],
    node_of: Mapping[int, int],
    rules: Sequence[Rule],
    coords: Mapping[int, tuple[float, float]],
) -> Roads:
    """Return the links outside junctions, and the turns from one to the other.

    Parameters
    ----------
    links : sequence of Link
    made : sequence of Turn
        Every turn that is allowed where it is drawn.
    node_of : mapping
        As ``one_junction`` gives it.
    rules : sequence of Rule
        Restrictions; those by way of links inside hold for the ways through a junction.
    coords : mapping
        Longitude and latitude of every node.

    Returns
    -------
    Roads
        A turn takes the shortest way through the junction that passes no node twice. What is driven inside is added to
        the length of the link behind, the mean of all ways that lead there, so that nothing is lost of what people
        drive.
    """
    inner = {row for row, link in enumerate(links) if _is_inside(link, node_of)}
    by_way = [rule for rule in rules if rule.ways]
    paths = _paths(links, made, inner, by_way)
    before: dict[int, list[float]] = defaultdict(list)
    for (_, out), path in paths.items():
        before[out].append(path.length)
    outer = [row for row in range(len(links)) if row not in inner]
    place = {row: number for number, row in enumerate(outer)}
    kept = [replace(links[row], length=links[row].length + fmean(before.get(row) or [0.0])) for row in outer]
    headings = [headings_of(link, coords) for link in kept]
    onto: dict[int, list[int]] = defaultdict(list)
    for into, out in paths:
        onto[place[into]].append(place[out])
    through = {place[into] for (into, _), path in paths.items() if path.inside}
    turns = [turn for turn in made if turn.into in place and turn.out in place and place[turn.into] not in through]
    turns = [replace(turn, into=place[turn.into], out=place[turn.out]) for turn in turns]
    turns += [_back(turn) for row in sorted(through) for turn in turns_from(kept, row, onto[row], headings)]
    return Roads(kept, sorted(turns, key=lambda turn: turn.into), _notes(links, inner, node_of, by_way))


def _back(turn: Turn) -> Turn:
    """Return a turn with its kind: in a wide junction one turns back onto the other side of the road, of any name."""
    return replace(turn, kind="uturn") if abs(turn.angle) > BACK else turn


def _is_inside(link: Link, node_of: Mapping[int, int]) -> bool:
    ends = node_of.get(link.start, link.start), node_of.get(link.stop, link.stop)
    return link.start != link.stop and ends[0] == ends[1]


def _paths(
    links: Sequence[Link], made: Sequence[Turn], inner: set[int], rules: Sequence[Rule]
) -> dict[tuple[int, int], Path]:
    """Return the way through the junction for each turn from outside to outside."""
    onto: dict[int, list[int]] = defaultdict(list)
    for turn in made:
        onto[turn.into].append(turn.out)
    paths: dict[tuple[int, int], Path] = {}
    for start in range(len(links)):
        if start not in inner:
            found = [each for out in onto[start] for each in _walks(links, start, out, onto, inner)]
            for out, path in _allowed(links, start, found, rules):
                if (start, out) not in paths or path.length < paths[start, out].length:
                    paths[start, out] = path
    return paths


def _walks(
    links: Sequence[Link], start: int, out: int, onto: Mapping[int, list[int]], inner: set[int]
) -> Iterator[tuple[int, Path]]:
    """Give all ways from a link on by another that pass no node twice, with the links where they end."""
    waiting = [(out, Path((), 0.0), frozenset({links[start].stop}))]
    while waiting:
        row, path, passed = waiting.pop()
        if row not in inner:
            yield row, path
        elif links[row].stop not in passed:
            further = Path((*path.inside, row), path.length + links[row].length)
            waiting += [(after, further, passed | {links[row].stop}) for after in onto[row]]


def _allowed(
    links: Sequence[Link], start: int, found: list[tuple[int, Path]], rules: Sequence[Rule]
) -> list[tuple[int, Path]]:
    """Leave out the ways through a junction that restrictions by way of its links forbid; never all of them."""
    for rule in rules:
        by_way = [way for way in found if {links[row].ways[0] for row in way[1].inside} == rule.ways]
        named = [way for way in by_way if links[way[0]].ways[0] in rule.ends]
        if named and links[start].ways[-1] in rule.starts:
            wrong = [way for way in by_way if way not in named] if rule.only else named
            found = [way for way in found if way not in wrong] or found
    return found


def _notes(links: Sequence[Link], inner: set[int], node_of: Mapping[int, int], rules: Sequence[Rule]) -> list[Note]:
    """Return a note for each joined junction, and for each restriction by way of roads that are not inside one."""
    parts: dict[int, list[int]] = defaultdict(list)
    for node, first in node_of.items():
        parts[first].append(node)
    inside = {way for row in inner for way in links[row].ways}
    return [
        *(("joined junction", f"node:{first}", f"with nodes {', '.join(map(str, parts[first]))}") for first in parts),
        *(
            ("restriction not understood", rule.subject, f"by way of roads longer than {WIDEST:.0f} m")
            for rule in rules
            if not rule.ways <= inside
        ),
    ]
