"""Signals: fixed-time plans, plans where nobody knows the real one, and controllers that choose while it runs."""

from twin.signals.control import (
    NO_PHASE,
    Actuated,
    Controller,
    Counts,
    FixedPlan,
    Junction,
    MaxPressure,
    View,
)  # fmt: skip
from twin.signals.inferred import LONGEST_CYCLE, LOST_TIME, SHORTEST_CYCLE, SHORTEST_GREEN, infer_plans, webster
from twin.signals.phases import phases_of_greens
from twin.signals.plans import AMBER_USED, GREEN_COLUMNS, Signals, no_signals
from twin.signals.waits import green_shares, mean_waits, usual_plans

__all__ = [
    "AMBER_USED", "GREEN_COLUMNS", "LONGEST_CYCLE", "LOST_TIME", "NO_PHASE", "SHORTEST_CYCLE", "SHORTEST_GREEN",
    "Actuated", "Controller", "Counts", "FixedPlan", "Junction", "MaxPressure", "Signals", "View", "green_shares",
    "infer_plans", "mean_waits", "no_signals", "phases_of_greens", "usual_plans", "webster",
]  # fmt: skip
