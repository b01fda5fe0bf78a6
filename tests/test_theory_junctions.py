"""Junctions with known answers: starting up, amber, gaps, ranks, and who goes when all want to.

As in ``test_theory`` a road has one lane of 1 km, u = 20 m/s (50 s), s = 0.8 veh/s (1.25 s apart) and jam density 0.2
veh/m unless a test says otherwise. Who yields has a critical gap tc of 4.5 s and a follow-up time tf of 2.5 s.

References
----------
Highway Capacity Manual 2010 (HCM): ch. 18 and 31 (lost times, sneakers, permitted left turns), 19 (gaps and ranks), 20
(all-way stops), 21 (roundabouts).
Harders, J. (1968). Die Leistungsfaehigkeit nicht signalgeregelter staedtischer Verkehrsknoten. Strassenbau und
Strassenverkehrstechnik 76. In a gap h of the major stream floor((h - tc) / tf) + 1 go, if h >= tc; where the major
stream is Poisson with q these are q exp(-q tc) / (1 - exp(-q tf)) a second (HCM eq. 19-32).
Goyal, P., Vin, H. M., Cheng, H. (1997). Start-time fair queueing. IEEE/ACM Transactions on Networking 5(5).
"""

from __future__ import annotations

import numpy as np
import pytest
from pytest import approx  # noqa: PT013 - it is written in every second line
from roads import chain, merge, network, road, steady, trips
from theory import drive, entries, fixed_time, giving_way, on, poisson

GAP, FOLLOW_UP = 4.5, 2.5
MINOR = 100_000
"""Trip ids of those who yield begin here."""


def gone(result, link_id, begin, end):
    """Return how many left a link between two moments."""
    return on(result, link_id)["left"].between(begin, end, inclusive="left").sum()


# Signals: what is lost at the beginning of green and won at its end.


@pytest.mark.parametrize(
    ("cycle", "green", "loss"), [(60.0, 30.0, 2.0), (90.0, 31.7, 2.5), (60.0, 20.4, 1.3), (40.0, 10.0, 0.7)]
)
def test_startup_loss(cycle, green, loss):
    """Saturated: the effective green is g - l, so s (g - l) / C (HCM 2010 ch. 18: g = G - l1)."""
    signals = fixed_time(("1", "2", 0.0, green), cycle=cycle, loss=loss)
    begin, end = 600, 600 + 40 * cycle
    result = drive(chain({}, {}), trips("0", "2", steady((1.0, end))), signals=signals, until=end)
    assert gone(result, "1", begin, end) == approx(0.8 * (green - loss) / cycle * (end - begin), rel=0.01, abs=1)


def test_who_stands_starts_up_and_who_comes_in_green_drives_on():
    """Green from 0 to 30 of 60 s, loss 2 s; one car a cycle at moments x of it.

    x < 30: no wait at all; x >= 30: it stands, and goes at 60 + 2 (HCM 2010 ch. 18: only a queue starts up).
    """
    moments = np.array([0.0, 0.5, 1.0, 10.0, 29.9, 30.0, 31.0, 45.0, 59.9])
    departures = 600.0 * np.arange(1, len(moments) + 1) - 50.0 + moments
    signals = fixed_time(("1", "2", 0.0, 30.0), cycle=60.0, loss=2.0)
    result = drive(chain({}, {}), trips("0", "2", departures), signals=signals)
    waits = result.trips()["travel_time"] - 100.0
    assert waits.to_numpy() == approx(np.where(moments < 30, 0.0, 62.0 - moments), abs=1e-6)


@pytest.mark.parametrize(("amber", "used"), [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 2.0), (5.0, 2.0)])
def test_amber_used_lengthens_green(amber, used):
    """Saturated: s (g - l + min(amber, 2)) / C: 2 s of amber are driven in (HCM 2010 ch. 18: e = 2 s)."""
    signals = fixed_time(("1", "2", 0.0, 25.0), cycle=60.0, loss=2.0, amber=amber)
    result = drive(chain({}, {}), trips("0", "2", steady((1.0, 3000))), signals=signals, until=3000)
    assert gone(result, "1", 600, 3000) == approx(0.8 * (25.0 - 2.0 + used) / 60 * 2400, rel=0.01, abs=1)


# Left turns that are permitted only.


