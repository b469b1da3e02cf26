"""Stock in, out and about: each POST makes one entry of the ledger, in one transaction."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from sqlalchemy import Connection, select
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.reads import PROBLEMS
from api.http.schemas import Entry
from api.http.work import Step, Work, Writing
from api.routes.incidents import situation_of
from api.routes.stock_answers import Done
from api.routes.stock_bodies import (
    Change,
    EndLoan,
    ForReference,
    Issue,
    IssueKit,
    IssueReserved,
    Lend,
    Lift,
    Move,
    Recall,
    Receive,
    Reserve,
    Return,
    Reverse,
    WriteOff,
)
from api.stockroom import hand_out_reserved, take_back, take_in, taken_by, taken_in_exercise
from inventory.ledger import issue as out
from inventory.ledger import move as about
from inventory.ledger.choose import Override
from inventory.ledger.errors import UnknownStore
from inventory.ledger.kits import issue_kit
from inventory.ledger.post import Operation
from inventory.ledger.receive import LotFacts
from inventory.ledger.release import release
from inventory.ledger.reserve import reserve
from inventory.ledger.reverse import reverse
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, reservations
from scenarios.exercise import Entry as Drilled
from scenarios.exercise import NotInExercise, exercise_of, issue_more, kept

router = APIRouter(prefix="/stock", tags=["stock"], responses=PROBLEMS)
Write = Annotated[Scope, needs("stock.write")]


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
    work: Work, scope: Scope, asked: Entry, action: str, store: str, step: Callable[[Step], Operation | Drilled]
) -> Response:
    """One entry for one store, with the lots it took."""

    def inside(one: Step) -> dict[str, Any]:
        place = reach_store(one.connection, scope, store)
        return _done(one, step(one), action, asked, place)

    return work.once(inside, asked=asked)


def _drill(connection: Connection, scope: Scope, reference: str | None) -> str | None:
    """The exercise that is meant, if one is; a part of it must be in reach. Raises UnknownSituation."""
    drill = exercise_of(connection, reference)
    if drill is not None:
        situation_of(connection, scope, drill, part=True)
    return drill


def _done(one: Step, done: Operation | Drilled, action: str, asked: Entry, place: str | None) -> dict[str, Any]:
    """On record, as an entry of the ledger or of the book of an exercise."""
    drill = done.situation if isinstance(done, Drilled) else None
    book = "operations" if drill is None else "exercise_entries"
    one.record(action, book, done.id, place=place, after=asked.model_dump(mode="json", exclude_none=True))
    taken = taken_in_exercise(one.connection, done) if isinstance(done, Drilled) else taken_by(one.connection, done.id)
    return {"operation": done.id, "exercise": drill, "taken": taken}


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
    """先过期先出；被五定拦住的不出，除非应急放行；reference 为演练方案时只记入演练 / earliest expiry first; what is
    blocked stays; under the reference of an exercise's plan only the exercise's own book is written."""

    def step(one: Step) -> Operation | Drilled:
        drill = _drill(one.connection, scope, given.reference)
        if drill is not None:
            if given.override is not None:
                raise NotInExercise(situation=drill, what="override")
            act = one.act(given.reason, reference=given.reference, **given.said())
            return issue_more(one.connection, drill, store=given.store, item=given.item, quantity=given.quantity,
                              lot=given.lot, act=act)  # fmt: skip
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
    def step(one: Step) -> Operation | Drilled:
        _drill(one.connection, scope, given.reference)
        return take_back(
            one.connection, act=one.act("GIVE_BACK", **given.said()), store=given.store, item=given.item,
            quantity=given.quantity, lot=given.lot, bin=given.bin, damaged=given.damaged, reference=given.reference,
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

    def inside(one: Step) -> dict[str, Any]:
        place = _reach_all(one.connection, scope, lines)
        return _done(one, step(one), action, asked, place)

    return work.once(inside, asked=asked)


def _kept_for(reference: str) -> Any:
    return select(reservations.c.balance_id).where(reservations.c.reference == reference, reservations.c.quantity > 0)


@router.post("/release", status_code=201, summary="释放预留 / release what is kept", response_model=Done)
def releases(given: ForReference, scope: Write, work: Writing) -> Response:
    def step(one: Step) -> Operation:
        return release(one.connection, reference=given.reference, act=one.act("CANCELLED", **given.said()))

    return _spread(work, given, "stock.release", _kept_for(given.reference), scope, step)


@router.post("/issue-reserved", status_code=201, summary="预留出库 / issue what is kept", response_model=Done)
def issues_reserved(given: IssueReserved, scope: Write, work: Writing) -> Response:
    """reference 为演练方案时只记入演练 / under the reference of an exercise's plan only its own book is written."""

    def inside(one: Step) -> dict[str, Any]:
        drill = _drill(one.connection, scope, given.reference)
        if drill is None:
            lines = _kept_for(given.reference)
            if given.store is not None:
                of_store = select(stores.c.id).where(stores.c.code == given.store).scalar_subquery()
                lines = lines.join(balances, balances.c.id == reservations.c.balance_id)
                lines = lines.where(balances.c.store_id == of_store)
            place = _reach_all(one.connection, scope, lines)
        else:
            from_ = {store for store, _, _ in kept(one.connection, drill) if given.store in (None, store)}
            place = min((reach_store(one.connection, scope, store) for store in sorted(from_)), key=str, default=None)
        act = one.act(given.reason, **given.said())
        done, _ = hand_out_reserved(one.connection, act=act, reference=given.reference, store=given.store)
        return _done(one, done, "stock.issue-reserved", given, place)

    return work.once(inside, asked=given)


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

    def inside(one: Step) -> dict[str, Any]:
        done = step(one)
        one.record("stock.recall", "lots", f"{given.item}/{given.lot}", after={"store": given.store})
        return {"operation": done.id, "exercise": None, "taken": []}

    return work.once(inside, asked=given)
