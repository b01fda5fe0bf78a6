"""Fixes: corrections of the map, made as changes or listed in the file of a town folder."""

import re

import numpy as np
import pytest
from roads import chain, network, road, steady, trips
from theory import fixed_time, on

import twin
from tests.osm.conftest import osm
from twin import Close, Fix, SpeedLimit, read_town, write_town
from twin.demand import Demand
from twin.errors import BadSource, BadTable, UnknownName
from twin.network import Network, notes_table
from twin.scenario import Scenario


def town(**more):
    """Return a street of three links, 1 km each, all guessed; its ways are 11, 12 and 13."""
    bare = chain({}, {}, {})
    links = bare.links.assign(name=["High Street", "High Street", "Low Street"], osm_ways=[(11,), (12,), (13,)])
    notes = [("guessed lanes", "way:12", ""), ("guessed speed", "way:12", ""), ("guessed lanes", "way:13", "")]
    roads = Network(bare.nodes, links, lane_groups=bare.lane_groups, turns=bare.turns, notes=notes_table(notes))
    return Scenario(roads, Demand(trips("0", "3", steady((1.0, 600)))), **more)


def values(scenario, column):
    return scenario.network.links[column].tolist()


def kinds(scenario):
    return scenario.network.notes[["kind", "subject"]].to_numpy().tolist()


def test_lanes_are_those_along_the_way_and_at_its_end():
    fixed = town().change(Fix(12, lanes=2))
    assert values(fixed, "lanes") == [1, 2, 1]
    assert fixed.network.lane_groups["lanes"].tolist() == [1, 2, 1]
    assert fixed.sentence() == "Correct way 12 (High Street): 2 lanes"
    assert Fix(np.int64(12), lanes=2) == Fix(12, lanes=2)


def test_twice_the_lanes_let_out_twice_as_many():
    """A queue before a junction: one lane lets out .8 a second, two 1.6 (and the road behind has two as well)."""
    narrow = chain({}, {})
    demand = Demand(trips("0", "2", steady((2.0, 400))))
    wide = Scenario(narrow, demand, patience=None).change(Fix("1", lanes=2), Fix("2", lanes=2))
    for scenario, rate in ((Scenario(narrow, demand, patience=None), 0.8), (wide, 1.6)):
        left = on(twin.simulate(scenario), "1")["left"]
        assert left.between(100, 200).sum() == pytest.approx(rate * 100, abs=1)


def test_lanes_for_turns_follow_by_rule():
    roads = network(
        [road("a", "A", "J"), road("b", "J", "B"), road("c", "J", "C")],
        turns=[{"in_link": "a", "out_link": "b", "kind": "left"}, {"in_link": "a", "out_link": "c", "kind": "through"}],
    )
    fixed = Scenario(roads, Demand(trips("A", "B", [0.0]))).change(Fix("a", lanes=3)).network
    own = fixed.lane_groups[fixed.lane_groups["link_id"] == "a"]
    assert own["lanes"].tolist() == [1, 2]
    assert fixed.turns.set_index("kind")["lane_group"].to_dict() == {"left": 0, "through": 1}


def test_what_is_fixed_is_no_longer_a_guess():
    assert kinds(town().change(Fix(12, lanes=2))) == [
        ["guessed speed", "way:12"], ["guessed lanes", "way:13"], ["fixed", "way:12"]
    ]  # fmt: skip
    before, after = (one.network.quality().coverage.set_index("what")["known"] for one in (
        town(), town().change(Fix(12, lanes=2, kmh=50))
    ))  # fmt: skip
    assert before["lanes"] == pytest.approx(1 / 3)
    assert after["lanes"] == pytest.approx(2 / 3)
    assert (before["speeds"], after["speeds"]) == pytest.approx((2 / 3, 1))


def test_later_changes_start_from_what_is_fixed():
    """A limit of 90 km/h on a road of 36: its capacity is that which the road has at its corrected speed."""
    slow, both = town().change(Fix(12, kmh=36)), town().change(Fix(12, kmh=36), SpeedLimit(12, kmh=90))
    assert values(slow, "free_speed") == pytest.approx([20, 10, 20])
    assert values(slow, "capacity")[1] < 0.8
    assert values(both, "capacity")[1] == pytest.approx(values(slow, "capacity")[1])
    assert town().change(SpeedLimit(12, kmh=36)).built.links["free_speed"].tolist() == pytest.approx([20, 20, 20])


