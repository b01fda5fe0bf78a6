"""Journeys: trips as legs between stays, their ways, and the steps that the kernels drive - and back again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadTable
from twin.kernels.columns import Ints, Longs
from twin.network import Network, Rows
from twin.ragged import is_first, rows, starts
from twin.result import Result, stay_starts
from twin.routing import AT_ORIGIN, Routes, finish, keep_habits, ways
from twin.scenario import Scenario
from twin.simulate.columns import Roads
from twin.storage import unit_of
from twin.units import MS


class Legs(NamedTuple):
    """Drives without a stay, sorted by trip and along it.

    Parameters
    ----------
    trip : array, shape (n_leg,)
        Row of the trip.
    number : array, shape (n_leg,)
        0, 1, ... along the trip.
    pairs : array, shape (n_leg, 2)
        Rows of the nodes where it begins and ends.
    stay : array, shape (n_leg,)
        Row of ``demand.stays`` of the stay at its end; -1 = the trip ends there.
    last : array of bool, shape (n_leg,)
        True where the trip ends with this leg, or with the stay behind it.
    """

    trip: Rows
    number: Rows
    pairs: Rows
    stay: Rows
    last: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Steps:
    """What is driven: the steps of all trips as the kernels know them.

    Parameters
    ----------
    roads : Roads
    start : array, shape (n_trip + 1,)
        Steps of trip t are rows start[t] to start[t + 1] of route.
    route : array, shape (n_step,)
        See ``twin.kernels.columns.Columns.route``.
    """

    roads: Roads
    start: Longs
    route: Ints


def legs_of(scenario: Scenario) -> Legs:
    """Return the legs of all trips, by way of the first place of each stay."""
    stays, bays = scenario.demand.stays, scenario.places.bays
    trip_ids = pd.Index(scenario.demand.trips["trip_id"])
    first = pd.Series([places[0] for places in stays["place_id"]], dtype=object)
    place = pd.Index(bays["place_id"]).get_indexer(pd.Index(first))
    node = scenario.network.node_rows(bays["node_id"])[place] if len(stays) else np.empty(0, np.intp)
    at = trip_ids.get_indexer(pd.Index(stays["trip_id"]))
    ends = scenario.trip_ends
    onward = np.flatnonzero(ends[:, 1] >= 0)
    trip = np.concatenate([at, onward])
    goal = np.concatenate([node, ends[onward, 1]])
    stay = np.concatenate([np.arange(len(stays)), np.full(len(onward), -1)])
    order = np.lexsort((np.where(stay < 0, len(stays), stay), trip))
    trip, goal, stay = trip[order], goal[order], stay[order]
    begins = np.append(True, trip[1:] != trip[:-1])[: len(trip)]
    origin = np.where(begins, ends[trip, 0], np.roll(goal, 1))
    number = np.arange(len(trip)) - np.maximum.accumulate(np.where(begins, np.arange(len(trip)), 0))
    return Legs(trip, number, np.stack([origin, goal], axis=1), stay, np.append(begins[1:], True)[: len(trip)])


def routes_of(scenario: Scenario, legs: Legs, habits: Result | None) -> Routes:
    """Return the way of each leg: its habit as far as that is allowed, else the fastest that its class may use."""
    old = None if habits is None else _habitual(habits, scenario, legs)
    classes = scenario.demand.trips["vehicle_class"].to_numpy()[legs.trip]
    pieces, members = [], []
    for name in np.unique(classes):
        own = np.flatnonzero(classes == name)
        on = ways(scenario.network, scenario.signals, vehicle_class=str(name))
        if old is None:
            found, _ = finish(on, legs.pairs[own], here=np.full(len(own), AT_ORIGIN))
        else:
            found = keep_habits(on, _some(old, own), pairs=legs.pairs[own])
        pieces.append(found)
        members.append(own)
    return _together(pieces, members, len(legs.trip))


def _some(routes: Routes, chosen: Rows) -> Routes:
    """Return the routes of some rows."""
    count = np.diff(routes.start)[chosen]
    return Routes(starts(count), routes.steps[rows(routes.start[chosen], count)])


def _together(pieces: list[Routes], members: list[Rows], total: int) -> Routes:
    """Put routes of several groups of rows into one."""
    if len(pieces) == 1 and len(members[0]) == total:
        return pieces[0]
    count = np.zeros(total, np.int64)
    for piece, own in zip(pieces, members, strict=True):
        count[own] = np.diff(piece.start)
    start = starts(count)
    steps = np.empty(start[-1], np.int32)
    for piece, own in zip(pieces, members, strict=True):
        steps[rows(start[own], count[own])] = piece.steps
    return Routes(start, steps)


def _habitual(habits: Result, scenario: Scenario, legs: Legs) -> Routes:
    """Return the habitual route of each leg in today's rows; a turn that is no longer there is -1."""
    old, new = habits.scenario, scenario
    if old.network.shape_fingerprint != new.network.shape_fingerprint:
        raise BadTable(
            f"habits come from another network ({old.name!r}) than scenario {new.name!r}: "
            "simulate both on the same town, or leave habits out"
        )
    past, now = old.demand.trips, new.demand.trips
    trip = pd.Index(past["trip_id"]).get_indexer(now["trip_id"])
    ends = ["origin", "destination"]  # a trip that goes elsewhere now has no habit
    same = (past.set_index("trip_id")[ends].reindex(now["trip_id"]).to_numpy() == now[ends].to_numpy()).all(axis=1)
    begins = np.flatnonzero(stay_starts(habits))
    leg_start = np.append(begins, len(habits.route))
    of_trip = habits.trip_of_step[begins]
    first_leg = np.searchsorted(of_trip, np.arange(len(past) + 1))
    wanted = first_leg[trip[legs.trip]] + legs.number
    known = same[legs.trip] & (wanted < first_leg[trip[legs.trip] + 1])
    row = np.where(known, wanted, 0)
    count = np.where(known, np.append(np.diff(leg_start), 0)[np.minimum(row, max(len(begins) - 1, 0))], 0)
    start = starts(count)
    steps = habits.route[rows(leg_start[row], count)]
    is_turn = ~is_first(start)
    turn_row = new.network.turn_index.get_indexer(old.network.turn_index)
    steps[is_turn] = turn_row[steps[is_turn]]
    return Routes(start, steps)


