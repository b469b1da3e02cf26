"""Which closures cut a place off: the facts behind UNREACHABLE, found by opening one closure after another."""

from dataclasses import replace

from optimizer.dispatch.plan import Plan, Reason, Unmet
from optimizer.dispatch.problem import DispatchProblem
from optimizer.network.travel import Router
from optimizer.units import UNREACHABLE
from scenarios.exchange.roads import STORE_PROFILE, Roads

MOST = 40  # closures that are opened one by one; with more, they are named together


def with_closures_named(plan: Plan, *, problem: DispatchProblem, roads: Roads) -> Plan:
    """The plan with `closures` in the facts of what is unreachable: each that alone would open the way; where only
    all together would, all of them; none where no road leads there even with every road open."""
    known: dict[tuple[str, str, str, str], list[str]] = {}
    return replace(plan, unmet=tuple(_named(row, problem, roads, known) for row in plan.unmet))


def _named(
    row: Unmet, problem: DispatchProblem, roads: Roads, known: dict[tuple[str, str, str, str], list[str]]
) -> Unmet:
    if row.reason is not Reason.UNREACHABLE or row.facts.get("busy") or "equipment" in row.facts:
        return row
    if row.task is not None:
        kind, name = "team", row.facts["teams"][0]
        profile = problem.teams[problem.team_index[name]].profile
    else:
        kind, name = "store", min(row.facts["stores"])
        profile = next((v.profile for v in problem.vehicles if v.store == name), STORE_PROFILE)
    key = row.incident, kind, name, profile
    if key not in known:
        known[key] = _blocking(*key, roads)
    return replace(row, facts={**row.facts, "closures": known[key]})


def _blocking(incident: str, kind: str, name: str, profile: str, roads: Roads) -> list[str]:
    def reaches(router: Router) -> bool:
        start, end = roads.points(profile, kind, [name]), roads.points(profile, "incident", [incident])
        return bool(router.times(origins=start, destinations=end)[0, 0] < UNREACHABLE)

    base = roads.open_router(profile)
    if not reaches(base):
        return []
    shut = [closure.id for closure in roads.closures if closure.speed_factor == 0]
    if len(shut) > MOST:
        return shut
    return [closure for closure in shut if reaches(base.with_closures(roads.without(closure)))] or shut
