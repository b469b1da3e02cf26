"""Pure decisions: road networks and travel times, the dispatch model, its independent checker.

For researchers, as arrays and imported when first asked for, so that importing the package stays light:
`schedule_teams` (teams to incidents) with `generate_teams` (the benchmark classes A and B), and `allocate_supplies`
(stores to incidents) with `allocation_instance`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.allocation.allocate import Allocation, allocate_supplies
    from optimizer.allocation.instances import allocation_instance
    from optimizer.dispatch.instances import generate as generate_teams
    from optimizer.dispatch.team_arrays import ArraySchedule, schedule_teams

__all__ = [
    "Allocation", "ArraySchedule", "allocate_supplies", "allocation_instance", "generate_teams", "schedule_teams",
]  # fmt: skip

_HOMES = {
    "Allocation": ("optimizer.allocation.allocate", "Allocation"),
    "ArraySchedule": ("optimizer.dispatch.team_arrays", "ArraySchedule"),
    "allocate_supplies": ("optimizer.allocation.allocate", "allocate_supplies"),
    "allocation_instance": ("optimizer.allocation.instances", "allocation_instance"),
    "generate_teams": ("optimizer.dispatch.instances", "generate"),
    "schedule_teams": ("optimizer.dispatch.team_arrays", "schedule_teams"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own = _HOMES[name]
    return getattr(import_module(module), own)
