"""The command line, as a person at a shell meets it: real processes, real files, real ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import psutil
import pyogrio
import pytest

from tests.osm import servers
from tests.osm.conftest import osm

ROOT = Path(__file__).parents[1]

TOWN = osm({1: (0, 0), 2: (100, 0), 3: (0, 100)}, {arm: ([1, arm], {"highway": "residential"}) for arm in (2, 3)})
NO_ROADS = """<?xml version="1.0"?><osm version="0.6"><node id="1" lat="60.1" lon="24.9"/></osm>"""


def twin(*arguments, **environment):
    """Run a command of the twin in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "twin", *map(str, arguments)],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    told = twin("run", "helsinki", "--out", folder, "--json")
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout), folder


def test_run_prints_one_json_object(first_run):
    facts, _ = first_run
    asked = (
        "town links junctions signals trips arrived on_road_at_end waiting_at_end refused mean_travel_time_s "
        "delay_index vkt_km seed scenario_fingerprint fingerprint wall_s"
    )
    assert set(asked.split()) <= set(facts)
    fates = (facts[key] for key in ("arrived", "on_road_at_end", "waiting_at_end", "refused"))
    assert sum(fates) == facts["trips"] > 1000
    assert facts["delay_index"] > 1


def test_files_agree_with_what_was_printed(first_run):
    facts, folder = first_run
    trips = pd.read_parquet(folder / "trips.parquet")
    assert len(trips) == facts["trips"]
    assert trips["travel_time"].mean() == pytest.approx(facts["mean_travel_time_s"], rel=1e-6)
    links = gpd.read_file(folder / "links.gpkg")
    assert len(links) == facts["links"]
    assert (links["vehicles"] * links["length"]).sum() / 1000 == pytest.approx(facts["vkt_km"], rel=1e-6)
    assert {"flow", "speed", "delay"} <= set(links)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == {key: value for key, value in facts.items() if key != "wall_s"}
    assert sorted(path.name for path in folder.iterdir()) == ["links.gpkg", "manifest.json", "trips.parquet"]


def test_another_process_gives_the_same_bits(first_run):
    facts, _ = first_run
    again = json.loads(twin("run", "helsinki", "--json", PYTHONHASHSEED="7").stdout)
    assert again["scenario_fingerprint"] == facts["scenario_fingerprint"]
    assert again["fingerprint"] == facts["fingerprint"]


def test_code_for_another_processor_gives_the_same_bits(first_run, tmp_path):
    """Plain x86-64 code in numba and no vector extensions in numpy, compiled into a cache of its own."""
    facts, _ = first_run
    plain = twin("run", "helsinki", "--json", NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="",
                 NPY_DISABLE_CPU_FEATURES="AVX2 FMA3 AVX512F AVX512_SKX", NUMBA_CACHE_DIR=str(tmp_path))  # fmt: skip
    assert plain.returncode == 0, plain.stderr
    assert json.loads(plain.stdout)["fingerprint"] == facts["fingerprint"]


def test_another_seed_gives_another_morning(first_run):
    facts, _ = first_run
    assert json.loads(twin("run", "helsinki", "--json", "--seed", 1).stdout)["fingerprint"] != facts["fingerprint"]


def test_a_run_that_fails_leaves_the_old_files_whole(first_run, tmp_path):
    _, folder = first_run
    for name in ("links.gpkg", "trips.parquet", "manifest.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    no_room = f"ulimit -f 8; exec {sys.executable} -m twin run helsinki --seed 3 --out {tmp_path}"
    told = subprocess.run(["bash", "-c", no_room], capture_output=True, text=True, cwd=ROOT, check=False)
    assert told.returncode == 2, told.stderr
    assert "choose another folder" in told.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["links.gpkg", "manifest.json", "trips.parquet"]
    for name in ("links.gpkg", "trips.parquet", "manifest.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("no_such.osm", None, "no such file"),
        ("empty.osm", "", "empty"),
        ("no_roads.osm", NO_ROADS, "no roads"),
        ("page.osm", "<!DOCTYPE html><html><body>Too many requests</body></html>", "OpenStreetMap"),
    ],
)
def test_a_bad_source_is_one_clear_sentence(tmp_path, name, content, words):
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    told = twin("run", path)
    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    assert words.casefold() in told.stderr.casefold()
    assert name in told.stderr


def test_an_unknown_town_is_told_what_there_is():
    told = twin("run", "helsinky")
    assert told.returncode == 2
    assert "did you mean 'helsinki'?" in told.stderr


OFFLINE = {"TWIN_OVERPASS": "http://127.0.0.1:9/api", "TWIN_NOMINATIM": "http://127.0.0.1:9/"}


@pytest.mark.parametrize("source", ["Yunqi Town, Hangzhou", "-0.13,51.5,-0.1,51.52"])
@pytest.mark.parametrize("command", [("run",), ("import", "--out", "nowhere")], ids=lambda command: command[0])
def test_a_place_without_a_network_is_told_what_to_use_instead(tmp_path, command, source):
    told = twin(*command, source, TWIN_CACHE=str(tmp_path), **OFFLINE)
    assert told.returncode == 2
    assert "offline" in told.stderr
    assert ".osm.pbf" in told.stderr
    assert 'twin.town("helsinki")' in told.stderr
    assert "Traceback" not in told.stderr
    assert not (ROOT / "nowhere").exists()


