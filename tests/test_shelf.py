"""Places that were fetched once: asked again, in other ways, damaged, by many at once, and where none can be kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import shapely

from tests.osm import servers
from tests.osm.conftest import osm
from tests.reference_data import reference
from twin import cache
from twin.build import read_osm
from twin.errors import BadSource, Cancelled
from twin.osm import Step, find

COLLEGE = (-77.87015, 40.78816, -77.85743, 40.79422)
"""West, south, east, north of the reference file statecollege.osm."""

BOX = (24.99, 59.99, 25.01, 60.01)
CROSSING = osm(
    {1: (0, 0), 2: (-100, 0), 3: (100, 0), 4: (0, -100), 5: (0, 100), 6: (200, 0)},
    {arm: ([arm, 1], {"highway": "residential"}) for arm in (2, 3, 4, 5)} | {6: ([3, 6], {"highway": "primary"})},
)
"""A town of some streets, so that most tests take no time."""

BOUNDS = "<bounds minlon='24.99' minlat='59.99' maxlon='25.01' maxlat='60.01'/>"

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def of_file(tmp_path_factory):
    """Return the small town as it is read of a file."""
    path = tmp_path_factory.mktemp("file") / "town.osm"
    path.write_text(CROSSING.replace("<node", BOUNDS + "<node", 1), encoding="utf-8")
    return read_osm(path)


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Yield both servers, who know one town, and an empty cache."""
    with servers.running() as (both, addresses):
        both.overpass = servers.dated(CROSSING.encode())
        both.nominatim = servers.names(servers.place(shapely.box(*BOX), name="Crossing, Finland"))
        for name, value in {**addresses, "TWIN_CACHE": str(tmp_path / "cache")}.items():
            monkeypatch.setenv(name, value)
        yield both


@pytest.fixture
def home(tmp_path):
    return tmp_path / "cache" / "towntwin" / "places"


@pytest.fixture
def said():
    """Return what was said, and the progress that hears it."""
    lines = []
    return lines, lambda share: lines.append(share.doing) if isinstance(share, Step) else None


def content(folder):
    """Return all that is in a folder."""
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def asked(world):
    return [name for name, *_ in world.asked]


def the_entry(home):
    (entry,) = home.iterdir()
    return entry


def the_shelf(home):
    (shelf,) = the_entry(home).glob("town-*")
    return shelf


# Kept


@pytest.mark.parametrize("source", [COLLEGE, "State College"])
def test_a_place_gives_the_same_town_as_its_file(world, source):
    file = reference("osm") / "statecollege.osm"
    world.overpass = servers.dated(file.read_bytes())
    world.nominatim = servers.names(servers.place(shapely.box(*COLLEGE), name="State College, Centre County"))
    of_file, town = read_osm(file), read_osm(source)
    assert len(town.network.links) > 100
    assert town.network.fingerprint == of_file.network.fingerprint
    assert town.fingerprint == of_file.fingerprint
    assert town.provenance["found"] == ("State College, Centre County" if source == "State College" else "")
    assert asked(world) == ["nominatim", "overpass"][source != "State College" :]


@pytest.mark.parametrize("source", [BOX, ",".join(map(str, BOX)), shapely.box(*BOX), "Crossing"])
def test_a_town_says_where_it_comes_from(world, of_file, source):
    town = read_osm(source)
    assert town.fingerprint == of_file.fingerprint
    assert town.provenance["timestamp"] == servers.DATE
    assert town.provenance["licence"] == "ODbL 1.0"
    assert "OpenStreetMap" in town.provenance["attribution"]
    assert town.provenance["server"] == os.environ["TWIN_OVERPASS"]
    assert town.provenance["place"] == town.name
    assert asked(world)[-1] == "overpass"


def test_asking_again_takes_what_is_kept_in_less_than_a_second(world, home):
    first = read_osm("Crossing", seed=3, total=500)
    before = content(home)
    world.asked.clear()
    world.overpass = world.nominatim = servers.GATEWAY
    began = time.perf_counter()
    again = read_osm("Crossing", seed=3, total=500)
    assert time.perf_counter() - began < 1.0
    assert world.asked == []
    assert (again.fingerprint, again.name, again.provenance) == (first.fingerprint, first.name, first.provenance)
    assert again.labels == first.labels
    assert content(home) == before


