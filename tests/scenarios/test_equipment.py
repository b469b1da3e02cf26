"""Equipment of tasks from the World's files through the database to the problem, and back as what has left for it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from inventory.database import reading, transaction
from inventory.errors import BadTable
from inventory.ledger.issue import issue
from inventory.ledger.post import Act
from inventory.ledger.reserve import issue_reserved
from inventory.snapshot import snapshot
from optimizer.dispatch.plan import Plan
from scenarios.build import five_fixed, problem_document
from scenarios.commit import commit_plan
from scenarios.deliveries import Departed, departed, plan_reference
from scenarios.exchange.problem import parse_problem
from scenarios.incidents import close_incident, import_tasks, incident_tables
from scenarios.live import live_world, load_world, sent_before
from scenarios.progress import Report, Standing
from scenarios.tables import LIVE, shipments
from scenarios.world import World, table_of
from scenarios.world_files import read_world, write_world

MakeAct = Callable[..., Act]
BOAT, JACKET = "M040", "M037"


def with_columns(world: World, name: str, **columns: list[Any]) -> World:
    table = world.table(name)
    return replace(world, **{name: replace(table, columns={**table.columns, **columns})})


@pytest.fixture(scope="session")
def equipped(panshi: World) -> World:
    """Panshi where one task needs a boat and six life jackets for each of its teams, which begin together."""

    def column(name: str, **cells: Any) -> list[Any]:
        return [cells.get(id.replace("-", "_")) for id in panshi.table(name)["id"]]

    first, second = panshi.teams["id"][:2]
    vehicle = panshi.vehicles["id"][0]
    world = with_columns(
        panshi, "tasks",
        equipment=column("tasks", I001_2=((BOAT, Decimal(1)), (JACKET, Decimal(6)))),
        synchronised=column("tasks", I001_2=True, I001_3=False),
    )  # fmt: skip
    world = with_columns(
        world, "teams",
        carries=column("teams", **{first: (BOAT, JACKET)}), store=column("teams", **{second: "SC0001"}),
    )  # fmt: skip
    later = {vehicle.replace("-", "_"): panshi.as_of + timedelta(minutes=10)}
    return with_columns(world, "vehicles", available_from=column("vehicles", **later))


@pytest.fixture
def office(engine: Engine, equipped: World, act: MakeAct) -> Engine:
    with transaction(engine) as connection:
        load_world(connection, equipped, act=act("OPENING"), roads="roads/live")
    return engine


@pytest.fixture
def seen(office: Engine, equipped: World) -> Callable[..., World]:
    def see(**how: Any) -> World:
        with reading(office) as connection:
            return live_world(connection, as_of=equipped.as_of, network=equipped.network, **how)

    return see


def task_of(world: World, id: str = "I001-2") -> Mapping[str, Any]:
    (incident,) = problem_document(world)["incidents"]
    found: Mapping[str, Any] = next(task for task in incident["tasks"] if task["id"] == id)
    return found


def test_a_problem_says_what_tasks_need_and_teams_have(equipped: World) -> None:
    document = problem_document(equipped)
    parse_problem(document, source="world")
    assert task_of(equipped)["equipment"] == [{"item": BOAT, "quantity": 1}, {"item": JACKET, "quantity": 6}]
    assert task_of(equipped)["synchronised"]
    assert "equipment" not in task_of(equipped, "I001-1")
    first, second = document["teams"][:2]
    assert (first["carries"], second["store"]) == ([BOAT, JACKET], "SC0001")
    assert document["vehicles"][0]["available_from"] == (equipped.as_of + timedelta(minutes=10)).isoformat()


def test_a_world_without_equipment_is_the_problem_it_was(panshi: World) -> None:
    words = {"equipment", "synchronised", "carries", "store", "available_from"}
    document = problem_document(panshi)
    for row in (*document["incidents"][0]["tasks"], *document["teams"]):
        assert not words & set(row)
    assert "available_from" not in document["vehicles"][0]


def test_the_folder_of_a_world_reads_back(equipped: World, tmp_path: Path, problem_sha: Callable[[World], str]) -> None:
    write_world(equipped, tmp_path)
    back = read_world(tmp_path)
    assert problem_sha(back) == problem_sha(equipped)
    assert all(back.table(name).columns == equipped.table(name).columns for name in ("tasks", "teams", "vehicles"))


def test_the_database_gives_back_the_same_problem(
    seen: Callable[..., World], equipped: World, problem_sha: Callable[[World], str], office: Engine
) -> None:
    assert problem_sha(seen()) == problem_sha(equipped)
    with reading(office) as connection:  # and the same files
        assert list(incident_tables(connection)["tasks"].rows()) == list(equipped.tasks.rows())
        held = {row["id"]: row for row in snapshot(connection, "teams").rows()}
    for row in equipped.teams.rows():
        assert (held[row["id"]]["carries"], held[row["id"]]["store"]) == (row["carries"], row["store"])


def test_a_team_whose_store_is_not_in_the_part_planned_for_has_none(
    seen: Callable[..., World], equipped: World
) -> None:
    town = next(place for id, place, store in zip(equipped.teams["id"], equipped.teams["place"],
                                                  equipped.teams["store"], strict=True) if store)  # fmt: skip
    part = seen(place=town)
    assert "SC0001" not in part.stores["id"]
    document = problem_document(part)
    assert document["teams"]
    assert not any("store" in row for row in document["teams"])


def test_every_unknown_item_of_a_task_is_told(office: Engine) -> None:
    row = {"id": "K", "incident": "I001", "capability": "medical", "teams_needed": 1, "service_s": 60}
    equipment = tuple((item, Decimal(1)) for item in ("X1", BOAT, "X2"))
    table = table_of("tasks", {name: [value] for name, value in (row | {"equipment": equipment}).items()})
    with pytest.raises(BadTable) as refused, transaction(office) as connection:
        import_tasks(connection, table)
    assert [found.facts["value"] for found in refused.value.faults] == ["X1", "X2"]


@pytest.fixture
def lot(seen: Callable[..., World]) -> tuple[str, str, str]:
    """A lot of life jackets of which at least twenty may leave."""
    return next((one.store, one.item, one.lot) for one in five_fixed(seen()).lots
                if one.item == JACKET and one.dispatchable >= 20)  # fmt: skip


@pytest.fixture
def send(office: Engine, equipped: World, act: MakeAct) -> Callable[[Plan], None]:
    """The plan is put in force, and all that is kept for it leaves."""

    def leave(plan: Plan) -> None:
        with transaction(office) as connection:
            commit_plan(connection, plan, act=act(), as_of=equipped.as_of)
        with transaction(office) as connection:
            issue_reserved(connection, reference=plan_reference(LIVE), act=act(at=equipped.as_of))

    return leave


def as_equipment(plan: Plan, **more: Any) -> Plan:
    """Its last shipment is for the task."""
    *others, last = plan.shipments
    return replace(plan, shipments=(*others, replace(last, task="I001-2", **more)))


def test_what_leaves_as_equipment_lessens_no_need_but_what_its_task_waits_for(
    office: Engine, seen: Callable[..., World], lot: tuple[str, str, str], plan_of: Callable[..., Plan],
    send: Callable[[Plan], None],
) -> None:  # fmt: skip
    as_of, plan = seen().as_of, as_equipment(plan_of({lot: 8}))
    send(plan)
    with reading(office) as connection:
        gone = departed(connection)
        assert connection.execute(select(shipments.c.task, shipments.c.team)).all() == [("I001-2", None)]
    assert (gone.demands, gone.equipment) == ({}, {("I001-2", JACKET): 8})
    (incident,) = problem_document(seen())["incidents"]
    assert "demands" not in incident  # still to be estimated, as before anything left
    there = (as_of + timedelta(seconds=plan.shipments[-1].arrive_s)).isoformat()
    # of 2 × 6 there are 8 on their way
    assert task_of(seen())["equipment"] == [
        {"item": BOAT, "quantity": 1}, {"item": JACKET, "quantity": 6, "sent": 8, "there_at": there}
    ]  # fmt: skip


def test_what_a_team_took_along_is_its_own_while_the_task_is_open(
    office: Engine, seen: Callable[..., World], lot: tuple[str, str, str], plan_of: Callable[..., Plan],
    send: Callable[[Plan], None], equipped: World,
) -> None:  # fmt: skip
    first, second = equipped.teams["id"][:2]
    send(as_equipment(plan_of({lot: 6}), team=second))
    with reading(office) as connection:
        gone = departed(connection)
    assert (gone.demands, gone.equipment, gone.along) == ({}, {}, {(second, "I001-2", JACKET)})
    carries = {row["id"]: row.get("carries") for row in problem_document(seen())["teams"]}
    assert carries.pop(first) == [BOAT, JACKET]
    assert carries.pop(second) == [JACKET]
    assert set(carries.values()) == {None}
    assert task_of(seen())["equipment"][1] == {"item": JACKET, "quantity": 6}  # who comes instead has none
    with transaction(office) as connection:
        close_incident(connection, "I001")
    assert "carries" not in problem_document(seen())["teams"][1]


def test_a_part_of_what_a_team_was_to_take_is_there_for_all(
    office: Engine, lot: tuple[str, str, str], plan_of: Callable[..., Plan], equipped: World, act: MakeAct
) -> None:
    store, item, number = lot
    with transaction(office) as connection:
        plan = as_equipment(plan_of({lot: 6}), team=equipped.teams["id"][1])
        commit_plan(connection, plan, act=act(), as_of=equipped.as_of)
    with transaction(office) as connection:
        how = act("RESCUE", at=equipped.as_of, reference=plan_reference(LIVE))
        issue(connection, store=store, item=item, quantity=Decimal(2), lot=number, act=how)
    with reading(office) as connection:
        gone = departed(connection)
    assert (gone.equipment, gone.along) == ({("I001-2", JACKET): 2}, frozenset())


def test_what_was_sent_for_a_task_is_counted_for_all_its_teams_until_it_is_there_for_all(equipped: World) -> None:
    now = equipped.as_of
    for units, there, told in (
        (0, now, {}),
        (7, now, {"sent": 7}),
        (12, now, None),  # two teams, six each: nothing is left to wait for
        (12, now + timedelta(seconds=60), {"sent": 12, "there_at": (now + timedelta(seconds=60)).isoformat()}),
    ):
        found = {("I001-2", JACKET): (Decimal(units), there)}
        rows = {row["item"]: row for row in task_of(replace(equipped, equipped=found))["equipment"]}
        assert rows.get(JACKET) == (None if told is None else {"item": JACKET, "quantity": 6} | told)


def test_who_works_there_has_its_units_unless_it_has_its_own(equipped: World) -> None:
    first, second, third = equipped.teams["id"][:3]  # the first carries jackets
    at = equipped.as_of
    key = ("I001-2", JACKET)
    gone = Departed({}, {key: Decimal(8), ("I999-1", JACKET): Decimal(3)}, {key: at, ("I999-1", JACKET): at},
                    frozenset({(second, "I001-2", JACKET)}))  # fmt: skip

    def report(team: str, state: str) -> Report:
        return Report(team, "I001", "I001-2", state, at, None, None, None)

    for there, units in ((first, 8), (second, 8), (third, 2)):
        newest = {there: report(there, "on_scene")}
        found = sent_before(gone, Standing(newest, frozenset()), equipped.teams.rows(), equipped.tasks)
        assert found == {key: (units, at)}
        newest, done = {there: report(there, "done")}, frozenset({(there, "I001-2")})
        assert sent_before(gone, Standing(newest, done), equipped.teams.rows(), equipped.tasks) == found
    newest = {third: report(third, "en_route")}  # the solver counts for those on their way (E2)
    found = sent_before(gone, Standing(newest, frozenset()), equipped.teams.rows(), equipped.tasks)
    assert found == {key: (8, at)}


def test_of_a_lot_that_goes_to_both_the_equipment_leaves_first(
    office: Engine, seen: Callable[..., World], lot: tuple[str, str, str], plan_of: Callable[..., Plan],
    equipped: World, act: MakeAct,
) -> None:  # fmt: skip
    one = plan_of({lot: 5})
    both = (one.shipments[0], replace(one.shipments[0], id="S2", quantity=Decimal(7), task="I001-2"))
    plan = replace(one, shipments=both)
    with transaction(office) as connection:
        assert commit_plan(connection, plan, act=act(), as_of=equipped.as_of).reserved == {lot: 12}
    with transaction(office) as connection:  # less of it is sent than was planned
        issue_reserved(connection, reference=plan_reference(LIVE), act=act(at=equipped.as_of))
    with reading(office) as connection:
        gone = departed(connection)
    assert (gone.demands, gone.equipment) == ({("I001", JACKET): 5}, {("I001-2", JACKET): 7})


def test_a_replan_that_no_longer_needs_it_lets_the_units_go(
    office: Engine, lot: tuple[str, str, str], plan_of: Callable[..., Plan], equipped: World, act: MakeAct
) -> None:
    with transaction(office) as connection:
        commit_plan(connection, as_equipment(plan_of({lot: 8})), act=act(), as_of=equipped.as_of)
    with transaction(office) as connection:
        done = commit_plan(connection, as_equipment(plan_of({lot: 3})), act=act(), as_of=equipped.as_of)
    assert done.released == {lot: 5}


def test_a_replan_does_not_bring_what_has_left_for_the_drill(engine: Engine, act: MakeAct) -> None:
    """From the scenario through the database: plan, commit, let everything leave, plan again."""
    from api.usecases import open_world, solve_loaded
    from optimizer.dispatch.check import check
    from scenarios.registry import find_scenario

    drill = find_scenario("flood-drill").build(0)
    with transaction(engine) as connection:
        load_world(connection, drill, act=act("OPENING"), roads="roads/live")

    def solve() -> Plan:
        with reading(engine) as connection:
            loaded = open_world(live_world(connection, as_of=drill.as_of, network=drill.network)).loaded
        plan = solve_loaded(loaded).plan
        assert check(loaded.problem, plan) == ()
        return plan

    first = solve()
    gear = [one for one in first.shipments if one.task is not None]
    assert {one.team is None for one in gear} == {True, False}  # some shipped, some taken along
    assert any(stop.start_s > stop.arrive_s for order in first.team_orders for stop in order.stops)
    with transaction(engine) as connection:
        commit_plan(connection, first, act=act(), as_of=drill.as_of)
    again = solve()  # what is kept for the plan is still its own to plan with
    assert sum(one.quantity for one in again.shipments if one.task) == sum(one.quantity for one in gear)
    with transaction(engine) as connection:
        issue_reserved(connection, reference=plan_reference(LIVE), act=act(at=drill.as_of))
    second = solve()
    before, after = ({(order.team, stop.task): stop.start_s for order in plan.team_orders for stop in order.stops}
                     for plan in (first, second))  # fmt: skip
    ordered = [{task: {team for team, other in stops if other == task} for _, task in stops}
               for stops in (before, after)]  # fmt: skip
    same = {task for task, names in ordered[0].items() if ordered[1].get(task) == names}
    assert len(same) > 1  # who took something along may do better elsewhere now
    assert not [row for row in second.shipments if row.task is None or row.task in same]
    assert all(after[pair] == before[pair] for pair in before if pair[1] in same)  # it is still on its way
    assert [one for one in second.unmet if one.task] == [one for one in first.unmet if one.task]
