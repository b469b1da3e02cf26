"""The database as a World, and a World into the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, update

from inventory.files import Table
from inventory.intake.care import import_custodians, import_maintenance
from inventory.intake.registers import Imported, import_places, import_stores, import_teams, import_vehicles
from inventory.intake.stock import import_stock
from inventory.ledger.post import Act
from inventory.ledger.rules import COUNTY_DIGITS, counties_with_rules, rule_book
from inventory.snapshot import snapshot, stock_table
from inventory.tables.forces import teams
from inventory.tables.places import stores
from optimizer.errors import OptimizerError
from optimizer.network.graph import RoadNetwork
from scenarios.deliveries import Departed, departed, plan_reference
from scenarios.directives import directives_of
from scenarios.exercise import EXERCISE, without_what_is_out
from scenarios.incidents import (
    closures_of,
    exact,
    find_situation,
    import_demands,
    import_incidents,
    import_tasks,
    incident_tables,
    save_closures,
    save_situation,
    unplaced,
)
from scenarios.progress import Standing, standing
from scenarios.tables import LIVE, plans
from scenarios.world import World, table_of

ZERO = Decimal(0)


class NotEmpty(OptimizerError):
    """A scenario for a database that already has stores of its own. Facts: stores."""


class UnknownTeam(OptimizerError):
    """No team of that code. Facts: team."""


@dataclass(frozen=True)
class Afoot:
    """What is going on in a situation: all a plan rests on but stock and roads."""

    head: Any  # the row of the situation
    stores: Table
    forces: Table  # every team
    teams: Table  # those that are ready
    vehicles: Table
    incidents: Table
    tasks: Table
    demands: Table
    closures: tuple[Mapping[str, Any], ...]
    pins: tuple[Mapping[str, str], ...]
    bans: tuple[Mapping[str, str], ...]
    standing: Standing
    gone: Departed
    plan: int | None  # the number of the one in force
    unplaced: tuple[str, ...]  # incidents that are not among the others, for want of a place


def afoot(connection: Connection, *, situation: str = LIVE, place: str | None = None) -> Afoot:
    """Raises UnknownSituation."""
    head = find_situation(connection, situation)
    forces = snapshot(connection, "teams", place=place)
    ready = set(connection.execute(select(teams.c.code).where(teams.c.status == "ready")).scalars())
    if head.kind == EXERCISE:  # which often plays at another time: only what it sent out itself is away
        ready = set(forces["id"])
    happening = incident_tables(connection, situation, placed=True)
    held = snapshot(connection, "stores", place=place)
    pins, bans = directives_of(
        connection, situation, tasks=set(happening["tasks"]["id"]), teams=ready & set(forces["id"]),
        incidents=set(happening["incidents"]["id"]), stores=set(held["id"]),
    )  # fmt: skip
    gone = departed(connection, situation)
    going = with_taken([row for row in forces.rows() if row["id"] in ready], gone, happening["tasks"]["id"])
    return Afoot(
        head=head,
        stores=held,
        forces=forces,
        teams=table_of("teams", {name: [row[name] for row in going] for name in forces.columns}),
        vehicles=snapshot(connection, "vehicles", place=place),
        incidents=happening["incidents"],
        tasks=happening["tasks"],
        demands=happening["demands"],
        closures=closures_of(connection, situation),
        pins=pins,
        bans=bans,
        standing=standing(connection, situation),
        gone=gone,
        plan=connection.execute(
            select(plans.c.id).where(plans.c.situation_code == situation, plans.c.status == "committed")
        ).scalar(),
        unplaced=unplaced(connection, situation),
    )


def live_world(
    connection: Connection, *, as_of: datetime, network: RoadNetwork, situation: str = LIVE, place: str | None = None
) -> World:
    """The World of a situation as it stands at `as_of`: units reserved for others are not in its stock, those
    reserved for its own running plan are; only teams that are ready. What has left under its plans lessens the needs
    and the equipment it left for. An exercise finds the real stock less what it has sent out itself, and every team.
    Raises UnknownSituation."""
    now = afoot(connection, situation=situation, place=place)
    return World(
        title_zh=now.head.title_zh,
        title_en=now.head.title_en,
        as_of=as_of,
        places=snapshot(connection, "places"),
        stores=now.stores,
        stock=_stock(connection, now.head, as_of=as_of, place=place),
        custodians=snapshot(connection, "custodians", place=place),
        maintenance=snapshot(connection, "maintenance", place=place),
        teams=now.teams,
        vehicles=now.vehicles,
        incidents=now.incidents,
        tasks=now.tasks,
        demands=now.demands,
        network=network,
        roads={"file": now.head.roads or "roads", "crs": now.head.roads_crs or "WGS-84"},
        closures=now.closures,
        parameters=exact(now.head.parameters),
        pins=now.pins,
        bans=now.bans,
        book=rule_book(connection, county=place),
        county_books={
            county[:COUNTY_DIGITS]: rule_book(connection, county=county)
            for county in sorted(counties_with_rules(connection))
        },
        delivered=now.gone.demands,
        equipped=sent_before(now.gone, now.standing, now.forces.rows(), now.tasks),
        standing=now.standing,
        unplaced=now.unplaced,
    )


def _stock(connection: Connection, head: Any, *, as_of: datetime, place: str | None) -> Table:
    if head.kind == EXERCISE:  # nothing real is reserved for it
        return without_what_is_out(connection, head.code, stock_table(connection, place, spare_at=as_of))
    return stock_table(connection, place, spare_at=as_of, mine=plan_reference(head.code))


def with_taken(going: Iterable[dict[str, Any]], gone: Departed, open_tasks: Iterable[str]) -> list[dict[str, Any]]:
    """Rows of teams.csv with what each has taken along for a task that is still open among what it carries."""
    still = set(open_tasks)
    took: dict[str, set[str]] = {}
    for team, task, item in gone.along:
        if task in still:
            took.setdefault(team, set()).add(item)
    return [
        {**row, "carries": tuple(sorted({*(row["carries"] or ()), *took[row["id"]]}))} if row["id"] in took else row
        for row in going
    ]


def sent_before(
    gone: Departed, how_far: Standing, teams: Iterable[Mapping[str, Any]], tasks: Table
) -> dict[tuple[str, str], tuple[Decimal, datetime]]:
    """(task, item) -> units that were shipped for an open task, less what those have that are at work there or done,
    and when all of it is there (E2). Who has its own, or took it along, has none of these."""
    own = {(row["id"], item) for row in teams for item in row["carries"] or ()}
    at_work = how_far.done | {(one.team, one.task) for one in how_far.newest.values() if one.state == "on_scene"}
    found = {}
    for row in tasks.rows():
        for item, quantity in row["equipment"] or ():
            units, task = gone.equipment.get((row["id"], item), ZERO), row["id"]
            used = sum(
                (team, item) not in own and (team, task, item) not in gone.along
                for team, other in at_work if other == task
            )  # fmt: skip
            if units:
                found[task, item] = max(ZERO, units - used * quantity), gone.arrives[task, item]
    return found


def set_team_status(connection: Connection, team: str, status: str) -> bool:
    """A team is ready, out, resting or disbanded; only ready ones are planned with. Whether that changes anything.
    Raises UnknownTeam."""
    before = connection.execute(select(teams.c.status).where(teams.c.code == team)).scalar()
    if before is None:
        raise UnknownTeam(team=team)
    connection.execute(update(teams).where(teams.c.code == team).values(status=status))
    return str(before) != status


def load_world(
    connection: Connection, world: World, *, act: Act, roads: str | None, situation: str = LIVE, add: bool = False
) -> tuple[Imported, ...]:
    """A World into the database, as the situation `situation`; `roads`: where its road network was put.

    An exercise in a database that has stores brings only what happens: it takes place on the stock and with the teams
    that are there. In an empty database it brings them, too. Raises NotEmpty for the live situation where stores are
    there already and `add` is not given; BadTable as every import does.
    """
    held = len(connection.execute(select(stores.c.id).limit(1)).all())
    drill = situation != LIVE
    if held and not (add or drill):
        raise NotEmpty(stores=held)
    done: list[Imported] = []
    if not (held and drill):
        done += [
            import_places(connection, world.places),
            import_stores(connection, world.stores),
            import_stock(connection, world.stock, act=act),
            import_custodians(connection, world.custodians),
            import_maintenance(connection, world.maintenance, act=act),
            import_teams(connection, world.teams),
            import_vehicles(connection, world.vehicles),
        ]
    save_situation(
        connection,
        situation,
        title_zh=world.title_zh,
        title_en=world.title_en,
        as_of=world.as_of,
        roads=roads,
        roads_crs="WGS-84",
        parameters=world.parameters,
        kind=EXERCISE if drill else LIVE,
    )
    done += [
        import_incidents(connection, world.incidents, situation=situation),
        import_tasks(connection, world.tasks, situation=situation),
        import_demands(connection, world.demands, situation=situation),
    ]
    save_closures(connection, world.closures, situation=situation)
    return tuple(done)
