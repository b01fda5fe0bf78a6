"""Town: a plan becomes a file - blocks, lanes, roads, houses, grounds and buses, in this order."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from math import cos, radians, sqrt
from typing import TYPE_CHECKING

from data.stylised.blocks import Block, blocks
from data.stylised.chance import Chance
from data.stylised.details import details
from data.stylised.files import Sheet
from data.stylised.houses import House, Mason
from data.stylised.lanes import CELLS, Builder, Lane, Mouths
from data.stylised.lines import METRE, Point, double_area, in_cm, inside
from data.stylised.mask import BUILT, FREE, ROAD, WATER, WOOD, Mask
from data.stylised.plan import Quarter
from data.stylised.roads import Road, around, carriageways, centre_line, joined, outline, slip, soft
from data.stylised.ways import Drawing, names, rail_ways

if TYPE_CHECKING:
    from pathlib import Path

    from data.stylised.plan import Plan, Site

LANDUSE = {
    "homes": {"landuse": "residential"}, "old": {"landuse": "residential"}, "works": {"landuse": "industrial"},
    "offices": {"landuse": "commercial"}, "shops": {"landuse": "retail"}, "empty": {"landuse": "construction"},
    "park": {"leisure": "park"}, "campus": {"amenity": "university"}, "hospital": {"amenity": "hospital"},
    "village": {"landuse": "residential"}, "farm": {"landuse": "farmland"},
}  # fmt: skip
"""Tags of a whole block, by its use."""

SITES = {
    "school": {"amenity": "school"}, "hospital": {"amenity": "hospital"}, "parking": {"amenity": "parking"},
    "station": {"landuse": "railway"}, "works": {"landuse": "industrial"}, "offices": {"landuse": "commercial"},
    "shops": {"landuse": "retail"}, "pond": {"natural": "water"}, "garden": {"leisure": "park"},
}  # fmt: skip
"""Tags of a compound, by its use."""

NO_MOUTHS = {"trunk", "trunk_link", "construction"}
"""Classes of streets at which no lane ends."""

STRIP = 130 * METRE
"""Along water, blocks less wide than this on average [cm] are green."""

HALF_WIDTH = {"trunk": 14, "primary": 12, "secondary": 9, "tertiary": 8}
"""Room [m] that a road takes to either side; lanes and slip roads 5."""


def make(plan: Plan, path: Path) -> str:
    """Write a plan's town and return the checksum (sha256) of the file."""
    half = (plan.half[0] * METRE, plan.half[1] * METRE)
    sheet = Sheet(plan.centre, round(cos(radians(plan.centre[0])) * 10**6), half)
    chance = Chance(plan.seed)
    mask = _ground(plan, half)
    squares = _blocks(plan, half)
    waters = frozenset(range(len(plan.streets), len(plan.streets) + len(plan.waters)))
    uses = [_quarter(plan, block, mask, waters) for block in squares]
    lanes = _lanes(plan, squares, uses, mask, chance)
    roads = [road for street in plan.streets for road in carriageways(street)] + [around(ring) for ring in plan.rings]
    roads += [slip(wish, roads) for wish in plan.slips]
    roads += [Road(list(lane.points), "lane", lane=lane) for lane in lanes]
    nodes, rails = joined(plan, roads, [in_cm(rail.line) for rail in plan.rails])
    drawing = Drawing(plan, sheet, chance, roads, nodes, rails)
    drawing.draw()
    rail_ways(sheet, plan, rails, nodes)
    _build(drawing, mask, list(zip(squares, uses, strict=True)))
    _grounds(plan, sheet, chance)
    for bus in plan.buses:
        drawing.streets.lead(sheet, bus, plan.name)
    sheet.write(path, f"{plan.name.en}, drawn by data/{plan.key}/make.py; not the real streets")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _ground(plan: Plan, half: Point) -> Mask:
    mask = Mask(half)
    for ground in plan.grounds:
        if not ground.builds:
            mask.paint_area(soft(ground.line), WOOD)
    for water in plan.waters:
        mask.paint_area(outline(water), WATER)
    for rail in plan.rails:
        mask.paint_line(in_cm(rail.line), 14 * METRE, WATER)
    for site in plan.sites:
        mask.paint_area(_compound(site), BUILT)
    return mask


def _blocks(plan: Plan, half: Point) -> list[Block]:
    """Return the blocks; rows of sides below the number of streets are streets."""
    east, north = half
    frame = [(-east, -north), (east, -north), (east, north), (-east, north), (-east, -north)]
    lines = [centre_line(street) if street.bounds else [(0, 0), (0, 0)] for street in plan.streets]
    lines += [[*ring, ring[0]] for ring in map(outline, plan.waters)] + [in_cm(rail.line) for rail in plan.rails]
    return blocks([*lines, *([a, b] for a, b in pairwise(frame))])


