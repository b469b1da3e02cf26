"""What the database holds, as printed documents: stock card, transfer order, labels.

Every function works on a connection and returns the document; who calls it writes the file.
"""

from datetime import date
from typing import TYPE_CHECKING

from api.office import Names, names_of
from inventory.kinds import MOVEMENTS, ORDER_STATES, OWNERS, REASONS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from inventory.documents import Label, Lang, StockCard, TransferOrder, Words
    from inventory.ledger.pages import Card

LABELS = ("store", "bins", "lots", "assets")
NO_LOT = "-"


def _words(pairs: dict[str, tuple[str, str]], code: str) -> "Words":
    from inventory.documents import Words

    zh, en = pairs.get(code, (code, ""))
    return Words(zh, "" if en == zh else en)


def stock_card_paper(
    card: "Card", names: Names, *, today: date, first: date | None = None, last: date | None = None, lang: "Lang" = "zh"
) -> "StockCard":
    """The card (物资收发存卡片) as it is printed; without days, from its first row to today."""
    from inventory.documents import CardRow, StockCard, Words
    from inventory.five_fixed import shanghai_day

    rows = []
    for row in card.rows:
        reason = Words(*REASONS.get(row.reason, (row.reason, row.reason))).pick(lang)
        rows.append(
            CardRow(
                recorded_at=row.recorded_at,
                occurred_at=row.occurred_at,
                kind=Words(*MOVEMENTS[row.kind]),
                reason=f"{reason}：{row.note}" if row.note else reason,
                lot=row.lot or NO_LOT,
                quantity_in=row.came,
                quantity_out=row.went,
                balance=row.balance,
                actor=row.actor,
                document=row.reference or str(row.operation),
            )
        )
    first = first or (shanghai_day(card.rows[0].recorded_at) if card.rows else today)
    return StockCard(
        store_id=card.store,
        store=_words(dict(names.stores), card.store),
        item_id=card.item,
        item=_words(dict(names.items), card.item),
        unit=_words(dict(names.units), card.item),
        from_day=first,
        to_day=last or today,
        opening=card.opening,
        rows=tuple(rows),
    )


def transfer_paper(connection: "Connection", *, number: str, lang: "Lang" = "zh") -> "TransferOrder":
    """The numbered order (调拨令): by lot once it is approved, before that as it was asked for. Raises UnknownOrder."""
    from sqlalchemy import select

    from inventory.documents import OrderEvent, OrderLine, TransferOrder, Words
    from inventory.five_fixed import shanghai_day
    from inventory.ledger.transfer import view_transfer
    from inventory.tables.goods import items

    order = view_transfer(connection, number)
    codes = [item for item, *_ in order.lines]
    names = names_of(connection, stores=[order.from_store, order.to_store], items=codes)
    of = items.c
    sizes = {
        code: (mass, volume)
        for code, mass, volume in connection.execute(
            select(of.code, of.mass_kg, of.volume_m3).where(of.code.in_(codes))
        )
    }
    goods = [(pick.item, pick.lot or NO_LOT, pick.quantity, pick.expires, pick.unit_price) for pick in order.picks]
    goods = goods or [(item, "", requested, None, None) for item, requested, _ in order.lines]
    reason = Words(*REASONS.get(order.reason, (order.reason, ""))).pick(lang)
    return TransferOrder(
        number=order.number,
        day=shanghai_day(order.requested_at),
        from_store_id=order.from_store,
        from_store=_words(dict(names.stores), order.from_store),
        to_store_id=order.to_store,
        to_store=_words(dict(names.stores), order.to_store),
        reason=f"{reason}：{order.note}" if order.note else reason,
        lines=tuple(
            OrderLine(
                item_id=item, item=_words(dict(names.items), item), unit=_words(dict(names.units), item), lot=lot,
                quantity=units, expires=expires, unit_price_cny=price, unit_mass_kg=sizes[item][0],
                unit_volume_m3=sizes[item][1],
            )
            for item, lot, units, expires, price in goods
        ),
        history=tuple(OrderEvent(_words(ORDER_STATES, status), at, actor, note or "")
                      for status, actor, note, at in order.events),
        owner=_owner(connection, number),
    )  # fmt: skip


def _owner(connection: "Connection", number: str) -> "Words | None":
    """Who owns what goes; all of them where the lots differ."""
    from sqlalchemy import select

    from inventory.documents import Words
    from inventory.tables.goods import lots
    from inventory.tables.orders import transfer_lines, transfer_picks, transfers
    from inventory.tables.stock import balances

    rows = connection.execute(
        select(lots.c.owner)
        .distinct()
        .select_from(transfer_picks)
        .join(transfer_lines, transfer_lines.c.id == transfer_picks.c.line_id)
        .join(transfers, transfers.c.id == transfer_lines.c.transfer_id)
        .join(balances, balances.c.id == transfer_picks.c.balance_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(transfers.c.number == number)
    ).scalars()
    owners = [OWNERS[code] for code in sorted(rows)]
    return Words("、".join(zh for zh, _ in owners), ", ".join(en for _, en in owners)) if owners else None


def labels_of(connection: "Connection", *, store: str, what: str) -> "list[Label]":
    """Labels of a store: of itself, its bins, the lots it holds, or its serialised units. Raises UnknownStore."""
    from sqlalchemy import select

    from inventory.documents import Label
    from inventory.kinds import ELSEWHERE
    from inventory.ledger.errors import UnknownStore
    from inventory.tables.goods import assets, items, lots
    from inventory.tables.places import bins, stores
    from inventory.tables.stock import balances

    here = connection.execute(select(stores).where(stores.c.code == store)).first()
    if here is None:
        raise UnknownStore(store=store)
    if what == "store":
        return [Label("store", here.code, here.name, here.name_en or "")]
    if what == "bins":
        codes = connection.execute(select(bins.c.code).where(bins.c.store_id == here.id).order_by(bins.c.code))
        return [Label("bin", (store, code), code, "", (here.name,)) for code in codes.scalars()]
    of = items.c
    held = (
        select(of.code, of.name_zh, of.name_en, lots.c.code, lots.c.made, lots.c.expires, assets.c.serial)
        .select_from(balances)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(assets, assets.c.lot_id == lots.c.id)
        .where(balances.c.store_id == here.id, balances.c.quantity > 0, lots.c.code != "")
        .where(balances.c.state.not_in(list(ELSEWHERE)))
        .order_by(of.code, lots.c.code, lots.c.expires)
        .distinct()
    )
    found: dict[tuple[str, str], Label] = {}
    for item, zh, en, lot, made, expires, serial in connection.execute(held):
        if (serial is not None) != (what == "assets"):
            continue
        days = [f"{head} {on}" for head, on in (("生产 made", made), ("有效期 expires", expires)) if on is not None]
        code = serial if what == "assets" else (item, lot)
        kind = "asset" if what == "assets" else "lot"
        found.setdefault((item, lot), Label(kind, code, zh, en, (*days, store)))
    return list(found.values())
