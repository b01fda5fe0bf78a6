"""Roads for tests: small networks and demands by hand, and random columns for hypothesis.

Times are in seconds and lengths in metres as everywhere in the twin; only the random columns count ticks.
"""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from numba.core import config
from shapely import LineString, Point

from twin.kernels.columns import (
    FREE_TIME,
    GROUP_HEADWAY,
    HEADWAY,
    NO_SIGNAL,
    NO_YIELD,
    NOWHERE,
    STORAGE,
    TURN_SIGNAL,
    UNITY,
    WAVE_TIME,
    Columns,
)
from twin.network import Network

CALM = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))
QUICK = settings(CALM, max_examples=8 if config.DISABLE_JIT else 150, derandomize=True)
LONG = settings(CALM, max_examples=400, derandomize=True)
EFFORTS = pytest.mark.parametrize("effort", [QUICK, pytest.param(LONG, marks=pytest.mark.prove)], ids=["quick", "long"])
"""A test of a property runs twice: quickly, and long (make prove); the same towns each time."""


def road(link_id, from_node, to_node, *, length=1000.0, lanes=1, speed=20.0, capacity=0.8, jam_density=0.2):
    """Return a row of links; what is not said is the default of theory.md (so w = 5 m/s)."""
    return {
        "link_id": link_id, "from_node": from_node, "to_node": to_node, "length": length, "lanes": lanes,
        "free_speed": speed, "capacity": capacity, "jam_density": jam_density,
    }  # fmt: skip


def network(roads, *, node_capacity=None, exits=None, lane_groups=None, turns=None):
    """Return a network of these roads; ``exits`` are the exit capacities of links that have one lane group."""
    names = sorted({road[end] for road in roads for end in ("from_node", "to_node")})
    points = {name: Point(row * 0.01, (row % 3) * 0.01) for row, name in enumerate(names)}
    capacity = [(node_capacity or {}).get(name, np.nan) for name in names]
    nodes = gpd.GeoDataFrame({"node_id": names, "capacity": capacity}, geometry=list(points.values()), crs="EPSG:4326")
    lines = [LineString([points[road["from_node"]], points[road["to_node"]]]) for road in roads]
    links = gpd.GeoDataFrame(pd.DataFrame(roads), geometry=lines, crs="EPSG:4326")
    if exits:
        groups = links[["link_id", "lanes"]].assign(lane_group=0, exit_capacity=links["link_id"].map(exits))
        lane_groups = pd.DataFrame(groups)
    return Network(nodes, links, lane_groups=lane_groups, turns=None if turns is None else pd.DataFrame(turns))


def chain(*roads, node_capacity=None, exits=None):
    """Return a network of roads "1", "2", ... one after another, from node "0" to node "1" to node "2" ..."""
    rows = [road(str(n), str(n - 1), str(n), **values) for n, values in enumerate(roads, 1)]
    return network(rows, node_capacity=node_capacity, exits=exits)


def merge(weights=None, *, first=None, second=None, down=None):
    """Return a network where roads "a" (from "A") and "b" (from "B") come together in "c" (to "C")."""
    rows = [
        road("a", "A", "J", **(first or {})), road("b", "B", "J", **(second or {})), road("c", "J", "C", **(down or {}))
    ]  # fmt: skip
    turns = [{"in_link": "a", "out_link": "c"}, {"in_link": "b", "out_link": "c"}]
    if weights:
        turns = [{**turn, "weight": weight} for turn, weight in zip(turns, weights, strict=True)]
    return network(rows, turns=turns)


def steady(*stretches, begin=0.0):
    """Return departures [s], evenly spaced, for stretches of (rate [veh/s], seconds)."""
    departures = []
    for rate, seconds in stretches:
        departures += [begin + n / rate for n in range(round(rate * seconds))]
        begin += seconds
    return departures


