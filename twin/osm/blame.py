"""Blame: which element of a bad XML file it is - osmium says what is wrong with it, but not where."""

from __future__ import annotations

import bz2
import gzip
import re
import time
import zlib
from pathlib import Path
from typing import BinaryIO, cast
from xml.parsers import expat

PATIENCE = 2.0
"""The search is given up after so many seconds: it only serves a sentence."""

_CHUNK = 1 << 16
_OBJECTS = {"node", "way", "relation"}
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
_MOST, _LONG = 2**63 - 1, 30  # what osmium takes for an id, and digits that are looked at
_FARTHEST = 2**31 / 1e7  # what it takes for a coordinate [degrees], although no place lies there


class _Found(Exception):
    """Stop: the element is known, or nothing is to be found."""


class _Search:
    """What was seen of a file so far: the element that was opened last, and the first one that cannot be right."""

    def __init__(self) -> None:
        self.last, self.open, self.guilty = "", False, ""

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        """Look at the beginning of an element."""
        never_closed = tag in _OBJECTS and self.open
        if tag in _OBJECTS and not never_closed:
            self.last, self.open = f"{tag}:{attributes.get('id', '?')}", True
        if never_closed or not all(_is_right(name, value) for name, value in attributes.items()):
            self.guilty = self.last
            raise _Found

    def closed(self, tag: str) -> None:
        """Look at the end of an element."""
        self.open = self.open and tag not in _OBJECTS

    def declared(self, *_: object) -> None:
        """Look no further where entities are declared, for they may be without end."""
        raise _Found


def blame(path: Path) -> str:
    """Return the element of an XML file with which it cannot be read, as "in way:7" or "after way:7"; "" = not known.

    Parameters
    ----------
    path : Path
        A .osm, .osm.gz or .osm.bz2 that osmium refused.
    """
    search, began = _Search(), time.monotonic()
    parser = expat.ParserCreate()
    parser.StartElementHandler = search.opened
    parser.EndElementHandler = search.closed
    parser.EntityDeclHandler = search.declared
    try:
        with _opened(path) as file:
            while chunk := file.read(_CHUNK):
                if time.monotonic() - began > PATIENCE:
                    return ""
                parser.Parse(chunk)
            parser.Parse(b"", True)
            return ""
    except (_Found, expat.ExpatError, OSError, EOFError, zlib.error, ValueError):
        pass
    if search.guilty:
        return f"in {search.guilty}"
    return f"after {search.last}" if search.last else ""


def _opened(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return cast("BinaryIO", gzip.open(path))
    return cast("BinaryIO", bz2.open(path)) if path.suffix.lower() == ".bz2" else path.open("rb")


def _is_right(name: str, value: str) -> bool:
    if name in {"id", "ref"}:
        return value.lstrip("-").isdecimal() and value.isascii() and abs(int(value[:_LONG])) < _MOST
    return name not in {"lat", "lon"} or (_NUMBER.fullmatch(value) is not None and abs(float(value)) < _FARTHEST)