def test_a_fix_spares_what_was_changed_before():
    fixed = town().change(Close("Low Street"), SpeedLimit(11, kmh=30), Fix(12, lanes=2))
    assert values(fixed, "closed") == [False, False, True]
    assert values(fixed, "free_speed")[0] == pytest.approx(30 / 3.6, abs=1e-3)
    assert not fixed.built.links["closed"].any()
    assert fixed.built.links["lanes"].tolist() == [1, 2, 1]


def test_what_is_fixed_by_name_is_known_of_all_its_ways():
    assert kinds(town().change(Fix("High Street", lanes=2))) == [
        ["guessed speed", "way:12"], ["guessed lanes", "way:13"], ["fixed", "High Street"]
    ]  # fmt: skip


CROSSROADS = {1: (0, 0), 2: (-300, 0), 3: (300, 0), 4: (0, -300), 5: (0, 300)}


def crossroads(tmp_path, *, main, **tags):
    """Return a town of two streets that cross; of the main one (way 10) these tags are known."""
    ways = {10: ([2, 1, 3], {"highway": main, **tags}), 20: ([4, 1, 5], {"highway": "secondary"})}
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.osm"
    path.write_text(osm(CROSSROADS, ways), encoding="utf-8")
    return twin.read_osm(path, total=20)


@pytest.mark.parametrize("kmh", [20, 50])
def test_a_town_with_a_speed_corrected_is_as_one_that_was_built_so(tmp_path, kmh):
    """Also if it was corrected twice: the wrong speed lets fewer pass and makes turning free, and none of it stays."""
    right = crossroads(tmp_path, main="living_street", maxspeed=str(kmh)).network
    wrong = crossroads(tmp_path, main="living_street")
    for fixes in ([Fix(10, kmh=kmh)], [Fix(10, kmh=5), Fix(10, kmh=kmh)]):
        fixed = wrong.change(*fixes).network
        assert fixed.links["capacity"].tolist() == right.links["capacity"].tolist()
        assert fixed.turns["turn_time"].tolist() == pytest.approx(right.turns["turn_time"].tolist(), abs=0.002)


def test_lanes_where_everybody_stops_let_out_as_many_each_as_before():
    roads = chain({}, {"lanes": 2}, exits={"1": 0.25, "2": 0.5})
    fixed = Scenario(roads, Demand(trips("0", "2", [0.0]))).change(Fix("1", lanes=3), Fix("2", lanes=1)).network
    assert fixed.lane_groups["exit_capacity"].tolist() == pytest.approx([0.75, 0.25])


def test_signals_that_were_guessed_and_are_corrected_are_known(tmp_path):
    guessed = crossroads(tmp_path, main="secondary")
    assert ["guessed signal", "node:1"] in kinds(guessed)
    for signal in (True, False):
        fixed = guessed.change(Fix("node:1", signal=signal))
        assert "guessed signal" not in {kind for kind, _ in kinds(fixed)}
        assert kinds(fixed)[-1] == ["fixed", "node:1"]
        assert fixed.network.quality().coverage.set_index("what")["known"]["signals at the end"] == 1


def test_what_was_said_of_a_street_is_said_under_its_name_then():
    renamed = town().change(Close("Low Street"), Fix("Low Street", name="云栖路"))
    assert renamed.sentences() == ["Close Low Street", "Correct Low Street: named '云栖路'"]


def test_a_street_is_named():
    fixed = town().change(Fix("High Street", name="云栖路"))
    assert values(fixed, "name") == ["云栖路", "云栖路", "Low Street"]
    assert fixed.sentence() == "Correct High Street: named '云栖路'"


