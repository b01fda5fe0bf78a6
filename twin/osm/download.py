"""Download: a place from Nominatim and Overpass, by a child process, within a deadline, and stopped on request."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import shapely

from twin.errors import BadSource
from twin.osm.place import Area, Place, outlined
from twin.osm.query import question

Progress = Callable[[float], None]

DEADLINE = 180.0
"""How long a place may take from the first question to the last byte [s], unless somebody says otherwise."""

NOMINATIM, OVERPASS = "https://nominatim.openstreetmap.org/", "https://overpass-api.de/api"
"""Who knows names and who has the map, unless TWIN_NOMINATIM and TWIN_OVERPASS name others (mirrors, or one's own)."""

LOOK = 0.25
"""Progress and cancel are looked at every so many seconds while the child works."""

CHILD = Path(__file__).with_name("child.py")

_MORE = "give it more time (deadline), take a smaller area, or use a file (.osm, .osm.pbf)"
_SAID = 500  # signs of what a child said that died


class Step(float):
    """A share of the work that is done (0 to 1), with what is being done meanwhile and for how long.

    Parameters
    ----------
    share : float
    doing : str
        Such as "asking overpass-api.de for the map".
    amount : str
        How much has come, such as "3.4 MB"; "" = nothing to count.
    seconds : float [s]
        Since the beginning.

    Examples
    --------
    >>> step = Step(0.0, "receiving the map", amount="3.4 MB", seconds=12.3)
    >>> print(step, step == 0)
    receiving the map: 3.4 MB, 12 s True
    """

    doing: str
    amount: str
    seconds: float

    def __new__(cls, share: float, doing: str, *, amount: str = "", seconds: float = 0.0) -> Self:
        """Make a number that says more."""
        step = super().__new__(cls, share)
        step.doing, step.amount, step.seconds = doing, amount, seconds
        return step

    def __str__(self) -> str:
        return f"{self.doing}: {self.amount + ', ' if self.amount else ''}{self.seconds:.0f} s"


def told_by_lines() -> Progress:
    """Return a progress that writes a line to standard error when something else is being done; nothing of files."""
    last = ""

    def show(share: float) -> None:
        nonlocal last
        if isinstance(share, Step) and share.doing != last:
            last = share.doing
            sys.stderr.write(f"twin: {share.doing}\n")

    return show


def servers() -> tuple[str, str]:
    """Return the addresses of Nominatim and Overpass."""
    return os.environ.get("TWIN_NOMINATIM") or NOMINATIM, os.environ.get("TWIN_OVERPASS") or OVERPASS


def shown(address: str) -> str:
    """Return an address as it may be shown and written down: without the name and password that may stand in it.

    Examples
    --------
    >>> shown("https://me:secret@mirror.example/api")
    'https://mirror.example/api'
    """
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def download(place: Place, target: Path, *, deadline: float, progress: Progress) -> dict[str, str]:
    """Write the extract of a place to a file.

    Parameters
    ----------
    place : Place
    target : Path
        An .osm.pbf; its folder must be ours alone, for the child works in it.
    deadline : float [s]
        When it must have come.
    progress : callable
        Called with a Step four times a second; whatever it raises stops the child.

    Returns
    -------
    dict
        Where it comes from: ``place`` as asked for, ``found`` (its full name), ``area`` (how its outline is known),
        ``box``, ``server``, ``downloaded``.

    Raises
    ------
    BadSource
        If the servers do not know the place, cannot be reached, refuse, are too slow or give half an answer.
    """
    nominatim, overpass = servers()
    called = repr(place.name) if place.area else f"{place.name!r}, which is no file here,"
    work = _Work(called, target.parent, time.monotonic(), deadline, progress)
    area, found, known = place.area, "", "as given"
    if area is None:
        told = work.done("find", name=place.name, server=nominatim)
        area, found = _asked(shapely.from_geojson(told["area"]), told["called"]), told["called"]
        known = "outline" if told["outline"] else "a box around a point, since no outline is known"
    ask = question(area, max(1, int(work.left())))
    work.done("fetch", question=ask, server=overpass, box=area.bounds, into=str(target))
    return {
        "place": place.name,
        "found": found,
        "area": known,
        "box": ",".join(f"{each:.7f}" for each in area.bounds),
        "server": shown(overpass),
        "downloaded": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def _asked(area: Area, called: str) -> Area:
    """Return the outline of a place that was found, if it can be asked for."""
    mended = shapely.make_valid(area)
    parts = [part for part in shapely.get_parts(mended).tolist() if part.geom_type == "Polygon"]
    checked = outlined(shapely.MultiPolygon(parts), f"{called!r}").area
    return area if checked is None else checked


class _Work:
    """What a child does for us, job by job, until the deadline."""

    def __init__(self, called: str, folder: Path, began: float, deadline: float, progress: Progress) -> None:
        self.called, self.folder, self.began, self.deadline, self.progress = called, folder, began, deadline, progress

    def left(self) -> float:
        """Return the seconds that are left."""
        return self.began + self.deadline - time.monotonic()

    def done(self, job: str, **order: Any) -> dict[str, Any]:  # noqa: ANN401 - what JSON has
        """Return what the child found, or raise what it could not do."""
        path = self.folder / "order.json"
        path.write_text(json.dumps({"job": job, "seconds": max(0.0, self.left()), **order}), encoding="utf-8")
        try:
            with _child(path) as (child, errors):
                return self._heard(child, errors, "starting")
        finally:
            path.unlink()

    def _heard(self, child: subprocess.Popen[bytes], errors: Path, doing: str) -> dict[str, Any]:
        rest, amount = b"", ""
        while True:
            seconds = time.monotonic() - self.began
            self.progress(Step(0.0, doing, amount=amount, seconds=seconds))
            if self.left() <= 0:
                so_far = f"{doing}{', ' + amount if amount else ''}"
                raise BadSource(f"{self.called} did not come within {self.deadline:g} s (last: {so_far}): {_MORE}")
            part = _read(child, min(LOOK, self.left()))
            if part is None:
                continue
            if not part:
                said = errors.read_text(encoding="utf-8", errors="replace")[-_SAID:].strip()
                raise BadSource(f"{self.called} was not fetched: the child ended with code {child.wait()}: {said}")
            *lines, rest = (rest + part).split(b"\n")
            for line in map(json.loads, lines):
                if "failed" in line:
                    raise BadSource(f"{self.called} cannot be fetched: {line['failed']}")
                if "found" in line:
                    found: dict[str, Any] = line["found"]
                    return found
                doing, amount = line["doing"], line.get("amount", "")


@contextmanager
def _child(order: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start a child; when the block is left, for whatever reason, it is dead."""
    errors = order.with_name("errors.txt")
    with errors.open("wb") as file, subprocess.Popen(  # noqa: S603 - our own file, by our own interpreter
        [sys.executable, "-P", str(CHILD), str(order)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, start_new_session=True,
    ) as child:  # fmt: skip
        try:
            yield child, errors
        finally:
            child.kill()
            errors.unlink()


def _read(child: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """Return what the child says, b"" if it will say no more, None if it says nothing for so long; the wait is idle."""
    pipe = child.stdout
    with selectors.DefaultSelector() as ready:
        if pipe is None or not (ready.register(pipe, selectors.EVENT_READ) and ready.select(seconds)):
            return None
        return os.read(pipe.fileno(), 1 << 16)
