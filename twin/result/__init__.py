"""Result: everything that follows from a scenario - who drove where, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadTable, UnknownName
from twin.fingerprint import fingerprint
from twin.kernels.columns import NOT_YET, UNITY, Ints, Longs
from twin.kernels.tally import tally
from twin.ragged import is_first
from twin.result.gridlock import stuck
from twin.result.trajectory import polyline
from twin.scenario import Scenario
from twin.storage import Stretches
from twin.units import MS, per_hour

Floats = npt.NDArray[np.float64]

MOST_CELLS = 50_000_000
"""Cells of links and intervals that are made at once: about 2 GB."""

STAY_COLUMNS = ("trip", "place_id", "step", "arrived", "served", "left")
GREEN_COLUMNS = ("signal_id", "phase", "start", "end")

FATES = ("arrived", "on road", "waiting", "refused")
"""What can become of a trip by the end of the run; waiting = still at its origin."""


@dataclass(frozen=True, eq=False)
class Intervals:
    """What happened on each link in each interval; rows are intervals, columns are rows of ``network.links``.

    Parameters
    ----------
    start : array, shape (n_interval,) [s after midnight]
    every : float [s]
    entered, left : array, shape (n_interval, n_link) [vehicles]
    present : array, shape (n_interval, n_link) [vehicles]
        Mean number of vehicles on the link (exact).
    speed : array, shape (n_interval, n_link) [m/s]
        Space-mean speed, each vehicle at its mean speed on the link; the free speed where nobody drove.
    pace : array, shape (n_interval, n_link)
        Time to drive the link in free-flow times (1 = nobody in the way).
    delay : array, shape (n_interval, n_link) [s]
        Mean time beyond the free-flow time of a drive over the link; turning onto it is a part of the latter.
    queued : array, shape (n_interval, n_link) [vehicles]
        Mean number of vehicles in queue: on the link for longer than they would need if nobody was in the way (exact).
    """

    start: Floats
    every: float
    entered: Ints
    left: Ints
    present: Floats
    speed: Floats
    pace: Floats
    delay: Floats
    queued: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What followed from a scenario on one day; vehicles are the rows of ``scenario.demand.trips``.

    Parameters
    ----------
    scenario : Scenario
    seed : int
    departure : array, shape (n_trip,) [ms after midnight]
        When each trip wished to depart on this day.
    route_start : array, shape (n_trip + 1,)
        Route of trip t is rows route_start[t] to route_start[t + 1] of route; empty = refused.
    route : array, shape (n_step,)
        First the row of the link where the trip entered, then rows of ``network.turns``.
    times : array, shape (n_step + n_trip,) [ms after midnight]
        From row route_start[t] + t on: when trip t entered each link, then when it left the last; -1 = not yet.
    end : float [s after midnight]
        When the run ended.
    stays : DataFrame
        One row for each stay: ``trip`` (row), ``place_id``, ``step`` (row of route of the link on which the trip goes
        on, given like a first one; behind its last step: the trip ends there), ``arrived``, ``served`` (from), ``left``
        [ms after midnight; -1 = not yet].
    greens : DataFrame
        Where a controller chose them: ``signal_id``, ``phase``, ``start``, ``end`` [s after midnight].
    """

    scenario: Scenario
    seed: int
    departure: Ints
    route_start: Longs
    route: Ints
    times: Ints
    end: float
    stays: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({column: [] for column in STAY_COLUMNS}, dtype=int)
    )
    greens: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({column: [] for column in GREEN_COLUMNS}))

    def __post_init__(self) -> None:
        for array in (self.departure, self.route_start, self.route, self.times):
            array.setflags(write=False)

    def __repr__(self) -> str:
        fates = ", ".join(f"{count} {fate}" for fate, count in self.fate_counts().items() if count)
        return f"Result({self.scenario.name!r}, seed {self.seed}: {fates})"

    @property
    def start(self) -> float:
        """When the first trip wished to depart [s after midnight]."""
        return float(self.departure.min()) / MS if len(self.departure) else 0.0

    @cached_property
    def n_links(self) -> Longs:
        """Links of each trip's route : array, shape (n_trip,)."""
        return np.diff(self.route_start)

    @cached_property
    def entered(self) -> Ints:
        """When each trip entered its first link : array, shape (n_trip,) [ms]; -1 = not yet."""
        return self._at(np.zeros(len(self.n_links), np.int64))

    @cached_property
    def arrived(self) -> Ints:
        """When each trip left its last link : array, shape (n_trip,) [ms]; -1 = not yet."""
        return self._at(self.n_links)

    def _at(self, step: Longs) -> Ints:
        times = np.full(len(self.n_links), NOT_YET, np.int32)
        drives = np.flatnonzero(self.n_links > 0)
        times[drives] = self.times[self.route_start[drives] + drives + step[drives]]
        return times

    @cached_property
    def fate(self) -> npt.NDArray[np.int8]:
        """Fate of each trip as a row of FATES : array, shape (n_trip,)."""
        fate = np.where(self.arrived != NOT_YET, 0, np.where(self.entered != NOT_YET, 1, 2))
        return np.where(self.n_links == 0, 3, fate).astype(np.int8)

    @property
    def labels(self) -> tuple[str, ...]:
        """Keys of the words that must stand wherever this result is shown."""
        return (*self.scenario.labels, "one_day")

    def fate_counts(self) -> dict[str, int]:
        """Return how many trips met each fate; they add up to all trips."""
        counts = np.bincount(self.fate, minlength=len(FATES))
        return {fate: int(count) for fate, count in zip(FATES, counts, strict=True)}

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of scenario, seed, routes and times: the same bits on every machine."""
        run = (self.scenario.fingerprint, str(self.seed), str(round(self.end * MS)))
        stays = [self.stays[column].astype(np.int64) for column in ("trip", "step", "arrived", "served", "left")]
        return fingerprint([*run, self.departure, self.route_start, self.route, self.times, *stays])

    @cached_property
    def link_of_step(self) -> Ints:
        """Row of the link that each step of a route leads onto."""
        network = self.scenario.network
        onto = np.append(network.link_rows(network.turns["out_link"]), 0)  # also where there are no turns at all
        first = stay_starts(self)
        return np.where(first, self.route, onto[np.where(first, -1, self.route)]).astype(np.int32)

    @cached_property
    def free_time_of_step(self) -> Ints:
        """Time that each step takes a car with nobody in its way, turning onto the link included [ms]."""
        network = self.scenario.network
        turning = np.append(Stretches(network).turn_time, 0)[np.where(stay_starts(self), -1, self.route)]
        times: Ints = (network.free_time[self.link_of_step] + turning).astype(np.int32)
        return times

    @cached_property
    def trip_of_step(self) -> Longs:
        """Row of the trip that each step belongs to : array, shape (n_step,)."""
        return np.repeat(np.arange(len(self.n_links)), self.n_links)

    @cached_property
    def passing(self) -> tuple[Ints, Ints]:
        """When each step's link was entered and left [ms]."""
        row = np.arange(len(self.route)) + self.trip_of_step
        left = self.times[row + 1]
        left[self.stays["step"].to_numpy(np.int64) - 1] = self.stays["arrived"].to_numpy(np.int32)
        return self.times[row], left

    @cached_property
    def group_of_step(self) -> Ints:
        """Row of the lane group in which each step's link is left : array, shape (n_step,).

        The last one where the trip was or will be.
        """
        network = self.scenario.network
        turn = np.append(self.route[1:], 0)[: len(self.route)]
        onward = ~np.append(stay_starts(self)[1:], True)[: len(self.route)]
        group = np.append(network.group_of_turn, 0)[np.where(onward, turn, -1)]
        arrives = Stretches(network).arrival_group[self.link_of_step]
        return np.asarray(np.where(onward, group, arrives), np.int32)

    @cached_property
    def class_of_trip(self) -> Ints:
        """Row of the class of each trip in ``scenario.demand.classes`` : array, shape (n_trip,)."""
        demand = self.scenario.demand
        index = pd.Index(demand.classes["vehicle_class"])
        return np.asarray(index.get_indexer(pd.Index(demand.trips["vehicle_class"])), np.int32)

    @cached_property
    def slow(self) -> Longs:
        """Free-flow time of each class as a multiple of a car's : array, shape (n_class,) [1 / UNITY]."""
        return slow_factors(self.scenario.demand.classes)

    @cached_property
    def gridlock(self) -> pd.DataFrame:
        """What can never move again as things stood at the end of the run; empty in ordinary runs.

        One row a link: ``circle`` (1, 2, ... = one of these circles of links that block each other; 0 = in none),
        ``link_id``, ``vehicles`` (that cannot leave it), ``since`` [s after midnight] (when the last vehicle left any
        link of the circle, or this link; where none ever did, when the last one entered) and ``cause``. See
        ``twin.result.gridlock``.
        """
        return stuck(self)

    def trajectory(self, trip_id: int) -> pd.DataFrame:
        """Return where a trip was when, as corners of a polyline.

        When links were entered and left is exact; positions between are constructed: see ``twin.result.trajectory``.

        Parameters
        ----------
        trip_id : int

        Returns
        -------
        DataFrame
            ``time`` [s after midnight], ``distance`` [m] (driven since its origin), ``link_id`` and ``position`` [m]
            (on this link); each link has corners of its own. Until it arrived or the run ended.

        Raises
        ------
        UnknownName
            If there is no such trip.
        """
        row = np.flatnonzero(self.scenario.demand.trips["trip_id"] == trip_id)
        if not len(row):
            raise UnknownName(f"there is no trip {trip_id!r}: see the column trip_id of trips()")
        return polyline(self, int(row[0]))

    @cached_property
    def lines(self) -> tuple[Longs, Longs]:
        """Steps that were begun, by lane group and then in the order in which they ended; where each lane group begins.

        Those that have not ended stand last, in order of their entries.
        """
        came, went = self.passing
        begun = np.flatnonzero(came != NOT_YET)
        gone = np.where(went == NOT_YET, np.iinfo(np.int32).max, went)
        order = begun[np.lexsort((came[begun], gone[begun], self.group_of_step[begun]))]
        n_group = len(self.scenario.network.lane_groups)
        return order, np.searchsorted(self.group_of_step[order], np.arange(n_group + 1))

    def trips(self) -> pd.DataFrame:
        """Return one row a trip: trip_id, origin, destination, fate, reason, and what it lived through.

        These are departure (wished), entered, arrived [s after midnight] and travel_time [s]; missing = not yet.
        """
        trips = self.scenario.demand.trips
        table = trips[["trip_id", "origin", "destination"]].copy()
        table["fate"] = np.array(FATES)[self.fate]
        table["reason"] = self._reasons(trips)
        table["departure"] = self.departure / MS
        table["entered"] = _seconds(self.entered)
        table["arrived"] = _seconds(self.arrived)
        table["travel_time"] = table["arrived"] - table["departure"]
        return table

    def _reasons(self, trips: pd.DataFrame) -> pd.Series:
        """Say why each refused trip could not go; empty for the others."""
        no_way = "no open way from node " + trips["origin"] + " to node " + trips["destination"]
        reason = no_way.where(
            trips["origin"] != trips["destination"], "begins where it ends, at node " + trips["origin"]
        )
        return reason.where(self.fate == FATES.index("refused"), "")

    def passages(self) -> pd.DataFrame:
        """Return one row for each link of each trip's route: trip_id, link_id, entered, left [s; missing = not yet]."""
        came, went = self.passing
        trip_id = self.scenario.demand.trips["trip_id"].to_numpy()[self.trip_of_step]
        link_id = self.scenario.network.links["link_id"].to_numpy()[self.link_of_step]
        return pd.DataFrame({"trip_id": trip_id, "link_id": link_id, "entered": _seconds(came), "left": _seconds(went)})

    def intervals(self, every: float = 300.0, *, start: float | None = None, end: float | None = None) -> Intervals:
        """Return counts, speeds, vehicles present and vehicles in queue on every link in every interval.

        Parameters
        ----------
        every : float [s]
        start, end : float, optional [s after midnight]
            Default: from the last full interval before the first departure until all have arrived or the run ended.

        Raises
        ------
        BadTable
            If intervals are shorter than a millisecond, end before they start, or are too many to hold.
        """
        begin = self.start // every * every if start is None and every > 0 else start
        finish = self.end if end is None else end
        first, step, n_interval = self._grid(every, begin, finish)
        links = self.scenario.network.links
        came, went = self.passing
        kind = self.class_of_trip[self.trip_of_step]
        entered, left, present, covered, freely, queued = tally(
            self.link_of_step, came, went, self.free_time_of_step, kind, self.slow, len(links),
            first, step, n_interval, round(self.end * MS),
        )  # fmt: skip
        pace = np.divide(present, freely, out=np.ones_like(covered), where=covered > 0)
        late = np.maximum(present - freely, 0.0)
        delay = np.divide(late, covered * MS, out=np.zeros_like(covered), where=covered > 0)
        length, free = links["length"].to_numpy(), links["free_speed"].to_numpy()
        speed = np.divide(
            length * covered * MS, present, out=np.broadcast_to(free, covered.shape).copy(), where=present > 0
        )
        starts: Floats = (first + step * np.arange(n_interval, dtype=np.int64)) / MS
        return Intervals(
            starts, step / MS, entered, left, present / step, speed, np.maximum(pace, 1.0), delay, queued / step
        )

    def _grid(self, every: float, begin: float | None, finish: float) -> tuple[int, int, int]:
        """Return when intervals begin, how long they are [ms] and how many there are, or say what is wrong."""
        times = [np.nan if time is None else time for time in (every, begin, finish)]
        first, step, last = (round(time * MS) if np.isfinite(time) else 0 for time in (times[1], times[0], times[2]))
        n_interval = -(-(last - first) // step) if step > 0 else 0
        if not np.isfinite(times).all() or not 1 <= n_interval <= MOST_CELLS // len(self.scenario.network.links):
            raise BadTable(
                f"intervals of {every} s from {begin} to {finish} s are not possible: they must be a millisecond or "
                f"more, end after they start, and make at most {MOST_CELLS:,} cells of links and intervals"
            )
        return first, step, n_interval

    def links(self, *, start: float | None = None, end: float | None = None) -> gpd.GeoDataFrame:
        """Return the network's links with what happened on them.

        Parameters
        ----------
        start, end : float, optional [s after midnight]
            Default: the whole run.

        Returns
        -------
        GeoDataFrame
            The columns of ``network.links`` and ``vehicles`` (that left the link), ``flow`` [veh/h], ``speed`` [m/s]
            (space mean), ``delay`` [s] (mean beyond free-flow time of a vehicle that drove it).
        """
        begin = self.start if start is None else start
        finish = max(self.end, begin + 1 / MS) if end is None else end
        span = finish - begin
        whole = self.intervals(max(span, 1 / MS), start=begin, end=finish)
        links = self.scenario.network.links.copy()
        links["vehicles"] = whole.left[0]
        links["flow"] = per_hour(1.0) * whole.left[0] / span
        links["speed"] = whole.speed[0]
        links["delay"] = whole.delay[0]
        return links


def slow_factors(classes: pd.DataFrame) -> Longs:
    """Return the free-flow time of each class as a multiple of a car's : array, shape (n_class,) [1 / UNITY]."""
    return in_unity(1.0 / classes["speed"].to_numpy(np.float64))


def in_unity(factor: Floats) -> Longs:
    """Return factors in the kernels' parts, at least one."""
    return np.maximum(np.round(factor * UNITY), 1).astype(np.int64)


def stay_starts(result: Result) -> npt.NDArray[np.bool_]:
    """Return at which steps a trip enters the roads, first or after a stay : array, shape (n_step,)."""
    first = is_first(result.route_start)
    steps = result.stays["step"].to_numpy(np.int64)
    first[steps[steps < len(first)]] = True
    return first


def _seconds(times: Ints) -> Floats:
    """Return milliseconds as seconds, missing where it has not happened."""
    return np.where(times == NOT_YET, np.nan, times / MS)
