"""Downloads from servers on 127.0.0.1 that are down, silent, slow, busy, of another mind, or cut off in the middle."""

import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import osmium
import osmnx
import psutil
import pytest
import shapely

from tests.osm import servers
from tests.osm.conftest import osm
from twin.errors import BadSource, Cancelled
from twin.osm import Step, download, find, read, told_by_lines

BOX = (24.99, 59.99, 25.01, 60.01)
TOWN = servers.dated(osm({1: (0, 0), 2: (100, 0)}, {7: ([1, 2], {"highway": "residential"})}).encode())
PLACE = servers.place(shapely.box(*BOX))
DEADLINE = 1.5


@pytest.fixture(scope="module")
def everything():
    with servers.running() as (both, addresses):
        yield both, addresses


@pytest.fixture
def world(everything, monkeypatch):
    """Return both servers, on a good day, as those that are asked."""
    both, addresses = everything
    for name, address in addresses.items():
        monkeypatch.setenv(name, address)
    both.overpass, both.nominatim, both.asked = TOWN, servers.names(PLACE), []
    return both


def fetched(source, folder, *, deadline=20.0, progress=lambda _: None):
    return download(find(source), folder / "extract.osm.pbf", deadline=deadline, progress=progress)


def assert_no_child_is_left():
    assert not [child for child in psutil.Process().children(recursive=True) if "child.py" in " ".join(child.cmdline())]


# Good days


def test_a_box_is_fetched_and_says_where_it_comes_from(world, tmp_path):
    source = fetched(BOX, tmp_path)
    assert source["server"].startswith("http://127.0.0.1")
    assert source["box"] == "24.9900000,59.9900000,25.0100000,60.0100000"
    assert [(name, path) for name, path, _ in world.asked] == [("overpass", "/api/interpreter")]
    extract = read(tmp_path / "extract.osm.pbf")
    assert extract.source["timestamp"] == servers.DATE
    assert len(extract.network.links) == 2
    box = osmium.FileProcessor(str(tmp_path / "extract.osm.pbf")).header.box()
    assert (box.bottom_left.lon, box.top_right.lat) == (24.99, 60.01)
    assert [path.name for path in tmp_path.iterdir()] == ["extract.osm.pbf"]


def test_an_address_may_end_with_interpreter(world, tmp_path, monkeypatch, everything):
    monkeypatch.setenv("TWIN_OVERPASS", everything[1]["TWIN_OVERPASS"] + "/interpreter/")
    fetched(BOX, tmp_path)
    assert [path for _, path, _ in world.asked] == ["/api/interpreter"]


def test_a_password_in_an_address_is_used_and_not_shown(world, tmp_path, monkeypatch, everything):
    monkeypatch.setenv("TWIN_OVERPASS", everything[1]["TWIN_OVERPASS"].replace("//", "//me:secret@"))
    said = []
    source = fetched(BOX, tmp_path, progress=lambda step: said.append(str(step)))
    world.overpass = servers.BAD
    with pytest.raises(BadSource) as caught:
        fetched(BOX, tmp_path)
    assert "secret" not in f"{source} {said} {caught.value}"
    assert world.asked


def test_the_outline_of_a_name_is_what_is_asked_for(world, tmp_path):
    outline = shapely.Polygon([(24.99, 59.99), (25.01, 59.99), (25.0, 60.01)])
    world.nominatim = servers.names(servers.place(outline, name="Vantaa, Finland"))
    source = fetched("Vantaa", tmp_path)
    assert (source["place"], source["found"], source["area"]) == ("Vantaa", "Vantaa, Finland", "outline")
    (_, path, name), (_, _, question) = world.asked
    assert (path, name) == ("/search", "Vantaa")
    assert 'poly:"' in question
    assert "60.0100000 25.0000000" in question


def test_a_name_without_an_outline_is_the_box_around_it_and_says_so(world, tmp_path):
    world.nominatim = servers.names(servers.place(shapely.box(*BOX), kind="Point"))
    source = fetched("云栖小镇", tmp_path)
    assert "no outline is known" in source["area"]
    assert "(59.9900000,24.9900000,60.0100000,25.0100000)" in world.asked[-1][2]


def test_a_busy_server_is_asked_again(world, tmp_path):
    world.overpass = [servers.BUSY, TOWN]
    said = set()
    fetched(BOX, tmp_path, progress=lambda step: said.add(step.doing))
    assert len(world.asked) == 2
    assert any("busy (429" in doing and "asking again" in doing for doing in said)


@pytest.mark.usefixtures("world")
def test_progress_is_a_share_that_says_what_is_being_done(tmp_path, capsys):
    steps, lines = [], told_by_lines()
    fetched("Vantaa", tmp_path, progress=lambda step: (steps.append(step), lines(step)))
    assert all(isinstance(step, Step) and 0 <= step <= 1 for step in steps)
    seconds = [step.seconds for step in steps]
    assert seconds == sorted(seconds)
    assert max(b - a for a, b in pairwise(seconds)) < 1.0
    told = capsys.readouterr().err.splitlines()
    assert "where Vantaa is" in told[1]
    assert "for the map" in told[3]
    assert len(told) < len(steps)


