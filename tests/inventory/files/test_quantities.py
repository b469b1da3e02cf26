"""Cells that hold several items with their quantities, and lists that name rows of another table."""

from decimal import Decimal

import pytest

from inventory.errors import BadTable
from inventory.files import check_references, read_table

HEAD = "id,incident,capability,teams_needed,service_s"


def read(tmp_path, cell, **how):
    path = tmp_path / "tasks.csv"
    path.write_text(f"{HEAD},equipment\nK1,I1,rescue,2,600,{cell}\n", encoding="utf-8")
    return read_table(path, "tasks", **how)


def faults(tmp_path, cell, **how):
    with pytest.raises(BadTable) as refusal:
        read(tmp_path, cell, **how)
    return refusal.value.faults


def test_items_and_exact_quantities_are_read_in_the_order_they_stand(tmp_path):
    assert read(tmp_path, "M040:1|M029:0.50")["equipment"] == [(("M040", Decimal(1)), ("M029", Decimal("0.50")))]
    assert read(tmp_path, "")["equipment"] == [None]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("M040", "BAD_QUANTITIES"),
        ("M040:1|", "BAD_QUANTITIES"),
        (":1", "BAD_QUANTITIES"),
        ("M040:1| M037:6", "BAD_QUANTITIES"),
        ("M040:1|M040:2", "BAD_QUANTITIES"),
        ("M040:1;M037:6", "NOT_DECIMAL"),
        ("M040:two", "NOT_DECIMAL"),
        ("M040:１", "FULL_WIDTH_DIGITS"),
        ("M040:0", "NOT_ABOVE"),
        ("M040:-1", "NOT_ABOVE"),
    ],
)
def test_a_cell_that_is_not_plainly_meant_is_refused_with_its_remedy(tmp_path, cell, code):
    (found,) = faults(tmp_path, cell)
    assert (found.row, found.column, found.code) == (2, "equipment", code)


def test_each_item_that_is_not_in_the_catalogue_is_named(tmp_path):
    found = faults(tmp_path, "M040:1|X1:2|X2:3", references={"items.item_id": {"M040": "橡皮艇", "M037": "救生衣"}})
    assert [(one.row, one.column, one.facts["value"]) for one in found] == [
        (2, "equipment", "X1"),
        (2, "equipment", "X2"),
    ]
    world = {"tasks": read(tmp_path, "M040:1|X1:2"), "incidents": table_of_incidents(tmp_path)}
    with pytest.raises(BadTable) as refusal:
        check_references(world, source="world", items=["M040"])
    assert [(one.column, one.facts["value"]) for one in refusal.value.faults] == [("tasks.equipment", "X1")]


def table_of_incidents(tmp_path):
    path = tmp_path / "incidents.csv"
    path.write_text("id,kind,severity,reported_at\nI1,flood,3,2026-06-01T08:00:00+08:00\n", encoding="utf-8")
    return read_table(path, "incidents")
