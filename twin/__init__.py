"""towntwin: a digital twin of a town's traffic that lives in Jupyter. This is the front door: public names only."""

from twin import cache

cache.prepare()  # before the first kernel is imported

from twin.build import read_osm  # noqa: E402
from twin.demand import Demand, read_demand  # noqa: E402
from twin.errors import TownError  # noqa: E402
from twin.fixes import Fix  # noqa: E402
from twin.folder import read_town, write_town  # noqa: E402
from twin.network import Network  # noqa: E402
from twin.osm import to_osmnx  # noqa: E402
from twin.picture.cards import kpis  # noqa: E402
from twin.places import Places  # noqa: E402
from twin.result import Result  # noqa: E402
from twin.scenario import Close, Scenario, SpeedLimit  # noqa: E402
from twin.signals import Signals  # noqa: E402
from twin.simulate import simulate  # noqa: E402
from twin.towns import town  # noqa: E402
from twin.zones import Zones, hexagons, read_zones  # noqa: E402

__all__ = [
    "Close",
    "Demand",
    "Fix",
    "Network",
    "Places",
    "Result",
    "Scenario",
    "Signals",
    "SpeedLimit",
    "TownError",
    "Zones",
    "hexagons",
    "kpis",
    "read_demand",
    "read_osm",
    "read_town",
    "read_zones",
    "simulate",
    "to_osmnx",
    "town",
    "write_town",
]
