"""Equipment of tasks: who has it along, from where the rest is brought, and when it is there.

(E1) A team on a task needs so much of each item of its `equipment` there before its service begins: of its own
(`carries`), taken along, or shipped. (E2) What is shipped for a task comes under S1, S2 and S4 to S8, counts to no
demand, and is all there before the teams that wait for it begin. (E3) A team stationed at a store takes along what it
needs when it leaves its base, if the store has it. A team that was under way before is equipped for the task it
was bound for. What was sent for a task before is first for those on their way there, then for those that wait.
Numbers are those of docs/model.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from optimizer.dispatch.loading import Load, legs_of
from optimizer.dispatch.problem import DispatchProblem, Need
from optimizer.dispatch.redispatch import may_turn
from optimizer.dispatch.schedule import Ready
from optimizer.dispatch.supply_model import earliest_arrivals, fits, fleet, stock_of
from optimizer.units import UNREACHABLE, BoolArray, IntArray

Pair = tuple[int, int]  # task, team


@dataclass(frozen=True)
class Taken:
    """Units of one item that a team takes along from its own store for a task (E3)."""

    task: int
    team: int
    item: int
    store: int
    quantity: Decimal


@dataclass(frozen=True)
class Fetched:
    """The equipment of a schedule: `ready` as `team_orders` takes it; `missing` are pairs that go without."""

    ready: Ready
    loads: tuple[Load, ...]  # shipped
    taken: tuple[Taken, ...]
    missing: frozenset[Pair]


def wants(problem: DispatchProblem, task: int, team: int) -> tuple[Need, ...]:
    """What this team lacks of the task's equipment (E1); for the task it is bound for already, nothing."""
    carries = problem.teams[team].carries
    started = problem.started_by.get(problem.teams[team].id)
    if started is not None and started.task == problem.tasks[task].id:
        return ()
    return tuple(need for need in problem.tasks[task].equipment if need.item not in carries)


def sent_before(problem: DispatchProblem, sequences: Sequence[Sequence[int]]) -> dict[tuple[int, str], Decimal]:
    """(task, item) -> units sent before that are there for the teams that wait (E2): not for those on their way to
    it, as long as they keep going."""
    spare: dict[tuple[int, str], Decimal] = {}
    for index, task in enumerate(problem.tasks):
        for need in task.equipment:
            if need.sent:
                spare[index, need.item] = need.sent
    for one in problem.started if spare else ():
        index, k = problem.task_index[one.task], problem.team_index[one.team]
        if one.state == "en_route" and (index in sequences[k] or not may_turn(problem, one)):
            for need in problem.tasks[index].equipment:
                if need.sent and need.item not in problem.teams[k].carries:
                    spare[index, need.item] = max(Decimal(0), spare[index, need.item] - need.quantity)
    return spare


class Shelves:
    """What may leave each store of the items that tasks need, and how soon it can be somewhere; made once a problem."""

    def __init__(self, problem: DispatchProblem) -> None:
        self.problem = problem
        needed = {need.item for task in problem.tasks for need in task.equipment}
        self.stock: dict[str, dict[int, Decimal]] = {item: {} for item in needed}  # item -> store -> units (S1)
        self._soonest: dict[tuple[str, int], list[tuple[int, int]]] = {}
        self.lump: dict[str, Decimal] = {}
        if not needed:
            return
        lots, self.lump = stock_of(problem, needed)
        for (store, item), lines in lots.items():
            floor = problem.reserve_floor.get((store, item), Decimal(0))
            units = sum((line.quantity for line in lines), Decimal(0)) - floor
            if units > 0:
                self.stock[item][problem.store_index[store]] = units
        self._arrive = earliest_arrivals(problem)
        self._banned = {(ban.store, ban.incident, ban.item) for ban in problem.bans if ban.store is not None}
        self._fleet = fleet(problem)

    def soonest(self, item: str, incident: int) -> list[tuple[int, int]]:
        """(arrival, store) of the stores that hold the item and can send it there, the soonest first (S5 to S7)."""
        key = item, incident
        if key not in self._soonest:
            problem, what = self.problem, self.problem.items[self.problem.item_index[item]]
            lump = self.lump[item]
            found = []
            for store in self.stock[item]:
                name = problem.stores[store].id
                own = self._fleet.get(name)
                arrive = int(self._arrive[store, incident])
                if own is not None:
                    able = [int(problem.travel.vehicle_to_incident_s[v, incident]) + self._from(v, incident)
                            for v in own if fits(problem, v, what, lump)]  # fmt: skip
                    arrive = min(able, default=UNREACHABLE)
                if arrive <= problem.parameters.horizon_s and self.may(item, store, incident):
                    found.append((arrive, store))
            self._soonest[key] = sorted(found)
        return self._soonest[key]

    def may(self, item: str, store: int, incident: int) -> bool:
        """No ban keeps it from going there (S5)."""
        name, there = self.problem.stores[store].id, self.problem.incidents[incident].id
        return self._banned.isdisjoint({(name, there, None), (name, there, item)})

    def _from(self, vehicle: int, incident: int) -> int:
        return max(0, self.problem.incidents[incident].reported_s, self.problem.vehicles[vehicle].available_from_s)


