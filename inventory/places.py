"""Places: the 12-digit statistical division code, and the least area of a store of each tier.

A code is 6 county + 3 town + 3 village digits; zeros fill what a level does not have, so the code is the tree.
"""

import re
from decimal import Decimal

from inventory.errors import InventoryError

# tier of a store and level of a place -> its name in Chinese and English
TIERS: dict[str, tuple[str, str]] = {
    "county": ("县级", "county"),
    "town": ("乡镇级", "town"),
    "village": ("村级", "village"),
}

MIN_STORE_AREA_M2: dict[str, Decimal | None] = {
    "county": None,  # no floor is set for the county store
    "town": Decimal(200),
    "village": Decimal(30),
}

_CODE = re.compile(r"[1-9][0-9]{11}")


class BadDivisionCode(InventoryError):
    """Not a 12-digit division code (6 county + 3 town + 3 village digits). Facts: code."""


class StoreTooSmall(InventoryError):
    """A store under the least area of its tier. Facts: store, tier_zh, tier_en, area_m2, least_m2."""


def division_level(code: str) -> str:
    """The level of a 12-digit division code: "county", "town" or "village". Raises BadDivisionCode."""
    if not _CODE.fullmatch(code):
        raise BadDivisionCode(code=code)
    town, village = code[6:9], code[9:]
    if village != "000":
        if town == "000":  # a village hangs below a town, never straight below a county
            raise BadDivisionCode(code=code)
        return "village"
    return "county" if town == "000" else "town"


def division_parent(code: str) -> str | None:
    """The code one level up; None for a county. Raises BadDivisionCode."""
    level = division_level(code)
    if level == "village":
        return code[:9] + "000"
    return code[:6] + "000000" if level == "town" else None


def check_store_area(*, store: str, tier: str, area_m2: Decimal) -> None:
    """Raises StoreTooSmall under 200 m² for a town store and under 30 m² for a village room."""
    least_m2 = MIN_STORE_AREA_M2[tier]
    if least_m2 is not None and area_m2 < least_m2:
        tier_zh, tier_en = TIERS[tier]
        raise StoreTooSmall(store=store, tier_zh=tier_zh, tier_en=tier_en, area_m2=area_m2, least_m2=least_m2)
