"""The stock card (物资收发存卡片): every entry of one item in one store over some days, with the balance after it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from inventory.documents.grid import Cell, Column, draw_table
from inventory.documents.paper import Paper, Printed
from inventory.documents.words import Lang, Words, day_text, moment_text, plain, words
from inventory.errors import InventoryError
from inventory.files.workbook import Sheet, write_workbook


class CardDoesNotAddUp(InventoryError):
    """A balance that is not the one before it, plus what came in, less what went out.

    Facts: row (from 1), expected, balance.
    """


@dataclass(frozen=True)
class CardRow:
    """One entry. Quantities in the item's unit; instants with offset; `occurred_at` is what the person claims.

    An entry that only reserves has nothing in or out; a move inside the store has the same quantity in and out.
    """

    recorded_at: datetime
    kind: Words
    reason: str
    lot: str
    quantity_in: Decimal
    quantity_out: Decimal
    balance: Decimal
    actor: str
    occurred_at: datetime | None = None
    document: str = ""


@dataclass(frozen=True)
class StockCard:
    """A card from one day to another, both included, entries in the order they were recorded.

    Raises CardDoesNotAddUp where a balance is not the sum of what is before it.
    """

    store_id: str
    store: Words
    item_id: str
    item: Words
    unit: Words
    from_day: date
    to_day: date
    opening: Decimal
    rows: tuple[CardRow, ...]

    def __post_init__(self) -> None:
        balance = self.opening
        for number, row in enumerate(self.rows, start=1):
            balance += row.quantity_in - row.quantity_out
            if balance != row.balance:
                raise CardDoesNotAddUp(row=number, expected=balance, balance=row.balance)

    @property
    def closing(self) -> Decimal:
        return self.rows[-1].balance if self.rows else self.opening

    @property
    def total_in(self) -> Decimal:
        return sum((row.quantity_in for row in self.rows), Decimal(0))

    @property
    def total_out(self) -> Decimal:
        return sum((row.quantity_out for row in self.rows), Decimal(0))


def write_stock_card_pdf(path: Path | str, card: StockCard, *, lang: Lang = "zh") -> Printed:
    """Print the card on A4 across; `lang` chooses the words of the kinds. Raises NaiveInstant."""
    title = words("card.title")
    paper = Paper(
        title,
        landscape=True,
        running=f"{title.joined()}  {card.store.joined()}  {card.item_id} {card.item.joined()}",
    )
    paper.heading()
    facts = [Column(Words(""), share) for share in (22, 70, 22, 70, 22, 30)]
    rows: list[list[Cell]] = [
        [
            words("store"), Words(f"{card.store.pick('zh')}（{card.store_id}）", card.store.en),
            words("item"), Words(f"{card.item.pick('zh')}（{card.item_id}）", card.item.en),
            words("unit"), card.unit,
        ],
        [
            words("card.period"), f"{day_text(card.from_day)} – {day_text(card.to_day)}",
            words("card.opening"), plain(card.opening),
            words("card.closing"), plain(card.closing),
        ],
    ]  # fmt: skip
    draw_table(paper, facts, rows, size_pt=8.5, headings=False, label_columns=(0, 2, 4))
    paper.y += 3
    columns = [
        Column(words("card.recorded_at"), 26, "center"),
        Column(words("card.occurred_at"), 26, "center"),
        Column(words("card.kind"), 20),
        Column(words("card.reason"), 46),
        Column(words("lot"), 30),
        Column(words("card.in"), 20, "right"),
        Column(words("card.out"), 20, "right"),
        Column(words("card.balance"), 22, "right"),
        Column(words("actor"), 25),
        Column(words("card.document"), 38),
    ]
    body: list[list[Cell]] = [["", "", words("card.opening"), "", "", "", "", plain(card.opening), "", ""]]
    body += [
        [
            moment_text(row.recorded_at), moment_text(row.occurred_at), row.kind.pick(lang), row.reason, row.lot,
            _moved(row.quantity_in), _moved(row.quantity_out), plain(row.balance), row.actor, row.document,
        ]
        for row in card.rows
    ]  # fmt: skip
    totals = [plain(card.total_in), plain(card.total_out), plain(card.closing)]
    body.append(["", "", words("card.closing"), "", "", *totals, "", ""])
    draw_table(paper, columns, body, shaded=(0, len(body) - 1))
    return paper.print_to(path)


def write_stock_card_xlsx(path: Path | str, card: StockCard, *, lang: Lang = "zh") -> None:
    """Write the card as a workbook of two sheets, the facts and the entries; instants are Shanghai time.

    Raises NaiveInstant, and BadTable for texts a workbook cannot hold.
    """
    facts: list[list[Any]] = [
        [words("store_id").joined(), card.store_id],
        [words("store").joined(), card.store.joined()],
        [words("item_id").joined(), card.item_id],
        [words("item").joined(), card.item.joined()],
        [words("unit").joined(), card.unit.joined()],
        [words("card.from_day").joined(), card.from_day],
        [words("card.to_day").joined(), card.to_day],
        [words("card.opening").joined(), card.opening],
        [words("card.in").joined(), card.total_in],
        [words("card.out").joined(), card.total_out],
        [words("card.closing").joined(), card.closing],
    ]
    keys = (
        "card.recorded_at", "card.occurred_at", "card.kind", "card.reason", "lot", "card.in", "card.out",
        "card.balance", "actor", "card.document",
    )  # fmt: skip
    entries: list[list[Any]] = [
        [
            moment_text(row.recorded_at), moment_text(row.occurred_at) or None, row.kind.pick(lang), row.reason,
            row.lot or None, row.quantity_in or None, row.quantity_out or None, row.balance, row.actor,
            row.document or None,
        ]
        for row in card.rows
    ]  # fmt: skip
    write_workbook(
        path,
        [
            Sheet(words("card.facts").joined(), _heads("field", "value"), facts, widths=(28, 44)),
            Sheet(
                words("card.entries").joined(), _heads(*keys), entries, widths=(18, 18, 12, 28, 18, 12, 12, 12, 14, 22)
            ),
        ],
    )


def _heads(*keys: str) -> list[str]:
    return [words(key).joined("\n") for key in keys]


def _moved(quantity: Decimal) -> str:
    return plain(quantity) if quantity else ""
