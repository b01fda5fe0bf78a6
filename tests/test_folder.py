"""Folder: a town comes back as it was kept, and whatever goes wrong loses nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import twin
from tests.roads import chain
from twin.__main__ import main
from twin.errors import BadSource, BadTable, TownError
from twin.folder import MANIFEST, is_town, read_town, write_town
from twin.places import Places, no_places
from twin.scenario import Scenario, SpeedLimit
from twin.signals import MaxPressure


@pytest.fixture(scope="module")
def today():
    return twin.town("helsinki")


@pytest.fixture(scope="module")
def kept(today, tmp_path_factory):
    folder = tmp_path_factory.mktemp("towns") / "helsinki"
    return folder, write_town(today, folder)


def tables_of(scenario):
    network, places = scenario.network, scenario.places
    return [
        network.nodes, network.links, network.lane_groups, network.turns, network.yields, network.notes, places.sites,
        places.grounds, places.bays, scenario.demand.trips, scenario.demand.stays, scenario.demand.classes,
        scenario.signals.plans, scenario.signals.greens, scenario.signals.phases, scenario.events,
    ]  # fmt: skip


def test_a_town_comes_back_as_it_was(today, kept):
    folder, manifest = kept
    back = read_town(folder)
    assert back.fingerprint == today.fingerprint == manifest["fingerprint"]
    for there, here in zip(tables_of(today), tables_of(back), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(there), pd.DataFrame(here), check_dtype=False)
    assert (back.name, back.labels, back.provenance) == (today.name, today.labels, today.provenance)
    assert (back.departure_jitter, back.patience) == (today.departure_jitter, today.patience)
    assert twin.simulate(back).fingerprint == twin.simulate(today).fingerprint


def test_stays_classes_bans_and_events_come_back(tmp_path):
    network = chain({}, {})
    only, ways = [("bus", "car"), ()], [(7, 5), ()]
    network = network.with_links(network.links.assign(only=only, osm_ways=ways))
    bays = pd.DataFrame({"place_id": ["P"], "kind": "dock", "node_id": "1", "bays": 2, "entry_storage": 1})
    trips = pd.DataFrame(
        {
            "trip_id": [3, 1],
            "origin": "0",
            "destination": [None, "2"],
            "departure": 5.0,
            "vehicle_class": ["bus", "car"],
        }
    )
    stays = pd.DataFrame({"trip_id": [3], "order": 0, "place_id": ["P"], "service": 60.0})
    event = pd.DataFrame({"time": [60.0], "kind": "speed", "link_id": "1", "out_link": "", "value": 5.0})
    places = Places(no_places().sites, no_places().grounds, bays)
    town = Scenario(network, twin.Demand(trips, stays=stays), places=places, events=event, patience=None, name="水镇")
    write_town(town, tmp_path)
    back = read_town(tmp_path)
    assert (back.fingerprint, back.name, back.patience) == (town.fingerprint, "水镇", None)
    assert (list(back.network.links["only"]), list(back.network.links["osm_ways"])) == (only, ways)


def test_a_second_town_takes_the_place_of_the_first(tmp_path, today):
    (tmp_path / "fixes.toml").write_text("")
    write_town(today, tmp_path)
    other = replace(today, name="other")
    manifest = write_town(other, tmp_path)
    assert read_town(tmp_path).name == "other"
    assert {path.name for path in tmp_path.iterdir()} == {"fixes.toml", MANIFEST, manifest["tables"]}


def test_what_is_not_ours_stays(today, tmp_path):
    (tmp_path / "tables-of-mine").mkdir()
    (tmp_path / "tables-of-mine" / "links.csv").write_text("a,b")
    write_town(today, tmp_path)
    write_town(today, tmp_path)
    assert (tmp_path / "tables-of-mine" / "links.csv").read_text() == "a,b"
    assert len(list(tmp_path.glob("tables-*"))) == 2
    other = tmp_path / "result"
    other.mkdir()
    (other / MANIFEST).write_text('{"town": "helsinki"}')
    with pytest.raises(TownError, match="not that of a town: choose another folder"):
        write_town(today, other)
    assert [path.read_text() for path in other.iterdir()] == ['{"town": "helsinki"}']
    (other / MANIFEST).write_text("{")  # what nobody can read is of no use to anybody
    write_town(today, other)
    assert is_town(other)


def test_a_full_disk_leaves_the_old_town(today, tmp_path, monkeypatch):
    write_town(today, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    full = lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device"))  # noqa: E731
    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(TownError, match=r"No space left.*another folder"):
        write_town(replace(today, name="other"), tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    assert read_town(tmp_path).name == today.name


def write_again_and_again(folder):
    first = read_town(folder)
    for number in range(1000):
        write_town(replace(first, name=f"number {number}"), folder)


def test_a_kill_leaves_a_whole_town(today, tmp_path):
    write_town(today, tmp_path)
    for pause in (0.0, 0.021, 0.043):
        child = multiprocessing.get_context("spawn").Process(target=write_again_and_again, args=(tmp_path,))
        child.start()
        before = (tmp_path / MANIFEST).read_bytes()
        while (tmp_path / MANIFEST).read_bytes() == before:  # until it is at work
            assert child.is_alive()
            time.sleep(0.001)
        time.sleep(pause)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert read_town(tmp_path).fingerprint == today.fingerprint
    manifest = write_town(today, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {MANIFEST, manifest["tables"]}


def test_what_no_table_holds_is_refused(today, tmp_path):
    with pytest.raises(BadTable, match="1 changes: keep the town as it was built"):
        write_town(today.change(SpeedLimit("residential", kmh=30)), tmp_path)
    signal_id = today.signals.plans["signal_id"][0]
    led = replace(today, signals=today.signals.controlled({signal_id: MaxPressure()}))
    with pytest.raises(BadTable, match=f"signal '{signal_id}' has a controller"):
        write_town(led, tmp_path)
    assert not list(tmp_path.iterdir())


def spoil(folder, **said):
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, **said}))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda folder, _: (folder / MANIFEST).unlink(), "there is no manifest.json"),
        (lambda folder, _: (folder / MANIFEST).write_text("{"), "manifest.json cannot be read"),
        (lambda folder, _: (folder / MANIFEST).write_text("[]"), "not the manifest of a town"),
        (lambda folder, _: spoil(folder, version=99), r"of version 2 but of .*99"),
        (lambda folder, _: spoil(folder, tables="../../etc"), "tables = '../../etc' is not the name"),
        (lambda folder, _: spoil(folder, tables=7), "tables is missing or not what"),
        (lambda folder, _: (folder / MANIFEST).write_text("[" * 200_000), "manifest.json cannot be read"),
        (lambda folder, _: spoil(folder, tables="tables-\0"), "is not the name"),
        (lambda folder, _: spoil(folder, files={}), "changed or damaged"),
        (lambda folder, _: spoil(folder, files={"nodes": 5}), "files does not tell"),
        (lambda folder, _: spoil(folder, patience="long"), "patience is missing or not what"),
        (lambda _, tables: (tables / "turns.parquet").unlink(), "turns.parquet cannot be read"),
        (lambda _, tables: (tables / "trips.parquet").write_bytes(b"PAR1"), "trips.parquet .* changed or damaged"),
    ],
)
def test_a_damaged_town_is_named(today, tmp_path, how, words):
    manifest = write_town(today, tmp_path)
    how(tmp_path, tmp_path / manifest["tables"])
    with pytest.raises(BadSource, match=f"{words}.*import the town again"):
        read_town(tmp_path)


@pytest.mark.parametrize("key", ["patience", "files", "name", "provenance", "synthetic_demand"])
def test_a_manifest_that_lacks_a_key_is_named(today, tmp_path, key):
    write_town(today, tmp_path)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    del manifest[key]
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BadSource, match=f"{key}.*import the town again"):
        read_town(tmp_path)


def test_imported_once_and_run_from_the_folder(tmp_path, capsys):
    source, out = twin.towns.data_folder() / "helsinki" / "helsinki.osm.pbf", tmp_path / "town"
    assert main(["import", str(source), "--out", str(out), "--json"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert is_town(out)
    assert manifest["files"]["links"]["rows"] == len(twin.town("helsinki").network.links)
    assert manifest["guesses"]["guessed lane groups"] > 0
    assert manifest["known"]["names"] > 0.99
    assert manifest["places_to_look_at"][0]["osm"].startswith("https://www.openstreetmap.org/node/")
    assert manifest["provenance"]["licence"] == "ODbL 1.0"
    assert main(["run", str(out), "--json", "--out", str(tmp_path / "result")]) == 0
    assert not is_town(tmp_path / "result")  # its manifest is that of a result
    assert json.loads(capsys.readouterr().out)["scenario_fingerprint"] == manifest["fingerprint"]
    assert main(["import", str(source), "--out", str(out), "--trips", "1234"]) == 0
    said = capsys.readouterr().out
    assert "280 links" in said
    assert "1234 trips" in said
    assert "guessed lanes" in said
    assert "look at: lanes vanish" in said
    assert main(["import", str(tmp_path / "none.osm"), "--out", str(out)]) == 2
    assert "no such file" in capsys.readouterr().err
    assert Path(out, MANIFEST).is_file()
