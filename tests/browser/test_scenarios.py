"""Notebook 02 in a real browser: a street is closed by a click, opened by another, and closed by its name."""

from __future__ import annotations

from pathlib import Path

from tests.browser.test_first_look import PIXEL, reds, settled

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_scenarios.ipynb"

MIDDLE = """
road = before.scenario.network.links.query("name == 'Unioninkatu'").sort_values("length").iloc[-1]
point = road.geometry.interpolate(0.5, normalized=True)
print(point.x, point.y)
"""


def test_streets_are_closed_and_opened_by_hand(open_notebook):
    notebook = open_notebook(NOTEBOOK)
    notebook.run_all()
    notebook.wait_drawn(0)
    notebook.page.locator(".town-map").first.scroll_into_view_if_needed()
    open_streets = reds(notebook)
    lon, lat = map(float, notebook.in_kernel(MIDDLE).split())

    drawn = settled(notebook)
    notebook.page.mouse.click(*notebook.page.evaluate(PIXEL, [lon, lat]))
    notebook.page.wait_for_function("() => document.body.innerText.includes('Run finished.')", timeout=20_000)
    notebook.wait_drawn(drawn)
    settled(notebook)
    notebook.screenshot("02_clicked")
    assert notebook.in_kernel("print(len(tried), town_map.page['title'] == 'Close a block of Unioninkatu')") == "1 True"
    assert reds(notebook) > open_streets + 50

    drawn = settled(notebook)
    notebook.page.mouse.click(*notebook.page.evaluate(PIXEL, [lon, lat]))
    notebook.wait_drawn(drawn)
    settled(notebook)
    assert notebook.in_kernel("print(len(tried))") == "0"
    assert reds(notebook) < open_streets + 50

    box = notebook.page.locator("input[placeholder='Street']").first
    box.scroll_into_view_if_needed()
    drawn = settled(notebook)
    box.fill("Pohjoisesplanadi")
    box.press("Tab")
    notebook.page.get_by_role("button", name="Close", exact=True).click()
    notebook.wait_drawn(drawn)
    settled(notebook)
    notebook.screenshot("02_by_name")
    assert notebook.in_kernel("print(town_map.page['title'])") == "Close Pohjoisesplanadi"
    assert notebook.complaints == []
