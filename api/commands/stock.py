"""Stock: looks, movements, transfers, stocktakes."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from api.commands import stock_moves, stock_orders, stock_papers
from api.commands.kit import MOST_NUMBER, MOST_ROWS, Kit, day
from api.commands.stock_entry import Page, Writes, coded, print_json, word
from api.office import Entry, known, look, names_of
from inventory.kinds import ELSEWHERE, OWNERS, STATES
from optimizer.errors import BadInput, Fault
from scenarios.texts import text

NONE_FOUND, DONE = "said.stock.none", 0


def held(what: str, lang: str) -> str:
    """What held units: a task by its key, or a state or the reserve floor in words."""
    if what == "RESERVE_FLOOR":
        return text("word.reserve_floor", lang)
    return STATES[what][0 if lang == "zh" else 1] if what in STATES else what


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands of this module."""
    group = kit.group(app, "stock", "cmd.stock")
    _lines(group, kit)
    stock_papers.register(group, kit)
    stock_moves.register(group, kit)
    _promised(group, kit)
    stock_orders.register(group, kit)


def cursor(value: str | None) -> Any:
    """`3.14.159`, as the command itself said it. Raises BadInput."""
    if value is None:
        return None
    parts = value.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise BadInput("--after", [Fault("--after", "BadCursor", {"value": value[:60]})])
    found = tuple(int(part) for part in parts if len(part) < 20)
    if len(found) != 3 or max(found) > MOST_NUMBER:
        raise BadInput("--after", [Fault("--after", "BadCursor", {"value": value[:60]})])
    return found


def listed(
    kit: Kit, found: Sequence[Any], as_json: bool, heads: tuple[str, ...], cells: Callable[[Any, Any], tuple[Any, ...]]
) -> int:
    """Rows of stores and items as JSON or as a table; `cells` makes one of a row and the names."""
    if as_json:
        print_json(found)
    elif not found:
        kit.speaker.say(NONE_FOUND)
    else:
        names = look(names_of, stores=[row.store for row in found], items=[row.item for row in found])
        Page(kit.speaker).table(heads, (cells(row, names) for row in found))
    return DONE


def _lines(group: typer.Typer, kit: Kit) -> None:
    option, speaker, lang = kit.option, kit.speaker, kit.lang
    page = Page(speaker)
    filters = {
        "place": option("--place", "opt.stock.place"),
        "store": option("--store", "opt.stock.store"),
        "item": option("--item", "opt.stock.item"),
        "json": option("--json", "opt.stock.json"),
    }

    @kit.command(group, "list", "cmd.stock.list")
    def stock_list(
        place: Annotated[str | None, filters["place"]] = None,
        store: Annotated[str | None, filters["store"]] = None,
        item: Annotated[str | None, filters["item"]] = None,
        lot: Annotated[str | None, option("--lot", "opt.stock.lot")] = None,
        state: Annotated[str | None, option("--state", "opt.stock.state")] = None,
        owner: Annotated[str | None, option("--owner", "opt.stock.owner.filter")] = None,
        expires_by: Annotated[str | None, option("--expires-by", "opt.stock.expires_by")] = None,
        limit: Annotated[int, option("--limit", "opt.stock.limit", min=1, max=MOST_ROWS, show_default=True)] = 50,
        after: Annotated[str | None, option("--after", "opt.stock.after")] = None,
        whole: Annotated[bool, option("--all", "opt.stock.all")] = False,
        as_json: Annotated[bool, filters["json"]] = False,
    ) -> int:
        from api.stockroom import stock_lines

        look(known, place=place, store=store, item=item)
        found = look(
            stock_lines, place=place, store=store, item=item, lot=stock_moves.lot_code(lot), limit=limit, whole=whole,
            state=coded("--state", state, STATES | ELSEWHERE), owner=coded("--owner", owner, OWNERS),
            expires_by=day("--expires-by", expires_by), after=cursor(after),
        )  # fmt: skip
        following = None if found.next is None else ".".join(map(str, found.next))
        if as_json:
            print_json({"rows": found.rows, "next": following})
            return DONE
        names = look(names_of, stores=[row.store for row in found.rows], items=[row.item for row in found.rows])
        if not found.rows:
            speaker.say(NONE_FOUND)
            return DONE
        page.table(
            ("store", "item", "lot", "bin", "state", "quantity>", "unit", "reserved>", "expires", "owner", "price>"),
            (
                (names.store(row.store, lang), names.item(row.item, lang), row.lot or "-", row.bin,
                 word(STATES | ELSEWHERE, row.state, lang), row.quantity, names.unit(row.item, lang),
                 row.reserved or None, row.expires, word(OWNERS, row.owner, lang), row.unit_price)
                for row in found.rows
            ),
        )  # fmt: skip
        if following is not None:
            speaker.say("said.stock.next", after=following)
        return DONE

    @kit.command(group, "available", "cmd.stock.available")
    def available(
        place: Annotated[str | None, filters["place"]] = None,
        store: Annotated[str | None, filters["store"]] = None,
        item: Annotated[str | None, filters["item"]] = None,
        as_json: Annotated[bool, filters["json"]] = False,
    ) -> int:
        from api.stockroom import available_units
        from inventory.database import now

        look(known, place=place)
        found = look(available_units, as_of=now(), place=place, store=store, item=item)
        return listed(
            kit, found, as_json, ("store", "item", "available>", "unit"),
            lambda row, names: (
                names.store(row.store, lang), names.item(row.item, lang), row.available, names.unit(row.item, lang),
            ),
        )  # fmt: skip


