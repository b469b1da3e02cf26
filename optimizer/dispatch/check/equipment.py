"""Equipment and common starts: E1 to E3 and Y1 of docs/model.md, from what the plan states."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from optimizer.dispatch.check.violation import Code, Violation
from optimizer.dispatch.plan import Plan, Shipment
from optimizer.dispatch.problem import DispatchProblem, Task, Team

ZERO = Decimal(0)


@dataclass(frozen=True)
class Waiting:
    """The instant before which a stop of the plan cannot begin, whatever its own arrival."""

    problem: DispatchProblem
    plan: Plan

    @cached_property
    def along(self) -> dict[tuple[str, str, str], Decimal]:
        """(task, team, item) -> units the team takes along."""
        units: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        for row in self.plan.shipments:
            if row.task is not None and row.team is not None:
                units[row.task, row.team, row.item] += row.quantity
        return units

    @cached_property
    def sent(self) -> dict[tuple[str, str], list[Shipment]]:
        """(task, item) -> what is shipped for those who do not have it with them."""
        rows: defaultdict[tuple[str, str], list[Shipment]] = defaultdict(list)
        for row in self.plan.shipments:
            if row.task is not None and row.team is None:
                rows[row.task, row.item].append(row)
        return rows

    @cached_property
    def working(self) -> set[tuple[str, str]]:
        """(team, task) at work on the scene when the plan was made: they wait for nobody, nobody for them."""
        return {(one.team, one.task) for one in self.problem.started if one.state == "on_scene"}

    @cached_property
    def under_way(self) -> set[tuple[str, str]]:
        return {(one.team, one.task) for one in self.problem.started}

    @cached_property
    def before(self) -> dict[tuple[str, str], Decimal]:
        """(task, item) -> units sent before for those who wait (E2): what those on their way there need is theirs."""
        units = {(task.id, need.item): need.sent for task in self.problem.tasks for need in task.equipment if need.sent}
        amounts = {(task.id, need.item): need.quantity for task in self.problem.tasks for need in task.equipment}
        going = {(one.team, one.task) for one in self.problem.started if one.state == "en_route"}
        for order in self.plan.team_orders:
            for stop in order.stops:
                for task, item in list(units) if (order.team, stop.task) in going else ():
                    team = self.problem.teams[self.problem.team_index[order.team]]
                    if task == stop.task and item not in team.carries:
                        units[task, item] = max(ZERO, units[task, item] - amounts[task, item])
        return units

    def lacks(self, team: Team, task: Task) -> list[str]:
        """Items for which the team waits (E1): not its own, not taken along."""
        if (team.id, task.id) in self.under_way:
            return []
        needed = {need.item: need.quantity for need in task.equipment if need.item not in team.carries}
        return [item for item, units in needed.items() if self.along.get((task.id, team.id, item), ZERO) < units]

    def own(self, team: Team, task: Task, arrive_s: int) -> int:
        """When the team could begin if it waited for no other team."""
        lacks = self.lacks(team, task)
        waits = [row.arrive_s for item in lacks for row in self.sent.get((task.id, item), ())]
        return max([arrive_s, *waits, *(need.there_s or 0 for need in task.equipment if need.item in lacks)])

    @cached_property
    def together(self) -> dict[str, int]:
        """Task -> the common start of its teams, by the arrivals the plan states (Y1)."""
        tasks = {task.id: task for task in self.problem.tasks if task.synchronised}
        last: dict[str, int] = {}
        for order in self.plan.team_orders if tasks else ():
            index = self.problem.team_index.get(order.team)
            for stop in order.stops:
                if index is not None and stop.task in tasks and (order.team, stop.task) not in self.working:
                    begin = self.own(self.problem.teams[index], tasks[stop.task], stop.arrive_s)
                    last[stop.task] = max(begin, last.get(stop.task, begin))
        return last

    def start(self, team: Team, task: Task, arrive_s: int) -> int:
        """When the service begins (E1, Y1)."""
        begin = self.own(team, task, arrive_s)
        if task.synchronised and (team.id, task.id) not in self.working:
            begin = max(begin, self.together.get(task.id, begin))
        return begin


def check_equipment(problem: DispatchProblem, plan: Plan) -> Iterator[Violation]:
    """E1 to E3: every stop is equipped, no more is shipped for a task than its teams lack, and what a team takes along
    comes from the store at its base, on its first way out."""
    waiting = Waiting(problem, plan)
    tasks = {task.id: task for task in problem.tasks}
    lacking: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in plan.team_orders:
        index = problem.team_index.get(order.team)
        for stop in order.stops:
            task = tasks.get(stop.task)
            if index is None or task is None:
                continue  # a violation of its own
            amounts = {need.item: need.quantity for need in task.equipment}
            for item in waiting.lacks(problem.teams[index], task):
                lacking[task.id, item] += amounts[item]
    for key in sorted(lacking.keys() | waiting.sent.keys()):
        there = sum((row.quantity for row in waiting.sent.get(key, ())), ZERO)
        needed = max(ZERO, lacking.get(key, ZERO) - waiting.before.get(key, ZERO))
        if there != needed:
            facts = {"task": key[0], "item": key[1], "shipped": there, "needed": needed}
            yield Violation(Code.EQUIPMENT_AMOUNT, "shipments", facts)
    for index, row in enumerate(plan.shipments):
        where, facts = f"shipments[{index}]", {"shipment": row.id, "task": row.task, "item": row.item}
        if row.task is None:
            if row.team is not None:
                yield Violation(Code.EQUIPMENT_WITHOUT_TASK, where, {"shipment": row.id, "team": row.team})
            continue
        task = tasks.get(row.task)
        wanted = {} if task is None else {need.item: need.quantity for need in task.equipment}
        if task is None or task.incident != row.incident or row.item not in wanted:
            yield Violation(Code.EQUIPMENT_NOT_NEEDED, where, facts)
        elif row.team is not None:
            yield from _taken_along(problem, plan, row, where)
    for (name, team, item), units in waiting.along.items():
        task = tasks.get(name)
        wanted = {} if task is None else {need.item: need.quantity for need in task.equipment}
        if units != wanted.get(item, ZERO):
            facts = {"task": name, "item": item, "shipped": units, "needed": wanted.get(item, ZERO)}
            yield Violation(Code.EQUIPMENT_AMOUNT, "shipments", facts | {"team": team})


def _taken_along(problem: DispatchProblem, plan: Plan, row: Shipment, where: str) -> Iterator[Violation]:
    """E3."""
    facts = {"shipment": row.id, "team": row.team, "store": row.store}
    index = problem.team_index.get(str(row.team))
    stops = next((order.stops for order in plan.team_orders if order.team == row.team), ())
    stop = next((stop for stop in stops if stop.task == row.task), None)
    if index is None or stop is None:
        yield Violation(Code.EQUIPMENT_TEAM_ELSEWHERE, where, facts)
        return
    team = problem.teams[index]
    if team.store != row.store or row.vehicle is not None or row.trip is not None:
        yield Violation(Code.EQUIPMENT_TEAM_ELSEWHERE, where, facts)
    if any(one.team == team.id for one in problem.started):
        yield Violation(Code.EQUIPMENT_TEAM_ELSEWHERE, where, facts)
    elif row.item in team.carries:
        yield Violation(Code.EQUIPMENT_NOT_NEEDED, where, {"shipment": row.id, "task": row.task, "item": row.item})
    elif (row.depart_s, row.arrive_s) != (stops[0].depart_s, stop.arrive_s):
        times = {"value": row.arrive_s, "expected": stop.arrive_s}
        yield Violation(Code.SHIPMENT_ARRIVE, f"{where}.arrive_s", {"shipment": row.id} | times)
