"""What must hold in any town, whatever the numbers: nobody is lost, nobody overtakes, nobody drives in red."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from roads import EFFORTS, ints, scaled, streets

from twin.kernels.columns import NO_SIGNAL, NOT_YET, Columns
from twin.kernels.loading import advance, begin

TOWNS = st.one_of(
    streets(),
    streets(loops=False, min_vehicles=10),
    streets(max_links=4, min_vehicles=20, last_departure=60, loops=False, lit=True),
)
UNTIL = 2000


def driven(columns, *cuts):
    """Return the times after advancing from cut to cut."""
    state = begin(columns)
    for until in cuts:
        advance(state, columns, until)
    return state.times


def journeys(columns, times):
    """Give each vehicle's links, the turns that it takes out of them (one less), and its times."""
    for vehicle in range(len(columns.vehicle_departure)):
        first, after = columns.vehicle_route[vehicle : vehicle + 2]
        steps = columns.route[first:after].tolist()
        links = steps[:1] + [int(columns.turn_link[turn]) for turn in steps[1:]]
        yield links, steps[1:], times[first + vehicle : after + vehicle + 1].tolist()


def passages(columns, times):
    """Give each visit of a link that began: link, lane group, turn or None, when entered, when left or NOT_YET."""
    for links, turns, moments in journeys(columns, times):
        for step, link in enumerate(links):
            turn = turns[step] if step < len(turns) else None
            group = columns.link_arrival_group[link] if turn is None else columns.turn_group[turn]
            if moments[step] != NOT_YET:
                yield link, int(group), turn, moments[step], moments[step + 1]


@EFFORTS
def test_nobody_is_lost_or_made(effort):
    """At every cut: vehicles that drive = waiting + on road + arrived; what has happened by then stays as it was."""

    @given(TOWNS, st.lists(st.integers(0, UNTIL), min_size=1, max_size=8))
    def check(columns, cuts):
        state = begin(columns)
        final = driven(columns, UNTIL)
        for cut in sorted(cuts):
            advance(state, columns, cut)
            np.testing.assert_array_equal(state.times, np.where(final < cut, final, NOT_YET))
            drivers = [moments for links, _, moments in journeys(columns, state.times) if links]
            waiting = sum(moments[0] == NOT_YET for moments in drivers)
            arrived = sum(moments[-1] != NOT_YET for moments in drivers)
            on_road = sum(left == NOT_YET for *_, left in passages(columns, state.times))
            assert waiting + on_road + arrived == len(drivers)

    effort(check)()


@EFFORTS
def test_times_rise_by_free_time_at_least(effort):
    """Nobody enters before departing, nor leaves a link before its free-flow time is over."""

    @given(TOWNS)
    def check(columns):
        times = driven(columns, UNTIL)
        for departure, (links, _, moments) in zip(columns.vehicle_departure, journeys(columns, times), strict=True):
            happened = [moment for moment in moments if moment != NOT_YET]
            assert moments == happened + [NOT_YET] * (len(moments) - len(happened))
            assert not happened or happened[0] >= departure
            for link, entered, left in zip(links, happened, happened[1:], strict=False):
                assert left - entered >= columns.link_free_time[link]

    effort(check)()


@EFFORTS
def test_first_in_first_out_at_every_lane_group(effort):
    """Vehicles leave a lane group in the order in which they entered its link, a headway apart."""

    @given(TOWNS)
    def check(columns):
        queues = defaultdict(list)
        for _, group, _, entered, left in passages(columns, driven(columns, UNTIL)):
            queues[group].append((entered, left if left != NOT_YET else 10 * UNTIL))
        for group, visits in queues.items():
            exits = [left for _, left in sorted(visits)]
            assert exits == sorted(exits)
            gone = [left for left in exits if left < UNTIL]
            assert all(np.diff(gone) >= columns.group_headway[group])

    effort(check)()


@EFFORTS
def test_entries_keep_headway_and_storage_and_wave(effort):
    """The n-th entry waits for the (n - N)-th exit and its wave, so that there are never more than N vehicles."""

    @given(TOWNS)
    def check(columns):
        entries, exits = defaultdict(list), defaultdict(list)
        for link, _, _, entered, left in passages(columns, driven(columns, UNTIL)):
            entries[link].append(entered)
            exits[link] += [left] if left != NOT_YET else []
        for link, moments in entries.items():
            storage, wave = columns.link_storage[link], columns.link_wave_time[link]
            moments.sort()
            assert all(np.diff(moments) >= columns.link_headway[link])
            freed = sorted(exits[link])
            assert len(moments) - len(freed) <= storage
            assert all(enter >= free + wave for enter, free in zip(moments[storage:], freed, strict=False))
            present = Counter(moments)
            present.subtract(freed)
            assert np.cumsum([present[moment] for moment in sorted(present)]).max() <= storage

    effort(check)()


@EFFORTS
def test_nobody_leaves_in_red(effort):
    """Every turn with a signal is made while (t - offset) mod cycle is in one of its windows."""

    @given(TOWNS)
    def check(columns):
        for *_, turn, _, left in passages(columns, driven(columns, UNTIL)):
            if turn is None or left == NOT_YET or columns.turn_signal[turn] == NO_SIGNAL:
                continue
            signal = columns.turn_signal[turn]
            cycle = int(columns.signal_cycle[signal])
            second = (left - int(columns.signal_offset[signal])) % cycle
            rows = range(*columns.signal_windows[signal : signal + 2])
            windows = [(int(columns.window_start[row]), int(columns.window_length[row])) for row in rows]
            assert any(start <= now < start + length for start, length in windows for now in (second, second + cycle))

    effort(check)()


