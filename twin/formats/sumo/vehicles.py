"""Vehicles: trips and routes from SUMO's route files - vehicles, trips, flows and their types."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.formats.sumo.driver import CLASS_OF, Driver
from twin.formats.sumo.files import from_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

    from twin.formats.sumo.lights import Note

DEFAULT = "DEFAULT_VEHTYPE"

_PARTS = 3  # of a clock time


@dataclass(frozen=True)
class Type:
    """A vType, or the mean of a vTypeDistribution."""

    vehicle_class: str
    driver: Driver


@dataclass(frozen=True)
class Trip:
    """Somebody who drives: with all edges of the route, or only the first and the last one."""

    vehicle_id: str
    departure: float
    type_id: str
    edges: tuple[str, ...]
    routed: bool


@dataclass
class Traffic:
    """What route files hold."""

    types: dict[str, Type] = field(default_factory=lambda: {DEFAULT: Type("car", Driver())})
    routes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    trips: list[Trip] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def driver(self) -> Driver:
        """Return the mean driver of all cars."""
        count = Counter(trip.type_id for trip in self.trips if self.types[trip.type_id].vehicle_class == "car")
        if not count:
            return Driver()
        return Driver.mean([self.types[name].driver for name in count], [float(n) for n in count.values()])

    def notes(self) -> list[Note]:
        """Say what was left out."""
        return [("traffic left out", what, f"{number} times") for what, number in sorted(self.left_out.items())]


def read_traffic(roots: Iterable[Element]) -> Traffic:
    """Return the trips of route files and additional files, sorted by (departure, place in the files)."""
    traffic = Traffic()
    for root in roots:
        for element in root:
            _take(traffic, element)
    traffic.trips.sort(key=lambda trip: trip.departure)
    return traffic


def _take(traffic: Traffic, element: Element) -> None:
    if element.tag == "vType":
        traffic.types[element.attrib["id"]] = _type(element)
    elif element.tag == "vTypeDistribution":
        _distribution(traffic, element)
    elif element.tag == "route":
        traffic.routes[element.attrib["id"]] = _edges(element)
    elif element.tag in {"vehicle", "trip", "flow"}:
        _drive(traffic, element)
    elif element.tag in {"person", "personFlow", "container", "containerFlow"}:
        traffic.left_out[element.tag] += 1


def _type(element: Element) -> Type:
    """Return a vType; a class that does not drive on roads is ""."""
    return Type(CLASS_OF.get(element.get("vClass", "passenger"), ""), Driver.of(element.attrib))


def _distribution(traffic: Traffic, element: Element) -> None:
    types = [_type(member) for member in element.iter("vType")]
    shares = [float(member.get("probability", "1")) for member in element.iter("vType")]
    named = [traffic.types[name] for name in element.get("vTypes", "").split() if name in traffic.types]
    weights = shares + [float(p) for p in element.get("probabilities", " ".join(["1"] * len(named))).split()]
    types += named
    if types:
        driver = Driver.mean([one.driver for one in types], weights)
        traffic.types[element.attrib["id"]] = Type(types[0].vehicle_class, driver)


def _drive(traffic: Traffic, element: Element) -> None:
    type_id = element.get("type", DEFAULT)
    name = element.attrib["id"]
    route = element.find("route")
    known = traffic.routes.get(element.get("route", ""))
    edges = _edges(route) if route is not None else known
    routed = edges is not None
    if edges is None:
        edges = tuple(from_id(element.attrib[end]) for end in ("from", "to") if end in element.attrib)
    if type_id not in traffic.types or not edges or (not routed and len(edges) != 2):  # noqa: PLR2004 - from and to
        traffic.left_out[f"{element.tag} of unknown type or way"] += 1
    elif not traffic.types[type_id].vehicle_class:
        traffic.left_out[f"vehicle of type {type_id}: not on roads"] += 1
    else:
        traffic.left_out["stop"] += len(element.findall("stop"))
        if not traffic.left_out["stop"]:
            del traffic.left_out["stop"]
        number = element.tag == "flow"
        for place, departure in enumerate(_departures(traffic, element)):
            vehicle_id = f"{name}.{place}" if number else name
            traffic.trips.append(Trip(vehicle_id, departure, type_id, edges, routed))


def _edges(route: Element) -> tuple[str, ...]:
    return tuple(from_id(edge) for edge in route.get("edges", "").split())


def _departures(traffic: Traffic, element: Element) -> Iterator[float]:
    """Give the times when a vehicle, or each of a flow, departs [s]; those of a flow are evenly spaced."""
    if element.tag != "flow":
        try:
            yield seconds(element.attrib["depart"])
        except ValueError:
            traffic.left_out[f"depart={element.attrib['depart']!r}"] += 1
        return
    begin, end = seconds(element.get("begin", "0")), seconds(element.get("end", "86400"))
    number = int(element.get("number", 10**9))
    every = _period(element, begin, end, number)
    count = min(number, round((end - begin) / every)) if every > 0 else 0
    for place in range(count):
        yield begin + place * every


def _period(element: Element, begin: float, end: float, number: int) -> float:
    """Return the time between two vehicles of a flow [s]; random ones come as often on average."""
    if "period" in element.attrib:
        text = element.attrib["period"]
        return 1.0 / float(text[4:-1]) if text.startswith("exp(") else seconds(text)
    if "probability" in element.attrib:
        return 1.0 / float(element.attrib["probability"])
    for name in ("vehsPerHour", "perHour"):
        if name in element.attrib:
            return 3600.0 / float(element.attrib[name])
    return (end - begin) / number


def seconds(text: str) -> float:
    """Return seconds from SUMO's times, such as 90, 0:01:30 or 1:00:00:00 (a day).

    Examples
    --------
    >>> seconds("0:01:30")
    90.0
    """
    parts = [float(part) for part in text.split(":")]
    if len(parts) == 1:
        return parts[0]
    days = parts[0] if len(parts) > _PARTS else 0.0
    hours, minutes, rest = parts[-_PARTS:]
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
