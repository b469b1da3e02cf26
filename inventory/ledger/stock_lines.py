"""Lines of stock as they stand, `available` defined once, and the gate that keeps unfit units in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, case, exists, func, or_, select

from inventory.five_fixed import LotGate, MaintenanceRecord, RuleBook, StockLine, shanghai_day
from inventory.five_fixed.history import NOTHING, fold, merged
from inventory.five_fixed.lots import first_days, judge_lot, units_in_use
from inventory.kinds import ELSEWHERE, STORE_WIDE
from inventory.ledger.post import Head
from inventory.tables.base import Quantity
from inventory.tables.care import holds, in_force, maintenance
from inventory.tables.goods import items, lots
from inventory.tables.places import bins, stores
from inventory.tables.stock import balances, reservations

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Stock:
    """One line: units of an item, lot, bin and state in a store."""

    id: int
    lot_id: int
    lot: str
    bin_id: int | None
    bin: str | None
    state: str
    quantity: Decimal
    reserved: Decimal
    owner: str
    made: date | None
    expires: date | None
    received: date | None
    usable_until: date | None  # the earlier of expiry and retirement

    @property
    def free(self) -> Decimal:
        return self.quantity - self.reserved

    @property
    def fefo_key(self) -> str:
        """Breaks ties of the same expiry: by lot, then bin, then the line itself."""
        return f"{self.lot}\x1f{self.bin or ''}\x1f{self.id:012d}"


_LINES = (
    select(
        balances.c.id,
        balances.c.lot_id,
        lots.c.code,
        balances.c.bin_id,
        bins.c.code,
        balances.c.state,
        balances.c.quantity,
        balances.c.reserved,
        lots.c.owner,
        lots.c.made,
        lots.c.expires,
        balances.c.received,
        lots.c.usable_until,
    )
    .join(lots, lots.c.id == balances.c.lot_id)
    .outerjoin(bins, bins.c.id == balances.c.bin_id)
    .where(balances.c.store_id == bindparam("store_id"), balances.c.item_id == bindparam("item_id"))
    .where(balances.c.quantity > bindparam("nothing", 0, type_=Quantity))
)


def lines_of(connection: Connection, head: Head) -> list[Stock]:
    """The lines of a locked store and item that have units on them, those elsewhere (issued, in transit) included."""
    rows = connection.execute(_LINES, {"store_id": head.store_id, "item_id": head.item_id, "nothing": 0})
    return [Stock(*tuple(row)) for row in rows]


_RECORDS = select(
    maintenance.c.item_id, maintenance.c.lot_code, maintenance.c.kind, maintenance.c.done_on, maintenance.c.result
).where(maintenance.c.store_id == bindparam("store_id"), maintenance.c.item_id == bindparam("item_id"), in_force)


def records_of(connection: Connection, head: Head) -> list[MaintenanceRecord]:
    rows = connection.execute(_RECORDS, {"store_id": head.store_id, "item_id": head.item_id})
    return [
        MaintenanceRecord(head.store, head.item, lot, kind, done_on, result) for _, lot, kind, done_on, result in rows
    ]


def judge(
    connection: Connection, head: Head, lines: Sequence[Stock], book: RuleBook, *, at: datetime
) -> dict[str, LotGate]:
    """lot code -> what of it may leave, judged by the five-fixed rules on the Shanghai day of `at`."""
    day = shanghai_day(at).toordinal()
    item = book.catalogue[head.item]
    checks = tuple(check for check in book.checks(head.item) if check.kind not in STORE_WIDE)
    done, _ = fold(records_of(connection, head), day=day)
    grouped: dict[str, list[StockLine]] = {}
    for line in lines:
        if line.state not in ELSEWHERE:
            grouped.setdefault(line.lot, []).append(
                StockLine(head.store, line.bin, head.item, line.lot or None, line.quantity, line.state, line.made,
                          line.expires, line.received)
            )  # fmt: skip
    gates: dict[str, LotGate] = {}
    for lot, group in grouped.items():
        _, start = first_days(units_in_use(group, day=day))
        own = done.get((head.store, head.item, lot), NOTHING) if lot else NOTHING
        known = merged(own, done.get((head.store, head.item, None), NOTHING), since=start)
        gates[lot] = judge_lot(head.store, item, lot or None, group, checks, known, day=day).gate
    return gates


def fit_lines(lines: Sequence[Stock], gates: dict[str, LotGate], *, at: datetime) -> list[Stock]:
    """The lines whose units may leave now: serviceable, unexpired, in a bin, held by no task."""
    day = shanghai_day(at)
    return [
        line
        for line in lines
        if line.state == "serviceable"
        and line.bin_id is not None
        and (line.usable_until is None or line.usable_until >= day)
        and gates[line.lot].dispatchable > 0
    ]


def available_units(*, as_of: datetime) -> Any:
    """`available`, the one definition, as a SQL sum: the serviceable units, neither expired nor past retirement on
    the Shanghai day of `as_of`, whose last check did not fail, less the reservations on those units that have not
    run out.

    For a SELECT over `balances` joined to `lots`.
    """
    fit = and_(
        balances.c.state == "serviceable",
        or_(lots.c.usable_until.is_(None), lots.c.usable_until >= shanghai_day(as_of)),
        ~exists().where(
            holds.c.store_id == balances.c.store_id,
            holds.c.item_id == balances.c.item_id,
            holds.c.lot_code == lots.c.code,
        ),
    )
    ran_out = (
        select(func.coalesce(func.sum(reservations.c.quantity), 0))
        .where(
            reservations.c.balance_id == balances.c.id,
            reservations.c.quantity > 0,
            reservations.c.expires_at <= as_of,
        )
        .correlate(balances)
        .scalar_subquery()
    )
    units = balances.c.quantity - balances.c.reserved + case((balances.c.reserved > 0, ran_out), else_=0)
    return func.sum(case((fit, units), else_=0)).cast(Quantity)


def available(
    connection: Connection, *, as_of: datetime, place: str | None = None, store: str | None = None
) -> dict[tuple[str, str], Decimal]:
    """(store, item) -> available units, of all stores, of a division code and what lies below it, or of one store.
    Pairs that hold nothing at all are left out."""
    total = available_units(as_of=as_of)
    sums = (
        select(balances.c.store_id, balances.c.item_id, total.label("units"))
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(balances.c.state.not_in(list(ELSEWHERE)))
    )
    if place is not None or store is not None:
        inside = select(stores.c.id)
        if place is not None:
            inside = inside.where(stores.c.place_code.like(sub_tree(place)))
        if store is not None:
            inside = inside.where(stores.c.code == store)
        sums = sums.where(balances.c.store_id.in_(inside))
    rows = connection.execute(sums.group_by(balances.c.store_id, balances.c.item_id)).all()
    store_codes, item_codes = codes_by_id(connection, stores), codes_by_id(connection, items)
    return {(store_codes[store_id], item_codes[item_id]): units for store_id, item_id, units in rows}


def codes_by_id(connection: Connection, table: Table) -> dict[int, str]:
    return {row.id: row.code for row in connection.execute(select(table.c.id, table.c.code))}


def sub_tree(code: str) -> str:
    """A LIKE pattern of a division code and everything below it."""
    if code.endswith("000000"):
        return code[:6] + "%"
    return code[:9] + "%" if code.endswith("000") else code
