"""Stock in, out and about: each POST makes one entry of the ledger, in one transaction."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection, select
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.reads import PROBLEMS
from api.http.schemas import Amount, AmountOrNone, Body, Code, Entry, Instant, LotCode, Text
from api.http.work import Step, Work, Writing
from api.stockroom import Taken, take_in, taken_by
from inventory.kinds import ELSEWHERE, OWNERS, STATES
from inventory.ledger import issue as out
from inventory.ledger import move as about
from inventory.ledger.choose import Override
from inventory.ledger.errors import UnknownStore
from inventory.ledger.kits import issue_kit
from inventory.ledger.post import Operation
from inventory.ledger.receive import LotFacts
from inventory.ledger.release import release
from inventory.ledger.reserve import issue_reserved, reserve
from inventory.ledger.reverse import reverse
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, reservations

router = APIRouter(prefix="/stock", tags=["stock"], responses=PROBLEMS)
Write = Annotated[Scope, needs("stock.write")]


class Done(BaseModel):
    """The entry that was made."""

    operation: int = Field(description="单据号 / number of the entry")
    taken: list[Taken] = Field([], description="从哪些批次、货位取出 / which lots, off which shelf")


class Receive(Entry):
    store: Code
    item: Code
    quantity: Amount
    reason: Literal["PURCHASE", "DONATION", "ALLOCATION", "OPENING"] = "PURCHASE"
    lot: LotCode = ""
    made: date | None = None
    expires: date | None = Field(None, description="当日仍可用 / last day of use")
    unit_price: AmountOrNone | None = Field(None, description="元 / CNY")
    owner: Literal[tuple(OWNERS)] | None = None  # type: ignore[valid-type]
    supplier: Text | None = None
    bin: Code | None = None
    package: Code | None = Field(None, description="按包装计数 / counted in packages of this name")
    serials: list[Code] = Field([], max_length=10_000, description="逐件编号 / serial numbers, one for each unit")


class Move(Entry):
    store: Code
    item: Code
    quantity: Amount
    to_bin: Code
    from_bin: Code | None = None
    lot: LotCode | None = None
    put_away: bool = Field(False, description="上架：取未上架的 / put away what has no bin yet")


class Change(Entry):
    store: Code
    item: Code
    quantity: Amount | None = Field(None, description="空为全部 / null: all")
    from_state: Literal[tuple(STATES)]  # type: ignore[valid-type]
    to_state: Literal[tuple(STATES)]  # type: ignore[valid-type]
    reason: Literal["DAMAGE", "REPAIR", "REPAIRED", "QUARANTINE", "RELEASED", "RECALL", "EXPIRY", "RETIREMENT",
                    "CORRECTION"]  # fmt: skip
    lot: LotCode | None = None
    bin: Code | None = None


class WriteOff(Entry):
    store: Code
    item: Code
    quantity: Amount
    state: Literal[(*STATES, *ELSEWHERE)]  # type: ignore[valid-type]
    reason: Literal["RETIREMENT", "LOSS", "EXPIRY", "DAMAGE"] = "RETIREMENT"
    lot: LotCode | None = None


class Lift(Body):
    person: Text = Field(description="谁负责 / who answers for it")
    reason: Text = Field(description="理由 / why")


class Issue(Entry):
    store: Code
    item: Code
    quantity: Amount
    reason: Literal["RESCUE", "RELIEF", "DRILL", "PLAN"] = "RESCUE"
    lot: LotCode | None = None
    reference: Annotated[str, Field(max_length=128)] | None = None
    override: Lift | None = Field(None, description="应急放行，须有权限 / lets blocked units go; needs stock.override")


class IssueKit(Entry):
    store: Code
    kit: Code
    count: Amount
    reason: Literal["RESCUE", "RELIEF", "DRILL", "PLAN"] = "RESCUE"
    override: Lift | None = None


class Return(Entry):
    store: Code
    item: Code
    quantity: Amount
    damaged: AmountOrNone = Field(Decimal(0), description="其中损坏的 / of these damaged")
    lot: LotCode | None = None
    bin: Code | None = None


class Lend(Entry):
    store: Code
    item: Code
    quantity: Amount
    borrower: Text
    due_back: date
    lot: LotCode | None = None


class EndLoan(Entry):
    operation: int = Field(ge=1, le=2**62, description="借出单据号 / the operation that lent them")
    damaged: bool = False


class Reserve(Entry):
    store: Code
    item: Code
    quantity: Amount
    reference: Code
    expires_at: Instant | None = None
    lot: LotCode | None = None
    reason: Literal["PLAN", "RESCUE", "RELIEF", "DRILL", "REPLENISH"] = "PLAN"


class Reference(Entry):
    reference: Annotated[str, Field(min_length=1, max_length=128)]


class IssueReserved(Reference):
    store: Code | None = None
    reason: Literal["PLAN", "RESCUE", "RELIEF", "DRILL"] = "PLAN"


class Reverse(Entry):
    operation: int = Field(ge=1, le=2**62, description="要冲销的单据号 / the entry to take back")


class Recall(Entry):
    item: Code
    lot: Annotated[str, Field(min_length=1, max_length=64)]
    store: Code | None = None


def place_of(connection: Connection, store: str) -> str | None:
    """The division of a store. Raises UnknownStore."""
    row = connection.execute(select(stores.c.place_code).where(stores.c.code == store)).first()
    if row is None:
        raise UnknownStore(store=store)
    place: str | None = row.place_code
    return place


def reach_store(connection: Connection, scope: Scope, store: str) -> str | None:
    """Raises UnknownStore, OutsideScope."""
    place = place_of(connection, store)
    scope.check(place)
    return place


def _entered(
    work: Work, scope: Scope, asked: Entry, action: str, store: str, step: Callable[[Step], Operation]
) -> Response:
    """One entry for one store, with the lots it took."""

    def inside(one: Step) -> Done:
        place = reach_store(one.connection, scope, store)
        done = step(one)
        one.record(action, "operations", done.id, place=place, after=asked.model_dump(mode="json", exclude_none=True))
        return Done(operation=done.id, taken=taken_by(one.connection, done.id))

    return work.once(inside, asked=asked)


def _override(work: Work, connection: Connection, given: Lift | None, store: str) -> Override | None:
    if given is None:
        return None
    work.caller.scope("stock.override").check(place_of(connection, store))
    return Override(person=given.person, reason=given.reason)


@router.post("/receive", status_code=201, summary="入库 / receive", response_model=Done)
def receives(given: Receive, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        lot = LotFacts(code=given.lot, owner=given.owner, made=given.made, expires=given.expires,
                       unit_price=given.unit_price, supplier=given.supplier)  # fmt: skip
        return take_in(
            one.connection, act=one.act(given.reason, **given.said()), store=given.store, item=given.item,
            quantity=given.quantity, lot=lot, bin=given.bin, package=given.package, serials=given.serials,
        )  # fmt: skip

    return _entered(work, scope, given, "stock.receive", given.store, step)


@router.post("/move", status_code=201, summary="移库、上架 / move, put away", response_model=Done)
def moves(given: Move, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        act = one.act("PUT_AWAY" if given.put_away else "REARRANGE", **given.said())
        return about.move(
            one.connection, act=act, store=given.store, item=given.item, quantity=given.quantity, to_bin=given.to_bin,
            from_bin=given.from_bin, lot=given.lot, put_away=given.put_away,
        )  # fmt: skip

    return _entered(work, scope, given, "stock.move", given.store, step)


@router.post("/state", status_code=201, summary="变更状态 / change the state", response_model=Done)
def changes(given: Change, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return about.change_state(
            one.connection, act=one.act(given.reason, **given.said()), store=given.store, item=given.item,
            quantity=given.quantity, state=given.from_state, to_state=given.to_state, lot=given.lot, bin=given.bin,
        )  # fmt: skip

    return _entered(work, scope, given, "stock.state", given.store, step)


@router.post("/write-off", status_code=201, summary="核销 / write off", response_model=Done)
def writes_off(given: WriteOff, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return about.write_off(
            one.connection, act=one.act(given.reason, **given.said()), store=given.store, item=given.item,
            quantity=given.quantity, state=given.state, lot=given.lot,
        )  # fmt: skip

    return _entered(work, scope, given, "stock.write-off", given.store, step)


@router.post("/issue", status_code=201, summary="出库 / issue", response_model=Done)
def issues(given: Issue, scope: Write, work: Writing) -> Response:
    """先过期先出；被五定拦住的不出，除非应急放行 / earliest expiry first; what is blocked stays."""

    def step(one: Step) -> Operation:
        return out.issue(
            one.connection, act=one.act(given.reason, reference=given.reference, **given.said()), store=given.store,
            item=given.item, quantity=given.quantity, lot=given.lot,
            override=_override(work, one.connection, given.override, given.store),
        )  # fmt: skip

    return _entered(work, scope, given, "stock.issue", given.store, step)


@router.post("/issue-kit", status_code=201, summary="成套出库 / issue kits", response_model=Done)
def issues_kits(given: IssueKit, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        lifted = _override(work, one.connection, given.override, given.store)
        return issue_kit(
            one.connection, act=one.act(given.reason, **given.said()), store=given.store, kit=given.kit,
            count=given.count, override=lifted,
        )  # fmt: skip

    return _entered(work, scope, given, "stock.issue-kit", given.store, step)


@router.post("/return", status_code=201, summary="归还入库 / return", response_model=Done)
def returns(given: Return, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return out.give_back(
            one.connection, act=one.act("GIVE_BACK", **given.said()), store=given.store, item=given.item,
            quantity=given.quantity, lot=given.lot, bin=given.bin, damaged=given.damaged,
        )  # fmt: skip

    return _entered(work, scope, given, "stock.return", given.store, step)


@router.post("/lend", status_code=201, summary="借出 / lend", response_model=Done)
def lends(given: Lend, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return out.lend(
            one.connection, act=one.act("LOAN", **given.said()), store=given.store, item=given.item,
            quantity=given.quantity, borrower=given.borrower, due_back=given.due_back, lot=given.lot,
        )  # fmt: skip

    return _entered(work, scope, given, "stock.lend", given.store, step)


@router.post("/reserve", status_code=201, summary="预留 / reserve", response_model=Done)
def reserves(given: Reserve, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return reserve(
            one.connection, act=one.act(given.reason, **given.said()), store=given.store, item=given.item,
            quantity=given.quantity, reference=given.reference, expires_at=given.expires_at, lot=given.lot,
        )  # fmt: skip

    return _entered(work, scope, given, "stock.reserve", given.store, step)


def _reach_all(connection: Connection, scope: Scope, lines: Any) -> str | None:
    """Every store these balances stand in must be in reach; the division of the first."""
    rows = connection.execute(
        select(stores.c.place_code).join(balances, balances.c.store_id == stores.c.id).where(balances.c.id.in_(lines))
    )
    places = sorted({row.place_code for row in rows}, key=str)
    for place in places:
        scope.check(place)
    return places[0] if places else None


def _spread(work: Work, asked: Entry, action: str, lines: Any, scope: Scope,
            step: Callable[[Step], Operation]) -> Response:  # fmt: skip
    """An entry that may touch several stores, known only from what it names."""

    def inside(one: Step) -> Done:
        place = _reach_all(one.connection, scope, lines)
        done = step(one)
        one.record(action, "operations", done.id, place=place, after=asked.model_dump(mode="json", exclude_none=True))
        return Done(operation=done.id, taken=taken_by(one.connection, done.id))

    return work.once(inside, asked=asked)


def _kept_for(reference: str) -> Any:
    return select(reservations.c.balance_id).where(reservations.c.reference == reference, reservations.c.quantity > 0)


@router.post("/release", status_code=201, summary="释放预留 / release what is kept", response_model=Done)
def releases(given: Reference, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return release(one.connection, reference=given.reference, act=one.act("CANCELLED", **given.said()))

    return _spread(work, given, "stock.release", _kept_for(given.reference), scope, step)


@router.post("/issue-reserved", status_code=201, summary="预留出库 / issue what is kept", response_model=Done)
def issues_reserved(given: IssueReserved, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return issue_reserved(
            one.connection, reference=given.reference, store=given.store, act=one.act(given.reason, **given.said())
        )

    lines = _kept_for(given.reference)
    if given.store is not None:
        of_store = select(stores.c.id).where(stores.c.code == given.store).scalar_subquery()
        lines = lines.join(balances, balances.c.id == reservations.c.balance_id).where(balances.c.store_id == of_store)
    return _spread(work, given, "stock.issue-reserved", lines, scope, step)


def _touched_by(operation: int) -> Any:
    sources = select(movements.c.from_id).where(movements.c.operation_id == operation, movements.c.from_id.is_not(None))
    targets = select(movements.c.to_id).where(movements.c.operation_id == operation, movements.c.to_id.is_not(None))
    return sources.union(targets)


@router.post("/end-loan", status_code=201, summary="借用归还 / end a loan", response_model=Done)
def ends_loan(given: EndLoan, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return out.end_loan(
            one.connection, operation=given.operation, damaged=given.damaged, act=one.act("GIVE_BACK", **given.said())
        )

    return _spread(work, given, "stock.end-loan", _touched_by(given.operation), scope, step)


@router.post("/reverse", status_code=201, summary="冲销 / reverse an entry", response_model=Done)
def reverses(given: Reverse, scope: Annotated[Scope, needs("stock.reverse")], work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return reverse(one.connection, operation=given.operation, act=one.act("CORRECTION", **given.said()))

    return _spread(work, given, "stock.reverse", _touched_by(given.operation), scope, step)


@router.post("/recall", status_code=201, summary="召回 / recall a lot", response_model=Done)
def recalls(given: Recall, scope: Write, work: Writing) -> Response:
    """不指定库点时涉及全部库点，须有全部范围的权限 / without a store: everywhere."""

    def step(one: Step) -> Operation:
        if given.store is None:
            scope.check(None)
        else:
            reach_store(one.connection, scope, given.store)
        return about.recall(
            one.connection, item=given.item, lot=given.lot, store=given.store, act=one.act("RECALL", **given.said())
        )

    def inside(one: Step) -> Done:
        done = step(one)
        one.record("stock.recall", "lots", f"{given.item}/{given.lot}", after={"store": given.store})
        return Done(operation=done.id)

    return work.once(inside, asked=given)
