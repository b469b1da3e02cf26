"""The card of an item, the history of one unit, and labels to stick on: on the screen, as PDF, as XLSX."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.kit import Kit, day, new_file
from api.commands.stock_entry import Page, coded, print_json, word
from api.commands.stock_moves import lot_code
from api.office import look, names_of
from api.say import Speaker
from inventory.kinds import ELSEWHERE, KINDS, MOVEMENTS, REASONS, STATES

DONE = 0
LABELS = {"store": ("库", "store"), "bins": ("货位", "bins"), "lots": ("批次", "lots"), "assets": ("单件", "assets")}


def wrote(speaker: Speaker, path: Path, printed: Any = None) -> None:
    """The file that was written, and what of it could not be printed."""
    speaker.say("said.stock.wrote", file=path)
    if printed is not None and printed.missing:
        speaker.warn(speaker.words("said.stock.missing_glyphs", characters=printed.missing), style="yellow")
    if printed is not None and printed.shortened:
        speaker.warn(speaker.words("said.stock.shortened", count=len(printed.shortened)), style="yellow")


def register(group: typer.Typer, kit: Kit) -> None:
    _card(group, kit)
    _asset(group, kit)
    _labels(group, kit)


def _card(group: typer.Typer, kit: Kit) -> None:
    argument, option, speaker, lang = kit.argument, kit.option, kit.speaker, kit.lang

    @kit.command(group, "card", "cmd.stock.card")
    def card(
        store: Annotated[str, argument("arg.stock.store", metavar="STORE")],
        item: Annotated[str, argument("arg.stock.item", metavar="ITEM")],
        lot: Annotated[str | None, option("--lot", "opt.stock.lot")] = None,
        first: Annotated[str | None, option("--from", "opt.stock.from_day")] = None,
        last: Annotated[str | None, option("--to", "opt.stock.to_day")] = None,
        pdf: Annotated[Path | None, option("--pdf", "opt.stock.pdf")] = None,
        xlsx: Annotated[Path | None, option("--xlsx", "opt.stock.xlsx")] = None,
        as_json: Annotated[bool, option("--json", "opt.stock.json")] = False,
    ) -> int:
        from api.papers import stock_card_paper
        from api.stockroom import whole_card
        from inventory.database import now
        from inventory.five_fixed import shanghai_day

        since, until = day("--from", first), day("--to", last)
        for name, file in (("--pdf", pdf), ("--xlsx", xlsx)):
            if file is not None:
                new_file(name, file)
        found = look(whole_card, store=store, item=item, lot=lot_code(lot), first=since, last=until)
        names = look(names_of, stores=[store], items=[item])
        if pdf is not None or xlsx is not None:
            from inventory.documents import write_stock_card_pdf, write_stock_card_xlsx

            today = shanghai_day(now())
            paper = stock_card_paper(found, names, today=today, first=since, last=until, lang=lang)  # type: ignore[arg-type]
            if pdf is not None:
                wrote(speaker, pdf, write_stock_card_pdf(pdf, paper, lang=lang))  # type: ignore[arg-type]
            if xlsx is not None:
                write_stock_card_xlsx(xlsx, paper, lang=lang)  # type: ignore[arg-type]
                wrote(speaker, xlsx)
            return DONE
        if as_json:
            print_json(found)
            return DONE
        page = Page(speaker)
        page.facts([("store", names.store(store, lang)), ("item", names.item(item, lang)), ("lot", found.lot),
                    ("unit", names.unit(item, lang)), ("opening", found.opening)])  # fmt: skip
        page.table(
            ("operation>", "recorded_at", "kind", "reason", "lot", "came>", "went>", "moved>", "balance>", "actor",
             "document"),
            (
                (str(row.operation), row.recorded_at, word(MOVEMENTS, row.kind, lang), word(REASONS, row.reason, lang),
                 row.lot or "-", row.came or None, row.went or None, row.moved or None, row.balance, row.actor,
                 row.reference or row.note)
                for row in found.rows
            ),
        )  # fmt: skip
        page.facts([("closing", found.closing)])
        return DONE


def _asset(group: typer.Typer, kit: Kit) -> None:
    argument, option, speaker, lang = kit.argument, kit.option, kit.speaker, kit.lang

    @kit.command(group, "asset", "cmd.stock.asset")
    def asset(
        serial: Annotated[str, argument("arg.stock.serial", metavar="SERIAL")],
        as_json: Annotated[bool, option("--json", "opt.stock.json")] = False,
    ) -> int:
        from inventory.ledger.assets import asset_history

        found = look(asset_history, serial=serial)
        if as_json:
            print_json(found)
            return DONE
        legs = [leg for move in found.moves for leg in (move.source, move.target) if leg is not None]
        codes = [leg.store for leg in legs] + [check.store for check in found.checks]
        names = look(names_of, stores=codes, items=[found.item])

        def at(leg: Any) -> str:
            if leg is None:
                return speaker.words("said.stock.outside")
            state = word(STATES | ELSEWHERE, leg.state, lang)
            return " ".join(part for part in (names.store(leg.store, lang), leg.bin, state) if part)

        page = Page(speaker)
        page.facts([
            ("serial", found.serial), ("item", names.item(found.item, lang)), ("model", found.model),
            ("maker", found.maker), ("made", found.made), ("expires", found.expires), ("acquired", found.acquired),
            ("standing", at(found.standing)),
        ])  # fmt: skip
        page.table(
            ("operation>", "recorded_at", "kind", "reason", "from", "to", "actor", "document"),
            (
                (str(row.operation), row.recorded_at, word(MOVEMENTS, row.kind, lang), word(REASONS, row.reason, lang),
                 at(row.source), at(row.target), row.actor, row.reference or row.note)
                for row in found.moves
            ),
        )  # fmt: skip
        if found.checks:
            page.table(
                ("done_on", "check", "result", "store", "of", "actor", "note"),
                (
                    (row.done_on, word(KINDS, row.kind, lang), speaker.words(f"result.{row.result}"),
                     names.store(row.store, lang), speaker.words("said.stock.all_units" if row.all_units else
                                                                 "said.stock.this_unit"), row.actor, row.note)
                    for row in found.checks
                ),
            )  # fmt: skip
        return DONE


def _labels(group: typer.Typer, kit: Kit) -> None:
    option, speaker = kit.option, kit.speaker

    @kit.command(group, "labels", "cmd.stock.labels")
    def labels(
        store: Annotated[str, option("--store", "opt.stock.store.labels")],
        out: Annotated[Path, option("--out", "opt.stock.out.labels")],
        what: Annotated[str, option("--what", "opt.stock.what", show_default=True)] = "bins",
        skip: Annotated[int, option("--skip", "opt.stock.skip", min=0, show_default=True)] = 0,
    ) -> int:
        from api.papers import labels_of
        from inventory.documents import write_labels

        new_file("--out", out)
        made = look(labels_of, store=store, what=coded("--what", what, LABELS))
        if not made:
            speaker.say("said.stock.no_labels", store=store)
            return 1
        printed = write_labels(out, made, skip=skip)
        speaker.say("said.stock.labels", count=len(made), pages=printed.pages)
        wrote(speaker, out, printed)
        return DONE
