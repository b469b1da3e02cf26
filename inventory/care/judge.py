"""Tables judged by the five-fixed rules: the same for a World folder and for the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from inventory.files import Table
from inventory.five_fixed import (
    CustodianRecord,
    MaintenanceRecord,
    Report,
    RuleBook,
    StockLine,
    StoreRecord,
    evaluate,
)


@dataclass(frozen=True)
class Judged:
    """A report, and the records it was made from."""

    report: Report
    stores: list[StoreRecord]
    stock: list[StockLine]


def judge_tables(
    *,
    as_of: datetime,
    book: RuleBook,
    stores: Table,
    stock: Table,
    maintenance: Table,
    custodians: Table,
    bins: Table | None = None,
    known_available: Mapping[tuple[str, str], Decimal] | None = None,
) -> Judged:
    """All five rules on the Shanghai day of `as_of`. `bins`: those whose volume is to be measured; `known_available`:
    (store, item) -> available units, where reservations are known. Raises what `evaluate` raises."""
    profiles = [profile or () for profile in stores["profiles"]]
    store_records = list(map(StoreRecord, stores["id"], stores["tier"], profiles))
    lines = list(
        map(
            StockLine, stock["store"], stock["bin"], stock["item"], stock["lot"], stock["quantity"], stock["state"],
            stock["made"], stock["expires"], stock["received"],
        )
    )  # fmt: skip
    volumes = None
    if bins is not None:
        rows = zip(bins["store"], bins["bin"], bins["volume_m3"], strict=True)
        volumes = {(store, code): volume for store, code, volume in rows if volume is not None}
    report = evaluate(
        as_of=as_of,
        book=book,
        stores=store_records,
        stock=lines,
        maintenance=list(
            map(
                MaintenanceRecord, maintenance["store"], maintenance["item"], maintenance["lot"], maintenance["kind"],
                maintenance["last_done"], maintenance["result"],
            )
        ),
        custodians=list(
            map(
                CustodianRecord, custodians["store"], custodians["bin"], custodians["item"], custodians["person"],
                custodians["phone"], custodians["role"], custodians["valid_from"], custodians["valid_to"],
            )
        ),
        bin_volumes_m3=volumes,
        known_available=known_available,
    )  # fmt: skip
    return Judged(report, store_records, lines)


def merged(parts: Sequence[Judged]) -> Judged:
    """Reports of different stores on one day as one; each may have been judged by rules of its own."""
    reports = [part.report for part in parts]
    available = {pair: units for report in reports for pair, units in report.available.items()}
    report = Report(
        reports[0].day,
        tuple(sorted((one for report in reports for one in report.findings), key=lambda one: one.store)),
        tuple(sorted((one for report in reports for one in report.lots), key=lambda one: one.store)),
        available,
        sum(report.future_records for report in reports),
    )
    return Judged(report, [one for part in parts for one in part.stores], [one for part in parts for one in part.stock])
