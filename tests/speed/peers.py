"""Peers: the same work in other traffic engines and in ours, in alternation; ratios and agreement beside the targets.

The work is the signalised grid of ../shared/judge, with routes that are driven as given. Of each engine ``cpu_s`` is
what driving takes: for SUMO its process less one that reads the same files and ends at once, for UXsim and us the
driving itself. ``process_cpu_s``, ``wall_s`` and ``rss_mb`` are those of the whole process.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.speed import sumo_peer
from tests.speed.files import Files, read, read_trip_times

ROOT = Path(__file__).parents[2]
PEERS, WORK = ROOT / "build" / "peers", ROOT / "build" / "bench"
"""The environment of the other engines, which make bench has set up, and the folder of all files."""

TABLE = ROOT / "build" / "bench.json"
LOADS = (20_000, 30_000)
ROUNDS = 3

UXSIM, PLATOONS, MESO, MICRO = "uxsim deltan=1", "uxsim deltan=5", "sumo meso", "sumo micro"
SIGNALS, YIELDING = "towntwin signals", "towntwin yielding"
"""Ours, with what UXsim has, and with what SUMO has: start-up loss, amber, left turns that give way."""

Facts = dict[str, float]
Row = dict[str, float | str]


class Target(NamedTuple):
    """What is to be reached, and what was measured."""

    what: str
    measured: float
    wanted: str
    reached: bool


class Work(NamedTuple):
    """One scenario, ready to be driven by every engine."""

    folder: Path
    files: Files
    sumo: sumo_peer.Sumo


def judge() -> Path | None:
    """Return the folder that the scenarios come from, if it is there."""
    folder = Path(os.environ.get("TWIN_JUDGE", ROOT / ".." / "shared" / "judge"))
    return folder if (folder / "scenario.py").is_file() else None


def compare(scenarios: Path) -> tuple[list[Row], list[Target]]:
    """Drive all engines and write build/bench.json."""
    works = [_work(scenarios, vehicles) for vehicles in LOADS]
    rows = [row for work in works for row in _rows(work)]
    agreement = _agreement(works[0])
    targets = list(_targets(rows, agreement, light=works[0].files.name, heavy=works[-1].files.name))
    table = {"rows": rows, "correlations": agreement, "targets": [target._asdict() for target in targets]}
    TABLE.write_text(json.dumps(table, indent=1))
    return rows, targets


def _work(scenarios: Path, vehicles: int) -> Work:
    """Make one scenario and its XML."""
    folder = WORK / f"grid{vehicles // 1000}k"
    command = [sys.executable, "-B", scenarios / "scenario.py", folder, "--vehicles", str(vehicles)]
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    files = read(folder)
    home = next(PEERS.glob("lib/python*/site-packages/sumo"))
    return Work(folder, files, sumo_peer.prepare(files, home, folder / "sumo"))


def _rows(work: Work) -> list[Row]:
    """Return one row an engine: medians of rounds in which the engines take turns; the slow one goes once."""
    engines: dict[str, Callable[[], Facts]] = {
        UXSIM: lambda: _uxsim(work, UXSIM, "1"),
        PLATOONS: lambda: _uxsim(work, PLATOONS, "5"),
        MESO: lambda: _sumo(work, "meso"),
        SIGNALS: lambda: _ours(work, SIGNALS, "signals"),
        YIELDING: lambda: _ours(work, YIELDING, "yielding"),
    }
    _ours(work, SIGNALS, "signals")  # compiles
    rounds = [{name: drive() for name, drive in engines.items()} for _ in range(ROUNDS)]
    medians = {name: _medians([one[name] for one in rounds]) for name in engines}
    medians[MICRO] = _sumo(work, "micro", trips=work.folder / f"{MICRO}.xml")
    exits = {facts["exits"] for facts in medians.values() if facts["arrived"] == len(work.files.trips)}
    assert len(exits) == 1, f"the engines did not do the same work: {exits} exits"
    return [{"engine": name, "scenario": work.files.name, **facts} for name, facts in medians.items()]


def _medians(rounds: list[Facts]) -> Facts:
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}


def _watched(command: list[str], **environment: str) -> tuple[Facts, str]:
    """Run a command in a small process of its own; return what it took and what it printed."""
    watch = [sys.executable, "-m", "tests.speed.watch", *command]
    done = subprocess.run(watch, check=True, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, **environment})
    facts = json.loads(done.stdout)
    return facts, facts.pop("said")


def _uxsim(work: Work, name: str, platoon: str) -> Facts:
    python = str(PEERS / "bin" / "python")
    times = str(work.folder / f"{name}.csv")
    facts, said = _watched([python, "-m", "tests.speed.uxsim_peer", str(work.folder), times, platoon])
    return {**facts, **json.loads(said)}


def _ours(work: Work, name: str, row: str) -> Facts:
    times = str(work.folder / f"{name}.csv")
    facts, said = _watched([sys.executable, "-m", "tests.speed.ours", str(work.folder), times, row])
    return {**facts, **json.loads(said)}


def _sumo(work: Work, mode: str, trips: Path | None = None) -> Facts:
    """Drive SUMO, once to the end and once only until all is read."""
    report = work.folder / f"{mode}.xml"
    home = str(work.sumo.home)
    reading, _ = _watched(work.sumo.command(mode, end=0, statistics=report), SUMO_HOME=home)
    command = work.sumo.command(mode, end=work.files.horizon, statistics=report, trips=trips)
    facts, _ = _watched(command, SUMO_HOME=home)
    said = sumo_peer.facts(report)
    if said["arrived"] == len(work.files.trips):  # else SUMO does not say
        said["exits"] = sum(map(len, work.files.routes))
    return {
        **facts,
        **said,
        "cpu_s": facts["process_cpu_s"] - reading["process_cpu_s"],
        "setup_cpu_s": reading["process_cpu_s"],
    }


def _agreement(work: Work) -> dict[str, dict[str, float]]:
    """Return the correlation of single trips' travel times in each of our rows with those in each peer."""
    trips = work.folder / "meso trips.xml"
    _sumo(work, "meso", trips=trips)
    peers = {
        UXSIM: read_trip_times(work.folder / f"{UXSIM}.csv"),
        MESO: sumo_peer.trip_times(trips),
        MICRO: sumo_peer.trip_times(work.folder / f"{MICRO}.xml"),
    }
    ours = {name: read_trip_times(work.folder / f"{name}.csv") for name in (SIGNALS, YIELDING)}
    return {name: {peer: _correlation(times, other) for peer, other in peers.items()} for name, times in ours.items()}


