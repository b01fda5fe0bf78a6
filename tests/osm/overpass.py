"""Overpass: the part of its language that we speak, answered from a file - to see that we ask for what we read."""

from __future__ import annotations

import re

import osmium
import shapely

TAG = re.compile(r'\["([^"]+)"(?:(=|~)"([^"]*)")?\]')
MEMBERS = re.compile(r"\((bw|w|r)\.(\w+)\)")
BOX = re.compile(r"\((-?[0-9.]+),(-?[0-9.]+),(-?[0-9.]+),(-?[0-9.]+)\)")
POLYGON = re.compile(r'\(poly:"([^"]*)"\)')
SET = re.compile(r"\((.*)\)->\.(\w+);")


class Things:
    """All that is in a file."""

    def __init__(self, path):
        self.tags = {"node": {}, "way": {}, "relation": {}}
        self.points, self.refs, self.members = {}, {}, {}
        for thing in osmium.FileProcessor(str(path)):
            kind = {"n": "node", "w": "way", "r": "relation"}[thing.type_str()]
            self.tags[kind][thing.id] = dict(thing.tags)
            if kind == "node":
                self.points[thing.id] = (thing.lon, thing.lat)
            elif kind == "way":
                self.refs[thing.id] = [node.ref for node in thing.nodes]
            else:
                self.members[thing.id] = [(member.type, member.ref) for member in thing.members]

    def meets(self, kind, number, area):
        """Return whether a thing is in an area, in part at least."""
        if kind == "node":
            return number in self.points and area.intersects(shapely.Point(self.points[number]))
        if kind == "way":
            points = [self.points[ref] for ref in self.refs.get(number, []) if ref in self.points]
            shape = shapely.LineString(points) if len(points) > 1 else shapely.MultiPoint(points)
            return area.intersects(shape)
        long = {"n": "node", "w": "way"}
        return any(one in long and self.meets(long[one], ref, area) for one, ref in self.members[number])


def area_of(statement):
    if box := BOX.search(statement):
        south, west, north, east = map(float, box.groups())
        return shapely.box(west, south, east, north)
    if polygon := POLYGON.search(statement):
        numbers = [float(each) for each in polygon[1].split()]
        return shapely.Polygon(list(zip(numbers[1::2], numbers[::2], strict=True)))
    return None


def fits(tags, filters):
    return all(
        key in tags and (not how or (tags[key] == value if how == "=" else re.search(value, tags[key])))
        for key, how, value in filters
    )


def found(things, statement, sets):
    """Return the ids that one statement asks for."""
    kind = re.match(r"node|way|relation", statement)[0]
    area, filters = area_of(statement), TAG.findall(POLYGON.sub("", statement))
    ids = set(things.tags[kind])
    if link := MEMBERS.search(statement):
        way, name = link.groups()
        of = sets[name]
        if way == "w":
            ids &= {ref for one, number in of if one == "way" for ref in things.refs[number]}
        elif way == "r":
            short = kind[0]
            ids &= {ref for one, n in of if one == "relation" for member, ref in things.members[n] if member == short}
        else:
            ways = {number for one, number in of if one == "way"}
            ids &= {n for n, all_of in things.members.items() if any(one == "w" and r in ways for one, r in all_of)}
    ids = {number for number in ids if fits(things.tags[kind][number], filters)}
    if area is not None:
        shapely.prepare(area)
        ids = {number for number in ids if things.meets(kind, number, area)}
    return {(kind, number) for number in ids}


def chosen(things, question):
    """Return the (kind, id) of all that a question asks for."""
    sets, whole = {}, set()
    for line in question.split("\n"):
        if parts := SET.fullmatch(line):
            statements = [each.strip() for each in re.findall(r'(?:[^;"]|"[^"]*")+;', parts[1])]
            sets[parts[2]] = set().union(*(found(things, each, sets) for each in statements))
        elif line.startswith("(."):
            whole = set().union(*(sets[name] for name in re.findall(r"\.(\w+);", line)))
    return whole


def answer(path, question, target):
    """Write what a question asks for of a file to another, and return its content."""
    kept = chosen(Things(path), question)
    with osmium.SimpleWriter(osmium.io.File(str(target), "xml,add_metadata=false"), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(path)):
            if ({"n": "node", "w": "way", "r": "relation"}[thing.type_str()], thing.id) in kept:
                writer.add(thing)
    return target.read_bytes()
