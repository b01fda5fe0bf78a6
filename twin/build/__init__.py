"""Build: a town from its sources - streets and houses from OpenStreetMap, signals inferred, demand synthesised."""

from twin.build.ends import FROM_OUTSIDE, MOST_ZONES, TO_OUTSIDE
from twin.build.fitting import LOAD, OUTLIER, Supply
from twin.build.read import read_osm
from twin.build.town import JITTER, MORNING

__all__ = ["FROM_OUTSIDE", "JITTER", "LOAD", "MORNING", "MOST_ZONES", "OUTLIER", "TO_OUTSIDE", "Supply", "read_osm"]
