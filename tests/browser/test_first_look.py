"""The first look, as a person has it: notebook 01 in JupyterLab in a real browser, watched, scrubbed and clicked."""

from __future__ import annotations

import io
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_first_look.ipynb"

CAMERA = """() => {
    const { deck } = document.querySelector('.town-map').scene;
    const { longitude, latitude, zoom } = deck.getViewports()[0];
    return [longitude, latitude, zoom];
}"""

PIXEL = """([lon, lat]) => {
    const map = document.querySelector('.town-map');
    const { left, top } = map.querySelector('.town-map-stage').getBoundingClientRect();
    const [x, y] = map.scene.deck.getViewports()[0].project([lon, lat]);
    return [left + x, top + y];
}"""

# A long link, well inside the map, and the point half-way along it.
CHOOSE = """
links = morning.scenario.network.links
inner = links[links.name == "Unioninkatu"]
road = inner.loc[inner["length"].idxmax()]
point = road.geometry.interpolate(0.5, normalized=True)
print(road.link_id, point.x, point.y)
"""


@pytest.fixture
def first_look(open_notebook):
    """Notebook 01, run to its end, with the map drawn."""
    notebook = open_notebook(NOTEBOOK)
    notebook.run_all()
    notebook.wait_drawn(0)
    notebook.page.locator(".town-map").first.scroll_into_view_if_needed()
    return notebook


def colours(notebook):
    """Return how many pixels of the map have which colour, on a coarse scale (steps of 32)."""
    picture = Image.open(io.BytesIO(notebook.page.locator(".town-map-stage").first.screenshot())).convert("RGB")
    counts: dict[tuple[int, ...], int] = {}
    for count, pixel in picture.getcolors(maxcolors=2**24):
        coarse = tuple(channel // 32 for channel in pixel)
        counts[coarse] = counts.get(coarse, 0) + count
    return counts


def bright(counts):
    """Return the pixels that are roads: the ground is dark, the roads are the brightest thing on it."""
    return sum(count for colour, count in counts.items() if max(colour) >= 5)


def settled(notebook):
    """Wait until nothing new has been drawn for a while, and return the number of pictures."""
    count = notebook.drawn()
    while True:
        time.sleep(0.5)
        if notebook.drawn() == count:
            return count
        count = notebook.drawn()


def scrub(notebook, steps):
    """Move the time slider by the keyboard, as one does for single steps."""
    handle = notebook.page.locator(".noUi-handle").first
    handle.focus()
    for _ in range(steps):
        handle.press("ArrowLeft")


def test_first_look(first_look):
    notebook = first_look
    seconds = time.perf_counter() - notebook.started
    assert seconds < 60  # the budget of a first start, compile included; make bench prints the measure
    settled(notebook)
    notebook.screenshot("01_first_look")

    # Drawn: dark ground, bright roads, and more than one colour of them.
    counts = colours(notebook)
    assert bright(counts) > 2000
    assert len([count for colour, count in counts.items() if max(colour) >= 5 and count > 100]) >= 2
    words = notebook.page.locator(".town-map").first.inner_text()
    for said in ("10-minute trip", "Synthetic demand", "Inferred signals", "OpenStreetMap", "no band yet"):
        assert said in words

    # Scrubbed: another time of day is another picture.
    before, frame = settled(notebook), int(notebook.page.locator(".town-map").first.get_attribute("data-frame"))
    scrub(notebook, 6)
    notebook.wait_drawn(before)
    settled(notebook)
    assert int(notebook.page.locator(".town-map").first.get_attribute("data-frame")) == frame - 6
    assert colours(notebook) != counts
    assert notebook.in_kernel("print(town_map.frame)") == str(frame - 6)

    # Also while the kernel is busy: slider and map are linked in the browser.
    before = settled(notebook)
    with notebook.busy_kernel():
        scrub(notebook, 1)
        notebook.wait_drawn(before)

    # Clicked: Python is told the road, it is closed, and the new morning is drawn on the same map, the view kept.
    link_id, lon, lat = notebook.in_kernel(CHOOSE).split()
    before, camera, red = settled(notebook), notebook.page.evaluate(CAMERA), reds(notebook)
    notebook.page.mouse.click(*notebook.page.evaluate(PIXEL, [float(lon), float(lat)]))
    notebook.page.wait_for_timeout(500)
    street = notebook.in_kernel("print(town_map.clicked['name'], '/', town_map.clicked['link_id'])")
    assert street.startswith("Unioninkatu / ")
    assert len(link_id) > 3
    notebook.in_kernel(
        "closed = today.change(twin.Close(town_map.clicked['link_id']), name='closed')\n"
        "town_map.show(twin.simulate(closed, habits=morning))"
    )
    notebook.wait_drawn(before)
    settled(notebook)
    notebook.screenshot("01_closed")
    assert notebook.page.evaluate(CAMERA) == camera
    assert notebook.in_kernel("print(town_map.frame)") == str(frame - 7)
    assert reds(notebook) > red + 50

    # Nothing complained, and nothing was asked of another machine.
    hosts = {urlsplit(address).hostname for address in notebook.requests if not address.startswith(("data:", "blob:"))}
    assert hosts <= {"127.0.0.1"}
    assert notebook.complaints == []
    assert "Jupyter news" not in notebook.page.locator("body").inner_text()


def reds(notebook):
    """Return the pixels in the red of closures, which nothing else has."""
    return sum(count for (r, g, b), count in colours(notebook).items() if r >= 5 and g <= 3 and b <= 3)


@pytest.mark.parametrize("width", [1000, 1920])
def test_the_map_fits_the_window(open_notebook, width):
    notebook = open_notebook(NOTEBOOK)
    notebook.page.set_viewport_size({"width": width, "height": 900})
    notebook.run_all()
    notebook.wait_drawn(0)
    notebook.page.locator(".town-map").first.scroll_into_view_if_needed()
    settled(notebook)
    notebook.screenshot(f"01_at_{width}")
    inside = notebook.page.evaluate(
        """() => {
            const map = document.querySelector('.town-map');
            const around = map.getBoundingClientRect();
            const parts = [...map.querySelectorAll('.town-map-panels *')].map((part) => part.getBoundingClientRect());
            return parts.every(({ left, right, top, bottom }) =>
                left >= around.left && right <= around.right && top >= around.top && bottom <= around.bottom);
        }"""
    )
    assert inside
