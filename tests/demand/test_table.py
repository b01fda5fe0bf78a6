"""Table: small tables checked by hand, and tables that nobody should send; nothing is dropped in silence."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

import twin
from tests.roads import chain
from twin.datum import from_wgs84
from twin.demand import read_demand
from twin.demand.day import Window, rates_of
from twin.demand.table.columns import NAMES
from twin.errors import BadSource, BadTable
from twin.simulate import simulate
from twin.units import metres_per_degree
from twin.zones import hexagons, read_zones

PAIR = {"origin": ["0"], "destination": ["2"]}


@pytest.fixture(scope="module")
def road():
    """Return a network of nodes 0, 1, 2, 3 in a row."""
    return chain({}, {}, {})


@pytest.fixture(scope="module")
def town():
    return twin.town("helsinki")


@pytest.fixture(scope="module")
def zones(town):
    return hexagons(town.network, town.places, resolution=9)


def table(**columns):
    longest = max(len(column) if isinstance(column, list) else 1 for column in columns.values())
    return pd.DataFrame(
        {name: cells if isinstance(cells, list) else [cells] * longest for name, cells in columns.items()}
    )


def meaning(read):
    return read.columns.set_index("meaning")


# What is said is taken


def test_trips_by_node(road):
    read = read_demand(
        table(
            trip_id=[7, 3], origin=["0", "1"], destination=["2", "3"], departure=["07:30", 25_200.5],
            vehicle_class=["bus", ""], persons=[30, None], purpose=["work", "fishing"], group=["a", None],
        ), road,
    )  # fmt: skip
    trips = read.demand.trips.set_index("trip_id")
    assert trips["departure"].to_dict() == {7: 27_000.0, 3: 25_200.5}
    assert trips.loc[7, ["origin", "destination", "vehicle_class", "persons", "purpose", "group"]].tolist() == [
        "0", "2", "bus", 30.0, "work", "a",
    ]  # fmt: skip
    assert trips.loc[3, ["vehicle_class", "persons", "purpose", "group"]].tolist() == ["car", 1.0, "fishing", ""]
    assert read.refused.empty
    assert not read.demand.synthetic
    assert read.columns["accepted"].tolist() == [2, 2, 2, 2, 2, 1, 2, 1]
    assert (read.columns["refused"] == 0).all()
    assert read.notes[-1] == "2 of 2 rows accepted: 2 trips"


def test_whole_numbers_name_nodes_however_they_are_kept(road):
    for origin, destination in ((0, 2), (0.0, 2.0), ("0", " 2 ")):
        read = read_demand(table(origin=[origin], destination=[destination], departure=5), road)
        assert read.demand.trips[["origin", "destination"]].to_numpy().tolist() == [["0", "2"]]


def test_counts_become_trips_evenly_between_begin_and_end(road):
    read = read_demand(table(**PAIR, trips=[6000], begin="07:00", end="08:00"), road)
    departure = read.demand.trips["departure"]
    assert len(departure) == 6000
    assert departure.between(7 * 3600, 8 * 3600, inclusive="left").all()
    quarters = np.bincount((departure // 900).astype(int))[28:]
    assert ((quarters - 1500) ** 2 / 1500).sum() < 16.27  # chi square, 3 degrees of freedom, 0.1 %


def test_parts_of_trips_are_neither_lost_nor_won(road):
    """400 rows of 2.25: 900 expected, standard deviation sqrt(400 x .25 x .75) = 8.7."""
    read = read_demand(table(origin="0", destination="2", trips=[2.25] * 400, begin=0, end=3600), road)
    assert len(read.demand.trips) == pytest.approx(900, abs=3 * 8.7)
    none = read_demand(table(origin=["0", "1"], destination="2", trips=[0, 3], begin=0, end=9), road)
    assert none.demand.trips["origin"].tolist() == ["1"] * 3
    assert none.refused.empty


def test_without_times_the_day_of_the_purpose_says_when(road):
    """A thousand ways home from work: as many before noon as the profile has, which is none, and most from 16 to 18."""
    read = read_demand(table(**PAIR, trips=[4000], purpose="back from work"), road)
    hour = read.demand.trips["departure"] // 3600
    goal = rates_of("back from work") / rates_of("back from work").sum()
    assert np.bincount(hour.astype(int), minlength=24) / 4000 == pytest.approx(goal, abs=0.025)
    assert (hour >= 12).all()
    assert "drawn from the day's profile" in read.notes[0]


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        (27_000, 27_000), ("27000", 27_000), ("7:30", 27_000), ("07:30:15", 27_015), (dt.time(7, 30), 27_000),
        (dt.timedelta(hours=25), 90_000), ("2026-05-13 07:30", 27_000), ("2026/5/13 7:30", 27_000),
        ("2026-05-13T07:30:00.250", 27_000.25), (pd.Timestamp("2026-05-13 07:30"), 27_000), ("26:00", 93_600),
        ("2026年5月13日 07:30", 27_000), (dt.datetime(2026, 5, 13, 7, 30), 27_000), (0, 0),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_times_in_many_forms(road, cell, seconds):
    read = read_demand(table(**PAIR, departure=[cell]), road)
    assert read.demand.trips["departure"].tolist() == [seconds]


def test_days_count_from_the_first(road):
    moments = ["2026-05-14 00:10", "2026-05-13 23:50", "2026-05-15 01:00"]
    read = read_demand(table(origin="0", destination="2", departure=moments), road)
    assert read.demand.trips["departure"].tolist() == [87_000, 85_800, 176_400]
    assert "midnight of 2026-05-13" in meaning(read).loc["departure", "why"]


def test_times_of_a_time_zone_need_that_of_the_town(road):
    cells = table(origin="0", destination="2", departure=["2026-05-12T23:30:00Z", "2026-05-13T08:00:00+08:00"])
    read = read_demand(cells, road, time_zone="Asia/Shanghai")
    assert read.demand.trips["departure"].tolist() == [27_000, 28_800]
    with pytest.raises(BadTable, match="names a time zone: say that of the town"):
        read_demand(cells, road)


# Files


def rows_of(read):
    return read.demand.trips[["origin", "destination", "departure"]].to_numpy().tolist()


WANTED = [["0", "2", 27_000.0], ["1", "3", 28_800.5]]
PLAIN = "origin,destination,departure\n0,2,07:30\n1,3,28800.5\n"
CHINESE = PLAIN.replace("origin", "起点").replace("destination", "终点").replace("departure", "出发时间")


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (PLAIN.encode(), {}),
        (PLAIN.encode("utf-8-sig"), {}),
        (PLAIN.encode("utf-16"), {}),
        (PLAIN.replace("\n", "\r\n").encode(), {}),
        (PLAIN.replace(",", ";").encode(), {}),
        (PLAIN.replace(",", "\t").encode(), {}),
        (PLAIN.replace(",", ";").replace("28800.5", "28800,5").encode(), {"decimal": ","}),
        (PLAIN.replace(",", "#").encode(), {"separator": "#"}),
        (CHINESE.encode(), {}),
        (CHINESE.encode("gb18030"), {}),
        (CHINESE.encode("utf-8-sig"), {}),
        (PLAIN.replace("origin", "Straße").encode("latin-1"), {"encoding": "latin-1", "columns": {"Straße": "origin"}}),
        (PLAIN.replace("origin", " From-Node ").encode(), {}),
        (PLAIN.replace("0,2", '"0","2"').encode(), {}),
        (b"\n\n" + PLAIN.encode() + b"\n,,\n", {}),
    ],
    ids=lambda value: str(value)[:24],
)
def test_csv_of_many_kinds(road, tmp_path, content, options):
    (tmp_path / "trips.csv").write_bytes(content)
    read = read_demand(tmp_path / "trips.csv", road, **options)
    assert rows_of(read) == WANTED
    assert read.refused.empty


def test_other_files(road, tmp_path):
    cells = pd.DataFrame({"origin": [0, 1], "destination": [2, 3], "departure": [27_000.0, 28_800.5]})
    cells.to_parquet(tmp_path / "trips.parquet")
    cells.to_excel(tmp_path / "trips.xlsx", index=False)
    cells.to_csv(tmp_path / "trips.tsv", index=False, sep="\t")
    for ending in ("parquet", "xlsx", "tsv"):
        assert rows_of(read_demand(tmp_path / f"trips.{ending}", road)) == WANTED


def sheet_of(path, rows, **others):
    book = Workbook()
    book.active.title = "trips"
    for row in rows:
        book.active.append(row)
    for name, cells in others.items():
        for row in cells:
            (book[name] if name in book.sheetnames else book.create_sheet(name)).append(row)
    book.save(path)
    return path


def test_a_sheet_is_chosen_by_name(road, tmp_path):
    path = sheet_of(tmp_path / "a.xlsx", [["nothing"]], more=[["from", "to", "time"], ["0", "2", dt.time(7, 30)]])
    assert rows_of(read_demand(path, road, sheet="more")) == WANTED[:1]
    with pytest.raises(BadSource, match="has no sheet 'less': there are trips, more"):
        read_demand(path, road, sheet="less")
    with pytest.raises(BadSource, match="names of columns and no rows"):
        read_demand(path, road)


def test_formulas_without_values_are_refused_where_they_matter(road, tmp_path):
    """No spreadsheet program has opened this file, so nothing is computed; column note is of no use to us."""
    rows = [["origin", "destination", "departure", "note"], ["0", "2", "=A1+1", "x"], ["0", "2", 5, "=A1"]]
    read = read_demand(sheet_of(tmp_path / "a.xlsx", rows), road)
    assert read.refused["row"].unique().tolist() == [2]
    assert "never computed: open and save the file" in " ".join(read.refused["why"])
    assert len(read.demand.trips) == 1
    assert "2 formulas" in " ".join(read.notes)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n \n".replace(b" ", b""), "is empty"),
        ("a.csv", b"origin,destination\n", "no rows"),
        ("a.csv", b"PK\x03\x04\x00\x00", "is no text"),
        ("a.csv", "Königsstraße,b\n1,2\n".encode("latin-1"), r"not in UTF-8: name its encoding"),
        ("a.csv", b'origin,destination\n"0,2\n', "from row 2 on"),
        ("a.csv", b"origin,origin\n0,2\n", "two columns 'origin'"),
        ("a.parquet", b"PAR1", "cannot be read as Parquet"),
        ("a.xlsx", b"not a zip", "cannot be read as xlsx"),
        ("a.xls", b"\xd0\xcf", r"ends in '.xls': give a table as .csv, .parquet or .xlsx"),
        ("a", b"origin,destination\n0,2\n", "ends in ''"),
    ],
)
def test_files_that_are_no_tables_are_named(road, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadSource, match=words) as told:
        read_demand(tmp_path / name, road)
    assert str(tmp_path / name) in str(told.value)


def test_folders_and_nothing_are_no_tables(road, tmp_path):
    with pytest.raises(BadSource, match="is a folder"):
        read_demand(tmp_path, road)
    with pytest.raises(BadSource, match="there is no file"):
        read_demand(tmp_path / "nowhere.csv", road)
    with pytest.raises(BadSource, match="has no rows"):
        read_demand(pd.DataFrame({"origin": [], "destination": []}), road)
    (tmp_path / "a.csv").write_bytes(PLAIN.encode())
    with pytest.raises(BadSource, match="not in klingon"):
        read_demand(tmp_path / "a.csv", road, encoding="klingon")


# Columns


def test_columns_of_other_names_are_told(road):
    cells = table(von=["0"], nach=["2"], Wann=["07:30"], Notiz=["rain"])
    with pytest.raises(BadTable, match=r"where trips have their origin.*it has von, nach, Wann, Notiz.*columns="):
        read_demand(cells, road)
    read = read_demand(cells, road, columns={"von": "origin", "nach": "destination", "Wann": "departure"})
    assert rows_of(read) == WANTED[:1]
    note = read.columns.set_index("column").loc["Notiz"]
    assert (note["meaning"], note["accepted"], note["refused"], note["example"]) == ("", 0, 1, "rain")
    assert note["why"] == "not known: say what it means"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"nowhere": "origin"}, "names 'nowhere', which the table does not have"),
        ({"origin": "beginning"}, "the meaning 'beginning': choose one of trip_id, origin"),
    ],
)
def test_columns_that_cannot_be_told(road, columns, words):
    with pytest.raises(BadTable, match=words):
        read_demand(table(**PAIR), road, columns=columns)


def test_two_columns_of_one_meaning(road):
    cells = table(**PAIR, departure=["07:30"], time=["08:00"])
    with pytest.raises(BadTable, match="'departure' and 'time' both mean departure"):
        read_demand(cells, road)
    assert read_demand(cells, road, columns={"time": "departure"}).demand.trips["departure"].tolist() == [28_800]


def test_names_have_one_meaning_each():
    every = [name for names in NAMES.values() for name in names]
    assert len(every) == len(set(every))


def test_what_is_not_used_is_told(road):
    read = read_demand(
        table(**PAIR, origin_lon=[1.0], origin_lat=[2.0], trips=[1], trip_id=[9], departure=[5], begin=[1], end=[2]),
        road,
    )
    for unused in ("origin_lon", "origin_lat", "trip_id", "begin", "end"):
        assert meaning(read).loc[unused, "why"].startswith("not used"), unused
        assert meaning(read).loc[unused, ["accepted", "refused"]].tolist() == [0, 1]
    with pytest.raises(BadTable, match="needs both begin and end"):
        read_demand(table(**PAIR, begin=[1]), road)


# What is refused, and why

BAD = [
    ("origin", None, "is missing"),
    ("origin", "atlantis", "is no node of this town"),
    ("destination", "0", "leads to the junction where the trip begins"),
    ("trips", "1,5", "has a comma: say decimal"),
    ("trips", "1e999", "is not a finite number"),
    ("trips", "nan", "is not a number"),
    ("trips", "１２", "is not a number"),  # noqa: RUF001 - wide digits
    ("trips", "=1+1", "is not a number"),
    ("trips", "0x10", "is not a number"),
    ("trips", -1, "is below 0"),
    ("trips", 1e12, "is more than 10000000 trips"),
    ("trips", None, "is missing"),
    ("trips", True, "is not a number"),
    ("begin", "25:99", "is not a time of day"),
    ("begin", "noon", "is no time: write seconds"),
    ("begin", "9999-99-99 07:00", "is no time"),
    ("begin", -5, "is not within a week"),
    ("begin", 1e9, "is not within a week"),
    ("begin", 0.3125, "is it a part of a day?"),
    ("begin", None, "is missing"),
    ("begin", 9000, "is not after begin"),
    ("persons", 0, "is not above 0"),
    ("persons", 1e6, "is not above 0 and at most 1000"),
    ("vehicle_class", "submarine", "is none of ambulance, bus, car, truck"),
]


@pytest.mark.parametrize(("column", "cell", "why"), BAD)
def test_a_row_that_cannot_be_is_refused_and_named(road, column, cell, why):
    good = {
        "origin": "0",
        "destination": "2",
        "trips": 2,
        "begin": 0,
        "end": 3600,
        "persons": 1,
        "vehicle_class": "car",
    }
    cells = pd.DataFrame([good, {**good, column: cell}, good], dtype=object)
    read = read_demand(cells, road)
    assert len(read.demand.trips) == 4
    assert read.refused["row"].tolist() == [2]
    told = read.refused.iloc[0]
    assert why in told["why"]
    assert told["column"] == ("end" if why == "is not after begin" else column)
    report = meaning(read).loc[told["column"]]
    assert report["refused"] == 1
    assert why in report["why"]
    with pytest.raises(BadTable, match=r"1 of 3 rows .* are refused .at most 0% may be.*row 2"):
        read_demand(cells, road, most_refused=0.0)
    assert len(read_demand(cells, road, most_refused=0.4).demand.trips) == 4


def test_several_trips_at_one_moment_are_refused(road):
    with pytest.raises(BadTable, match=r"none is left.*one moment for several trips: give columns begin and end"):
        read_demand(table(**PAIR, trips=[50], departure=["07:00"]), road)


def test_ids_that_occur_twice_or_are_none(road):
    cells = table(origin="0", destination="2", departure=5, trip_id=[1, 1, 2.5, -3, None, 8])
    read = read_demand(cells, road)
    assert read.demand.trips["trip_id"].tolist() == [1, 8]
    assert read.refused[["row", "why"]].to_numpy().tolist() == [
        [2, "occurs twice"], [3, "is no whole number"], [4, "is no whole number"], [5, "is missing"]
    ]  # fmt: skip


def test_rows_of_another_length_are_refused(road, tmp_path):
    (tmp_path / "a.csv").write_text("origin,destination,departure\n0,2,5\n0,2\n0,2,5,6\n\n1,3,9\n")
    read = read_demand(tmp_path / "a.csv", road)
    assert len(read.demand.trips) == 2
    assert read.refused[["row", "why"]].to_numpy().tolist() == [
        [3, "has 2 cells where the line of names has 3"], [4, "has 4 cells where the line of names has 3"]
    ]  # fmt: skip
    assert read.notes[-1] == "2 of 4 rows accepted: 2 trips"


def test_too_many_trips_are_refused_before_they_are_made(road):
    with pytest.raises(BadTable, match="has 90000000 trips: give at most 10000000"):
        read_demand(table(origin="0", destination="2", trips=[9_000_000] * 10, begin=0, end=9), road)


@pytest.mark.parametrize("options", [{"decimal": ";"}, {"most_refused": 2}, {"farthest": float("nan")}])
def test_options_that_cannot_be(road, options):
    with pytest.raises(BadTable, match=r"give '\.' or ','"):
        read_demand(table(**PAIR), road, **options)


def test_an_honest_sum(town, zones):
    """Nothing vanishes: every row is either of trips or refused, whatever its cells are."""
    names = zones.table["zone_id"].tolist()
    cells = pd.DataFrame(
        {
            "origin": np.resize([*names[:5], "x", None], 300), "destination": np.resize([*names[3:9], 7], 300),
            "trips": np.resize([1, 2, "3", "four", -1], 300), "begin": np.resize(["07:00", "x", 0], 300),
            "end": "09:00",
        }
    )  # fmt: skip
    read = read_demand(cells, town.network, zones=zones)
    good = cells.drop(index=read.refused["row"].unique() - 1)
    assert len(read.demand.trips) == good["trips"].astype(float).sum() > 0
    assert not set(good["trips"]) & {"four", -1}


# Coordinates


def near(town, metres, seed=0, count=60):
    """Return junctions by chance, and points so many metres away from each."""
    random = np.random.default_rng(seed)
    nodes = town.network.nodes.iloc[random.choice(len(town.network.nodes), count, replace=False)]
    at = np.column_stack([nodes.geometry.x, nodes.geometry.y])
    angle = random.uniform(0, 2 * np.pi, count)
    return nodes, at + metres * np.column_stack([np.cos(angle), np.sin(angle)]) / metres_per_degree(at[:, 1])


def coordinates(start, stop):
    return pd.DataFrame(
        {
            "origin_lon": start[:, 0],
            "origin_lat": start[:, 1],
            "destination_lon": stop[:, 0],
            "destination_lat": stop[:, 1],
        }
    )


def test_coordinates_go_to_the_nearest_junction(town):
    nodes, at = near(town, 3.0)
    read = read_demand(coordinates(at[:30], at[30:]), town.network, datum="WGS-84")
    every = np.column_stack([town.network.nodes.geometry.x, town.network.nodes.geometry.y])
    scale = metres_per_degree(at[:1, 1])
    nearest = np.hypot(*((every[None] - at[:, None]) * scale).T).argmin(axis=0)
    ids = town.network.nodes["node_id"].to_numpy()[nearest]
    kept = ids[:30] != ids[30:]
    assert read.demand.trips["origin"].tolist() == ids[:30][kept].tolist()
    assert read.demand.trips["destination"].tolist() == ids[30:][kept].tolist()
    assert (ids == nodes["node_id"]).mean() > 0.9
    assert "at most 3 m from its junction" in meaning(read).loc["origin_lon", "why"]


def test_the_datum_must_be_said(town):
    _, at = near(town, 3.0)
    for datum in (None, "wgs84", "EPSG:4326"):
        with pytest.raises(BadTable, match=r"say in which datum.*WGS-84 or GCJ-02 or BD-09"):
            read_demand(coordinates(at[:30], at[30:]), town.network, datum=datum)


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_points_of_a_chinese_map_find_their_junctions(datum):
    """A road near Hangzhou: taken for WGS-84 its points would be half a kilometre away, and are refused."""
    home = chain({}, {}, {})
    moved = home.nodes.set_geometry(home.nodes.geometry.translate(120.083, 30.129), crs=4326)
    links = home.links.set_geometry(home.links.geometry.translate(120.083, 30.129), crs=4326)
    network = twin.Network(moved, links)
    at = np.column_stack([network.nodes.geometry.x, network.nodes.geometry.y])
    cells = coordinates(from_wgs84(at[:2], datum), from_wgs84(at[2:], datum))
    read = read_demand(cells, network, datum=datum, farthest=0.1)
    assert read.demand.trips[["origin", "destination"]].to_numpy().tolist() == [["0", "2"], ["1", "3"]]
    with pytest.raises(BadTable, match="farther than 100 m from every junction"):
        read_demand(cells, network, datum="WGS-84", farthest=100.0)


@pytest.mark.parametrize(
    ("lon", "why"),
    [(0.0, "farther than 500 m"), (1e9, "not between -180 and 180"), ("x", "not a number"), (None, "is missing"),
     (np.inf, "not a finite number"), ("24,95", "has a comma")],
)  # fmt: skip
def test_coordinates_that_cannot_be(town, lon, why):
    _, at = near(town, 3.0)
    cells = coordinates(at[:2], at[30:32]).astype(object)
    cells.loc[0, "origin_lon"] = lon
    read = read_demand(cells, town.network, datum="WGS-84")
    assert read.refused["row"].tolist() == [1]
    assert why in read.refused["why"][0]


# Zones


def test_trips_of_a_zone_spread_by_its_people(town, zones):
    """To work: from where people live to where they work; chi square against homes and jobs, 0.1 %."""
    homes, jobs = (zones.junctions.groupby("zone_id")[column].sum().sort_values() for column in ("homes", "jobs"))
    start, stop = homes.index[-1], jobs.index[-2] if jobs.index[-1] == homes.index[-1] else jobs.index[-1]
    read = read_demand(
        table(origin=[start], destination=[stop], trips=[8000], begin=0, end=3600, purpose="work"),
        town.network, zones=zones,
    )  # fmt: skip
    for end, zone, column in (("origin", start, "homes"), ("destination", stop, "jobs")):
        people = zones.junctions[zones.junctions["zone_id"] == zone].set_index("node_id")[column]
        goal = people[people > 0] / people.sum() * 8000
        counts = read.demand.trips[end].value_counts().reindex(goal.index, fill_value=0)
        assert counts.sum() == 8000
        some = goal >= 5
        limit = some.sum() + 4 * np.sqrt(2 * some.sum()) + 8  # above the 0.1 % point for any number of junctions
        assert ((counts[some] - goal[some]) ** 2 / goal[some]).sum() < limit


def test_trips_within_a_zone_go_somewhere(town, zones):
    counts = zones.junctions["zone_id"].value_counts()
    zone = counts.index[0]
    read = read_demand(
        table(origin=[zone], destination=[zone], trips=[500], begin=0, end=60), town.network, zones=zones
    )
    trips = read.demand.trips
    assert len(trips) == 500
    assert (trips["origin"] != trips["destination"]).all()
    own = set(zones.junctions.loc[zones.junctions["zone_id"] == zone, "node_id"])
    assert set(trips["origin"]) | set(trips["destination"]) <= own


def test_a_zone_of_one_junction_has_no_trips_within(town):
    fine = hexagons(town.network, town.places, resolution=13)
    alone = fine.junctions["zone_id"].value_counts().idxmin()
    with pytest.raises(BadTable, match="leads to the junction where the trip begins"):
        read_demand(table(origin=[alone], destination=[alone], trips=[5], begin=0, end=9), town.network, zones=fine)


def test_zones_that_cannot_serve(town, zones):
    other = chain({}, {})
    with pytest.raises(BadTable, match="no node of this network: make them from it"):
        read_demand(table(origin=["a"], destination=["b"]), other, zones=zones)
    empty = zones.table.iloc[:1].set_geometry(zones.table.iloc[:1].geometry.translate(5, 5), crs=4326)
    polygons = pd.concat([zones.table.iloc[1:], empty.assign(zone_id="empty")])
    given = read_zones(polygons, town.network)
    cells = table(origin=["empty", zones.table["zone_id"][1]], destination=zones.table["zone_id"][2], begin=0, end=9)
    read = read_demand(cells, town.network, zones=given)
    assert read.refused[["row", "why"]].to_numpy().tolist() == [[1, "is a zone without junctions"]]


def test_a_table_drives(town, zones):
    names = zones.junctions["zone_id"].value_counts().index[:6].tolist()
    pairs = [(a, b) for a in names for b in names if a != b]
    cells = table(origin=[a for a, _ in pairs], destination=[b for _, b in pairs], trips=20, begin="07:00", end="09:00")
    read = read_demand(cells, town.network, zones=zones, synthetic=True)
    result = simulate(twin.Scenario(town.network, read.demand, town.signals, town.places))
    assert result.fate_counts()["arrived"] == 600
    assert "synthetic_demand" in result.scenario.labels


@given(
    cells=st.lists(
        st.tuples(
            st.sampled_from(["0", "1", "9", "", None, "=1", "é漢字"]), st.sampled_from(["2", "3", "0", None, 2.5]),
            st.one_of(st.integers(-3, 50), st.text(max_size=6), st.none(), st.floats()),
            st.one_of(st.text(max_size=8), st.floats(), st.integers(0, 10**6), st.datetimes(), st.none()),
        ),
        min_size=1, max_size=20,
    ),
    seed=st.integers(0, 5),
)  # fmt: skip
@settings(derandomize=True, deadline=None, max_examples=200)
def test_whatever_cells_hold_only_our_errors_come(road, cells, seed):
    frame = pd.DataFrame(cells, columns=["origin", "destination", "persons", "departure"], dtype=object)
    try:
        read = read_demand(frame, road, seed=seed)
    except BadTable:
        return
    assert len(read.demand.trips) + read.refused["row"].nunique() == len(frame)
    again = read_demand(frame, road, seed=seed)
    assert again.demand.fingerprint == read.demand.fingerprint


def test_the_same_table_gives_the_same_trips_and_another_seed_others(town, zones):
    names = zones.table["zone_id"].tolist()
    cells = table(origin=names[:6], destination=names[6:12], trips=50.5)
    one, two, other = (read_demand(cells, town.network, zones=zones, seed=seed).demand for seed in (1, 1, 2))
    assert one.fingerprint == two.fingerprint != other.fingerprint
    assert Window(0, 1440).end * 60 > one.trips["departure"].max()