def left_turn(opposing, *, amber=0.0, permitted=True, loss=0.0, until=1850.0):
    """Turn left (a to n) across an opposing stream (o to w), both green from 0 to 30 of 60 s; the left is saturated."""
    roads = network(
        [road("a", "A", "J"), road("n", "J", "N"), road("o", "O", "J"), road("w", "J", "W")],
        turns=[{"in_link": "a", "out_link": "n"}, {"in_link": "o", "out_link": "w"}],
    )
    signals = fixed_time(
        ("a", "n", 0.0, 30.0), ("o", "w", 0.0, 30.0),
        cycle=60.0, amber=amber, loss=loss, permitted=[("a", "n")] if permitted else [],
    )  # fmt: skip
    lefts = steady((1.0, 1800))
    return drive(
        giving_way(roads, ("a", "n", "o", "w")),
        trips("O", "W", opposing), trips("A", "N", lefts, ids=range(MINOR, MINOR + len(lefts))),
        signals=signals, until=until,
    )  # fmt: skip


@pytest.mark.parametrize(("amber", "sneakers"), [(1.0, 1), (1.25, 1), (1.3, 2), (2.0, 2), (4.0, 2)])
@pytest.mark.parametrize("loss", [0.0, 2.0])
def test_sneakers(amber, sneakers, loss):
    """The opposing stream is saturated: only those go who clear the junction in min(amber, 2 s), 1.25 s apart.

    Two a cycle with the usual amber (HCM 2010 ch. 31: sneakers of an exclusive lane, 2 a cycle).
    """
    result = left_turn(steady((1.0, 1800)), amber=amber, loss=loss)
    cycles = on(result, "a")["left"].dropna() // 60
    for cycle in range(5, 30):
        assert (cycles == cycle).sum() == sneakers


def test_without_amber_nobody_sneaks():
    """All who turn do so in green."""
    lefts = on(left_turn(steady((1.0, 1800))), "a")["left"].dropna()
    assert (lefts % 60 < 30).all()


