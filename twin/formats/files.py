"""Files: text and JSON read with care, so that whatever is wrong is said with the file and the place in it."""

from __future__ import annotations

import hashlib
import json
import math
import reprlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from twin.errors import BadSource, BadTable


def text_of(path: str | PathLike[str], *, what: str) -> str:
    """Return the text of a file.

    Parameters
    ----------
    path : str or path
    what : str
        What the file should be, for the remedy.

    Raises
    ------
    BadSource
        If there is no such file, or it is empty or no text.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadSource(
            f"no such file: {str(file)!r} (looked in {str(file.absolute().parent)!r}): give {what}"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadSource(f"the file {str(file)!r} cannot be read as text ({error}): give {what}") from error
    if not text.strip():
        raise BadSource(f"the file {str(file)!r} is empty: download it again, or give {what}")
    return text


@contextmanager
def reading(path: str | PathLike[str]) -> Iterator[None]:
    """Put the name of the file before what is wrong with the tables that were made of it.

    Raises
    ------
    BadSource
        Instead of a BadTable.
    """
    try:
        yield
    except BadTable as error:
        raise BadSource(f"the file {str(path)!r}: {error}") from error


def described(paths: Sequence[str | PathLike[str]]) -> dict[str, str]:
    """Return where the data come from: names and sha256 of files."""
    files = [Path(path) for path in paths]
    sums = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return {"file": ", ".join(file.name for file in files), "sha256": ", ".join(sums)}


@dataclass(frozen=True)
class Part:
    """A part of a JSON file.

    Parameters
    ----------
    value : object
        What json made of it.
    where : str
        File and place, for errors.
    """

    value: Any
    where: str

    def part(self, key: str) -> Part:
        """Return the object under a key."""
        return Part(self._found(key, dict, "an object"), f"{self.where}, {key}")

    def parts(self, key: str) -> list[Part]:
        """Return the members of the list under a key."""
        return Part(self._found(key, list, "a list"), f"{self.where}, {key}").members()

    def members(self) -> list[Part]:
        """Return the members of a list."""
        if not isinstance(self.value, list):
            raise BadSource(f"{self.where} is not a list: correct the file")
        return [Part(value, f"{self.where}[{number}]{_id_of(value)}") for number, value in enumerate(self.value)]

    def text(self, key: str) -> str:
        """Return the text under a key."""
        return str(self._found(key, str, "a text"))

    def texts(self, key: str) -> list[str]:
        """Return the list of texts under a key."""
        texts: list[str] = self._found(key, list, "a list")
        if not all(isinstance(text, str) for text in texts):
            raise self.wrong(key, "is not a list of texts")
        return texts

    def truth(self, key: str) -> bool:
        """Return the true or false under a key."""
        return bool(self._found(key, bool, "true or false"))

    def number(self, key: str, *, least: float = -math.inf, above: float = -math.inf) -> float:
        """Return the finite number under a key, at least or above another."""
        number = float(self._found(key, (int, float), "a number"))
        if not math.isfinite(number):
            raise self.wrong(key, "is not finite")
        if number < least:
            raise self.wrong(key, f"must be at least {least:g}")
        if number <= above:
            raise self.wrong(key, f"must be above {above:g}")
        return number

    def rows(self, key: str, size: int) -> list[int]:
        """Return the list of row numbers under a key, each from 0 to size - 1."""
        rows: list[int] = self._found(key, list, "a list")
        if not all(_is_row(row, size) for row in rows):
            raise self.wrong(key, f"is not a list of whole numbers from 0 to {size - 1}")
        return rows

    def row(self, key: str, size: int) -> int:
        """Return the row number under a key, from 0 to size - 1."""
        row: int = self._found(key, int, "a whole number")
        if not _is_row(row, size):
            raise self.wrong(key, f"is not a whole number from 0 to {size - 1}")
        return row

    def wrong(self, key: str, why: str) -> BadSource:
        """Return the error that says what is wrong with the value under a key."""
        return BadSource(f"{self.where}: {key} = {reprlib.repr(self.value[key])} {why}: correct the file")

    def _found(self, key: str, kind: type | tuple[type, ...], words: str) -> Any:  # noqa: ANN401 - of the wanted kind
        if not isinstance(self.value, dict):
            raise BadSource(f"{self.where} is not an object with {key!r}: correct the file")
        if key not in self.value:
            raise BadSource(f"{self.where} has no {key!r}: add it to the file")
        value = self.value[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(key, f"is not {words}")
        return value


def json_of(path: str | PathLike[str], *, what: str) -> Part:
    """Return the contents of a JSON file.

    Raises
    ------
    BadSource
        If the file cannot be read or is not JSON.
    """
    try:
        return Part(json.loads(text_of(path, what=what)), f"the file {str(path)!r}")
    except json.JSONDecodeError as error:
        raise BadSource(f"the file {str(path)!r} is not JSON ({error}): it may be cut short; give {what}") from error


def _id_of(value: object) -> str:
    return f" ({value['id']!r})" if isinstance(value, dict) and "id" in value else ""


def _is_row(row: object, size: int) -> bool:
    return isinstance(row, int) and not isinstance(row, bool) and 0 <= row < size