def trips(origin, destination, departures, *, ids=None):
    """Return a table of trips between two nodes."""
    ids = range(len(departures)) if ids is None else ids
    return pd.DataFrame(
        {"trip_id": list(ids), "origin": origin, "destination": destination, "departure": np.asarray(departures, float)}
    )


def ints(values):
    """Return values as the kernel's integers."""
    return np.array(values, np.int32).reshape(-1)


CARS = (1, UNITY, UNITY, False)
"""The class of cars: size, headway, slow, passes."""


def by_hand(
    links, groups, turns, trips, *, bays=(), windows=(), cycle=1, yields=(), classes=(CARS,), overtakes=(), changes=()
):  # fmt: skip
    """Return columns by hand, of rows as follows.

    Links are (free time, headway, storage, wave time), groups (headway, link), turns (link, group, signal, yield row,
    gives up), trips (departure, class, steps), windows of the one signal (start, length, loss, permitted), yields (gap,
    follow-up, turns), changes (time, kind, row, value). Places are the last links and bays the last groups.
    """
    turns = [(*turn, *(NO_SIGNAL, NO_YIELD, False)[len(turn) - 2 :]) for turn in turns]
    turn_link, turn_group, turn_signal, turn_yield, turn_else = zip(*turns, strict=True)
    start, length, loss, permitted = zip(*windows, strict=True) if windows else ((),) * 4
    size, headway, slow, passes = zip(*classes, strict=True)
    return Columns(
        *map(ints, zip(*links, strict=True)), link_gate=ints(range(len(links))),
        group_headway=ints([group[0] for group in groups]), group_link=ints([group[1] for group in groups]),
        group_overtakes=np.isin(range(len(groups)), overtakes), turn_link=ints(turn_link), turn_group=ints(turn_group),
        turn_signal=ints(turn_signal), turn_cost=ints([1] * len(turns)), turn_time=ints([0] * len(turns)),
        turn_headway=ints([0] * len(turns)), turn_yield=ints(turn_yield),
        turn_else=np.array(turn_else), yield_gap=ints([each[0] for each in yields]),
        yield_follow_up=ints([each[1] for each in yields]), yield_patience=ints([1000] * len(yields)),
        yield_turns=ints(np.cumsum([0, *(len(each[2]) for each in yields)])),
        yield_turn=ints([turn for each in yields for turn in each[2]]),
        yield_onward=ints([-1 for each in yields for _ in each[2]]),
        yield_lead=ints([0 for each in yields for _ in each[2]]), gate_headway=ints([0] * len(links)),
        signal_cycle=ints([cycle] * bool(windows)), signal_offset=ints([0] * bool(windows)),
        signal_windows=ints([0, len(windows)] if windows else [0]), window_start=ints(start),
        window_length=ints(length), window_loss=ints(loss), window_permitted=np.array(permitted, bool),
        place_bays=ints(np.cumsum([len(groups) - sum(bays), *bays])), class_size=ints(size),
        class_headway=ints(headway), class_slow=ints(slow), class_passes=np.array(passes),
        vehicle_departure=ints([trip[0] for trip in trips]), vehicle_class=ints([trip[1] for trip in trips]),
        vehicle_route=np.cumsum([0, *(len(trip[2]) for trip in trips)], dtype=np.int64),
        route=ints([step for trip in trips for step in trip[2]]),
        **{name: ints([change[column] for change in changes]) for column, name in enumerate(
            ("timetable_time", "timetable_kind", "timetable_row", "timetable_value")
        )},
    )  # fmt: skip


def some(least, most, count):
    """Draw so many numbers."""
    return st.lists(st.integers(least, most), min_size=count, max_size=count)


FEATURES = (
    "classes", "overtaking", "yielding", "losses", "permitted", "places", "alternatives", "passing", "timetable",
    "turning",
)  # fmt: skip
"""What a random town may have beside links, gates, merges and signals."""

FACTORS = st.integers(UNITY, 2500)
"""Headway or free-flow time of a class as a multiple of a car's."""


