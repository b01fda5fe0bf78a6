"""Servers: Nominatim and Overpass on 127.0.0.1, as they are on good days and on bad ones."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

DATE = "2026-03-01T12:34:56Z"
HTML = b"<!DOCTYPE html><html><head><title>x</title></head><body><h1>Dispatcher_Client: too busy</h1></body></html>"
REMARK = b'<remark> runtime error: Query timed out in "query" at line 4 after 26 seconds. </remark>'

SILENT, SLOW, HALF, ENDLESS = "silent", "slow", "half", "endless"
BUSY, GATEWAY, BAD = 429, 504, 400


def dated(content):
    """Return OpenStreetMap XML with the date of the data, as Overpass says it."""
    head, _, rest = content.partition(b"<osm")
    opening, _, rest = rest.partition(b">")
    return head + b"<osm" + opening + b'>\n<note>ODbL</note>\n<meta osm_base="' + DATE.encode() + b'"/>\n' + rest


def place(area, *, name="Somewhere, Finland", kind="Polygon"):
    """Return what Nominatim says of a place with this box or outline."""
    west, south, east, north = area.bounds
    point = {"type": "Point", "coordinates": [(west + east) / 2, (south + north) / 2]}
    return {
        "place_id": 1, "osm_type": "relation", "osm_id": 1, "lat": str((south + north) / 2),
        "lon": str((west + east) / 2), "class": "place", "type": "town", "importance": 0.5, "display_name": name,
        "boundingbox": [str(south), str(north), str(west), str(east)],
        "geojson": area.__geo_interface__ if kind == "Polygon" else point,
    }  # fmt: skip


class Servers:
    """Both servers; ``overpass`` and ``nominatim`` say what they do, ``asked`` what they were asked.

    A mode is SILENT, SLOW, HALF, ENDLESS, a status code, bytes (the answer itself), or a function of the question that
    returns one of these. A list of modes is played one by one, the last one for ever.
    """

    def __init__(self):
        self.overpass = self.nominatim = b""
        self.asked = []
        self.open = True

    def play(self, name):
        mode = getattr(self, name)
        if isinstance(mode, list):
            mode = mode.pop(0) if len(mode) > 1 else mode[0]
        return mode


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        question = parse_qs(self.rfile.read(length).decode())["data"][0]
        self.played("overpass", question)

    def do_GET(self):
        self.played("nominatim", parse_qs(urlsplit(self.path).query)["q"][0])

    def played(self, name, question):
        servers = self.server.servers
        servers.asked.append((name, urlsplit(self.path).path, question))
        mode = servers.play(name)
        mode = mode(question) if callable(mode) else mode
        self.close_connection = True
        if isinstance(mode, int):
            self.answer(mode, HTML)
        elif mode == SILENT:
            self.wait()
        elif mode in {SLOW, ENDLESS}:
            self.send_response(200)
            self.end_headers()
            part, pause = (b" ", 0.1) if mode == SLOW else (b"<node/>" * 10_000, 0.01)
            self.wait(part, pause)
        elif mode == HALF:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"<?xml version='1.0'?><osm version='0.6'><node id='1' ")
        else:
            self.answer(200, mode)

    def answer(self, status, content):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def wait(self, part=b"", pause=0.1):
        try:
            while self.server.servers.open:
                self.wfile.write(part)
                time.sleep(pause)
        except OSError:
            pass


@contextmanager
def running():
    """Yield the servers and the environment in which they are the ones that are asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.servers = Servers()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    here = f"http://127.0.0.1:{server.server_port}"
    try:
        yield server.servers, {"TWIN_OVERPASS": f"{here}/api", "TWIN_NOMINATIM": f"{here}/"}
    finally:
        server.servers.open = False
        server.shutdown()
        thread.join()
        server.server_close()


def names(*found):
    """Return what Nominatim answers."""
    return json.dumps(found).encode()
