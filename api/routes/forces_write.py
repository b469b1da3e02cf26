"""People and what binds them: members and shifts of teams, custodians; and bins, packages and kits."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy import Connection, Select, func, select
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.reads import PROBLEMS, UnknownResource, one_of, row_model
from api.http.resources import Resource, field
from api.http.rows import body_of
from api.http.schemas import Amount, Body, Code, Instant, Text
from api.http.work import Reading, Step, Work, Writing, as_json, tagged
from api.kinds import Kind
from api.office import plain
from api.routes.forces_answers import Counted, KitOut, Members, ShiftEnded, ShiftOut
from api.routes.reach import check_persons
from api.routes.registers import TEAMS
from api.routes.registers_write import CodeTaken, Named, put_row
from api.tables import Done
from inventory.database import one_at_a_time
from inventory.files.dictionary import columns_of
from inventory.intake.forces import (
    MEMBER_ROLES,
    add_shift,
    end_shift,
    members_of,
    places_of_person,
    save_person,
    set_members,
    set_status,
)
from inventory.ledger.kits import save_kit
from inventory.tables.forces import shifts, team_members, teams
from inventory.tables.goods import items, kit_items, kits, packages
from inventory.tables.places import custodianships, people, stores

router = APIRouter(tags=["registers"], responses=PROBLEMS)
Write = Annotated[Scope, needs("registers.write")]
WritePeople = Annotated[Scope, needs("people.write")]
_P = people.c

# where somebody belongs: the first store one keeps, the first team one is in
_KEEPS = (
    select(func.min(stores.c.place_code)).join(custodianships, custodianships.c.store_id == stores.c.id)
    .where(custodianships.c.person_id == _P.id).correlate(people).scalar_subquery()
)  # fmt: skip
_SERVES = (
    select(func.min(teams.c.place_code)).join(team_members, team_members.c.team_id == teams.c.id)
    .where(team_members.c.person_id == _P.id).correlate(people).scalar_subquery()
)  # fmt: skip

PEOPLE = Resource(
    "people", "people.read", "人员", "people",
    (
        field("code", _P.code, "人员代码", "code of the person"),
        field("name", _P.name, "姓名", "name"),
        field("phone", _P.phone, "电话", "telephone"),
        field("source", _P.source, "来源：公益岗、民兵、志愿者、社工等", "public-welfare post, militia, volunteer, …"),
        field("roles", _P.roles, "角色", "roles", kind=list),
        field("keeps_in", _KEEPS, "保管库点所在区划", "division of the stores kept", kind=str),
        field("serves_in", _SERVES, "队伍所在区划", "division of the teams", kind=str),
    ),
    key=_P.code, places=(_KEEPS, _SERVES), code="code", sort="code", joined=lambda rows: rows.select_from(people),
)  # fmt: skip

SHIFTS = Resource(
    "shifts", "registers.read", "值班表", "shifts of teams",
    (
        field("id", shifts.c.id, "序号", "number"),
        field("team", teams.c.code, "队伍代码", "code of the team"),
        field("person", _P.code, "人员代码（空为全队）", "code of the person (null: the whole team)", required=False),
        field("starts", shifts.c.starts, "开始", "from"),
        field("ends", shifts.c.ends, "结束", "to"),
    ),
    key=shifts.c.id, places=(teams.c.place_code,), code="id", sort="starts",
    joined=lambda rows: rows.select_from(shifts).join(teams, teams.c.id == shifts.c.team_id).outerjoin(
        people, _P.id == shifts.c.person_id),
)  # fmt: skip

PACKAGES = Resource(
    "packages", "registers.read", "包装换算", "package conversions",
    (
        field("item", items.c.code, "物资代码", "code of the item"),
        field("package", packages.c.name, "包装名称", "name of the package"),
        field("units", packages.c.units, "每件数量", "units of the item in one package"),
    ),
    key=items.c.code + "/" + packages.c.name, places=(), sort="item,package",
    joined=lambda rows: rows.select_from(packages).join(items, items.c.id == packages.c.item_id),
)  # fmt: skip


def _kit_rows(rows: Select[Any]) -> Select[Any]:
    held = rows.select_from(kits).join(kit_items, kit_items.c.kit_code == kits.c.code)
    return held.join(items, items.c.id == kit_items.c.item_id)


KITS = Resource(
    "kits", "registers.read", "成套物资（每行一种物资）", "kits, a row for each item",
    (
        field("kit", kits.c.code, "成套编号", "code of the kit"),
        field("name", kits.c.name, "名称", "name"),
        field("name_en", kits.c.name_en, "英文名", "English name"),
        field("item", items.c.code, "物资代码", "code of the item"),
        field("quantity", kit_items.c.quantity, "每套数量", "units in one kit"),
    ),
    key=kits.c.code + "/" + items.c.code, places=(), sort="kit,item", joined=_kit_rows,
)  # fmt: skip

ALL = (PEOPLE, SHIFTS, PACKAGES, KITS)


class PersonIn(Body):
    code: Code
    name: Text | None = None
    phone: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    source: Code | None = None
    roles: list[Code] = Field([], max_length=20)


class PersonEdit(Body):
    name: Text | None = None
    phone: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    source: Code | None = None
    roles: list[Code] | None = Field(None, max_length=20)


class MemberIn(Body):
    person: Code
    role: Literal[MEMBER_ROLES] = "member"  # type: ignore[valid-type]


class MembersIn(Body):
    members: list[MemberIn] = Field(max_length=1000)


class Readiness(Body):
    status: Literal["ready", "out", "resting"] = Field(
        description="ready 待命、out 不能出动、resting 休整；只有待命的编入方案 / plans send those that are ready"
    )


class ShiftIn(Body):
    starts: Instant
    ends: Instant
    person: Code | None = Field(None, description="空为全队 / null: the whole team")


class ContentIn(Body):
    item: Code
    quantity: Amount


class KitIn(Body):
    name: Text
    name_en: Text | None = None
    content: list[ContentIn] = Field(min_length=1, max_length=1000)


def _person(connection: Connection, code: str) -> dict[str, Any]:
    return one_of(connection, PEOPLE, Scope("people.read", True, ()), code)


@router.post("/people", status_code=201, summary="新建人员 / add a person", response_model=row_model(PEOPLE))
def adds_person(given: PersonIn, scope: WritePeople, work: Writing) -> Response:
    """编入队伍或担任库点责任人后，才在所属区划可见 / is seen in a division once in a team there or keeping a store."""

    def inside(one: Step) -> dict[str, Any]:
        one_at_a_time(one.connection, "import")
        if one.connection.execute(select(_P.id).where(_P.code == given.code)).first() is not None:
            raise CodeTaken(resource="people", code=given.code)
        save_person(one.connection, code=given.code, facts=given.model_dump(exclude={"code"}))
        after = _person(one.connection, given.code)
        one.record("people.add", "people", given.code, after=after)
        return after

    return work.once(inside, asked=given)


@router.patch("/people/{code}", summary="修改人员 / edit a person", response_model=row_model(PEOPLE))
def edits_person(code: Named, given: PersonEdit, scope: WritePeople, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        one_at_a_time(one.connection, "import")
        before = one_of(one.connection, PEOPLE, work.caller.scope("people.read"), code)
        for place in sorted(places_of_person(one.connection, code), key=str):
            scope.check(place)
        work.matched(before)
        facts = given.model_dump(exclude_unset=True)
        if facts.get("roles", []) is None:
            facts["roles"] = []
        save_person(one.connection, code=code, facts=facts)
        after = _person(one.connection, code)
        one.record("people.edit", "people", code, before=before, after=after)
        return after

    return work.once(inside, asked=given.model_dump(exclude_unset=True), status=200)


def _team(work: Work, one: Step, scope: Scope, team: str) -> dict[str, Any]:
    """Its row, to be changed. Raises UnknownResource for what the caller does not see, OutsideScope for what is not
    to be changed."""
    row = one_of(one.connection, TEAMS, work.caller.scope("registers.read"), team)
    scope.check(row["place"])
    return row


@router.put("/teams/{code}/members", summary="编定队员 / who is in a team", response_model=Members)
def binds(code: Named, given: MembersIn, scope: WritePeople, work: Writing) -> Response:
    """整份名单替换原名单 / the whole list, instead of the one there was."""

    def inside(one: Step) -> dict[str, Any]:
        place = _team(work, one, scope, code)["place"]
        before = members_of(one.connection, code)
        check_persons(one.connection, scope, (member.person for member in given.members))
        set_members(one.connection, team=code, members=[(member.person, member.role) for member in given.members])
        after = members_of(one.connection, code)
        one.record("teams.members", "teams", code, place=place, before=before, after=after)
        return {"team": code, "members": after}

    return work.once(inside, asked=given, status=200)


@router.put("/teams/{code}/readiness", summary="能否出动 / whether a team can go", response_model=row_model(TEAMS))
def readies(
    code: Named, given: Readiness, scope: Annotated[Scope, needs("orders.manage")], work: Writing
) -> Response:  # fmt: skip
    """由调度员改；以后编制的方案照此 / by a dispatcher; plans made from then on reckon with it."""

    def inside(one: Step) -> dict[str, Any]:
        before = _team(work, one, scope, code)
        set_status(one.connection, table="teams", code=code, status=given.status)
        after = {**before, "status": given.status}
        one.record("teams.readiness", "teams", code, place=before["place"], before=before, after=after)
        return after

    return work.once(inside, asked=given, status=200)


@router.post("/teams/{code}/shifts", status_code=201, summary="排班 / put a team on duty", response_model=ShiftOut)
def puts_on_duty(code: Named, given: ShiftIn, scope: Write, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        place = _team(work, one, scope, code)["place"]
        number = add_shift(one.connection, team=code, **given.model_dump())
        after = {"id": number, "team": code, **given.model_dump(mode="json")}
        one.record("shifts.add", "shifts", number, place=place, after=after)
        return after

    return work.once(inside, asked=given)


@router.delete(
    "/teams/{code}/shifts/{number}", summary="取消排班 / take a shift off the list", response_model=ShiftEnded
)
def takes_off(
    code: Named, number: Annotated[int, Path(ge=1, le=2**62)], scope: Write, work: Writing
) -> Response:  # fmt: skip
    def inside(one: Step) -> dict[str, Any]:
        place = _team(work, one, scope, code)["place"]
        end_shift(one.connection, team=code, shift=number)
        one.record("shifts.remove", "shifts", number, place=place, before={"team": code})
        return {"id": number, "team": code}

    return work.once(inside, asked=None, status=200)


def _counted(done: Done) -> dict[str, int]:
    return {"added": done.added, "changed": done.changed, "same": done.same}


def _add(kind: Kind, permission: str, zh: str, en: str) -> None:
    called = {column.name: column.name for column in columns_of(kind)}
    body = body_of(f"{kind.capitalize()}In", kind, called, edit=False)

    def puts(given: Any, scope: Any, work: Any) -> Response:
        def inside(one: Step) -> dict[str, int]:
            row = given.model_dump()
            done = _counted(put_row(one, scope, kind, row))
            code = "/".join(str(row[column.name]) for column in columns_of(kind) if column.key and row[column.name])
            one.record(f"{kind}.put", kind, code, after=given.model_dump(mode="json"))
            return done

        return work.once(inside, asked=given)

    puts.__annotations__ |= {"given": body, "scope": Annotated[Scope, needs(permission)], "work": Writing}
    router.post(f"/{kind}", status_code=201, summary=f"登记{zh} / {en}", operation_id=f"put_{kind}",
                response_model=Counted)(puts)  # fmt: skip


_add(Kind.bins, "registers.write", "货位", "add a bin, or change it")
_add(Kind.packages, "registers.write", "包装换算", "add a package conversion, or change it")
_add(Kind.custodians, "people.write", "库点责任人任期", "add a term of a custodian, or end it")


def kit_view(connection: Connection, code: str) -> dict[str, Any] | None:
    head = connection.execute(select(kits).where(kits.c.code == code)).first()
    if head is None:
        return None
    rows = connection.execute(
        select(items.c.code, kit_items.c.quantity).join(items, items.c.id == kit_items.c.item_id)
        .where(kit_items.c.kit_code == code).order_by(items.c.code)
    )  # fmt: skip
    content = [{"item": item, "quantity": plain(quantity)} for item, quantity in rows]
    return {"code": head.code, "name": head.name, "name_en": head.name_en, "content": content}


@router.get("/kits/{code}", summary="一种成套物资 / one kit", response_model=KitOut)
def kit(code: Named, scope: Annotated[Scope, needs("registers.read")], connection: Reading) -> Response:
    found = kit_view(connection, code)
    if found is None:
        raise UnknownResource(resource="kits", code=code)
    return tagged(as_json(found))


@router.put("/kits/{code}", summary="新建或修改成套物资 / add a kit, or change it", response_model=KitOut)
def puts_kit(code: Named, given: KitIn, scope: Write, work: Writing) -> Response:
    """已有的须带 If-Match / one that is there needs If-Match."""

    def inside(one: Step) -> dict[str, Any] | None:
        scope.check(None)
        one_at_a_time(one.connection, "import")
        before = kit_view(one.connection, code)
        if before is not None:
            work.matched(before)
        content = {line.item: line.quantity for line in given.content}
        save_kit(one.connection, kit=code, name=given.name, name_en=given.name_en, content=content)
        after = kit_view(one.connection, code)
        one.record("kits.put", "kits", code, before=before, after=after)
        return after

    return work.once(inside, asked=given, status=200)
