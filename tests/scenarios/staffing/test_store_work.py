"""The five-fixed work of stores: checks of lots by their periods, rounds of whole stores."""

from pathlib import Path

import pytest

from inventory.catalogue import load_catalogue
from inventory.files import read_table
from inventory.five_fixed import load_rule_book
from inventory.kinds import STORE_WIDE
from optimizer.errors import BadInput
from optimizer.staffing.workload import Town, Towns, parameters, size_towns
from scenarios.staffing.store_work import store_hours, with_store_work

P = parameters(2025)
STORES = "id,name,tier,place\nC,县库,county,520602000000\nT,镇库,town,520602101000\nV,村点,village,520602101201\n"
STOCK = "store,bin,item,lot,quantity,state\nT,A-1-1-1,M001,L1,5,serviceable\nV,A-1-1-1,M001,L1,2,serviceable\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stores.csv").write_text(STORES, encoding="utf-8")
    (tmp_path / "stock.csv").write_text(STOCK, encoding="utf-8")
    return tmp_path


def test_each_check_of_a_lot_counts_as_often_as_its_period_says(folder: Path) -> None:
    stores, stock = (read_table(folder / f"{name}.csv", name) for name in ("stores", "stock"))
    checks = load_rule_book(load_catalogue()).checks("M001")
    lots = sum(365 / each.period_days for each in checks if each.kind not in STORE_WIDE and each.kind != "RETIRE")
    rounds = sum(365 / each.period_days for each in checks if each.kind in STORE_WIDE)
    hours = store_hours(stores, stock, P)
    assert lots > 0
    assert hours["T"] == pytest.approx(lots * P["store_check_h"] + rounds * P["store_round_h"])
    assert hours["C"] == 0


def test_a_town_store_counts_for_its_town_and_raises_its_work(folder: Path) -> None:
    towns = Towns.of([Town("520602101", "甲镇", store_task_h=1), Town("520602102000", "乙镇", store_task_h=1)])
    found = with_store_work(towns, folder, P)
    assert found.store_task_h[0] > found.store_task_h[1] == 0
    stores, stock = (read_table(folder / f"{name}.csv", name) for name in ("stores", "stock"))
    assert found.store_task_h[0] == pytest.approx(store_hours(stores, stock, P)["T"], abs=0.05)  # not the village room
    dearer = with_store_work(towns, folder, P.override({"store_check_h": 3}))
    assert size_towns(dearer, P).required[0] > size_towns(found, P).required[0]


def test_stores_that_stand_in_none_of_the_towns_are_told(folder: Path) -> None:
    towns = Towns.of([Town("9", "甲镇")])
    with pytest.raises(BadInput, match="NoStoreInTowns"):
        with_store_work(towns, folder, P)
