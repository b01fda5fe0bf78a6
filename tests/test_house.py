"""The house's own laws: public names, docstrings whose examples run, small files, notebooks without output."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import twin
import widgets

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "twin").rglob("*.py"), *(ROOT / "widgets").rglob("*.py")])
PACKAGES = (twin, widgets)
MODULES = sorted(
    module.name for package in PACKAGES for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
)

PUBLIC = [
    "Close", "Demand", "Fix", "Network", "Places", "Result", "Scenario", "Signals", "SpeedLimit", "TownError", "Zones",
    "hexagons", "kpis", "read_demand", "read_osm", "read_town", "read_zones", "simulate", "to_osmnx", "town",
    "write_town",
]  # fmt: skip


def test_the_front_door_has_these_names():
    assert sorted(twin.__all__) == sorted(PUBLIC)
    assert all(getattr(twin, name).__doc__ for name in PUBLIC)
    assert "TownMap" in widgets.__all__


def test_top_level_holds_only_what_it_may():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    top = {name.split("/")[0] for name in listed if name and not name.startswith(".")}
    assert top <= {
        "pyproject.toml", "README.md", "Makefile", "LICENSE", "constraints.txt",
        "notebooks", "twin", "widgets", "data", "tests",
    }  # fmt: skip


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_a_small_room_whose_first_line_says_what_is_inside(source):
    lines = source.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith('"""')
    assert len(lines) <= 500


@pytest.mark.parametrize("name", MODULES)
def test_public_things_have_docstrings(name):
    module = importlib.import_module(name)
    for label, thing in vars(module).items():
        ours = getattr(thing, "__module__", None) == name
        if ours and not label.startswith("_") and (inspect.isfunction(thing) or inspect.isclass(thing)):
            assert inspect.getdoc(thing), f"{name}.{label} has no docstring"


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_notebooks_are_kept_without_output(notebook):
    subprocess.run([sys.executable, "-m", "nbstripout", "--verify", str(notebook)], check=True)


def test_importing_the_twin_draws_in_nothing_of_the_screen():
    code = "import sys, twin; print([n for n in ('ipywidgets', 'pydeck', 'IPython', 'matplotlib') if n in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "[]"
