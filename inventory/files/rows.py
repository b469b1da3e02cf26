"""What the cells of a table must be to one another, and to other tables: order, keys, references."""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from inventory.errors import RowFault
from inventory.files.cells import cell_text, codes_in, fault, shown
from inventory.files.dictionary import Column, columns_of
from inventory.kinds import STORE_WIDE
from inventory.places import division_level, division_parent

if TYPE_CHECKING:
    from inventory.files.read import Table

IN_ORDER = {  # pairs of columns of one row whose first must not come after the second
    "stock": (("made", "expires"), ("made", "received")),
    "custodians": (("valid_from", "valid_to"),),
    "teams": (("available_from", "available_until"),),
    "duty_requests": (("first", "last"),),
    "items": (("target_factor", "max_factor"),),
}
TOGETHER = (("lat", "lon"), ("need_code", "need_per_unit"))  # both or neither
TOTAL_WORDS = frozenset({"合计", "总计", "小计", "共计", "累计", "total", "subtotal", "grandtotal"})
_KEY_JOINT = "\x1f"  # no cell can hold it
_LOOK_ALIKE = str.maketrans("oil", "011", " -_/.·")

Label = Callable[[str], str]  # a column of the dictionary -> what the file calls it
References = Mapping[str, Collection[str] | Mapping[str, str]]
BadCells = Collection[tuple[int | None, str | None]]  # (row, label)


def is_total(text: str) -> bool:
    """Whether a cell says that its row is a sum of the others."""
    return len(text) <= 16 and "".join(text.split()).rstrip(":：").lower() in TOTAL_WORDS


def row_faults(table: "Table", bad_cells: BadCells, label: Label) -> list[RowFault]:
    """What two cells of one row must be to each other; cells that are bad in themselves are not compared."""
    faults: list[RowFault] = []
    for first, second in IN_ORDER.get(table.name, ()):
        for number, low, high in zip(table.row_numbers, table[first], table[second], strict=True):
            if low is not None and high is not None and low > high:
                facts = {"earlier": label(first), "low": low, "high": high}
                faults.append(RowFault(number, label(second), "OUT_OF_ORDER", facts))
    for first, second in TOGETHER:
        if first in table.columns and second in table.columns:
            for number, one, other in zip(table.row_numbers, table[first], table[second], strict=True):
                if (one is None) != (other is None):
                    empty, filled = (first, second) if one is None else (second, first)
                    if (number, label(empty)) not in bad_cells:
                        faults.append(fault(number, label(empty), "NOT_TOGETHER", other=label(filled)))
    if table.name == "places":
        faults += _place_faults(table, label)
    if table.name == "stock":
        faults += _stock_faults(table, label)
    if table.name == "maintenance":
        faults += [found for found in _maintenance_faults(table, label) if (found.row, label("item")) not in bad_cells]
    return faults


def _place_faults(table: "Table", label: Label) -> list[RowFault]:
    """Level and parent are written out for the reader, and must agree with the code that already says both."""
    faults: list[RowFault] = []
    rows = zip(table.row_numbers, table["code"], table["level"], table["parent_code"], strict=True)
    for number, code, level, parent in rows:
        if code is None:
            continue
        if level is not None and level != division_level(code):
            faults.append(fault(number, label("level"), "LEVEL_NOT_CODE", value=level, implied=division_level(code)))
        implied = division_parent(code)
        if parent is not None and parent != implied:
            faults.append(fault(number, label("parent_code"), "PARENT_NOT_CODE", value=parent, implied=implied or "-"))
    return faults


def _stock_faults(table: "Table", label: Label) -> list[RowFault]:
    """The reserve floor belongs to store and item; lines that state it must state the same."""
    first: dict[tuple[str, str], tuple[int, Any]] = {}
    faults: list[RowFault] = []
    rows = zip(table.row_numbers, table["store"], table["item"], table["reserve_floor"], strict=True)
    for number, store, item, floor in rows:
        if floor is None or store is None or item is None:
            continue
        first_row, stated = first.setdefault((store, item), (number, floor))
        if floor != stated:
            facts = {"value": floor, "stated": stated, "first_row": first_row}
            faults.append(RowFault(number, label("reserve_floor"), "FLOORS_DIFFER", facts))
    return faults


