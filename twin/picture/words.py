"""Words: one table of every text on screen and paper, in English and in simplified and traditional Chinese."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Literal

from twin.errors import UnknownName

Language = Literal["en", "zh-Hans", "zh-Hant"]

LANGUAGES = {"en": "en", "zh-Hans": "zh_hans", "zh-Hant": "zh_hant"}
"""Language tags, as on a web page, and their columns in words.csv."""


def word(key: str, language: Language = "en") -> str:
    """Return the text that stands for a key in one language.

    Parameters
    ----------
    key : str
        A key of words.csv, such as ``"road_closure"``.
    language : str
        ``"en"``, ``"zh-Hans"`` or ``"zh-Hant"``.

    Raises
    ------
    UnknownName
        If the key or the language is not in the table: a missing text is found by a test, not by a reader.

    Examples
    --------
    >>> word("road_closure")
    'Road closure'
    >>> word("road_closure", "zh-Hant")
    '道路封閉'
    """
    if language not in LANGUAGES:
        raise UnknownName(f"language {language!r} is not known: use one of {', '.join(LANGUAGES)}")
    texts = _table()
    if key not in texts:
        raise UnknownName(f"no text has the key {key!r}: add a row to twin/picture/words.csv")
    return texts[key][LANGUAGES[language]]


@cache
def _table() -> dict[str, dict[str, str]]:
    lines = files("twin.picture").joinpath("words.csv").read_text(encoding="utf-8").splitlines()
    return {row["key"]: row for row in csv.DictReader(lines)}
