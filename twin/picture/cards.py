"""Cards: figures of merit as tables for people - with names, units, and the doubts that must stand beside them."""

from __future__ import annotations

import pandas as pd

from twin.measures import KPIS
from twin.picture.words import Language, word
from twin.result import Result


def kpis(*results: Result, language: Language = "en") -> pd.DataFrame:
    """Return all figures of merit of some results, side by side.

    Parameters
    ----------
    *results : Result
    language : str
        ``"en"``, ``"zh-Hans"`` or ``"zh-Hant"``.

    Returns
    -------
    DataFrame
        A row for each KPI of ``twin.measures.KPIS``, in their order; columns: key, unit, better (low, high, neither),
        and one for each result, by its scenario's name. What the figures do not know is the name of the index:
        stylised streets, synthetic demand, inferred signals, one day without a band.
    """
    table = pd.DataFrame(
        {"key": [kpi.key for kpi in KPIS], "unit": [kpi.unit for kpi in KPIS], "better": [kpi.better for kpi in KPIS]}
    )
    labels: dict[str, None] = {}
    for result in results:
        name = result.scenario.name
        while name in table:
            name += "'"
        table[name] = [kpi.measure(result) for kpi in KPIS]
        labels |= dict.fromkeys(result.labels)
    doubts = " · ".join(word(key, language) for key in labels)
    return table.set_index(pd.Index([word(kpi.key, language) for kpi in KPIS], name=doubts or None))
