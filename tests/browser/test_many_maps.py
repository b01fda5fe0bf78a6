"""Several maps on one page: each with its own copy of the front end, none in the way of another."""

from __future__ import annotations

import nbformat

LAYER = """
layer = pydeck.Layer("ScatterplotLayer", [{"at": [24.944, 60.170], "name": "@@=nonsense("}], get_position="at",
                     get_radius=60, get_fill_color=[255, 0, 255])
town_map = widgets.TownMap(closed, layers=[layer])
town_map
"""

CELLS = (
    "import pydeck, twin, widgets\ntoday = twin.town('helsinki')\nclosed = today.change(twin.Close('Unioninkatu'))",
    LAYER,
    "widgets.TownMap(closed, theme='light', language='zh-Hant', height=300)",
)

OTHER_VERSIONS = "window.luma = { VERSION: '8.0.0' }; window.deck = { VERSION: '8.0.0' };"

ALL_DRAWN = """() => {
    const maps = [...document.querySelectorAll('.town-map')];
    return maps.length === 2 && maps.every((map) => Number(map.dataset.drawn) > 0);
}"""

LOSE = """() => {
    const canvas = document.querySelector('.town-map canvas');
    canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext();
}"""


def test_maps_share_a_page_with_each_other_and_with_other_versions(open_notebook, tmp_path):
    written = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    written.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(written, tmp_path / "many.ipynb")
    notebook = open_notebook(tmp_path / "many.ipynb")
    notebook.page.evaluate(OTHER_VERSIONS)
    notebook.run_all()
    notebook.page.wait_for_function(ALL_DRAWN, timeout=60_000)
    assert notebook.page.evaluate("() => [window.luma.VERSION, window.deck.VERSION]") == ["8.0.0", "8.0.0"]
    assert "合成需求" in notebook.page.locator(".town-map").nth(1).inner_text()

    # A map whose graphics the browser took away says so, and begins again when it is asked to.
    drawn = notebook.drawn()
    notebook.page.evaluate(LOSE)
    notebook.page.locator(".town-map-again").click()
    notebook.wait_drawn(drawn)
    notebook.screenshot("many_maps")
    assert notebook.page.locator(".town-map-notice").count() == 0
    assert notebook.complaints == []
