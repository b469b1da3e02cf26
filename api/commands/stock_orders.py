"""Work on stock that takes several people: transfers between stores, and stocktakes."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.kit import Kit, code, day, in_bounds, moment_to_come, new_file, quantity
from api.commands.stock_entry import Page, Writes, coded, print_json, word
from api.commands.stock_moves import lot_code, told
from api.commands.stock_papers import wrote
from api.office import Entry, known, look, names_of, record
from inventory.kinds import ORDER_STATES, REASONS, STATES
from optimizer.errors import BadInput, Fault

DONE = 0


def register(group: typer.Typer, kit: Kit) -> None:
    transfer = kit.group(group, "transfer", "cmd.stock.transfer")
    _transfer_steps(transfer, kit)
    _transfer_looks(transfer, kit)
    count = kit.group(group, "count", "cmd.stock.count")
    _count_steps(count, kit)
    _count_looks(count, kit)


def amounts(given: list[str], *, least: int = 1) -> list[tuple[str, Any]]:
    """`M013=40` …: items and their units. Raises BadInput with every one that is not of that form."""
    from decimal import Decimal, InvalidOperation

    found, faults = [], []
    for text in given:
        item, _, amount = text.partition("=")
        try:
            units = Decimal(amount)
            if not item or not units.is_finite() or units < 0 or (least and not units):
                raise InvalidOperation
            found.append((code("ITEM=QTY", item), in_bounds("ITEM=QTY", amount, units)))
        except InvalidOperation:
            faults.append(Fault("ITEM=QTY", "BadItemQuantity", {"value": text[:60]}))
    if faults:
        raise BadInput("ITEM=QTY", faults)
    return found


def _transfer_steps(group: typer.Typer, kit: Kit) -> None:
    argument, option, speaker, writes = kit.argument, kit.option, kit.speaker, Writes(kit)
    number_of = argument("arg.stock.number", metavar="NUMBER")

    @writes(group, "request", "cmd.stock.transfer.request", reason="REPLENISH", others=("RESCUE", "RELIEF", "DRILL"))
    def request(
        entry: Entry,
        source: Annotated[str, argument("arg.stock.from_store", metavar="FROM")],
        target: Annotated[str, argument("arg.stock.to_store", metavar="TO")],
        asked: Annotated[list[str], argument("arg.stock.items", metavar="ITEM=QTY...")],
    ) -> int:
        from inventory.ledger.transfer import request_transfer

        made = record(entry, request_transfer, from_store=source, to_store=target, lines=amounts(asked))
        speaker.say("said.stock.order", number=made)
        return DONE

    @writes(group, "approve", "cmd.stock.transfer.approve", reason="REPLENISH", others=("RESCUE", "RELIEF", "DRILL"))
    def approve(
        entry: Entry,
        number: Annotated[str, number_of],
        only: Annotated[list[str] | None, argument("arg.stock.items.approve", metavar="[ITEM=QTY...]")] = None,
        until: Annotated[str | None, option("--until", "opt.stock.until")] = None,
    ) -> int:
        from inventory.ledger.transfer import approve_transfer

        done = record(
            entry, approve_transfer, number=number, quantities=dict(amounts(only, least=0)) if only else None,
            expires_at=moment_to_come("--until", until),
        )  # fmt: skip
        return told(kit, done)

    @writes(group, "pick", "cmd.stock.transfer.pick", reason="REPLENISH", fixed=True)
    def pick(entry: Entry, number: Annotated[str, number_of]) -> int:
        from inventory.ledger.transfer import pick_transfer

        return told(kit, record(entry, pick_transfer, number=number))

    @writes(group, "ship", "cmd.stock.transfer.ship", reason="REPLENISH", others=("RESCUE", "RELIEF", "DRILL"))
    def ship(entry: Entry, number: Annotated[str, number_of]) -> int:
        from inventory.ledger.transfer import ship_transfer

        return told(kit, record(entry, ship_transfer, number=number))

    @writes(group, "receive", "cmd.stock.transfer.receive", reason="REPLENISH", others=("RESCUE", "RELIEF", "DRILL"))
    def receive(
        entry: Entry,
        number: Annotated[str, number_of],
        arrived: Annotated[list[str] | None, option("--arrived", "opt.stock.arrived")] = None,
        to: Annotated[str | None, option("--bin", "opt.stock.bin.receive")] = None,
    ) -> int:
        from api.stockroom import receive_order

        return told(kit, record(entry, receive_order, number=number, arrived=arrived or (), bin=to))

    @writes(group, "refuse", "cmd.stock.transfer.refuse", reason="CANCELLED", fixed=True)
    def refuse(entry: Entry, number: Annotated[str, number_of]) -> int:
        from inventory.ledger.transfer import end_transfer

        return told(kit, record(entry, end_transfer, number=number, refuse=True))

    @writes(group, "cancel", "cmd.stock.transfer.cancel", reason="CANCELLED", fixed=True)
    def cancel(entry: Entry, number: Annotated[str, number_of]) -> int:
        from inventory.ledger.transfer import end_transfer

        return told(kit, record(entry, end_transfer, number=number))


def _transfer_looks(group: typer.Typer, kit: Kit) -> None:
    argument, option, speaker, lang = kit.argument, kit.option, kit.speaker, kit.lang
    page = Page(speaker)
    number_of, json_wanted = argument("arg.stock.number", metavar="NUMBER"), option("--json", "opt.stock.json")

    @kit.command(group, "list", "cmd.stock.transfer.list")
    def transfers(
        store: Annotated[str | None, option("--store", "opt.stock.store")] = None,
        ended: Annotated[bool, option("--all", "opt.stock.ended")] = False,
        as_json: Annotated[bool, json_wanted] = False,
    ) -> int:
        from inventory.ledger.transfer import list_transfers

        look(known, store=store)
        found = look(list_transfers, store=store, live=not ended)
        if as_json:
            print_json([dict(zip(("number", "status", "from_store", "to_store"), row, strict=True)) for row in found])
            return DONE
        names = look(names_of, stores=[code for row in found for code in row[2:]])
        if not found:
            speaker.say("said.stock.none")
            return DONE
        page.table(
            ("number", "status", "from_store", "to_store"),
            (
                (number, word(ORDER_STATES, status, lang), names.store(source, lang), names.store(target, lang))
                for number, status, source, target in found
            ),
        )
        return DONE

    @kit.command(group, "show", "cmd.stock.transfer.show")
    def show(number: Annotated[str, number_of], as_json: Annotated[bool, json_wanted] = False) -> int:
        from inventory.ledger.transfer import view_transfer

        order = look(view_transfer, number=number)
        if as_json:
            print_json(order)
            return DONE
        names = look(names_of, stores=[order.from_store, order.to_store], items=[line[0] for line in order.lines])
        page.facts([
            ("number", order.number), ("status", word(ORDER_STATES, order.status, lang)),
            ("from_store", names.store(order.from_store, lang)), ("to_store", names.store(order.to_store, lang)),
            ("reason", word(REASONS, order.reason, lang)), ("note", order.note), ("recorded_at", order.requested_at),
        ])  # fmt: skip
        page.table(
            ("item", "requested>", "approved>", "unit"),
            ((names.item(item, lang), asked, granted, names.unit(item, lang)) for item, asked, granted in order.lines),
        )
        if order.picks:
            page.table(
                ("item", "lot", "expires", "quantity>", "sound>", "damaged>", "missing>", "price>"),
                (
                    (names.item(one.item, lang), one.lot or "-", one.expires, one.quantity, one.received, one.damaged,
                     one.missing, one.unit_price)
                    for one in order.picks
                ),
            )  # fmt: skip
        page.table(
            ("recorded_at", "status", "actor", "note"),
            ((at, word(ORDER_STATES, status, lang), actor, note) for status, actor, note, at in order.events),
        )
        return DONE

    @kit.command(group, "print", "cmd.stock.transfer.print")
    def print_order(
        number: Annotated[str, number_of],
        pdf: Annotated[Path, option("--pdf", "opt.stock.pdf")],
    ) -> int:
        from api.papers import transfer_paper
        from inventory.documents import write_transfer_order

        new_file("--pdf", pdf)
        paper = look(transfer_paper, number=number, lang=lang)
        wrote(speaker, pdf, write_transfer_order(pdf, paper, lang=lang))  # type: ignore[arg-type]
        return DONE


def _count_steps(group: typer.Typer, kit: Kit) -> None:
    argument, option, speaker, writes = kit.argument, kit.option, kit.speaker, Writes(kit)
    number_of = argument("arg.stock.number", metavar="NUMBER")

    @writes(group, "open", "cmd.stock.count.open", reason="COUNT", fixed=True)
    def open_(
        entry: Entry,
        store: Annotated[str, argument("arg.stock.store", metavar="STORE")],
        item: Annotated[list[str] | None, option("--item", "opt.stock.count_item")] = None,
        book: Annotated[bool, option("--show-book", "opt.stock.show_book")] = False,
    ) -> int:
        from inventory.ledger.count import open_count

        made = record(entry, open_count, store=store, item_codes=item or None, blind=not book)
        speaker.say("said.stock.count_open", number=made)
        return DONE

    @writes(group, "enter", "cmd.stock.count.enter", reason="COUNT", fixed=True)
    def enter(
        entry: Entry,
        number: Annotated[str, number_of],
        what: Annotated[list[str], argument("arg.stock.counted", metavar="FILE | ITEM LOT QTY")],
        at: Annotated[str | None, option("--bin", "opt.stock.bin")] = None,
        state: Annotated[str, option("--state", "opt.stock.state.counted")] = "serviceable",
        expires: Annotated[str | None, option("--expires", "opt.stock.expires")] = None,
    ) -> int:
        from inventory.ledger.count import Counted, enter_counts

        if len(what) == 1:
            from api.stocktakes import enter_sheet

            entered = record(entry, enter_sheet, number=number, path=Path(what[0]))
            told(kit, entered.operation)
            speaker.say("said.stock.entered", lines=entered.lines, blank=entered.blank)
            return DONE
        if len(what) != 3:
            raise BadInput("FILE | ITEM LOT QTY", [Fault("FILE | ITEM LOT QTY", "BadCounted", {"count": len(what)})])
        found = quantity("QTY", what[2], zero=True)  # there may be none left
        item, lot = code("ITEM", what[0]), lot_code(code("LOT", what[1])) or ""
        counted = Counted(
            item=item, lot=lot, quantity=found, bin=at, note=entry.note,
            state=coded("--state", state, STATES) or "serviceable", expires=day("--expires", expires),
        )  # fmt: skip
        return told(kit, record(entry, enter_counts, number=number, counted=[counted]))

    @writes(group, "close", "cmd.stock.count.close", reason="COUNT", fixed=True)
    def close(entry: Entry, number: Annotated[str, number_of]) -> int:
        from inventory.ledger.count import close_count

        return told(kit, record(entry, close_count, number=number))

    @writes(group, "approve", "cmd.stock.count.approve", reason="COUNT", fixed=True)
    def approve(entry: Entry, number: Annotated[str, number_of]) -> int:
        from inventory.ledger.count import approve_count

        return told(kit, record(entry, approve_count, number=number))

    @writes(group, "reject", "cmd.stock.count.reject", reason="COUNT", fixed=True)
    def reject(entry: Entry, number: Annotated[str, number_of]) -> int:
        from inventory.ledger.count import reject_count

        return told(kit, record(entry, reject_count, number=number))


def _count_looks(group: typer.Typer, kit: Kit) -> None:
    argument, option, speaker, lang = kit.argument, kit.option, kit.speaker, kit.lang
    page = Page(speaker)
    number_of, json_wanted = argument("arg.stock.number", metavar="NUMBER"), option("--json", "opt.stock.json")

    @kit.command(group, "list", "cmd.stock.count.list")
    def counts(
        store: Annotated[str | None, option("--store", "opt.stock.store")] = None,
        ended: Annotated[bool, option("--all", "opt.stock.ended")] = False,
        as_json: Annotated[bool, json_wanted] = False,
    ) -> int:
        from api.stocktakes import list_counts

        look(known, store=store)
        found = look(list_counts, store=store, live=not ended)
        if as_json:
            print_json(found)
            return DONE
        names = look(names_of, stores=[row.store for row in found])
        if not found:
            speaker.say("said.stock.none")
            return DONE
        page.table(
            ("number", "store", "status", "recorded_at", "lines>", "counted>"),
            (
                (row.number, names.store(row.store, lang), word(ORDER_STATES, row.status, lang), row.opened_at,
                 row.lines, row.counted)
                for row in found
            ),
        )  # fmt: skip
        return DONE

    @kit.command(group, "sheet", "cmd.stock.count.sheet")
    def sheet(
        number: Annotated[str, number_of],
        out: Annotated[Path, option("--out", "opt.stock.out.sheet")],
    ) -> int:
        from api.stocktakes import sheet_rows, write_sheet

        new_file("--out", out)
        rows = look(sheet_rows, number=number, lang=lang)
        write_sheet(out, rows, lang=lang)
        speaker.say("said.stock.sheet", number=number, file=out, lines=len(rows))
        return DONE

    @kit.command(group, "show", "cmd.stock.count.show")
    def show(number: Annotated[str, number_of], as_json: Annotated[bool, json_wanted] = False) -> int:
        from inventory.ledger.count import count_sheet

        store, status, lines = look(count_sheet, number=number)
        if as_json:
            print_json({"number": number, "store": store, "status": status, "lines": lines})
            return DONE
        names = look(names_of, stores=[store], items=[line.item for line in lines])
        page.facts([("number", number), ("store", names.store(store, lang)),
                    ("status", word(ORDER_STATES, status, lang))])  # fmt: skip
        page.table(
            ("item", "lot", "bin", "state", "book>", "expected>", "counted>", "variance>", "since>", "unit", "note"),
            (
                (names.item(line.item, lang), line.lot or "-", line.bin, word(STATES, line.state, lang), line.book,
                 line.expected, line.counted, line.variance, line.moved_since or None, names.unit(line.item, lang),
                 line.note)
                for line in lines
            ),
        )  # fmt: skip
        return DONE
