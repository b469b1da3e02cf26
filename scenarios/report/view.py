"""From a problem and its plan to the rows of a report: reads top to bottom, one function per table."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from optimizer.dispatch.plan import Plan, Reason, Shipment, Unmet
from optimizer.dispatch.problem import DispatchProblem, Incident, Task
from scenarios.exchange.plan import cure
from scenarios.report.figures import fill_rates, headline
from scenarios.report.foreseen_rows import foreseen_view
from scenarios.report.labels import Label, Names, say, texts
from scenarios.report.rows import (
    STOCK_COLUMNS,
    IncidentCard,
    LevelRow,
    ReportView,
    Situation,
    StockRow,
    StopRow,
    SupplyRow,
    UnmetRow,
)
from scenarios.report.trip_rows import trip_rows
from scenarios.report.wording import (
    NONE,
    SHANGHAI,
    change,
    clock,
    duration,
    goods,
    level_value,
    percent,
    plain,
    tier_name,
)

if TYPE_CHECKING:  # with it comes the routing engine
    from scenarios.exchange.foreseen import Foreseen

ZERO = Decimal(0)


@dataclass(frozen=True)
class _Context:
    problem: DispatchProblem
    plan: Plan
    names: Names
    numbers: dict[str, int]  # incident -> its number on the map

    def task(self, id: str) -> Task:
        return self.problem.tasks[self.problem.task_index[id]]

    def incident(self, id: str) -> Incident:
        return self.problem.incidents[self.problem.incident_index[id]]

    def tier(self, id: str) -> Label:
        return self.names.tiers.get(id) or texts().get(f"tiername.{id}") or plain(id)

    def task_name(self, task: Task) -> Label:
        return self.names.tasks.get(task.id) or self.names.name("capabilities", task.capability)


def view_of(
    problem: DispatchProblem,
    plan: Plan,
    *,
    names: Names | None = None,
    situation: Situation | None = None,
    foreseen: "Foreseen | None" = None,
) -> ReportView:
    """Everything a report says, in rows. Incidents are numbered by severity, reported time and id."""
    names = names or Names()
    situation = situation or Situation(title=say("report.title"))
    ranked = sorted(problem.incidents, key=lambda one: (-one.severity, one.reported_s, one.id))
    context = _Context(problem, plan, names, {one.id: index for index, one in enumerate(ranked, start=1)})
    supplies = _supply_rows(context)
    teams = _team_rows(context, supplies)
    unmet = _unmet_rows(context)
    incidents = _incident_cards(context, ranked, teams, supplies, unmet)
    levels = _level_rows(plan)
    return ReportView(
        as_of=problem.as_of,
        names=names,
        title=situation.title,
        status=say(f"status.{plan.status.value}"),
        stopped_by=say(f"stopped.{plan.stopped_by.value}"),
        figures=headline(problem, plan, teams, incidents, levels),
        incidents=incidents,
        teams=teams,
        supplies=supplies,
        trips=trip_rows(problem, plan.shipments, names, context.numbers),
        unmet=unmet,
        levels=levels,
        stock=_stock_rows(context),
        situation=situation,
        footer=_footer(plan),
        foreseen=None if foreseen is None else foreseen_view(problem, foreseen, names=names),
    )


def _team_rows(context: _Context, supplies: tuple[SupplyRow, ...]) -> tuple[StopRow, ...]:
    problem, names, as_of = context.problem, context.names, context.problem.as_of
    started = {(one.team, one.task) for one in problem.started}
    along = defaultdict(list)
    for row in supplies:
        if row.team is not None:
            along[row.team, row.task].append((row.item_name, row.quantity, row.unit))
    rows = []
    for order in context.plan.team_orders:
        team = problem.teams[problem.team_index[order.team]]
        for position, stop in enumerate(order.stops, start=1):
            task = context.task(stop.task)
            due = None if task.due_s is None else context.incident(stop.incident).reported_s + task.due_s
            rows.append(
                StopRow(
                    team=team.id,
                    team_name=names.name("teams", team.id),
                    tier=team.tier,
                    tier_name=context.tier(team.tier),
                    order=position,
                    incident=stop.incident,
                    incident_name=names.name("incidents", stop.incident),
                    number=context.numbers[stop.incident],
                    task=stop.task,
                    task_name=context.task_name(task),
                    depart_s=stop.depart_s,
                    arrive_s=stop.arrive_s,
                    start_s=stop.start_s,
                    finish_s=stop.finish_s,
                    response_s=stop.response_s,
                    depart=clock(as_of, stop.depart_s),
                    arrive=clock(as_of, stop.arrive_s),
                    start=clock(as_of, stop.start_s),
                    finish=clock(as_of, stop.finish_s),
                    response=duration(stop.response_s),
                    tier_met=stop.tier_met,
                    tier_met_name=tier_name(stop.tier_met, response_s=stop.response_s, tiers=problem.parameters.tiers),
                    due_s=due,
                    late_s=0 if due is None else max(0, stop.arrive_s - due),
                    started=(team.id, stop.task) in started and position == 1,
                    takes=goods(along[team.id, stop.task]) if (team.id, stop.task) in along else None,
                )
            )
    first = {row.team: row.arrive_s if row.depart_s is None else row.depart_s for row in reversed(rows)}
    return tuple(sorted(rows, key=lambda row: (first[row.team], row.team, row.order)))


def _supply_rows(context: _Context) -> tuple[SupplyRow, ...]:
    problem, names, as_of = context.problem, context.names, context.problem.as_of
    expires = {(line.store, line.item, line.lot): line.expires for line in problem.stock}
    rows = [
        SupplyRow(
            id=one.id,
            store=one.store,
            store_name=names.name("stores", one.store),
            incident=one.incident,
            incident_name=names.name("incidents", one.incident),
            number=context.numbers[one.incident],
            item=one.item,
            item_name=names.name("items", one.item),
            unit=names.units.get(one.item, plain("")),
            lot=one.lot,
            expires=expires.get((one.store, one.item, one.lot)),
            quantity=one.quantity,
            vehicle=one.vehicle,
            vehicle_name=_carrier(context, one),
            trip=one.trip,
            depart_s=one.depart_s,
            arrive_s=one.arrive_s,
            depart=clock(as_of, one.depart_s),
            arrive=clock(as_of, one.arrive_s),
            task=one.task,
            task_name=None if one.task is None else context.task_name(context.task(one.task)),
            team=one.team,
        )
        for one in context.plan.shipments
    ]

    def order(row: SupplyRow) -> tuple[Any, ...]:
        return (
            row.store,
            row.item,
            row.expires is None,
            row.expires or as_of.date(),
            row.lot,
            row.depart_s,
            row.id,
        )

    return tuple(sorted(rows, key=order))


def _carrier(context: _Context, shipment: Shipment) -> Label:
    if shipment.team is not None:
        return say("ship.along", team=context.names.name("teams", shipment.team))
    if shipment.vehicle is None:
        return say("ship.any_vehicle")
    return context.names.name("vehicles", shipment.vehicle)


def _unmet_rows(context: _Context) -> tuple[UnmetRow, ...]:
    names = context.names
    rows = []
    for one in context.plan.unmet:
        if one.task is not None:
            what, unit = context.task_name(context.task(one.task)), say("unmet.unit.team")
        else:
            what = names.name("items", one.item or "")
            unit = names.units.get(one.item or "", plain(""))
        rows.append(
            UnmetRow(
                incident=one.incident,
                incident_name=names.name("incidents", one.incident),
                number=context.numbers[one.incident],
                task=one.task,
                item=one.item,
                what=what,
                unit=unit,
                quantity=one.quantity,
                reason=one.reason,
                reason_name=_reason(one),
                cure=_cure(context, one),
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.number, row.task or "", row.item or "", row.reason.value)))


def _reason(unmet: Unmet) -> Label:
    reason = say(f"reason.{unmet.reason.value}")
    return say("reason.equipment", reason=reason) if "equipment" in unmet.facts else reason


def _cure(context: _Context, unmet: Unmet) -> Label:
    """The act that cures it; for blocked stock it names the overdue tasks by store and item, for equipment what of."""
    if "equipment" in unmet.facts:
        facts, names = unmet.facts, context.names
        return say(
            f"cure.equipment.{unmet.reason.value}",
            equipment=names.name("items", facts["equipment"]),
            quantity_per_team=facts.get("quantity_per_team", "?"),
            stores=_listed(names.name("stores", store) for store in facts.get("stores", ())),
            tasks=_listed(names.name("checks", check) for check in facts.get("tasks", ())),
        )
    if unmet.reason is Reason.BELOW_RESERVE_FLOOR and unmet.facts.get("tasks"):
        names = _listed(context.names.name("checks", check) for check in unmet.facts["tasks"])
        return say("cure.BELOW_RESERVE_FLOOR.tasks", tasks=names)
    if unmet.reason is not Reason.FIVE_FIXED:
        words = cure(unmet)
        return Label(words["zh"], words["en"])
    blocking = sorted(
        {
            check
            for line in context.problem.stock
            if line.item == unmet.item and line.quantity > 0
            for check in line.blocked
        }
        if not isinstance(unmet.facts.get("tasks"), list | tuple | dict)
        else set(unmet.facts["tasks"])
    )
    if not blocking:
        return say("cure.FIVE_FIXED.plain")
    return say("cure.FIVE_FIXED", tasks=_listed(context.names.name("checks", check) for check in blocking))


def _listed(labels: Iterable[Label]) -> Label:
    listed = list(labels)
    shown, more = listed[:4], "…" if len(listed) > 4 else ""
    return Label("、".join(one.zh for one in shown) + more, "; ".join(one.en for one in shown) + more)


def _incident_cards(
    context: _Context,
    ranked: list[Incident],
    teams: tuple[StopRow, ...],
    supplies: tuple[SupplyRow, ...],
    unmet: tuple[UnmetRow, ...],
) -> tuple[IncidentCard, ...]:
    stops_at, sent_to, missing_at = defaultdict(list), defaultdict(list), defaultdict(list)
    for stop in teams:
        stops_at[stop.incident].append(stop)
    for supply in supplies:
        sent_to[supply.incident].append(supply)
    for gap in unmet:
        missing_at[gap.incident].append(gap)
    needed: dict[str, int] = defaultdict(int)
    for task in context.problem.tasks:
        needed[task.incident] += task.teams_needed
    fill = fill_rates(context.problem, context.plan)
    cards = []
    for incident in ranked:
        stops = sorted(stops_at[incident.id], key=lambda row: (row.arrive_s, row.team, row.order))
        cards.append(
            IncidentCard(
                number=context.numbers[incident.id],
                id=incident.id,
                name=context.names.name("incidents", incident.id),
                kind=context.names.name("kinds", incident.kind),
                severity=incident.severity,
                reported=clock(context.problem.as_of, incident.reported_s),
                people=incident.people_affected,
                lon=incident.lon,
                lat=incident.lat,
                needed=needed[incident.id],
                provided=len(stops),
                first_arrival=stops[0].arrive if stops else None,
                fill_rate=fill.get(incident.id),
                stops=tuple(stops),
                supplies=tuple(sorted(sent_to[incident.id], key=lambda row: (row.arrive_s, row.id))),
                unmet=tuple(missing_at[incident.id]),
            )
        )
    return tuple(cards)


def _level_rows(plan: Plan) -> tuple[LevelRow, ...]:
    rows = []
    for order, level in enumerate(plan.levels, start=1):
        text, better = change(level.value, level.practice)
        if level.gap is None:
            gap = say("level.unproven")
        else:
            gap = say("level.optimal") if level.gap <= 0 else plain(percent(level.gap, decimals=2))
        rows.append(
            LevelRow(
                order=order,
                name=level.name,
                label=say(f"level.{level.name}"),
                unit=say(f"level.{level.name}.unit"),
                value=level_value(level.value, gini=level.gini),
                bound=level_value(level.bound),
                gap=gap,
                practice=level_value(level.practice, gini=level.gini_practice),
                change=text,
                better=better,
            )
        )
    return tuple(rows)


def _stock_rows(context: _Context) -> tuple[StockRow, ...]:
    problem = context.problem
    today = problem.as_of.astimezone(SHANGHAI).date()
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    free: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for line in problem.stock:
        row = sums[line.item]
        row["on_hand"] += line.quantity
        if line.expires is not None and today > line.expires:
            row["expired"] += line.quantity
        elif line.blocked:
            row["blocked"] += line.quantity
        else:
            free[line.store, line.item] += line.quantity
    for (store, item), units in free.items():
        kept = min(units, problem.reserve_floor.get((store, item), ZERO))
        sums[item]["kept"] += kept
        sums[item]["dispatchable"] += units - kept
    for demand in problem.demands:
        sums[demand.item]["demanded"] += demand.quantity
    for one in context.plan.shipments:
        sums[one.item]["shipped" if one.task is None else "equipment"] += one.quantity
    return tuple(
        StockRow(
            item=item,
            name=context.names.name("items", item),
            unit=context.names.units.get(item, plain("")),
            **{column: sums[item][column] for column in STOCK_COLUMNS},
        )
        for item in sorted(sums, key=lambda one: (sums[one]["demanded"] + sums[one]["equipment"] == 0, one))
    )


def _footer(plan: Plan) -> tuple[tuple[Label, str], ...]:
    limits = ", ".join(f"{name} = {value}" for name, value in sorted(plan.limits.items()))
    return (
        (say("footer.seed"), str(plan.seed)),
        (say("footer.limits"), limits or NONE.zh),
        (say("footer.levels"), " → ".join(level.name for level in plan.levels)),
        (say("footer.sha"), plan.problem_sha256 or NONE.zh),
    )
