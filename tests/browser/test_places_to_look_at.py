"""The quality map in a real browser: a place is chosen by mouse or keyboard, and the camera goes there."""

from __future__ import annotations

import nbformat
import pytest

from tests.browser.test_first_look import CAMERA, PIXEL

CELLS = (
    "import twin, widgets\ntoday = twin.town('helsinki')\nplaces = today.network.quality().places",
    "quality_map = widgets.QualityMap(today)\nquality_map.choose(3)\nquality_map",
)

STANDS = """([lon, lat]) => {
    const { deck } = document.querySelector('.town-map').scene;
    const { longitude, latitude, zoom } = deck.getViewports()[0];
    return Math.hypot(longitude - lon, latitude - lat) < 1e-5 && zoom > 16;
}"""


def test_a_place_is_chosen_and_the_camera_goes_there(open_notebook, tmp_path):
    written = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    written.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(written, tmp_path / "quality.ipynb")
    notebook = open_notebook(tmp_path / "quality.ipynb")
    page = notebook.page
    notebook.run_all()
    notebook.wait_drawn(0)
    told = notebook.in_kernel("print(*places[['lon', 'lat', 'node_id']].head(4).to_numpy().ravel())").split()
    places = [(float(lon), float(lat), node) for lon, lat, node in zip(told[::3], told[1::3], told[2::3], strict=True)]
    rows, card = page.locator(".quality-list [role=option]"), page.locator(".quality-card")

    # What was chosen before anybody looked is where the map begins; the whole town is one click away.
    page.wait_for_function(STANDS, arg=places[3][:2])
    assert rows.nth(3).get_attribute("aria-selected") == "true"
    page.get_by_role("button", name="Show the whole town").click()
    page.wait_for_function(f"(spot) => !({STANDS})(spot)", arg=places[3][:2])
    town = page.evaluate(CAMERA)

    # By the mouse, in the list.
    rows.first.click()
    page.wait_for_function(STANDS, arg=places[0][:2])
    link = card.get_by_role("link", name="Look at it on OpenStreetMap")
    assert link.get_attribute("href") == f"https://www.openstreetmap.org/node/{places[0][2]}"
    assert link.get_attribute("target") == "_blank"
    assert "noopener" in link.get_attribute("rel")
    assert "4 lanes go on as 2" in card.inner_text()
    notebook.screenshot("quality_map")

    # By the keyboard.
    page.keyboard.press("ArrowDown")
    page.wait_for_function(STANDS, arg=places[1][:2])
    assert places[1][2] in card.inner_text()
    assert notebook.in_kernel("print(quality_map.chosen)") == "1"

    # On the map: it is chosen in the list, and the camera stays.
    page.get_by_role("button", name="Show the whole town").click()
    page.wait_for_function(f"(spot) => !({STANDS})(spot)", arg=places[1][:2])
    assert page.evaluate(CAMERA) == pytest.approx(town)
    page.mouse.click(*page.evaluate(PIXEL, places[2][:2]))
    page.wait_for_function("() => document.querySelector('[data-row=\"2\"]').getAttribute('aria-selected') === 'true'")
    assert places[2][2] in card.inner_text()
    assert page.evaluate(CAMERA) == pytest.approx(town)
    assert page.locator(".town-map-tooltip").inner_text() == "3 Lanes vanish"
    assert notebook.complaints == []