@EFFORTS
def test_gates_serve_one_at_a_time(effort):
    """Entries through one gate - a node's capacity - are its headway apart."""

    @given(TOWNS)
    def check(columns):
        services = defaultdict(list)
        for link, _, _, entered, _ in passages(columns, driven(columns, UNTIL)):
            services[columns.link_gate[link]].append(entered)
        for gate, moments in services.items():
            assert all(np.diff(sorted(moments)) >= max(columns.gate_headway[gate], 1))

    effort(check)()


@EFFORTS
def test_cutting_the_run_changes_nothing(effort):
    """However the run is cut, even at the same moment twice, the times are the same, bit for bit."""

    @given(TOWNS, st.sampled_from([1, 997, 20_000]), st.lists(st.floats(0, 1), max_size=30))
    def check(town, factor, cuts):
        columns, until = scaled(town, factor), UNTIL * factor
        moments = sorted(int(cut * until) for cut in cuts)
        assert driven(columns, *moments, until).tobytes() == driven(columns, until).tobytes()

    effort(check)()


def shuffled(draw, count):
    """Draw a new order of rows; return it (new row -> old row) and its inverse (old row -> new row)."""
    order = np.array(draw(st.permutations(range(count))), np.int64)
    return order, np.argsort(order)


def renumbered(draw, c):
    """Return the same town with the rows of links, lane groups, turns, gates and signals in another order."""
    links, link_now = shuffled(draw, len(c.link_gate))
    groups, group_now = shuffled(draw, len(c.group_link))
    turns, turn_now = shuffled(draw, len(c.turn_link))
    gates, gate_now = shuffled(draw, len(c.gate_headway))
    signals, signal_now = shuffled(draw, len(c.signal_cycle))
    firsts = c.vehicle_route[:-1][np.diff(c.vehicle_route) > 0]
    is_first = np.isin(np.arange(len(c.route)), firsts)
    route = np.array(
        [link_now[step] if first else turn_now[step] for step, first in zip(c.route, is_first, strict=True)], np.int32
    )
    rows = [np.arange(c.signal_windows[signal], c.signal_windows[signal + 1]) for signal in signals]
    windows = np.concatenate([np.zeros(0, np.int64), *rows])
    signal_now = np.append(signal_now, NO_SIGNAL)  # so that row -1 stays -1
    return Columns(
        *(column[links] for column in c[:4]),
        link_gate=ints(gate_now[c.link_gate[links]]),
        link_arrival_group=ints(group_now[c.link_arrival_group[links]]),
        source_cost=c.source_cost[links],
        group_headway=c.group_headway[groups],
        group_link=ints(link_now[c.group_link[groups]]),
        turn_link=ints(link_now[c.turn_link[turns]]),
        turn_group=ints(group_now[c.turn_group[turns]]),
        turn_signal=ints(signal_now[c.turn_signal[turns]]),
        turn_cost=c.turn_cost[turns],
        gate_headway=c.gate_headway[gates],
        signal_cycle=c.signal_cycle[signals],
        signal_offset=c.signal_offset[signals],
        signal_windows=ints(np.cumsum([0, *map(len, rows)])),
        window_start=c.window_start[windows],
        window_length=c.window_length[windows],
        vehicle_departure=c.vehicle_departure,
        vehicle_route=c.vehicle_route,
        route=route,
    )


@EFFORTS
def test_numbers_of_rows_mean_nothing(effort):
    """Another order of the rows of links, lane groups, turns, gates and signals gives the same times."""

    @given(st.data(), TOWNS)
    def check(data, columns):
        other = renumbered(data.draw, columns)
        np.testing.assert_array_equal(driven(other, UNTIL), driven(columns, UNTIL))

    effort(check)()


@st.composite
def chains(draw):
    """Draw a road of two to five links in a row, with one lane group narrower than all else, and its traffic."""
    n_link = draw(st.integers(2, 5))

    def some(least, most, count=n_link):
        return draw(st.lists(st.integers(least, most), min_size=count, max_size=count))

    n_vehicle = draw(st.integers(1, 40))
    narrow = draw(st.integers(0, n_link - 1))
    headways = some(1, 6)
    headways[narrow] = draw(st.integers(8, 20))
    row = np.arange(n_link)
    return narrow, Columns(
        link_free_time=ints(some(1, 60)), link_headway=ints(some(1, 6)), link_storage=ints(some(1, 20)),
        link_wave_time=ints(some(1, 5)), link_gate=ints(row), link_arrival_group=ints(row),
        source_cost=ints(some(1, 20)), group_headway=ints(headways), group_link=ints(row),
        turn_link=ints(row[1:]), turn_group=ints(row[:-1]), turn_signal=ints([NO_SIGNAL] * (n_link - 1)),
        turn_cost=ints(some(1, 20, n_link - 1)), gate_headway=ints([0] * n_link), signal_cycle=ints([]),
        signal_offset=ints([]), signal_windows=ints([0]), window_start=ints([]), window_length=ints([]),
        vehicle_departure=ints(some(0, 300, n_vehicle)), vehicle_route=np.arange(n_vehicle + 1) * n_link,
        route=ints([0, *row[:-1]] * n_vehicle),
    )  # fmt: skip


@EFFORTS
def test_more_capacity_on_the_only_bottleneck_delays_nobody(effort):
    """On a road without merges a shorter headway at its bottleneck makes no moment of any vehicle later."""

    @given(chains(), st.integers(1, 19))
    def check(drawn, less):
        narrow, columns = drawn
        headways = columns.group_headway.copy()
        headways[narrow] = max(headways[narrow] - less, 1)
        before, after = driven(columns, 100_000), driven(columns._replace(group_headway=headways), 100_000)
        assert (before != NOT_YET).all()
        assert (after != NOT_YET).all()
        assert (after <= before).all()

    effort(check)()