@pytest.mark.parametrize(("amber", "count"), [(0.0, 5), (2.0, 6)])
def test_permitted_left_in_unsaturated_green(amber, count):
    """Opposing cars 6 s apart, in step with the cycle: at the line at 2, 8, 14, 20, 26 s of green, five come in red.

    The five leave at 0, 1.25 ... 5 s, the next at 6.25, 8, 14, 20, 26 s, then nobody until the next green: no left in
    6.25 to 8, one in each gap of 6 s (1.5 / 2.5 + 1), and at 26 and 28.5 s two more: 5 a cycle. With amber the
    follow-up time of the last is over at 31, when it is still driven in: 6 (HCM 2010 ch. 31: unsaturated green and
    sneakers).
    """
    result = left_turn(6.0 * np.arange(300), amber=amber)
    opposing = on(result, "o")["left"].dropna().to_numpy()
    lefts = on(result, "a")["left"].dropna().to_numpy()
    own = opposing[opposing // 60 == 10] % 60
    assert own == approx([0, 1.25, 2.5, 3.75, 5.0, 6.25, 8, 14, 20, 26], abs=0.02)
    assert lefts[lefts // 60 == 10] % 60 == approx([8, 14, 20, 26, 28.5, 31][:count], abs=0.02)
    assert [(lefts // 60 == cycle).sum() for cycle in range(5, 30)] == [count] * 25


def test_a_protected_left_does_not_yield():
    """The same green, protected: s g / C, whatever comes from the other side."""
    result = left_turn(steady((1.0, 1800)), permitted=False, until=1800)
    assert gone(result, "a", 300, 1800) == approx(0.8 * 0.5 * 1500, rel=0.01, abs=1)


# Gaps.


def crossing(*streams, end, gap=GAP, follow_up=FOLLOW_UP, major=None):
    """Cross major streams ("m0" to "n0", ...) with a saturated road ("r" to "x"), which yields to each of them."""
    rows = [road("r", "R", "J"), road("x", "J", "X")]
    turns, tables = [{"in_link": "r", "out_link": "x"}], []
    for n, departures in enumerate(streams):
        rows += [road(f"m{n}", f"M{n}", "J", **(major or {})), road(f"n{n}", "J", f"N{n}", **(major or {}))]
        turns.append({"in_link": f"m{n}", "out_link": f"n{n}"})
        begin = sum(len(table) for table in tables)
        tables.append(trips(f"M{n}", f"N{n}", departures, ids=range(begin, begin + len(departures))))
    minor = steady((0.5, end))
    tables.append(trips("R", "X", minor, ids=range(MINOR, MINOR + len(minor))))
    pairs = [("r", "x", f"m{n}", f"n{n}") for n in range(len(streams))]
    return drive(giving_way(network(rows, turns=turns), *pairs, gap=gap, follow_up=follow_up), *tables, until=end)


def in_gaps(result, *majors):
    """Return the gaps between those who leave major roads, and how many leave "r" in each."""
    passed = np.sort(np.concatenate([on(result, link)["left"].dropna().to_numpy() for link in majors]))
    minor = on(result, "r")["left"].dropna().to_numpy()
    return np.diff(passed), np.histogram(minor, passed)[0]


@pytest.mark.parametrize(
    ("gap", "follow_up", "headway", "count"),
    [
        (4.5, 2.5, 2.2, 0), (4.5, 2.5, 4.6, 1), (4.5, 2.5, 6.9, 1), (4.5, 2.5, 7.1, 2), (4.5, 2.5, 10.0, 3),
        (4.5, 2.5, 24.6, 9), (6.2, 3.3, 9.4, 1), (6.2, 3.3, 9.6, 2), (7.1, 3.5, 14.2, 3), (4.1, 1.0, 8.0, 4),
    ],
)  # fmt: skip
def test_evenly_spaced_major_stream(gap, follow_up, headway, count):
    """floor((h - tc) / tf) + 1 go in each gap h (Harders 1968); where tf is 1 s the road's own 1.25 s count instead."""
    assert count == (0 if headway < gap else int((headway - gap) / max(follow_up, 1.25)) + 1)
    result = crossing(headway * np.arange(100), end=100 * headway, gap=gap, follow_up=follow_up)
    gaps, counts = in_gaps(result, "m0")
    assert gaps == approx(headway, abs=0.002)
    assert (counts[12:] == count).all()


@pytest.mark.parametrize(("gap", "headway"), [(4.5, 4.4), (4.5, 3.0), (6.5, 3.8), (6.5, 3.26), (6.5, 3.24)])
def test_who_waits_long_takes_shorter_gaps(gap, headway):
    """No gap is long enough for the patient: one goes once its wait w has made tc (1 - (w - p) / (18 p)) as short as h.

    The head is ready tf after the one before it left, p is 30 s, and nobody takes less than half a gap (at 10 p). So
    one goes every k gaps, k being the least number with k h >= tf + p + 18 p (1 - h / tc).
    """
    wait = 30.0 + 540.0 * (1 - headway / gap)
    result = crossing(headway * np.arange(1000), end=1000 * headway, gap=gap)
    _, counts = in_gaps(result, "m0")
    went = np.flatnonzero(counts[100:])
    if wait > 300.0:
        assert len(went) == 0
    else:
        assert len(went) > 3
        assert (np.diff(went) == np.ceil((FOLLOW_UP + wait) / headway)).all()


THIN = {"capacity": 20.0, "jam_density": 2.0}
"""A major road that hardly spaces its cars: .05 s."""


@pytest.mark.parametrize(("rate", "gap", "follow_up"), [(0.1, 4.5, 2.5), (0.2, 4.5, 2.5), (0.15, 7.1, 3.5)])
def test_poisson_major_stream(rate, gap, follow_up):
    """q exp(-q tc) / (1 - exp(-q tf)) a second (Harders 1968, HCM 2010 eq. 19-32), so E = that / q in a gap.

    P(k or more in a gap) = p r^(k - 1), p = exp(-q tc), r = exp(-q tf): E = p / (1 - r), E of squares p (1 + r) /
    (1 - r)^2. 5,000 gaps, three standard errors; and floor((h - tc) / tf) + 1 in each gap, exactly (1 ms is lost).
    """
    count = 5_000
    departures = poisson(rate, count, seed=1)
    result = crossing(departures, end=departures[-1], gap=gap, follow_up=follow_up, major=THIN)
    gaps, counts = in_gaps(result, "m0")
    saturated = slice(50, None)  # the first minor vehicles are not there before 50 s
    exact = np.where(gaps >= gap, np.floor((gaps - gap) / follow_up) + 1, 0)[saturated]
    assert np.abs(counts[saturated] - exact).max() <= 1
    assert (counts[saturated] != exact).mean() < 0.01
    p, r = np.exp(-rate * gap), np.exp(-rate * follow_up)
    mean, square = p / (1 - r), p * (1 + r) / (1 - r) ** 2
    error = np.sqrt((square - mean**2) / len(exact))
    assert counts[saturated].mean() == approx(mean, abs=3 * error)


def test_bunched_major_stream():
    """A road of s = .8 bunches a Poisson stream: each gap still takes floor((h - tc) / tf) + 1, whatever their law."""
    departures = poisson(0.4, 3_000, seed=2)
    result = crossing(departures, end=departures[-1])
    gaps, counts = in_gaps(result, "m0")
    exact = np.where(gaps >= GAP, np.floor((gaps - GAP) / FOLLOW_UP) + 1, 0)[50:]
    assert (gaps < 1.3).mean() > 0.3
    assert counts[50:].sum() == approx(exact.sum(), rel=0.01)


def test_two_major_streams():
    """Two Poisson streams are one of q1 + q2 (HCM 2010 eq. 19-32 with the sum of conflicting flows)."""
    first, second = poisson(0.12, 3_000, seed=3), poisson(0.08, 2_000, seed=4)
    end = min(first[-1], second[-1])
    result = crossing(first, second, end=end, major=THIN)
    gaps, counts = in_gaps(result, "m0", "m1")
    counts = counts[50:]
    exact = np.where(gaps >= GAP, np.floor((gaps - GAP) / FOLLOW_UP) + 1, 0)[50:]
    assert counts.sum() == approx(exact.sum(), rel=0.01)
    p, r = np.exp(-0.2 * GAP), np.exp(-0.2 * FOLLOW_UP)
    mean, square = p / (1 - r), p * (1 + r) / (1 - r) ** 2
    assert counts.mean() == approx(mean, abs=3 * np.sqrt((square - mean**2) / len(counts)))


def test_a_blocked_major_stream_holds_nobody():
    """The major stream's next road is full and lets nobody out: who crosses goes every tf, 1 / 2.5 = .4 veh/s."""
    rows = [road("r", "R", "J"), road("x", "J", "X"), road("m0", "M0", "J"), road("n0", "J", "N0", length=50.0)]
    rows.append(road("z", "N0", "Z"))
    turns = [("r", "x"), ("m0", "n0"), ("n0", "z")]
    roads = network(rows, turns=[{"in_link": a, "out_link": b} for a, b in turns])
    minor, major = steady((0.5, 1000)), steady((0.8, 500))
    result = drive(
        giving_way(roads, ("r", "x", "m0", "n0")),
        trips("M0", "Z", major), trips("R", "X", minor, ids=range(MINOR, MINOR + len(minor))),
        signals=fixed_time(("n0", "z", 5000.0, 1000.0), cycle=10_000.0), until=1000,
    )  # fmt: skip
    assert on(result, "m0")["left"].notna().sum() == 10  # 50 m x .2
    assert gone(result, "r", 100, 1000) == approx(0.4 * 900, abs=1)


@pytest.mark.parametrize("length", [5.0, 20.0, 60.0, 100.0])
@pytest.mark.parametrize("pieces", [1, 2, 4])
def test_a_major_approach_is_seen_beyond_its_short_links(length, pieces):
    """The major road is cut before the junction, as maps cut roads: its gaps of 10 s still take 3."""
    result = drive_across(length, pieces, "N")
    _, counts = in_gaps(result, "m0")
    assert (counts[12:] == 3).all()


def test_nobody_waits_for_those_who_turn_off_before():
    """All who come on the major road leave it 20 m before the junction: who yields goes every tf, .4 veh/s."""
    result = drive_across(20.0, 1, "O")
    assert gone(result, "r", 200, 1000) == approx(0.4 * 800, abs=1)


def drive_across(length, pieces, destination):
    """Cross a major road that is cut into pieces before the junction; before them a road leads from it to "O"."""
    rows = [road("r", "R", "J"), road("x", "J", "X"), road("m", "M", f"I{pieces - 1}"), road("n0", "J", "N")]
    rows += [road(f"m{n}", f"I{n}", f"I{n - 1}" if n else "J", length=length) for n in range(pieces)]
    rows.append(road("o", f"I{pieces - 1}", "O"))
    turns = [("r", "x"), ("m", f"m{pieces - 1}"), ("m0", "n0"), ("m", "o")]
    turns += [(f"m{n}", f"m{n - 1}") for n in range(1, pieces)]
    roads = network(rows, turns=[{"in_link": a, "out_link": b} for a, b in turns])
    minor = steady((0.8, 1000))
    return drive(
        giving_way(roads, ("r", "x", "m0", "n0")),
        trips("M", destination, 10.0 * np.arange(100)),
        trips("R", "X", minor, ids=range(MINOR, MINOR + len(minor))), until=1000,
    )  # fmt: skip


def test_four_entries_of_a_small_roundabout_all_flow():
    """A ring of four links of 10 m; everybody goes straight over (half of it), .15 a second from each side: all flow.

    Who enters gives way to the ring and sees half of it coming: nobody waits for one who waits for it, for whatever
    they ask the four never stand for each other. .15 + .15 pass each entry, and .15 enter: far below its capacity of
    .3 e^(-.3 4.5 + .3 1.25) / (1 - e^(-.3 2.5)), so that all arrive as they come.
    """
    sides = range(4)
    rows = [road(f"in{n}", f"A{n}", f"R{n}") for n in sides] + [road(f"out{n}", f"R{n}", f"B{n}") for n in sides]
    rows += [road(f"ring{n}", f"R{n}", f"R{(n + 1) % 4}", length=10.0, speed=5.0, capacity=0.5) for n in sides]
    turns = [(f"in{n}", f"ring{n}") for n in sides] + [(f"ring{n}", f"ring{(n + 1) % 4}") for n in sides]
    turns += [(f"ring{n}", f"out{(n + 1) % 4}") for n in sides]
    roads = network(rows, turns=[{"in_link": a, "out_link": b} for a, b in turns])
    yields = [(f"in{n}", f"ring{n}", f"ring{(n - 1) % 4}", f"ring{n}") for n in sides]
    tables = [
        trips(f"A{n}", f"B{(n + 2) % 4}", poisson(0.15, 300, seed=n), ids=range(1000 * n, 1000 * n + 300))
        for n in sides
    ]
    for rate in (1, 4):
        early = [table.assign(departure=table["departure"] / rate) for table in tables]
        result = drive(giving_way(roads, *yields), *early, until=20_000)
        table = result.trips()
        assert (table["fate"] == "arrived").all()
        assert table["travel_time"].mean() < 104 + 30 if rate == 1 else table["travel_time"].mean() > 104


# Ranks and merges.


def test_who_yields_to_two_turns_goes_in_the_gaps_of_both():
    """Cars from the west at 0, 20.1, 40.2 ... s, from the east at 8, 28.1 ... s: gaps of 8 and 12.1 s take 2 and 4.

    (HCM 2010 ch. 19: a movement of the third rank yields to those of the first and second.)
    """
    result = crossing(20.1 * np.arange(100), 8.0 + 20.1 * np.arange(100), end=2000)
    gaps, counts = in_gaps(result, "m0", "m1")
    counts, gaps = counts[12:], gaps[12:]
    assert (counts[gaps < 10] == 2).all()
    assert (counts[gaps > 10] == 4).all()


def test_who_yields_waits_for_one_who_yields_before_it():
    """West through every 20 s; a left from the east comes 2 s before it and has to let it go; the minor yields to both.

    The left goes at 20 s (0 of the next), so for the minor the road is free from then until the left stands at 18 s:
    (18 - 4.5) / 2.5 + 1 = 6 in each 20 s (HCM 2010 ch. 19: ranks 1, 2 and 3).
    """
    rows = [
        road("w", "W", "J"), road("we", "J", "E2"), road("e", "E", "J"), road("es", "J", "S"),
        road("r", "R", "J"), road("x", "J", "X"),
    ]  # fmt: skip
    turns = [("w", "we"), ("e", "es"), ("r", "x")]
    roads = giving_way(
        network(rows, turns=[{"in_link": a, "out_link": b} for a, b in turns]),
        ("e", "es", "w", "we"), ("r", "x", "w", "we"), ("r", "x", "e", "es"),
    )  # fmt: skip
    minor = steady((0.5, 2000))
    result = drive(
        roads,
        trips("W", "E2", 20.0 * np.arange(100)), trips("E", "S", 18.0 + 20.0 * np.arange(100), ids=range(100, 200)),
        trips("R", "X", minor, ids=range(MINOR, MINOR + len(minor))), until=2000,
    )  # fmt: skip
    lefts = on(result, "e")["left"].dropna().to_numpy()
    assert (lefts - 50) % 20 == approx(0.0, abs=0.01)
    _, counts = in_gaps(result, "w")
    assert (counts[6:] == 6).all()


@pytest.mark.parametrize(("headway", "count"), [(4.6, 1), (7.1, 2), (10.0, 3), (12.1, 4)])
def test_entry_to_a_roundabout(headway, count):
    """Circulating cars h apart; those who enter drive on the same ring behind them: floor((h - tc) / tf) + 1 in a gap.

    (HCM 2010 ch. 21: the critical headway is one of the circulating stream, from car to car.)
    """
    roads = giving_way(merge(), ("b", "c", "a", "c"))
    minor = steady((0.8, 1500))
    result = drive(
        roads, trips("A", "C", headway * np.arange(100)),
        trips("B", "C", minor, ids=range(MINOR, MINOR + len(minor))), until=100 * headway,
    )  # fmt: skip
    passed = on(result, "a")["left"].dropna().to_numpy()
    counts = np.histogram(on(result, "b")["left"].dropna(), passed)[0]
    assert (counts[12:] == count).all()
    circulating = result.trips().set_index("trip_id").loc[:50, "travel_time"]
    assert circulating.to_numpy() == approx(100.0, abs=0.01)  # they are not held up


@pytest.mark.parametrize("weights", [(1, 1), (1, 3)])
@pytest.mark.parametrize("c", [{}, {"length": 100.0}, {"length": 20.0}], ids=["1 km", "100 m", "20 m"])
def test_priority_starves_nobody_behind_a_queue(weights, c):
    """Road b yields to a; beyond them c's exit takes .4, so its queue stands through the merge.

    So nobody is free to go, and they go in turn, by weights 1:1 .2 + .2, 1:3 .1 + .3 (zip; Daganzo 1995).
    """
    rows = [road("a", "A", "J"), road("b", "B", "J"), road("c", "J", "C", **c)]
    turns = [{"in_link": link, "out_link": "c", "weight": weight} for link, weight in zip("ba", weights, strict=True)]
    departures = steady((0.6, 3000))
    count = len(departures)
    result = drive(
        giving_way(network(rows, turns=turns, exits={"c": 0.4}), ("b", "c", "a", "c")),
        trips("A", "C", departures), trips("B", "C", departures, ids=range(count, 2 * count)), until=3000,
    )  # fmt: skip
    share = 0.4 * weights[0] / sum(weights)
    assert entries(result, "c", 1000, 3000) == approx(0.4, rel=0.01)
    assert entries(result, "c", 1000, 3000, range(count, 2 * count)) == approx(share, rel=0.02)


def test_all_way_stop():
    """Four approaches at a node that serves one vehicle every 2 s, all saturated: .125 each (fair queueing).

    (HCM 2010 ch. 20: at an all-way stop vehicles go in turn, one departure headway apart.)
    """
    result = all_way([1.0, 1.0, 1.0, 1.0])
    flows = [entries(result, f"out{n}", 500, 2500) for n in range(4)]
    assert flows == approx([0.125] * 4, rel=0.01)


def test_all_way_stop_with_a_quiet_approach():
    """One asks for .05 and gets it; the others share the rest: (.5 - .05) / 3 = .15 each."""
    result = all_way([0.05, 1.0, 1.0, 1.0])
    flows = [entries(result, f"out{n}", 500, 2500) for n in range(4)]
    assert flows == approx([0.05, 0.15, 0.15, 0.15], rel=0.01, abs=1 / 2000)


def all_way(rates):
    """Drive four approaches straight over a node of capacity .5."""
    rows = [row for n in range(4) for row in (road(f"in{n}", f"A{n}", "J"), road(f"out{n}", "J", f"B{n}"))]
    turns = [{"in_link": f"in{n}", "out_link": f"out{n}"} for n in range(4)]
    tables = []
    for n, rate in enumerate(rates):
        departures = steady((rate, 2500))
        tables.append(trips(f"A{n}", f"B{n}", departures, ids=range(10_000 * n, 10_000 * n + len(departures))))
    return drive(network(rows, turns=turns, node_capacity={"J": 0.5}), *tables, until=2500)
