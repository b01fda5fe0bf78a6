"""SUMO: towns to and from the files of SUMO, the traffic simulation of the German Aerospace Center."""

from twin.formats.sumo.read import SumoTown, read_sumo
from twin.formats.sumo.write import SumoFiles, write_sumo

__all__ = ["SumoFiles", "SumoTown", "read_sumo", "write_sumo"]
