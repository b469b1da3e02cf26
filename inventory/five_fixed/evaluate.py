"""The general preset of the five-fixed rules over in-memory records: findings, and the gate that dispatch obeys."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault
from inventory.five_fixed.custodians import custodian_findings
from inventory.five_fixed.history import NOTHING, fold, merged
from inventory.five_fixed.lots import AWAY, LOST, first_days, judge_lot, units_in_use
from inventory.five_fixed.records import (
    CustodianRecord,
    Finding,
    LotGate,
    MaintenanceRecord,
    Report,
    StockLine,
    StoreRecord,
    shanghai_day,
)
from inventory.five_fixed.rules import RuleBook
from inventory.five_fixed.stores import (
    Rounds,
    bin_findings,
    is_extinguisher,
    quantity_findings,
    repair_findings,
)
from inventory.kinds import STATES, STORE_WIDE
from inventory.places import TIERS

LotKey = tuple[str, str, str]  # store, item, lot ("" = none)
ZERO = Decimal(0)


def evaluate(
    *,
    as_of: datetime | date,
    book: RuleBook,
    stores: Iterable[StoreRecord],
    stock: Iterable[StockLine],
    maintenance: Iterable[MaintenanceRecord] = (),
    custodians: Iterable[CustodianRecord] = (),
    bin_volumes_m3: Mapping[tuple[str, str], Decimal] | None = None,
    known_available: Mapping[tuple[str, str], Decimal] | None = None,
) -> Report:
    """All five rules on the Asia/Shanghai day of `as_of`, an instant with offset (or that day itself).

    Maintenance recorded after that day is left out and counted. `bin_volumes_m3`: (store, bin) -> volume; bins
    without one are not measured. `known_available`: (store, item) -> available units, where reservations are known
    too; without it they are worked out from the records. The order of the records changes nothing. Raises BadTable
    for records that do not fit (unknown store, item, kind, state; a negative quantity; record i is row i + 2),
    NaiveInstant.
    """
    today = shanghai_day(as_of)
    day = today.toordinal()
    kept = _stores(stores)
    tiers = {id: store.tier for id, store in kept.items()}
    lots = _lots(stock, tiers, book)
    history, future = fold(maintenance, day=day)
    per_lot = {
        item.id: tuple(check for check in book.checks(item.id) if check.kind not in STORE_WIDE)
        for item in book.catalogue
    }
    per_store = {
        item.id: tuple(check for check in book.checks(item.id) if check.kind in STORE_WIDE) for item in book.catalogue
    }
    extinguishers = {item.id for item in book.catalogue if is_extinguisher(item.equipment_class)}
    findings: list[Finding] = []
    gates: list[LotGate] = []
    available: dict[tuple[str, str], Decimal] = {}
    total: dict[str, Decimal] = {}
    away: dict[str, Decimal] = {}
    rounds = Rounds(day=day)
    for (store, item_id, lot), lines in sorted(lots.items()):
        item = book.catalogue[item_id]
        made, start = first_days(lines)
        own = history.get((store, item_id, lot), NOTHING) if lot else NOTHING
        wide = history.get((store, item_id, None), NOTHING)
        done = merged(own, wide, since=first_days(units_in_use(lines, day=day))[1] if wide else 0)
        whole = history.get((store, None, None), NOTHING)
        state = judge_lot(store, item, lot or None, lines, per_lot[item_id], done, day=day)
        gates.append(state.gate)
        findings += state.findings
        available[store, item_id] = available.get((store, item_id), ZERO) + state.available
        if any(line.state != "retired" for line in lines):
            for check in per_store[item_id]:
                rounds.add(store, check, done=merged(own, wide, since=start), whole=whole, start=start, made=made)
        if item_id in extinguishers:
            for line in lines:
                if line.state not in LOST:
                    total[store] = total.get(store, ZERO) + line.quantity
                if line.state == "repair":
                    away[store] = away.get(store, ZERO) + line.quantity
    if known_available is not None:
        available = dict(known_available)
    findings += rounds.findings()
    findings += custodian_findings(tiers, custodians, day=today)
    findings += quantity_findings(kept, available, book)
    findings += repair_findings(total, away)
    if bin_volumes_m3:
        standing = (line for lines in lots.values() for line in lines if line.state not in AWAY)
        findings += bin_findings(standing, bin_volumes_m3, book.catalogue)
    findings.sort(key=_order)
    return Report(today, tuple(findings), tuple(gates), available, future)


def _order(finding: Finding) -> tuple[str, str, str, str, str, str]:
    return (
        finding.store,
        finding.item or "",
        finding.lot or "",
        finding.kind or "",
        finding.code,
        str(finding.facts) if finding.kind is None else "",
    )


def _stores(stores: Iterable[StoreRecord]) -> dict[str, StoreRecord]:
    kept: dict[str, StoreRecord] = {}
    faults: list[RowFault] = []
    for index, store in enumerate(stores):
        if store.tier not in TIERS:
            faults.append(fault(index + 2, "tier", "NOT_CHOICE", value=store.tier, choices=", ".join(TIERS)))
        if store.id in kept:
            first = list(kept).index(store.id) + 2
            faults.append(fault(index + 2, "id", "DUPLICATE_KEY", key="id", value=store.id, first_row=first))
        kept[store.id] = store
    if faults:
        raise BadTable("stores", faults)
    return kept


def _lots(stock: Iterable[StockLine], tiers: Mapping[str, str], book: RuleBook) -> dict[LotKey, list[StockLine]]:
    """The lines with units on them, by lot; a line of zero units has nothing to judge."""
    lots: dict[LotKey, list[StockLine]] = {}
    faults: list[RowFault] = []
    catalogue = book.catalogue
    for index, line in enumerate(stock):
        if line.store in tiers and line.item in catalogue and line.state in STATES and line.quantity > ZERO:
            lots.setdefault((line.store, line.item, line.lot or ""), []).append(line)
            continue
        if line.store not in tiers:
            faults.append(fault(index + 2, "store", "UNKNOWN_REFERENCE", value=line.store, target="stores"))
        if line.item not in catalogue:
            faults.append(fault(index + 2, "item", "UNKNOWN_REFERENCE", value=line.item, target="items"))
        if line.state not in STATES:
            choices = ", ".join(STATES)
            faults.append(fault(index + 2, "state", "NOT_CHOICE", value=line.state, choices=choices))
        if line.quantity < ZERO:
            faults.append(fault(index + 2, "quantity", "TOO_SMALL", value=line.quantity, least=0))
    if faults:
        raise BadTable("stock", faults)
    return lots
