"""Widgets: maps and controls for notebooks. They hold scenarios and results, never numbers of their own."""

from widgets.background import Runner
from widgets.controls import CloseControl, SpeedControl
from widgets.map import TownMap
from widgets.quality import QualityMap

__all__ = ["CloseControl", "QualityMap", "Runner", "SpeedControl", "TownMap"]