def test_a_place_is_imported_kept_and_run(tmp_path):
    around = {"TWIN_CACHE": str(tmp_path / "cache")}
    with servers.running() as (world, addresses):
        world.overpass = servers.dated(TOWN.encode())
        told = twin("import", "24.99,59.99,25.01,60.01", "--out", tmp_path / "town", "--json", **around, **addresses)
        assert told.returncode == 0, told.stderr
        assert "asking 127.0.0.1" in told.stderr
    kept = json.loads(told.stdout)
    assert kept["provenance"]["timestamp"] == servers.DATE
    assert kept["provenance"]["box"].startswith("24.99")
    again = twin("import", "24.99,59.99,25.01,60.01", "--out", tmp_path / "again", **around, **OFFLINE)
    assert again.returncode == 0, again.stderr
    assert "took the town from" in again.stderr
    assert servers.DATE in again.stdout
    assert "ODbL 1.0" in again.stdout
    run = twin("run", tmp_path / "town", "--json")
    assert json.loads(run.stdout)["scenario_fingerprint"] == kept["fingerprint"]


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_whoever_stops_it_stops_the_download(tmp_path, sign, code):
    with servers.running() as (world, addresses):
        world.overpass = servers.SLOW
        command = [sys.executable, "-m", "twin", "run", "24.99,59.99,25.01,60.01"]
        around = {**os.environ, **addresses, "TWIN_CACHE": str(tmp_path)}
        with subprocess.Popen(command, cwd=ROOT, env=around, stderr=subprocess.PIPE, text=True) as running:
            while not world.asked:
                assert running.poll() is None
                time.sleep(0.05)
            (child,) = psutil.Process(running.pid).children()
            running.send_signal(sign)
            _, said = running.communicate(timeout=5)
        assert running.returncode == code
        child.wait(timeout=5)
    assert "Traceback" not in said
    left = list((tmp_path / "towntwin" / "places").iterdir())
    assert left == [] if sign == signal.SIGINT else all(path.name.startswith(".new-") for path in left)


def test_a_folder_is_no_town(tmp_path):
    told = twin("run", tmp_path)
    assert told.returncode == 2
    assert "is a folder" in told.stderr


def test_files_carry_what_they_do_not_know(first_run):
    _, folder = first_run
    about = pd.read_parquet(folder / "trips.parquet").attrs
    assert any("Synthetic demand" in label for label in about["labels"])
    described = pyogrio.read_info(folder / "links.gpkg")["layer_metadata"]["DESCRIPTION"]
    assert json.loads(described)["fingerprint"] == about["fingerprint"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    told = twin("run", "helsinki", "--out", tmp_path / "file" / "out")
    assert told.returncode == 2
    assert "choose another folder" in told.stderr


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = twin("lab", "--no-browser", "--port", taken.getsockname()[1])
    assert told.returncode == 2
    assert "is in use" in told.stderr


@pytest.mark.parametrize("port", ["many", "99999999"])
def test_an_impossible_port_is_refused(port):
    told = twin("lab", "--no-browser", f"--port={port}")
    assert told.returncode == 2
    assert "Traceback" not in told.stderr


def test_doctor_finds_everything():
    told = twin("doctor")
    assert told.returncode == 0, told.stdout
    assert "MISSING" not in told.stdout
    assert "helsinki" in told.stdout


def test_doctor_says_who_is_asked_for_places_and_where_they_stay(tmp_path):
    told = twin("doctor", TWIN_OVERPASS="http://mirror.example/api", TWIN_CACHE=str(tmp_path))
    assert "nominatim.openstreetmap.org/ and http://mirror.example/api" in told.stdout
    assert str(tmp_path / "towntwin" / "places") in told.stdout


@pytest.mark.parametrize("place", ["HOME", "NUMBA_CACHE_DIR"])
def test_without_a_cache_of_ones_own_it_runs_and_says_so(first_run, tmp_path, place):
    """A file stands where the folder should be: not even root can write there, as in a read-only home."""
    facts, _ = first_run
    blocked = tmp_path / "blocked"
    blocked.write_text("", encoding="utf-8")
    around = {"HOME": str(blocked), "XDG_CACHE_HOME": ""} if place == "HOME" else {place: str(blocked)}
    assert "are not kept" in twin("doctor", **around).stdout
    told = twin("run", "helsinki", "--json", **around)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["fingerprint"] == facts["fingerprint"]


def test_a_cache_that_others_can_enter_is_not_used(tmp_path):
    (tmp_path / "towntwin").mkdir(mode=0o755)
    (tmp_path / "towntwin").chmod(0o755)
    assert "are not kept" in twin("doctor", NUMBA_CACHE_DIR=str(tmp_path)).stdout
    (tmp_path / "towntwin").chmod(0o700)
    assert "are kept in" in twin("doctor", NUMBA_CACHE_DIR=str(tmp_path)).stdout


def test_the_install_may_be_read_only(first_run, tmp_path):
    """The checkout, its .venv included, is mounted read-only for this one process: not even root can write there."""
    facts, _ = first_run
    read_only = f"mount --bind {ROOT} {ROOT} && mount -o remount,ro,bind {ROOT}"
    namespace = ["unshare", "--mount", "sh", "-c"]
    if subprocess.run([*namespace, read_only], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a folder read-only")
    command = f"cd {ROOT} && ! touch twin/written 2>/dev/null && exec {sys.executable} -m twin run helsinki --json"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    told = subprocess.run(
        [*namespace, f"{read_only} && {command}"], capture_output=True, text=True, env=environment, check=False
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["fingerprint"] == facts["fingerprint"]
    assert (tmp_path / "towntwin").stat().st_mode & 0o777 == 0o700
