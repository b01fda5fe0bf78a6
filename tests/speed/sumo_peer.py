"""SUMO: the same folder of files as SUMO's XML, the command that drives it, and what SUMO says of the run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from tests.speed.files import Files, Rows

SEED = 42
MODES: dict[str, list[str]] = {"micro": [], "meso": ["--mesosim", "true", "--meso-junction-control", "true"]}


class Sumo(NamedTuple):
    """An installed SUMO and the XML of one scenario."""

    home: Path
    net: Path
    routes: Path

    def command(self, mode: str, *, end: int, statistics: Path, trips: Path | None = None) -> list[str]:
        """Return the command of one run; all routes are read before it starts, so that reading can be told apart."""
        quiet = ["--no-step-log", "true", "--no-warnings", "true", "--xml-validation", "never"]
        reports = ["--duration-log.statistics", "true", "--statistic-output", str(statistics)]
        reports += ["--tripinfo-output", str(trips)] if trips else []
        work = ["-n", str(self.net), "-r", str(self.routes), "--route-steps", "0", "-b", "0", "-e", str(end)]
        return [str(self.home / "bin" / "sumo"), *work, *quiet, *reports, "--seed", str(SEED), *MODES[mode]]

    @property
    def environment(self) -> dict[str, str]:
        """The environment that its programs want."""
        return {**os.environ, "SUMO_HOME": str(self.home)}


def prepare(files: Files, home: Path, folder: Path) -> Sumo:
    """Write the scenario as SUMO's XML."""
    folder.mkdir(parents=True, exist_ok=True)
    sumo = Sumo(home, folder / "net.xml", folder / "routes.xml")
    crossings = folder / "signals.xml"
    parts = {"-n": _nodes(files), "-e": _edges(files), "-x": _connections(files), "-i": _signals(files)}
    paths = dict(zip(parts, (folder / "nodes.xml", folder / "edges.xml", folder / "turns.xml", crossings), strict=True))
    for option, root in parts.items():
        ET.ElementTree(root).write(paths[option])
    ET.ElementTree(_routes(files)).write(sumo.routes)
    given = [word for option, path in paths.items() for word in (option, str(path))]
    command = [str(home / "bin" / "netconvert"), *given, "-o", str(sumo.net), "--no-turnarounds", "true"]
    quiet = ["--no-warnings", "true", "--xml-validation", "never"]
    subprocess.run([*command, *quiet], check=True, stdout=subprocess.DEVNULL, env=sumo.environment)
    return sumo


def facts(statistics: Path) -> dict[str, float]:
    """Return what SUMO's statistics say; a trip's time is from its wished departure on."""
    root = ET.parse(statistics).getroot()  # noqa: S314 - SUMO has just written it
    trips = root.find("vehicleTripStatistics").attrib
    return {
        "vehicles": int(root.find("vehicles").get("inserted")),
        "arrived": int(trips["count"]),
        "mean_trip_s": float(trips["duration"]) + float(trips["departDelay"]),
        "teleports": int(root.find("teleports").get("total")),
    }


def trip_times(trips: Path) -> dict[str, float]:
    """Return the seconds from wished departure to arrival of each trip, from SUMO's table of trips."""
    rows = ET.parse(trips).getroot()  # noqa: S314 - SUMO has just written it
    return {row.get("id"): float(row.get("duration")) + float(row.get("departDelay")) for row in rows}


def _root(name: str, kind: str, rows: list[dict[str, str]]) -> ET.Element:
    root = ET.Element(name)
    for row in rows:
        ET.SubElement(root, kind, row)
    return root


def _nodes(files: Files) -> ET.Element:
    signalised = files.greens
    rows = []
    for node in files.nodes:
        held = node["node"] in signalised
        kind = {"type": "traffic_light", "tl": node["node"]} if held else {"type": "priority"}
        rows.append({"id": node["node"], "x": node["x_m"], "y": node["y_m"], **kind})
    return _root("nodes", "node", rows)


def _edges(files: Files) -> ET.Element:
    rows = [
        {"id": link["link"], "from": link["from_node"], "to": link["to_node"], "numLanes": link["lanes"],
         "speed": link["speed_mps"]}
        for link in files.links
    ]  # fmt: skip
    return _root("edges", "edge", rows)


def _connections(files: Files) -> ET.Element:
    return _root("connections", "connection", [_connection(turn) for turn in files.turns])


def _connection(turn: dict[str, str]) -> dict[str, str]:
    return {"from": turn["from_link"], "to": turn["to_link"], "fromLane": "0", "toLane": "0"}


def _signals(files: Files) -> ET.Element:
    """Return the plans: green, then amber, for one group after the other; left turns give way to who comes against."""
    root = ET.Element("tlLogics")
    link = {row["link"]: row for row in files.links}
    turns: dict[str, Rows] = {}
    for turn in files.turns:
        turns.setdefault(link[turn["from_link"]]["to_node"], []).append(turn)
    for node, phases in files.greens.items():
        plan = {"id": node, "type": "static", "programID": "0", "offset": phases[0]["offset_s"]}
        logic = ET.SubElement(root, "tlLogic", plan)
        for phase in phases:
            shown = [_light(turn, link[turn["from_link"]]["signal_group"] == phase["group"]) for turn in turns[node]]
            for lights, seconds in zip(zip(*shown, strict=True), (phase["green_s"], phase["amber_s"]), strict=True):
                ET.SubElement(logic, "phase", {"duration": seconds, "state": "".join(lights)})
    for node in files.greens:
        for row, turn in enumerate(turns[node]):
            ET.SubElement(root, "connection", {**_connection(turn), "tl": node, "linkIndex": str(row)})
    return root


def _light(turn: dict[str, str], is_its_phase: bool) -> str:
    """Return what a turn is shown in a phase's green and in its amber; a small g gives way."""
    if not is_its_phase:
        return "rr"
    return "gy" if turn["direction"] == "l" else "Gy"


def _routes(files: Files) -> ET.Element:
    root = ET.Element("routes")
    for trip in files.trips:
        start = {"id": trip["trip"], "depart": trip["depart_s"], "departLane": "best", "departSpeed": "max"}
        ET.SubElement(ET.SubElement(root, "vehicle", start), "route", {"edges": trip["route"]})
    return root