def steps_of(scenario: Scenario, legs: Legs, routes: Routes) -> Steps:
    """Return what the kernels drive; a trip of which one leg has no way does not drive at all."""
    n_trip = len(scenario.demand.trips)
    lost = np.zeros(n_trip, np.bool_)
    lost[legs.trip[np.diff(routes.start) == 0]] = True
    choices = choices_of(scenario, legs, routes, lost)
    roads = _roads(scenario, choices)
    begin, codes = kernel_steps(roads, routes, enters=True)
    stays = np.zeros(n_trip, np.bool_)
    stays[legs.trip[legs.stay >= 0]] = True
    plain = ~lost[legs.trip] & ~stays[legs.trip]
    count = np.zeros(n_trip, np.int64)
    count[legs.trip[plain]] = np.diff(begin)[plain] + 1
    whole = trips_with_stays(scenario, roads, legs, routes, choices)
    for trip, steps in whole.items():
        count[trip] = len(steps)
    start = starts(count)
    route = np.empty(start[-1], np.int32)
    trips = legs.trip[plain]
    route[rows(start[trips], count[trips] - 1)] = codes[rows(begin[:-1][plain], count[trips] - 1)]
    route[start[trips] + count[trips] - 1] = roads.leave_turn + last_links(scenario.network, routes)[plain]
    for trip, steps in whole.items():
        route[start[trip] : start[trip + 1]] = steps
    return Steps(roads, start, route)


def _roads(scenario: Scenario, choices: list[Choice]) -> Roads:
    into = np.array(sorted({(choice.place, choice.link) for choice in choices}), np.int64).reshape(-1, 2)
    return Roads(scenario.network, scenario.places, unit_of(scenario.demand), into)


def last_links(network: Network, routes: Routes) -> Rows:
    """Return the link on which each route ends : array, shape (n,); -1 where it is empty."""
    onto = network.link_rows(network.turns["out_link"])
    last = np.full(len(routes.start) - 1, -1, np.int64)
    count = np.diff(routes.start)
    for chosen, table in ((count == 1, np.arange(len(network.links))), (count > 1, onto)):
        last[chosen] = table[routes.steps[routes.start[1:][chosen] - 1]]
    return last


def kernel_steps(roads: Roads, routes: Routes, *, enters: bool) -> tuple[Longs, Ints]:
    """Return routes as the kernels know them: entries by their turns, and ways into pockets between.

    Parameters
    ----------
    roads : Roads
    routes : Routes
    enters : bool
        True where the first step of each is the link on which it enters; false where all steps are turns.
    """
    network = roads.network
    onto = roads.turn_onto
    first = is_first(routes.start) if enters else np.zeros(len(routes.steps), np.bool_)
    link = np.where(first, routes.steps, onto[np.where(first, -1, routes.steps)])
    last = np.zeros(len(routes.steps), np.bool_)
    last[routes.start[1:][np.diff(routes.start) > 0] - 1] = True
    following = np.where(last, -1, np.roll(routes.steps, -1))
    group = np.where(last, roads.arrival_group[link], np.append(network.group_of_turn, 0)[following])
    piece = roads.piece_turn[group]
    count = 1 + (piece >= 0)
    begin = starts(count)
    codes = np.empty(begin[-1], np.int32)
    codes[begin[:-1]] = np.where(first, roads.entry_turn + routes.steps, routes.steps)
    codes[begin[:-1][piece >= 0] + 1] = piece[piece >= 0]
    return begin[routes.start], codes


