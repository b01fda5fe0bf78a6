"""Report: Results to files, one writer a file."""

from twin.report.tables import manifest, write_tables

__all__ = ["manifest", "write_tables"]