def test_other_wishes_make_another_town_of_the_same_extract(world, home):
    first = read_osm(BOX)
    others = [read_osm(BOX, seed=1), read_osm(BOX, load=0.3), read_osm(BOX, total=700)]
    assert asked(world) == ["overpass"]
    assert {town.network.fingerprint for town in others} == {first.network.fingerprint}
    assert len({town.demand.fingerprint for town in (first, *others)}) == 4
    assert len(list(the_entry(home).glob("town-*"))) == 4


def test_other_code_makes_the_town_again_and_lets_go_of_the_old(world, home, monkeypatch):
    read_osm(BOX)
    old = the_shelf(home)
    monkeypatch.setattr(cache, "state_of_code", lambda _="": "0" * 12)
    read_osm(BOX)
    assert asked(world) == ["overpass"]
    assert the_shelf(home) != old


def test_the_state_of_the_code_is_that_of_every_file(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "twin", tmp_path / "twin", ignore=shutil.ignore_patterns("__pycache__", "front", "data"))
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "twin" / "cache.py"))
    before, kernels = cache.state_of_code(), cache.state_of_code("kernels")
    lanes = tmp_path / "twin" / "osm" / "lanes.py"
    lanes.write_text(lanes.read_text(encoding="utf-8") + "# another word\n", encoding="utf-8")
    assert cache.state_of_code() != before
    assert cache.state_of_code("kernels") == kernels


def test_what_is_kept_is_for_our_eyes_alone(world, home):
    read_osm(BOX)
    assert world.asked
    for folder in (home.parent, home, the_entry(home), the_shelf(home)):
        assert folder.stat().st_mode & 0o077 == 0


# Damaged


def test_a_damaged_extract_is_fetched_again(world, home, said):
    first = read_osm(BOX)
    extract = the_entry(home) / "extract.osm.pbf"
    spoilt = bytearray(extract.read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    extract.write_bytes(spoilt)
    lines, progress = said
    assert read_osm(BOX, seed=5, progress=progress).network.fingerprint == first.network.fingerprint
    assert asked(world) == ["overpass", "overpass"]
    assert any("damaged" in line for line in lines)
    world.overpass = servers.GATEWAY
    read_osm(BOX, seed=6)  # whole again


@pytest.mark.parametrize("name", ["about.json", "extract.osm.pbf"])
@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_text("[]")])
def test_a_lost_or_emptied_file_is_noticed(world, home, name, harm):
    first = read_osm(BOX)
    harm(the_entry(home) / name)
    assert read_osm(BOX, seed=5).network.fingerprint == first.network.fingerprint
    assert asked(world) == ["overpass", "overpass"]
    assert sorted(path.name for path in the_entry(home).iterdir() if path.is_file()) == [
        "about.json",
        "extract.osm.pbf",
    ]


def test_a_forged_origin_is_noticed(world, home):
    read_osm(BOX)
    about = the_entry(home) / "about.json"
    about.write_text(about.read_text(encoding="utf-8").replace("60.0100000", "60.0200000"), encoding="utf-8")
    assert read_osm(BOX).provenance["box"].endswith("60.0100000")
    assert asked(world) == ["overpass", "overpass"]


def test_a_damaged_town_is_made_again_of_its_extract(world, home, said):
    first = read_osm(BOX)
    table = next(the_shelf(home).rglob("links.parquet"))
    table.write_bytes(table.read_bytes()[:-1])
    lines, progress = said
    assert read_osm(BOX, progress=progress).fingerprint == first.fingerprint
    assert asked(world) == ["overpass"]
    assert any("links.parquet" in line for line in lines)
    lines.clear()
    assert read_osm(BOX, progress=progress).fingerprint == first.fingerprint
    assert "took the town from" in lines[-1]


