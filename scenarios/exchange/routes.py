"""The roads that the teams of a plan take, as lines for the map."""

from dataclasses import replace

from optimizer.dispatch.plan import Plan, Stop, TeamOrder
from optimizer.dispatch.problem import DispatchProblem
from scenarios.exchange.roads import Roads


def with_routes(plan: Plan, *, problem: DispatchProblem, roads: Roads) -> Plan:
    """The plan with a GeoJSON line at every stop that is driven to: from the base, from where a team on its
    way is, or from the stop before. A team that goes on as it was has no line to its first stop."""
    orders = tuple(_routed(order, problem, roads) for order in plan.team_orders)
    return replace(plan, team_orders=orders)


def _routed(order: TeamOrder, problem: DispatchProblem, roads: Roads) -> TeamOrder:
    profile = problem.teams[problem.team_index[order.team]].profile
    router = roads.router(profile)
    started = problem.started_by.get(order.team)
    turns = started is not None and started.lat is not None and problem.travel.en_route_to_incident_s is not None
    place, before = roads.points(profile, "en_route" if turns else "team", [order.team]), ""
    stops: list[Stop] = []
    for stop in order.stops:
        there = roads.points(profile, "incident", [stop.incident])
        route = None
        if stop.depart_s is not None and stop.incident != before:
            route = router.route(place, there)
        stops.append(stop if route is None else replace(stop, route=route.geojson()))
        place, before = there, stop.incident
    return TeamOrder(order.team, tuple(stops))
