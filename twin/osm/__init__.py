"""OpenStreetMap: the only rooms that know its tags, osmium and osmnx. A file goes in, an Extract comes out."""

from twin.osm.extract import Extract, read
from twin.osm.graphs import to_osmnx
from twin.osm.source import find

__all__ = ["Extract", "find", "read", "to_osmnx"]
