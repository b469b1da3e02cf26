"""Looks at the stock that are worked out: what is available, the history of one unit, what should be topped up."""

from decimal import Decimal
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path, Request
from pydantic import Field
from sqlalchemy import select
from starlette.responses import Response

from api.access.scope import Scope
from api.http import negotiate
from api.http.caller import needs
from api.http.papers import PDF, written
from api.http.problems import language
from api.http.reads import PROBLEMS
from api.http.schemas import Code, Day, Division, LotCode
from api.http.work import Reading, as_json
from api.office import names_of
from api.papers import labels_of, stock_card_paper
from api.routes.reach import place_in_reach, store_in_reach
from api.routes.stock import reach_store
from api.routes.stock_answers import Asset, AvailableUnits, Card, Suggestions
from api.stockroom import available_units, whole_card
from inventory.database import now
from inventory.documents import Lang, NoLabels, write_labels, write_stock_card_pdf, write_stock_card_xlsx
from inventory.five_fixed import shanghai_day
from inventory.ledger.assets import UnknownAsset, asset_history
from inventory.ledger.pages import stock_card
from inventory.ledger.replenish import suggestions
from inventory.tables.places import stores

router = APIRouter(tags=["stock"], responses=PROBLEMS)
Look = Annotated[Scope, needs("stock.read")]


@router.get("/stock/available", summary="可用数量 / units available", response_model=AvailableUnits)
def available(
    scope: Look, connection: Reading, place: Division | None = None, store: Code | None = None, item: Code | None = None
) -> Response:  # fmt: skip
    """完好、未过期、未预留、未被五定拦住的 / serviceable, not expired, not reserved, not held back."""
    if store is not None:
        store_in_reach(connection, scope, store)
    there = None if store is not None and place is None else place_in_reach(connection, scope, place)
    found = available_units(connection, as_of=now(), place=there, store=store, item=item)
    return Response(as_json({"items": found}), media_type=negotiate.JSON)


@router.get("/assets/{serial}/history", summary="逐件装备的履历 / the history of one unit", response_model=Asset)
def history(
    serial: Annotated[str, Path(min_length=1, max_length=64)], scope: Look, connection: Reading
) -> Response:  # fmt: skip
    """须管辖它现在或曾经所在的库点 / for who reaches a store it stands in or stood in."""
    found = asset_history(connection, serial)
    legs = [found.standing, *(leg for move in found.moves for leg in (move.source, move.target))]
    codes = {leg.store for leg in legs if leg is not None}
    rows = connection.execute(select(stores.c.place_code).where(stores.c.code.in_(codes))).scalars().all()
    if not scope.everything and not any(scope.covers(place) for place in rows):
        raise UnknownAsset(serial=serial)
    return Response(as_json(found), media_type=negotiate.JSON)


@router.get("/replenishment", summary="补货建议 / what should be topped up", response_model=Suggestions)
def replenishment(scope: Look, connection: Reading, place: Division | None = None) -> Response:
    """低于最低储备的，补到目标：先上级，再同级，再采购 / below the least: filled up to the target, from the store
    above, then from peers, then by purchase."""
    there = place_in_reach(connection, scope, place)
    found = suggestions(connection, as_of=now(), place=there)
    body = {"items": found, "units": sum((one.quantity for one in found), Decimal(0))}
    return Response(as_json(body), media_type=negotiate.JSON)


@router.get(
    "/stock/card", summary="收发存卡片 / stock card", response_model=Card,
    responses={200: {"content": {PDF: {}, negotiate.XLSX: {}}}},
)  # fmt: skip
def card(
    request: Request, store: Code, item: Code, scope: Look, connection: Reading,
    lot: LotCode | None = None, after: Annotated[int, Field(ge=0, le=2**62)] = 0, first: Day | None = None,
    last: Day | None = None,
) -> Response:  # fmt: skip
    """JSON 一次一页（after）；PDF、XLSX 为 first 至 last 的全部 / JSON a page at a time (`after`); PDF and XLSX hold
    all rows from `first` to `last`."""
    kind = negotiate.accepted(request, (negotiate.JSON, PDF, negotiate.XLSX))
    reach_store(connection, scope, store)
    if kind == negotiate.JSON:
        return Response(as_json(stock_card(connection, store=store, item=item, lot=lot, after=after)), 200, None, kind)
    found = whole_card(connection, store=store, item=item, lot=lot, first=first, last=last)
    names, lang = names_of(connection, stores=[store], items=[item]), cast("Lang", language(request))
    paper = stock_card_paper(found, names, today=shanghai_day(now()), first=first, last=last, lang=lang)
    if kind == PDF:
        return written("stock-card.pdf", kind, lambda path: write_stock_card_pdf(path, paper, lang=lang))
    return written("stock-card.xlsx", kind, lambda path: write_stock_card_xlsx(path, paper, lang=lang))


@router.get(
    "/stock/labels", summary="标签 / labels to stick on", response_class=Response,
    responses={200: {"content": {PDF: {}}}},
)  # fmt: skip
def labels(
    store: Code, scope: Look, connection: Reading, what: Literal["store", "bins", "lots", "assets"] = "bins",
    skip: Annotated[int, Field(ge=0, le=23)] = 0,
) -> Response:  # fmt: skip
    """库点、货位、批次或单件的二维码标签，A4 每页 24 张；skip 为首页已用掉的张数 / QR labels of the store, its
    bins, lots or single units, 24 to a sheet of A4; `skip`: places of the first sheet that are used up."""
    store_in_reach(connection, scope, store)
    made = labels_of(connection, store=store, what=what)
    if not made:
        raise NoLabels(store=store)
    return written(f"labels-{store}.pdf", PDF, lambda path: write_labels(path, made, skip=skip))
