"""Controllers: what theory says of fixed plans, actuated control and max-pressure, and that greens keep their rules."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest

from tests.reference_data import reference
from tests.roads import network, road, steady, trips
from twin.demand import Demand
from twin.errors import BadTable
from twin.formats.cityflow import read_cityflow
from twin.measures import mean_delay
from twin.network import Network
from twin.scenario import Scenario
from twin.signals import (
    AMBER_USED,
    Actuated,
    FixedPlan,
    MaxPressure,
    Signals,
    green_shares,
    mean_waits,
    no_signals,
    usual_plans,
)
from twin.simulate import simulate

SATURATION = 0.8
"""Of every road here [veh/s]; its free flow takes 50 s."""

CROSSING = network([road("w", "W", "J"), road("s", "S", "J"), road("e", "J", "E"), road("n", "J", "N")])
"""From west to east and from south to north, and each may turn into the other's way."""

TWO_PHASES = [(0, "w", "e"), (0, "w", "n"), (1, "s", "n"), (1, "s", "e")]


def phases(rows, signal="J"):
    """Return a table of phases of rows (phase, in_link, out_link), perhaps with permitted behind."""
    table = [(signal, *row, *(False,) * (4 - len(row))) for row in rows]
    return pd.DataFrame(table, columns=["signal_id", "phase", "in_link", "out_link", "permitted"])


def lights(controller, rows=TWO_PHASES, *, loss=0.0):
    """Return signals where one junction has a controller."""
    plans = pd.DataFrame({"signal_id": ["J"], "cycle": [1.0], "offset": [0.0], "startup_loss": [loss]})
    return Signals(plans, no_signals().greens, phases=phases(rows), controllers={"J": controller})


def drive(signals, *tables, roads=CROSSING, until=None, **more):
    """Simulate a crossing; by default nobody loses patience."""
    numbered = [table.assign(trip_id=row * 100_000 + table["trip_id"]) for row, table in enumerate(tables)]
    demand = Demand(pd.concat(numbered, ignore_index=True))
    return simulate(Scenario(roads, demand, signals, **{"patience": None, **more}), until=until)


def poisson(origin, destination, rate, seconds, *, seed):
    gaps = np.random.default_rng(seed).exponential(1 / rate, round(rate * seconds))
    return trips(origin, destination, gaps.cumsum().round(3))


def left(result, link_id):
    """Return when vehicles left a link [s], sorted; those who did."""
    passages = result.passages()
    return np.sort(passages.loc[passages["link_id"] == link_id, "left"].dropna().to_numpy())


def standing(result, origin, moment):
    """Return how many from an origin would be past the junction with nobody in the way, and are not."""
    table = result.trips().set_index("trip_id")
    passages = result.passages()
    gone = passages[passages["link_id"].isin(["w", "s"])].set_index("trip_id")["left"].reindex(table.index)
    return int(((table["origin"] == origin) & (table["departure"] + 50 <= moment) & ~(gone <= moment)).sum())


PLANS = {
    "plain": (FixedPlan(lengths=(30, 20), amber=0, all_red=0), TWO_PHASES, 0.0),
    "amber": (FixedPlan(lengths=(31, 17), amber=3, all_red=1), TWO_PHASES, 0.0),
    "short amber": (FixedPlan(lengths=(11, 7), amber=1, all_red=0, offset=5), TWO_PHASES, 2.0),
    "start-up": (FixedPlan(lengths=(23, 17), amber=3, all_red=2, offset=-7), TWO_PHASES, 1.5),
    "three phases": (
        FixedPlan(lengths=(12, 9, 14), amber=3, all_red=1, offset=20),
        [(0, "w", "e"), (0, "w", "n"), (1, "w", "n"), (1, "s", "e"), (2, "s", "e"), (2, "s", "n")],
        1.25,
    ),
    "never held": (FixedPlan(lengths=(10, 10)), [(0, "w", "e"), (1, "w", "e"), (1, "s", "n")], 0.0),
}


