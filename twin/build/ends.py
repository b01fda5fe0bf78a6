"""Ends: where trips begin and end - homes, jobs, schools and shops at junctions, and roads that lead off the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.demand.day import BACK, PURPOSES, Purpose, rates, through_rates
from twin.demand.gravity import following, gravity, spread, whole_trips
from twin.errors import BadTable
from twin.network import Network, Rows
from twin.places import PEOPLE, Places
from twin.routing import FAR, times_between, ways
from twin.units import MS, metres_per_degree
from twin.zones import cells, people_at

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

FROM_OUTSIDE, TO_OUTSIDE = 0.5, 0.25
"""Shares of the trips that begin or end in the town whose people live beyond the edge of the map, and whose goal lies
there (guesses; none where no road is cut). With those through the town about 0.6 of the trips of a morning in central
Helsinki begin outside and 0.5 end there."""

BESIDE = 100.0
"""Roads that leave the map at less than this [m] from each other are taken for two sides of one: nobody comes in by the
one to leave by the other at once."""

MOST_ZONES = 600
"""A town with more junctions with people than this is put together to hexagons, so that tables of all pairs stay
small."""

_FINEST, _COARSEST = 10, 4  # resolutions of hexagons that are tried
_TINY = 1e-300


class Ends(NamedTuple):
    """Where trips may begin and end: inside in zones, outside at gates, the nodes where roads lead off the map.

    Parameters
    ----------
    member : array, shape (n_member,)
        Rows of the junctions with people, zone by zone.
    zone : array, shape (n_member,)
        Zone of each; a zone of its own where the town is small.
    people : dict of str to array, shape (n_member,)
        Homes, jobs, pupils and visitors there.
    gate : array, shape (n_gate,)
        Rows of nodes; as zones they follow those inside.
    lanes_in, lanes_out : array, shape (n_gate,)
        Lanes that lead in and out there.
    times : array, shape (n_zone + n_gate, n_zone + n_gate) [s]
        Driving times between zones; infinite where there is no way, and within a zone.
    apart : array of bool, shape (n_gate, n_gate)
        Gates that are not sides of one road.
    """

    member: Rows
    zone: Longs
    people: dict[str, Floats]
    gate: Rows
    lanes_in: Floats
    lanes_out: Floats
    times: Floats
    apart: npt.NDArray[np.bool_]


class Flow(NamedTuple):
    """Trips of one purpose in one direction.

    Parameters
    ----------
    purpose : str
    rates : array, shape (24,)
        Departures in each hour, in units that are the same for all flows.
    expected : array, shape (n_zone + n_gate, n_zone + n_gate)
        How they spread over pairs of zones.
    origins, destinations : array, shape (n_member,)
        How they spread over the junctions of a zone.
    """

    purpose: str
    rates: Longs
    expected: Floats
    origins: Floats
    destinations: Floats


def ends(network: Network, places: Places, edges: pd.DataFrame) -> Ends:
    """Return where the trips of a town may begin and end.

    Parameters
    ----------
    network : Network
    places : Places
        Who lives, works, learns and shops where.
    edges : DataFrame
        ``node_id``, ``lanes_in``, ``lanes_out``: where roads lead off the map.
    """
    table = people_at(network, places)
    every = {name: table[name].to_numpy() for name in PEOPLE}
    if not (every["homes"].any() and every["jobs"].any()):  # an extract without buildings: all junctions are alike
        every |= dict.fromkeys(("homes", "jobs"), np.ones(len(network.nodes)))
    member = np.flatnonzero(np.sum(list(every.values()), axis=0))
    people = {name: amount[member] for name, amount in every.items()}
    zone, seat = _zones(network, member, np.sum(list(people.values()), axis=0))
    order = np.argsort(zone, kind="stable")
    gate = network.node_rows(edges["node_id"])
    nodes, place = np.unique(np.concatenate([member[seat], gate]), return_inverse=True)
    between = times_between(ways(network), nodes)[np.ix_(place, place)]
    return Ends(
        member=member[order],
        zone=zone[order],
        people={name: amount[order] for name, amount in people.items()},
        gate=gate,
        lanes_in=edges["lanes_in"].to_numpy(np.float64),
        lanes_out=edges["lanes_out"].to_numpy(np.float64),
        times=np.where(between == FAR, np.inf, between / MS),
        apart=_apart(network, gate),
    )


def _zones(network: Network, member: Rows, people: Floats) -> tuple[Longs, Longs]:
    """Return the zone of each junction with people, and the junction of each zone from which times are taken.

    That is the one with most people; of equals the one whose id comes first.
    """
    zone = np.arange(len(member))
    points = network.nodes.geometry.to_numpy()[member]
    for resolution in range(_FINEST, _COARSEST, -1):
        if zone.max(initial=0) < MOST_ZONES:
            break
        zone = np.unique(cells(points, resolution), return_inverse=True)[1]
    heaviest_first = np.lexsort((-people, zone))
    return zone, heaviest_first[np.unique(zone[heaviest_first], return_index=True)[1]]


def _apart(network: Network, gate: Rows) -> npt.NDArray[np.bool_]:
    points = network.nodes.geometry.to_numpy()[gate]
    at = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    at *= metres_per_degree(at[:, 1])
    return np.asarray(np.hypot(*(at[:, None] - at[None]).T) >= BESIDE)


def flows(town: Ends) -> list[Flow]:
    """Return how the trips of a day spread over purposes, both directions, hours and pairs of zones.

    A way back is a gravity of its own with the sums of rows and columns exchanged: the transpose of the way there where
    all roads go both ways, and where they do not, people leave by lanes that lead out.

    Raises
    ------
    BadTable
        If nobody can go anywhere.
    """
    found = [flow for purpose in PURPOSES for flow in _there_and_back(town, purpose)]
    found += _through(town)
    if not found:
        raise BadTable("no trip is possible in this town: all its people are at one junction")
    return found


def _there_and_back(town: Ends, purpose: Purpose) -> list[Flow]:
    lures = {name: weight for name, weight in purpose.lures.items() if town.people[name].any()}
    if not lures:
        return []  # no school, or no shop: nobody goes there
    homes = _parts(town.people["homes"])
    goals = np.sum([weight * _parts(town.people[name]) for name, weight in lures.items()], axis=0)
    came, went = _ends_of(town, homes, FROM_OUTSIDE), _ends_of(town, _parts(goals), TO_OUTSIDE)
    times = town.times.copy()
    inside = len(times) - len(town.gate)
    times[inside:, inside:] = np.inf  # from outside to outside: that is through traffic
    there, back = rates(purpose)
    return [
        Flow(name, hours, expected, *members)
        for name, hours, (start, end), members in (
            (purpose.name, there, (came[0], went[1]), (homes, goals)),
            (BACK + purpose.name, back, (went[0], came[1]), (goals, homes)),
        )
        if (expected := gravity(start, end, times=times, decay=purpose.decay)).any()
    ]


def _ends_of(town: Ends, people: Floats, outside: float) -> tuple[Floats, Floats]:
    """Return how trips of people spread over zones and gates where they begin, and where they end."""
    inside = np.bincount(town.zone, people)
    begin, end = (
        np.concatenate([inside * (1 - share), _parts(lanes) * share])
        for lanes in (town.lanes_in, town.lanes_out)
        for share in (outside if lanes.any() else 0.0,)
    )
    return begin, end


def _through(town: Ends) -> list[Flow]:
    inside = len(town.times) - len(town.gate)
    times = np.full_like(town.times, np.inf)
    times[inside:, inside:] = np.where(town.apart, town.times[inside:, inside:], np.inf)
    begin, end = (np.concatenate([np.zeros(inside), lanes]) for lanes in (town.lanes_in, town.lanes_out))
    if not (begin.any() and end.any()):
        return []
    expected = gravity(begin, end, times=times, decay=np.inf)
    nobody = np.zeros(len(town.member))
    return [Flow("through", through_rates(), expected, nobody, nobody)] if expected.any() else []


def _parts(amounts: Floats) -> Floats:
    """Return amounts in parts of their sum."""
    parts: Floats = amounts / max(float(amounts.sum()), _TINY)
    return parts


def pairs(town: Ends, found: Sequence[Flow], ids: Longs, flow: Longs, *, seed: int) -> Rows:
    """Draw for each trip from which junction to which it goes.

    Parameters
    ----------
    town : Ends
    found : list of Flow
    ids : array, shape (n_trip,)
        Trip ids.
    flow : array, shape (n_trip,)
        To which of the flows each trip belongs.
    seed : int

    Returns
    -------
    array, shape (n_trip, 2)
        Rows of nodes.
    """
    rows = np.empty((len(ids), 2), np.intp)
    places = np.concatenate([town.member, town.gate])
    for number, one in enumerate(found):
        own = np.flatnonzero(flow == number)
        zones = whole_trips(one.expected, ids[own], seed=seed)
        start, stop = (
            _place(town, zones[:, end], weights, ids[own], seed=seed, purpose=f"{name} in its zone")
            for end, (name, weights) in enumerate((("origin", one.origins), ("destination", one.destinations)))
        )
        # A gate may be a junction of the zone at the other end; zones of that junction alone have no way to it.
        for here, there in ((stop, start), (start, stop)):
            same = np.flatnonzero((places[here] == places[there]) & (here < len(town.member)))
            here[same] = following(here[same], town.zone)
        rows[own] = places[np.column_stack([start, stop])]
    return rows


def _place(town: Ends, zone: Longs, weights: Floats, ids: Longs, *, seed: int, purpose: str) -> Longs:
    """Return the member or, behind the members, the gate at which each trip begins or ends."""
    inside = len(town.times) - len(town.gate)
    found = len(town.member) + zone - inside
    within = np.flatnonzero(zone < inside)
    found[within] = spread(weights, town.zone, zone[within], ids[within], seed=seed, purpose=purpose)
    return found
