"""Demand: who wishes to go where, and when - counted, read from tables, or made by a model."""

from twin.demand.gravity import gravity, whole_trips
from twin.demand.table import TableDemand, read_demand
from twin.demand.trips import Demand

__all__ = ["Demand", "TableDemand", "gravity", "read_demand", "whole_trips"]