def _maintenance_faults(table: "Table", label: Label) -> list[RowFault]:
    """Only a stocktake or a season check is made of a whole store; any other check is of an item."""
    rows = zip(table.row_numbers, table["item"], table["lot"], table["kind"], strict=True)
    return [
        fault(number, label("item"), "ITEM_NEEDED", kind=kind)
        for number, item, lot, kind in rows
        if item is None and kind is not None and (lot is not None or kind not in STORE_WIDE)
    ]


def key_text(column: Column, text: str, value: Any) -> str:
    """One text for all ways to write the value of a key cell (完好 and serviceable, one instant in two offsets)."""
    if value is None or value is text or column.type == "date":
        return text
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return cell_text(value)


def key_faults(
    keys: Mapping[str, Sequence[str]], numbers: Sequence[int], bad_cells: BadCells, label: Label
) -> list[RowFault]:
    """Rows whose key columns (name -> texts, one way of writing per value) all repeat those of a row above."""
    names = [label(name) for name in keys]
    if not names:
        return []
    joined = list(map(_KEY_JOINT.join, zip(*keys.values(), strict=True)))
    if len(set(joined)) == len(joined):
        return []
    first: dict[str, int] = {}
    faults: list[RowFault] = []
    for number, key in zip(numbers, joined, strict=True):
        if any((number, name) in bad_cells for name in names):
            continue
        if key in first:
            value = shown(" / ".join(part or "-" for part in key.split(_KEY_JOINT)))
            facts = {"key": " + ".join(names), "value": value, "first_row": first[key]}
            faults.append(RowFault(number, names[0], "DUPLICATE_KEY", facts))
        else:
            first[key] = number
    return faults


def reference_faults(table: "Table", references: References, label: Label) -> list[RowFault]:
    """Cells that name a row of another table which is not among `references` ("stores.id" -> ids, or id -> name).

    Columns whose target is not in `references` are not checked. A table that points to itself may name its own rows.
    """
    faults: list[RowFault] = []
    for column in columns_of(table.name):
        if column.ref is None or column.ref not in references:
            continue
        known = references[column.ref]
        target, key = column.ref.split(".")
        own = table[key] if target == table.name else []
        missing = unknown_codes(column, table[column.name], known, own)
        says = {code: _unknown(code, known, target) for code in {code for _, code in missing}}
        faults += [RowFault(table.row_numbers[index], label(column.name), *says[code]) for index, code in missing]
    return faults


def unknown_codes(column: Column, values: Sequence[Any], *known: Iterable[Any]) -> list[tuple[int, str]]:
    """(index, code) of what cells name that is not among `known`; a list may name several."""
    if column.type in ("list", "quantities"):
        all_known = set().union(*known)
        named = ((index, code) for index, value in enumerate(values) for code in codes_in(value))
        return [(index, code) for index, code in named if code not in all_known]
    missing = set(values).difference(*known, [None])
    return [(index, value) for index, value in enumerate(values) if value in missing] if missing else []


def _unknown(value: str, known: Collection[str] | Mapping[str, str], target: str) -> tuple[str, dict[str, Any]]:
    """Code and facts: the id is suggested where the cell holds a name, or looks like just one id."""
    facts: dict[str, Any] = {"value": shown(value), "target": target}
    if isinstance(known, Mapping):
        named = [each for each, name in known.items() if name == value]
        if len(named) == 1:
            return "NAME_FOR_ID", {**facts, "nearest": named[0]}
    plain = _plain(value)
    alike = [each for each in known if _plain(each) == plain]
    if len(alike) == 1:
        return "NEAR_REFERENCE", {**facts, "nearest": alike[0]}
    return "UNKNOWN_REFERENCE", facts


def _plain(text: str) -> str:
    """What an id looks like: widths, case, separators, O and 0, I, l and 1 are easily taken for one another."""
    return unicodedata.normalize("NFKC", text).lower().translate(_LOOK_ALIKE)
