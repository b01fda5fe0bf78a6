"""Child: asks Nominatim and Overpass, as a process of its own that can be killed at any moment.

    python -P child.py ORDER.json

It is run as a file and knows nothing of the twin, so that it starts in a fraction of a second. While it works it
prints lines of JSON, {"doing": ...}; the last one is {"found": {...}} or {"failed": "why; what to do"}. It ends when
its standard input is closed, and so with whoever started it, whatever became of them.

Of osmnx it uses the geocoder, whose settings are global: they are set here and nowhere else. The map itself osmnx
cannot download: its graphs have no restrictions, bus lines or houses, its features come as tables without the nodes
that join them, and where a server is busy it waits without limit. So Overpass is asked here with a question of our own.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests

AGENT = {"User-Agent": "towntwin/0.1 (a digital twin of a town's traffic)"}
"""Both servers want to know who asks."""

BUSY = {429, 502, 503, 504}
"""Answers that say: later."""

PAUSES = (3.0, 10.0, 30.0)
"""How long is waited [s] before a busy server is asked again; after these it is left in peace."""

CONNECT = 20.0
"""A server that has not picked up after so many seconds is not there."""

MOST_BYTES = 4 << 30
"""No answer is longer: 2,500 km2 of a dense city have about a quarter of that."""

BEGAN = time.monotonic()
EVERY = 0.5  # seconds between two lines on how much has come
CHUNK = 1 << 16
HEAD = 4096

FILE = 'use a file (.osm, .osm.pbf) or the town that comes along, twin.town("helsinki")'
LATER = f"try again later or another server, or {FILE}"
SMALLER = f"take a smaller area or more time, or {FILE}"


class Failed(Exception):
    """It cannot be done; the text says why and what to do."""


class Busy(Failed):
    """The server says: later."""


def tell(**said: Any) -> None:  # noqa: ANN401 - what JSON has
    """Print a line of JSON at once."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def find(order: dict[str, Any]) -> dict[str, Any]:
    """Return where a place is: its outline, or the box that Nominatim draws around places that are a point to it.

    Parameters
    ----------
    order : dict
        ``name``; ``server``: an address; ``seconds``: how long the server may take.

    Returns
    -------
    dict
        ``area``: GeoJSON; ``called``: its full name; ``outline``: whether it is one.
    """
    import osmnx  # noqa: PLC0415 - only here, and heavy
    import shapely  # noqa: PLC0415

    name, host = order["name"], _host(order["server"])
    osmnx.settings.use_cache = False  # ours holds the place; osmnx's would lie in the working folder
    osmnx.settings.nominatim_url = order["server"]
    osmnx.settings.http_user_agent = AGENT["User-Agent"]
    osmnx.settings.requests_timeout = order["seconds"]
    osmnx.settings.requests_kwargs = {"hooks": {"response": lambda answer, **_: _names(answer, name)}}
    tell(doing=f"asking {host} where {name} is")

    def look() -> dict[str, Any]:
        try:
            found = osmnx.geocode_to_gdf(name).iloc[0]
        except TypeError:  # there is such a place, but without an outline
            found = osmnx.geocode_to_gdf(name, which_result=1).iloc[0]
        outline = found.geometry.geom_type in {"Polygon", "MultiPolygon"}
        around = shapely.box(*(found[f"bbox_{side}"] for side in ("west", "south", "east", "north")))
        area = found.geometry if outline else around
        return {"area": shapely.to_geojson(area), "called": str(found["display_name"]), "outline": outline}

    try:
        answer: dict[str, Any] = _patiently(look, host, order["seconds"])
    except (KeyError, ValueError) as error:
        raise Failed(f"{host} answered with something else than places ({error!r}); {LATER}") from error
    return answer


def fetch(order: dict[str, Any]) -> dict[str, Any]:
    """Write the extract that answers a question to Overpass.

    Parameters
    ----------
    order : dict
        ``question``: in Overpass QL; ``box``: west, south, east, north of what it asks for; ``into``: the path of a
        .osm.pbf; ``server``: an address; ``seconds``: how long it may take.

    Returns
    -------
    dict
        ``timestamp``: the date of the data ("" = not told).
    """
    host, target = _host(order["server"]), Path(order["into"])
    raw = target.with_name("answer.osm")
    tell(doing=f"asking {host} for the map")
    try:
        _patiently(lambda: _receive(order, raw), host, order["seconds"])
        date = _date(raw, host)
        tell(doing="packing the extract")
        _pack(raw, target, order["box"], date, host)
    finally:
        raw.unlink(missing_ok=True)
    return {"timestamp": date}


def _patiently(ask: Callable[[], Any], host: str, seconds: float) -> Any:  # noqa: ANN401 - what was asked for
    """Ask again a few times where the server is busy, as long as there is time."""
    import requests  # noqa: PLC0415 - the twin is imported without it

    for pause in (*PAUSES, None):
        try:
            return ask()
        except Busy as busy:
            if pause is None or time.monotonic() - BEGAN + pause >= seconds:
                raise
            tell(doing=f"{busy.args[0].partition(';')[0]}: asking again in {pause:.0f} s")
            time.sleep(pause)
        except requests.exceptions.Timeout as error:
            raise Failed(f"{host} did not answer in time; {LATER}") from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise Failed(f"the answer of {host} was cut short; {LATER}") from error
        except requests.exceptions.ConnectionError as error:
            cut = "IncompleteRead" in str(error) or "RemoteDisconnected" in str(error)
            why = "broke off" if cut else "cannot be reached: is this machine offline?"
            raise Failed(f"{host} {why} ({_cause(error)}); {LATER}") from error
        except requests.exceptions.RequestException as error:
            raise Failed(f"{host} cannot be asked ({_cause(error)}); {LATER}") from error
    raise AssertionError


