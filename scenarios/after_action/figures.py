"""Promise and outcome: teams, needs, goods, first arrivals against the tiers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import fmean
from typing import TYPE_CHECKING, Any

from optimizer.dispatch.problem import Tier
from scenarios.after_action.model import IncidentRow, NeedRow, ShipmentRow, StopRow, Summary, TierRow, tier_of

if TYPE_CHECKING:
    from scenarios.after_action.gather import Gathered

ZERO = Decimal(0)
DASH = "-"  # an incident the reader does not see
LATE_S = 60  # a promise in whole minutes is kept within one


def stop_rows(found: "Gathered") -> tuple[StopRow, ...]:
    """One for every (team, task) that any plan ordered, by the promised arrival."""
    plan_of = {one.row.id: one for one in found.plans}
    first: dict[tuple[str, str], StopRow] = {}
    last_plan = max(plan_of, default=0)
    standing = {(row.team, row.task) for row in found.orders if row.plan_id == last_plan}
    said_of: dict[tuple[str, str], list[Any]] = {}
    for one in found.progress:
        said_of.setdefault((one.team, one.task), []).append(one)
    for row in found.orders:
        plan = plan_of[row.plan_id]
        depart = None if row.depart_s is None else plan.as_of + timedelta(seconds=row.depart_s)
        said = said_of.get((row.team, row.task), [])
        states = [one.state for one in said if one.state != "home"]
        first.setdefault(
            (row.team, row.task),
            StopRow(
                plan=plan.row.id,
                team=row.team,
                incident=row.incident,
                task=row.task,
                ordered_at=plan.approved_at(found.head),
                depart_planned=depart,
                arrive_planned=plan.as_of + timedelta(seconds=row.arrive_s),
                status=states[-1] if states else "issued" if (row.team, row.task) in standing else "withdrawn",
                departed_at=_first(said, "en_route"),
                # who says "done" without a word of the arrival was there by then
                arrived_at=_first(said, "on_scene") or _first(said, "done"),
                done_at=_first(said, "done"),
            ),
        )
    return tuple(sorted(first.values(), key=lambda one: (one.arrive_planned, one.team, one.task)))


def _first(said: Sequence[Any], state: str) -> datetime | None:
    return min((one.at for one in said if one.state == state), default=None)


def need_rows(found: "Gathered") -> tuple[NeedRow, ...]:
    merged = {row.code for row in found.incidents if row.merged_into is not None}
    planned: dict[tuple[str, str], Decimal] = {}
    issued: dict[tuple[str, str], Decimal] = {}
    received: dict[tuple[str, str], Decimal] = {}
    last = len(found.sent) - 1
    content_of = {one.row.id: one.row.sha256 for one in found.plans}
    for number, (plan, rows) in enumerate(found.sent):
        for one in rows:
            key = one.incident, one.lot[1]
            if one.task is None:
                issued[key] = issued.get(key, ZERO) + one.gone
                planned[key] = planned.get(key, ZERO) + (one.asked if number == last else one.gone)
                if (content_of[plan], one.code) in found.came:
                    received[key] = received.get(key, ZERO) + found.came[content_of[plan], one.code]
    return tuple(
        NeedRow(
            incident,
            item,
            units,
            planned.get((incident, item), ZERO),
            issued.get((incident, item), ZERO),
            received.get((incident, item)),
        )
        for (incident, item), units in sorted(found.asked.items())
        if incident not in merged
    )


def shipment_rows(found: "Gathered") -> tuple[ShipmentRow, ...]:
    plan_of = {one.row.id: one for one in found.plans}
    last = len(found.sent) - 1
    listed = []
    for number, (plan, rows) in enumerate(found.sent):
        kept = plan_of[plan]
        seconds = kept.seconds
        for one in rows:
            if number != last and not one.gone:
                continue
            times = seconds.get(one.code)
            listed.append(
                ShipmentRow(
                    plan=plan,
                    store=one.lot[0],
                    incident=one.incident,
                    item=one.lot[1],
                    task=one.task,
                    team=one.team,
                    planned=one.asked,
                    issued=one.gone,
                    depart_planned=None if times is None else kept.as_of + timedelta(seconds=times[0]),
                    departed_at=one.left_at if one.gone else None,
                )
            )
    return tuple(listed)


def incident_rows(found: "Gathered", stops: Sequence[StopRow], needs: Sequence[NeedRow]) -> tuple[IncidentRow, ...]:
    closed = {one.code: one.at for one in found.logged if one.kind in ("incident_closed", "incident_merged")}
    rows = []
    for row in found.incidents:
        mine = [one for one in stops if one.incident == row.code and one.status != "withdrawn"]
        arrived = [one.arrived_at for one in mine if one.arrived_at is not None]
        planned = min((one.arrive_planned for one in mine), default=None)
        actual = min(arrived, default=None)
        own = [one for one in needs if one.incident == row.code]
        rows.append(
            IncidentRow(
                code=row.code,
                kind=row.kind,
                severity=row.severity,
                place=row.place_code,
                status="merged" if row.merged_into is not None else row.status,
                merged_into=row.merged_into if row.merged_into in found.codes else row.merged_into and DASH,
                people=row.people_affected,
                reported_at=row.reported_at,
                reported_by=row.reported_by,
                closed_at=closed.get(row.code) if row.status == "closed" else None,
                teams_needed=found.needed.get(row.code, 0),
                teams_ordered=len(mine),
                teams_arrived=len(arrived),
                arrive_planned=planned,
                arrived_at=actual,
                tier_planned=tier_of(found.tiers, _since(row.reported_at, planned)),
                tier_actual=tier_of(found.tiers, _since(row.reported_at, actual)),
                fill_planned=_fill([(one.planned, one.asked) for one in own]),
                fill_issued=_fill([(one.issued, one.asked) for one in own]),
            )
        )
    return tuple(rows)


def _since(reported: datetime, at: datetime | None) -> int | None:
    return None if at is None else round((at - reported).total_seconds())


def _fill(parts: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Mean over items of units ÷ asked, each one at most."""
    shares = [min(Decimal(1), units / asked) for units, asked in parts if asked]
    return sum(shares, ZERO) / len(shares) if shares else None


