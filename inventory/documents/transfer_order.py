"""The numbered transfer order (调拨令): what goes from which store to which, why, and who signs for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from inventory.documents.grid import Cell, Column, draw_table
from inventory.documents.paper import DARK, Paper, Printed
from inventory.documents.payload import label_payload
from inventory.documents.words import Lang, Words, day_text, moment_text, money, plain, words

_FEN = Decimal("0.01")
_QR_MM = 24.0
_SIGNERS = ("approver", "sender", "carrier", "receiver")


@dataclass(frozen=True)
class OrderLine:
    """One lot of one item; `quantity` in the item's unit, price, mass and volume of one unit where they are known."""

    item_id: str
    item: Words
    unit: Words
    lot: str
    quantity: Decimal
    expires: date | None = None
    unit_price_cny: Decimal | None = None
    unit_mass_kg: Decimal | None = None
    unit_volume_m3: Decimal | None = None

    @property
    def amount_cny(self) -> Decimal | None:
        """Quantity times price, rounded to the fen (half up); None without a price."""
        if self.unit_price_cny is None:
            return None
        return (self.quantity * self.unit_price_cny).quantize(_FEN, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class OrderEvent:
    """The order reached a state: when (an instant with offset), by whom, and a remark."""

    state: Words
    at: datetime
    actor: str
    note: str = ""


@dataclass(frozen=True)
class TransferOrder:
    """Everything a printed transfer order says."""

    number: str
    day: date
    from_store_id: str
    from_store: Words
    to_store_id: str
    to_store: Words
    reason: str
    lines: tuple[OrderLine, ...]
    history: tuple[OrderEvent, ...] = ()
    owner: Words | None = None


@dataclass(frozen=True)
class Total:
    """A sum over the lines that have the figure, and how many lines lack it."""

    value: Decimal
    lacking: int


@dataclass(frozen=True)
class OrderTotals:
    """Pieces unit by unit (never summed over different units), mass in kg, volume in m3, value in CNY."""

    quantities: tuple[tuple[Words, Decimal], ...]  # in the order the units first occur
    mass_kg: Total
    volume_m3: Total
    value_cny: Total  # of the rounded amounts, so that the column adds up


def order_totals(order: TransferOrder) -> OrderTotals:
    """The sums at the foot of the order."""
    quantities: dict[Words, Decimal] = {}
    for line in order.lines:
        quantities[line.unit] = quantities.get(line.unit, Decimal(0)) + line.quantity

    def total(of: Callable[[OrderLine], Decimal | None]) -> Total:
        known = [figure for line in order.lines if (figure := of(line)) is not None]
        return Total(sum(known, Decimal(0)), len(order.lines) - len(known))

    return OrderTotals(
        quantities=tuple(quantities.items()),
        mass_kg=total(lambda line: None if line.unit_mass_kg is None else line.quantity * line.unit_mass_kg),
        volume_m3=total(lambda line: None if line.unit_volume_m3 is None else line.quantity * line.unit_volume_m3),
        value_cny=total(lambda line: line.amount_cny),
    )


def write_transfer_order(path: Path | str, order: TransferOrder, *, lang: Lang = "zh") -> Printed:
    """Print the order as PDF: headings and names in both languages; `lang` chooses the words of the history.

    Raises NaiveInstant (history), BadLabelCode or LabelCodeTooLong (a number no QR code can carry).
    """
    title = words("order.title")
    paper = Paper(title, running=f"{title.joined()}  {order.number}")
    paper.qr(paper.right - _QR_MM + 2, paper.y - 4, _QR_MM, label_payload("order", order.number))
    paper.heading()
    paper.text(paper.width / 2, paper.y, order.number, size_pt=11, align="center")
    paper.y += 10
    _facts(paper, order)
    _goods(paper, order)
    _history(paper, order, lang)
    _signatures(paper)
    return paper.print_to(path)


def _facts(paper: Paper, order: TransferOrder) -> None:
    """Two columns of heading and value."""
    columns = [Column(Words(""), share) for share in (24, 71, 24, 71)]
    head = words

    def store(identity: str, name: Words) -> Words:
        return Words(f"{name.pick('zh')}（{identity}）", name.en)

    rows: list[list[Cell]] = [
        [head("order.number"), order.number, head("order.day"), day_text(order.day)],
        [
            head("order.from_store"), store(order.from_store_id, order.from_store),
            head("order.to_store"), store(order.to_store_id, order.to_store),
        ],
        [head("order.owner"), order.owner or "", head("order.reason"), order.reason],
    ]  # fmt: skip
    draw_table(paper, columns, rows, size_pt=8.5, headings=False, label_columns=(0, 2))


def _goods(paper: Paper, order: TransferOrder) -> None:
    paper.section(words("order.goods"))
    columns = [
        Column(words("order.line"), 9, "center"),
        Column(words("item_id"), 17),
        Column(words("item"), 43),
        Column(words("unit"), 13, "center"),
        Column(words("lot"), 26),
        Column(words("expires"), 20, "center"),
        Column(words("quantity"), 19, "right"),
        Column(words("order.price"), 20, "right"),
        Column(words("order.amount"), 23, "right"),
    ]
    rows: list[list[Cell]] = [
        [
            str(number), line.item_id, line.item, line.unit, line.lot, day_text(line.expires) or "–",
            plain(line.quantity), money(line.unit_price_cny) or "–", money(line.amount_cny) or "–",
        ]
        for number, line in enumerate(order.lines, start=1)
    ]  # fmt: skip
    draw_table(paper, columns, rows)
    totals = order_totals(order)
    paper.y += 1.5
    pieces = Words(
        "；".join(f"{plain(quantity)} {unit.pick('zh')}" for unit, quantity in totals.quantities),
        "; ".join(f"{plain(quantity)} {unit.pick('en')}" for unit, quantity in totals.quantities),
    )
    rows = [
        [words("order.lines"), str(len(order.lines)), words("order.total_quantity"), pieces],
        [
            words("order.total_mass"), _total(totals.mass_kg, "kg"),
            words("order.total_volume"), _total(totals.volume_m3, "m³"),
        ],
    ]  # fmt: skip
    paper.keep_together(26)
    shares = [Column(Words(""), share) for share in (28, 62, 28, 72)]
    draw_table(paper, shares, rows, size_pt=8.5, headings=False, label_columns=(0, 2))
    shares = [Column(Words(""), share) for share in (28, 162)]
    value: list[Cell] = [words("order.total_value"), _total(totals.value_cny, "CNY")]
    draw_table(paper, shares, [value], size_pt=8.5, headings=False, label_columns=(0,))


def _total(total: Total, unit: str) -> Cell:
    figure = f"{money(total.value) if unit == 'CNY' else plain(total.value)} {unit}"
    if not total.lacking:
        return figure
    note = words("order.lacking", lines=total.lacking)
    return Words(f"{figure}（{note.zh}）", note.en)


def _history(paper: Paper, order: TransferOrder, lang: Lang) -> None:
    if not order.history:
        return
    paper.section(words("order.history"))
    columns = [
        Column(words("order.state"), 34),
        Column(words("order.at"), 34),
        Column(words("actor"), 34),
        Column(words("order.note"), 88),
    ]
    rows = [[event.state.pick(lang), moment_text(event.at), event.actor, event.note] for event in order.history]
    draw_table(paper, columns, rows)


def _signatures(paper: Paper) -> None:
    """Four boxes for signatures by hand, never parted."""
    height, gap = 27.0, 5.0
    paper.keep_together(height + gap)
    paper.y += gap
    wide = (paper.right - paper.left) / len(_SIGNERS)
    for number, signer in enumerate(_SIGNERS):
        left = paper.left + number * wide
        paper.frame(left, paper.y, wide, height)
        heading = words(f"order.{signer}")
        paper.text(left + 1.5, paper.y + 1.2, heading.zh, size_pt=9)
        paper.text(left + 1.5, paper.y + 5, heading.en, size_pt=6.5, colour=DARK)
        foot = paper.y + height - 5
        paper.text(left + 1.5, foot, words("order.sign_day").joined(), size_pt=6.5, colour=DARK)
        paper.line(left + 14, foot + 3, left + wide - 2, foot + 3)
    paper.y += height