@st.composite
def green_windows(draw, *, losses=False, permitted=False):
    """Draw one signal: cycle, offset and one to three green windows, the last perhaps over the cycle's end.

    A window is start, length, start-up loss and whether it is permitted only. Permitted windows may touch others.
    """
    count = draw(st.integers(1, 3))
    always = count == 1 and draw(st.booleans())
    lengths = draw(some(1, 20, count))
    reds = [0] if always else draw(some(0 if permitted else 1, 20, count))
    cycle = sum(lengths) + sum(reds)
    turned = draw(st.integers(0, cycle - 1))
    begins = np.cumsum([0, *[length + red for length, red in zip(lengths, reds, strict=True)][:-1]])
    lost = draw(some(0, 25, count)) if losses else [0] * count
    lost = [loss if red else 0 for loss, red in zip(lost, [reds[-1], *reds[:-1]], strict=True)]
    only = draw(some(0, 1, count)) if permitted else [0] * count
    starts = [(int(begin) + turned) % cycle for begin in begins]
    return cycle, draw(st.integers(0, 2 * cycle)), sorted(zip(starts, lengths, lost, map(bool, only), strict=True))


class Layout(NamedTuple):
    """Which links, lane groups and turns a random town has: roads before places, groups of roads before sources, bays.

    ``entries`` holds the turn from the source of each road, ``onwards`` the turns from each road to roads and places,
    ``departing`` those that leave the network from it, ``behind`` the turns that a vehicle may make out of each place.
    """

    n_road: int
    bays: list
    group_link: list
    turn_group: list
    turn_link: list
    turn_else: list
    entries: list
    onwards: list
    departing: list
    behind: list


@st.composite
def layouts(draw, *, max_links, loops, places, alternatives):
    """Draw the layout of a town; without loops, all turns lead to higher rows (and places lie between two roads)."""
    n_road = draw(st.integers(1, max_links))
    road_groups = np.repeat(np.arange(n_road), draw(some(1, 3, n_road))).tolist()
    n_group = len(road_groups)
    bays = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2)) if places else []
    lies_at = [draw(st.integers(1, n_road)) if not loops else None for _ in bays]
    n_turn = draw(st.integers(n_road, 3 * n_road))
    turns = list(zip(draw(some(0, n_group - 1, n_turn)), draw(some(0, n_road - 1, n_turn)), strict=True))
    turns = [(group, link) for group, link in turns if loops or link > road_groups[group]]
    for place, at in enumerate(lies_at):
        before = [group for group in range(n_group) if loops or road_groups[group] < at]
        turns += [(group, n_road + place) for group in draw(st.lists(st.sampled_from(before), min_size=1, max_size=3))]
    departing = [(group, NOWHERE) for group in range(n_group)]
    entries = [(n_group + road, road) for road in range(n_road)]
    early = draw(st.booleans())  # so that others may yield to those who start
    turns = entries * early + turns + departing + entries * (not early)
    gives_up = draw(some(0, 1, len(turns))) if alternatives else [0] * len(turns)
    entries = [turns.index(entry) for entry in entries]
    of_road = [[row for row, (group, _) in enumerate(turns) if road_groups[group : group + 1] == [road]]
               for road in range(n_road)]  # fmt: skip
    departing = [[row for row in rows if turns[row][1] == NOWHERE] for rows in of_road]
    return Layout(
        n_road, bays, road_groups + [NOWHERE] * n_road + np.repeat(np.arange(len(bays)) + n_road, bays).tolist(),
        *map(list, zip(*turns, strict=True)),
        turn_else=[bool(gives) and link >= n_road for gives, (_, link) in zip(gives_up, turns, strict=True)],
        entries=entries,
        onwards=[[row for row in rows if turns[row][1] != NOWHERE] for rows in of_road],
        departing=departing,
        behind=[entries[0 if loops else at :] + departing[0] for at in lies_at],
    )  # fmt: skip