def _cause(error: BaseException) -> str:
    """Return what lies at the bottom of an error."""
    while (deeper := getattr(error, "reason", None) or error.__cause__ or error.__context__) and isinstance(
        deeper, BaseException
    ):
        error = deeper
    return " ".join(str(error).split())[:200]


def _host(server: str) -> str:
    return urlsplit(server).netloc.rpartition("@")[2] or server


def _names(answer: requests.Response, name: str) -> None:
    """Look at Nominatim's answer before osmnx does, which would wait without limit, or show a whole web page."""
    host = _host(answer.url)
    _refuse(answer, host)
    try:
        found = answer.json()
    except ValueError:
        raise Failed(f"{host} answered with {_kind(answer.content)}, not with places; {LATER}") from None
    if found == []:
        raise Failed(
            f"{host} knows no place of this name, {name!r}; write it in another way (town, city), give a box (west, "
            f"south, east, north), or {FILE}"
        )


def _refuse(answer: requests.Response, host: str) -> None:
    code = answer.status_code
    if code in BUSY:
        raise Busy(f"{host} is busy ({code} {answer.reason}); {LATER}")
    if code >= 400:  # noqa: PLR2004
        raise Failed(f"{host} refused ({code} {answer.reason}: {_words(answer.content)}); {LATER}")


def _receive(order: dict[str, Any], raw: Path) -> None:
    """Write the answer to a file as it comes."""
    import requests  # noqa: PLC0415

    host, size, told = _host(order["server"]), 0, 0.0
    with requests.post(
        order["server"].removesuffix("/").removesuffix("/interpreter") + "/interpreter",
        data={"data": order["question"]}, headers=AGENT, stream=True, timeout=(CONNECT, order["seconds"]),
    ) as answer, raw.open("wb") as file:  # fmt: skip
        _refuse(answer, host)
        for chunk in answer.iter_content(CHUNK):
            file.write(chunk)
            size += len(chunk)
            if size > MOST_BYTES:
                raise Failed(f"the answer of {host} is longer than {MOST_BYTES >> 30} GB; {SMALLER}")
            if time.monotonic() - told > EVERY:
                told = time.monotonic()
                tell(doing=f"receiving the map from {host}", amount=f"{size / 1e6:.1f} MB")


def _date(raw: Path, host: str) -> str:
    """Return the date of the data in an answer, if it is a whole one.

    Overpass has begun its answer with 200 OK when it runs out of time or memory: then the answer ends with a remark,
    after half of the data.
    """
    if not raw.stat().st_size:
        raise Failed(f"the answer of {host} is empty; {LATER}")
    with raw.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as answer:
        head = answer[:HEAD]
        if b"<osm" not in head:
            raise Failed(f"{host} answered with {_kind(head)}, not with map data; {LATER}")
        if (remark := answer.rfind(b"<remark")) >= 0:  # in names "<" is written &lt;
            raise Failed(f"{host} gave half an answer ({_words(answer[remark : remark + HEAD])}); {SMALLER}")
        if not answer[-64:].rstrip().endswith(b"</osm>"):
            raise Failed(f"the answer of {host} was cut short after {len(answer) / 1e6:.1f} MB; {LATER}")
    date = re.search(rb"osm_base=[\"']([0-9TZ:.+-]{10,30})[\"']", head)
    return date[1].decode() if date else ""


def _pack(raw: Path, target: Path, box: list[float], date: str, host: str) -> None:
    """Write an answer as .osm.pbf: a tenth of its size, and read twice as fast."""
    import osmium  # noqa: PLC0415

    header = osmium.io.Header()
    header.set("generator", f"towntwin, from {host}")
    if date:
        header.set("osmosis_replication_timestamp", date)
    header.add_box(osmium.osm.Box(*box))
    try:
        file = osmium.io.File(str(target), "pbf,add_metadata=false")
        with osmium.SimpleWriter(file, header=header, overwrite=True) as writer:
            osmium.apply(str(raw), writer)
        roads = osmium.FileProcessor(str(target), osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway"))
        if next(iter(roads), None) is None:
            raise Failed(f"OpenStreetMap has no roads for cars there; take a larger or another area, or {FILE}")
    except (RuntimeError, ValueError) as error:
        raise Failed(f"the answer of {host} is not whole OpenStreetMap data ({error}); {LATER}") from error


def _kind(content: bytes) -> str:
    """Return what an answer is that is not what was asked for."""
    page = re.search(rb"<!doctype html|<html", content[:HEAD], re.IGNORECASE)
    return f"{'a web page' if page else 'something else'} ({_words(content)})"


def _words(content: bytes) -> str:
    """Return the words of a web page, or of what there is, on one line."""
    text = content[:HEAD].decode("utf-8", "replace")
    text = re.sub(r"(?is)<(script|style|head)\b.*?(</\1>|$)|<[^>]*>", " ", text)
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.replace("&quot;", '"').split())[:200] or "without a word"


def _end_with_parent() -> None:
    """Die when standard input is closed, in whatever state this process is."""
    while os.read(0, CHUNK):
        pass
    os._exit(1)


def main(order: dict[str, Any]) -> int:
    """Do what the order says and tell what came of it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        tell(found={"find": find, "fetch": fetch}[order["job"]](order))
    except Failed as failed:
        tell(failed=str(failed))
    except OSError as error:
        tell(failed=f"the extract cannot be written ({error}); set TWIN_CACHE to a folder with room")
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
