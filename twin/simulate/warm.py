"""Warm: compile the engine before somebody waits for it."""

from __future__ import annotations

import threading
import time

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point

from twin.demand import Demand
from twin.network import Network
from twin.scenario import Scenario
from twin.signals import Signals
from twin.simulate import simulate


def warm() -> float:
    """Compile everything that a run needs, or read it from the cache, and return how long that took [s]."""
    began = time.perf_counter()
    simulate(_crossroads()).intervals()
    return time.perf_counter() - began


def warm_in_background() -> threading.Thread:
    """Compile in a thread of its own, so that what goes on meanwhile does not wait; return the thread.

    A run that is asked for before it has finished waits for the compiler, no longer than without it.
    """
    thread = threading.Thread(target=warm, name="towntwin warm", daemon=True)
    thread.start()
    return thread


def _crossroads() -> Scenario:
    """Return a signal with one car before it: all kernels of a morning, in a millisecond once they are compiled."""
    points = [Point(0.0, 0.0), Point(0.001, 0.0), Point(0.002, 0.0)]
    nodes = gpd.GeoDataFrame({"node_id": ["a", "b", "c"]}, geometry=points, crs="EPSG:4326")
    links = gpd.GeoDataFrame(
        {"link_id": ["ab", "bc"], "from_node": ["a", "b"], "to_node": ["b", "c"]},
        geometry=[LineString(points[:2]), LineString(points[1:])],
        crs="EPSG:4326",
    ).assign(length=100.0, lanes=1, free_speed=10.0, capacity=0.5, jam_density=0.15)
    greens = pd.DataFrame({"signal_id": ["b"], "in_link": ["ab"], "out_link": ["bc"], "start": [0.0], "length": [9.0]})
    plans = pd.DataFrame({"signal_id": ["b"], "cycle": [10.0], "offset": [0.0]})
    trip = pd.DataFrame({"trip_id": np.array([0]), "origin": ["a"], "destination": ["c"], "departure": [0.0]})
    return Scenario(Network(nodes, links), Demand(trip), Signals(plans, greens), name="warm")
