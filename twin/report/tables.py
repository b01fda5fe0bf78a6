"""Tables: a Result as links.gpkg, trips.parquet and manifest.json, for whoever goes on with other tools."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from twin.errors import TownError
from twin.measures import KPIS
from twin.picture.words import word
from twin.result import Result


def manifest(result: Result) -> dict[str, Any]:
    """Return what a reader must know about a result: where it comes from, its figures, and their doubts.

    Parameters
    ----------
    result : Result

    Returns
    -------
    dict
        Plain data, ready for JSON; a figure that does not exist (no trip at all) is None.
    """
    scenario = result.scenario
    counts = result.fate_counts()
    figures = {kpi.key: kpi.measure(result) for kpi in KPIS}
    return {
        "town": scenario.name,
        "links": len(scenario.network.links),
        "junctions": len(scenario.network.nodes),
        "signals": len(scenario.signals.plans),
        "trips": len(scenario.demand.trips),
        "arrived": counts["arrived"],
        "on_road_at_end": counts["on road"],
        "waiting_at_end": counts["waiting"],
        "refused": counts["refused"],
        "mean_travel_time_s": _figure(figures["travel_time"]),
        "delay_index": _figure(figures["delay_index"]),
        "vkt_km": _figure(figures["vkt"]),
        "seed": result.seed,
        "scenario_fingerprint": scenario.fingerprint,
        "fingerprint": result.fingerprint,
        "changes": scenario.sentences(),
        "labels": [word(key) for key in result.labels],
        "provenance": dict(scenario.provenance),
    }


def _figure(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def write_tables(result: Result, folder: str | Path) -> list[Path]:
    """Write a result as links.gpkg, trips.parquet and manifest.json; the first two carry the third in their metadata.

    Each file is written beside its place and renamed when it is whole: a crash or a full disk leaves the old one.

    Parameters
    ----------
    result : Result
    folder : str or Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    TownError
        If the folder cannot be written; the text names it.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".unfinished-") as beside:
            unfinished = Path(beside)
            text = json.dumps(manifest(result), indent=2, ensure_ascii=False)
            links = result.links().drop(columns=["osm_ways", "only"])
            about = {"DESCRIPTION": text}
            links.to_file(
                unfinished / "links.gpkg", layer="links", driver="GPKG", engine="pyogrio", layer_metadata=about
            )
            trips = result.trips()
            trips.attrs.update(manifest(result))
            trips.to_parquet(unfinished / "trips.parquet")
            (unfinished / "manifest.json").write_text(text + "\n", encoding="utf-8")
            return [path.replace(target / path.name) for path in sorted(unfinished.iterdir())]
    except (OSError, DataSourceError, DataLayerError, FeatureError) as error:
        raise TownError(f"cannot write to {target}: {error}; choose another folder with --out") from error
