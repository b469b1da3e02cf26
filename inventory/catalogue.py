"""The catalogue: what kinds of supplies there are, how much of each a store should hold, and what need it covers."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from inventory.errors import InventoryError
from inventory.files.read import read_table

BUILT_IN = Path(__file__).parent / "data" / "catalogue.csv"


class UnknownItem(InventoryError):
    """An item the catalogue does not have. Facts: item."""


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of supplies. Minima are units per store of a tier; `need_per_unit` is what one unit covers."""

    id: str
    class_no: int
    class_zh: str
    class_en: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    mass_kg: Decimal  # per unit
    volume_m3: Decimal  # per unit
    shelf_life_months: int | None
    equipment_class: str  # selects its five-fixed checks
    item_checks: tuple[tuple[str, int], ...]  # (kind, days), instead of the class's own periods
    consumable: bool
    serialised: bool
    hazards: tuple[str, ...]
    criticality: int  # 1..3
    life_critical: bool
    need_code: str | None
    need_per_unit: Decimal | None
    county_min: Decimal
    town_min: Decimal
    village_min: Decimal
    target_factor: Decimal
    max_factor: Decimal
    major_class: str | None
    note: str | None

    def minimum(self, tier: str) -> Decimal:
        """The least a store of this tier ("county", "town", "village") holds; 0 = it need not hold any."""
        return {"county": self.county_min, "town": self.town_min, "village": self.village_min}[tier]

    def target(self, tier: str) -> Decimal:
        return self.minimum(tier) * self.target_factor

    def maximum(self, tier: str) -> Decimal:
        return self.minimum(tier) * self.max_factor


class Catalogue:
    """Items by id, sorted. `catalogue[id]` raises UnknownItem."""

    def __init__(self, items: list[Item]) -> None:
        self._items = {item.id: item for item in sorted(items, key=lambda item: item.id)}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: str) -> bool:
        return item in self._items

    def __getitem__(self, item: str) -> Item:
        try:
            return self._items[item]
        except KeyError:
            raise UnknownItem(item=item) from None


def load_catalogue(path: Path | None = None) -> Catalogue:
    """The catalogue of a file, or the built-in one of 76 items (its figures are marked assumed where they are).

    Raises BadTable with every fault of the file.
    """
    return Catalogue([_item(row) for row in read_table(path or BUILT_IN, "items").rows()])


def _item(row: dict[str, Any]) -> Item:
    checks = row.pop("item_checks") or ()
    return Item(id=row.pop("item_id"), major_class=row.pop("gbt38565_major"), item_checks=checks, **row)
