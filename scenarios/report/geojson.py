"""The plan as GeoJSON (RFC 7946): incidents, bases, stores, team legs, supply flows, closed roads; WGS-84."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from optimizer.units import FloatArray
from scenarios.exchange.json_text import dumps
from scenarios.report.labels import Label
from scenarios.report.layers import MapLayers
from scenarios.report.rows import ReportView, SupplyRow
from scenarios.report.scene import supply_flows, team_legs

DECIMALS = 6  # of a degree: about a decimetre


def plan_geojson(problem: DispatchProblem, plan: Plan, view: ReportView, *, layers: MapLayers | None = None) -> str:
    """A FeatureCollection. `properties.what` says what a feature is; names come as `name_zh` and `name_en`.

    Things without a position are left out; a line that follows no road says `straight: true`.
    """
    names, features = view.names, []
    features.extend(
        _point("incident", card.id, card.name, card.lon, card.lat)
        | _facts(number=card.number, severity=card.severity, people_affected=card.people,
                 teams_needed=card.needed, teams_provided=card.provided, fill_rate=_share(card.fill_rate))
        for card in view.incidents
        if card.lon is not None and card.lat is not None
    )  # fmt: skip
    features.extend(
        _point("team", team.id, names.name("teams", team.id), team.lon, team.lat) | _facts(tier=team.tier)
        for team in problem.teams
        if team.lon is not None and team.lat is not None
    )
    features.extend(
        _point("store", store.id, names.name("stores", store.id), store.lon, store.lat) | _facts(tier=store.tier)
        for store in problem.stores
        if store.lon is not None and store.lat is not None
    )
    along: dict[tuple[str, str], list[SupplyRow]] = {}
    for one in view.supplies:
        if one.team is not None and one.task is not None:
            along.setdefault((one.team, one.task), []).append(one)
    for leg in team_legs(problem, plan, view):
        row = leg.row
        features.append(
            _line("team_leg", f"{row.team}-{row.order}", row.team_name, leg.points)
            | _facts(team=row.team, order=row.order, incident=row.incident, task=row.task, depart_s=row.depart_s,
                     arrive_s=row.arrive_s, start_s=row.start_s, finish_s=row.finish_s, response_s=row.response_s,
                     tier_met=row.tier_met, straight=leg.straight,
                     takes=_sums(along.get((row.team, row.task), ())) or None)
        )  # fmt: skip
    features.extend(
        _line(
            "supply_flow", f"{flow.store}-{flow.incident}", flow.rows[0].store_name,
            np.stack((flow.start, flow.end)),
        )
        | _facts(store=flow.store, incident=flow.incident,
                 items=_sums(one for one in flow.rows if one.task is None),
                 equipment=_sums(one for one in flow.rows if one.task is not None) or None,
                 straight=True, arrive_s=max(one.arrive_s for one in flow.rows))
        for flow in supply_flows(problem, view)
    )  # fmt: skip
    for number, line in enumerate(layers.closed if layers else (), start=1):
        features.append(_line("closed_road", f"closed-{number}", Label("封闭路段", "Closed road"), line))
    collection = {"type": "FeatureCollection", "features": [_feature(one) for one in features]}
    return dumps(collection)


def _facts(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _sums(rows: Iterable[SupplyRow]) -> dict[str, Decimal]:
    """Item -> units."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row.item] = sums.get(row.item, Decimal(0)) + row.quantity
    return sums


def _share(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.0001"))


def _point(what: str, id: str, name: Label, lon: float, lat: float) -> dict[str, Any]:
    place = {"type": "Point", "coordinates": [round(lon, DECIMALS), round(lat, DECIMALS)]}
    return {"geometry": place, "id": f"{what}/{id}"} | _named(what, id, name)


def _line(what: str, id: str, name: Label, points: FloatArray) -> dict[str, Any]:
    line = {"type": "LineString", "coordinates": np.round(points, DECIMALS).tolist()}
    return {"geometry": line, "id": f"{what}/{id}"} | _named(what, id, name)


def _named(what: str, id: str, name: Label) -> dict[str, Any]:
    return {"what": what, "ref": id, "name_zh": name.zh, "name_en": name.en}


def _feature(one: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: value for name, value in one.items() if name not in ("geometry", "id")}
    return {"type": "Feature", "id": one["id"], "geometry": one["geometry"], "properties": properties}
