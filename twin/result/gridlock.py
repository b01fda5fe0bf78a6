"""Gridlock: what can never move again as things stood at the end of a run, and why.

A queue is what stands before one exit: a lane group of a link, of its pocket, of the stretch before its pockets, or a
bay of a place. It is stuck if its head wants a stretch of road (or a place) without room that will never have room:
because it is closed, or because every queue on it is stuck too. Stuck stretches that block each other, directly or by
way of others, are the strongly connected parts of the graph "is held up by": these are the circles; all others stand
behind a circle or a closed link. Heads that wait for green, for a gap or for their turn are not stuck: a jam, however
long, is no gridlock. (Where a long vehicle that comes first lacks room, those beside it are held too.)

All of this is found from when vehicles entered and left, so the order of a queue is that of entries: where vehicles
overtook each other on the way to its tail, or changed lanes when they lost patience, another may be its head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.kernels.columns import NOT_YET
from twin.storage import Stretches, place_storage, storage_of, unit_of, units_of
from twin.units import MS

if TYPE_CHECKING:
    from twin.result import Result
    from twin.scenario import Scenario

Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

COLUMNS = ("circle", "link_id", "vehicles", "since", "cause")

SETTLED = 300 * MS
"""Where nobody entered a link for so long that has room for one who stood before it, another holds all up [ms]."""

OUT = -1
"""What a head wants that leaves the network, or stays where it is."""


class Queues(NamedTuple):
    """Queues at the end of a run, and the stretches of road and places (after these) on which they stand.

    Parameters
    ----------
    stretch, wants : array, shape (n_queue,)
        Where each stands, and where its head wants to go; OUT = out of the network.
    vehicles : array, shape (n_queue,)
    held : array of bool, shape (n_queue,)
        True where there is no room for the head.
    closed : array of bool, shape (n_stretch,)
    """

    stretch: Longs
    wants: Longs
    vehicles: Longs
    held: Bools
    closed: Bools


def stuck(result: Result) -> pd.DataFrame:
    """Return the table of what is stuck; see ``Result.gridlock``."""
    came, went = result.passing
    if not ((came != NOT_YET) & (went == NOT_YET)).any():
        return _table([])
    queues = _Standing(result).queues()
    never = _never(queues)
    if not never.any():
        return _table([])
    circle, cause = _causes(queues, never)
    return _rows(result, queues, never, circle, cause)


def _table(rows: list[tuple[int, str, int, float, str]]) -> pd.DataFrame:
    types = {"circle": int, "link_id": object, "vehicles": int, "since": float, "cause": object}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)


def _never(queues: Queues) -> Bools:
    """Return which queues can never move again."""
    never = queues.held.copy()
    while True:
        moves = np.zeros(len(queues.closed), np.bool_)
        moves[queues.stretch[~never]] = True
        still = never & (queues.closed[queues.wants] | ~moves[queues.wants])
        if (still == never).all():
            return still
        never = still


def _causes(queues: Queues, never: Bools) -> tuple[Longs, Longs]:
    """Return the circle that each stretch is in (0 = none), and the cause why it is stuck.

    Causes are circles 1, 2, ... or, below 0, -1 - a stretch that is closed; 0 = it is not stuck.
    """
    n = len(queues.closed)
    behind, ahead = queues.stretch[never], queues.wants[never]
    full = ~queues.closed[ahead]  # where a link is closed that is the cause
    graph = coo_array((np.ones(full.sum(), np.int8), (behind[full], ahead[full])), shape=(n, n))
    count, part = connected_components(graph, connection="strong")
    loops = np.zeros(count, np.bool_)
    loops[part[behind[full & (part[behind] == part[ahead])]]] = True
    circle, number = np.zeros(n, np.int64), 0
    for stretch in np.flatnonzero(loops[part]):
        if circle[stretch] == 0:
            number += 1
            circle[part == part[stretch]] = number
    cause = np.where(circle > 0, circle, np.where(queues.closed, -1 - np.arange(n), 0))
    while True:
        reached = np.flatnonzero((cause[behind] == 0) & (cause[ahead] != 0))
        if not len(reached):
            return circle, cause
        cause[behind[reached]] = cause[ahead[reached]]


def _rows(result: Result, queues: Queues, never: Bools, circle: Longs, cause: Longs) -> pd.DataFrame:
    """Return the table, one row a link that has a stuck queue: circles first."""
    roads = Stretches(result.scenario.network)
    n_link = len(roads.pocket)
    link_of = np.append(np.arange(n_link), roads.group_link[roads.pieces])
    link_id = result.scenario.network.links["link_id"].to_numpy()
    on_road = never & (queues.stretch < len(link_of))
    link = link_of[queues.stretch[on_road]]
    vehicles = np.bincount(link, queues.vehicles[on_road], n_link).astype(np.int64)
    with_places = {int(number) for number in circle[len(link_of) :]}
    last = _last_moves(result)
    in_circle, why = np.zeros(n_link, np.int64), np.zeros(n_link, np.int64)
    np.maximum.at(in_circle, link, circle[queues.stretch[on_road]])
    np.maximum.at(why, link, np.where(cause > 0, cause, 0)[queues.stretch[on_road]])
    closed = {int(row): int(cause[at]) for row, at in zip(link, queues.stretch[on_road], strict=True) if cause[at] < 0}
    rows = []
    for row in sorted(set(link.tolist()), key=lambda each: (in_circle[each] == 0, in_circle[each], each)):
        number = int(in_circle[row])
        members = np.flatnonzero(in_circle == number) if number else [row]
        if number:
            text = "full circle of links and places" if number in with_places else "full circle of links"
        elif why[row]:
            text = f"behind circle {why[row]}"
        else:
            text = f"closed link {link_id[link_of[-1 - closed[row]]]}"
        rows.append((number, str(link_id[row]), int(vehicles[row]), float(last[members].max()) / MS, text))
    return _table(rows)


def _last_moves(result: Result) -> Longs:
    """Return when the last vehicle left each link, or else entered it : array, shape (n_link,) [ms]."""
    came, went = result.passing
    n_link = len(result.scenario.network.links)
    left, entered = np.full(n_link, NOT_YET, np.int64), np.full(n_link, NOT_YET, np.int64)
    np.maximum.at(left, result.link_of_step, went)
    np.maximum.at(entered, result.link_of_step, came)
    return np.where(left == NOT_YET, entered, left)


class _Standing:
    """Who stands where at the end of a run."""

    def __init__(self, result: Result) -> None:
        scenario = result.scenario
        self.result, self.roads = result, Stretches(scenario.network)
        self.n_link = len(self.roads.pocket)
        unit = unit_of(scenario.demand)
        self.closed, lanes = _as_at_the_end(result)
        built = scenario.network.links["lanes"].to_numpy(np.int64)
        jam, capacity = self.roads.jam.copy(), self.roads.capacity.copy()
        for whole in (jam, capacity):
            whole[: self.n_link] = whole[: self.n_link] // built * lanes
        on_roads = storage_of(jam, self.roads.free_time, capacity, unit)
        self.room = np.concatenate([on_roads, place_storage(scenario.places.bays)])
        self.on = np.zeros(len(self.room), np.int64)
        self.units = units_of(scenario.demand.classes, unit)[result.class_of_trip]
        self.lines: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        self.end = round(result.end * MS)

    def _takes(self, trip: int, stretch: int) -> int:
        """Return how many units a trip takes up: in a place everybody one."""
        in_place = stretch >= len(self.roads.jam)
        return 1 if in_place else min(int(self.units[trip]), int(self.room[stretch]))

    def _fits(self, trip: int, stretch: int) -> bool:
        return int(self.on[stretch]) + self._takes(trip, stretch) <= int(self.room[stretch])

    def _stand(self, stretch: int, exit_: int, trip: int, *, wants: int, there: int) -> None:
        self.on[stretch] += self._takes(trip, stretch)
        self.lines.setdefault((stretch, exit_), []).append((trip, wants, there))

    def queues(self) -> Queues:
        """Return all queues."""
        self._on_links()
        self._in_places()
        heads = [(stretch, *line[0], len(line)) for (stretch, _), line in self.lines.items()]
        stretch, trip, wants, there, vehicles = np.array(heads, np.int64).reshape(-1, 5).T
        closed = np.zeros(len(self.room), np.bool_)
        closed[: self.n_link] = self.closed
        fits = np.array([self._fits(*pair) for pair in zip(trip.tolist(), wants.tolist(), strict=True)], np.bool_)
        held = (wants != OUT) & (closed[wants] | ~fits | self._outranked(wants, there, wants[~fits]))
        return Queues(stretch, wants, vehicles, held, closed)

    def _outranked(self, wants: Longs, there: Longs, full: Longs) -> Bools:
        """Return which heads are held by another one, for which alone their link has no room.

        The first by the merge's order holds up all others; which that is shows in that nobody has gone for long.
        """
        came = self.result.passing[0]
        last = np.full(len(self.room), self.end, np.int64)
        last[: self.n_link] = NOT_YET
        np.maximum.at(last, self.result.link_of_step, came)
        waiting = self._first_at_origins()
        lacks = np.zeros(len(self.room), np.bool_)
        lacks[full[full != OUT]] = True
        lacks[[link for link, trip in waiting.items() if not self._fits(trip, link)]] = True
        return lacks[wants] & (self.end - np.maximum(there, last[wants]) >= SETTLED)

    def _first_at_origins(self) -> dict[int, int]:
        """Return the trip that waits first at its origin to enter each link."""
        result = self.result
        trips = np.flatnonzero((result.n_links > 0) & (result.entered == NOT_YET) & (result.departure < self.end))
        links = result.link_of_step[result.route_start[trips]]
        order = np.lexsort((trips, result.departure[trips]))[::-1]
        return dict(zip(links[order].tolist(), trips[order].tolist(), strict=True))

    def _on_links(self) -> None:
        """Place those on the roads: into pockets as far as these have room and nobody stands before them."""
        result = self.result
        came, went = result.passing
        steps = np.flatnonzero((came != NOT_YET) & (went == NOT_YET))
        place = _places_ahead(result, len(self.roads.jam))
        piece = self.roads.piece_of_group
        passes = result.scenario.demand.classes["passes"].to_numpy(np.bool_)[result.class_of_trip]
        free_time = result.free_time_of_step
        shut: set[int] = set()
        for step in steps[np.lexsort((came[steps], result.link_of_step[steps]))].tolist():
            link, group, trip = (int(x[step]) for x in (result.link_of_step, result.group_of_step, result.trip_of_step))
            onto = place.get(step + 1, self._next(step))
            there = int(came[step]) + int(free_time[step])
            if piece[group] < 0 or passes[trip]:
                self._stand(link, -2 - trip if passes[trip] else group, trip, wants=onto, there=there)
            elif link in shut or not self._fits(trip, int(piece[group])):
                shut.add(link)
                self._stand(link, -1, trip, wants=int(piece[group]), there=there)
            else:
                self._stand(int(piece[group]), group, trip, wants=onto, there=there)

    def _next(self, step: int) -> int:
        """Return the link that comes behind a step, or OUT."""
        result = self.result
        same = step + 1 < len(result.route) and result.trip_of_step[step] == result.trip_of_step[step + 1]
        return int(result.link_of_step[step + 1]) if same else OUT

    def _in_places(self) -> None:
        """Place those in bays, each a queue of its own; those who wait for one take up room alone."""
        result, stays = self.result, self.result.stays
        here = stays[(stays["arrived"] != NOT_YET) & (stays["left"] == NOT_YET)]
        rows = _place_rows(result.scenario, here["place_id"]) + len(self.roads.jam)
        for number, (trip, step, served) in enumerate(zip(here["trip"], here["step"], here["served"], strict=True)):
            if served == NOT_YET:
                self.on[rows[number]] += 1
                continue
            onto = int(result.link_of_step[step]) if step < result.route_start[trip + 1] else OUT
            self._stand(int(rows[number]), int(trip), int(trip), wants=onto, there=self.end)


def _places_ahead(result: Result, first: int) -> dict[int, int]:
    """Return for each step before which a stay is still to come the stretch of its place."""
    coming = result.stays[result.stays["arrived"] == NOT_YET]
    rows = _place_rows(result.scenario, coming["place_id"]) + first
    return dict(zip(coming["step"].astype(int), rows.tolist(), strict=True))


def _place_rows(scenario: Scenario, place_id: pd.Series) -> Longs:
    return np.asarray(pd.Index(scenario.places.bays["place_id"]).get_indexer(pd.Index(place_id)), np.int64)


def _as_at_the_end(result: Result) -> tuple[Bools, Longs]:
    """Return which links events have closed at the end of a run, and how many lanes each has then."""
    network, events = result.scenario.network, result.scenario.events
    done = events[events["time"] < result.end]
    closed = np.zeros(len(network.links), np.bool_)
    lanes = network.links["lanes"].to_numpy(np.int64).copy()
    rows = network.link_rows(done["link_id"])
    for row, kind, value in zip(rows, done["kind"], done["value"], strict=True):
        if kind == "closed":
            closed[row] = value > 0
        elif kind == "lanes":
            lanes[row] = round(value)
    return closed, lanes
