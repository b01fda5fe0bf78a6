"""Ours: drive a folder of files in our engine and print what it took as one line of JSON.

``python -m tests.speed.ours FOLDER TIMES.csv ROW``. Routes are driven as the files give them: the engine is called
without ``simulate``, whose impatient drivers would leave them. ``cpu_s`` is the event loop with the making of its
state; reading, the making of columns and compiling are ``setup_cpu_s``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point

from tests.speed.files import Files, read, write_trip_times
from twin.bench.engine import traversals
from twin.bench.made import left_turn_yields
from twin.demand import Demand
from twin.formats.routes import habits_from_links
from twin.kernels.columns import NOT_YET
from twin.kernels.loading import advance
from twin.kernels.state import begin
from twin.network import Network
from twin.result import Result
from twin.scenario import Scenario
from twin.signals import Signals
from twin.simulate import columns_of
from twin.units import MS


class Drivers(NamedTuple):
    """How people drive: saturation flow of a lane [veh/s], start-up loss [s], free speed as a share of the limit."""

    capacity: float
    loss: float
    speed: float
    physics: bool


ROWS = {"signals": Drivers(0.5, 0.0, 1.0, physics=False), "yielding": Drivers(0.54, 3.9, 0.946, physics=True)}
"""The row that has signals alone, as mesoscopic peers do, and the one that is held against SUMO's microscopic model:
with starting up, amber and left turns that give way, and with SUMO's drivers as measured on one road alone, not fitted
to the result. A lane of 13.89 m/s with green 27 s and amber 3 s of 60 s serves 13.56 of them in a cycle: 0.54 veh/s
once they move, of 27 s and 2 s of amber less 3.9 s to start up, which as an effective green of 27 s is 0.50. On an
empty road they drive at .946 of the limit (they dawdle, and differ). UXsim's saturation flow is 0.66."""

KINDS = {"s": "through", "l": "left", "r": "right"}

TURN_TIME, SATURATION = {"s": 0.0, "l": 1.8, "r": 2.1}, {"s": 1.0, "l": 0.85, "r": 0.725}
"""What turning costs SUMO's drivers: seconds of one alone, and the flow of who turns in a queue where a quarter to all
turn (.84 to .86 and .72 to .79). Measured at one crossing of this grid alone, with green all the time and with the
signal's 27 and 3 of 60 s; netconvert lets them turn left at 8 and right at 6.5 m/s."""


def main(folder: str, times: str, row: str) -> None:
    """Build the scenario, drive it, print one line."""
    began = time.process_time()
    files = read(Path(folder))
    day = _day(files, ROWS[row])
    columns = columns_of(day)
    advance(begin(columns), columns, 0)  # compiles, or loads what was compiled
    ready = time.process_time()
    state = begin(columns)
    advance(state, columns, files.horizon * MS)
    cpu = time.process_time() - ready
    left = state.log[columns.vehicle_route[1:] - 1, 1]  # the last step of a route leads out of the network
    seconds = np.where(left == NOT_YET, np.nan, (left - day.departure) / MS)
    names = np.array([trip["trip"] for trip in files.trips])
    there = ~np.isnan(seconds)
    write_trip_times(Path(times), dict(zip(names[there].tolist(), seconds[there].tolist(), strict=True)))
    report = {
        "vehicles": len(seconds),
        "arrived": int(there.sum()),
        "exits": traversals(columns, state),
        "cpu_s": cpu,
        "setup_cpu_s": ready - began,
        "mean_trip_s": float(seconds[there].mean()),
        "state_mb": sum(array.nbytes for array in state) / 2**20,
        "columns_mb": sum(array.nbytes for array in columns) / 2**20,
    }
    sys.stdout.write(json.dumps(report) + "\n")


def _day(files: Files, drivers: Drivers) -> Result:
    """Return the scenario with the routes that its files give; trips are numbered in the order of the file."""
    network = _network(files, drivers)
    trips = pd.DataFrame(
        {
            "trip_id": np.arange(len(files.trips)),
            "origin": [trip["from_node"] for trip in files.trips],
            "destination": [trip["to_node"] for trip in files.trips],
            "departure": [float(trip["depart_s"]) for trip in files.trips],
        }
    )
    scenario = Scenario(network, Demand(trips), _signals(files, drivers), name=files.name)
    return habits_from_links(scenario, dict(enumerate(files.routes)))


def _network(files: Files, drivers: Drivers) -> Network:
    place = {node["node"]: Point(float(node["x_m"]), float(node["y_m"])) for node in files.nodes}
    nodes = gpd.GeoDataFrame({"node_id": list(place)}, geometry=list(place.values()))
    table = pd.DataFrame(files.links)
    numbers = table[["length_m", "speed_mps", "jam_veh_per_m_lane"]].astype(float)
    links = gpd.GeoDataFrame(
        {
            "link_id": table["link"],
            "from_node": table["from_node"],
            "to_node": table["to_node"],
            "length": numbers["length_m"],
            "lanes": table["lanes"].astype(int),
            "free_speed": numbers["speed_mps"] * drivers.speed,
            "capacity": drivers.capacity,
            "jam_density": numbers["jam_veh_per_m_lane"],
        },
        geometry=[LineString([place[link["from_node"]], place[link["to_node"]]]) for link in files.links],
    )
    given = pd.DataFrame(files.turns)
    turns = pd.DataFrame({"in_link": given["from_link"], "out_link": given["to_link"]})
    turns["kind"] = given["direction"].map(KINDS)
    if drivers.physics:
        turns["turn_time"] = given["direction"].map(TURN_TIME)
        turns["saturation"] = given["direction"].map(SATURATION)
    return Network(nodes, links, turns=turns, yields=left_turn_yields(links, turns) if drivers.physics else None)


def _signals(files: Files, drivers: Drivers) -> Signals:
    """Return the plans: each turn is green with the group of its link; left turns give way if physics say so."""
    phases = pd.DataFrame(files.signals)
    group = pd.DataFrame(files.links)[["link", "to_node", "signal_group"]]
    turns = pd.DataFrame(files.turns).merge(group, left_on="from_link", right_on="link")
    held = turns.merge(phases, left_on=["to_node", "signal_group"], right_on=["node", "group"])
    greens = pd.DataFrame({"signal_id": held["node"], "in_link": held["from_link"], "out_link": held["to_link"]})
    greens["start"], greens["length"] = held["green_start_s"].astype(float), held["green_s"].astype(float)
    greens["permitted"] = drivers.physics & (held["direction"] == "l")
    rows = phases.drop_duplicates("node")
    plans = pd.DataFrame({"signal_id": rows["node"], "cycle": rows["cycle_s"].astype(float)})
    plans["offset"] = rows["offset_s"].astype(float)
    return Signals(
        plans.assign(amber=rows["amber_s"].astype(float), startup_loss=drivers.loss) if drivers.physics else plans,
        greens,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