def test_signals_are_taken_away_and_put_up():
    lit = town(signals=fixed_time(("1", "2", 0.0, 30.0), cycle=60.0))
    dark = lit.change(Fix("node:1", signal=False))
    assert (len(dark.signals.plans), len(dark.signals.greens)) == (0, 0)
    again = dark.change(Fix("node:2", signal=True))
    assert again.signals.plans[["signal_id", "inferred"]].to_numpy().tolist() == [["2", True]]
    assert again.signals.greens[["in_link", "out_link"]].to_numpy().tolist() == [["2", "3"]]
    assert "inferred_signals" in again.labels
    assert again.change(Fix("node:2", signal=True)).signals.fingerprint == again.signals.fingerprint
    assert again.sentences() == ["Correct node:1: no signals", "Correct node:2: signals"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Fix(12), "corrects nothing"),
        (lambda: Fix(12.5, lanes=2), r"12\.5"),
        (lambda: Fix(True, lanes=2), "True"),
        (lambda: Fix("", lanes=2), "a street is a text"),
        (lambda: Fix(1 << 20_000, lanes=2), "a street is a text"),
        (lambda: Fix(12, lanes=1 << 20_000), "lanes = 0x1000"),
        (lambda: Fix(12, lanes=0), "lanes = 0"),
        (lambda: Fix(12, lanes=-3), "lanes = -3"),
        (lambda: Fix(12, lanes=2.5), r"lanes = 2\.5"),
        (lambda: Fix(12, lanes=True), "lanes = True"),
        (lambda: Fix(12, lanes="2"), "lanes = '2'"),
        (lambda: Fix(12, kmh=-5), "-5"),
        (lambda: Fix(12, kmh=float("nan")), "nan"),
        (lambda: Fix(12, name=7), "name = 7"),
        (lambda: Fix(12, signal=True), "signal is for junctions"),
        (lambda: Fix("node:1", lanes=2), "signal is for junctions"),
        (lambda: Fix("node:1", signal=True, lanes=2), "signal is for junctions"),
        (lambda: Fix("node:1", signal=1), "signal = 1"),
    ],
)
def test_what_is_no_fix_is_refused(make, words):
    with pytest.raises(BadTable, match=words):
        make()


def test_what_the_town_does_not_have_is_named():
    for fix, words in (
        (Fix(99, lanes=2), "99"),
        (Fix("High Stret", lanes=2), "did you mean"),
        (Fix("node:9", signal=True), "node:9"),
    ):
        with pytest.raises(UnknownName, match=words):
            town().change(fix)


FIXES = """
[[fix]]
what = 12
lanes = 2
kmh = 36

[[fix]]
what = "node:2"
signal = true
"""


def test_the_file_of_a_folder_is_heeded(tmp_path):
    manifest = write_town(town(name="Two Streets"), tmp_path)
    (tmp_path / "fixes.toml").write_text(FIXES, encoding="utf-8")
    fixed = read_town(tmp_path)
    assert fixed.name == "Two Streets"
    assert fixed.changes == (Fix(12, lanes=2, kmh=36), Fix("node:2", signal=True))
    assert fixed.fingerprint == town(name="Two Streets").change(*fixed.changes, name="Two Streets").fingerprint
    assert fixed.fingerprint != manifest["fingerprint"]
    (tmp_path / "fixes.toml").unlink()
    assert read_town(tmp_path).fingerprint == manifest["fingerprint"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[fix", "cannot be read as TOML"),
        ("what = 12", r"holds what.*\[\[fix\]\] alone"),
        ("fix = 3", r"\[\[fix\]\] alone"),
        ("fix = [3]", "fix 1: no table"),
        ("[[fix]]\nlanes = 2", "fix 1: what is missing"),
        ("[[fix]]\nwhat = 12\nlanes = 2\n[[fix]]\nwhat = 12\nlane = 2", "fix 2: lane; a fix has what"),
        ("[[fix]]\nwhat = 12\nlanes = 0", "fix 1: .*lanes = 0"),
        ("[[fix]]\nwhat = 99\nlanes = 2", "fix 1: .*99.*take it out"),
        ("[[fix]]\nwhat = [1]\nlanes = 2", "fix 1: "),
        (b"\xff\xfe", "cannot be read as TOML"),
        ("fix = " + "[" * 100_000, "cannot be read as TOML"),
        (f"[[fix]]\nwhat = 0x{'f' * 6000}\nlanes = 2", r"fix 1: Fix\(0xfff"),
        ('[[fix]]\nwhat = ""\nlanes = 2', "fix 1: .*a street is a text"),
    ],
)
def test_a_bad_file_is_named_with_the_entry(tmp_path, text, words):
    write_town(town(), tmp_path)
    path = tmp_path / "fixes.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadSource, match=f"{re.escape(str(path))}.*{words}"):
        read_town(tmp_path)
