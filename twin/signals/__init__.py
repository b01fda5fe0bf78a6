"""Signals: fixed-time plans, plans where nobody knows the real one, and controllers that choose while it runs."""

from twin.signals.inferred import LONGEST_CYCLE, LOST_TIME, SHORTEST_CYCLE, SHORTEST_GREEN, infer_plans, webster
from twin.signals.plans import AMBER_USED, GREEN_COLUMNS, Signals, green_shares, mean_waits, no_signals

__all__ = [
    "AMBER_USED", "GREEN_COLUMNS", "LONGEST_CYCLE", "LOST_TIME", "SHORTEST_CYCLE", "SHORTEST_GREEN", "Signals",
    "green_shares", "infer_plans", "mean_waits", "no_signals", "webster",
]  # fmt: skip
