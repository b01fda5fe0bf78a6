"""Fixtures: one browser for each file of tests, one JupyterLab for each test."""

from __future__ import annotations

import os

import pytest

from tests.browser.driver import chromium, jupyter_lab


@pytest.fixture(scope="module")  # not longer: while it is open its event loop runs in this thread
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        if running is None:
            missing = "no Chromium on this machine: install it (Debian: apt install chromium)"
            if os.environ.get("TWIN_MUST_NOT_SKIP"):
                pytest.fail(missing)
            pytest.skip(missing)
        yield running


@pytest.fixture
def open_notebook(tmp_path, browser):
    """A function that opens a copy of a notebook in a JupyterLab of its own."""
    page = browser.new_page()
    with jupyter_lab(tmp_path) as lab:
        yield lambda notebook: lab.open(notebook, page)
        page.close()
