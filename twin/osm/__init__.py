"""OpenStreetMap: the only rooms that know its tags, osmium and osmnx. A file goes in, an Extract comes out."""

from twin.osm.download import DEADLINE, Progress, Step, download, servers, shown, told_by_lines
from twin.osm.extract import Extract, read
from twin.osm.graphs import is_graph, to_osmnx
from twin.osm.place import Place, is_box
from twin.osm.source import Source, find

__all__ = [
    "DEADLINE",
    "Extract",
    "Place",
    "Progress",
    "Source",
    "Step",
    "download",
    "find",
    "is_box",
    "is_graph",
    "read",
    "servers",
    "shown",
    "to_osmnx",
    "told_by_lines",
]
