"""Doubts: the quality report of a road network in words, and its places as numbered spots for the map - plain data."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import quote

from twin.errors import UnknownName
from twin.picture.colours import Theme, ground
from twin.picture.words import Language, word
from twin.quality import Quality

MOST = 100
"""So many places are listed and drawn at a time."""

_SPOT, _COLUMNS = 56, 10
"""Size of a spot in the picture of all of them [pixels], and how many stand side by side there."""

_FONT = (28, 26, 21, 17)
"""Size of a number of one, two, three and more figures [pixels]."""


def known(quality: Quality, language: Language = "en") -> list[dict[str, Any]]:
    """Return what is known, as ``what``, ``share`` and ``text`` (per cent in words)."""
    rows = quality.coverage[["what", "known"]].itertuples(index=False, name=None)
    return [
        {"what": word(_key("known", what), language), "share": share, "text": _percent(share)} for what, share in rows
    ]


def guesses(quality: Quality, language: Language = "en") -> list[dict[str, Any]]:
    """Return the guesses and repairs, as ``kind`` and ``count``, the most frequent first."""
    rows = quality.guesses[["kind", "count"]].itertuples(index=False, name=None)
    return [{"kind": _note(kind, language), "count": count} for kind, count in rows]


def kinds(quality: Quality, language: Language = "en") -> list[dict[str, Any]]:
    """Return the kinds of places that there are, as ``kind``, ``title`` and ``count``, the most frequent first."""
    counts = quality.places["kind"].value_counts().to_dict()
    return [{"kind": k, "title": word(_key("place", str(k)), language), "count": n} for k, n in counts.items()]


def places(quality: Quality, kind: str = "", language: Language = "en") -> list[dict[str, Any]]:
    """Return the first places of a kind (MOST of them), as ``place`` describes each; the largest roads come first.

    Parameters
    ----------
    quality : Quality
    kind : str
        One of ``twin.quality.KINDS``; "" for all.
    language : str
        ``"en"``, ``"zh-Hans"`` or ``"zh-Hant"``.
    """
    of_kind = quality.places[quality.places["kind"] == kind] if kind else quality.places
    return [place(quality, int(row), language) for row in of_kind.index[:MOST]]


def place(quality: Quality, row: int, language: Language = "en") -> dict[str, Any]:
    """Return one place in words.

    Parameters
    ----------
    quality : Quality
    row : int
        Row of ``quality.places``.
    language : str
        ``"en"``, ``"zh-Hans"`` or ``"zh-Hant"``.

    Returns
    -------
    dict
        ``row``, ``number`` (its rank, from 1), ``street``, ``title`` (its kind), ``why`` (what is odd, and what to
        check), ``junction``, ``osm`` (address or ""), ``lon``, ``lat`` [degrees].
    """
    found = quality.places.iloc[row]
    street = found["name"] or word("unnamed_street", language)
    before, after = found["numbers"] or ("", "")
    return {
        "row": row,
        "number": row + 1,
        "street": street,
        "title": word(_key("place", found["kind"]), language),
        "why": word(_key("why", found["kind"]), language).format(name=street, before=before, after=after),
        "junction": word("junction_called", language).format(node=found["node_id"]),
        "osm": found["osm"],
        "lon": float(found["lon"]),
        "lat": float(found["lat"]),
    }


def spots(listed: list[dict[str, Any]], theme: Theme = "dark") -> dict[str, Any]:
    """Return places as an IconLayer of deck.gl: numbered discs, one for each junction, the first on top.

    Parameters
    ----------
    listed : list of dict
        From ``places``.
    theme : str
        ``"dark"`` or ``"light"``.

    Returns
    -------
    dict
        ``data`` (``at``, ``icon``, ``rows`` in quality.places, ``tooltip``), ``icon_atlas`` (an SVG picture as an
        address) and ``icon_mapping``.
    """
    at: dict[tuple[float, float], list[dict[str, Any]]] = {}
    for place in listed:
        at.setdefault((place["lon"], place["lat"]), []).append(place)
    data = [
        {
            "at": list(where),
            "icon": _label(here),
            "rows": [place["row"] for place in here],
            "tooltip": " · ".join(f"{place['number']} {place['title']}" for place in here),
        }
        for where, here in at.items()
    ]
    atlas, mapping = _atlas([str(spot["icon"]) for spot in data], theme)
    return {"data": data[::-1], "icon_atlas": atlas, "icon_mapping": mapping}


def _label(here: list[dict[str, Any]]) -> str:
    """Return the number of the first place at a junction; a plus says that there are more."""
    return f"{here[0]['number']}{'+' if len(here) > 1 else ''}"


def _atlas(labels: list[str], theme: Theme) -> tuple[str, dict[str, Any]]:
    """Return one picture of all discs, and where each stands in it: a disc and its number so cover others together."""
    colours = ground(theme)
    drawn, mapping = [], {}
    for place, label in enumerate(labels):
        x, y = place % _COLUMNS * _SPOT, place // _COLUMNS * _SPOT
        mapping[label] = {"x": x, "y": y, "width": _SPOT, "height": _SPOT}
        disc = f'<circle r="25" fill="{colours.ink}" stroke="{colours.paper}" stroke-width="4"/>'
        text = f'<text dy=".36em" font-size="{_FONT[min(len(label), 4) - 1]}" fill="{colours.paper}">{label}</text>'
        drawn.append(f'<g transform="translate({x + _SPOT // 2} {y + _SPOT // 2})">{disc}{text}</g>')
    wide, high = _SPOT * _COLUMNS, _SPOT * max(math.ceil(len(labels) / _COLUMNS), 1)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" font-family="sans-serif" '
        f'font-weight="700" text-anchor="middle">{"".join(drawn)}</svg>'
    )
    return "data:image/svg+xml," + quote(picture), mapping


def _percent(share: float) -> str:
    """Return a share in per cent that says neither all nor nothing where that is not so.

    Examples
    --------
    >>> [_percent(share) for share in (0.0, 0.0004, 0.456, 0.9992, 1.0)]
    ['0 %', '< 1 %', '46 %', '> 99 %', '100 %']
    """
    if 0.0 < share < 0.01:  # noqa: PLR2004
        return "< 1 %"
    return "> 99 %" if 0.99 < share < 1.0 else f"{share:.0%}".replace("%", " %")  # noqa: PLR2004


def _note(kind: str, language: Language) -> str:
    """Return the words for a kind of note; tables that others made may have kinds of their own, kept as they are."""
    try:
        return word(_key("note", kind), language)
    except UnknownName:
        return kind


def _key(what: str, kind: str) -> str:
    return f"{what}_{kind.replace(' ', '_')}"