class Choice(NamedTuple):
    """One place of a stay, and how it is reached.

    Parameters
    ----------
    leg, number : int
        Row of the leg that ends with the stay; which of its places, 0 = the first.
    place : int
        Row of ``places.bays``.
    link : int
        Link at whose end it is reached.
    approach : array
        Turns from the place before; empty for the first.
    onward : array
        Route of the next leg from here; empty for the first, or where the trip ends here.
    """

    leg: int
    number: int
    place: int
    link: int
    approach: Ints
    onward: Ints


_NO_STEPS: Ints = np.empty(0, np.int32)


def choices_of(scenario: Scenario, legs: Legs, routes: Routes, lost: npt.NDArray[np.bool_]) -> list[Choice]:
    """Return the places of all stays in order, each reached from the one before; those without a way are left out."""
    place_of = pd.Index(scenario.places.bays["place_id"])
    node = scenario.network.node_rows(scenario.places.bays["node_id"])
    reached = last_links(scenario.network, routes)
    found: list[Choice] = []
    for leg in np.flatnonzero((legs.stay >= 0) & ~lost[legs.trip]):
        places = place_of.get_indexer(pd.Index(scenario.demand.stays["place_id"].iloc[legs.stay[leg]]))
        name = str(scenario.demand.trips["vehicle_class"].iloc[legs.trip[leg]])
        link = int(reached[leg])
        found.append(Choice(int(leg), 0, int(places[0]), link, _NO_STEPS, _NO_STEPS))
        for number, place in enumerate(places[1:], 1):
            on = ways(scenario.network, scenario.signals, vehicle_class=name)
            pair = np.array([[-1, node[place]]])
            approach, _ = finish(on, pair, here=np.array([link]))
            onward = Routes(np.zeros(2, np.int64), _NO_STEPS)
            if not legs.last[leg]:
                onward, _ = finish(on, np.array([[node[place], legs.pairs[leg + 1, 1]]]), here=np.array([AT_ORIGIN]))
            if not len(approach.steps) or (not legs.last[leg] and not len(onward.steps)):
                continue
            link = int(last_links(scenario.network, Routes(np.array([0, 2]), approach.steps[[-1, -1]]))[0])
            found.append(Choice(int(leg), number, int(place), link, approach.steps, onward.steps))
    return found


def trips_with_stays(
    scenario: Scenario, roads: Roads, legs: Legs, routes: Routes, choices: list[Choice]
) -> dict[int, Ints]:
    """Return the steps of each trip that stays somewhere: what it does first, then what it does if a place is full."""
    service = (scenario.demand.stays["service"].to_numpy(np.float64) * MS).round().astype(np.int64)
    into = {pair: roads.place_turn + row for row, pair in enumerate(map(tuple, roads.into_place.tolist()))}
    of_leg: dict[int, list[Choice]] = {}
    for choice in choices:
        of_leg.setdefault(choice.leg, []).append(choice)

    def driven(steps: Ints, *, enters: bool) -> list[int]:
        codes: list[int] = kernel_steps(roads, Routes(np.array([0, len(steps)]), steps), enters=enters)[1].tolist()
        return codes

    def stay(choice: Choice, *, last: bool) -> list[int]:
        turn = into[choice.place, choice.link] + (0 if last else len(into))
        return [turn, -1 - int(service[legs.stay[choice.leg]])]

    def rest(leg: int, onward: Ints | None) -> list[int]:
        """Return what is driven from the beginning of a leg to the end of the trip, and what instead."""
        steps = driven(
            routes.steps[routes.start[leg] : routes.start[leg + 1]] if onward is None else onward, enters=True
        )
        if legs.stay[leg] < 0:
            return [*steps, int(roads.leave_turn + reached[leg])]
        for choice in of_leg[leg]:
            steps += driven(choice.approach, enters=False)
            steps += stay(choice, last=choice is of_leg[leg][-1])
            if legs.last[leg]:
                steps.append(roads.leave_turn + roads.n_link)
            else:
                steps += rest(leg + 1, choice.onward if choice.number else None)
        return steps

    reached = last_links(scenario.network, routes)
    firsts = sorted({leg - int(legs.number[leg]) for leg in of_leg})
    return {int(legs.trip[leg]): np.array(rest(leg, None), np.int32) for leg in firsts}
