"""Routes: routes that a file gives as lists of links, as the habits of its trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadTable
from twin.network import Network
from twin.ragged import is_first, starts
from twin.result import Result
from twin.scenario import Scenario
from twin.units import MS

Longs = npt.NDArray[np.int64]

_NOT_YET = -1  # the time in a Result of what has not happened


def habits_from_links(scenario: Scenario, links_of_trip: Mapping[int, Sequence[str]]) -> Result:
    """Return the habits of trips whose routes are known, for ``simulate(scenario, habits=...)``.

    Parameters
    ----------
    scenario : Scenario
    links_of_trip : mapping of trip_id to sequence of link_id
        The links that a trip drives on, in order, from one that leaves its origin to one that reaches its destination.
        A trip that is not named here, or has an empty list, has no habit: it takes the fastest way.

    Returns
    -------
    Result
        A day on which nobody has departed yet: routes alone, and no times.

    Raises
    ------
    BadTable
        If a route speaks of a trip, link or turn that the scenario does not have, or does not lead from the trip's
        origin to its destination.
    """
    trips = scenario.demand.trips
    strange = links_of_trip.keys() - set(trips["trip_id"])
    if strange:
        raise BadTable(f"a route is given for trip_id {min(strange)}, which is not in table trips: add the trip there")
    lists = [links_of_trip.get(trip, ()) for trip in trips["trip_id"].tolist()]
    start = starts(np.array([len(links) for links in lists], np.int64))
    steps = _steps(scenario.network, trips, lists, start)
    _check_ends(scenario, lists)
    departure = (trips["departure"] * MS).round().to_numpy(np.int32)
    times = np.full(len(steps) + len(lists), _NOT_YET, np.int32)
    return Result(scenario, 0, departure, start, steps, times, end=0.0)


def _steps(
    network: Network, trips: pd.DataFrame, lists: Sequence[Sequence[str]], start: Longs
) -> npt.NDArray[np.int32]:
    """Return the routes of a Result: of each trip the row of its first link, then the rows of its turns."""
    link_id = pd.Series([str(link) for links in lists for link in links], dtype=object)
    trip_of_step = np.repeat(trips["trip_id"].to_numpy(), np.diff(start))
    row = network.link_rows(link_id)
    if (row < 0).any():
        step = int(np.argmax(row < 0))
        raise BadTable(
            f"the route of trip_id {trip_of_step[step]} uses link {link_id[step]!r}, which is not in table links: "
            "correct the route, or add the link"
        )
    first = is_first(start)
    before = link_id.shift(1).fillna("")
    turn = network.turn_index.get_indexer(pd.MultiIndex.from_arrays([before, link_id]))
    if (turn[~first] < 0).any():
        step = int(np.argmax((turn < 0) & ~first))
        raise BadTable(
            f"the route of trip_id {trip_of_step[step]} turns from link {before[step]!r} to {link_id[step]!r}, which "
            "is not in table turns: name every link on the way, or add the turn"
        )
    return np.where(first, row, turn).astype(np.int32)


def _check_ends(scenario: Scenario, lists: Sequence[Sequence[str]]) -> None:
    """Refuse a route that begins or ends elsewhere than its trip."""
    links, trips = scenario.network.links, scenario.demand.trips
    for end, side, place in (("origin", "from_node", 0), ("destination", "to_node", -1)):
        driven = [row for row, route in enumerate(lists) if len(route)]
        reached = links[side].to_numpy()[scenario.network.link_rows(pd.Series([lists[row][place] for row in driven]))]
        wrong = np.flatnonzero(reached != trips[end].to_numpy()[driven])
        if len(wrong):
            trip = trips.iloc[driven[wrong[0]]]
            raise BadTable(
                f"the route of trip_id {trip['trip_id']} has its {end} at node {reached[wrong[0]]!r}, but table trips "
                f"has {trip[end]!r}: correct one of them"
            )
