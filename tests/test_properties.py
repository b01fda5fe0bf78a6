"""What must hold in any town, whatever the numbers: nobody is lost, nobody jumps the queue, nobody drives in red."""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from roads import EFFORTS, FACTORS, FEATURES, by_hand, ints, scaled, some, streets

from twin.kernels.columns import (
    FREE_TIME,
    GROUP_HEADWAY,
    HEADWAY,
    NO_SIGNAL,
    NOT_YET,
    NOWHERE,
    STORAGE,
    TURN_SIGNAL,
    UNITY,
    WAVE_TIME,
    Columns,
)
from twin.kernels.loading import advance
from twin.kernels.state import begin

UNTIL = 2000


def towns(*unlike):
    """Draw plain towns, and towns with any of the features but those in which the property does not hold."""
    features = st.sets(st.sampled_from([feature for feature in FEATURES if feature not in unlike]))
    plain = st.one_of(
        streets(),
        streets(loops=False, min_vehicles=10),
        streets(max_links=4, min_vehicles=20, last_departure=60, loops=False, lit=True),
    )
    return plain | towns_with(features)


def towns_with(features):
    """Draw towns with these features."""
    crowded = streets(max_links=4, min_vehicles=20, last_departure=60, loops=False, features=features)
    return streets(features=features) | crowded


WITH_PLACES = towns_with(st.sets(st.sampled_from(FEATURES)).map(lambda features: features | {"places"}))


def keeping(*kinds):
    """Return what takes changes of these kinds out of the timetable of a town."""

    def keep(columns):
        kept = ~np.isin(columns.timetable_kind, kinds)
        names = [name for name in Columns._fields if name.startswith("timetable")]
        return columns._replace(**{name: getattr(columns, name)[kept] for name in names})

    return keep


def driven(columns, *cuts):
    """Return the times after advancing from cut to cut."""
    state = begin(columns)
    for until in cuts:
        advance(state, columns, until)
    return state.log[:, 1]


