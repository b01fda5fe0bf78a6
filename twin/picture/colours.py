"""Colours: palettes of 256 colours and the grounds that they are read on, the same on the map and in every report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from twin.errors import UnknownName

Palette = npt.NDArray[np.uint8]
Theme = Literal["dark", "light"]

PACE_STOPS = (1.0, 1.4, 2.0, 3.0)
"""Travel time / free travel time at equal steps of the delay palette: a 10-minute trip takes 10, 14, 20, 30."""

_DELAY = {
    "dark": ("#4a7fb5", "#84a6a8", "#e0a63a", "#ffe98a"),
    "light": ("#7ba3cc", "#6f8f86", "#a87414", "#4d2a00"),
}
_DIFFERENCE = {
    "dark": ("#4aa3ff", "#3a6ea8", "#59626d", "#b0702c", "#ffa040"),
    "light": ("#0b5cad", "#7fb0dc", "#c9c8c2", "#e5a869", "#b35900"),
}


@dataclass(frozen=True)
class Ground:
    """The colours of everything that is not traffic, as ``#rrggbb``."""

    paper: str
    water: str
    green: str
    building: str
    ink: str
    faint: str
    panel: str
    closure: str
    hatch: str


_GROUNDS = {
    "dark": Ground(
        paper="#14181f", water="#1a3047", green="#1a2c22", building="#242c38", ink="#e8eaed", faint="#a4adb8",
        panel="#1b212b", closure="#ff5a52", hatch="#3d1518",
    ),
    "light": Ground(
        paper="#f4f3ef", water="#cfdfe9", green="#dfe8d3", building="#e3e0d8", ink="#1d232b", faint="#59626d",
        panel="#ffffff", closure="#c8102e", hatch="#ffd9d6",
    ),
}  # fmt: skip


def ground(theme: Theme = "dark") -> Ground:
    """Return the colours of paper, water, green, buildings and text for one theme."""
    return _GROUNDS[_known(theme)]


def delay_palette(theme: Theme = "dark") -> Palette:
    """Return the sequential palette for delay : array, shape (256, 3).

    It runs from blue to yellow (dark ground) or brown (light ground) with steadily changing lightness, so that it is
    read alike by colour-blind eyes and in grey; what is worse stands out more from the ground.
    """
    return _blend(_DELAY[_known(theme)])


def difference_palette(theme: Theme = "dark") -> Palette:
    """Return the diverging palette for differences : array, shape (256, 3); blue is better, orange is worse."""
    return _blend(_DIFFERENCE[_known(theme)])


def pace_index(pace: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Return rows of the delay palette for travel time / free travel time, any shape.

    Examples
    --------
    >>> pace_index(np.array([1.0, 1.4, 2.0, 3.0, 9.0])).tolist()
    [0, 85, 170, 255, 255]
    """
    steps = np.linspace(0.0, 255.0, len(PACE_STOPS))
    return np.interp(pace, PACE_STOPS, steps).round().astype(np.uint8)


def rgb(colour: str) -> list[int]:
    """Return red, green, blue of ``#rrggbb``.

    Examples
    --------
    >>> rgb("#14181f")
    [20, 24, 31]
    """
    return list(bytes.fromhex(colour.removeprefix("#")))


def _blend(anchors: tuple[str, ...]) -> Palette:
    """Return 256 colours through anchors that stand at equal steps."""
    at = np.linspace(0.0, 255.0, len(anchors))
    channels = np.array([rgb(anchor) for anchor in anchors], dtype=np.float64).T
    return np.stack([np.interp(np.arange(256), at, channel) for channel in channels], axis=1).round().astype(np.uint8)


def _known(theme: str) -> str:
    if theme not in _GROUNDS:
        raise UnknownName(f"theme {theme!r} is not known: use one of {', '.join(_GROUNDS)}")
    return theme
