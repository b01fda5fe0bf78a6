"""Small towns drawn by hand, in metres, written as .osm files."""

from math import cos, radians
from xml.sax.saxutils import quoteattr

import pytest

LON, LAT = 25.0, 60.0
EAST, NORTH = 111_320.0 * cos(radians(LAT)), 111_412.0


def tag_lines(tags):
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def osm(nodes, ways, relations=(), *, bounds=None):
    """Return .osm text: nodes {id: (x, y) or (x, y, tags)}, ways {id: (refs, tags)}, relations [(members, tags)]."""
    lines = ["<osm version='0.6'>"]
    if bounds:
        west, south, east, north = bounds
        lines.append(
            f"<bounds minlon='{LON + west / EAST}' minlat='{LAT + south / NORTH}' "
            f"maxlon='{LON + east / EAST}' maxlat='{LAT + north / NORTH}'/>"
        )
    for node, (x, y, *tags) in nodes.items():
        place = f"lon='{LON + x / EAST:.7f}' lat='{LAT + y / NORTH:.7f}'"
        lines.append(f"<node id='{node}' version='1' {place}>{tag_lines(tags[0] if tags else {})}</node>")
    for way, (refs, tags) in ways.items():
        inside = "".join(f"<nd ref='{ref}'/>" for ref in refs)
        lines.append(f"<way id='{way}' version='1'>{inside}{tag_lines(tags)}</way>")
    for number, (members, tags) in enumerate(relations, start=1):
        inside = "".join(f"<member type='{kind}' ref='{ref}' role='{role}'/>" for kind, ref, role in members)
        lines.append(f"<relation id='{number}' version='1'>{inside}{tag_lines(tags)}</relation>")
    return "\n".join([*lines, "</osm>"])


@pytest.fixture
def draw(tmp_path):
    """Return a function that writes a town and returns its path."""

    def write(nodes, ways, relations=(), *, bounds=None, name="town.osm"):
        path = tmp_path / name
        path.write_text(osm(nodes, ways, relations, bounds=bounds), encoding="utf-8")
        return path

    return write


@pytest.fixture
def crossing():
    """Return nodes and ways of a crossroads: 1 in the middle, arms of 100 m to 2 west, 3 east, 4 south, 5 north."""
    nodes = {1: (0, 0), 2: (-100, 0), 3: (100, 0), 4: (0, -100), 5: (0, 100)}
    ways = {10 * arm: ([arm, 1], {"highway": "residential"}) for arm in (2, 3, 4, 5)}
    return nodes, ways


STREET = {"highway": "residential"}
MAIN = {"highway": "secondary", "name": "Main St", "maxspeed": "30 mph", "lanes": "4"}


@pytest.fixture
def village(draw):
    """Return the file of a village that has of everything a bit: its graph must lead to the same roads."""
    nodes = {
        1: (0, 0), 2: (-200, 0), 3: (200, 0), 4: (0, -200), 5: (0, 200), 6: (200, 200), 7: (300, 100),
        8: (-30, 0, {"highway": "traffic_signals"}), 9: (30, 0, {"highway": "traffic_signals"}),
        10: (0, 40, {"highway": "stop"}), 11: (100, 260), 12: (180, 90), 13: (-200, 200), 14: (-260, 100), 15: (50, 50),
        20: (400, 0), 21: (420, -20), 22: (440, 0), 23: (420, 20), 24: (520, 0),
    }  # fmt: skip
    ways = {
        100: ([2, 8, 1], MAIN),
        101: ([1, 9, 3], {**MAIN, "lanes": "2", "name": "East St"}),
        102: ([4, 1], {**STREET, "lanes": "3", "ref": "B 7"}),
        103: ([5, 10, 1], {**STREET, "maxspeed": "40"}),
        104: ([5, 11, 6], {**STREET, "oneway": "yes"}),
        105: ([3, 12, 6], {"highway": "tertiary", "oneway": "-1"}),
        106: ([3, 7, 6], STREET),
        107: ([2, 14, 13, 5], {"highway": "unclassified", "access": "private"}),
        108: ([2, 13, 5], {"highway": "living_street"}),
        109: ([5, 15, 3], {"highway": "footway"}),
        110: ([3, 20], {**MAIN, "lanes": "junk"}),
        111: ([20, 21, 22, 23, 20], {**STREET, "junction": "roundabout"}),
        112: ([22, 24], STREET),
    }
    return draw(nodes, ways)
