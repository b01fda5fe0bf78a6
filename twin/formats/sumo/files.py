"""Files: reading and writing SUMO's XML, and its program netconvert."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

import pandas as pd

from twin.errors import BadSource

_PLAIN = "!#$()+-./:=@[]^_`{}~"  # what SUMO allows in ids beside letters and digits


def parse(path: str | Path) -> ET.Element:
    """Return the root of an XML file, packed by gzip or not.

    Raises
    ------
    BadSource
        If there is no such file or it is not XML.
    """
    path = Path(path)
    if not path.is_file():
        raise BadSource(f"there is no file {path}: check the name")
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return ET.parse(file).getroot()  # noqa: S314 - the user's own files, and expat refuses to blow up
    except (ET.ParseError, gzip.BadGzipFile) as error:
        raise BadSource(f"{path} is not an XML file ({error}): give SUMO's own files") from error


def as_id(name: str) -> str:
    """Return a name as SUMO takes it: characters that it forbids are written %20, and so is a colon in front."""
    quoted = quote(name, safe=_PLAIN)
    return f"%3A{quoted[1:]}" if quoted.startswith(":") else quoted


def from_id(name: str) -> str:
    """Return the name that ``as_id`` wrote."""
    return unquote(name)


class Xml:
    """A file of XML elements, written one after the other."""

    def __init__(self, path: Path, root: str) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._root = root
        self._file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n')

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.write(f"</{self._root}>\n")
        self._file.close()

    def add(self, element: str, *inside: str, **attributes: object) -> None:
        """Write an element; a name that is a word of Python has an underscore behind it."""
        self._file.write("    " + text(element, *inside, **attributes) + "\n")


def text(element: str, *inside: str, **attributes: object) -> str:
    """Return an element as text; numbers to the millimetre or millisecond."""
    begin = f"<{element}" + "".join(f" {name.strip('_')}={quoteattr(_value(v))}" for name, v in attributes.items())
    return begin + ">" + "".join(inside) + f"</{element}>" if inside else begin + "/>"


def _value(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def each(table: pd.DataFrame) -> Iterator[Any]:
    """Give the rows of a table, with its columns as attributes."""
    yield from table.itertuples(index=False)


def program(name: str) -> str:
    """Return where one of SUMO's programs is.

    Raises
    ------
    BadSource
        If SUMO is not installed.
    """
    found = next(_programs(name), None) or shutil.which(name)
    if found is None:
        raise BadSource(f"SUMO's program {name} is not installed: pip install eclipse-sumo")
    return found


def _programs(name: str) -> Iterator[str]:
    spec = find_spec("sumo")  # the wheel eclipse-sumo
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "bin" / name
        for candidate in (path, path.with_suffix(".exe")):
            if candidate.is_file():
                yield str(candidate)


def run(name: str, *arguments: str | Path) -> None:
    """Run one of SUMO's programs.

    Raises
    ------
    BadSource
        If it is not installed, or fails; the text holds what it said.
    """
    path = Path(program(name))
    home = {"SUMO_HOME": str(path.parents[1])} if path.parent.name == "bin" else {}
    command = [str(path), *(str(argument) for argument in arguments)]
    done = subprocess.run(  # noqa: S603 - a program of the wheel, no shell
        command, env={**home, **os.environ}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BadSource(f"SUMO's {name} failed:\n{done.stderr.strip()}")