def tier_rows(tiers: tuple[Tier, ...], rows: Sequence[IncidentRow]) -> tuple[TierRow, ...]:
    """Cumulative: who came within three minutes came within five, too."""
    judged = [row for row in rows if row.needs_teams and row.merged_into is None]
    return tuple(
        TierRow(
            id=tier.id,
            limit_s=tier.limit_s,
            incidents=len(judged),
            planned=sum(row.planned_s is not None and row.planned_s <= tier.limit_s for row in judged),
            actual=sum(row.actual_s is not None and row.actual_s <= tier.limit_s for row in judged),
        )
        for tier in tiers
    )


def summary_of(rows: Sequence[IncidentRow], stops: Sequence[StopRow]) -> Summary:
    own = [row for row in rows if row.merged_into is None]
    kept = [one for one in stops if one.status != "withdrawn"]
    delays = [one.delay_s for one in kept if one.delay_s is not None]
    return Summary(
        incidents=len(own),
        incidents_open=sum(row.status == "open" for row in own),
        people=sum(row.people or 0 for row in own),
        stops=len(kept),
        stops_arrived=len(delays),
        stops_done=sum(one.done_at is not None for one in kept),
        stops_late=sum(delay > LATE_S for delay in delays),
        delay_s=_mean(delays),
        first_planned_s=_mean([row.planned_s for row in own]),
        first_actual_s=_mean([row.actual_s for row in own]),
        fill_planned=_share([row.fill_planned for row in own]),
        fill_issued=_share([row.fill_issued for row in own]),
    )


def _mean(values: Sequence[int | None]) -> int | None:
    known = [one for one in values if one is not None]
    return round(fmean(known)) if known else None


def _share(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [one for one in values if one is not None]
    return sum(known, ZERO) / len(known) if known else None
