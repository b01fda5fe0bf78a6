"""Where the reference data for tests lie: TWIN_REFERENCE, else ../shared/reference; where not, a test skips."""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[2] / "shared" / "reference"


def reference(room: str) -> Path:
    """Return the folder of one room of the reference data ("osm", "tntp" ...), or skip the test."""
    folder = Path(os.environ.get("TWIN_REFERENCE", BESIDE)) / room
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder}: set TWIN_REFERENCE to the folder that holds {room!r}")
    return folder
