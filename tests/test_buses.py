"""Bus lines: read from relations, driven by their timetable, with what was guessed of them noted."""

import numpy as np
import pandas as pd
import pytest

import twin
from tests.osm.conftest import osm
from twin.build import buses
from twin.osm import read
from twin.units import time_of_day

STREET = {"highway": "tertiary"}


@pytest.fixture
def street(tmp_path):
    """Return a function that writes a street with five side streets, 400 m apart, and bus lines on it."""

    def write(*lines):
        nodes = {n: (400 * n, 0) for n in range(1, 6)} | {n + 10: (400 * n, 15) for n in range(1, 6)}
        nodes |= {n + 20: (400 * n, -300) for n in range(1, 6)} | {30: (0, 0), 31: (2400, 0)}
        ways = {7: ([30, 1, 2, 3, 4, 5, 31], STREET)} | {n + 20: ([n, n + 20], STREET) for n in range(1, 6)}
        path = tmp_path / "street.osm"
        path.write_text(osm(nodes, ways, lines), encoding="utf-8")
        return path

    return write


def line(*stops, way=7, **tags):
    members = [*stops, *([("way", way, "")] if way else [])]
    return members, {"type": "route", "route": "bus", "ref": "5"} | tags


def at(*nodes, role="stop"):
    return [("node", node, role) for node in nodes]


def test_a_line_stops_at_the_junctions_nearest_to_its_stops(street):
    found = read(street(line(*at(11, 12, 14, 15, role="platform"), interval="00:12"))).bus_lines
    assert found[["line_id", "name", "nodes", "headway"]].to_numpy().tolist() == [
        ["relation:1", "5", ("1", "2", "4", "5"), 720.0]
    ]


def test_stops_on_the_road_count_before_those_beside_it(street):
    both = [*at(11, 12, 13, role="platform"), *at(5, 4, 3, 2)]
    assert read(street(line(*both))).bus_lines["nodes"].tolist() == [("5", "4", "3", "2")]


@pytest.mark.parametrize(
    "odd",
    [line(*at(1)), line(), line(*at(1, 3), way=99), line(*at(1, 3), way=None), line(*at(91, 92)), line(*at(3, 3, 3))],
)
def test_lines_without_two_stops_in_the_town_are_left_out_and_noted(street, odd):
    extract = read(street(odd))
    assert extract.bus_lines.empty
    assert "bus line left out" in set(extract.network.notes["kind"])


def test_other_routes_are_no_bus_lines(street):
    extract = read(street(line(*at(1, 3, 5), route="hiking"), line(*at(1, 3, 5), route="tram")))
    assert extract.bus_lines.empty
    assert "bus line left out" not in set(extract.network.notes["kind"])


@pytest.mark.parametrize(
    ("interval", "headway"),
    [("7", 420), ("00:07:30", 450), ("0:15", 900), ("1:00", 3600), ("often", None), ("0", None), ("99:00", None)],
)
def test_headways(street, interval, headway):
    found = read(street(line(*at(1, 3, 5), interval=interval))).bus_lines["headway"].iloc[0]
    assert found == headway if headway else np.isnan(found)


def test_buses_keep_their_headway_and_stop_on_their_way(street):
    """A bus each 10 minutes from 6:30 to 9:30: 18; three stops of 15 s between its ends."""
    path = street(line(*at(1, 2, 3, 4, 5), interval="10"))
    town = twin.read_osm(path, total=10, buses=True)
    trips = town.demand.trips.query("vehicle_class == 'bus'")
    assert len(trips) == 18
    assert np.diff(trips["departure"]) == pytest.approx(600)
    assert trips["departure"].between(time_of_day("06:30"), time_of_day("09:30")).all()
    assert set(trips["group"]) == {"5"}
    result = twin.simulate(town)
    assert result.fate_counts()["arrived"] == len(town.demand.trips)
    stays = result.stays
    assert len(stays) == 18 * 3
    assert set(stays["left"] - stays["served"]) == {15_000}
    # 1,600 m at nine tenths of 50 km/h are 128 s, and three stops: 173 s at the least.
    times = result.trips().set_index("trip_id")["travel_time"].loc[trips["trip_id"]]
    assert times.between(173.0, 260.0).all()


def test_a_morning_is_the_part_of_its_day(street):
    path = street(line(*at(1, 3, 5), interval="7"), line(*at(5, 3, 1)))
    morning, day = (
        twin.read_osm(path, total=10, hours=hours, buses=True).demand.trips.query("vehicle_class == 'bus'")
        for hours in (("06:30", "09:30"), ("00:00", "24:00"))
    )
    part = day[day["departure"].between(time_of_day("06:30"), time_of_day("09:30"), inclusive="left")]
    pd.testing.assert_frame_equal(morning.reset_index(drop=True), part.reset_index(drop=True))
    assert day["departure"].between(*buses.SERVICE).all()
    assert day.groupby("origin").size().to_dict() == {"1": pytest.approx(150, abs=1), "5": pytest.approx(105, abs=1)}


def test_what_is_guessed_of_buses_is_noted(street):
    town = twin.read_osm(street(line(*at(1, 3, 5)), line(*at(1, 3, 5), interval="7")), total=10, buses=True)
    notes = town.network.notes
    assert notes.loc[notes["kind"] == "guessed headway", "subject"].tolist() == ["relation:1"]
    assert (notes["kind"] == "guessed bus service").sum() == 1


def test_without_being_asked_for_no_buses_are_driven(street):
    town = twin.read_osm(street(line(*at(1, 3, 5))), total=10)
    assert set(town.demand.trips["vehicle_class"]) == {"car"}
    assert town.places.bays.empty


def test_a_stand_in_with_its_buses_lives():
    path = twin.towns.data_folder() / "yunqi" / "yunqi-stand-in.osm.pbf"
    town = twin.read_osm(path, load=0.3, buses=True)
    result = twin.simulate(town)
    assert result.fate_counts()["arrived"] == len(town.demand.trips)
    assert (town.demand.trips["vehicle_class"] == "bus").sum() > 100
