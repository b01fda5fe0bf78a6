"""Picture: words, colours and the map as plain data, for every screen and every report alike."""

from pathlib import Path

BUNDLE = Path(__file__).parent / "front" / "bundle"
"""Folder of the map's JavaScript and style sheet, built from ``front/src`` when the package is installed."""
