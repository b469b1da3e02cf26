"""Work on stock in several steps: transfers between stores, and stocktakes."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import Field
from sqlalchemy import Connection, select
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.negotiate import JSON, accepted
from api.http.papers import PDF, written
from api.http.problems import language
from api.http.reads import PROBLEMS
from api.http.schemas import Amount, AmountOrNone, Body, Code, Day, Entry, Instant, LotCode, Text
from api.http.work import Reading, Step, Work, Writing, as_json, tagged
from api.papers import transfer_paper
from api.routes.orders_answers import CountOut, TransferOut
from api.routes.stock import reach_store
from inventory.documents import write_transfer_order
from inventory.ledger.arrivals import Arrival
from inventory.ledger.count import (
    Counted,
    approve_count,
    close_count,
    count_sheet,
    enter_counts,
    open_count,
    reject_count,
)
from inventory.ledger.errors import UnknownOrder
from inventory.ledger.orders import events
from inventory.ledger.transfer import (
    approve_transfer,
    end_transfer,
    pick_transfer,
    receive_transfer,
    request_transfer,
    ship_transfer,
    view_transfer,
)
from inventory.tables.orders import counts, transfers
from inventory.tables.places import stores

router = APIRouter(tags=["orders"], responses=PROBLEMS)
Number = Annotated[str, Path(min_length=1, max_length=32)]
Look = Annotated[Scope, needs("stock.read")]
Carry = Annotated[Scope, needs("transfers.write")]
Count = Annotated[Scope, needs("counts.write")]


class Line(Body):
    item: Code
    quantity: Amount


class Transfer(Entry):
    from_store: Code
    to_store: Code
    lines: list[Line] = Field(min_length=1, max_length=1000)


class Approval(Entry):
    quantities: dict[Code, AmountOrNone] | None = Field(None, description="空为全部 / null: all that was asked for")
    expires_at: Instant | None = Field(None, description="备货保留至 / units are kept until")


class Arrived(Body):
    item: Code
    lot: LotCode
    received: AmountOrNone
    damaged: AmountOrNone = Decimal(0)
    missing: AmountOrNone = Decimal(0)
    bin: Code | None = None


class Receipt(Entry):
    arrivals: list[Arrived] | None = Field(
        None, max_length=10_000, description="空为全部完好到货 / null: all came whole"
    )
    bin: Code | None = None


class Opening(Entry):
    store: Code
    items: list[Code] | None = Field(None, max_length=1000, description="空为全部物资 / null: everything")
    blind: bool = True


class Sheet(Body):
    item: Code
    quantity: AmountOrNone
    lot: LotCode = ""
    bin: Code | None = None
    state: Annotated[str, Field(max_length=16)] = "serviceable"
    expires: Day | None = None
    note: Text | None = None


class Sheets(Entry):
    lines: list[Sheet] = Field(min_length=1, max_length=10_000)


def transfer_view(connection: Connection, number: str) -> dict[str, Any]:
    view = asdict(view_transfer(connection, number))
    view["lines"] = [dict(zip(("item", "requested", "approved"), line, strict=True)) for line in view["lines"]]
    del view["events"]
    return {"number": number, "transfer": view, "events": _events(connection, number)}


def count_view(connection: Connection, number: str) -> dict[str, Any]:
    store, status, lines = count_sheet(connection, number)
    return {"number": number, "store": store, "status": status, "lines": lines, "events": _events(connection, number)}


def _events(connection: Connection, number: str) -> list[dict[str, Any]]:
    names = ("status", "actor", "note", "recorded_at")
    return [dict(zip(names, one, strict=True)) for one in events(connection, number)]


def _ends_of(connection: Connection, scope: Scope, number: str) -> tuple[str | None, str | None]:
    """The divisions a transfer goes from and to. Who reaches one of the two stores sees it; to others it is not
    there. Raises UnknownOrder."""
    to = stores.alias()
    row = connection.execute(
        select(stores.c.place_code, to.c.place_code)
        .select_from(transfers)
        .join(stores, stores.c.id == transfers.c.from_store_id)
        .join(to, to.c.id == transfers.c.to_store_id)
        .where(transfers.c.number == number)
    ).first()
    if row is None or not any(scope.covers(place) for place in row):
        raise UnknownOrder(number=number)
    return row[0], row[1]


def _step(
    work: Work, scope: Scope, number: str, asked: Entry, action: str, take: Any, *, receiving: bool = False
) -> Response:
    """A step at the sending store, or at the receiving one."""

    def inside(one: Step) -> dict[str, Any]:
        place = _ends_of(one.connection, scope, number)[receiving]
        scope.check(place)
        take(one)
        one.record(action, "transfers", number, place=place, after=asked.model_dump(mode="json", exclude_none=True))
        return transfer_view(one.connection, number)

    return work.once(inside, asked=asked, status=200)


@router.post("/transfers", status_code=201, summary="申请调拨 / ask for a transfer", response_model=TransferOut)
def asks(given: Transfer, scope: Carry, work: Writing) -> Response:
    """由调入方申请 / by whoever is in charge of the receiving store."""

    def inside(one: Step) -> dict[str, Any]:
        place = reach_store(one.connection, scope, given.to_store)
        lines = [(line.item, line.quantity) for line in given.lines]
        number = request_transfer(
            one.connection, from_store=given.from_store, to_store=given.to_store, lines=lines,
            act=one.act("REPLENISH", **given.said()),
        )  # fmt: skip
        one.record("transfers.ask", "transfers", number, place=place, after=given.model_dump(mode="json"))
        return transfer_view(one.connection, number)

    return work.once(inside, asked=given)


@router.get(
    "/transfers/{number}",
    summary="一张调拨单 / one transfer",
    responses={200: {"content": {PDF: {}}}},
    response_model=TransferOut,
)
def transfer(request: Request, number: Number, scope: Look, connection: Reading) -> Response:
    """JSON，或 PDF 调拨令 / as JSON, or the order to print as PDF."""
    _ends_of(connection, scope, number)
    if accepted(request, (JSON, PDF)) == PDF:
        lang: Any = language(request)
        paper = transfer_paper(connection, number=number, lang=lang)
        return written(f"{number}.pdf", PDF, lambda path: write_transfer_order(path, paper, lang=lang))
    return tagged(as_json(transfer_view(connection, number)))


@router.post("/transfers/{number}/approve", summary="批准 / approve", response_model=TransferOut)
def approves(
    number: Number, given: Approval, scope: Annotated[Scope, needs("transfers.approve")], work: Writing
) -> Response:
    """由调出方批准，同时预留 / at the sending side; the units are reserved with it."""

    def take(one: Step) -> None:
        approve_transfer(one.connection, number=number, act=one.act("REPLENISH", **given.said()),
                         quantities=given.quantities, expires_at=given.expires_at)  # fmt: skip

    return _step(work, scope, number, given, "transfers.approve", take)


@router.post("/transfers/{number}/refuse", summary="拒绝 / refuse", response_model=TransferOut)
def refuses(
    number: Number, given: Entry, scope: Annotated[Scope, needs("transfers.approve")], work: Writing
) -> Response:
    def take(one: Step) -> None:
        end_transfer(one.connection, number=number, act=one.act("CANCELLED", **given.said()), refuse=True)

    return _step(work, scope, number, given, "transfers.refuse", take)


@router.post("/transfers/{number}/cancel", summary="取消 / cancel", response_model=TransferOut)
def cancels(number: Number, given: Entry, scope: Carry, work: Writing) -> Response:
    """由申请方取消 / by whoever asked for it."""

    def take(one: Step) -> None:
        end_transfer(one.connection, number=number, act=one.act("CANCELLED", **given.said()))

    return _step(work, scope, number, given, "transfers.cancel", take, receiving=True)


@router.post("/transfers/{number}/pick", summary="备货 / pick", response_model=TransferOut)
def picks(number: Number, given: Entry, scope: Carry, work: Writing) -> Response:
    def take(one: Step) -> None:
        pick_transfer(one.connection, number=number, act=one.act("REPLENISH", **given.said()))

    return _step(work, scope, number, given, "transfers.pick", take)


@router.post("/transfers/{number}/send", summary="发货 / send", response_model=TransferOut)
def sends(number: Number, given: Entry, scope: Carry, work: Writing) -> Response:
    def take(one: Step) -> None:
        ship_transfer(one.connection, number=number, act=one.act("REPLENISH", **given.said()))

    return _step(work, scope, number, given, "transfers.send", take)


@router.post("/transfers/{number}/receive", summary="收货 / receive", response_model=TransferOut)
def receives(number: Number, given: Receipt, scope: Carry, work: Writing) -> Response:
    def take(one: Step) -> None:
        came = None if given.arrivals is None else [Arrival(**line.model_dump()) for line in given.arrivals]
        receive_transfer(one.connection, number=number, act=one.act("REPLENISH", **given.said()), arrivals=came,
                         bin=given.bin)  # fmt: skip

    return _step(work, scope, number, given, "transfers.receive", take, receiving=True)


def _place_of_count(connection: Connection, scope: Scope, number: str) -> str | None:
    """Raises UnknownOrder, also for what lies outside."""
    row = connection.execute(
        select(stores.c.place_code).join(counts, counts.c.store_id == stores.c.id).where(counts.c.number == number)
    ).first()
    if row is None or not scope.covers(row.place_code):
        raise UnknownOrder(number=number)
    place: str | None = row.place_code
    return place


@router.post("/counts", status_code=201, summary="开始盘点 / open a stocktake", response_model=CountOut)
def opens(given: Opening, scope: Count, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        place = reach_store(one.connection, scope, given.store)
        number = open_count(one.connection, store=given.store, act=one.act("COUNT", **given.said()),
                            item_codes=given.items, blind=given.blind)  # fmt: skip
        one.record("counts.open", "counts", number, place=place, after=given.model_dump(mode="json"))
        return count_view(one.connection, number)

    return work.once(inside, asked=given)


@router.get("/counts/{number}", summary="一张盘点单 / one stocktake", response_model=CountOut)
def count(number: Number, scope: Look, connection: Reading) -> Response:
    _place_of_count(connection, scope, number)
    return tagged(as_json(count_view(connection, number)))


def _count_step(work: Work, scope: Scope, number: str, asked: Entry, action: str, take: Any) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        place = _place_of_count(one.connection, scope, number)
        take(one)
        one.record(action, "counts", number, place=place, after=asked.model_dump(mode="json", exclude_none=True))
        return count_view(one.connection, number)

    return work.once(inside, asked=asked, status=200)


@router.post("/counts/{number}/lines", summary="填报盘点数 / enter what was counted", response_model=CountOut)
def enters(number: Number, given: Sheets, scope: Count, work: Writing) -> Response:
    """重复填报同一行即替换 / a line that is entered again is replaced."""

    def take(one: Step) -> None:
        counted = [Counted(**line.model_dump()) for line in given.lines]
        enter_counts(one.connection, number=number, counted=counted, act=one.act("COUNT", **given.said()))

    return _count_step(work, scope, number, given, "counts.enter", take)


@router.post("/counts/{number}/close", summary="盘点完成 / all is counted", response_model=CountOut)
def closes(number: Number, given: Entry, scope: Count, work: Writing) -> Response:
    def take(one: Step) -> None:
        close_count(one.connection, number=number, act=one.act("COUNT", **given.said()))

    return _count_step(work, scope, number, given, "counts.close", take)


@router.post("/counts/{number}/approve", summary="批准盘点 / approve a stocktake", response_model=CountOut)
def approves_count(
    number: Number, given: Entry, scope: Annotated[Scope, needs("counts.approve")], work: Writing
) -> Response:
    """须由未参与盘点的人批准 / by somebody who did not count."""

    def take(one: Step) -> None:
        approve_count(one.connection, number=number, act=one.act("COUNT", **given.said()))

    return _count_step(work, scope, number, given, "counts.approve", take)


@router.post("/counts/{number}/reject", summary="盘点作废 / reject a stocktake", response_model=CountOut)
def rejects_count(
    number: Number, given: Entry, scope: Annotated[Scope, needs("counts.approve")], work: Writing
) -> Response:
    def take(one: Step) -> None:
        reject_count(one.connection, number=number, act=one.act("COUNT", **given.said()))

    return _count_step(work, scope, number, given, "counts.reject", take)
