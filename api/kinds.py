"""The kinds of tables (and the closures, which are drawn) that `import` and `export` know."""

from enum import StrEnum


class Kind(StrEnum):
    """The order is that of a first import: what others refer to comes first."""

    places = "places"
    stores = "stores"
    items = "items"
    bins = "bins"
    lots = "lots"
    stock = "stock"
    custodians = "custodians"
    maintenance = "maintenance"
    packages = "packages"
    kits = "kits"
    teams = "teams"
    vehicles = "vehicles"
    incidents = "incidents"
    tasks = "tasks"
    demands = "demands"
    closures = "closures"
    check_overrides = "check_overrides"
    weight_overrides = "weight_overrides"
    minimum_overrides = "minimum_overrides"


_REGISTERS, _INCIDENTS = ("registers.write", "registers.read"), ("incidents.manage", "incidents.read")
# the permission that bringing in takes, and the one that taking out does
NEEDED: dict[Kind, tuple[str, str]] = {
    **dict.fromkeys(Kind, _REGISTERS),
    **dict.fromkeys((Kind.lots, Kind.stock), ("stock.write", "stock.read")),
    Kind.custodians: ("people.write", "people.read"),
    Kind.maintenance: ("care.do", "care.read"),
    **dict.fromkeys((Kind.incidents, Kind.tasks, Kind.demands, Kind.closures), _INCIDENTS),
    **dict.fromkeys((Kind.check_overrides, Kind.weight_overrides, Kind.minimum_overrides),
                    ("care.manage", "care.read")),
}  # fmt: skip
