"""The data dictionary itself, its page in docs, and how tables refer to one another."""

from pathlib import Path

import pytest

from inventory.errors import BadTable
from inventory.files import check_references, dictionary, read_table, tables
from inventory.files.dictionary import TYPES
from inventory.files.document import TITLES, data_dictionary_markdown
from inventory.kinds import KINDS, STATES
from inventory.places import TIERS

PAGE = Path(__file__).parents[3] / "docs" / "data-dictionary.md"


def column(table, name):
    return next(each for each in tables()[table] if each.name == name)


def test_every_column_is_typed_explained_in_both_languages_and_named_once():
    names = [(each.table, each.name) for each in dictionary()]
    assert len(set(names)) == len(names)
    for each in dictionary():
        assert each.type in TYPES
        assert each.meaning_zh
        assert each.meaning_en
        assert each.ref is None or tuple(each.ref.split(".")) in names


def test_lengths_masses_volumes_and_times_carry_their_unit():
    units = {"_m": "m", "_m2": "m²", "_m3": "m³", "_kg": "kg", "_s": "s", "_h": "h", "_kph": "km/h", "_days": "day"}
    for each in dictionary():
        for suffix, unit in units.items():
            if each.name.endswith(suffix):
                assert each.unit == unit, each


def test_the_tables_of_the_world_folder_are_there():
    world = {"places", "stores", "stock", "custodians", "maintenance", "teams", "vehicles", "incidents", "tasks"}
    assert world | {"demands", "road_nodes", "road_edges", "origins", "destinations", "travel"} <= set(tables())
    assert set(TITLES) == set(tables())


def test_choices_agree_with_the_words_the_code_counts_in():
    assert set(column("stock", "state").choices) == set(STATES)
    assert set(column("maintenance", "kind").choices) == set(KINDS) == set(column("checks", "check_kind").choices)
    assert set(column("stores", "tier").choices) == set(TIERS) == set(column("places", "level").choices)


def test_the_page_in_docs_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == data_dictionary_markdown(), (
        "run: python -m inventory.files.document docs/data-dictionary.md"
    )


def read(tmp_path, table, text):
    path = tmp_path / f"{table}.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path, table)


def test_cells_that_name_nothing_are_reported_at_once(tmp_path):
    world = {
        "stores": read(tmp_path, "stores", "id,name,tier,place\nS1,北村,village,350981104203\n"),
        "stock": read(
            tmp_path,
            "stock",
            "store,item,quantity,state\nS1,M013,5,serviceable\nS2,M013,5,serviceable\nS1,M99,5,serviceable\n",
        ),
        "demands": read(tmp_path, "demands", "incident,item,quantity\nI1,M013,5\n"),
    }
    with pytest.raises(BadTable) as refusal:
        check_references(world, source="world", items=["M013"])
    assert [(found.row, found.column, found.facts["value"]) for found in refusal.value.faults] == [
        (3, "stock.store", "S2"),
        (4, "stock.item", "M99"),
        (2, "demands.incident", "I1"),
    ]


def test_tables_that_fit_together_pass(tmp_path):
    world = {
        "stores": read(tmp_path, "stores", "id,name,tier\nS1,北村,village\n"),
        "stock": read(tmp_path, "stock", "store,item,quantity,state\nS1,M013,5,serviceable\n"),
    }
    check_references(world, source="world", items=["M013"])
