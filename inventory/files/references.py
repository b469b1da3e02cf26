"""Do the tables fit together? Each cell that names a row of another table must name one that is there."""

from collections.abc import Collection, Mapping

from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault, shown
from inventory.files.dictionary import columns_of
from inventory.files.read import Table
from inventory.files.rows import unknown_codes


def check_references(tables: Mapping[str, Table], *, source: str, items: Collection[str] | None = None) -> None:
    """Raises BadTable (columns as `table.column`) with every cell whose target is not in `tables`.

    `items` are the ids of the catalogue, where `tables` holds no `items`. A table that nobody hands in is an
    empty one, except `places` and the catalogue: without them, what points there is not checked.
    """
    known: dict[str, Collection[object]] = {}
    if items is not None:
        known["items.item_id"] = set(items)
    faults: list[RowFault] = []
    for name, table in tables.items():
        for column in columns_of(name):
            if column.ref is None:
                continue
            target, key = column.ref.split(".")
            if column.ref not in known:
                if target not in tables and target in ("places", "items"):
                    continue
                known[column.ref] = set(tables[target][key]) if target in tables else set()
            faults += [
                fault(table.row_numbers[index], f"{name}.{column.name}", "UNKNOWN_REFERENCE", value=shown(code),
                      target=target)
                for index, code in unknown_codes(column, table[column.name], known[column.ref])
            ]  # fmt: skip
    if faults:
        raise BadTable(source, faults)
