"""Control: controllers lead the lights while a run goes on: between two advances they look, decide, set windows."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadTable
from twin.kernels.columns import Columns, Ints, Longs
from twin.kernels.leading import set_windows
from twin.kernels.loading import advance
from twin.kernels.records import ON
from twin.kernels.state import State
from twin.kernels.watching import watch
from twin.network import Network, Rows
from twin.ragged import starts
from twin.result import GREEN_COLUMNS
from twin.scenario import Scenario
from twin.signals import AMBER_USED, NO_PHASE, Controller, Counts, Junction, View
from twin.simulate.columns import NEVER_GREEN, Roads, Table
from twin.units import MS

N_WINDOW = 3
"""Windows that a controlled turn has: the one that is open or comes next, and two that were before it.

Those are needed by heads who were cut off by the end of one (rule 4), also where a clearing window followed it."""

_RED, _PERMITTED, _PROTECTED = range(3)

Window = tuple[int, int, int, int]
"""Start, length, start-up loss [ms], and 1 where the turn is permitted only."""

_PAST: Window = (0, 0, 0, 0)
_END = NEVER_GREEN - 1  # of greens that have none yet; the cycle is a millisecond longer, so that a run is in the first
_NEVER: Window = (_END, 1, 0, 0)


def _pairs(phases: pd.DataFrame, network: Network) -> pd.DataFrame:
    """Return the turns of controlled junctions, sorted by signal, in_link and out_link: row, and whether ever held.

    A turn that is protected in all phases of its signal is never held.
    """
    protected = phases.assign(protected=~phases["permitted"]).groupby(["signal_id", "in_link", "out_link"])
    table = protected["protected"].sum().reset_index()
    n_phase = phases.groupby("signal_id")["phase"].nunique()
    table["held"] = table["protected"] < table["signal_id"].map(n_phase)
    table["turn"] = network.turn_index.get_indexer(pd.MultiIndex.from_frame(table[["in_link", "out_link"]]))
    return table.drop(columns="protected")


def _controlled_phases(scenario: Scenario) -> pd.DataFrame:
    phases = scenario.signals.phases
    return phases[phases["signal_id"].isin(scenario.signals.controllers)]


def controlled_columns(scenario: Scenario, table: Table) -> Table:
    """Return the signal part of the columns with one more signal for each turn that a controller holds, red as yet."""
    if not scenario.signals.controllers:
        return {}
    turns = _pairs(_controlled_phases(scenario), scenario.network).query("held")["turn"].to_numpy(np.int64)
    n_signal, n_window = len(table["signal_cycle"]), len(table["window_start"])
    of_turn = table["turn_signal"].copy()
    of_turn[turns] = n_signal + np.arange(len(turns))
    count = N_WINDOW * len(turns)
    more = {
        "signal_cycle": np.full(len(turns), NEVER_GREEN),
        "signal_offset": np.zeros(len(turns), np.int64),
        "signal_windows": n_window + starts(np.full(len(turns), N_WINDOW))[1:],
        "window_start": _END - np.arange(count)[::-1] % N_WINDOW,
        "window_length": np.ones(count, np.int64),
        "window_loss": np.zeros(count, np.int64),
        "window_permitted": np.zeros(count, np.bool_),
    }
    return {"turn_signal": of_turn} | {name: np.append(table[name], values) for name, values in more.items()}


@dataclass
class _Light:
    """One junction while a run goes on.

    Parameters
    ----------
    junction : Junction
    controller : Controller
    first : int
        Row of its first turn among those of all controlled junctions.
    held : array of bool, shape (n_turn,)
    loss : int [ms]
        Start-up lost time.
    due : int [ms]
        When the controller decides next.
    phase, since : int
        As in ``View``.
    """

    junction: Junction
    controller: Controller
    first: int
    held: npt.NDArray[np.bool_]
    loss: int
    due: int
    phase: int = NO_PHASE
    since: int = 0

    def __post_init__(self) -> None:
        self.windows: list[list[Window]] = [[_PAST, _PAST, _NEVER] for _ in self.junction.in_link]
        self.kinds = np.where(self.junction.green, np.where(self.junction.permitted, _PERMITTED, _PROTECTED), _RED)

    def wanted(self, view: View) -> int:
        """Return the phase that the controller wants."""
        phase = operator.index(self.controller.decide(view))
        if not (0 <= phase < len(self.kinds) or phase == self.phase == NO_PHASE):
            raise BadTable(
                f"controllers, signal_id {self.junction.signal_id!r}: {self.controller!r} wants phase {phase}, but the "
                f"junction has {len(self.kinds)} phases, counted from 0"
            )
        return phase

    def change(self, phase: int, time: int) -> list[int]:
        """Let another phase come and return the turns of the junction whose windows are others now."""
        amber, all_red = _ms(self.controller.amber), _ms(self.controller.all_red)
        first = self.phase == NO_PHASE
        begin = time if first else time + amber + all_red
        was = np.full(len(self.held), _RED) if first else self.kinds[self.phase]
        turns = np.flatnonzero(self.held & (was != self.kinds[phase])).tolist()
        used, loss = min(amber, _ms(AMBER_USED)), 0 if first else self.loss
        for turn in turns:
            self.windows[turn] = changed(
                self.windows[turn], (int(was[turn]), int(self.kinds[phase, turn])), time, begin, used=used, loss=loss
            )
        self.phase, self.since = phase, begin
        self.due = -(-(begin + _ms(self.controller.min_green)) // MS) * MS
        return turns


def changed(
    windows: list[Window], kinds: tuple[int, int], time: int, begin: int, *, used: int, loss: int
) -> list[Window]:
    """Return the windows of a turn after a change of phase.

    Parameters
    ----------
    windows : list of Window
        The last of them is open without an end if the turn is green, else far away.
    kinds : tuple of int
        What the turn is before and after: red, permitted or protected; two different ones.
    time, begin : int [ms]
        When the old phase ends and when the new one begins.
    used : int [ms]
        What is driven in of the amber: behind a permitted green those who still wait clear the junction then.
    loss : int [ms]
        Start-up lost time.
    """
    was, will = kinds
    start, _, lost, only = windows[-1]
    after: Window = (begin, _END - begin, loss if was == _RED else 0, int(will == _PERMITTED))
    if was == _RED:
        return [*windows[:-1], after]
    if will != _RED:
        return [*windows[1:-1], (start, begin - start, lost, only), after]
    if was == _PROTECTED:
        closed: list[Window] = [(start, time + used - start, lost, only)]
    else:
        closed = [(start, time - start, lost, only), (time, used, 0, 0)][: 1 + (used > 0)]
    return [*windows[:-1], *closed, _NEVER][-N_WINDOW:]


class Control:
    """Advances a run with all its controllers: each decides at its own whole seconds, however the run is cut.

    All who decide at one moment see the same. Where a run begins nobody is on the roads, and each junction takes its
    first phase at once.

    Parameters
    ----------
    scenario : Scenario
    roads : Roads
    columns : Columns
    start : int [ms]
        When the run begins.
    """

    def __init__(self, scenario: Scenario, roads: Roads, columns: Columns, start: int) -> None:
        turns = _pairs(_controlled_phases(scenario), scenario.network)
        self._watch = _Watch(roads, columns, turns["turn"].to_numpy(np.int32))
        self._signals = columns.turn_signal[self._watch.turns]
        self._lights = _lights(scenario, turns, self._watch, start // MS * MS)
        self._due = np.array([light.due for light in self._lights])
        self._greens: list[tuple[str, int, int, int]] = []

    def advance(self, state: State, columns: Columns, until: int) -> None:
        """Let everything happen that happens before a time, as ``twin.kernels.loading.advance`` does."""
        while (due := int(self._due.min())) < until:
            advance(state, columns, due)
            self._decide(state, due)
        advance(state, columns, until)

    def _decide(self, state: State, time: int) -> None:
        look = _Look(self._watch, state, time)
        others: list[int] = []
        windows: list[list[Window]] = []
        for number in np.flatnonzero(self._due == time).tolist():
            light = self._lights[number]
            n_turn = len(light.held)
            own = slice(light.first, light.first + n_turn)
            view = View(light.junction, time, light.phase, light.since, partial(look.counts, own))
            phase = light.wanted(view)
            light.due = time + _ms(light.controller.every)
            if phase != light.phase:
                if light.phase != NO_PHASE:
                    self._greens.append((light.junction.signal_id, light.phase, light.since, time))
                for turn in light.change(phase, time):
                    others.append(light.first + turn)
                    windows.append(light.windows[turn])
            self._due[number] = light.due
        if others:
            rows = np.array(others)
            set_windows(state, self._signals[rows], self._watch.turns[rows], np.array(windows, np.int32))

    def greens(self, end: int) -> pd.DataFrame:
        """Return the greens that were shown until a time [ms], by signal and start."""
        shown = [(light.junction.signal_id, light.phase, light.since, end) for light in self._lights]
        table = pd.DataFrame(self._greens + shown, columns=list(GREEN_COLUMNS))
        table["end"] = table["end"].clip(upper=end)
        table = table[(table["start"] < table["end"]) & (table["phase"] != NO_PHASE)]
        table[["start", "end"]] /= MS
        return table.sort_values(["signal_id", "start"]).reset_index(drop=True)


def control_of(scenario: Scenario, roads: Roads, columns: Columns, start: int) -> Control | None:
    """Return the control of a run; None where no junction has a controller."""
    return Control(scenario, roads, columns, start) if scenario.signals.controllers else None


def greens_until(end: int, control: Control | None) -> pd.DataFrame:
    """Return the greens that controllers showed until a time [ms]: see ``twin.result.Result``."""
    return pd.DataFrame({column: [] for column in GREEN_COLUMNS}) if control is None else control.greens(end)


class _Watch:
    """Which rows of the kernels the turns of controlled junctions are about."""

    def __init__(self, roads: Roads, columns: Columns, turns: Ints) -> None:
        network = roads.network
        self.turns = turns
        into, out = (network.link_rows(network.turns[end].iloc[turns]) for end in ("in_link", "out_link"))
        self.links, place = np.unique(np.concatenate([into, out]), return_inverse=True)
        self.out = place[len(turns) :]
        place_of_link = np.full(roads.n_link, -1, np.int64)
        place_of_link[self.links] = np.arange(len(self.links))
        of_group = place_of_link[np.append(roads.group_link, roads.split)]
        of_stretch = place_of_link[np.append(np.arange(roads.n_link), roads.group_link[roads.pieces])]
        self.groups = np.flatnonzero(of_group >= 0).astype(np.int32)
        self.place_of_group = of_group[self.groups].astype(np.int32)
        self.stretches = np.flatnonzero(of_stretch >= 0)
        self.place_of_stretch = of_stretch[self.stretches]
        self.row_of_turn = np.full(len(columns.turn_link), -1, np.int32)
        self.row_of_turn[turns] = np.arange(len(turns))
        self.pieces = np.array([len(network.turns), roads.entry_turn], np.int32)
        self.saturation: Longs = network.group_capacity[network.group_of_turn[turns]]
        self.onward: Longs = np.bincount(network.link_rows(network.turns["in_link"]), minlength=roads.n_link)[out]
        self.room = self.of_places(columns.link_storage)

    def of_places(self, stretches: Ints) -> Longs:
        """Return the sums of numbers of the outgoing links' stretches : array, shape (n_turn,)."""
        sums = np.zeros(len(self.links), np.int64)
        np.add.at(sums, self.place_of_stretch, stretches[self.stretches])
        return sums[self.out]