# Bad days


WRONG = {
    "silent": (servers.SILENT, "did not come within"),
    "slow": (servers.SLOW, "did not come within"),
    "busy": (servers.BUSY, r"busy \(429"),
    "overloaded": (servers.GATEWAY, r"busy \(504"),
    "refusing": (servers.BAD, r"refused \(400.*Dispatcher_Client"),
    "a web page": (servers.HTML, r"a web page \(Dispatcher_Client"),
    "cut off": (servers.HALF, "cut short"),
}
MAP_ONLY = {
    "endless": (servers.ENDLESS, r"did not come within 1.5 s \(last: receiving.*MB"),
    "truncated": (TOWN[: len(TOWN) * 2 // 3], "cut short after"),
    "out of time": (TOWN.replace(b"</osm>", servers.REMARK + b"</osm>"), "half an answer.*Query timed out"),
    "nothing": (b"", "empty"),
    "no roads": (TOWN.replace(b"highway", b"byway"), "no roads for cars"),
    "garbled": (TOWN.replace(b"lat=", b"lat"), "not whole OpenStreetMap data"),
    "JSON": (b'{"elements": []}', "something else.*elements"),
}
NAMES_ONLY = {
    "unknown": (servers.names(), r"knows no place.*give a box.*\.osm"),
    "too large": (servers.names(servers.place(shapely.box(20, 60, 25, 65))), "more than 2,500 km2"),
    "truncated": (servers.names(PLACE)[:99], "something else"),
    "a dictionary": (b"{}", "something else"),
    "half a place": (b"[{}]", "something else"),
}


@pytest.mark.parametrize("kind", WRONG | MAP_ONLY)
def test_what_goes_wrong_with_the_map_is_said_in_time(world, tmp_path, kind):
    world.overpass, words = (WRONG | MAP_ONLY)[kind]
    began = time.monotonic()
    with pytest.raises(BadSource, match=words) as caught:
        fetched(BOX, tmp_path, deadline=DEADLINE)
    assert time.monotonic() - began < DEADLINE + 0.5
    assert "24.99,59.99,25.01,60.01" in str(caught.value)
    assert ".osm.pbf" in str(caught.value)
    assert_no_child_is_left()


@pytest.mark.parametrize("kinds", [WRONG, NAMES_ONLY], ids=["servers", "places"])
def test_what_goes_wrong_with_names_is_said_in_time(world, tmp_path, kinds):
    """All at once, since each takes two seconds, in which osmnx is imported and pauses; the name says what goes on."""
    world.nominatim = lambda name: kinds[name][0]

    def outcome(kind):
        folder, began = tmp_path / kind, time.monotonic()
        folder.mkdir()
        deadline = 2.5 if "within" in kinds[kind][1] else 4.0 if "busy" in kinds[kind][1] else 20.0
        with pytest.raises(BadSource) as caught:
            fetched(kind, folder, deadline=deadline)
        return kind, str(caught.value), time.monotonic() - began - deadline

    with ThreadPoolExecutor(4) as pool:
        for kind, said, late in pool.map(outcome, kinds):
            assert re.search(kinds[kind][1], said), said
            assert repr(kind) in said or kind == "too large"
            assert late < 0.5
    assert {name for name, *_ in world.asked} == {"nominatim"}
    assert_no_child_is_left()


@pytest.mark.parametrize("source", [BOX, "Vantaa"])
def test_a_server_that_is_down_is_said_to_be(tmp_path, monkeypatch, source):
    for name in ("TWIN_OVERPASS", "TWIN_NOMINATIM"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/api")
    with pytest.raises(BadSource, match=r"127\.0\.0\.1:9 cannot be reached.*offline.*refused.*\.osm\.pbf.*helsinki"):
        fetched(source, tmp_path)


# Free and stopped


def test_waiting_neither_holds_the_interpreter_nor_turns_in_circles(world, tmp_path):
    world.overpass = servers.SILENT
    ticks, over = [], threading.Event()

    def tick():
        while not over.wait(0.01):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    used = time.process_time()
    with pytest.raises(BadSource):
        fetched(BOX, tmp_path, deadline=2.0)
    used = time.process_time() - used
    over.set()
    thread.join()
    assert max(b - a for a, b in pairwise(ticks)) < 0.2
    assert used < 0.5


@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt, ZeroDivisionError])
def test_what_progress_raises_stops_it_at_once(world, tmp_path, error):
    world.overpass = servers.SLOW

    def stop(step):
        if step.seconds > 0.5:
            raise error

    began = time.monotonic()
    with pytest.raises(error):
        fetched(BOX, tmp_path, progress=stop)
    assert time.monotonic() - began < 1.5
    assert_no_child_is_left()


@pytest.mark.usefixtures("world")
def test_our_process_is_left_as_it_was(tmp_path):
    before = socket.getaddrinfo, osmnx.settings.nominatim_url, osmnx.settings.use_cache
    fetched("Vantaa", tmp_path)
    assert (socket.getaddrinfo, osmnx.settings.nominatim_url, osmnx.settings.use_cache) == before