def _promised(group: typer.Typer, kit: Kit) -> None:
    """What is lent, kept for somebody, or should be topped up."""
    option, speaker, lang = kit.option, kit.speaker, kit.lang
    page, writes = Page(speaker), Writes(kit)
    json_wanted = option("--json", "opt.stock.json")

    @kit.command(group, "loans", "cmd.stock.loans")
    def loans(
        store: Annotated[str | None, option("--store", "opt.stock.store")] = None,
        due_by: Annotated[str | None, option("--due-by", "opt.stock.due_by")] = None,
        as_json: Annotated[bool, json_wanted] = False,
    ) -> int:
        from inventory.ledger.pages import open_loans

        look(known, store=store)
        found = look(open_loans, store=store, due_by=day("--due-by", due_by))
        return listed(
            kit, found, as_json, ("operation>", "store", "item", "lot", "quantity>", "unit", "borrower", "due_back"),
            lambda row, names: (
                str(row.operation), names.store(row.store, lang), names.item(row.item, lang), row.lot or "-",
                row.quantity, names.unit(row.item, lang), row.borrower, row.due_back,
            ),
        )  # fmt: skip

    @kit.command(group, "overrides", "cmd.stock.overrides")
    def lifted(
        store: Annotated[str | None, option("--store", "opt.stock.store")] = None,
        as_json: Annotated[bool, json_wanted] = False,
    ) -> int:
        from inventory.ledger.pages import list_overrides

        look(known, store=store)
        found = look(list_overrides, store=store)
        return listed(
            kit, found, as_json,
            ("operation>", "recorded_at", "store", "item", "lot", "quantity>", "blocked", "person", "why"),
            lambda row, names: (
                str(row.operation), row.recorded_at, names.store(row.store, lang), names.item(row.item, lang),
                row.lot or "-", row.quantity, ", ".join(held(one, lang) for one in row.blocked), row.person,
                row.reason,
            ),
        )  # fmt: skip

    @kit.command(group, "reservations", "cmd.stock.reservations")
    def reservations(
        reference: Annotated[str | None, option("--for", "opt.stock.reference.filter")] = None,
        as_json: Annotated[bool, json_wanted] = False,
    ) -> int:
        from inventory.ledger.pages import open_reservations

        found = look(open_reservations, reference=reference)
        return listed(
            kit, found, as_json, ("reference", "store", "item", "lot", "quantity>", "unit", "until"),
            lambda row, names: (
                row.reference, names.store(row.store, lang), names.item(row.item, lang), row.lot or "-", row.quantity,
                names.unit(row.item, lang), row.expires_at,
            ),
        )  # fmt: skip

    @writes(group, "replenish", "cmd.stock.replenish", reason="REPLENISH", fixed=True)
    def replenish(
        entry: Entry,
        place: Annotated[str | None, option("--place", "opt.stock.place")] = None,
        request: Annotated[bool, option("--request", "opt.stock.request")] = False,
        as_json: Annotated[bool, json_wanted] = False,
    ) -> int:
        from api.office import writing
        from api.stockroom import top_up
        from inventory.database import now

        at = now()
        look(known, place=place)
        if request:
            with writing() as connection:
                found, numbers = top_up(connection, act=entry.act(at), as_of=at, place=place)
        else:
            found, numbers = look(top_up, act=None, as_of=at, place=place)
        if as_json:
            orders = [{"from": pair[0], "to": pair[1], "number": number} for pair, number in numbers.items()]
            print_json({"suggestions": found, "requests": orders})
            return DONE
        names = look(
            names_of, stores=[code for row in found for code in (row.store, row.source)],
            items=[row.item for row in found],
        )  # fmt: skip
        if not found:
            speaker.say("said.stock.nothing_short")
            return DONE
        page.table(
            ("store", "item", "have>", "minimum>", "target>", "top_up>", "unit", "way", "from_store", "number"),
            (
                (names.store(row.store, lang), names.item(row.item, lang), row.have, row.minimum, row.target,
                 row.quantity, names.unit(row.item, lang), speaker.words(f"way.{row.kind}"),
                 names.store(row.source, lang), numbers.get((row.source or "", row.store), ""))
                for row in found
            ),
        )  # fmt: skip
        if request:
            speaker.say("said.stock.requested", count=len(numbers))
        return DONE
