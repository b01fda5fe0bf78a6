"""GraphML: the file that osmnx.save_graphml writes, read into a graph; everything in it is text still."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from twin.errors import BadSource

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

_BYTES = 65_536  # read at a time, in search of the first element
_REMEDY = "write it again with osmnx.save_graphml(graph, path), or give an extract (.osm, .osm.pbf)"


def is_graphml(path: Path) -> bool:
    """Return whether a file is GraphML by its ending."""
    return path.suffix.lower() == ".graphml"


def load(path: Path) -> nx.MultiDiGraph:
    """Return the graph in a GraphML file; node ids are texts, and so are the attributes that osmnx wrote.

    Raises
    ------
    BadSource
        If the file is no GraphML, is cut short, or declares entities (which are never resolved).
    """
    import networkx as nx  # noqa: PLC0415 - takes 0.1 s, which no other import should pay

    _look(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on what other programs add; it is left out
            return nx.read_graphml(path, node_type=str, force_multigraph=True)
    except (
        ParseError, nx.NetworkXError, KeyError, ValueError, TypeError, AttributeError, RecursionError, OSError,
    ) as error:  # fmt: skip
        raise BadSource(_cannot(path, f"{type(error).__name__}: {error!s:.200}")) from error


def _look(path: Path) -> None:
    """Refuse a file that does not begin as GraphML does, before anything in it is expanded.

    Entities can be declared in a DOCTYPE alone, and a DOCTYPE stands before the first element alone: networkx's reader,
    like all of ElementTree, would expand them.
    """
    parser = expat.ParserCreate()
    roots: list[str] = []

    def declared(name: str, *_: object) -> None:
        raise BadSource(_cannot(path, f"it has a <!DOCTYPE {name}>, which GraphML never needs"))

    def begun(name: str, _: object) -> None:
        roots.append(name)

    parser.StartDoctypeDeclHandler = declared
    parser.StartElementHandler = begun
    try:
        with path.open("rb") as file:
            while not roots and (part := file.read(_BYTES)):
                parser.Parse(part, False)
    except BadSource:
        raise
    except (expat.ExpatError, OSError, ValueError, LookupError) as error:
        raise BadSource(_cannot(path, str(error))) from error
    if not roots or roots[0].rpartition(":")[2] != "graphml":
        raise BadSource(_cannot(path, f"it begins with <{roots[0]}>" if roots else "no element in it"))


def _cannot(path: Path, why: str) -> str:
    return f"the file {str(path)!r} cannot be read as GraphML ({why}): {_REMEDY}"
