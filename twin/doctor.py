"""Doctor: says what is installed, what is missing and how to get it."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from twin import cache
from twin.osm import servers, shown
from twin.picture import BUNDLE
from twin.towns import names

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Browsers that the tests can drive, by command."""


class Finding(NamedTuple):
    """One thing that was looked at."""

    what: str
    well: bool
    detail: str
    needed: bool = True


def findings() -> Iterator[Finding]:
    """Look at everything that the project needs."""
    version = platform.python_version()
    yield Finding("python", sys.version_info >= (3, 11), f"{version} (3.11 or newer is needed)")
    for package in _requirements():
        found = _version(package)
        yield Finding(package, found is not None, found or "missing: run `make install`")
    towns = ", ".join(names())
    yield Finding("towns", bool(towns), towns or "no data/ folder: start from a checkout or install the wheel anew")
    built = (BUNDLE / "town_map.js").is_file()
    yield Finding("map", built, str(BUNDLE) if built else "not built: run `make install`")
    yield Finding("kernels", well=True, detail=cache.sentence())
    folder = cache.place_folder() or "no folder, since none of your own can be written (set TWIN_CACHE)"
    yield Finding(
        "places", well=True, detail=f"asked of {' and '.join(map(shown, servers()))}; downloads stay in {folder}"
    )
    browser = next((path for path in map(shutil.which, BROWSERS) if path), None)
    advice = "missing; only tests need it: apt install chromium"
    yield Finding("browser", browser is not None, browser or advice, needed=False)


def report() -> int:
    """Print all findings; return 1 if something is missing that is needed, else 0."""
    bad = 0
    for finding in findings():
        mark = "ok" if finding.well else "MISSING" if finding.needed else "absent"
        bad |= finding.needed and not finding.well
        print(f"{mark:8} {finding.what:12} {finding.detail}")
    return int(bad)


def _requirements() -> list[str]:
    """Return the names of the packages that towntwin needs, those for development left out."""
    try:
        lines = metadata.requires("towntwin") or []
    except metadata.PackageNotFoundError:
        return ["towntwin"]
    return [line.split(";")[0].strip() for line in lines if "extra ==" not in line]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