BAD_DAYS = {
    "refusing": servers.BAD, "a web page": servers.HTML, "half": servers.HALF, "slow": servers.SLOW,
    "remark": b"<?xml version='1.0'?><osm version='0.6'>" + servers.REMARK + b"</osm>",
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_DAYS)
def test_a_download_that_fails_leaves_the_cache_as_it_was(world, home, kind):
    read_osm(BOX)
    extract = the_entry(home) / "extract.osm.pbf"
    extract.write_bytes(extract.read_bytes()[:-9])  # so that it has to be fetched again
    before = content(home)
    world.overpass = BAD_DAYS[kind]
    for box in (BOX, (24.98, 59.98, 25.0, 60.0)):
        with pytest.raises(BadSource):
            read_osm(box, seed=1, deadline=1.0)
    assert content(home) == before


@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt])
def test_a_download_that_is_stopped_leaves_the_cache_as_it_was(world, home, error):
    world.overpass = servers.SLOW

    def stop(step):
        if step.seconds > 0.4:
            raise error

    with pytest.raises(error):
        read_osm(BOX, progress=stop)
    assert list(home.iterdir()) == []


def test_a_town_that_is_stopped_while_it_is_made_keeps_its_extract(world, home):
    def stop(share):
        if share > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_osm(BOX, progress=stop)
    assert sorted(path.name for path in the_entry(home).iterdir()) == ["about.json", "extract.osm.pbf"]
    read_osm(BOX)
    assert asked(world) == ["overpass"]


def test_what_others_left_behind_is_swept_away_after_a_day(world, home):
    for name, age in (("old", 2 * 86400), ("fresh", 60)):
        left = home / f".new-{name}"
        left.mkdir(parents=True)
        (left / "answer.osm").write_text("half", encoding="utf-8")
        os.utime(left, (time.time() - age, time.time() - age))
    for folder in (home.parent, home):
        folder.chmod(0o700)
    read_osm(BOX)
    assert world.asked
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == [".new-fresh"]


# Many, and nowhere


@pytest.mark.prove
def test_many_processes_at_once_do_not_hurt_each_other(world, home, of_file):
    code = f"from twin.build import read_osm; print(read_osm({BOX!r}).fingerprint)"
    command = [sys.executable, "-c", code]
    many = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) for _ in range(4)]
    for one in many:
        out, errors = one.communicate(timeout=100)
        assert out.decode().strip() == of_file.fingerprint, errors.decode()
    assert 1 <= len(world.asked) <= 4
    assert the_shelf(home)
    assert not list(home.rglob(".new-*"))
    about = json.loads((the_entry(home) / "about.json").read_text(encoding="utf-8"))
    assert about["source"]["box"].startswith("24.99")


def test_where_nothing_can_be_kept_it_works_all_the_same(world, of_file, tmp_path, monkeypatch, said):
    (tmp_path / "file").write_text("", encoding="utf-8")  # not even root can make a folder in it
    monkeypatch.setenv("TWIN_CACHE", str(tmp_path / "file"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    lines, progress = said
    for _ in range(2):
        assert read_osm(BOX, progress=progress).fingerprint == of_file.fingerprint
    assert asked(world) == ["overpass", "overpass"]
    assert "TWIN_CACHE" in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_others_can_enter_is_not_used(world, home, of_file):
    home.parent.mkdir(parents=True, mode=0o755)
    home.parent.chmod(0o755)
    assert read_osm(BOX).fingerprint == of_file.fingerprint
    assert world.asked
    assert list(home.parent.iterdir()) == []


def test_a_place_without_streets_is_named(world):
    world.overpass = osm({1: (0, 0)}, {2: ([1], {"highway": "residential"})}).encode()
    with pytest.raises(BadSource, match=r"24\.99,.*as OpenStreetMap has it.*no roads"):
        read_osm(BOX)


def test_an_impossible_deadline_is_refused():
    for deadline in (0, -1, float("inf"), float("nan")):
        with pytest.raises(BadSource, match="deadline"):
            read_osm(BOX, deadline=deadline)


def test_requests_differ_by_what_is_asked(world, home):
    read_osm(BOX)
    read_osm("Crossing")
    assert len(list(home.iterdir())) == 2
    assert asked(world) == ["overpass", "nominatim", "overpass"]
    assert find(BOX).key != find("Crossing").key
