"""Bench: how fast the engine is on this machine, on made towns and on real ones."""

from twin.bench.engine import engine_cases, main, table

__all__ = ["engine_cases", "main", "table"]
