"""Kits (a "flood kit" that explodes to items) and packages (a case of 24)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import Connection, delete, insert, select

from inventory.catalogue import UnknownItem
from inventory.fefo import check_positive
from inventory.ledger.choose import Override, choose
from inventory.ledger.errors import UnknownKit, UnknownPackage
from inventory.ledger.issue import out
from inventory.ledger.post import Act, Operation, begin, ids_by_code, insert_into, lock, post
from inventory.tables.goods import items, kit_items, kits, packages


def save_kit(
    connection: Connection, *, kit: str, name: str, content: Mapping[str, Decimal], name_en: str | None = None
) -> None:
    """What a kit holds; a kit that is there is replaced. Raises UnknownItem, BadQuantity."""
    known = ids_by_code(connection, items, content)
    for item, quantity in content.items():
        if item not in known:
            raise UnknownItem(item=item)
        check_positive(quantity, item=item, store=kit)
    statement = insert_into(connection.dialect.name)(kits).values(code=kit, name=name, name_en=name_en)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["code"], set_={"name": name, "name_en": name_en})
    )
    connection.execute(delete(kit_items).where(kit_items.c.kit_code == kit))
    rows = [{"kit_code": kit, "item_id": known[item], "quantity": content[item]} for item in sorted(content)]
    if rows:
        connection.execute(insert(kit_items), rows)


def explode(connection: Connection, *, kit: str, count: Decimal) -> dict[str, Decimal]:
    """item -> units of `count` kits. Raises UnknownKit, BadQuantity."""
    check_positive(count, item=kit, store="-")
    rows = connection.execute(
        select(items.c.code, kit_items.c.quantity)
        .join(items, items.c.id == kit_items.c.item_id)
        .where(kit_items.c.kit_code == kit)
        .order_by(items.c.code)
    ).all()
    if not rows:
        raise UnknownKit(kit=kit)
    return {item: quantity * count for item, quantity in rows}


def issue_kit(
    connection: Connection, *, store: str, kit: str, count: Decimal, act: Act, override: Override | None = None
) -> Operation:
    """All items of the kits leave, or none. Raises what `issue` raises, for the first item that is short."""
    content = explode(connection, kit=kit, count=count)
    request = {"store": store, "kit": kit, "n": count, "override": repr(override)}
    operation = begin(connection, "ISSUE", replace(act, note=act.note or kit), request)
    if operation.replayed:
        return operation
    heads = lock(connection, [(store, item) for item in content])
    for item, quantity in content.items():
        head = heads[store, item]
        taken = choose(connection, head, quantity, act=act, override=override, operation=operation)
        post(connection, operation, [out(head, one) for one in taken])
    return operation


def save_package(connection: Connection, *, item: str, name: str, units: Decimal) -> None:
    """One package of an item holds so many of its units. Raises UnknownItem, BadQuantity."""
    known = ids_by_code(connection, items, [item])
    if item not in known:
        raise UnknownItem(item=item)
    check_positive(units, item=item, store=name)
    statement = insert_into(connection.dialect.name)(packages).values(item_id=known[item], name=name, units=units)
    connection.execute(statement.on_conflict_do_update(index_elements=["item_id", "name"], set_={"units": units}))


def units_of(connection: Connection, *, item: str, package: str, count: Decimal) -> Decimal:
    """Units of the item in `count` packages. Raises UnknownPackage, BadQuantity."""
    check_positive(count, item=item, store=package)
    row = connection.execute(
        select(packages.c.units)
        .join(items, items.c.id == packages.c.item_id)
        .where(items.c.code == item, packages.c.name == package)
    ).first()
    if row is None:
        raise UnknownPackage(item=item, package=package)
    return count * Decimal(row.units)
