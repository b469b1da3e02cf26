"""The five-fixed work of a town's stores in a year, from their stock and the periods of the checks in force."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from inventory.catalogue import load_catalogue
from inventory.files import Table, read_table
from inventory.five_fixed import RuleBook, load_rule_book
from inventory.kinds import STORE_WIDE
from optimizer.errors import BadInput, Fault
from optimizer.staffing.towns import Towns
from optimizer.staffing.workload import Parameters

DAYS = 365
TOWN_DIGITS = 9  # of a division code: county and town


def with_store_work(towns: Towns, folder: Path, given: Parameters, *, book: RuleBook | None = None) -> Towns:
    """The towns with `store_task_h` from stores.csv and stock.csv of a folder (a World folder has both).

    A town store counts for the town whose code its own place begins with. County stores and village rooms count for
    none: people of the county and of the villages keep them (assumed). Raises BadTable for bad files, BadInput where
    no town store stands in any of the towns.
    """
    stores, stock = read_table(folder / "stores.csv", "stores"), read_table(folder / "stock.csv", "stock")
    hours = store_hours(stores, stock, given, book=book)
    of_town: dict[str, float] = {}
    for store, place, tier in zip(stores["id"], stores["place"], stores["tier"], strict=True):
        if place is not None and tier == "town":
            town = place[:TOWN_DIGITS]
            of_town[town] = of_town.get(town, 0.0) + hours[store]
    work = np.array([of_town.get(code[:TOWN_DIGITS], 0.0) for code in towns.code])
    if not work.any():
        facts = {"folder": folder.name, "stores": len(stores), "town": towns.code[0]}
        raise BadInput(str(folder), [Fault("", "NoStoreInTowns", facts)])
    return replace(towns, store_task_h=np.round(work, 1))


def store_hours(stores: Table, stock: Table, given: Parameters, *, book: RuleBook | None = None) -> Mapping[str, float]:
    """Store -> person-hours a year: checks of every lot it holds, and rounds of the whole store.

    A check of period T is made 365 / T times a year; a retirement is none. Items the catalogue lacks have no checks.
    """
    book = book or load_rule_book(load_catalogue())
    hours = dict.fromkeys(stores["id"], 0.0)
    rounds: dict[str, dict[str, int]] = {store: {} for store in hours}  # store -> store-wide kind -> shortest period
    lots = {
        (store, item, lot)
        for store, item, lot, quantity in zip(stock["store"], stock["item"], stock["lot"], stock["quantity"],
                                              strict=True)
        if quantity > 0 and store in hours and item in book.by_item
    }  # fmt: skip
    for store, item, _ in sorted(lots, key=lambda lot: (lot[0], lot[1], lot[2] or "")):
        for check in book.checks(item):
            if check.kind in STORE_WIDE:
                known = rounds[store].get(check.kind, check.period_days)
                rounds[store][check.kind] = min(known, check.period_days)
            elif check.kind != "RETIRE":
                hours[store] += DAYS / check.period_days * given["store_check_h"]
    for store, kinds in rounds.items():
        hours[store] += sum(DAYS / period for period in kinds.values()) * given["store_round_h"]
    return hours
