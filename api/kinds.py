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