def soonest_ready(problem: DispatchProblem, shelves: Shelves) -> tuple[IntArray, BoolArray]:
    """(tasks, teams): the instant before which the pair cannot begin for want of equipment, whatever else is done, and
    whether it can be equipped at all. A relaxation: every unit of the county goes to this pair."""
    shape = len(problem.tasks), len(problem.teams)
    ready, able = np.zeros(shape, np.int64), np.ones(shape, np.bool_)
    home = np.array([-1 if team.store is None else problem.store_index[team.store] for team in problem.teams])
    for index, task in enumerate(problem.tasks):
        incident = problem.incident_index[task.incident]
        bound = [problem.team_index[one.team] for one in problem.started if one.task == task.id]
        for need in task.equipment:
            lacks = np.array([need.item not in team.carries for team in problem.teams], np.bool_)
            lacks[bound] = False
            stock, together, before = shelves.stock[need.item], need.sent, need.there_s or 0
            arrival = before if together >= need.quantity else UNREACHABLE
            for at, store in shelves.soonest(need.item, incident) if arrival == UNREACHABLE else ():
                together += stock[store]
                if together >= need.quantity:
                    arrival = max(at, before)
                    break
            full = [s for s, units in stock.items() if units >= need.quantity and shelves.may(need.item, s, incident)]
            along = np.isin(home, full)
            able[index] &= ~lacks | along | (arrival < UNREACHABLE)
            if arrival < UNREACHABLE:
                ready[index] = np.maximum(ready[index], np.where(lacks & ~along, arrival, 0))
    return ready, able


def in_order(problem: DispatchProblem, sequences: Sequence[Sequence[int]]) -> list[Pair]:
    """The pairs that want equipment: falling severity, then report, task and team."""
    pairs = [(task, k) for k, row in enumerate(sequences) for task in row if wants(problem, task, k)]
    incidents, index = problem.incidents, problem.incident_index

    def rank(pair: Pair) -> tuple[int, int, int, int]:
        incident = incidents[index[problem.tasks[pair[0]].incident]]
        return -incident.severity, incident.reported_s, *pair

    return sorted(pairs, key=rank)


def fetch(problem: DispatchProblem, sequences: Sequence[Sequence[int]], shelves: Shelves) -> Fetched:
    """Equip every stop of these sequences, the gravest incidents first, each from where it is there soonest."""
    left = {item: dict(stock) for item, stock in shelves.stock.items()}
    loads: dict[tuple[int, int, str], Decimal] = {}  # store, task, item
    taken: list[Taken] = []
    missing: set[Pair] = set()
    spare = sent_before(problem, sequences)
    shipped: set[Pair] = set()  # pairs that wait for more than was sent before
    for task, team in in_order(problem, sequences):
        along, sent, before = [], [], dict(spare)
        for need in wants(problem, task, team):
            home = problem.teams[team].store
            store = None if home is None else problem.store_index[home]
            # who is under way, or was elsewhere at the start, does not leave from the base any more
            leaves = problem.teams[team].id not in problem.started_by
            incident = problem.incident_index[problem.tasks[task].incident]
            if store is not None and leaves and shelves.may(need.item, store, incident) and (
                left[need.item].get(store, Decimal(0)) >= need.quantity
            ):  # fmt: skip
                along.append(Taken(task, team, problem.item_index[need.item], store, need.quantity))
                left[need.item][store] -= need.quantity
                continue
            there = min(need.quantity, spare.get((task, need.item), Decimal(0)))
            if there:
                spare[task, need.item] -= there
            rest = need.quantity - there
            for _, source in shelves.soonest(need.item, incident) if rest else ():
                part = min(rest, left[need.item][source])
                if part > 0:
                    sent.append((source, need.item, part))
                    left[need.item][source] -= part
                    rest -= part
                if not rest:
                    break
            if rest:
                missing.add((task, team))
                break
        if (task, team) in missing:  # all or nothing: what it had is for the next
            for one in along:
                left[problem.items[one.item].id][one.store] += one.quantity
            for source, item, part in sent:
                left[item][source] += part
            spare = before
            continue
        taken += along
        if sent:
            shipped.add((task, team))
        for source, item, part in sent:
            loads[source, task, item] = loads.get((source, task, item), Decimal(0)) + part
    return _arrivals(problem, sequences, loads, taken, missing, shipped, shelves.lump)


def _arrivals(
    problem: DispatchProblem, sequences: Sequence[Sequence[int]], amounts: dict[tuple[int, int, str], Decimal],
    taken: list[Taken], missing: set[Pair], shipped: set[Pair], lump: dict[str, Decimal],
) -> Fetched:  # fmt: skip
    """When what is shipped is there; a task for which something comes too late is not equipped."""
    loads = tuple(
        Load(
            store=store, incident=problem.incident_index[problem.tasks[task].incident],
            item=problem.item_index[item], quantity=quantity, lump=lump[item], weight=0.0, task=task,
        )
        for (store, task, item), quantity in amounts.items()
    )  # fmt: skip
    there: dict[tuple[int, int], int] = {}  # task, item -> arrival of the last
    came: dict[tuple[int, int], Decimal] = {}
    for leg in legs_of(problem, loads, as_listed=True):
        assert leg.load.task is not None
        key = leg.load.task, leg.load.item
        there[key] = max(there.get(key, 0), leg.arrive_s)
        came[key] = came.get(key, Decimal(0)) + leg.quantity
    sent: dict[tuple[int, int], Decimal] = {}
    for (_, task, item), quantity in amounts.items():
        key = task, problem.item_index[item]
        sent[key] = sent.get(key, Decimal(0)) + quantity
    late = {task for (task, item), quantity in sent.items() if came.get((task, item)) != quantity}
    along = {(one.task, one.team, one.item) for one in taken}
    ready: dict[Pair, int] = {}
    for task, team in in_order(problem, sequences):
        waits = [
            max(need.there_s or 0, there.get((task, problem.item_index[need.item]), 0))
            for need in wants(problem, task, team)
            if (task, team, problem.item_index[need.item]) not in along
        ]
        if task in late and (task, team) in shipped:
            missing.add((task, team))
        elif waits and (task, team) not in missing and task not in late:
            ready[task, team] = max(waits)
    return Fetched(ready, loads, tuple(taken), frozenset(missing))
