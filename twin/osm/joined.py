"""Joined: nodes between which no car has room are one junction, and so are those between which turns are restricted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from heapq import heappop, heappush
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from twin.osm.graph import JAM_DENSITY
from twin.osm.turns import BACK, among, connected, cut_off, headings_of, turns_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.osm.graph import Link
    from twin.osm.pieces import Note
    from twin.osm.turns import Rule, Turn

CAR = 1 / JAM_DENSITY
"""On a link shorter than this [m] no car has room: it is inside a junction."""

WIDEST = 35.0
"""Links by way of which turns are restricted, such as the opening between the sides of a divided road, are inside a
junction if they are at most this long [m]."""

MOST_NODES = 8
"""No junction is made of more nodes, since all ways through one are tried out; real towns have some of two or three."""

Memory = frozenset[tuple[int, frozenset[int]]]
"""Restrictions (their numbers) by way of whose roads one is driving, with those of their ways that were driven."""


class Roads(NamedTuple):
    """Links and turns after junctions were joined, and notes."""

    links: list[Link]
    turns: list[Turn]
    notes: list[Note]


def one_junction(links: Sequence[Link], signal_of: Mapping[int, int], rules: Sequence[Rule]) -> dict[int, int]:
    """Return for each node that becomes part of another the node that they become: the smallest of their ids.

    Parameters
    ----------
    links : sequence of Link
        Those without room for a car join their ends, and so do short ones by way of which a restriction goes; not in
        roundabouts, between different signals, or where a longer link would become a ring or a junction too large.
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
        fits = len(both) <= MOST_NODES and len(signals) <= 1
        if a is not b and fits and not any(leads[node] & both for node in both):
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
        A turn takes the shortest way through the junction that passes no node twice; where there is none from a link,
        one that does. What is driven inside is added to the length of the link behind, the mean of all ways that lead
        there, so that nothing is lost of what people drive. Links that restrictions cut off are left out.
    """
    inner = {row for row, link in enumerate(links) if _is_inside(link, node_of)}
    inside = {way for row in inner for way in links[row].ways}
    by_way = [rule for rule in rules if rule.ways]
    met = [rule for rule in by_way if rule.ways <= inside]
    held = [rule for rule in met if not rule.only or _can_be_kept(links, made, inner, rule)]
    paths, notes = _paths(links, made, inner, held)
    before: dict[int, list[float]] = defaultdict(list)
    for ways in paths.values():
        for out, length in ways.items():
            before[out].append(length)
    outer = [row for row in range(len(links)) if row not in inner]
    place = {row: number for number, row in enumerate(outer)}
    kept = [_longer(links[row], fmean(before.get(row) or [0.0])) for row in outer]
    through = {start for start, ways in paths.items() if any(ways.values())}
    turns = among([turn for turn in made if turn.into not in through], outer)
    for start in sorted(through):
        into, onto = place[start], [place[out] for out in paths[start]]
        headings = {row: headings_of(kept[row], coords) for row in (into, *onto)}
        turns += [_back(turn) for turn in turns_from(kept, into, onto, headings)]
    notes += _notes(node_of, [rule for rule in by_way if rule not in held], inside)
    return _without_cut_off(Roads(kept, sorted(turns, key=lambda turn: turn.into), notes))


def _back(turn: Turn) -> Turn:
    """Return a turn with its kind: in a wide junction one turns back onto the other side of the road, of any name."""
    return replace(turn, kind="uturn") if abs(turn.angle) > BACK else turn


def _longer(link: Link, by: float) -> Link:
    return replace(link, length=link.length + by) if by else link


def _is_inside(link: Link, node_of: Mapping[int, int]) -> bool:
    ends = node_of.get(link.start, link.start), node_of.get(link.stop, link.stop)
    return link.start != link.stop and ends[0] == ends[1]


def _paths(
    links: Sequence[Link], made: Sequence[Turn], inner: set[int], rules: Sequence[Rule]
) -> tuple[dict[int, dict[int, float]], list[Note]]:
    """Return for each link outside those to which one can turn, with how long the way inside is [m]; and notes."""
    onto: dict[int, list[int]] = defaultdict(list)
    for turn in made:
        onto[turn.into].append(turn.out)
    paths: dict[int, dict[int, float]] = {}
    notes: list[Note] = []
    for start in range(len(links)):
        if start not in inner and inner.isdisjoint(onto[start]):
            paths[start] = dict.fromkeys(onto[start], 0.0)
        elif start not in inner:
            found = _walks(links, start, onto, inner, rules)
            if not found and (free := _walks(links, start, onto, inner, [])):
                text = f"would leave link {links[start].link_id} without any turn: not applied there"
                own = [rule for rule in rules if rule.starts.intersection(links[start].ways)]
                notes += [("restriction left out", rule.subject, text) for rule in own]
                found = free
            paths[start] = found or _walks(links, start, onto, inner, [], again=True)
    return paths, notes


def _walks(
    links: Sequence[Link],
    start: int,
    onto: Mapping[int, list[int]],
    inner: set[int],
    rules: Sequence[Rule],
    *,
    again: bool = False,
) -> dict[int, float]:
    """Return where one can turn from a link, by the shortest ways that pass no node twice (unless again) [m]."""
    begun = frozenset({links[start].stop})
    memory = _behind(links[start], frozenset(), rules) or frozenset()
    waiting = [(0.0, row, begun, memory) for row in onto[start]]
    found: dict[int, float] = {}
    seen = set()
    while waiting:
        length, row, passed, memory = heappop(waiting)
        now = _behind(links[row], memory, rules)
        if now is None or (row, passed, memory) in seen:
            continue
        seen.add((row, passed, memory))
        if row not in inner:
            found.setdefault(row, length)
        elif again or links[row].stop not in passed:
            nodes = passed if again else passed | {links[row].stop}
            for after in onto[row]:
                heappush(waiting, (length + links[row].length, after, nodes, now))
    return found


def _behind(link: Link, memory: Memory, rules: Sequence[Rule]) -> Memory | None:
    """Return what is remembered at the end of a link; None if a restriction forbids to drive there."""
    for way in link.ways:
        for number, driven in memory:
            rule = rules[number]
            if driven == rule.ways and way not in rule.ways and (way in rule.ends) != rule.only:
                return None
        on = {(number, driven | {way}) for number, driven in memory if way in rules[number].ways}
        memory = frozenset(on | {(number, frozenset()) for number, rule in enumerate(rules) if way in rule.starts})
    return memory


def _without_cut_off(roads: Roads) -> Roads:
    """Leave out the links to and from which one can no longer drive."""
    every = list(range(len(roads.links)))
    part = connected(roads.links, every, roads.turns)
    notes = [*roads.notes, *cut_off(roads.links, every, part)]
    return Roads([roads.links[row] for row in part], among(roads.turns, part), notes)


def _can_be_kept(links: Sequence[Link], made: Sequence[Turn], inner: set[int], rule: Rule) -> bool:
    """Return whether a turn leads where a restriction says that one must go: else it would forbid all."""
    inside = [turn for turn in made if turn.into in inner and links[turn.into].ways[-1] in rule.ways]
    return any(links[turn.out].ways[0] in rule.ends for turn in inside)


def _notes(node_of: Mapping[int, int], unused: Sequence[Rule], inside: set[int]) -> list[Note]:
    """Return a note for each joined junction, and for each restriction by way of roads that is not used."""
    parts: dict[int, list[int]] = defaultdict(list)
    for node, first in node_of.items():
        parts[first].append(node)
    apart = f"by way of roads that are not inside one junction, such as those longer than {WIDEST:.0f} m"
    why = {True: "no turn leads from its roads to where one must go", False: apart}
    return [
        *(("joined junction", f"node:{first}", f"with nodes {', '.join(map(str, parts[first]))}") for first in parts),
        *(("restriction not understood", rule.subject, why[rule.ways <= inside]) for rule in unused),
    ]
