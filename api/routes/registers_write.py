"""Registers are kept up: places, stores, bins, items, kits, packages, teams, vehicles, people, custodians.

What a body may hold is the data dictionary, and what is taken is what an import of the same row would take.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.reads import PROBLEMS, UnknownResource, described, one_of, row_model
from api.http.resources import Resource
from api.http.rows import body_of
from api.http.work import Step, Work, Writing
from api.intake import storable
from api.kinds import Kind
from api.routes.reach import check_persons
from api.routes.registers import ITEMS, PLACES, STORES, TEAMS, VEHICLES
from api.tables import Done, Frame, bring_in
from api.uploaded import places_touched
from inventory.database import one_at_a_time
from inventory.errors import BadTable, InventoryError
from inventory.files.dictionary import columns_of
from inventory.intake.forces import set_status
from inventory.intake.rows import checked_rows, only_row
from inventory.snapshot import snapshot
from inventory.tables.forces import TEAM_STATES, VEHICLE_STATES

router = APIRouter(tags=["registers"], responses=PROBLEMS)
Named = Annotated[str, Path(min_length=1, max_length=64)]


class CodeTaken(InventoryError):
    """Something of that code is there already. Facts: resource, code."""


@dataclass(frozen=True)
class Register:
    """`kind` and `key`: its table in the data dictionary; `renamed`: columns that callers know by another name."""

    resource: Resource
    kind: Kind
    key: str
    zh: str
    en: str
    states: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    def called(self, column: str) -> str:
        return "code" if column == self.key else dict(self.renamed).get(column, column)


REGISTERS = (
    Register(PLACES, Kind.places, "code", "行政区划", "a division", renamed=(("parent_code", "parent"),)),
    Register(STORES, Kind.stores, "id", "库点", "a store"),
    Register(ITEMS, Kind.items, "item_id", "物资", "an item"),
    Register(TEAMS, Kind.teams, "id", "队伍", "a team", TEAM_STATES),
    Register(VEHICLES, Kind.vehicles, "id", "车辆", "a vehicle", VEHICLE_STATES),
)


def put_row(one: Step, scope: Scope, kind: Kind, row: Mapping[str, Any]) -> Done:
    """One row, as an import would. Raises OutsideScope for a division it touches, BadTable with all its faults."""
    table, faults = checked_rows(kind, [row])
    faults += storable(table)
    if faults:
        raise only_row(kind, faults)
    frame = Frame(act=one.act("STATEMENT"))
    for place in sorted(places_touched(one.connection, table, frame), key=str):
        scope.check(place)
    one_at_a_time(one.connection, "import")
    if kind == Kind.custodians:
        check_persons(one.connection, scope, table["person"])
    try:
        return bring_in(one.connection, table, frame)
    except BadTable as refused:
        if refused.source != kind:
            raise
        raise only_row(kind, refused.faults) from refused


def shown(one: Step, register: Register, code: str) -> dict[str, Any]:
    """As GET shows it, so that its ETag is the one to edit by."""
    return one_of(one.connection, register.resource, Scope("registers.read", True, ()), code)


def _place(row: Mapping[str, Any], register: Register) -> str | None:
    return row.get("code" if register.kind == Kind.places else "place")


def adds(register: Register, given: Any, scope: Scope, work: Work) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        values = given.model_dump()
        status = values.pop("status", None)
        code, name = values["code"], register.resource.name
        one_at_a_time(one.connection, "import")
        try:
            shown(one, register, code)
        except UnknownResource:
            pass
        else:
            raise CodeTaken(resource=name, code=code)
        put_row(one, scope, register.kind, _columns(register, values))
        if status is not None:
            set_status(one.connection, table=name, code=code, status=status)
        after = shown(one, register, code)
        one.record(f"{name}.add", name, code, place=_place(after, register), after=after)
        return after

    return work.once(inside, asked=given)


def _columns(register: Register, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        column.name: values[register.called(column.name)]
        for column in columns_of(register.kind)
        if register.called(column.name) in values
    }


def edits(register: Register, code: str, given: Any, scope: Scope, work: Work) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        name = register.resource.name
        one_at_a_time(one.connection, "import")
        before = one_of(one.connection, register.resource, work.caller.scope("registers.read"), code)
        work.matched(before)
        values = given.model_dump(exclude_unset=True)
        status = values.pop("status", None)
        there = (row for row in snapshot(one.connection, register.kind).rows() if row[register.key] == code)
        row = next(there, None)
        if row is None and values:  # disbanded, retired: first it has to be back
            raise UnknownResource(resource=name, code=code)
        if row is not None:
            put_row(one, scope, register.kind, {**row, **_columns(register, values)})
        else:
            scope.check(_place(before, register))
        if status is not None:
            set_status(one.connection, table=name, code=code, status=status)
        after = shown(one, register, code)
        one.record(f"{name}.edit", name, code, place=_place(after, register), before=before, after=after)
        return after

    return work.once(inside, asked=given.model_dump(exclude_unset=True), status=200)


def _add(register: Register) -> None:
    name, single = register.resource.name, register.resource.name.capitalize()
    called = {column.name: register.called(column.name) for column in columns_of(register.kind)}
    made = body_of(f"{single}In", register.kind, called, edit=False, states=register.states)
    changed = body_of(f"{single}Edit", register.kind, called, edit=True, states=register.states,
                      without=(register.key,))  # fmt: skip
    model: type[BaseModel] = row_model(register.resource)

    def add(given: Any, scope: Any, work: Any) -> Response:
        return adds(register, given, scope, work)

    def edit(code: Named, given: Any, scope: Any, work: Any) -> Response:
        return edits(register, code, given, scope, work)

    needed = Annotated[Scope, needs("registers.write")]
    add.__annotations__ |= {"given": made, "scope": needed, "work": Writing}
    edit.__annotations__ |= {"given": changed, "scope": needed, "work": Writing}
    router.post(f"/{name}", status_code=201, summary=described(f"新建{register.zh}", f"add {register.en}"),
                operation_id=f"add_{name}", response_model=model)(add)  # fmt: skip
    router.patch(f"/{name}/{{code}}", summary=described(f"修改{register.zh}", f"edit {register.en}"),
                 operation_id=f"edit_{name}", response_model=model)(edit)  # fmt: skip


for _register in REGISTERS:
    _add(_register)