@pytest.mark.parametrize("flow", [0.1, 0.33, 0.9])
@pytest.mark.parametrize(("plan", "rows", "loss"), PLANS.values(), ids=PLANS)
def test_a_fixed_plan_is_the_same_as_controller_and_as_plan(plan, rows, loss, flow):
    """Every millisecond of every vehicle, with headways cut by red, spillback on one way out, turns of two phases."""
    signals = lights(plan, rows, loss=loss)
    pairs = [("W", "E"), ("W", "N"), ("S", "N"), ("S", "E")]
    tables = [poisson(*pair, flow / 2, 1000, seed=seed) for seed, pair in enumerate(pairs)]
    narrow = network(
        [road("w", "W", "J"), road("s", "S", "J"), road("e", "J", "E", length=60.0), road("n", "J", "N")],
        exits={"e": 0.25},
    )
    led, fixed = (drive(one, *tables, roads=narrow, until=2000) for one in (signals, usual_plans(signals)))
    assert not usual_plans(signals).controllers
    assert (led.times == fixed.times).all()
    assert len(left(led, "s")) > 50


@pytest.mark.parametrize("start", [0.0, 27.0, 31.5, 25_203.25])
def test_a_fixed_plan_keeps_the_clock_whenever_the_day_begins(start):
    signals = lights(FixedPlan(lengths=(25, 15), amber=3, all_red=2, offset=3))
    tables = [trips(a, b, start + np.array([0.0, 1.0, 20.0])) for a, b in (("W", "E"), ("S", "N"))]
    led, fixed = (drive(one, *tables) for one in (signals, usual_plans(signals)))
    assert (led.times == fixed.times).all()


@pytest.mark.parametrize(("loss", "green"), [(0.0, 30), (2.0, 30), (1.7, 23)])
def test_saturated(loss, green):
    """Demand above it: s (g + amber that is driven in - l) / C on average, C = 2 g + 2 (3 + 1)."""
    plan = FixedPlan(lengths=(green, green), amber=3, all_red=1)
    cycle = 2 * green + 8
    begin, end = 5 * cycle, 45 * cycle
    result = drive(lights(plan, loss=loss), trips("W", "E", steady((1.0, end))), until=end)
    gone = left(result, "w")
    served = ((gone >= begin) & (gone < end)).sum()
    assert served == pytest.approx(SATURATION * (green + AMBER_USED - loss) / cycle * (end - begin), rel=0.01, abs=1)


def test_actuated_keeps_the_green_where_nobody_else_calls():
    """From the south alone: one change, as soon as the first has come, and none after."""
    result = drive(lights(Actuated(min_green=7, max_green=20)), trips("S", "N", steady((0.1, 900))))
    assert result.greens["phase"].tolist() == [0, 1]
    assert result.greens["start"].tolist() == [0, 54]
    assert result.greens["end"].iloc[0] == 50


@pytest.mark.parametrize(("passage", "end"), [(1.0, 60.0), (2.0, 73.0), (3.0, 74.0), (4.0, 75.0)])
def test_actuated_gaps_out(passage, end):
    """A platoon comes past from 50.25 to 70.25 s, every 2 s; another car waits from 60 s on.

    The first whole second that is a passage time behind a car ends the green: with 1 s that is at 60 s already.
    """
    controller = Actuated(min_green=5, max_green=60, passage_time=passage)
    result = drive(lights(controller), trips("W", "E", 2.0 * np.arange(11) + 0.25), trips("S", "N", [10.0]), until=200)
    assert result.greens["end"].iloc[0] == end
    assert result.greens["start"].iloc[1] == result.greens["end"].iloc[0] + 4


def test_actuated_reaches_its_longest_green_when_saturated():
    """Both queues stand for ever: C = 2 (25 + 3 + 1), s (25 + 2) / C from each."""
    controller = Actuated(min_green=5, max_green=25, passage_time=3)
    result = drive(
        lights(controller), trips("W", "E", steady((0.9, 1500))), trips("S", "N", steady((0.9, 1500))), until=1500
    )
    greens = result.greens.iloc[2:-1]
    assert (greens["end"] - greens["start"]).tolist() == [25.0] * len(greens)
    gone = left(result, "w")
    assert ((gone > 100) & (gone <= 100 + 20 * 58)).sum() == pytest.approx(20 * SATURATION * 27, abs=2)


