"""OpenStreetMap: the only rooms that know its tags and osmium. A file goes in, an Extract comes out."""

from twin.osm.extract import Extract, read
from twin.osm.source import Box, find

__all__ = ["Box", "Extract", "find", "read"]
