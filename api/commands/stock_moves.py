"""Stock in, out and about: each command makes one entry in the ledger."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from api.commands.kit import Kit, day, moment_to_come, quantity, to_come, whole_number
from api.commands.stock_entry import Page, Writes, coded
from api.office import Entry, look, names_of, record
from inventory.kinds import ELSEWHERE, OWNERS, STATES

ALL = ("all", "全部")
# the reason that goes without saying, by the state that units come to
TURNED = {
    "damaged": "DAMAGE", "repair": "REPAIR", "quarantined": "QUARANTINE", "recalled": "RECALL", "expired": "EXPIRY",
    "retired": "RETIREMENT",
}  # fmt: skip


def lot_code(value: str | None) -> str | None:
    """`-` is stock without a lot number, as it is printed."""
    return "" if value == "-" else value


def told(kit: Kit, operation: Any, taken: Any = None) -> int:
    """Which entry was made, or had been made before under the same key; and which lots to `take` off which shelf."""
    key = "said.stock.replayed" if operation.replayed else "said.stock.done"
    kit.speaker.say(key, operation=operation.id)
    if getattr(operation, "situation", None) is not None:
        kit.speaker.say("said.stock.exercise", situation=operation.situation)
    if taken is not None:
        _print_taken(kit, taken)
    return 0


def _print_taken(kit: Kit, taken: Any) -> None:
    """Which lots to take off which shelf."""
    names = look(names_of, items=[one.item for one in taken])
    Page(kit.speaker).table(
        ("item", "lot", "bin", "expires", "quantity>", "unit"),
        (
            (names.item(one.item, kit.lang), one.lot or "-", one.bin, one.expires, one.quantity,
             names.unit(one.item, kit.lang))
            for one in taken
        ),
    )  # fmt: skip


def register(group: typer.Typer, kit: Kit) -> None:
    _inside(group, kit)
    _out(group, kit)
    _held(group, kit)


def _inside(group: typer.Typer, kit: Kit) -> None:
    argument, option, writes = kit.argument, kit.option, Writes(kit)
    where = {"store": argument("arg.stock.store", metavar="STORE"), "item": argument("arg.stock.item", metavar="ITEM")}
    lots = option("--lot", "opt.stock.lot")

    @writes(group, "receive", "cmd.stock.receive", reason="PURCHASE", others=("DONATION", "ALLOCATION", "OPENING"))
    def receive(
        entry: Entry,
        store: Annotated[str, where["store"]],
        item: Annotated[str, where["item"]],
        qty: Annotated[str, argument("arg.stock.quantity.receive", metavar="QTY")],
        lot: Annotated[str | None, lots] = None,
        made: Annotated[str | None, option("--made", "opt.stock.made")] = None,
        expires: Annotated[str | None, option("--expires", "opt.stock.expires")] = None,
        price: Annotated[str | None, option("--price", "opt.stock.price")] = None,
        owner: Annotated[str | None, option("--owner", "opt.stock.owner", {"known": _list(OWNERS, kit)})] = None,
        supplier: Annotated[str | None, option("--supplier", "opt.stock.supplier")] = None,
        to: Annotated[str | None, option("--bin", "opt.stock.bin.receive")] = None,
        package: Annotated[str | None, option("--package", "opt.stock.package")] = None,
        serial: Annotated[list[str] | None, option("--serial", "opt.stock.serial")] = None,
    ) -> int:
        from api.stockroom import take_in
        from inventory.ledger.receive import LotFacts

        facts = LotFacts(
            code=lot_code(lot) or "",
            made=day("--made", made),
            expires=day("--expires", expires),
            unit_price=None if price is None else quantity("--price", price, zero=True),
            owner=coded("--owner", owner, OWNERS),
            supplier=supplier,
        )
        done = record(
            entry, take_in, store=store, item=item, quantity=quantity("QTY", qty), lot=facts, bin=to,
            package=package, serials=serial or (),
        )  # fmt: skip
        told(kit, done)
        if to is None:
            kit.speaker.say("said.stock.put_away", store=store, item=item)
        return 0

    @writes(group, "move", "cmd.stock.move", reason=None, others=("REARRANGE", "PUT_AWAY"))
    def move(
        entry: Entry,
        store: Annotated[str, where["store"]],
        item: Annotated[str, where["item"]],
        qty: Annotated[str, argument("arg.stock.quantity", metavar="QTY")],
        to: Annotated[str, option("--to", "opt.stock.to_bin")],
        source: Annotated[str | None, option("--from", "opt.stock.from_bin")] = None,
        lot: Annotated[str | None, lots] = None,
        put_away: Annotated[bool, option("--put-away", "opt.stock.put_away")] = False,
    ) -> int:
        from inventory.ledger.move import move as step

        usual = "PUT_AWAY" if put_away else "REARRANGE"
        done = record(
            replace(entry, reason=entry.reason or usual), step, store=store, item=item,
            quantity=quantity("QTY", qty), to_bin=to, from_bin=source,
            lot=lot_code(lot), put_away=put_away,
        )  # fmt: skip
        return told(kit, done)

    @writes(group, "state", "cmd.stock.state", reason=None, others=(*TURNED.values(), "REPAIRED", "RELEASED"))
    def state(
        entry: Entry,
        store: Annotated[str, where["store"]],
        item: Annotated[str, where["item"]],
        qty: Annotated[str, argument("arg.stock.quantity.all", metavar="QTY|all")],
        source: Annotated[str, option("--from", "opt.stock.from_state", {"known": _list(STATES, kit)})],
        to: Annotated[str, option("--to", "opt.stock.to_state")],
        lot: Annotated[str | None, lots] = None,
        at: Annotated[str | None, option("--bin", "opt.stock.bin")] = None,
    ) -> int:
        from inventory.ledger.move import change_state

        before, after = coded("--from", source, STATES) or "", coded("--to", to, STATES) or ""
        usual = TURNED.get(after, "RELEASED" if before == "quarantined" else "REPAIRED")
        done = record(
            replace(entry, reason=entry.reason or usual), change_state, store=store, item=item,
            quantity=None if qty.lower() in ALL else quantity("QTY", qty), state=before, to_state=after,
            lot=lot_code(lot), bin=at,
        )  # fmt: skip
        return told(kit, done)

    @writes(group, "write-off", "cmd.stock.write_off", reason="RETIREMENT", others=("LOSS", "EXPIRY", "DAMAGE"))
    def write_off(
        entry: Entry,
        store: Annotated[str, where["store"]],
        item: Annotated[str, where["item"]],
        qty: Annotated[str, argument("arg.stock.quantity", metavar="QTY")],
        standing: Annotated[str, option("--state", "opt.stock.state.off", {"known": _list(STATES, kit)})],
        lot: Annotated[str | None, lots] = None,
    ) -> int:
        from inventory.ledger.move import write_off as step

        done = record(
            entry, step, store=store, item=item, quantity=quantity("QTY", qty),
            state=coded("--state", standing, STATES | ELSEWHERE), lot=lot_code(lot),
        )  # fmt: skip
        return told(kit, done)

    @writes(group, "recall", "cmd.stock.recall", reason="RECALL", fixed=True)
    def recall(
        entry: Entry,
        item: Annotated[str, where["item"]],
        lot: Annotated[str, argument("arg.stock.lot", metavar="LOT")],
        store: Annotated[str | None, option("--store", "opt.stock.store.recall")] = None,
    ) -> int:
        from inventory.ledger.move import recall as step

        return told(kit, record(entry, step, item=item, lot=lot, store=store))

    @writes(group, "reverse", "cmd.stock.reverse", reason="CORRECTION", others=("CANCELLED",))
    def reverse(entry: Entry, operation: Annotated[str, argument("arg.stock.operation", metavar="OPERATION")]) -> int:
        from inventory.ledger.reverse import reverse as step

        return told(kit, record(entry, step, operation=whole_number("OPERATION", operation)))


def _out(group: typer.Typer, kit: Kit) -> None:
    argument, option, writes = kit.argument, kit.option, Writes(kit)
    where = {"store": argument("arg.stock.store", metavar="STORE"), "item": argument("arg.stock.item", metavar="ITEM")}
    lots = option("--lot", "opt.stock.lot")
    lifted = {
        "by": option("--override-by", "opt.stock.override_by"),
        "why": option("--override-why", "opt.stock.override_why"),
    }

    def override(person: str | None, why: str | None) -> Any:
        from inventory.ledger.choose import Override

        return None if person is None and why is None else Override(person=person or "", reason=why or "")

    @writes(group, "issue", "cmd.stock.issue", reason="RESCUE", others=("RELIEF", "DRILL", "PLAN"))
    def issue(
        entry: Entry,
        store: Annotated[str, where["store"]],
        item: Annotated[str, where["item"]],
        qty: Annotated[str, argument("arg.stock.quantity", metavar="QTY")],
        lot: Annotated[str | None, lots] = None,
        override_by: Annotated[str | None, lifted["by"]] = None,
        override_why: Annotated[str | None, lifted["why"]] = None,
    ) -> int:
        from api.stockroom import hand_out

        done, taken = record(
            entry, hand_out, store=store, item=item, quantity=quantity("QTY", qty), lot=lot_code(lot),
            override=override(override_by, override_why),
        )  # fmt: skip
        return told(kit, done, taken)

    @writes(group, "issue-kit", "cmd.stock.issue_kit", reason="RESCUE", others=("RELIEF", "DRILL", "PLAN"))
    def issue_kit(
        entry: Entry,
        store: Annotated[str, where["store"]],
        set_of: Annotated[str, argument("arg.stock.kit", metavar="KIT")],
        count: Annotated[str, argument("arg.stock.kits", metavar="COUNT")],
        override_by: Annotated[str | None, lifted["by"]] = None,
        override_why: Annotated[str | None, lifted["why"]] = None,
    ) -> int:
        from api.stockroom import hand_out_kits

        done, taken = record(
            entry, hand_out_kits, store=store, kit=set_of, count=quantity("COUNT", count),
            override=override(override_by, override_why),
        )  # fmt: skip
        return told(kit, done, taken)

    @writes(group, "issue-reserved", "cmd.stock.issue_reserved", reason="PLAN", others=("RESCUE", "RELIEF", "DRILL"))
    def issue_reserved(
        entry: Entry,
        reference: Annotated[str, argument("arg.stock.reference", metavar="REFERENCE")],
        store: Annotated[str | None, option("--store", "opt.stock.store")] = None,
    ) -> int:
        from api.stockroom import hand_out_reserved

        done, taken = record(entry, hand_out_reserved, reference=reference, store=store)
        return told(kit, done, taken)

    @writes(group, "return", "cmd.stock.return", reason="GIVE_BACK", fixed=True)
    def give_back(
        entry: Entry,
        store: Annotated[str, where["store"]],
        item: Annotated[str, where["item"]],
        qty: Annotated[str, argument("arg.stock.quantity", metavar="QTY")],
        lot: Annotated[str | None, lots] = None,
        to: Annotated[str | None, option("--bin", "opt.stock.bin.receive")] = None,
        damaged: Annotated[str | None, option("--damaged", "opt.stock.damaged")] = None,
        reference: Annotated[str | None, option("--for", "opt.stock.reference.plan")] = None,
    ) -> int:
        from decimal import Decimal

        from api.stockroom import take_back

        done = record(
            entry, take_back, reference=reference, store=store, item=item, quantity=quantity("QTY", qty),
            lot=lot_code(lot), bin=to,
            damaged=Decimal(0) if damaged is None else quantity("--damaged", damaged, zero=True),
        )  # fmt: skip
        told(kit, done)
        if to is None:
            kit.speaker.say("said.stock.put_away", store=store, item=item)
        return 0

    @writes(group, "lend", "cmd.stock.lend", reason="LOAN", fixed=True)
    def lend(
        entry: Entry,
        store: Annotated[str, where["store"]],
        item: Annotated[str, where["item"]],
        qty: Annotated[str, argument("arg.stock.quantity", metavar="QTY")],
        borrower: Annotated[str, option("--to", "opt.stock.borrower")],
        due_back: Annotated[str, option("--due-back", "opt.stock.due_back")],
        lot: Annotated[str | None, lots] = None,
    ) -> int:
        from api.stockroom import hand_over

        done, taken = record(
            entry, hand_over, store=store, item=item, quantity=quantity("QTY", qty), borrower=borrower,
            due_back=to_come("--due-back", due_back), lot=lot_code(lot),
        )  # fmt: skip
        told(kit, done, taken)
        kit.speaker.say("said.stock.lent", operation=done.id, due=due_back)
        return 0

    @writes(group, "end-loan", "cmd.stock.end_loan", reason="GIVE_BACK", fixed=True)
    def end_loan(
        entry: Entry,
        operation: Annotated[str, argument("arg.stock.loan", metavar="OPERATION")],
        damaged: Annotated[bool, option("--damaged", "opt.stock.loan_damaged")] = False,
    ) -> int:
        from inventory.ledger.issue import end_loan as step

        return told(kit, record(entry, step, operation=whole_number("OPERATION", operation), damaged=damaged))


def _held(group: typer.Typer, kit: Kit) -> None:
    argument, option, writes = kit.argument, kit.option, Writes(kit)

    @writes(group, "reserve", "cmd.stock.reserve", reason="PLAN", others=("RESCUE", "RELIEF", "DRILL", "REPLENISH"))
    def reserve(
        entry: Entry,
        store: Annotated[str, argument("arg.stock.store", metavar="STORE")],
        item: Annotated[str, argument("arg.stock.item", metavar="ITEM")],
        qty: Annotated[str, argument("arg.stock.quantity", metavar="QTY")],
        reference: Annotated[str, option("--for", "opt.stock.reference")],
        until: Annotated[str | None, option("--until", "opt.stock.until")] = None,
        lot: Annotated[str | None, option("--lot", "opt.stock.lot")] = None,
    ) -> int:
        from api.stockroom import set_aside

        done, taken = record(
            entry, set_aside, store=store, item=item, quantity=quantity("QTY", qty), reference=reference,
            expires_at=moment_to_come("--until", until), lot=lot_code(lot),
        )  # fmt: skip
        return told(kit, done, taken)

    @writes(group, "release", "cmd.stock.release", reason="CANCELLED", others=("CORRECTION",))
    def release(entry: Entry, reference: Annotated[str, argument("arg.stock.reference", metavar="REFERENCE")]) -> int:
        from inventory.ledger.release import release as step

        return told(kit, record(entry, step, reference=reference))


def _list(known: dict[str, tuple[str, str]], kit: Kit) -> str:
    return ", ".join(f"{code} {words[kit.lang == 'en']}" for code, words in known.items())