def test_max_pressure_serves_a_symmetric_crossing_alike():
    signals = lights(MaxPressure(interval=10))
    result = drive(signals, trips("W", "E", steady((0.9, 1800))), trips("S", "N", steady((0.9, 1800))), until=1800)
    west, south = len(left(result, "w")), len(left(result, "s"))
    assert west == pytest.approx(south, rel=0.03)
    assert west + south == pytest.approx(SATURATION * 1750 * 12 / 14, rel=0.05)


def test_max_pressure_is_stable_where_a_bad_plan_is_not():
    """90 % of what is served with a change every 20 s, .8 x 22 / 24 veh/s, three quarters of it from the west.

    That stays below what max-pressure can serve, whose queues then are bounded (Varaiya 2013); equal greens serve
    .8 x 22 / 48 = .367 of the .495 veh/s from the west, so that its queue grows by .128 veh/s.
    """
    flow = 0.9 * SATURATION * 22 / 24
    tables = [
        poisson("W", "E", 0.75 * flow, 7200, seed=1),
        poisson("S", "N", 0.25 * flow, 7200, seed=2),
    ]
    led = drive(lights(MaxPressure(interval=20)), *tables, until=7200)
    fixed = drive(lights(FixedPlan(lengths=(20, 20))), *tables, until=7200)
    for origin in "WS":
        assert max(standing(led, origin, moment) for moment in range(1800, 7200, 300)) < 60
    grown = standing(fixed, "W", 7200) - standing(fixed, "W", 3600)
    assert grown == pytest.approx(3600 * (0.75 * flow - SATURATION * 22 / 48), rel=0.15)


CONTROLLERS = {
    "fixed": FixedPlan(lengths=(12, 9, 14), amber=3, all_red=2),
    "actuated": Actuated(min_green=6.5, max_green=22, passage_time=2.5, amber=4, all_red=1.5),
    "max-pressure": MaxPressure(interval=7, amber=3, all_red=0),
}

THREE_PHASES = [(0, "w", "e"), (0, "w", "n", True), (1, "w", "n"), (1, "w", "e"), (2, "s", "e"), (2, "s", "n")]


def busy(controller, **more):
    """Drive a crossing with three phases, of which one has a permitted turn, for a quarter of an hour."""
    yields = pd.DataFrame({"in_link": ["w"], "out_link": ["n"], "major_in": ["s"], "major_out": ["n"]})
    groups = pd.DataFrame(
        {
            "link_id": ["w", "w", "s", "e", "n"],
            "lane_group": [0, 1, 0, 0, 0],
            "lanes": 1,
            "pocket": [60.0] * 2 + [np.nan] * 3,
        }
    )
    turns = pd.DataFrame(
        {"in_link": ["w", "w", "s", "s"], "out_link": ["n", "e", "n", "e"], "lane_group": [0, 1, 0, 0]}
    )
    links = CROSSING.links.assign(lanes=np.where(CROSSING.links["link_id"] == "w", 2, 1))
    roads = Network(CROSSING.nodes, links, lane_groups=groups, turns=turns, yields=yields)
    pairs = [("W", "E"), ("W", "N"), ("S", "N"), ("S", "E")]
    tables = [poisson(*pair, 0.12, 900, seed=seed) for seed, pair in enumerate(pairs)]
    return drive(lights(controller, THREE_PHASES, loss=1.0), *tables, roads=roads, **more)


@pytest.mark.parametrize("controller", CONTROLLERS.values(), ids=CONTROLLERS)
def test_greens_keep_their_distance_and_nobody_drives_at_red(controller):
    result = busy(controller)
    greens = result.greens
    assert (result.fate == 0).all()
    assert len(greens) > 20
    between = greens["start"].to_numpy()[1:] - greens["end"].to_numpy()[:-1]
    assert (between == controller.amber + controller.all_red).all()
    assert (greens["end"] - greens["start"]).iloc[:-1].min() >= controller.min_green
    assert (greens["phase"].to_numpy()[1:] != greens["phase"].to_numpy()[:-1]).all()
    used = min(AMBER_USED, controller.amber)
    gone = left(result, "s")
    green = greens[greens["phase"] == 2]
    shown = pd.IntervalIndex.from_arrays(green["start"], green["end"] + used, closed="left")
    assert (shown.get_indexer(gone) >= 0).all()


