"""Patience: who has stood too long before a link without room takes another way. Nothing ever teleports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from twin.draws import below
from twin.kernels.columns import NOT_YET, Columns, Ints, Longs
from twin.kernels.paths import tree, walk
from twin.kernels.records import AT_GATE, CLASS, FIRST, NEEDS, NEXT_EXIT, OF_LINK, ON, ROOM, STEP, THERE, WANTS
from twin.kernels.rerouting import redirect
from twin.kernels.state import State
from twin.network import Rows
from twin.ragged import starts
from twin.routing import FAR, Routes, Ways, ways
from twin.scenario import Scenario
from twin.simulate.columns import Roads
from twin.simulate.journeys import kernel_steps
from twin.units import MS

EVERY = 60 * MS
"""Simulated milliseconds between two looks at who waits: at whole minutes, however a run is cut."""

FULL = 300 * MS
"""What a full link further on costs in the search for another way [ms]: a guess of what waits there."""

CHANGE = 60 * MS
"""What it costs to change to the queue of another lane group [ms]: a guess, so that the own lane is preferred."""

Records = npt.NDArray[np.int32]


class Detour(NamedTuple):
    """Another way on.

    Parameters
    ----------
    queue : int
        Row of the kernel's queue whose head takes it.
    begin, end : int
        Rows of steps that it takes the place of.
    steps : array
    """

    queue: int
    begin: int
    end: int
    steps: Ints


@dataclass(frozen=True)
class Patience:
    """Watches over the heads of queues and lets those take another way who have waited long enough.

    A head of a lane group waits from when it could go first (rule 3 of ``twin.kernels.columns``), red lights included.
    It takes another way if the link that it wants has no room for it, or for another who stands there too, and it has
    waited as long as its trip's patience; if it finds none it looks anew at each whole minute. The way is the fastest
    for its class by free-flow times and mean waits for green, without the link that it wanted, first onto a link that
    has room for it. Who stands in a pocket stays in it. Those who wait at their origin or in a bay, who have a stay
    before them or whom queues let pass, keep their way.

    Parameters
    ----------
    scenario : Scenario
    roads : Roads
    limit : array, shape (n_trip,) [ms]
        How long each trip waits.
    """

    scenario: Scenario
    roads: Roads
    limit: Longs
    _ways: dict[int, Ways] = field(default_factory=dict)

    def look(self, columns: Columns, state: State, time: int) -> tuple[Columns, State]:
        """Return columns and state of a run with the ways that heads take from now on; the state may change in place.

        Parameters
        ----------
        columns : Columns
        state : State
            Advanced until this time.
        time : int [ms]
        """
        waiting = self._impatient(state, time)
        detours = _Search(self, columns, state).detours(waiting) if len(waiting) else []
        if not detours:
            return columns, state
        columns, state = spliced(columns, state, detours)
        for detour in detours:
            redirect(state, detour.queue, time)
        return columns, state

    def _impatient(self, state: State, time: int) -> Rows:
        """Return the queues whose heads have lost patience, in order of their trips."""
        queues, links = state.queue.reshape(-1, 16), state.link.reshape(-1, 16)
        at_gate = np.flatnonzero(queues[:, AT_GATE] >= 0)
        own = queues[at_gate]
        wanted = links[own[:, WANTS]]
        needs = np.zeros(len(links), np.int32)  # the first of the merge, if it lacks room, holds up all others
        np.maximum.at(needs, own[:, WANTS], own[:, NEEDS])
        held = wanted[:, ON] + needs[own[:, WANTS]] > wanted[:, ROOM]
        held &= (own[:, OF_LINK] >= 0) & (own[:, OF_LINK] < self.roads.first_place)
        chosen = at_gate[held]
        head = queues[chosen, FIRST]
        since = np.maximum(state.vehicle.reshape(-1, 8)[head, THERE], queues[chosen, NEXT_EXIT])
        tired = time - since >= self.limit[head]
        in_order: Rows = chosen[tired][np.argsort(head[tired])]
        return in_order

    def ways_of(self, vehicle_class: int) -> Ways:
        """Return the ways of a class."""
        if vehicle_class not in self._ways:
            name = str(self.scenario.demand.classes["vehicle_class"].iloc[vehicle_class])
            self._ways[vehicle_class] = ways(self.scenario.network, self.scenario.signals, vehicle_class=name)
        return self._ways[vehicle_class]


def patience_of(scenario: Scenario, roads: Roads, seed: int) -> Patience | None:
    """Return who waits how long today, drawn by trip and seed; None where all wait for ever."""
    if scenario.patience is None:
        return None
    least, most = (round(seconds * MS) for seconds in scenario.patience)
    trip_id = scenario.demand.trips["trip_id"].to_numpy(np.int64)
    return Patience(scenario, roads, least + below(seed, trip_id, purpose="patience", limit=most - least + 1))


class _Search:
    """Ways on, as the town stands at one moment."""

    def __init__(self, patience: Patience, columns: Columns, state: State) -> None:
        self.patience, self.roads = patience, patience.roads
        self.columns, self.state = columns, state
        self.links: Records = state.link.reshape(-1, 16)
        self.queues: Records = state.queue.reshape(-1, 16)
        self.vehicles: Records = state.vehicle.reshape(-1, 8)
        self.trees: dict[tuple[int, int, int], tuple[Ints, Ints]] = {}

    def detours(self, queues: Rows) -> list[Detour]:
        """Return the other ways that heads of queues find, as the kernel's steps."""
        found = [detour for detour in map(self._detour, queues.tolist()) if detour is not None]
        if not found:
            return found
        roads = self.roads
        turns = np.concatenate([detour.steps for detour in found])
        routes = Routes(starts(np.array([len(detour.steps) for detour in found])), turns)
        last = roads.network.link_rows(roads.network.turns["out_link"].iloc[turns[routes.start[1:] - 1]])
        begin, codes = kernel_steps(roads, routes, enters=False)
        into_pocket = roads.piece_turn[roads.network.group_of_turn[turns[routes.start[:-1]]]]
        leaving = (roads.leave_turn + last).astype(np.int32)
        split = [len(roads.group_link) <= detour.queue < roads.first_source for detour in found]
        parts = [
            (into_pocket[row : row + split[row]], codes[begin[row] : begin[row + 1]], leaving[row : row + 1])
            for row in range(len(found))
        ]
        return [
            detour._replace(steps=np.concatenate(part).astype(np.int32))
            for detour, part in zip(found, parts, strict=True)
        ]

    def _detour(self, queue: int) -> Detour | None:
        """Return the turns that the head of a queue takes, and which of its steps they take the place of."""
        vehicle = self.queues[queue, FIRST]
        begin, end = int(self.vehicles[vehicle, STEP]), int(self.columns.vehicle_route[vehicle + 1])
        codes = self.state.log[begin:end, 0]
        ends = (codes >= self.roads.leave_turn) & (codes < self.roads.place_turn)
        codes = codes[: int(np.argmax(ends)) + 1]
        if (codes < 0).any() or (codes >= self.roads.place_turn).any():
            return None
        turns = self._way_on(queue, vehicle)
        return None if turns is None else Detour(queue, begin, begin + len(codes), turns)

    def _way_on(self, queue: int, vehicle: int) -> Ints | None:
        """Return the turns of the fastest way on, if there is one."""
        kind = int(self.vehicles[vehicle, CLASS])
        on = self.patience.ways_of(kind)
        turns = self._first_turns(queue, kind, on)
        if not len(turns):
            return None
        destination = int(self.patience.scenario.trip_ends[vehicle, 1])
        cost, next_turn = self._tree(kind, destination, int(self.queues[queue, WANTS]))
        other_lane = self.columns.turn_group[turns] != queue
        total = cost[on.turn_link[turns]].astype(np.int64) + on.turn_time[turns] + CHANGE * other_lane
        best = int(np.argmin(total))
        if cost[on.turn_link[turns[best]]] == FAR:
            return None
        _, steps = walk(on.turn_link[turns[best : best + 1]], np.zeros(1, np.bool_), next_turn, on.turn_link)
        return np.append(turns[best : best + 1], steps).astype(np.int32)

    def _first_turns(self, queue: int, kind: int, on: Ways) -> Rows:
        """Return the turns that could be next, onto stretches of road that have room."""
        stretch = int(self.queues[queue, OF_LINK])
        n_link, pieces = self.roads.n_link, self.roads.pieces
        link = stretch if stretch < n_link else self.roads.group_link[pieces[stretch - n_link]]
        turns = np.flatnonzero((on.turn_from == link) & (on.turn_time != FAR))
        onto: Longs = on.turn_link[turns].astype(np.int64)
        group = self.roads.network.group_of_turn[turns]
        own = np.ones(len(turns), np.bool_)
        if stretch >= n_link:
            own = group == queue
        elif queue >= len(self.roads.group_link):  # before pockets: the next stretch is one of these
            onto = self.roads.stretches.piece_of_group[group]
        units = np.maximum(np.minimum(self.columns.class_size[kind], self.links[onto, ROOM]), 1)
        fitting: Rows = turns[own & (self.links[onto, ON] + units <= self.links[onto, ROOM])]
        return fitting

    def _tree(self, kind: int, destination: int, wanted: int) -> tuple[Ints, Ints]:
        """Return the fastest ways to a destination without a link, by the times of now."""
        key = (kind, destination, wanted)
        if key not in self.trees:
            on = self.patience.ways_of(kind)
            own = self.links[: self.roads.n_link]
            time = on.link_time + np.where(on.link_time == FAR, 0, FULL * (own[:, ON] >= own[:, ROOM]))
            time[own[:, ROOM] <= 0] = FAR  # closed for now
            if wanted < self.roads.n_link:
                time[wanted] = FAR
            ends = np.flatnonzero(on.link_end == destination).astype(np.int32)
            self.trees[key] = tree(
                ends, time.astype(np.int32), on.turn_time, on.into_start, on.into_turns, on.turn_from
            )
        return self.trees[key]


def spliced(columns: Columns, state: State, detours: list[Detour]) -> tuple[Columns, State]:
    """Return columns and state whose steps hold the detours, of which each vehicle has one at most."""
    vehicle = np.searchsorted(columns.vehicle_route, [detour.begin for detour in detours], side="right") - 1
    grown = np.zeros(len(columns.vehicle_route) - 1, np.int64)
    grown[vehicle] = [len(detour.steps) - (detour.end - detour.begin) for detour in detours]
    route = starts(np.diff(columns.vehicle_route) + grown)
    pieces, done = [], 0
    for detour in sorted(detours, key=lambda each: each.begin):
        ahead = np.full((len(detour.steps), 2), NOT_YET, np.int32)
        ahead[:, 0] = detour.steps
        pieces += [state.log[done : detour.begin], ahead]
        done = detour.end
    log = np.concatenate([*pieces, state.log[done:]])
    state.vehicle.reshape(-1, 8)[:, STEP] += (route - columns.vehicle_route)[:-1].astype(np.int32)
    route_steps = np.ascontiguousarray(log[:, 0])
    return columns._replace(vehicle_route=route, route=route_steps), state._replace(log=log)
