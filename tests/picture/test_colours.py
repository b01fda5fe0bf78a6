"""Colours: steadily lighter or darker, and apart from the ground that they are read on."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import UnknownName
from twin.picture.colours import PACE_STOPS, delay_palette, difference_palette, ground, pace_index, rgb

THEMES = ("dark", "light")


def luminance(colours):
    """Return relative luminance as WCAG 2 defines it; colours are rows of red, green, blue."""
    shares = np.asarray(colours, dtype=np.float64) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    lighter, darker = np.maximum(luminance(a), luminance(b)), np.minimum(luminance(a), luminance(b))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_worse_is_further_from_the_ground_also_in_grey(theme):
    steps = np.diff(luminance(delay_palette(theme)[::15]))
    assert (steps > 0).all() if theme == "dark" else (steps < 0).all()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("behind", ["paper", "water", "green", "building"])
def test_roads_stand_out_from_whatever_is_behind_them(theme, behind):
    least = 3.0 if theme == "dark" else 1.7
    assert contrast(delay_palette(theme), rgb(getattr(ground(theme), behind))).min() > least


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_easily_read(theme):
    colours = ground(theme)
    for surface in (colours.paper, colours.panel):
        assert contrast(rgb(colours.ink), rgb(surface)) > 7
        assert contrast(rgb(colours.faint), rgb(surface)) > 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_better_and_worse_differ_from_no_difference(theme):
    palette = difference_palette(theme).astype(int)
    better, none, worse = palette[0], palette[128], palette[-1]
    assert better[2] > better[0]
    assert worse[0] > worse[2]
    assert np.ptp(none) < 40


def test_palette_rows_stand_for_the_words_of_the_legend():
    assert pace_index(np.array(PACE_STOPS)).tolist() == [0, 85, 170, 255]
    assert pace_index(np.array([[0.9, 50.0]])).tolist() == [[0, 255]]


def test_an_unknown_theme_is_refused():
    with pytest.raises(UnknownName, match="theme 'sepia'"):
        ground("sepia")