@pytest.mark.parametrize("controller", CONTROLLERS.values(), ids=CONTROLLERS)
def test_a_run_is_the_same_however_often_and_in_however_many_parts(controller):
    whole, again = busy(controller), busy(controller)
    part = busy(controller, until=431.7)
    assert whole.fingerprint == again.fingerprint
    pd.testing.assert_frame_equal(whole.greens, again.greens)
    known = whole.times < 431_700
    assert (part.times[part.times >= 0] == whole.times[known & (whole.times >= 0)]).all()
    early = whole.greens[whole.greens["start"] < 431.7]
    pd.testing.assert_frame_equal(part.greens, early.assign(end=early["end"].clip(upper=431.7)))


@dataclass(frozen=True, kw_only=True)
class Watchful:
    """Keeps its first phase, and what it sees."""

    seen: list = field(default_factory=list)
    amber: float = 3.0
    all_red: float = 1.0
    min_green: float = 1.0
    every: float = 10.0
    answer: int = 0

    def decide(self, view):
        self.seen.append((view.time, view.phase, view.since, view.junction, view.counts))
        return self.answer

    def usual(self, n_phase):
        return (10.0,) * n_phase


@pytest.mark.parametrize("pockets", [False, True])
def test_a_controller_sees_who_waits_and_who_comes(pockets):
    """Five wait from the south from 50 s on (two of them to turn), one comes; two from the west went through."""
    controller = Watchful()
    groups = pd.DataFrame({"link_id": ["w", "s", "e", "n"], "lane_group": 0, "lanes": 1})
    groups["pocket"] = 20.0 if pockets else np.nan
    roads = Network(CROSSING.nodes, CROSSING.links, lane_groups=groups, turns=CROSSING.turns)
    south = [trips("S", "N", [0.0, 2.0, 4.0]), trips("S", "E", [6.0, 8.0]), trips("S", "N", [60.0])]
    drive(lights(controller), *south, trips("W", "E", [0.0, 10.0]), roads=roads, until=100)
    when = {time: (junction, counts) for time, _, _, junction, counts in controller.seen}
    assert sorted(when) == [0, *range(1000, 100_000, 10_000)]
    junction, counts = when[91_000]
    assert [*zip(junction.in_link, junction.out_link, strict=True)] == [("s", "e"), ("s", "n"), ("w", "e"), ("w", "n")]
    assert counts.waiting.tolist() == [2, 3, 0, 0]
    assert counts.coming.tolist() == [2, 4, 0, 0]
    assert counts.passed[2] == 60_000
    assert counts.passed[1] < 0
    assert counts.out_on.tolist() == [2, 0, 2, 0]
    assert junction.room.tolist() == [200] * 4
    assert junction.saturation.tolist() == [800_000] * 4
    assert junction.onward.tolist() == [0] * 4
    # With a pocket of 20 m the first four stand there since they would have been at the line, the fifth before it.
    assert counts.waits_since.tolist()[2:] == [91_000] * 2
    assert counts.waits_since[1] == 50_000
    assert when[51_000][1].waiting.tolist() == [0, 1, 0, 0]


def test_a_phase_that_is_not_there_is_refused():
    with pytest.raises(BadTable, match="wants phase 2"):
        drive(lights(Watchful(answer=2)), trips("S", "N", [0.0]))


def test_routes_take_a_controlled_turn_for_its_usual_plan():
    """Two phases of 20 and 10 s with 4 s between: C = 38, reds 18 and 28, waits r ** 2 / (2 C)."""
    signals = lights(FixedPlan(lengths=(20, 10)))
    turns = CROSSING.turn_index
    waits = dict(zip(turns, mean_waits(signals, CROSSING), strict=True))
    assert waits["w", "e"] == pytest.approx(18**2 / 76)
    assert waits["s", "n"] == pytest.approx(28**2 / 76)
    assert green_shares(signals, CROSSING)[turns.get_loc(("w", "e"))] == pytest.approx(20 / 38)


def test_signals_with_a_controller_have_a_fingerprint_of_their_own():
    fingerprints = {
        lights(Actuated()).fingerprint, lights(Actuated(max_green=41)).fingerprint, lights(MaxPressure()).fingerprint,
        lights(Actuated(), TWO_PHASES[:3]).fingerprint, no_signals().fingerprint,
    }  # fmt: skip
    assert len(fingerprints) == 5
    assert lights(Actuated(max_green=40)).fingerprint == lights(Actuated(max_green=40.0)).fingerprint


