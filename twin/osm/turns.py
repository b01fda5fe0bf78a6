"""Turns: where one may go at the end of each link - by angle, by restriction, and so that nobody is caught."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from math import atan2, cos, degrees, hypot, radians
from typing import TYPE_CHECKING

from twin.osm.pieces import components

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.osm.graph import Link
    from twin.osm.pieces import Note
    from twin.osm.scan import Relation

STRAIGHT = 45.0
"""A turn of at most this angle [degrees] may be straight on; of several the straightest is, the others bear off."""

BACK = 165.0
"""A turn sharper than this [degrees] into a road of the same name is a U-turn (the other side of a divided road)."""

REACH = 15.0
"""Directions are measured over this length [m] from the junction, because the last metres of a line often bend."""

CARS = {"motorcar", "motor_vehicle", "vehicle"}
"""Restrictions that except these do not concern us; those that except buses or bicycles do."""

METRES = 111_195.0
"""Metres in one degree of latitude: good enough for angles."""


@dataclass(frozen=True)
class Turn:
    """A turn between two links (their rows); angle [degrees] to the left of straight on."""

    into: int
    out: int
    angle: float
    kind: str


@dataclass(frozen=True)
class Rule:
    """A turn restriction: ``only`` says whether the named turns are the only ones or are forbidden.

    It holds at the node ``via``, or for who goes by way of all the roads ``ways`` (then via is 0).
    """

    subject: str
    via: int
    ways: frozenset[int]
    starts: frozenset[int]
    ends: frozenset[int]
    only: bool
    back: bool


def turns(
    links: Sequence[Link], rules: Sequence[Rule], coords: dict[int, tuple[float, float]]
) -> tuple[list[Link], list[Turn], list[Note]]:
    """Return the links that can be used, the turns between them, and notes.

    Links from which one cannot come back, turn by turn, are left out until none is left: the largest strongly
    connected part (by length) of the graph of turns.
    """
    headings = {row: headings_of(link, coords) for row, link in enumerate(links)}
    alive = list(range(len(links)))
    cut: list[Note] = []
    while True:
        made, notes = _allowed(links, alive, headings, rules)
        part = connected(links, alive, made)
        if len(part) == len(alive):
            return [links[row] for row in alive], among(made, alive), [*cut, *notes]
        cut += cut_off(links, alive, part)
        alive = part


def among(made: Sequence[Turn], rows: Sequence[int]) -> list[Turn]:
    """Return the turns between some of the links (their rows), numbered as these are alone."""
    place = {row: number for number, row in enumerate(rows)}
    return [
        replace(turn, into=place[turn.into], out=place[turn.out])
        for turn in made
        if turn.into in place and turn.out in place
    ]


def cut_off(links: Sequence[Link], alive: Sequence[int], part: Sequence[int]) -> list[Note]:
    """Return notes on the links (of the rows alive) that are not in a part."""
    lost = sorted(set(alive) - set(part))
    return [("cut off", f"link:{links[row].link_id}", "cannot be driven to and from: turns") for row in lost]


def rules(relations: Sequence[Relation]) -> tuple[list[Rule], list[Note]]:
    """Return the restrictions that are understood (for cars, at all times), and notes on the others."""
    found, notes = [], []
    for relation in relations:
        why = _not_understood(relation)
        if why:
            notes.append(("restriction not understood", f"relation:{relation.relation_id}", why))
            continue
        named = relation.tags["restriction"]
        found.append(
            Rule(
                subject=f"relation:{relation.relation_id}",
                via=next((ref for kind, ref, role in relation.members if (kind, role) == ("n", "via")), 0),
                ways=frozenset(ref for kind, ref, role in relation.members if (kind, role) == ("w", "via")),
                starts=frozenset(ref for _, ref, role in relation.members if role == "from"),
                ends=frozenset(ref for _, ref, role in relation.members if role == "to"),
                only=named.startswith("only_"),
                back=named == "no_u_turn",
            )
        )
    return found, notes


def _not_understood(relation: Relation) -> str:
    """Return why a restriction is not used; "" if it is."""
    tags = relation.tags
    roles = Counter((kind, role) for kind, _, role in relation.members)
    kind = tags.get("restriction", "")
    timed = sorted(key for key in tags if key.endswith(":conditional") or key in {"day_on", "hour_on"})
    special = sorted(key for key in tags if key.startswith("restriction:") and key not in timed)
    if timed or (not kind and special):
        return f"{(timed or special)[0]}={tags[(timed or special)[0]]}: not for all cars at all times"
    if tags["type"] != "restriction":
        return f"type={tags['type']}: not for all cars"
    if not kind.startswith(("no_", "only_")):
        return f"restriction={kind!r}"
    excepted = {value.strip() for value in tags.get("except", "").split(";")}
    if excepted & CARS:
        return f"except={tags['except']}: cars are free"
    if roles[("n", "via")] != (0 if roles[("w", "via")] else 1):
        return "neither via one node nor via ways alone"
    return "" if roles[("w", "from")] and roles[("w", "to")] else "without a way from or a way to"


def _allowed(
    links: Sequence[Link], alive: list[int], headings: Mapping[int, tuple[float, float]], rules: Sequence[Rule]
) -> tuple[list[Turn], list[Note]]:
    leaving: dict[int, list[int]] = defaultdict(list)
    for row in alive:
        leaving[links[row].start].append(row)
    at_node: dict[int, list[Rule]] = defaultdict(list)
    for rule in rules:
        if not rule.ways:
            at_node[rule.via].append(rule)
    made: list[Turn] = []
    notes: list[Note] = []
    for row in alive:
        node = links[row].stop
        found = _ahead(turns_from(links, row, leaving[node], headings))
        made += _restricted(links, found, at_node.get(node, []), notes)
    return made, notes


def turns_from(
    links: Sequence[Link], row: int, outs: Sequence[int], headings: Mapping[int, tuple[float, float]]
) -> list[Turn]:
    """Return all turns from a link, from left to right, with their kinds."""
    link, arriving = links[row], headings[row][1]
    angles = {out: turned(arriving, headings[out][0]) for out in outs}
    back = {out for out in outs if _turns_back(link, links[out], angles[out])}
    ahead = [out for out in outs if out not in back and abs(angles[out]) <= STRAIGHT]
    straight = min(ahead, key=lambda out: (abs(angles[out]), links[out].link_id), default=None)
    axis = 0.0 if straight is None else angles[straight]
    found = []
    for out in outs:
        side = "left" if angles[out] > axis else "right"
        kind = "uturn" if out in back else "through" if out == straight else side
        found.append(Turn(row, out, angles[out], kind))
    return sorted(found, key=lambda turn: (turn.kind != "uturn", -turn.angle, links[turn.out].link_id))


def _turns_back(link: Link, out: Link, angle: float) -> bool:
    again = out.refs in (link.refs[::-1], link.refs)  # the same street back, or the same loop once more
    return again or (abs(angle) > BACK and out.name == link.name != "")


def _ahead(found: list[Turn]) -> list[Turn]:
    """Leave U-turns out where there is any other way: drivers turn back at dead ends alone."""
    return [turn for turn in found if turn.kind != "uturn"] or found


def _restricted(links: Sequence[Link], found: list[Turn], rules: list[Rule], notes: list[Note]) -> list[Turn]:
    """Apply the restrictions of one node to the turns from one link; none may leave a link without any turn."""
    only = {turn.out for rule in rules if rule.only for turn in found if _names(links, rule, turn)}
    for rule in rules:
        if rule.only and only:
            left = [turn for turn in found if turn.out in only]
        else:
            left = [turn for turn in found if rule.only or not _names(links, rule, turn)]
        if not left and found:
            text = f"would leave link {links[found[0].into].link_id} without any turn: not applied"
            notes.append(("restriction left out", rule.subject, text))
        else:
            found = left
    return found


def _names(links: Sequence[Link], rule: Rule, turn: Turn) -> bool:
    named = links[turn.into].ways[-1] in rule.starts and links[turn.out].ways[0] in rule.ends
    return named and (not rule.back or turn.kind == "uturn")


def connected(links: Sequence[Link], alive: list[int], made: list[Turn]) -> list[int]:
    """Return the rows of the links, of those alive, in the largest part (by length) that turns connect strongly."""
    place = {row: number for number, row in enumerate(alive)}
    labels = components(len(alive), ((place[turn.into], place[turn.out]) for turn in made)).tolist()
    lengths: Counter[int] = Counter()
    for row, label in zip(alive, labels, strict=True):
        lengths[label] += round(links[row].length * 1000)
    best = max(lengths, key=lambda label: (lengths[label], -labels.index(label)), default=0)
    return [row for row, label in zip(alive, labels, strict=True) if label == best]


def turned(before: float, after: float) -> float:
    """Return by how much one turns to the left between two directions [degrees], from -180 to 180."""
    return (after - before + 180.0) % 360.0 - 180.0


def headings_of(link: Link, coords: Mapping[int, tuple[float, float]]) -> tuple[float, float]:
    """Return the directions [degrees, counter-clockwise from east] in which a link sets out and arrives."""
    points = [coords[ref] for ref in link.refs]
    away = _heading(points)
    return away, (_heading(points[::-1]) + 180.0) % 360.0


def _heading(points: list[tuple[float, float]]) -> float:
    """Return the direction from the first point to the one REACH metres along the line."""
    (lon, lat), scale = points[0], METRES * cos(radians(points[0][1]))
    gone = x = y = 0.0
    for point in points[1:]:
        east, north = (point[0] - lon) * scale, (point[1] - lat) * METRES
        hop = hypot(east - x, north - y)
        if hop > 0.0 and gone + hop >= REACH:
            share = (REACH - gone) / hop
            return degrees(atan2(y + share * (north - y), x + share * (east - x)))
        gone, x, y = gone + hop, east, north
    return degrees(atan2(y, x))
