"""Table: demand that somebody counted or planned, read from a file or frame of trips or of counts by pair."""

from twin.demand.table.read import TableDemand, read_demand

__all__ = ["TableDemand", "read_demand"]
