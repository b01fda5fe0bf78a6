"""Folder: a town kept on disk - its tables as GeoParquet, and a manifest that says what they are."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from twin.demand import Demand
from twin.errors import BadSource, BadTable, TownError
from twin.fixes import with_fixes
from twin.network import Network
from twin.places import Places
from twin.scenario import Scenario
from twin.signals import Signals

MANIFEST = "manifest.json"

FORMAT, VERSION = "towntwin town", 2
"""What a manifest says it describes, and the state of this layout that we read and write."""

_DRAWN = ("nodes", "links", "sites", "grounds")
_TABLES = (
    *_DRAWN, "lane_groups", "turns", "yields", "notes", "bays", "trips", "stays", "classes", "plans", "greens",
    "phases", "events",
)  # fmt: skip
_PREFIX = "tables-"
_MOST_PLACES = 20  # in the manifest; all of them are in network.quality()
_KEYS: dict[str, type | tuple[type, ...]] = {
    "name": str, "provenance": dict, "synthetic_demand": bool, "departure_jitter": (int, float),
    "patience": (list, type(None)), "tables": str, "files": dict,
}  # fmt: skip
_REMEDY = "import the town again (twin import SOURCE --out FOLDER)"


def is_town(path: str | Path) -> bool:
    """Return whether a path is a folder that keeps a town, of whatever version, whole or not."""
    said = _said(Path(path))
    return isinstance(said, dict) and said.get("format") == FORMAT


def write_town(scenario: Scenario, folder: str | Path) -> dict[str, Any]:
    """Keep a town in a folder, from which ``read_town`` makes the same scenario again.

    The tables go into a folder of their own beside those that are there; then the manifest, which names them, takes the
    place of the old one in one step. So whatever happens on the way, the folder holds the old town or the new one,
    whole. Other files in it stay.

    Parameters
    ----------
    scenario : Scenario
        A town as it was built.
    folder : str or Path
        Made if it is not there.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    BadTable
        If the scenario has changes or signals with controllers, which no table holds.
    TownError
        If the folder cannot be written, or holds a manifest of something else.
    """
    _refuse_what_no_table_holds(scenario)
    target = Path(folder)
    if _said(target) is not None and not is_town(target):
        raise TownError(f"{target / MANIFEST} is there already and is not that of a town: choose another folder")
    try:
        target.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(dir=target, prefix=_PREFIX))
        try:
            files = {name: _write(table, own / f"{name}.parquet") for name, table in _tables_of(scenario).items()}
            manifest = {**_described(scenario), "tables": own.name, "files": files}
            text = json.dumps(manifest, indent=2, ensure_ascii=False)
            (own / MANIFEST).write_text(text + "\n", encoding="utf-8")
            own.chmod(target.stat().st_mode)
            (own / MANIFEST).replace(target / MANIFEST)
        except BaseException:
            shutil.rmtree(own, ignore_errors=True)
            raise
    except OSError as error:
        raise TownError(f"cannot write the town to {target}: {error}; choose another folder") from error
    for old in target.glob(f"{_PREFIX}*"):
        if old != own and _is_ours(old):
            shutil.rmtree(old, ignore_errors=True)
    return manifest


def read_town(folder: str | Path) -> Scenario:
    """Return the town that ``write_town`` kept in a folder, with the fixes that its file fixes.toml lists.

    Raises
    ------
    BadSource
        If the folder holds no town, or one of its files is missing, damaged or of another version: the text names it.
        So it is with a fix that cannot be read, or names what the town does not have.
    """
    source = Path(folder)
    manifest = _manifest(source)
    kept = {
        name: _content(source / manifest["tables"] / f"{name}.parquet", name, manifest["files"]) for name in _TABLES
    }
    drawn = {name: gpd.read_parquet(kept[name]) for name in _DRAWN}
    plain = {name: pd.read_parquet(kept[name]) for name in _TABLES if name not in _DRAWN}
    roads = {name: plain[name] for name in ("lane_groups", "turns", "yields", "notes")}
    town = Scenario(
        Network(drawn["nodes"], drawn["links"], **roads),
        Demand(plain["trips"], stays=plain["stays"], classes=plain["classes"], synthetic=manifest["synthetic_demand"]),
        Signals(plain["plans"], plain["greens"], phases=plain["phases"]),
        Places(drawn["sites"], drawn["grounds"], plain["bays"]),
        events=plain["events"],
        name=manifest["name"],
        departure_jitter=manifest["departure_jitter"],
        patience=manifest["patience"],
        provenance=manifest["provenance"],
    )
    return with_fixes(town, source)


def _said(folder: Path) -> object:
    """Return what the manifest in a folder says; None if there is none that can be read."""
    try:
        said: object = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return said


def _is_ours(path: Path) -> bool:
    """Return whether a folder holds nothing but tables of a town, perhaps of one that was never finished."""
    ours = {MANIFEST, *(f"{name}.parquet" for name in _TABLES)}
    return path.is_dir() and not path.is_symlink() and ours.issuperset(file.name for file in path.iterdir())


def _refuse_what_no_table_holds(scenario: Scenario) -> None:
    if scenario.changes:
        raise BadTable(
            f"scenario {scenario.name!r} has {len(scenario.changes)} changes: keep the town as it was built, and make "
            "the changes again on what read_town returns"
        )
    if scenario.signals.controllers:
        signal = min(scenario.signals.controllers)
        raise BadTable(f"signal {signal!r} has a controller, which no table holds: keep the town with its fixed plans")


def _tables_of(scenario: Scenario) -> dict[str, pd.DataFrame]:
    parts = (scenario.network, scenario.demand, scenario.signals, scenario.places, scenario)
    return {name: next(getattr(part, name) for part in parts if hasattr(part, name)) for name in _TABLES}


def _described(scenario: Scenario) -> dict[str, Any]:
    quality = scenario.network.quality()
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": scenario.name,
        "fingerprint": scenario.fingerprint,
        "provenance": dict(scenario.provenance),
        "synthetic_demand": scenario.demand.synthetic,
        "labels": list(scenario.labels),
        "departure_jitter": scenario.departure_jitter,
        "patience": None if scenario.patience is None else list(scenario.patience),
        "known": dict(zip(quality.coverage["what"], quality.coverage["known"].round(4), strict=True)),
        "guesses": dict(zip(quality.guesses["kind"], quality.guesses["count"].tolist(), strict=True)),
        "places_to_look_at": quality.places.head(_MOST_PLACES).to_dict("records"),
    }


def _write(table: pd.DataFrame, path: Path) -> dict[str, Any]:
    table.to_parquet(path)
    return {"rows": len(table), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadSource(f"{str(folder)!r} holds no town: there is no {MANIFEST}; {_REMEDY}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadSource(f"{path} cannot be read ({error}): {_REMEDY}") from error
    said = (manifest.get("format"), manifest.get("version")) if isinstance(manifest, dict) else None
    if said != (FORMAT, VERSION):
        raise BadSource(f"{path} is not the manifest of a town of version {VERSION} but of {said}: {_REMEDY}")
    for key, kind in _KEYS.items():
        if not (key in manifest and isinstance(manifest[key], kind)):
            raise BadSource(f"{path}: {key} is missing or not what it should be: {_REMEDY}")
    if not all(isinstance(file, dict) for file in manifest["files"].values()):
        raise BadSource(f"{path}: files does not tell what each file is: {_REMEDY}")
    name = manifest["tables"]
    if not (name.startswith(_PREFIX) and Path(name).name == name and name.isprintable()):
        raise BadSource(f"{path}: tables = {name!r} is not the name of a folder beside it: {_REMEDY}")
    found: dict[str, Any] = manifest
    return found


def _content(path: Path, name: str, files: dict[str, Any]) -> BytesIO:
    """Return what a table's file holds, if it is what the manifest says."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadSource(f"{path} cannot be read ({error}): {_REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != files.get(name, {}).get("sha256"):
        raise BadSource(f"{path} is not what {MANIFEST} says it is: it was changed or damaged; {_REMEDY}")
    return BytesIO(content)
