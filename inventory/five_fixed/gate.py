"""The gate alone, as a decision needs it: what of each lot may leave, without the findings; `evaluate(...).lots`.

Most lots are one serviceable line in a bin with every check in time. They are taken wholesale, by arrays over the
lots of an item; every other lot goes to `judge_lot`, which stays the definition.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice, product, repeat
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inventory.five_fixed.checks import Check
from inventory.five_fixed.custodians import ROLES
from inventory.five_fixed.history import RESULTS, Done
from inventory.five_fixed.lots import LOST, judge_lot
from inventory.five_fixed.periods import Days, due_days
from inventory.five_fixed.records import NO_LOT, StockLine
from inventory.five_fixed.rules import RuleBook
from inventory.kinds import KINDS, STATES, STORE_WIDE
from inventory.places import TIERS

Columns = Mapping[str, Sequence[Any]]  # of a table, by the names of the data dictionary
ZERO = Decimal(0)
PER_LOT = tuple(sorted(KINDS.keys() - STORE_WIDE))  # kinds of check made lot by lot
_KIND = {kind: place for place, kind in enumerate(PER_LOT)}
_LINE = ("store", "bin", "item", "lot", "quantity", "state", "made", "expires", "received")
_UNKNOWN, _EVERY_LOT = -1, -2  # codes of a name that no lot has, and of a record for all lots of its item
_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Gates:
    """The fields of `LotGate`, a list for each, sorted by store, item and lot."""

    store: list[str]
    item: list[str]
    lot: list[str]
    expires: list[date | None]
    dispatchable: list[Decimal]
    held: list[Decimal]
    blocked: list[tuple[str, ...]]

    def rows(self) -> Iterator[tuple[str, str, str, date | None, Decimal, Decimal, tuple[str, ...]]]:
        columns = (self.store, self.item, self.lot, self.expires, self.dispatchable, self.held, self.blocked)
        return zip(*columns, strict=True)


def sound(
    *, books: Iterable[RuleBook], stores: Columns, stock: Columns, maintenance: Columns, custodians: Columns
) -> bool:
    """Whether `evaluate` would take these tables, by any of the books. Quick, and strict: where it is in doubt the
    answer is no, and `evaluate` can be asked which row is at fault."""
    places, held = set(stores["id"]), set(stock["item"])
    return (
        len(places) == len(stores["id"])
        and set(stores["tier"]) <= set(TIERS)
        and set(stock["store"]) <= places
        and all(item in book.catalogue for book in books for item in held)
        and set(stock["state"]) <= STATES.keys()
        and min(stock["quantity"], default=ZERO) >= ZERO
        and set(maintenance["kind"]) <= KINDS.keys()
        and set(maintenance["result"]) <= set(RESULTS)
        and set(_of_stores(maintenance)) <= {(None, kind) for kind in STORE_WIDE}
        and set(custodians["store"]) <= places
        and set(custodians["role"]) <= ROLES.keys()
    )


def _of_stores(maintenance: Columns) -> list[tuple[str | None, str]]:
    """Lot and kind of the records of whole stores."""
    rows = zip(maintenance["item"], maintenance["lot"], maintenance["kind"], strict=True)
    return [(lot, kind) for item, lot, kind in rows if item is None]


def gates(
    *,
    day: date,
    books: Mapping[str, RuleBook],
    stock: Columns,
    maintenance: Columns,
    items: Collection[str] | None = None,
) -> Gates:
    """The gates of `sound` tables on a Shanghai day, of all lots or of those of `items`; `books`: by store."""
    rows = _rows(stock, items)
    if not rows:
        return Gates([], [], [], [], [], [], [])
    lots = _Lots(stock, rows, day.toordinal())
    lots.join(maintenance)
    return lots.judged(books)


def _rows(stock: Columns, items: Collection[str] | None) -> list[int]:
    """The lines with units on them."""
    rows = enumerate(zip(stock["quantity"], stock["item"], strict=True))
    return [row for row, (units, item) in rows if units and (items is None or item in items)]


def _picked(column: Sequence[Any], rows: Sequence[int]) -> list[Any]:
    return list(itemgetter(*rows)(column)) if len(rows) > 1 else [column[row] for row in rows]


def _ranks(names: Sequence[str]) -> dict[str, int]:
    return {name: rank for rank, name in enumerate(sorted(set(names)))}


def _codes(names: Sequence[str | None], ranks: Mapping[Any, int]) -> NDArray[np.int64]:
    return np.array(list(map(ranks.get, names, repeat(_UNKNOWN))), np.int64)


def _ordinals(days: Sequence[date | None]) -> Days:
    return np.array([0 if day is None else day.toordinal() for day in days], np.int64)


class _Lots:
    """The lines by lot: line k of the sorted ones is row `rows[k]` of the table, and lot g has those from `first[g]`
    up to the next. Arrays `made`, `start`, `passed` and `failed` are by lot, the latter two by kind as well."""

    def __init__(self, stock: Columns, rows: list[int], day: int) -> None:
        self.stock, self.day = stock, day
        self.store, self.item = _picked(stock["store"], rows), _picked(stock["item"], rows)
        self.lot = [lot or "" for lot in _picked(stock["lot"], rows)]
        self.stores, self.items, self.lots = _ranks(self.store), _ranks(self.item), _ranks(self.lot)
        pair = _codes(self.store, self.stores) * len(self.items) + _codes(self.item, self.items)
        code = pair * len(self.lots) + _codes(self.lot, self.lots)
        order = np.argsort(code, kind="stable")
        self.codes, self.first, self.count = np.unique(code[order], return_index=True, return_counts=True)
        self.pairs = self.codes // len(self.lots)
        self.order: list[int] = order.tolist()
        self.rows = _picked(rows, self.order)
        made, received, expires = (
            _ordinals(_picked(stock[name], self.rows)) for name in ("made", "received", "expires")
        )
        lost = np.array(list(map(LOST.__contains__, _picked(stock["state"], self.rows))), bool)
        in_use = ~lost & ((expires == 0) | (expires >= day))
        self.made = self._earliest(np.where(in_use, made, 0))
        self.start = self._earliest(np.where(in_use, np.where(received > 0, received, made), 0))
        self.passed = np.zeros((len(self.codes), len(PER_LOT)), np.int64)
        self.failed = np.zeros_like(self.passed)

    def _earliest(self, days: Days) -> Days:
        """`first_days` of `units_in_use`, lot by lot."""
        found = np.minimum.reduceat(np.where(days > 0, days, _FAR), self.first)
        return np.where(found < _FAR, found, 0)

    def join(self, maintenance: Columns) -> None:
        """`fold` and `merged`: the last pass and failure of each check, own or of every lot since the lot came."""
        item, kind = _codes(maintenance["item"], self.items), _codes(maintenance["kind"], _KIND)
        about = np.flatnonzero((item != _UNKNOWN) & (kind != _UNKNOWN))
        if not len(about):
            return
        rows, item, kind = about.tolist(), item[about], kind[about]
        store = _codes(_picked(maintenance["store"], rows), self.stores)
        when = _ordinals(_picked(maintenance["last_done"], rows))
        usable = (store != _UNKNOWN) & (when <= self.day)
        pair = store * len(self.items) + item
        names: dict[str | None, int] = {**self.lots, None: _EVERY_LOT}  # type: ignore[dict-item]
        names.pop("", None)  # stock without a lot has no records of its own
        lot = _codes(_picked(maintenance["lot"], rows), names)
        failing = np.array(list(map("FAILED".__eq__, _picked(maintenance["result"], rows))), bool)
        own = usable & (lot >= 0)
        place, known = _places(self.codes, pair * len(self.lots) + lot)
        wide = usable & (lot == _EVERY_LOT)
        pairs, of_pair = np.unique(self.pairs, return_inverse=True)
        wide_place, wide_known = _places(pairs, pair)
        for found, outcome in ((self.passed, ~failing), (self.failed, failing)):
            now = own & known & outcome
            np.maximum.at(found, (place[now], kind[now]), when[now])
            now = wide & wide_known & outcome
            if now.any():
                of_all = np.zeros((len(pairs), len(PER_LOT)), np.int64)
                np.maximum.at(of_all, (wide_place[now], kind[now]), when[now])
                days = of_all[of_pair]
                np.maximum(found, np.where(days >= self.start[:, None], days, 0), out=found)

    def plain(self, books: Mapping[str, RuleBook]) -> NDArray[np.bool_]:
        """Lots of which every unit may leave: nothing that `judge_lot` might hold against them."""
        stock, line = self.stock, _picked(self.rows, self.first.tolist())  # its only line, where this matters
        ready = map("serviceable".__eq__, _picked(stock["state"], line))
        fit = [good and bin_ is not None for good, bin_ in zip(ready, _picked(stock["bin"], line), strict=True)]
        expires = _ordinals(_picked(stock["expires"], line))
        plain: NDArray[np.bool_] = (self.count == 1) & np.array(fit, bool) & ((expires == 0) | (expires >= self.day))
        plain &= ~((self.failed > 0) & (self.failed >= self.passed)).any(axis=1)
        of_item = self.pairs % len(self.items)
        of_store = self.pairs // len(self.items)
        used = {id(books[store]): books[store] for store in self.stores}
        # whose stores they are, in the order of their ranks
        of_book = {
            key: np.array([books[store] is book for store in self.stores])[of_store] for key, book in used.items()
        }
        for (key, book), (item, rank) in product(used.items(), self.items.items()):
            lots = np.flatnonzero((of_item == rank) & of_book[key])
            for check in book.checks(item) if len(lots) else ():
                if check.kind in STORE_WIDE or not (check.blocks or check.kind == "RETIRE"):
                    continue
                passed = self.passed[lots, _KIND[check.kind]]
                due = due_days(check, last_passed=passed, start=self.start[lots], made=self.made[lots])
                plain[lots] &= (due > 0) & (self.day - due - check.tolerance_days <= 0)
        return plain

    def judged(self, books: Mapping[str, RuleBook]) -> Gates:
        plain = self.plain(books)
        first: list[int] = self.first.tolist()
        line, row = _picked(self.order, first), _picked(self.rows, first)
        store, item, lot = (_picked(names, line) for names in (self.store, self.item, self.lot))
        expires, leaving = _picked(self.stock["expires"], row), _picked(self.stock["quantity"], row)
        held = [ZERO] * len(line)
        blocked: list[tuple[str, ...]] = [()] * len(line)
        checks: dict[tuple[int, str], tuple[Check, ...]] = {}
        asked = np.flatnonzero(~plain)
        lots = dict(zip(asked.tolist(), self._lines_of(asked), strict=True))
        for g, lines in lots.items():
            book, name = books[store[g]], item[g]
            if (id(book), name) not in checks:
                checks[id(book), name] = tuple(one for one in book.checks(name) if one.kind not in STORE_WIDE)
            own, done = checks[id(book), name], self._done(g)
            gate = judge_lot(store[g], book.catalogue[name], lot[g] or None, lines, own, done, day=self.day).gate
            expires[g], leaving[g], held[g], blocked[g] = gate.expires, gate.dispatchable, gate.held, gate.blocked
        return Gates(store, item, [name or NO_LOT for name in lot], expires, leaving, held, blocked)

    def _lines_of(self, lots: NDArray[np.intp]) -> Iterator[list[StockLine]]:
        """The lines of each of these lots."""
        first, counts = self.first[lots].tolist(), self.count[lots].tolist()
        rows = [self.rows[k] for start, count in zip(first, counts, strict=True) for k in range(start, start + count)]
        lines = map(StockLine, *(map(self.stock[name].__getitem__, rows) for name in _LINE))
        return (list(islice(lines, count)) for count in counts)

    def _done(self, g: int) -> Done:
        days = zip(PER_LOT, self.passed[g].tolist(), self.failed[g].tolist(), strict=True)
        return {kind: (passed, failed) for kind, passed, failed in days if passed or failed}


def _places(known: NDArray[np.int64], codes: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each code stands among the sorted `known` ones, and whether it is one of them."""
    place = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    return place, known[place] == codes
