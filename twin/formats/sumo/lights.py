"""Lights: SUMO's signal programmes as green windows of turns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from twin.formats.sumo.files import from_id
from twin.signals import AMBER_USED, Signals, no_signals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from xml.etree.ElementTree import Element

    from twin.formats.sumo.driver import Driver
    from twin.formats.sumo.roads import Connection, Roads

PROTECTED, PERMITTED = "GO", "gos"
"""SUMO's letters of a green light: without and with giving way (s = right on red, after a stop)."""

Note = tuple[str, str, str]
Turn = tuple[str, str]


@dataclass(frozen=True)
class Program:
    """A programme: phases of (seconds, a letter for each light)."""

    signal_id: str
    program_id: str
    kind: str
    offset: float
    phases: tuple[tuple[float, str], ...]

    @property
    def cycle(self) -> float:
        """Length of the cycle [s]."""
        return sum(seconds for seconds, _ in self.phases)


@dataclass(frozen=True)
class Window:
    """Part of a cycle in which a light is green [s]."""

    start: float
    length: float
    permitted: bool


def programs(roots: Iterable[Element]) -> dict[str, Program]:
    """Return the programme of each signal that SUMO would run: the one loaded last.

    Parameters
    ----------
    roots : iterable of Element
        The network and the additional files, in the order in which SUMO loads them.
    """
    found = [_program(element) for root in roots for element in root.iter("tlLogic")]
    return {program.signal_id: program for program in found if program.cycle > 0}


def _program(element: Element) -> Program:
    phases = tuple((float(p.attrib["duration"]), p.attrib["state"]) for p in element.iter("phase"))
    return Program(
        element.attrib["id"],
        element.get("programID", "0"),
        element.get("type", "static"),
        float(element.get("offset", "0")),
        phases,
    )


def windows(program: Program, light: int) -> list[Window]:
    """Return when a light is green: phases of one colour joined, also over the end of the cycle.

    Examples
    --------
    >>> windows(Program("a", "0", "static", 0.0, ((5.0, "G"), (3.0, "y"), (10.0, "r"), (2.0, "G"))), 0)
    [Window(start=18.0, length=7.0, permitted=False)]
    """
    runs: list[tuple[str, float, float]] = []  # colour, start, length
    now = 0.0
    for seconds, state in program.phases:
        colour = _colour(state[light])
        if runs and runs[-1][0] == colour:
            runs[-1] = (colour, runs[-1][1], runs[-1][2] + seconds)
        else:
            runs.append((colour, now, seconds))
        now += seconds
    if len(runs) > 1 and runs[0][0] == runs[-1][0]:
        runs[-1] = (runs[-1][0], runs[-1][1], runs[-1][2] + runs[0][2])
        del runs[0]
    return [Window(start, length, colour == "g") for colour, start, length in runs if colour and length > 0]


def _colour(letter: str) -> str:
    return "G" if letter in PROTECTED else "g" if letter in PERMITTED else ""


def turn_windows(connections: Sequence[Connection], running: dict[str, Program]) -> dict[Turn, list[Window]]:
    """Return the green windows of each turn that a light holds; of its lanes the one with the most green counts."""
    held: dict[Turn, list[Window]] = {}
    for one in connections:
        if one.signal in running and one.light >= 0:
            green = windows(running[one.signal], one.light)
            turn = one.into, one.out
            if turn not in held or _green(green) > _green(held[turn]):
                held[turn] = green
    return held


def _green(of: Sequence[Window]) -> float:
    return sum(window.length for window in of)


def signals(
    roads: Roads,
    connections: Sequence[Connection],
    running: dict[str, Program],
    held: dict[Turn, list[Window]],
    driver: Driver,
) -> tuple[Signals, list[Note]]:
    """Return the plans of the signals that hold any turn, and notes on those that adapt to traffic in SUMO.

    Windows are the green times that are shown; ``Driver.green_loss`` says what drivers lose of them.
    """
    signal_of = {(one.into, one.out): one.signal for one in connections if (one.into, one.out) in held}
    greens = [
        (from_id(signal_of[turn]), *turn, window.start, window.length, window.permitted)
        for turn in signal_of
        for window in held[turn]
        if window.length < running[signal_of[turn]].cycle
    ]
    if not greens:
        return no_signals(), []
    used = sorted(set(signal_of.values()))
    speed = _speeds(roads, connections)
    plans = [(from_id(s), running[s].cycle, running[s].offset, *_lost(running[s], driver, speed[s])) for s in used]
    notes = [
        ("signal adapts", f"signal:{s}", f"{running[s].kind} in SUMO: its phases are driven at their set durations")
        for s in used
        if running[s].kind != "static"
    ]
    return Signals(
        pd.DataFrame(plans, columns=["signal_id", "cycle", "offset", "amber", "startup_loss"]),
        pd.DataFrame(greens, columns=["signal_id", "in_link", "out_link", "start", "length", "permitted"]),
    ), notes


def _speeds(roads: Roads, connections: Sequence[Connection]) -> dict[str, float]:
    """Return the mean limit of the roads that lead to each signal [m/s]."""
    limits: dict[str, list[float]] = defaultdict(list)
    for one in connections:
        limits[one.signal].append(roads.edges[one.into].lanes[one.into_lane].speed)
    return {signal: sum(values) / len(values) for signal, values in limits.items()}


def _lost(program: Program, driver: Driver, speed: float) -> tuple[float, float]:
    """Return the amber and the start-up loss [s]: ours use AMBER_USED of the amber, so they lose more before."""
    amber = min((seconds for seconds, state in program.phases if "y" in state), default=0.0)
    return amber, max(driver.green_loss(speed) + min(amber, AMBER_USED), 0.0)