class _Look:
    """What stands and drives at all controlled turns at one moment, counted once, when first asked for."""

    def __init__(self, watch: _Watch, state: State, time: int) -> None:
        self.watch, self.state, self.time = watch, state, time

    @cached_property
    def all(self) -> Counts:
        """Counts of the turns of all controlled junctions."""
        at, state = self.watch, self.state
        seen = np.empty((len(at.turns), 3), np.int32)
        standing = np.empty(len(at.links), np.int32)
        watch(
            self.time, at.groups, at.place_of_group, at.row_of_turn, at.pieces,
            state.queue, state.vehicle, state.log.reshape(-1), seen, standing,
        )  # fmt: skip
        waiting, coming, since = seen.T.astype(np.int64)
        passed = state.made[at.turns].astype(np.int64)
        on = at.of_places(state.link.reshape(-1, 16)[:, ON])
        return Counts(waiting, since, coming, passed, standing[at.out].astype(np.int64), on)

    def counts(self, own: slice) -> Counts:
        """Return the counts of one junction's turns."""
        return Counts(*(column[own] for column in self.all))


def _lights(scenario: Scenario, turns: pd.DataFrame, at: _Watch, due: int) -> list[_Light]:
    """Return all controlled junctions by signal_id, as they are before the run."""
    signals = scenario.signals
    loss = signals.plans.set_index("signal_id")["startup_loss"]
    lights = []
    for signal, controller in signals.controllers.items():
        rows: Rows = np.flatnonzero(turns["signal_id"] == signal)
        own = turns.iloc[rows]
        phases = signals.phases[signals.phases["signal_id"] == signal]
        pairs = pd.MultiIndex.from_frame(own[["in_link", "out_link"]])
        column = pairs.get_indexer(pd.MultiIndex.from_frame(phases[["in_link", "out_link"]]))
        green = np.zeros((phases["phase"].nunique(), len(own)), np.bool_)
        permitted = green.copy()
        green[phases["phase"], column] = True
        permitted[phases["phase"], column] = phases["permitted"]
        junction = Junction(
            signal, tuple(own["in_link"]), tuple(own["out_link"]), green, permitted,
            at.saturation[rows], at.onward[rows], at.room[rows],
        )  # fmt: skip
        held = own["held"].to_numpy(np.bool_)
        lights.append(_Light(junction, controller, int(rows[0]), held, _ms(float(loss.get(signal, 0.0))), due))
    return lights


def _ms(seconds: float) -> int:
    return round(seconds * MS)
