"""What the five-fixed rules look at and what they say. Plain records: a folder, a database or a test makes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from inventory.errors import InventoryError
from inventory.kinds import KINDS

SHANGHAI = timezone(timedelta(hours=8))  # no daylight saving since 1991
NO_LOT = "-"  # stands for the lot of stock that has none, in ids and in gates

RULES = ("custodian", "location", "quantity", "quality", "period")
SEVERITIES = ("minor", "major", "critical")


class NaiveInstant(InventoryError):
    """An instant without offset, which names no moment. Facts: value."""


def shanghai_day(as_of: datetime | date) -> date:
    """The Asia/Shanghai calendar day of an instant; a plain date already is one. Raises NaiveInstant."""
    if not isinstance(as_of, datetime):
        return as_of
    if as_of.tzinfo is None:
        raise NaiveInstant(value=as_of.isoformat())
    return as_of.astimezone(SHANGHAI).date()


def task_id(*parts: str) -> str:
    """`STORE/ITEM/LOT/KIND`: readable, and the same at every look. A slash inside a part is written %2F."""
    return "/".join([part.replace("%", "%25").replace("/", "%2F") if "/" in part or "%" in part else part
                     for part in parts])  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoreRecord:
    id: str
    tier: str  # county, town, village
    profiles: tuple[str, ...] = ()  # of a village: what its ground is prone to, which adds to what it must hold


@dataclass(frozen=True, slots=True)
class StockLine:
    """Units of one item, lot, bin and state in one store. `state` is one of kinds.STATES."""

    store: str
    bin: str | None
    item: str
    lot: str | None  # the asset number of a serialised unit
    quantity: Decimal  # units of the item, >= 0
    state: str
    made: date | None = None
    expires: date | None = None  # the last day on which it may be issued
    received: date | None = None


@dataclass(frozen=True, slots=True)
class MaintenanceRecord:
    """A check that was done: lot None = every lot of the item; item None = the whole store (a stocktake)."""

    store: str
    item: str | None
    lot: str | None
    kind: str  # one of kinds.KINDS
    last_done: date
    result: str  # PASSED or FAILED


@dataclass(frozen=True, slots=True)
class CustodianRecord:
    """Who keeps what: bin and item None = the whole store. `valid_to` is the last day, None = no end."""

    store: str
    bin: str | None
    item: str | None
    person: str
    phone: str | None
    role: str  # primary or deputy
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken (or soon to be). `code` is the key of its text, filled from `text_facts()`."""

    rule: str  # one of RULES
    code: str
    severity: str  # one of SEVERITIES
    store: str
    item: str | None = None
    lot: str | None = None
    kind: str | None = None  # of the check
    due: date | None = None
    task: str | None = None  # what to do, by id
    blocks: bool = False  # stops the dispatch of the units it speaks of
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text_facts(self) -> dict[str, Any]:
        """Everything its text may name; what it does not have reads "-"."""
        kind_zh, kind_en = KINDS.get(self.kind or "", ("", ""))
        facts: dict[str, Any] = {
            "store": self.store,
            "item": self.item,
            "lot": self.lot,
            "kind_zh": kind_zh,
            "kind_en": kind_en,
            "due": self.due,
            **self.facts,
        }
        return {name: NO_LOT if value is None else value for name, value in facts.items()}


@dataclass(frozen=True, slots=True)
class LotGate:
    """What of a lot may leave. Expired, retired and recalled units are in neither number."""

    store: str
    item: str
    lot: str  # NO_LOT where the stock has none
    expires: date | None  # the earliest of its units
    dispatchable: Decimal  # units that may leave now; reservations and reserve floors are not known here
    held: Decimal  # units that would be dispatchable once every task of `blocked` is done
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The five-fixed state on one day. Both tuples are sorted, whatever the order of the records."""

    day: date
    findings: tuple[Finding, ...]  # by store, item, lot, kind, code
    lots: tuple[LotGate, ...]  # by store, item, lot
    available: Mapping[tuple[str, str], Decimal]  # (store, item) -> serviceable, unexpired units
    future_records: int  # maintenance records after `day`, left out of this look
