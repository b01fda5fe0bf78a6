"""UXsim: drive a folder of files in UXsim's C++ engine and print what it took as one line of JSON.

Run in the peers' environment: ``python -m tests.speed.uxsim_peer FOLDER TIMES.csv PLATOON``. ``cpu_s`` is that of
``exec_simulation`` alone; its log of trajectories is off.
"""

from __future__ import annotations

import contextlib
import io
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from tests.speed.files import Files, read, write_trip_times

SEED = 42
DONE = "end"
"""UXsim's word for a vehicle that has arrived."""


def main(folder: str, times: str, platoon: str) -> None:
    """Build the world, drive it, print one line."""
    files, size = read(Path(folder)), int(platoon)
    began = time.process_time()
    world = _world(files, size)
    vehicles = _vehicles(world, files, size)
    built = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        world.exec_simulation()
    cpu = time.process_time() - built
    took = {name: vehicle.travel_time for name, vehicle in vehicles.items() if vehicle.state == DONE}
    write_trip_times(Path(times), took)
    row = {
        "vehicles": len(vehicles) * size,
        "arrived": len(took) * size,
        "exits": int(sum(link.cum_departure[-1] for link in world.LINKS)),
        "cpu_s": cpu,
        "setup_cpu_s": built - began,
        "mean_trip_s": statistics.fmean(took.values()),
    }
    sys.stdout.write(json.dumps(row) + "\n")


def _world(files: Files, platoon: int) -> Any:
    """Return the roads and signals; the red between two greens, amber with it, is a phase of nobody."""
    import uxsim  # noqa: PLC0415 - only the peers' environment has it

    world = uxsim.World(
        name="", deltan=platoon, tmax=files.horizon, print_mode=0, save_mode=0, show_mode=0, random_seed=SEED,
        vehicle_logging_timestep_interval=-1, cpp=True,
    )  # fmt: skip
    phases = files.greens
    for node in files.nodes:
        lengths = _lengths(phases[node["node"]]) if node["node"] in phases else [0]
        world.addNode(node["node"], float(node["x_m"]), float(node["y_m"]), signal=lengths)
    for link in files.links:
        groups = [phase["group"] for phase in phases.get(link["to_node"], ())]
        world.addLink(
            link["link"], link["from_node"], link["to_node"],
            length=float(link["length_m"]), free_flow_speed=float(link["speed_mps"]),
            jam_density_per_lane=float(link["jam_veh_per_m_lane"]), number_of_lanes=int(link["lanes"]),
            signal_group=[2 * groups.index(link["signal_group"])] if groups else [0],
        )  # fmt: skip
    return world


def _lengths(phases: list[dict[str, str]]) -> list[float]:
    """Return the seconds of green, nobody, green, nobody ... from the first green on."""
    starts = [float(phase["green_start_s"]) for phase in phases]
    ends = [*starts[1:], starts[0] + float(phases[0]["cycle_s"])]
    greens = [float(phase["green_s"]) for phase in phases]
    return [
        part for start, end, green in zip(starts, ends, greens, strict=True) for part in (green, end - start - green)
    ]


def _vehicles(world: Any, files: Files, platoon: int) -> dict[str, Any]:
    """Add the vehicles, each bound to its route; a platoon is that many trips whose ids differ behind the _ alone."""
    parties: dict[str, list[dict[str, str]]] = {}
    for trip in files.trips:
        parties.setdefault(trip["trip"].split("_")[0] if platoon > 1 else trip["trip"], []).append(trip)
    starts = {name: statistics.fmean(float(trip["depart_s"]) for trip in party) for name, party in parties.items()}
    vehicles = {}
    for name in sorted(parties, key=lambda name: starts[name]):
        first = parties[name][0]
        vehicles[name] = world.addVehicle(first["from_node"], first["to_node"], starts[name], name=name)
        vehicles[name].enforce_route(first["route"].split())
    return vehicles


if __name__ == "__main__":
    main(*sys.argv[1:])
