"""Into the store (入库): lots, bins, serialised units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, insert, select, update

from inventory.fefo import check_positive
from inventory.five_fixed import RuleBook, shanghai_day
from inventory.kinds import OWNERS, STATES
from inventory.ledger.choose import check_whole
from inventory.ledger.errors import AssetTaken, BadLot, RecalledLot, WrongState
from inventory.ledger.post import Act, Head, Line, Move, Operation, begin, insert_into, lock, post
from inventory.ledger.rules import rule_book, usable_until
from inventory.tables.goods import assets, lots
from inventory.tables.places import bins, zones
from inventory.tables.stock import balances
from inventory.written import check_code, check_text


@dataclass(frozen=True, kw_only=True, slots=True)
class LotFacts:
    """What is known of a lot. `code` "" = stock without a lot number; price in CNY per unit."""

    code: str = ""
    owner: str | None = None  # None = the tier of the store that receives it
    made: date | None = None
    expires: date | None = None
    unit_price: Decimal | None = None
    supplier: str | None = None


def receive(
    connection: Connection, *, store: str, item: str, quantity: Decimal, act: Act, lot: LotFacts | None = None,
    bin: str | None = None, state: str = "serviceable",
) -> Operation:  # fmt: skip
    """Units come in from outside. Without a bin they wait for put-away, which holds them.

    Raises UnknownStore, UnknownItem, BadQuantity, RecalledLot, AssetTaken, KeyReused; BadLot and BadCode where the
    lot or the bin cannot be as they are written.
    """
    lot = lot or LotFacts()
    check_positive(quantity, item=item, store=store)
    if state not in STATES:
        raise WrongState(what=item, state=state, needed=", ".join(STATES))
    request = {"store": store, "item": item, "quantity": quantity, "lot": repr(lot), "bin": bin, "state": state}
    operation = begin(connection, "RECEIVE", act, request)
    if operation.replayed:
        return operation
    head = lock(connection, [(store, item)])[store, item]
    book = rule_book(connection, head.rules, county=None)
    check_whole(book, item, quantity)
    if book.catalogue[item].serialised and lot.code:
        check_not_asset(connection, head, lot.code)
    lot_id = lot_id_of(connection, head, lot, book)
    bin_id = None if bin is None else bin_id_of(connection, head.store_id, bin)
    line = Line(head.store_id, head.item_id, lot_id, bin_id, state, received=shanghai_day(act.at))
    post(connection, operation, [Move("RECEIVE", quantity, target=line)])
    return operation


def lot_id_of(connection: Connection, head: Head, lot: LotFacts, book: RuleBook) -> int:
    """The row of a lot, made where there is none. Raises RecalledLot, BadLot, BadCode."""
    check_lot(head.item, lot)
    same = (
        select(lots.c.id, lots.c.recalled_at)
        .where(
            lots.c.item_id == head.item_id,
            lots.c.code == lot.code,
            lots.c.owner == (lot.owner or head.tier),
            lots.c.made.is_not_distinct_from(lot.made),
            lots.c.expires.is_not_distinct_from(lot.expires),
            lots.c.unit_price.is_not_distinct_from(lot.unit_price),
        )
        .limit(1)
    )
    found = connection.execute(same).first()
    if found is None:
        row = {
            "item_id": head.item_id,
            "code": lot.code,
            "owner": lot.owner or head.tier,
            "made": lot.made,
            "expires": lot.expires,
            "usable_until": usable_until(book, head.item, made=lot.made, expires=lot.expires),
            "unit_price": lot.unit_price,
            "supplier": lot.supplier,
        }
        connection.execute(insert_into(connection.dialect.name)(lots).on_conflict_do_nothing(), row)
        found = connection.execute(same).one()
    if recalled(connection, head.item_id, lot.code):
        raise RecalledLot(item=head.item, lot=lot.code)
    return int(found.id)


def check_lot(item: str, lot: LotFacts) -> None:
    """Raises BadLot where the facts of a lot cannot be, BadCode where a number or text cannot be kept."""
    why: tuple[str, str] | None = None
    if lot.owner not in (None, *OWNERS):
        why = (f"权属“{lot.owner}”不在可选值（{'、'.join(OWNERS)}）之内",
               f"owner {lot.owner} is none of {', '.join(OWNERS)}")  # fmt: skip
    elif lot.made is not None and lot.expires is not None and lot.made > lot.expires:
        why = (
            f"生产日期 {lot.made} 晚于有效期 {lot.expires}",
            f"made on {lot.made}, after it expires on {lot.expires}",
        )
    elif lot.unit_price is not None and not (lot.unit_price.is_finite() and lot.unit_price >= 0):
        why = (f"单价 {lot.unit_price} 不能小于 0", f"its price {lot.unit_price} is below 0")
    if why is not None:
        code = (lot.code, lot.code) if lot.code else ("（无批号）", "(no number)")
        raise BadLot(item=item, lot_zh=code[0], lot_en=code[1], why_zh=why[0], why_en=why[1])
    if lot.code:
        check_code(lot.code, what_zh="批号", what_en="lot number")
    if lot.supplier is not None:
        check_text(lot.supplier, what_zh="供应方", what_en="supplier")


def recalled(connection: Connection, item_id: int, code: str) -> bool:
    """Whether any row of this lot number is recalled: a recall is of the number, however it was described."""
    if not code:
        return False
    rows = select(lots.c.id).where(lots.c.item_id == item_id, lots.c.code == code, lots.c.recalled_at.is_not(None))
    return connection.execute(rows.limit(1)).first() is not None


def receive_assets(
    connection: Connection, *, store: str, item: str, serials: Sequence[str], act: Act, bin: str | None = None,
    lot: LotFacts | None = None, model: str | None = None, maker: str | None = None,
) -> Operation:  # fmt: skip
    """Serialised units come in, each a lot of one under its own number, with a history of its own.

    Raises what `receive` raises; AssetTaken where a unit of that number is in the book already, or where a number
    stands twice in the list.
    """
    lot = lot or LotFacts()
    request = {"store": store, "item": item, "serials": list(serials), "lot": repr(lot), "bin": bin}
    request |= {"model": model, "maker": maker}
    for text, what_zh, what_en in ((model, "型号", "model"), (maker, "生产厂家", "maker")):
        if text is not None:
            check_text(text, what_zh=what_zh, what_en=what_en)
    operation = begin(connection, "RECEIVE", act, request)
    if operation.replayed:
        return operation
    head = lock(connection, [(store, item)])[store, item]
    book = rule_book(connection, head.rules, county=None)
    bin_id = None if bin is None else bin_id_of(connection, head.store_id, bin)
    moves: list[Move] = []
    in_order = sorted(serials)  # the rows of lots are unique: everybody makes them in one order
    for index, serial in enumerate(in_order):
        check_code(serial, what_zh="单件编号", what_en="serial number")
        if index and serial == in_order[index - 1]:
            raise AssetTaken(item=item, lot=serial, store=store)
        if held_as_lot(connection, head, serial):
            raise AssetTaken(item=item, lot=serial, store=store)
        known = registered(connection, serial)
        if known is not None and stands_anywhere(connection, known):
            raise AssetTaken(item=item, lot=serial, store=store)
        lot_id = lot_id_of(connection, head, replace(lot, code=serial), book)
        row = {"lot_id": lot_id, "serial": serial, "model": model, "maker": maker, "acquired": shanghai_day(act.at)}
        if known is None:
            connection.execute(insert(assets), row)
        else:  # its receipt was taken back
            connection.execute(update(assets).where(assets.c.serial == serial).values(row))
        line = Line(head.store_id, head.item_id, lot_id, bin_id, "serviceable", received=shanghai_day(act.at))
        moves.append(Move("RECEIVE", Decimal(1), target=line))
    post(connection, operation, moves)
    return operation


def check_not_asset(connection: Connection, head: Head, code: str) -> None:
    """A number of a serialised unit names one unit for ever. Raises AssetTaken."""
    if registered(connection, code) is not None:
        raise AssetTaken(item=head.item, lot=code, store=head.store)


def registered(connection: Connection, serial: str) -> int | None:
    """The lot of a serialised unit; None where the number is new."""
    return connection.execute(select(assets.c.lot_id).where(assets.c.serial == serial)).scalar()


def held_as_lot(connection: Connection, head: Head, code: str) -> bool:
    """Whether units of the item are in the book under this number without being registered one by one."""
    held = (
        select(balances.c.id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(assets, assets.c.lot_id == lots.c.id)
        .where(lots.c.item_id == head.item_id, lots.c.code == code, assets.c.lot_id.is_(None))
        .where(balances.c.quantity > 0)
    )
    return connection.execute(held.limit(1)).first() is not None


def stands_anywhere(connection: Connection, lot_id: int) -> bool:
    """Whether the book has any unit of the lot: in a store, on its way, issued or retired."""
    held = select(balances.c.id).where(balances.c.lot_id == lot_id, balances.c.quantity > 0)
    return connection.execute(held.limit(1)).first() is not None


def bin_id_of(connection: Connection, store_id: int, code: str) -> int:
    """The bin of that code, made where there is none; its zone is the part before the first dash. Raises
    BadCode."""
    same = select(bins.c.id).where(bins.c.store_id == store_id, bins.c.code == code)
    found = connection.execute(same).scalar()
    if found is None:
        check_code(code, what_zh="货位", what_en="bin")
        kind = insert_into(connection.dialect.name)
        zone = code.partition("-")[0]
        connection.execute(kind(zones).on_conflict_do_nothing(), {"store_id": store_id, "code": zone})
        zone_id = connection.execute(
            select(zones.c.id).where(zones.c.store_id == store_id, zones.c.code == zone)
        ).scalar_one()
        row = {"store_id": store_id, "zone_id": zone_id, "code": code}
        connection.execute(kind(bins).on_conflict_do_nothing(), row)
        found = connection.execute(same).scalar_one()
    return int(found)