def walk(layout, link, choices, *, may_give_up):
    """Return the steps from a road out of the network as these numbers choose them, and where a place is given up."""
    steps, given_up_at = [], None
    for choice in choices:
        ways = [turn for turn in layout.onwards[link] if may_give_up or not layout.turn_else[turn]]
        if not ways:
            break
        calls = [turn for turn in ways if layout.turn_link[turn] >= layout.n_road]
        ways = calls if calls and choice % 2 else ways
        steps.append(ways[choice // 2 % len(ways)])
        if layout.turn_else[steps[-1]]:
            given_up_at, may_give_up = link, False  # what comes behind the end is for one place only
        link = layout.turn_link[steps[-1]]
        if link >= layout.n_road:
            behind = layout.behind[link - layout.n_road]
            steps += [-2 - choice // 5, behind[choice // 7 % len(behind)]]
            link = layout.turn_link[steps[-1]]
            if link == NOWHERE:
                return steps, given_up_at
    departing = layout.departing[link]
    return [*steps, departing[sum(choices) % len(departing)]], given_up_at


@st.composite
def routes(draw, layout):
    """Draw one route: none, or from a source out of the network, with what to do else where places are full."""
    choices = draw(st.lists(st.integers(0, 999), max_size=6))
    if not choices:
        return []
    road = choices[0] % layout.n_road
    steps, given_up_at = walk(layout, road, choices[1:], may_give_up=True)
    steps = [layout.entries[road], *steps]
    for again in (True, False):
        if given_up_at is not None:
            choices = draw(st.lists(st.integers(0, 999), max_size=3))
            others, given_up_at = walk(layout, given_up_at, choices, may_give_up=again)
            steps += others
    return steps


def signal_columns(signals):
    """Return the columns of these signals."""
    windows = [window for _, _, windows in signals for window in windows]
    start, length, loss, permitted = zip(*windows, strict=True) if windows else ([], [], [], [])
    return {
        "signal_cycle": ints([cycle for cycle, _, _ in signals]),
        "signal_offset": ints([offset for _, offset, _ in signals]),
        "signal_windows": ints(np.cumsum([0, *[len(windows) for _, _, windows in signals]])),
        "window_start": ints(start),
        "window_length": ints(length),
        "window_loss": ints(loss),
        "window_permitted": np.array(permitted, bool),
    }


@st.composite
def link_columns(draw, layout, most, storages):
    """Draw the columns of links and gates; those that share a gate have rows from n_link on."""
    n_road, n_place = layout.n_road, len(layout.bays)
    n_link, n_shared = n_road + n_place, draw(st.integers(0, n_road))
    shared = draw(some(-1, n_shared - 1, n_road))
    own = [1] * n_place
    return {
        "link_free_time": ints(draw(some(1, 60, n_road)) + own),
        "link_headway": ints(draw(some(1, most, n_road)) + own),
        "link_storage": ints(draw(some(*storages, n_road)) + [draw(st.integers(bays, 5)) for bays in layout.bays]),
        "link_wave_time": ints(draw(some(1, 60, n_road)) + own),
        "link_gate": ints([row if gate < 0 else n_link + gate for row, gate in enumerate(shared + [-1] * n_place)]),
        "gate_headway": ints([0] * n_link + draw(some(1, most, n_shared))),
        "place_bays": ints(np.cumsum([len(layout.group_link) - sum(layout.bays), *layout.bays])),
    }


@st.composite
def seen_by(draw, layout, group, crossing, first):
    """Draw rows (turn, onward, lead) of what one from a lane group yields to: those that cross and some before them."""
    rows = [(turn, -1, 0) for turn in crossing]
    for _ in range(draw(st.integers(0, 3))):
        onward = draw(st.integers(0, len(rows) - 1))
        turn, _, lead = rows[onward]
        link = layout.group_link[layout.turn_group[turn]]
        onto = [other for other, to in enumerate(layout.turn_link) if to == link != NOWHERE]
        before = [other for other in onto if layout.turn_group[other] != group]
        if before:
            rows.append((draw(st.sampled_from(before)), first + onward, lead + draw(st.integers(0, 12))))
    return rows


@st.composite
def yield_columns(draw, layout, *, yielding):
    """Draw to which turns of smaller rows and other lane groups each turn yields; nobody waits for another in turn."""
    rows, majors = [], []
    for turn, (group, link) in enumerate(zip(layout.turn_group, layout.turn_link, strict=True)):
        others = [
            other
            for other in range(turn)
            if layout.turn_group[other] != group and 0 <= layout.turn_link[other] < layout.n_road
        ]
        may = link != NOWHERE and not layout.turn_else[turn]
        if yielding and others and may and draw(st.booleans()):
            rows.append(len(majors))
            crossing = draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True))
            majors.append(draw(seen_by(layout, group, crossing, sum(map(len, majors)))))
        else:
            rows.append(NO_YIELD)
    return {
        "turn_yield": ints(rows),
        "yield_gap": ints(draw(some(1, 20, len(majors)))),
        "yield_follow_up": ints(draw(some(1, 20, len(majors)))),
        "yield_patience": ints(draw(some(1, 20, len(majors)))),
        "yield_turns": ints(np.cumsum([0, *map(len, majors)])),
        "yield_turn": ints([turn for rows in majors for turn, _, _ in rows]),
        "yield_onward": ints([onward for rows in majors for _, onward, _ in rows]),
        "yield_lead": ints([lead for rows in majors for *_, lead in rows]),
    }


@st.composite
def class_columns(draw, *, classes, passing, factors):
    """Draw the classes of vehicles: a car, perhaps others, perhaps one that passes."""
    kinds = [(1, UNITY, UNITY, False)]
    kind = st.tuples(st.integers(1, 4), factors, factors)
    if classes:
        kinds = [(*each, False) for each in draw(st.lists(kind, min_size=1, max_size=3))]
    if passing:
        kinds.append((draw(st.integers(1, 2)), draw(factors), draw(factors), True))
    size, headway, slow, passes = zip(*kinds, strict=True)
    return {
        "class_size": ints(size),
        "class_headway": ints(headway),
        "class_slow": ints(slow),
        "class_passes": np.array(passes, bool),
    }


@st.composite
def timetables(draw, layout, n_signal, *, changes):
    """Draw so many changes of the numbers of links, lane groups and turns."""
    n_link, n_group = layout.n_road + len(layout.bays), layout.group_link.index(NOWHERE)
    bounds = {
        FREE_TIME: (layout.n_road, 1, 60), HEADWAY: (layout.n_road, 1, 12), STORAGE: (n_link, 0, 6),
        WAVE_TIME: (layout.n_road, 1, 60), GROUP_HEADWAY: (n_group, 1, 12),
        TURN_SIGNAL: (len(layout.turn_link), NO_SIGNAL, n_signal - 1),
    }  # fmt: skip
    drawn = {}
    for kind in draw(st.lists(st.sampled_from(list(bounds)), max_size=changes)):
        rows, least, most = bounds[kind]
        place = draw(st.integers(0, 299)), kind, draw(st.integers(0, rows - 1))
        drawn[place] = draw(st.integers(least, most))
    rows = np.array([(*place, drawn[place]) for place in sorted(drawn)]).reshape(-1, 4)
    names = ("timetable_time", "timetable_kind", "timetable_row", "timetable_value")
    return {name: ints(column) for name, column in zip(names, rows.T, strict=True)}


@st.composite
def streets(
    draw, *, max_links=8, min_vehicles=0, max_vehicles=40, last_departure=300, loops=True, lit=False, features=(),
    factors=FACTORS,
):  # fmt: skip
    """Draw a small town in ticks: everything that columns can say, crowded enough that queues and rules matter.

    With loops it may lock up for good, as towns of one-car streets do; without, everybody arrives (but for features
    that shut somebody in). Lit: every turn but those from sources has a signal and there is room behind it, so that the
    lane groups' own headways count. Gates that links share have a headway, as nodes with a capacity do. Features are
    some of FEATURES, or drawn.
    """
    have = draw(features) if isinstance(features, st.SearchStrategy) else features
    most, storages = (2, (20, 40)) if lit else (12, (1, 10 if "passing" in have else 6))
    layout = draw(
        layouts(max_links=max_links, loops=loops, places="places" in have, alternatives="alternatives" in have)
    )
    windows = green_windows(losses="losses" in have, permitted="permitted" in have)
    signals = draw(st.lists(windows, min_size=int(lit), max_size=4))
    n_turn, n_group, n_bay = len(layout.turn_link), len(layout.group_link), sum(layout.bays)
    turn_signal = draw(some(0 if lit else NO_SIGNAL, len(signals) - 1, n_turn))
    for turn in layout.entries if lit else []:
        turn_signal[turn] = NO_SIGNAL
    n_overtake = layout.group_link.index(NOWHERE)
    kinds = draw(class_columns(classes="classes" in have, passing="passing" in have, factors=factors))
    n_vehicle = draw(st.integers(min_vehicles, max_vehicles))
    driven = [draw(routes(layout)) for _ in range(n_vehicle)]
    overtakes = draw(some(0, 1, n_overtake)) if "overtaking" in have else []
    return Columns(
        **draw(link_columns(layout, most, storages)),
        group_headway=ints(draw(some(1, 12, n_overtake)) + [1] * (layout.n_road + n_bay)),
        group_link=ints(layout.group_link),
        group_overtakes=np.array(overtakes + [0] * (n_group - len(overtakes)), bool),
        turn_link=ints(layout.turn_link),
        turn_group=ints(layout.turn_group),
        turn_signal=ints(turn_signal),
        turn_cost=ints(draw(some(1, 20, n_turn))),
        turn_time=ints(draw(some(0, 30, n_turn)) if "turning" in have else [0] * n_turn),
        turn_headway=ints([draw(factors) - UNITY if "turning" in have else 0 for _ in range(n_turn)]),
        turn_else=np.array(layout.turn_else, bool),
        **draw(yield_columns(layout, yielding="yielding" in have)),
        **signal_columns(signals),
        **kinds,
        vehicle_departure=ints(draw(some(0, last_departure, n_vehicle))),
        vehicle_class=ints(draw(some(0, len(kinds["class_size"]) - 1, n_vehicle))),
        vehicle_route=np.cumsum([0, *map(len, driven)], dtype=np.int64),
        route=ints([step for steps in driven for step in steps]),
        **draw(timetables(layout, len(signals), changes=12 if "timetable" in have else 0)),
    )


def scaled(columns, factor):
    """Return the same town on a finer clock, each tick cut into so many: the same moves at so many times the times.

    So it is unless the town knows of single ticks: where somebody yields, passes or gives a place up, a start-up loss
    is as long as its window, or a class makes fractions of ticks.
    """
    times = (
        "link_free_time", "link_headway", "link_wave_time", "group_headway", "gate_headway", "signal_cycle",
        "signal_offset", "window_start", "window_length", "window_loss", "yield_gap", "yield_follow_up",
        "yield_patience", "turn_time", "vehicle_departure", "timetable_time",
    )  # fmt: skip
    of_time = np.isin(columns.timetable_kind, [FREE_TIME, HEADWAY, WAVE_TIME, GROUP_HEADWAY])
    values = np.where(of_time, columns.timetable_value * factor, columns.timetable_value)
    route = np.where(columns.route < 0, -1 - (-1 - columns.route) * factor, columns.route)
    return columns._replace(
        **{name: getattr(columns, name) * np.int32(factor) for name in times},
        timetable_value=ints(values),
        route=ints(route),
    )
