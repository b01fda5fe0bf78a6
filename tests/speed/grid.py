"""Grid: a signalised grid town of any size, to measure the engine on."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point

from twin.demand import Demand
from twin.draws import below
from twin.network import Network
from twin.scenario import Scenario
from twin.signals import Signals

BLOCK, SPEED, JAM, CAPACITY = 200.0, 13.89, 0.14, 0.5
CYCLE, GREEN = 60.0, 26.0
HOUR = 3600


def grid_town(side: int, trips: int, *, seed: int = 1) -> Scenario:
    """Return a town of side x side crossings, one lane a direction, trips between crossings drawn evenly in an hour."""
    node = np.arange(side * side).reshape(side, side)
    pairs = [(node[:, :-1], node[:, 1:]), (node[:-1], node[1:])]
    one_way = np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b in pairs])
    both = np.concatenate([one_way, one_way[:, ::-1]])
    place = [Point(BLOCK * (n % side), BLOCK * (n // side)) for n in range(side * side)]
    nodes = gpd.GeoDataFrame({"node_id": [f"n{n:05d}" for n in range(side * side)]}, geometry=place)
    name = nodes["node_id"].to_numpy()
    links = gpd.GeoDataFrame(
        {
            "link_id": [f"{name[a]}-{name[b]}" for a, b in both],
            "from_node": name[both[:, 0]],
            "to_node": name[both[:, 1]],
            "length": BLOCK,
            "lanes": 1,
            "free_speed": SPEED,
            "capacity": CAPACITY,
            "jam_density": JAM,
        },
        geometry=[LineString([place[a], place[b]]) for a, b in both],
    )
    network = Network(nodes, links)
    ends = below(seed, np.arange(2 * trips), purpose="ends", limit=side * side).reshape(-1, 2)
    table = pd.DataFrame(
        {
            "trip_id": np.arange(trips),
            "origin": name[ends[:, 0]],
            "destination": name[ends[:, 1]],
            "departure": np.arange(trips) * HOUR / trips,
        }
    )
    return Scenario(network, Demand(table[ends[:, 0] != ends[:, 1]]), _plans(network), name=f"grid {side} x {side}")


def _plans(network: Network) -> Signals:
    """Return two phases for every crossing, east-west first, all in step."""
    links = network.links.set_index("link_id")
    turns = network.turns
    ends = shapely_ends(links)
    east_west = ends.loc[turns["in_link"]].to_numpy()
    node = links["to_node"].loc[turns["in_link"]].to_numpy()
    greens = pd.DataFrame(
        {
            "signal_id": node,
            "in_link": turns["in_link"],
            "out_link": turns["out_link"],
            "start": np.where(east_west, 0.0, CYCLE / 2),
            "length": GREEN,
        }
    )
    return Signals(pd.DataFrame({"signal_id": np.unique(node), "cycle": CYCLE, "offset": 0.0}), greens)


def shapely_ends(links: gpd.GeoDataFrame) -> pd.Series:
    """Return for each link whether it runs east or west."""
    bounds = links.geometry.bounds
    return bounds["miny"] == bounds["maxy"]
