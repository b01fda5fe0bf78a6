"""Cases with known answers: what kinematic wave theory says, to 1 % or one vehicle.

Unless a test says otherwise a road has one lane of 1 km with free speed u = 20 m/s, capacity s = 0.8 veh/s and jam
density 0.2 veh/m, so that the wave speed is w = 5 m/s (triangular diagram: k = q / u when free, k = 0.2 - q / w in a
queue). In the docstrings rates q are in veh/s, densities k in veh/m, speeds v in m/s.

References
----------
Lighthill, M. J., Whitham, G. B. (1955). On kinematic waves II. Proceedings of the Royal Society A 229: shocks between
states (q1, k1) and (q2, k2) run at (q2 - q1) / (k2 - k1).
Newell, G. F. (1993). A simplified theory of kinematic waves in highway traffic. Transportation Research B 27: the same
by cumulative curves A(t) (wished arrivals) and D(t) (departures) at a point; delay = area between them.
Edie, L. C. (1963). Discussion of traffic stream measurements and definitions. Proceedings of the 2nd ISTTT.
Webster, F. V. (1958). Traffic signal settings. Road Research Technical Paper 39.
Daganzo, C. F. (1995). The cell transmission model, part II. Transportation Research B 29: merges and diverges.
Little, J. D. C. (1961). A proof for the queuing formula L = lambda W. Operations Research 9.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pytest import approx  # noqa: PT013 - it is written in every second line
from roads import chain, merge, network, road, steady, trips
from theory import drive, entries, fixed_time, on, state


def test_free_flow():
    """0.5 veh/s < s for 500 s: 250 trips of L / u = 50 s, 12,500 s in all; q .5, k = q / u = .025, v = u."""
    result = drive(chain({}), trips("0", "1", steady((0.5, 500))))
    table = result.trips()
    assert len(table) == 250
    assert (table["fate"] == "arrived").all()
    assert table["travel_time"].to_numpy() == approx(50.0, abs=1e-9)
    assert table["travel_time"].sum() == approx(12_500)
    assert state(result, "1", 100, 500) == approx((0.5, 0.025, 20.0), rel=0.01)


def test_capacity():
    """2 veh/s > s: the road carries q = s = .8 at the critical density k = s / u = .04, v = u; the rest waits."""
    result = drive(chain({}), trips("0", "1", steady((2.0, 500))), until=500)
    assert state(result, "1", 100, 500) == approx((0.8, 0.04, 20.0), rel=0.01)
    fates = result.trips()["fate"].value_counts()
    assert fates["waiting"] == approx(1000 - 0.8 * 500, abs=1)


def test_two_links():
    """0.5 veh/s from u = 20 to u = 10 (s = u w k / (u + w) = .667 there): 50 + 100 s; k = q / u = .05 on the second."""
    result = drive(chain({}, {"speed": 10.0, "capacity": 2 / 3}), trips("0", "2", steady((0.5, 1000))))
    assert result.trips()["travel_time"].to_numpy() == approx(150.0, rel=0.01)
    assert state(result, "2", 200, 1000) == approx((0.5, 0.05, 10.0), rel=0.01)


BOTTLENECKS = {
    "exit capacity": (chain({}, {}, exits={"1": 2 / 3}), 100.0),
    "node capacity": (chain({}, {}, node_capacity={"1": 2 / 3}), 100.0),
    "jam density .1, w = 10": (chain({}, {"jam_density": 0.1, "capacity": 2 / 3}), 100.0),
    "free speed 10": (chain({}, {"speed": 10.0, "capacity": 2 / 3}), 150.0),
}


@pytest.mark.parametrize(("roads", "free"), BOTTLENECKS.values(), ids=BOTTLENECKS)
def test_bottleneck(roads, free):
    """Half-way .6667 veh/s; .8 for 500 s, then .4 for 1000 s (800 trips): Newell's cumulative curves.

    Upstream in the queue q = .6667, k = .2 - q / w = .0667, v = q / k = 10. The tail runs back at (.6667 - .8) /
    (.0667 - .04) = -5 m/s and is at the origin at 50 + 200 = 250 s; at 500 s .8 * 500 - (.8 * 250 + .6667 * 250) = 33.3
    wait outside, for 33.3 / .6667 = 50 s. Queue at 550 s (all who wish so by 500 s): 400 - .6667 * 500 = 66.7; gone
    after 66.7 / (.6667 - .4) = 250 s, at 800 s. Delay = area = 66.7 * (500 + 250) / 2 = 25,000 s, 31.25 s a trip; total
    = 800 * free + 25,000 (105,000 s, or 145,000 s where the second road's free speed is 10).
    """
    result = drive(roads, trips("0", "2", steady((0.8, 500), (0.4, 1000))))
    table, upstream = result.trips(), on(result, "1")
    wished, left = table["departure"] + 50.0, upstream["left"]
    assert entries(result, "2", 100, 800) == approx(2 / 3, rel=0.01)
    assert state(result, "1", 300, 500) == approx((2 / 3, 0.0667, 10.0), rel=0.01)
    assert (wished <= 550).sum() - (left <= 550).sum() == approx(66.7, abs=1)
    assert left[left > wished + 0.1].max() == approx(800, rel=0.01)
    assert (table["entered"] - table["departure"]).max() == approx(50, abs=1.5)
    assert table["travel_time"].sum() == approx(800 * free + 25_000, rel=0.01)
    assert table["travel_time"].mean() - free == approx(31.25, rel=0.01)


def test_spillback():
    """Exit of 2 km at .4 veh/s; .8 for 400 s, .4 for 400 s, .1 for 1200 s (600 trips); x = way from the origin.

    Queue: q .4, k = .2 - .4 / 5 = .12, v = 3.33. Shock (.4 - .8) / (.12 - .04) = -5 m/s from x = 2000 at 100 s: at
    x = 1000 at 300 s; it meets the last of the .8 (x = 20 (t - 400)) at x = 400, 420 s; then (.4 - .4) / ... = 0: it
    stands there until the first of the .1 comes at 800 + 20 s; then (.1 - .4) / (.005 - .12) = +2.609 m/s: at the exit
    after 1600 / 2.609 = 613 s, at 1,433 s. By cumulative curves at the exit: queue 160 from 500 s to 900 s, gone after
    160 / .3 = 533 s; delay = 160 * (400 / 2 + 400 + 533.3 / 2) = 138,667 s, with 600 * 100 s free 198,667 s.
    """
    roads = chain({"length": 400.0}, {"length": 600.0}, {}, exits={"3": 0.4})
    result = drive(roads, trips("0", "3", steady((0.8, 400), (0.4, 400), (0.1, 1200))))
    table, before, tail, last = result.trips(), on(result, "1"), on(result, "2"), on(result, "3")
    headway = 1 / 0.4
    assert len(table) == 600
    assert (before["left"] - before["entered"]).to_numpy() == approx(20.0, abs=headway)
    for link_id, length in (("2", 600.0), ("3", 1000.0)):
        assert state(result, link_id, 500, 800, length) == approx((0.4, 0.12, 10 / 3), rel=0.01)
    # The first vehicle that drives all of a stretch in the queue enters it when the shock is at its upper end.
    crawled = last["entered"][last["left"] - last["entered"] > 300 - headway].min()
    assert crawled == approx(300, abs=headway)
    crawled = tail["entered"][tail["left"] - tail["entered"] > 180 - headway].min()
    assert crawled == approx(420, abs=headway)
    delayed = table["travel_time"] > 100.1
    assert table["arrived"][delayed].max() == approx(1433, rel=0.01)
    assert table["travel_time"].sum() == approx(198_667, rel=0.01)
    assert table["travel_time"].sum() - 60_000 == approx(138_667, rel=0.01)


def test_cumulative_curves():
    """Exit .5; demand .2, .5, .6, .2 veh/s for 500 s each: Newell's A(t) at the entry and D(t) at the exit, 50 s later.

    A(700) - D(700) = 200 - A(650) = 200 - 175 = 25; A(1500) = 100 + 250 + 300 = 650; D(1500) = A(500) + .5 * 950 = 575;
    A(t) = D(t + travel time): who departs at 1500 s leaves when D = 650, at 550 + 550 / .5 = 1650 s, after 150 s.
    """
    departures = steady((0.2, 500), (0.5, 500), (0.6, 500), (0.2, 500))
    table = drive(chain({}, exits={"1": 0.5}), trips("0", "1", departures)).trips()

    def passed(column, moment):
        return (table[column] < moment).sum()

    assert passed("departure", 700) - passed("arrived", 700) == approx(25, abs=1)
    assert passed("departure", 1500) == approx(650, abs=1)
    assert passed("arrived", 1500) == approx(575, abs=1)
    assert table["travel_time"][650] == approx(150, abs=2)
    for departure, travel_time in zip(table["departure"], table["travel_time"], strict=True):
        assert passed("arrived", departure + travel_time) == passed("departure", departure)


@pytest.mark.parametrize("moment", [1, 40, 100, 333.3, 500, 900, 1249, 1280, 1400])
def test_queue_at_the_origin(moment):
    """1000 in 500 s into s = .8: waiting 1000 - .8 t, on road 40 at most, arrived .8 (t - 50): 1000 at any moment."""
    result = drive(chain({}), trips("0", "1", steady((2.0, 500))), until=moment)
    fates = result.trips()["fate"].value_counts()
    waiting, on_road, arrived = (fates.get(fate, 0) for fate in ("waiting", "on road", "arrived"))
    assert waiting + on_road + arrived == 1000
    entered, left = min(0.8 * moment, 1000), min(max(0.8 * (moment - 50), 0), 1000)
    assert waiting == approx(1000 - entered, abs=1)
    assert on_road == approx(entered - left, abs=1)
    assert arrived == approx(left, abs=1)


@pytest.mark.parametrize("first", ["a", "b"], ids=["a has the smaller trip ids", "b has the smaller trip ids"])
@pytest.mark.parametrize(
    ("weights", "shares"), [((1, 1), (0.4, 0.4)), ((1, 2), (0.2667, 0.5333)), ((1, 5), (0.2, 0.6))]
)
def test_merge(weights, shares, first):
    """.6 + .6 into .8: shares of .8 by weight; an approach that asks for less than its share gets all (Daganzo 1995).

    1:1 .4 + .4; 1:2 .267 + .533; 1:5 would be .133 + .667, but b asks for .6: .2 + .6.
    """
    departures = steady((0.6, 1000))
    count = len(departures)
    low, high = range(count), range(count, 2 * count)
    ids = {"a": low, "b": high} if first == "a" else {"a": high, "b": low}
    tables = [trips(node, "C", departures, ids=ids[link]) for node, link in (("A", "a"), ("B", "b"))]
    result = drive(merge(weights), *tables)
    assert entries(result, "c", 100, 1000) == approx(0.8, rel=0.01)
    for link, share in zip("ab", shares, strict=True):
        assert entries(result, "c", 200, 1000, ids[link]) == approx(share, rel=0.01, abs=1 / 800)


def test_merge_of_one_lane_and_two():
    """Both saturated into two lanes (1.6): weights are the capacities of the approaches, .8 : 1.6, so .533 + 1.067."""
    departures = steady((2.0, 1000))
    count = len(departures)
    result = drive(
        merge(second={"lanes": 2}, down={"lanes": 2}),
        trips("A", "C", departures), trips("B", "C", departures, ids=range(count, 2 * count)),
    )  # fmt: skip
    assert entries(result, "c", 200, 1000, range(count)) == approx(0.5333, rel=0.01)
    assert entries(result, "c", 200, 1000, range(count, 2 * count)) == approx(1.0667, rel=0.01)


@pytest.mark.parametrize(("weights", "shares"), [((1, 1), (0.2, 0.2)), ((1, 3), (0.1, 0.3))])
def test_merge_behind_a_queue(weights, shares):
    """The queue of c's exit (.4 veh/s) stands through the merge: both roads are held and share .4 by weight alone."""
    rows = [road("a", "A", "J"), road("b", "B", "J"), road("c", "J", "C")]
    turns = [{"in_link": link, "out_link": "c", "weight": weight} for link, weight in zip("ab", weights, strict=True)]
    departures = steady((0.6, 3000))
    count = len(departures)
    result = drive(
        network(rows, turns=turns, exits={"c": 0.4}),
        trips("A", "C", departures), trips("B", "C", departures, ids=range(count, 2 * count)), until=3000,
    )  # fmt: skip
    assert state(result, "c", 1000, 3000) == approx((0.4, 0.12, 10 / 3), rel=0.01)
    assert entries(result, "c", 1000, 3000, range(count)) == approx(shares[0], rel=0.01)
    assert entries(result, "c", 1000, 3000, range(count, 2 * count)) == approx(shares[1], rel=0.01)


def diverge(lane_groups):
    """Drive .3 veh/s to a branch that takes .2, and .2 veh/s to a free one, for 600 s; return both mean delays [s]."""
    roads = [road("in", "A", "J", lanes=lane_groups), road("held", "J", "H", capacity=0.2), road("free", "J", "F")]
    groups = pd.DataFrame({"link_id": "in", "lane_group": range(lane_groups), "lanes": 1})
    others = pd.DataFrame({"link_id": ["held", "free"], "lane_group": 0, "lanes": 1})
    turns = [
        {"in_link": "in", "out_link": "held", "lane_group": 0},
        {"in_link": "in", "out_link": "free", "lane_group": lane_groups - 1},
    ]
    held, free = steady((0.3, 600)), steady((0.2, 600))
    result = drive(
        network(roads, lane_groups=pd.concat([groups, others]), turns=turns),
        trips("A", "H", held), trips("A", "F", free, ids=range(1000, 1000 + len(free))),
    )  # fmt: skip
    delays = result.trips().set_index("trip_id")["travel_time"] - 100.0
    return delays[delays.index < 1000].mean(), delays[delays.index >= 1000].mean()


def test_diverge_from_one_lane_group():
    """First in, first out: .5 asked, .2 / .6 = .333 served, so both wait T / 2 (.5 / .333 - 1) = 150 s on average.

    Daganzo (1995). One vehicle more or less at the branch is 1 / .2 = 5 s.
    """
    held, free = diverge(1)
    assert held == approx(150, rel=0.01)
    assert free == approx(150, rel=0.01)


def test_diverge_from_two_lane_groups():
    """The queue has a lane of its own: it waits T / 2 (.3 / .2 - 1) = 150 s on average, the other lane nothing."""
    held, free = diverge(2)
    assert held == approx(150, rel=0.01)
    assert free == approx(0, abs=0.5)


def test_two_lanes_into_one():
    """Saturated: s = .8 goes on. After the wave q .8, k = .4 - .8 / 5 = .24, v = 3.33 upstream; k .04, v 20 beyond."""
    result = drive(chain({"lanes": 2}, {}), trips("0", "2", steady((2.0, 2000))), until=2000)
    assert state(result, "1", 1000, 2000) == approx((0.8, 0.24, 10 / 3), rel=0.01)
    assert state(result, "2", 1000, 2000) == approx((0.8, 0.04, 20.0), rel=0.01)


@pytest.mark.parametrize("length", [3.0, 7.0, 12.0, 25.0, 41.0])
@pytest.mark.parametrize(
    ("capacity", "speed", "jam_density"), [(0.8, 20.0, 0.2), (0.53, 13.9, 0.14), (0.61, 27.0, 0.133)]
)
def test_short_links(length, capacity, speed, jam_density):
    """Cutting a road into links of a few metres takes nothing from its capacity or speed, though vehicles are whole."""
    link = {"length": length, "capacity": capacity, "speed": speed, "jam_density": jam_density}
    result = drive(chain(*[link] * 20), trips("0", "20", steady((2.0, 600))), until=1000)
    table = result.trips()
    assert entries(result, "20", 200, 600) == approx(capacity, rel=0.01)
    assert (table["arrived"] - table["entered"]).max() == approx(20 * length / speed, rel=0.01)


@pytest.mark.parametrize(
    ("cycle", "green"), [(60, 30), (60, 24), (60, 20.4), (90, 31.7), (75, 12.9), (60, 59.5), (20, 1.1), (40, 1), (7, 3)]
)
def test_signal_saturated(cycle, green):
    """Demand above it: s g / C on average, whether or not the green is a multiple of the headway 1 / s = 1.25 s."""
    signals = fixed_time(("1", "2", 0.0, green), cycle=cycle)
    begin, end = 600, 600 + 40 * cycle
    result = drive(chain({}, {}), trips("0", "2", steady((1.0, end))), signals=signals, until=end)
    expected = 0.8 * green / cycle * (end - begin)
    assert entries(result, "2", begin, end) * (end - begin) == approx(expected, rel=0.01, abs=1)


@pytest.mark.parametrize(("cycle", "green", "gap"), [(60, 30, 3.347), (90, 40, 4.001), (60, 45, 2.003)])
def test_signal_below_saturation(cycle, green, gap):
    """Arrivals q evenly spaced, incommensurate with C, 1,000 cycles: mean delay (r ** 2 - r / s) / (2 C (1 - q / s)).

    Webster's uniform term, less the half headway by which whole vehicles leave before the fluid does: the k-th vehicle
    (k = 0, 1, ...) of a queue leaves k / s after green begins, where the fluid's k-th unit leaves at (k + 1/2) / s.
    """
    flow, red, count = 1 / gap, cycle - green, int(1000 * cycle / gap)
    signals = fixed_time(("1", "2", 0.0, float(green)), cycle=float(cycle))
    departures = gap * np.arange(count)
    result = drive(chain({}, {}), trips("0", "2", departures), signals=signals, until=1100.0 * cycle)
    moving = 1 - flow / 0.8
    expected = red**2 / (2 * cycle * moving) - red / (2 * 0.8 * cycle * moving)
    assert result.trips()["travel_time"].mean() - 100.0 == approx(expected, rel=0.01)


@pytest.mark.parametrize("flow", [0.16, 0.32])
def test_queue_at_red(flow):
    """Arrivals q, red r: the queue is gone r q / (s - q) after green begins (LWR: the two shocks meet at the line)."""
    red, green, cycle = 60.0, 60.0, 120.0
    signals = fixed_time(("1", "2", 0.0, green), cycle=cycle)
    result = drive(chain({}, {}), trips("0", "2", steady((flow, 20 * cycle))), signals=signals, until=30 * cycle)
    passages = on(result, "1")
    waited = passages[passages["left"] > passages["entered"] + 50.001]
    cycles = waited["left"] // cycle
    gone = (waited["left"] % cycle).groupby(cycles).max()
    assert len(gone) >= 19
    # The last vehicle that waited and the first that did not are one arrival headway apart.
    assert gone.to_numpy()[1:-1] == approx(red * flow / (0.8 - flow), abs=1 / flow)


def test_room_runs_back_from_when_the_light_turns_green():
    """A full road of 100 m, w = 5 m/s: room is at its beginning L / w = 20 s after green, whatever is lost in starting.

    Drivers set out when the light turns green; the start-up loss of 2 s is what they lose in speeding up, so the first
    one is out 2 s after green, and 20 places of 5 m are taken by as many as get in a headway of 1.25 s apart.
    """
    signals = fixed_time(("2", "3", 600.0, 400.0), cycle=1000.0, loss=2.0)
    roads = chain({}, {"length": 100.0}, {})
    result = drive(roads, trips("0", "3", steady((0.8, 300))), signals=signals, until=700.0)
    left, entered = on(result, "2")["left"].min(), on(result, "2")["entered"].sort_values().to_numpy()
    assert left == approx(602.0)
    assert (entered < 600).sum() == 20
    assert entered[20:26] == approx(620 + 1.25 * np.arange(6), abs=0.01)


def delay_at_second_signal(offset):
    """Send ten vehicles from one signal's green to another one 1 km on, later by an offset; return delays there [s]."""
    red, green, cycle = 30.0, 30.0, 60.0
    assert red + green == cycle
    signals = fixed_time(("1", "2", 0.0, green, 10.0), ("2", "3", 0.0, green, 10.0 + offset), cycle=cycle)
    result = drive(chain({}, {}, {}), trips("0", "3", steady((0.8, 12.5))), signals=signals)
    # They stand at the first signal from 50 s on and leave when it turns green at 70 s, 1.25 s apart.
    assert on(result, "1")["left"].to_numpy() == approx(70 + 1.25 * np.arange(10), abs=0.02)
    passages = on(result, "2")
    return (passages["left"] - passages["entered"] - 50.0).to_numpy()


def test_offset_between_two_signals():
    """Platoon of 12.5 s, green 30 s of 60: no delay at offset L / u = 50 s; worst, each waits r, at L / u + r = 80."""
    assert delay_at_second_signal(50.0) == approx(0.0, abs=0.05)
    assert delay_at_second_signal(20.0) == approx(30.0, rel=0.01)
    means = {offset: delay_at_second_signal(float(offset)).mean() for offset in range(0, 60, 2)}
    assert max(means, key=means.get) == 20
    assert max(means.values()) == approx(30.0, rel=0.01)


def test_littles_law():
    """Mean number on road = arrival rate x mean time on road, here counted at 60 moments of a morning with a queue."""
    roads, demand = chain({}, {}, exits={"1": 2 / 3}), trips("0", "2", steady((0.8, 500), (0.4, 500)))
    table = drive(roads, demand).trips()
    end = table["arrived"].max()
    moments = (np.arange(60) + 0.5) * end / 60
    counted = [(drive(roads, demand, until=moment).trips()["fate"] == "on road").sum() for moment in moments]
    mean_time = (table["arrived"] - table["entered"]).mean()
    assert np.mean(counted) == approx(len(table) / end * mean_time, rel=0.01)


def test_unreachable_destination():
    """A trip without a way is refused by name and stays in the count; the others drive."""
    roads = network([road("1", "A", "B"), road("2", "C", "B")])
    there, lost = trips("A", "B", [0.0, 10.0]), trips("A", "C", [5.0], ids=[7])
    table = drive(roads, there, lost).trips().set_index("trip_id")
    assert len(table) == 3
    assert list(table["fate"]) == ["arrived", "arrived", "refused"]
    assert "A" in table.loc[7, "reason"]
    assert "C" in table.loc[7, "reason"]
    assert np.isnan(table.loc[7, "arrived"])
