"""Settlements and places of work of an OpenStreetMap extract, as points: what inspections are counted from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import osmium

from optimizer.errors import BadInput, Fault

PLACES: Final = frozenset({"city", "town", "village", "hamlet"})
VENUES: Final = frozenset({"restaurant", "cafe", "fast_food", "bar", "pub", "nightclub", "cinema", "theatre", "bank",
                           "pharmacy", "kindergarten", "marketplace", "internet_cafe", "fuel"})  # fmt: skip
_KEYS: Final = ("place", "shop", "office", "craft", "industrial", "man_made", "landuse", "tourism", "amenity")
_LODGING: Final = frozenset({"hotel", "hostel", "guest_house", "motel"})


@dataclass(frozen=True, slots=True)
class Workplace:
    """`kind`: a settlement (city, town, village, hamlet) or shop, office, craft, industrial, works, lodging, or the
    value of `amenity`. `people`: as stated, None otherwise."""

    kind: str
    name: str
    lat: float
    lon: float
    people: int | None = None


def read_workplaces(path: Path | str) -> list[Workplace]:
    """Points, and areas by the middle of their outline's box; areas drawn as relations are left out. In order of kind,
    name and position. Raises BadInput for a file that cannot be read."""
    found: list[Workplace] = []
    try:
        entities = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
        for entity in entities.with_filter(osmium.filter.KeyFilter(*_KEYS)):
            tags = {tag.k: tag.v for tag in entity.tags}
            kind = _kind(tags)
            if not kind:
                continue
            if entity.is_node():
                points = [(entity.lat, entity.lon)]
            else:
                points = [(node.lat, node.lon) for node in entity.nodes if node.location.valid()]
            if not points:
                continue
            lat, lon = ((min(column) + max(column)) / 2 for column in zip(*points, strict=True))
            people = tags.get("population", "")
            name = tags.get("name:zh") or tags.get("name") or ""
            found.append(Workplace(kind, name, lat, lon, int(people) if people.isdecimal() else None))
    except RuntimeError as error:
        facts = {"file": Path(path).name, "reason": str(error)}
        raise BadInput(str(path), [Fault(str(path), "road_osm_unreadable", facts)]) from error
    return sorted(found, key=lambda each: (each.kind, each.name, each.lat, each.lon))


def _kind(tags: dict[str, str]) -> str:
    if tags.get("place") in PLACES:
        return tags["place"]
    if tags.get("man_made") == "works":
        return "works"
    if "industrial" in tags or tags.get("landuse") == "industrial":
        return "industrial"
    for key in ("office", "craft", "shop"):
        if tags.get(key, "no") not in ("no", "vacant"):
            return key
    if tags.get("tourism") in _LODGING:
        return "lodging"
    return tags["amenity"] if tags.get("amenity") in VENUES else ""
