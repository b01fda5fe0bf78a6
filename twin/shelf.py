"""Shelf: places that were downloaded and the towns made of them, kept in a folder of the user's own.

    towntwin/places/<request>/              a place, by what was asked for and how
        about.json                          where it comes from, and checksums of the extract and of this
        extract.osm.pbf
        town-<code>-<wishes>/               a town folder, by the code that made it and what was wished for

Every folder is made beside its place and put there in one step when it is whole, and nothing in it is changed
afterwards: so processes cannot hurt each other, and nobody reads half a thing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import shapely

from twin import cache
from twin.errors import TownError
from twin.folder import read_town, write_town
from twin.osm import Place, Progress, Step, download
from twin.osm.query import question
from twin.scenario import Scenario

EXTRACT, ABOUT = "extract.osm.pbf", "about.json"

Make = Callable[[Path, Mapping[str, str]], Scenario]
"""Makes a town of an extract and of where it comes from."""

_NEW, _TOWN = ".new-", "town-"
_OLD = 24 * 3600.0  # seconds after which what nobody finished is swept away
_TRIES = 5


def town_of(place: Place, make: Make, *, wishes: Mapping[str, object], deadline: float, progress: Progress) -> Scenario:
    """Return the town of a place: as it is kept, else of the extract that is kept, else of one that is fetched now.

    Parameters
    ----------
    place : Place
    make : callable
        Makes the town of the path of an extract and of where that comes from.
    wishes : mapping
        All that the town depends on beside the extract and our code, as JSON has it.
    deadline : float [s]
        How long fetching may take.
    progress : callable
        Told what is being done; whatever it raises stops it.

    Raises
    ------
    BadSource
        If the place is not kept and cannot be fetched; what is kept stays as it is.
    """
    home = cache.place_folder()
    if home is None:
        progress(Step(0.0, "keeping nothing, since no folder of your own can be written: see TWIN_CACHE"))
        with tempfile.TemporaryDirectory(prefix="towntwin-") as folder:
            path = Path(folder) / EXTRACT
            return make(path, download(place, path, deadline=deadline, progress=progress))
    entry = home / _name(place.key, question(shapely.box(0, 0, 1, 1), 1))
    about = _about(entry)
    kept = None if about is None else _kept(_shelf(entry, about, wishes), progress)
    if kept is not None:
        return kept
    if about is None or not _is_whole(entry):
        if entry.exists():
            progress(Step(0.0, f"what was kept in {entry} is damaged, so it is fetched again"))
        about = _fetched(place, entry, deadline=deadline, progress=progress)
    made = make(entry / EXTRACT, about["source"])
    _keep(made, _shelf(entry, about, wishes), progress)
    return made


def _shelf(entry: Path, about: Mapping[str, Any], wishes: Mapping[str, object]) -> Path:
    """Return where a town is kept."""
    return entry / f"{_TOWN}{cache.state_of_code()}-{_name(wishes, about['sha256'])}"


def _kept(shelf: Path, progress: Progress) -> Scenario | None:
    """Return the town that is kept there; None if there is none that can be read."""
    if not shelf.is_dir():
        return None
    try:
        town = read_town(shelf)
    except TownError as error:
        progress(Step(0.0, f"making the town again: {error}"))
        return None
    progress(Step(1.0, f"took the town from {shelf.parent}"))
    return town


def _name(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _about(entry: Path) -> dict[str, Any] | None:
    """Return what an entry says of itself; None if there is none that says it."""
    try:
        said = json.loads((entry / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not (isinstance(said, dict) and said.keys() == {"source", "sha256", "check"}):
        return None
    return said if said["check"] == _name(said["source"], said["sha256"]) else None


def _is_whole(entry: Path) -> bool:
    """Return whether an entry holds the extract that it says it does."""
    about = _about(entry)
    try:
        return about is not None and _checksum(entry / EXTRACT) == about["sha256"]
    except OSError:
        return False


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetched(place: Place, entry: Path, *, deadline: float, progress: Progress) -> dict[str, Any]:
    """Fetch a place into its entry; return what that says of itself."""
    try:
        _sweep(entry.parent)
        new = Path(tempfile.mkdtemp(dir=entry.parent, prefix=_NEW))
        try:
            source = download(place, new / EXTRACT, deadline=deadline, progress=progress)
            checksum = _checksum(new / EXTRACT)
            about = {"source": source, "sha256": checksum, "check": _name(source, checksum)}
            (new / ABOUT).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            _put(new, entry, _is_whole)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        return _about(entry) or about
    except OSError as error:
        raise TownError(f"cannot keep {place.name!r} in {entry}: {error}; set TWIN_CACHE to another folder") from error


def _keep(made: Scenario, shelf: Path, progress: Progress) -> None:
    """Keep a town beside its extract, and let go of those that other code made; where it cannot be kept, say so."""
    try:
        new = Path(tempfile.mkdtemp(dir=shelf.parent, prefix=_NEW))
        try:
            write_town(made, new)
            _put(new, shelf, _can_be_read)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except (OSError, TownError) as error:
        progress(Step(1.0, f"the town is not kept: {error}"))
    ours = shelf.name.rpartition("-")[0]
    for old in shelf.parent.glob(f"{_TOWN}*"):
        if old.name.rpartition("-")[0] != ours:
            shutil.rmtree(old, ignore_errors=True)


def _can_be_read(shelf: Path) -> bool:
    try:
        read_town(shelf)
    except TownError:
        return False
    return True


def _put(new: Path, target: Path, is_whole: Callable[[Path], bool]) -> None:
    """Put a folder in its place in one step; a whole one that another process has put there meanwhile stays."""
    for _ in range(_TRIES):
        with suppress(OSError):  # there is one already
            new.rename(target)
            return
        if is_whole(target):
            return
        aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=_NEW))
        with suppress(OSError):  # somebody else was faster
            target.rename(aside / target.name)
        shutil.rmtree(aside, ignore_errors=True)
    new.rename(target)


def _sweep(home: Path) -> None:
    """Remove what processes left that were killed long ago."""
    for left in [*home.glob(f"{_NEW}*"), *home.glob(f"*/{_NEW}*")]:
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _OLD:
                shutil.rmtree(left, ignore_errors=True)
