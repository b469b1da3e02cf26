"""The formulas of the workbook, calculated here by a small reader of formulas, come to the posts of the model."""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from optimizer.staffing.workload import PARTS, parameters, size_towns
from scenarios.staffing.formulas import LEAD, RESULT_COLUMNS
from scenarios.staffing.generate import example
from scenarios.staffing.inputs import read_towns
from scenarios.staffing.sizing import Asked, size_towns_of
from scenarios.staffing.workbook import write_sizing

P = parameters(2025)


class Blank(float):
    """An empty cell: nothing in a sum, and seen by x="" ."""


class Sheets:
    """A workbook that calculates: cells by title and address, defined names, and the functions the product uses."""

    def __init__(self, path: Path) -> None:
        self.book = openpyxl.load_workbook(path)
        self.known: dict[tuple[str, str], Any] = {}
        self.used: set[str] = set()

    def cell(self, title: str, address: str) -> Any:
        key = title, address
        if key not in self.known:
            value = self.book[title][address].value
            if isinstance(value, str) and value.startswith("="):
                value = self.calculate(value[1:], title)
            self.known[key] = Blank(0) if value is None else value
        return self.known[key]

    def name(self, name: str) -> Any:
        self.used.add(name)
        title, address = self.book.defined_names[name].attr_text.split("!")
        return self.cell(title.strip("'"), address.replace("$", ""))

    def calculate(self, formula: str, title: str) -> Any:
        def translate(found: re.Match[str]) -> str:
            if found["range"]:
                first, last = re.findall(r"\d+", found["range"])
                letter = re.match("[A-Z]+", found["range"])[0]  # type: ignore[index]
                return ",".join(f"cell({title!r},'{letter}{row}')" for row in range(int(first), int(last) + 1))
            if found["far"]:
                return f"cell({found['sheet']!r},{found['far']!r})"
            if found["near"]:
                return f"cell({title!r},{found['near']!r})"
            if found["name"]:
                return f"name({found['name']!r})"
            return found[0]

        tokens = re.compile(
            r"'(?P<sheet>[^']+)'!(?P<far>[A-Z]+\d+)|(?P<range>[A-Z]+\d+:[A-Z]+\d+)|(?P<near>\b[A-Z]{1,3}\d+\b)"
            r"|(?P<name>\b[a-z][a-z_0-9]*\b)|\b[A-Z]+(?=\()"
        )
        said = tokens.sub(translate, formula)
        said = re.sub(r'(cell\([^()]*\))=""', r"blank(\1)", said)
        said = re.sub(r"(cell\([^()]*\))=0", r"(\1==0)", said).replace('""', "EMPTY")
        return eval(said, {"__builtins__": {}}, self.functions())

    def functions(self) -> dict[str, Any]:
        return {
            "cell": self.cell, "name": self.name, "blank": lambda value: isinstance(value, Blank),
            "EMPTY": Blank("nan"), "MAX": max, "SQRT": math.sqrt, "OR": lambda *given: any(given),
            "IF": lambda test, yes, no: yes if test else no,
            "SUM": lambda *given: math.fsum(value for value in given if not isinstance(value, Blank)),
            "ROUNDUP": lambda value, _: math.ceil(value),
        }  # fmt: skip


def column(name: str) -> str:
    return openpyxl.utils.get_column_letter([*LEAD, *RESULT_COLUMNS].index(name) + 1)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sizing") / "staff.xlsx"
    write_sizing(path, size_towns_of(example("district"), Asked(year=2025, draws=50, turns=["case_h"])), "en")
    return path