def slower(duration, factor):
    """Return times of a car as those of a class with this factor."""
    return max(1, (int(duration) * int(factor) + UNITY // 2) // UNITY)


def least(columns, kind, name):
    """Return the least values that the numbers of a column ever have."""
    lowest = getattr(columns, name).copy()
    changes = columns.timetable_kind == kind
    np.minimum.at(lowest, columns.timetable_row[changes], columns.timetable_value[changes])
    return lowest


class Visit(NamedTuple):
    """A vehicle on a link that it has entered, or at its source (link NOWHERE, entered when it departs).

    ``group`` is the lane group where it stands: none in places and for those who pass; ``served`` is when its stay
    began; ``turn`` is by which turn it left.
    """

    vehicle: int
    link: int
    group: int | None
    entered: int
    served: int = NOT_YET
    turn: int | None = None
    left: int = NOT_YET


def journeys(columns, times):
    """Give each vehicle that drives, its rows of route with the times, and its visits."""
    for vehicle, rows in enumerate(map(range, columns.vehicle_route[:-1], columns.vehicle_route[1:])):
        if not rows:
            continue
        passes = columns.class_passes[columns.vehicle_class[vehicle]]
        group = None if passes else int(columns.turn_group[columns.route[rows[0]]])
        visits = [Visit(vehicle, NOWHERE, group, int(columns.vehicle_departure[vehicle]))]
        done = [(row, int(times[row])) for row in rows if times[row] != NOT_YET]
        for row, time in done:
            step = columns.route[row]
            if step < 0:
                visits[-1] = visits[-1]._replace(served=time)
                continue
            visits[-1] = visits[-1]._replace(turn=int(step), left=time)
            if columns.turn_link[step] != NOWHERE:
                stands = not passes and columns.route[row + 1] >= 0
                group = int(columns.turn_group[columns.route[row + 1]]) if stands else None
                visits.append(Visit(vehicle, int(columns.turn_link[step]), group, time))
        yield vehicle, done, visits


def all_visits(columns, times):
    """Return the visits of all vehicles."""
    return [visit for *_, visits in journeys(columns, times) for visit in visits]


def first_place(columns):
    """Return the row of the first link that is a place."""
    return len(columns.link_storage) - len(columns.place_bays) + 1


def units(columns, visit):
    """Return how many units a vehicle takes up on the link that it visits."""
    if visit.link >= first_place(columns):
        return 1
    size = columns.class_size[columns.vehicle_class[visit.vehicle]]
    return int(max(1, min(size, columns.link_storage[visit.link])))


@EFFORTS
def test_nobody_is_lost_or_made(effort):
    """At every cut: vehicles that drive = waiting + on road + arrived; what has happened by then stays as it was."""

    @given(towns(), st.lists(st.integers(0, UNTIL), min_size=1, max_size=8))
    def check(columns, cuts):
        state = begin(columns)
        final = driven(columns, UNTIL)
        for cut in sorted(cuts):
            advance(state, columns, cut)
            np.testing.assert_array_equal(state.log[:, 1], np.where(final < cut, final, NOT_YET))
            visits = all_visits(columns, state.log[:, 1])
            still = [visit for visit in visits if visit.left == NOT_YET]
            waiting = sum(visit.link == NOWHERE for visit in still)
            arrived = sum(visit.left != NOT_YET and columns.turn_link[visit.turn] == NOWHERE for visit in visits)
            assert waiting + (len(still) - waiting) + arrived == np.count_nonzero(np.diff(columns.vehicle_route))

    effort(check)()


def follows(columns, row, after):
    """Tell whether the step at row ``after`` may follow that at ``row``: the next one, or what to do else."""
    skipped = columns.route[row + 1 : after]
    ends = [row + 1 + end for end, turn in enumerate(skipped) if turn >= 0 and columns.turn_link[turn] == NOWHERE]
    starts = [row + 1, *[end + 1 for end in ends]]
    return after == starts[-1] and all(columns.turn_else[columns.route[start]] for start in starts[:-1])


@EFFORTS
def test_steps_follow_one_another_and_take_their_time(effort):
    """Nobody leaves before departing, nor a link before its free-flow time or the stay is over, nor jumps in space."""

    @given(towns())
    def check(columns):
        free_time = least(columns, FREE_TIME, "link_free_time")
        for vehicle, done, visits in journeys(columns, driven(columns, UNTIL)):
            slow = columns.class_slow[columns.vehicle_class[vehicle]]
            first = columns.vehicle_route[vehicle]
            assert all(follows(columns, row, after) for (row, _), (after, _) in pairwise([(first - 1, 0), *done]))
            assert all(time <= later for (_, time), (_, later) in pairwise(done))
            gone = [visit for visit in visits if visit.left != NOT_YET]
            assert len(visits) - len(gone) == (columns.turn_link[gone[-1].turn] != NOWHERE if gone else 1)
            stays = iter([-1 - columns.route[row] for row, _ in done if columns.route[row] < 0])
            for visit in gone:
                if visit.served != NOT_YET:
                    assert visit.entered <= visit.served <= visit.left - next(stays)
                    continue
                assert columns.group_link[columns.turn_group[visit.turn]] == visit.link
                takes = 0 if visit.link == NOWHERE else slower(free_time[visit.link], slow)
                assert visit.left - visit.entered >= takes

    effort(check)()


@EFFORTS
def test_first_in_first_out_at_every_lane_group(effort):
    """Vehicles leave a lane group in the order in which they entered its link, a headway apart."""

    @given(towns("overtaking", "passing"))
    def check(columns):
        headway = least(columns, GROUP_HEADWAY, "group_headway")
        queues = defaultdict(list)
        for visit in all_visits(columns, driven(columns, UNTIL)):
            if visit.group is not None:
                queues[visit.group].append(visit)
        for group, visits in queues.items():
            visits.sort(key=lambda visit: (visit.entered, visit.vehicle))
            gone = [visit for visit in visits if visit.left != NOT_YET]
            assert gone == visits[: len(gone)]
            for ahead, behind in pairwise(gone):
                factor = columns.class_headway[columns.vehicle_class[ahead.vehicle]]
                assert behind.left - ahead.left >= slower(headway[group], factor)

    effort(check)()


@EFFORTS
def test_first_in_first_out_within_a_class(effort):
    """Also where faster ones overtake: vehicles of one class leave a lane group in the order in which they came."""

    @given(towns("passing") | towns_with({"overtaking", "classes", "turning"}))
    def check(columns):
        queues = defaultdict(list)
        for visit in all_visits(columns, driven(columns, UNTIL)):
            if visit.group is not None:
                queues[visit.group, columns.vehicle_class[visit.vehicle]].append(visit)
        for visits in queues.values():
            visits.sort(key=lambda visit: (visit.entered, visit.vehicle))
            gone = [visit for visit in visits if visit.left != NOT_YET]
            assert gone == visits[: len(gone)]
            assert all(ahead.left < behind.left for ahead, behind in pairwise(gone))

    effort(check)()


@EFFORTS
def test_entries_keep_headway_and_wave(effort):
    """Who enters does so a headway after the one before, each unit when the wave has come of the exit before it.

    A queue may have set out before it left, by no more than what is lost at the signal, and the wave is then later yet.
    """

    @given(towns("passing").map(keeping(STORAGE, HEADWAY, WAVE_TIME)))
    def check(columns):
        links = defaultdict(list)
        for visit in all_visits(columns, driven(columns, UNTIL)):
            links[visit.link].append(visit)
        links.pop(NOWHERE, None)
        for link, visits in links.items():
            storage, wave = int(columns.link_storage[link]), int(columns.link_wave_time[link])
            visits.sort(key=lambda visit: visit.entered)
            leavers = sorted([visit for visit in visits if visit.left != NOT_YET], key=lambda visit: visit.left)
            left = [visit for visit in leavers for _ in range(units(columns, visit))]
            sooner = max(0, wave - slower(columns.link_headway[link], columns.class_headway.max()))
            entered, next_entry = 0, 0
            for visit in visits:
                factor = columns.class_headway[columns.vehicle_class[visit.vehicle]]
                headway = slower(columns.link_headway[link], factor)
                assert visit.entered >= next_entry
                count, next_entry = units(columns, visit), visit.entered + headway
                for unit in range(max(0, storage - entered), count):
                    comes = max(1, wave - unit * (headway // count))
                    before = left[entered + unit - storage]
                    lit = before.group is not None and columns.turn_signal[before.turn] >= 0
                    assert before.left + comes - lit * min(sooner, columns.window_loss.max(initial=0)) <= visit.entered
                    assert before.left < visit.entered
                entered += count

    effort(check)()


@EFFORTS
def test_never_more_on_a_link_than_it_has_room_for(effort):
    """Units on a link never exceed its storage, whoever passes; nobody is served where there is no bay."""

    @given(towns().map(keeping(STORAGE)))
    def check(columns):
        present, served = defaultdict(Counter), defaultdict(Counter)
        for visit in all_visits(columns, driven(columns, UNTIL)):
            for begins, held, count in ((visit.entered, present, units(columns, visit)), (visit.served, served, 1)):
                held[visit.link][begins] += count * (begins != NOT_YET)
                held[visit.link][visit.left] -= count * (NOT_YET not in (begins, visit.left))
        bays = dict(enumerate(np.diff(columns.place_bays), first_place(columns)))
        for held, room in ((present, columns.link_storage), (served, bays)):
            for link, changes in held.items():
                if link != NOWHERE and any(changes.values()):
                    assert np.cumsum([changes[moment] for moment in sorted(changes)]).max() <= room[link]

    effort(check)()


@EFFORTS
def test_bays_are_given_in_order_of_entry(effort):
    """Who enters a place first is served first, at once where a bay is empty; who passes enters last of all at once."""

    @given(WITH_PLACES)
    def check(columns):
        passes = columns.class_passes[columns.vehicle_class]
        places = defaultdict(list)
        for visit in all_visits(columns, driven(columns, UNTIL)):
            if visit.link >= first_place(columns):
                places[visit.link - first_place(columns)].append(visit)
        for place, visits in places.items():
            n_bay = int(np.diff(columns.place_bays)[place])
            visits.sort(key=lambda visit: (visit.entered, passes[visit.vehicle]))
            served = [visit.served for visit in visits if visit.served != NOT_YET]
            left = sorted(visit.left for visit in visits if visit.left != NOT_YET)
            freed = [NOT_YET] * n_bay + left
            assert served == [max(visit.entered, free) for visit, free in zip(visits, freed, strict=False)]

    effort(check)()


def signal_at(columns, turn, time):
    """Return the row of the signal that a turn has at some time."""
    of_turn = (columns.timetable_kind == TURN_SIGNAL) & (columns.timetable_row == turn)
    values = columns.timetable_value[of_turn & (columns.timetable_time <= time)]
    return values[-1] if len(values) else columns.turn_signal[turn]


@EFFORTS
def test_nobody_leaves_in_red(effort):
    """Every turn with a signal is made while (t - offset) mod cycle is in one of its windows."""

    @given(towns("passing"))
    def check(columns):
        for visit in all_visits(columns, driven(columns, UNTIL)):
            if visit.left == NOT_YET or (signal := signal_at(columns, visit.turn, visit.left)) == NO_SIGNAL:
                continue
            cycle = int(columns.signal_cycle[signal])
            second = (visit.left - int(columns.signal_offset[signal])) % cycle
            rows = range(*columns.signal_windows[signal : signal + 2])
            windows = [(int(columns.window_start[row]), int(columns.window_length[row])) for row in rows]
            assert any(start <= now < start + length for start, length in windows for now in (second, second + cycle))

    effort(check)()


@EFFORTS
def test_gates_serve_one_at_a_time(effort):
    """Entries through one gate - a node's capacity - are the headway of the one before apart."""

    @given(towns("passing"))
    def check(columns):
        services = defaultdict(list)
        for visit in all_visits(columns, driven(columns, UNTIL)):
            if visit.link != NOWHERE:
                services[columns.link_gate[visit.link]].append((visit.entered, visit.vehicle))
        for gate, entries in services.items():
            for (before, vehicle), (after, _) in pairwise(sorted(entries)):
                factor = columns.class_headway[columns.vehicle_class[vehicle]]
                assert after - before >= slower(columns.gate_headway[gate], factor)

    effort(check)()


@EFFORTS
def test_cutting_the_run_changes_nothing(effort):
    """However the run is cut, even at the same moment twice, the times are the same, bit for bit."""

    @given(towns(), st.sampled_from([1, 997, 20_000]), st.lists(st.floats(0, 1), max_size=30))
    def check(town, factor, cuts):
        columns, until = scaled(town, factor), UNTIL * factor
        moments = sorted(int(cut * until) for cut in cuts)
        assert driven(columns, *moments, until).tobytes() == driven(columns, until).tobytes()

    effort(check)()


@EFFORTS
def test_a_snapshot_goes_on_as_its_original_does(effort):
    """Copies of the arrays of a state are a state of its own, from which the run goes on to the same end."""

    @given(towns(), st.integers(0, UNTIL))
    def check(columns, cut):
        state = begin(columns)
        advance(state, columns, cut)
        snapshot = type(state)(*(array.copy() for array in state))
        so_far = state.log.tobytes()
        advance(state, columns, UNTIL)
        assert snapshot.log.tobytes() == so_far
        advance(snapshot, columns, UNTIL)
        assert snapshot.log.tobytes() == state.log.tobytes()

    effort(check)()


@EFFORTS
def test_two_threads_do_not_disturb_each_other(effort):
    """Runs of one town, and of another, at the same time give what they give alone; columns stay as they are."""

    @given(towns(), towns())
    def check(one, other):
        before = [array.tobytes() for columns in (one, other) for array in columns]
        runs = [one, other, one, other]
        with ThreadPoolExecutor(2) as threads:
            together = list(threads.map(driven, runs, [UNTIL] * len(runs)))
        assert [times.tobytes() for times in together] == [driven(columns, UNTIL).tobytes() for columns in runs]
        assert before == [array.tobytes() for columns in (one, other) for array in columns]

    effort(check)()


def shuffled(draw, count):
    """Draw a new order of rows; return it (new row -> old row) and its inverse (old row -> new row; -1 -> -1)."""
    order = np.array(draw(st.permutations(range(count))), np.int64)
    return order, np.append(np.argsort(order), -1)


def ragged(ends, order):
    """Return the rows of lists that are put into another order, and where the lists then end."""
    lists = [np.arange(ends[each], ends[each + 1]) for each in order]
    return np.concatenate([np.zeros(0, np.int64), *lists]), ints(ends[0] + np.cumsum([0, *map(len, lists)]))


def reordered_places(draw, c):
    """Draw new orders of links, lane groups and gates, with places, their bays and own gates as columns want them."""
    n_link, n_place = len(c.link_gate), len(c.place_bays) - 1
    places, _ = shuffled(draw, n_place)
    roads, _ = shuffled(draw, n_link - n_place)
    links = np.concatenate([roads, n_link - n_place + places])
    shared, _ = shuffled(draw, len(c.gate_headway) - n_link)
    bays, ends = ragged(c.place_bays, places)
    others = draw(st.permutations(np.setdiff1d(np.arange(len(c.group_link)), bays).tolist()))
    early = draw(st.integers(0, len(others)))
    groups = np.concatenate([np.array(others[:early], np.int64), bays, np.array(others[early:], np.int64)])
    return links, np.concatenate([links, n_link + shared]), groups, ints(ends - ends[0] + early)


def renumbered(draw, c):
    """Return the same town with the rows of everything but vehicles in another order."""
    links, gates, groups, place_bays = reordered_places(draw, c)
    link_now, gate_now, group_now = (np.append(np.argsort(order), -1) for order in (links, gates, groups))
    turns, turn_now = shuffled(draw, len(c.turn_link))
    yields, yield_now = shuffled(draw, len(c.yield_gap))
    signals, signal_now = shuffled(draw, len(c.signal_cycle))
    classes, class_now = shuffled(draw, len(c.class_size))
    majors, yield_turns = ragged(c.yield_turns, yields)
    windows, signal_windows = ragged(c.signal_windows, signals)
    now = {TURN_SIGNAL: turn_now, GROUP_HEADWAY: group_now}
    changes = list(zip(c.timetable_kind, c.timetable_row, c.timetable_value, strict=True))
    taken = {
        **dict.fromkeys(Columns._fields[:5], links), **dict.fromkeys(Columns._fields[5:8], groups),
        **{name: order for name in Columns._fields for part, order in (
            ("turn_", turns), ("gate_", gates), ("yield_gap", yields), ("yield_follow_up", yields),
            ("yield_patience", yields),
            ("yield_turn", majors), ("yield_onward", majors), ("yield_lead", majors),
            ("signal_", signals), ("window_", windows), ("class_", classes),
        ) if name.startswith(part)},
    }  # fmt: skip
    kept = {"yield_turns", "signal_windows"}
    rows = c._replace(**{name: getattr(c, name)[order] for name, order in taken.items() if name not in kept})
    return rows._replace(
        link_gate=ints(gate_now[rows.link_gate]),
        group_link=ints(link_now[rows.group_link]),
        turn_link=ints(link_now[rows.turn_link]),
        turn_group=ints(group_now[rows.turn_group]),
        turn_signal=ints(signal_now[rows.turn_signal]),
        turn_yield=ints(yield_now[rows.turn_yield]),
        yield_turn=ints(turn_now[rows.yield_turn]),
        yield_onward=ints(np.append(np.argsort(majors), -1)[rows.yield_onward]),
        yield_turns=yield_turns,
        signal_windows=signal_windows,
        place_bays=place_bays,
        vehicle_class=ints(class_now[c.vehicle_class]),
        route=ints([turn_now[step] if step >= 0 else step for step in c.route]),
        timetable_row=ints([now.get(kind, link_now)[row] for kind, row, _ in changes]),
        timetable_value=ints([signal_now[value] if kind == TURN_SIGNAL else value for kind, _, value in changes]),
    )


@EFFORTS
def test_numbers_of_rows_mean_nothing(effort):
    """Another order of the rows of links, lane groups, turns, gates, signals ... gives the same times."""

    @given(st.data(), towns())
    def check(data, columns):
        other = renumbered(data.draw, columns)
        np.testing.assert_array_equal(driven(other, UNTIL), driven(columns, UNTIL))

    effort(check)()


@st.composite
def chains(draw):
    """Draw a road of two to five links in a row, with one lane group narrower than all else, and its traffic."""
    n_link = draw(st.integers(2, 5))
    headways = draw(some(1, 6, n_link))
    narrow = draw(st.integers(0, n_link - 1))
    headways[narrow] = draw(st.integers(8, 20))
    link = st.tuples(st.integers(1, 60), st.integers(1, 6), st.integers(1, 20), st.integers(1, 5))
    kind = st.tuples(st.integers(1, 4), FACTORS, FACTORS, st.just(False))
    onwards = [(row + 1 if row + 1 < n_link else NOWHERE, row) for row in range(n_link)]
    steps = [n_link, *range(n_link)]
    return narrow, by_hand(
        draw(st.lists(link, min_size=n_link, max_size=n_link)),
        [*zip(headways, range(n_link), strict=True), (1, NOWHERE)],
        [*onwards, (0, n_link)],
        draw(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 1), st.just(steps)), min_size=1, max_size=40)),
        classes=[(1, UNITY, UNITY, False), draw(kind)],
    )


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
