"""Graphs: those of osmnx - read as files are, from memory or GraphML, and made of a network."""

from twin.osm.graphs.graphml import is_graphml, load
from twin.osm.graphs.reading import graph_described, is_graph, made_by, scan_graph
from twin.osm.graphs.writing import to_osmnx

__all__ = ["graph_described", "is_graph", "is_graphml", "load", "made_by", "scan_graph", "to_osmnx"]