def test_a_plan_has_the_phases_that_its_greens_make():
    """Greens of two roads with the right turn of one a little longer, and a turn of all phases in between."""
    rows = [("w", "e", 0, 20), ("w", "n", 0, 30), ("s", "n", 34, 20), ("s", "e", 34, 20), ("w", "n", 34, 20)]
    greens = pd.DataFrame(rows, columns=["in_link", "out_link", "start", "length"]).assign(signal_id="J")
    plans = pd.DataFrame({"signal_id": ["J", "K"], "cycle": 60.0, "offset": 0.0})
    signals = Signals(plans, greens).controlled({"J": MaxPressure()})
    own = signals.phases.groupby("phase")[["in_link", "out_link"]].agg(list)
    assert own["in_link"].tolist() == [["w", "w"], ["s", "s", "w"]]
    assert signals.fixed.greens.empty
    assert repr(signals) == "Signals(2 plans, 0 of them inferred, 1 junctions controlled)"
    other = signals.controlled({"J": FixedPlan(lengths=(5, 5))}, phases=phases(TWO_PHASES))
    assert isinstance(other.controllers["J"], FixedPlan)
    assert len(other.phases) == 4


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lights(Actuated(), []), "phases has no phases"),
        (lambda: lights(Actuated(), [(1, "w", "e")]), "numbered 0, 1"),
        (lambda: lights(Actuated(), [(0.5, "w", "e")]), "not a whole number"),
        (lambda: lights(Actuated(), [(0, "w", "e"), (0, "w", "e")]), "is there twice"),
        (lambda: lights(FixedPlan(lengths=(5,))), "1 lengths, but its junction 2 phases"),
        (lambda: lights(object()), "frozen dataclass"),
        (lambda: lights(Watchful(every=1.5)), "whole seconds"),
        (lambda: lights(Watchful(amber=-1.0)), "amber must be"),
        (lambda: Actuated(max_green=3), "max_green = 3"),
        (lambda: MaxPressure(interval=2.5), "whole seconds"),
        (lambda: FixedPlan(lengths=(5.5, 5)), "whole seconds"),
        (lambda: FixedPlan(lengths=()), "whole seconds"),
        (lambda: drive(lights(Actuated(), [(0, "e", "w")]), trips("W", "E", [0.0])), "phases: there is no turn"),
        (lambda: Signals(
            pd.DataFrame({"signal_id": ["K"], "cycle": [9.0], "offset": [0.0]}),
            pd.DataFrame({"signal_id": ["K"], "in_link": ["w"], "out_link": ["e"], "start": [0.0], "length": [1.0]}),
            phases=phases(TWO_PHASES), controllers={"J": Actuated()},
        ), "in the plan of 'K' too"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(BadTable, match=words):
        make()


def test_max_pressure_delays_less_than_the_plan_of_gudang():
    """A set on which signal control is compared; 5 s lost at each change, as the first phase of its plan has them."""
    sets = reference("signals") / "hangzhou_4x4"
    town = read_cityflow(sets / "roadnet_4_4.json", sets / "anon_4_4_hangzhou_real_5816.json", capacity=0.408)
    given = town.scenario.signals
    ids = given.plans["signal_id"]
    led = given.controlled({signal: MaxPressure(interval=15, amber=3, all_red=2) for signal in ids})
    assert (led.phases.groupby("signal_id")["phase"].nunique() == 8).all()
    fixed = given.controlled({signal: FixedPlan(lengths=(30,) * 8, amber=3, all_red=2) for signal in ids})
    results, walls = {}, {}
    for name, signals in (("file", given), ("led", led), ("fixed", fixed), ("same", usual_plans(fixed))):
        scenario = replace(town.scenario, signals=signals, patience=None)
        begun = time.perf_counter()
        results[name] = simulate(scenario, habits=town.habits, until=3600)
        walls[name] = time.perf_counter() - begun
    assert (results["fixed"].times == results["same"].times).all()
    delays = {name: mean_delay(result) for name, result in results.items()}
    assert delays["led"] < 0.6 * delays["file"]
    assert walls["led"] < 20 * walls["file"] + 1
