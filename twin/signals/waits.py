"""Waits: how long a turn is green and how long one waits for it - an estimate where a controller decides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.network import Network
from twin.signals.control import Controller
from twin.signals.plans import GREEN_COLUMNS, Signals, cycles_of, following_starts
from twin.units import MS

Floats = npt.NDArray[np.float64]


def green_shares(signals: Signals, network: Network) -> Floats:
    """Return the share of time that each turn is green : array, shape (n_turn,); 1 where nothing holds it."""
    plans = usual_plans(signals)
    cycle = cycles_of(plans.greens, plans.plans)
    share = (plans.greens["length"] / cycle).groupby([plans.greens["in_link"], plans.greens["out_link"]]).sum()
    return _of_turns(share, network, otherwise=1.0)


def mean_waits(signals: Signals, network: Network) -> Floats:
    """Return the mean wait for green at each turn with nobody else there : array, shape (n_turn,) [s].

    A vehicle that comes at any moment of the cycle C with the same chance waits Σ r² / (2 C), r being the reds. Where a
    controller decides that is an estimate, by its usual plan.
    """
    plans = usual_plans(signals)
    greens = plans.greens
    cycle = cycles_of(greens, plans.plans)
    turn = [greens["in_link"], greens["out_link"]]
    following = following_starts(greens, cycle)
    red = following - greens["start"] - greens["length"]
    return _of_turns((red**2 / (2 * cycle)).groupby(turn).sum(), network, otherwise=0.0)


def _of_turns(values: pd.Series, network: Network, *, otherwise: float) -> Floats:
    if not len(values):
        return np.full(len(network.turns), otherwise)
    return values.reindex(network.turn_index).fillna(otherwise).to_numpy(np.float64)


def usual_plans(signals: Signals) -> Signals:
    """Return fixed-time plans alone: in place of each controller the plan that it is taken for when routes are chosen.

    Phases follow one another by their numbers, as long as ``Controller.usual`` says. That is exact for a FixedPlan, and
    for the others an estimate that knows nothing of the traffic.
    """
    if not signals.controllers:
        return signals
    loss = signals.plans.set_index("signal_id")["startup_loss"]
    plans, greens = [], [signals.fixed.greens]
    for signal, controller in signals.controllers.items():
        own = signals.phases[signals.phases["signal_id"] == signal]
        cycle, windows = _usual_windows(own, controller)
        offset = float(getattr(controller, "offset", 0.0))
        plans.append((signal, cycle, offset, controller.amber, loss.get(signal, 0.0), False))
        greens.append(windows)
    rest = signals.plans[~signals.plans["signal_id"].isin(signals.controllers)]
    own_plans = pd.DataFrame(plans, columns=list(rest.columns))
    return Signals(
        pd.concat([rest, own_plans], ignore_index=True) if len(rest) else own_plans,
        pd.concat([table for table in greens if len(table)], ignore_index=True),
    )


def _usual_windows(phases: pd.DataFrame, controller: Controller) -> tuple[float, pd.DataFrame]:
    """Return the cycle [s] and the green windows of one junction."""
    n_phase = int(phases["phase"].max()) + 1
    lengths = controller.usual(n_phase)
    starts = np.cumsum([0.0, *(length + controller.amber + controller.all_red for length in lengths)])
    rows: list[tuple[str, str, str, float, float, bool]] = []
    for (into, out), own in phases.groupby(["in_link", "out_link"]):
        kinds = dict(zip(own["phase"], own["permitted"], strict=True))
        stretches = [
            [
                starts[phase],
                starts[phase + 1] if (phase + 1) % n_phase in kinds else starts[phase] + lengths[phase],
                only,
            ]
            for phase, only in sorted(kinds.items())
        ]
        signal = str(own["signal_id"].iloc[0])
        rows += [(signal, str(into), str(out), *window) for window in _joined(stretches, float(starts[-1]))]
    return float(starts[-1]), pd.DataFrame(rows, columns=[*GREEN_COLUMNS, "permitted"])


def _joined(stretches: list[list[float]], cycle: float) -> list[tuple[float, float, bool]]:
    """Return windows (start, length, permitted) of stretches (start, end, permitted), joined where they touch."""
    windows: list[list[float]] = []
    for begin, end, only in stretches:
        if windows and windows[-1][2] == only and abs(windows[-1][1] - begin) < 0.5 / MS:
            windows[-1][1] = end
        else:
            windows.append([begin, end, only])
    over_midnight = windows[0][0] == 0 and windows[-1][1] >= cycle and windows[0][2] == windows[-1][2]
    if len(windows) > 1 and over_midnight:
        windows[-1][1] += windows.pop(0)[1]
    return [(begin, end - begin, bool(only)) for begin, end, only in windows]
