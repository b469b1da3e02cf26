"""The roads that the teams of a plan take, as lines for the map."""

from dataclasses import replace

from optimizer.dispatch.plan import Plan, Stop, TeamOrder
from optimizer.dispatch.problem import DispatchProblem
from scenarios.exchange.legs import Leg, team_legs
from scenarios.exchange.roads import Roads


def with_routes(plan: Plan, *, problem: DispatchProblem, roads: Roads) -> Plan:
    """The plan with a GeoJSON line at every stop that is driven to: from the base, from where a team on its
    way is, or from the stop before. A team that goes on as it was has no line to its first stop."""
    orders = tuple(
        TeamOrder(
            order.team,
            tuple(_routed(stop, leg, roads) for stop, leg in zip(order.stops, team_legs(problem, order), strict=True)),
        )
        for order in plan.team_orders
    )
    return replace(plan, team_orders=orders)


def _routed(stop: Stop, leg: Leg | None, roads: Roads) -> Stop:
    if leg is None or stop.depart_s is None:
        return stop
    start, there = (roads.points(leg.profile, kind, [id]) for kind, id in (leg.origin, ("incident", leg.incident)))
    route = roads.router(leg.profile).route(start, there)
    return stop if route is None else replace(stop, route=route.geojson())