def _quarter(plan: Plan, block: Block, mask: Mask, waters: frozenset[int]) -> Quarter:
    """Return the quarter that a block belongs to; a narrow strip along water is green."""
    spot = block.middle
    low, high = block.reach(block.axis)
    if double_area(block.ring) / 2 < STRIP * (high - low) and waters.intersection(block.sides):
        return Quarter("park", ())
    none = Quarter("none", ())
    if any(inside(spot, outline(water)) for water in plan.waters):
        return none
    within = (quarter for quarter in plan.quarters if inside(spot, in_cm(quarter.line)))
    return next(within, none if mask.at(spot) in {WOOD, WATER} else Quarter(plan.use, ()))


def _lanes(plan: Plan, squares: list[Block], uses: list[Quarter], mask: Mask, chance: Chance) -> list[Lane]:
    corners = sorted({block.ring[corner] for block in squares for corner in block.corners})
    streets = frozenset(row for row, street in enumerate(plan.streets) if street.kind not in NO_MOUTHS)
    builder = Builder(mask, Mouths(corners), chance, streets, plan.lanes)
    found: list[Lane] = []
    for number, (block, quarter) in enumerate(zip(squares, uses, strict=True)):
        cell = (quarter.cell or CELLS.get(quarter.use, 0)) * METRE
        if quarter.use == "village":
            found += builder.through(block, number)
        elif cell:
            found += builder.across(block, number, quarter.use, cell)
    for hamlet in plan.hamlets:
        found += builder.village(in_cm(hamlet.line), "village", hamlet.name)
    return found


def _build(drawing: Drawing, mask: Mask, squares: list[tuple[Block, Quarter]]) -> None:
    """Draw compounds, blocks, and houses wherever nothing else stands."""
    plan, sheet, chance = drawing.plan, drawing.sheet, drawing.chance
    _take_ground(drawing, mask)
    size = sqrt(plan.tilt[0] ** 2 + plan.tilt[1] ** 2)
    mason = Mason(mask, chance, (plan.tilt[0] / size, plan.tilt[1] / size))
    for site in plan.sites:
        _site(sheet, site, mason, chance)
    names_left = {quarter: list(quarter.names) for _, quarter in squares if quarter.names}
    houses: list[House] = []
    for block, quarter in squares:
        named = names_left[quarter].pop(0) if names_left.get(quarter) else None
        tags = {**LANDUSE.get(quarter.use, {}), **dict(quarter.tags), **names(named, chance, english=85)}
        if tags:
            sheet.way(block.ring, tags, closed=True)
        houses += mason.block(block, quarter.use)
    for road in drawing.roads:
        if road.lane is not None and road.lane.use == "village":
            houses += [house for line in road.pieces for house in mason.lane(line)]
    for house in houses:
        sheet.way(house.ring, house.tags, closed=True)
    details(sheet, chance, drawing.roads, houses, set(drawing.nodes))


def _take_ground(drawing: Drawing, mask: Mask) -> None:
    """Give compounds their ground back, which lanes had to leave free, and roads and rails theirs."""
    for site in drawing.plan.sites:
        mask.paint_area(_compound(site), FREE)
    for road in drawing.roads:
        for line in road.pieces:
            mask.paint_line(line, HALF_WIDTH.get(road.kind, 5) * METRE, ROAD)
    for rail in drawing.rails:
        mask.paint_line(rail, 16 * METRE, ROAD)


def _site(sheet: Sheet, site: Site, mason: Mason, chance: Chance) -> None:
    ring = _compound(site)
    sheet.way(ring, {**SITES[site.use], **names(site.name, chance, english=90), **site.tags}, closed=True)
    for house in mason.site(ring, (1.0, 0.0), site.use):
        sheet.way(house.ring, house.tags, closed=True)
    mason.mask.paint_area(ring, BUILT)


def _compound(site: Site) -> list[Point]:
    (x, y), (wide, high) = site.at, site.size
    return in_cm(
        [(x - wide // 2, y - high // 2), (x + wide // 2, y - high // 2), (x + wide // 2, y + high // 2),
         (x - wide // 2, y + high // 2)]
    )  # fmt: skip


def _grounds(plan: Plan, sheet: Sheet, chance: Chance) -> None:
    for water in plan.waters:
        tags = {"natural": "water", "water": water.kind, **names(water.name, chance, english=100)}
        sheet.way(outline(water), tags, closed=True)
    for ground in plan.grounds:
        sheet.way(soft(ground.line), {**ground.tags, **names(ground.name, chance)}, closed=True)