def test_the_formulas_come_to_the_posts_and_shares_of_the_model(book: Path) -> None:
    sizing, sheets = size_towns(example("district"), P), Sheets(book)
    for index, found in enumerate(sizing.results()):
        row = index + 2
        assert sheets.cell("Result", f"{column('posts')}{row}") == found.posts
        assert sheets.cell("Result", f"{column('required')}{row}") == pytest.approx(found.required)
        assert sheets.cell("Result", f"{column('difference')}{row}") == found.difference
        assert sheets.cell("Result", f"{column('ratio')}{row}") == pytest.approx(found.ratio)
        for part in PARTS:
            posts = sheets.cell("Result", f"{column(f'posts_{part}')}{row}")
            assert posts == pytest.approx(found.parts[part], abs=1e-6)
            assert sheets.cell("Result", f"{column(f'share_{part}')}{row}") == pytest.approx(
                found.share(part), abs=1e-6
            )
    total = len(sizing.towns) + 2
    assert sheets.cell("Result", f"{column('posts')}{total}") == sizing.total


def test_a_coefficient_changed_in_the_sheet_changes_the_posts_as_the_model_does(book: Path) -> None:
    sheets = Sheets(book)
    changed = {"coverage_enterprise": 0.9, "patrol_visit_h": 0.5, "duty_posts": 2, "floor_established": 30}
    for name, value in changed.items():
        title, address = sheets.book.defined_names[name].attr_text.split("!")
        sheets.book[title.strip("'")][address.replace("$", "")].value = value
    sizing = size_towns(example("district"), P.override(changed))
    posts = [sheets.cell("Result", f"{column('posts')}{row}") for row in range(2, len(sizing.towns) + 2)]
    assert posts == sizing.posts.tolist()


def test_every_coefficient_that_moves_posts_stands_in_a_formula(book: Path) -> None:
    sheets = Sheets(book)
    for row in range(2, 12):
        sheets.cell("Result", f"{column('posts')}{row}")
    assert {each.name for each in P if each.effect} <= sheets.used


def test_each_formula_carries_its_value_for_viewers_that_do_not_calculate(book: Path) -> None:
    sheets, shown = Sheets(book), openpyxl.load_workbook(book, data_only=True)
    for title in ("Result", "Components", "Coefficients"):
        for row in sheets.book[title].iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    value, kept = sheets.cell(title, cell.coordinate), shown[title][cell.coordinate].value
                    assert kept == pytest.approx(value, abs=1e-6), (title, cell.coordinate)


def test_unstated_staff_leaves_difference_and_ratio_empty(tmp_path: Path) -> None:
    file, out = tmp_path / "towns.csv", tmp_path / "staff.xlsx"
    file.write_text(
        "code,name,population,enterprises_low,enterprises_medium,enterprises_high,venues_low,venues_medium,venues_high"
        "\n1,=A1,9000,10,2,1,30,4,1\n",
        encoding="utf-8",
    )
    write_sizing(out, size_towns_of(read_towns(file), Asked(year=2025, draws=0)), "en")
    sheets, shown = Sheets(out), openpyxl.load_workbook(out, data_only=True)["Result"]
    for name in ("staff", "difference", "ratio"):
        assert isinstance(sheets.cell("Result", f"{column(name)}2"), Blank)
        assert shown[f"{column(name)}2"].value in (None, "")
    assert openpyxl.load_workbook(out)["Result"]["B2"].data_type == "s"  # a name runs as no formula


def test_equal_input_gives_equal_bytes_and_both_languages_have_every_sheet(tmp_path: Path) -> None:
    sized = size_towns_of(example("city"), Asked(year=2025, draws=20))
    for name, lang in (("a", "zh"), ("b", "zh"), ("c", "en")):
        write_sizing(tmp_path / f"{name}.xlsx", sized, lang)  # type: ignore[arg-type]
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    chinese, english = (openpyxl.load_workbook(tmp_path / f"{name}.xlsx").sheetnames for name in "ac")
    assert len(chinese) == len(english) == 6
    assert not set(chinese) & set(english)


def test_the_sheet_of_towns_reads_back_as_towns(book: Path, tmp_path: Path) -> None:
    source = openpyxl.load_workbook(book)
    for title in set(source.sheetnames) - {"Towns"}:
        del source[title]
    source.defined_names.clear()
    source.save(tmp_path / "towns.xlsx")
    again = read_towns(tmp_path / "towns.xlsx")
    assert np.array_equal(again.population, example("district").population)
    assert size_towns(again, P).posts.tolist() == size_towns(example("district"), P).posts.tolist()
