"""Pure decisions: road networks and travel times, the dispatch model, its independent checker.

`optimizer.schedule_teams` and `optimizer.generate_teams` are for researchers: the team schedule as arrays, and the
benchmark classes A and B. They are imported when first asked for, so that importing the package stays light.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.dispatch.instances import generate as generate_teams
    from optimizer.dispatch.team_arrays import ArraySchedule, schedule_teams

__all__ = ["ArraySchedule", "generate_teams", "schedule_teams"]


def __getattr__(name: str) -> Any:
    if name in ("schedule_teams", "ArraySchedule"):
        from optimizer.dispatch import team_arrays

        return getattr(team_arrays, name)
    if name == "generate_teams":
        from optimizer.dispatch.instances import generate

        return generate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