def _correlation(ours: dict[str, float], theirs: dict[str, float]) -> float:
    both = sorted(ours.keys() & theirs.keys())
    return float(np.corrcoef([ours[trip] for trip in both], [theirs[trip] for trip in both])[0, 1])


def _targets(rows: list[Row], agreement: dict[str, dict[str, float]], *, light: str, heavy: str) -> Iterator[Target]:
    """Hold what was measured against what is to be reached."""
    facts = {(row["engine"], row["scenario"]): row for row in rows}
    for ours in (SIGNALS, YIELDING):
        own = facts[ours, heavy]
        for peer, least, aim in ((UXSIM, 30, 50), (MESO, 30, 60), (PLATOONS, 8, 8)):
            times = facts[peer, heavy]["cpu_s"] / own["cpu_s"]
            yield Target(
                f"{heavy}, {ours}: times fewer CPU s than {peer}", times, f">= {least}, aim {aim}", times >= least
            )
        yield Target(f"{heavy}, {ours}: MB of state", own["state_mb"], "<= 10", own["state_mb"] <= 10)
    for ours, peer, least in ((SIGNALS, UXSIM, 0.985), (YIELDING, MESO, 0.965), (YIELDING, MICRO, 0.965)):
        found = agreement[ours][peer]
        yield Target(f"{light}, {ours}: correlation with {peer}", found, f">= {least}", found >= least)
    off = facts[YIELDING, light]["mean_trip_s"] / facts[MICRO, light]["mean_trip_s"] - 1
    yield Target(f"{light}, {YIELDING}: mean trip beside {MICRO}", off, "within 0.07", abs(off) <= 0.07)
