"""The files themselves: the same every time, the font inside as a subset, the text there to be copied and searched."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inventory import documents
from inventory.documents import (
    Label,
    MonthlyReport,
    StockCard,
    TransferOrder,
    write_labels,
    write_monthly_report_pdf,
    write_monthly_report_xlsx,
    write_stock_card_pdf,
    write_stock_card_xlsx,
    write_transfer_order,
)
from inventory.documents.typeface import FONT_FILES

PACKAGE = Path(documents.__file__).parent
TEXTS = PACKAGE / "texts.csv"


@pytest.fixture
def writers(
    order: TransferOrder, card_of: Callable[..., StockCard], report_of: Callable[..., MonthlyReport]
) -> dict[str, Callable[[Path], object]]:
    labels = [Label("store", "330381001-01", "枹罕镇应急仓库", "Baohan town store")] * 30
    return {
        "labels.pdf": lambda path: write_labels(path, labels),
        "order.pdf": lambda path: write_transfer_order(path, order),
        "card.pdf": lambda path: write_stock_card_pdf(path, card_of(40)),
        "card.xlsx": lambda path: write_stock_card_xlsx(path, card_of(40)),
        "month.pdf": lambda path: write_monthly_report_pdf(path, report_of(12)),
        "month.xlsx": lambda path: write_monthly_report_xlsx(path, report_of(12)),
    }


def test_equal_input_gives_equal_bytes(tmp_path: Path, writers: dict[str, Callable[[Path], object]]) -> None:
    for name, write in writers.items():
        write(tmp_path / name)
        write(tmp_path / f"again-{name}")
        assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes(), name


def test_bytes_do_not_depend_on_the_process_that_writes_them(tmp_path: Path) -> None:
    program = (
        "import sys; from inventory.documents import Label, write_labels; "
        "write_labels(sys.argv[1], [Label('lot', ('M1', 'L1'), '枹罕救生衣𠮷𠮾', 'Life jacket')])"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / f"{seed}.pdf")],
            check=True,
            cwd=PACKAGE.parents[1],
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
    assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "2.pdf").read_bytes()


def test_only_the_characters_used_are_embedded(tmp_path: Path, writers: dict[str, Callable[[Path], object]]) -> None:
    for name in ("labels.pdf", "order.pdf", "card.pdf", "month.pdf"):
        writers[name](tmp_path / name)
        data = (tmp_path / name).read_bytes()
        assert b"/FontFile3" in data
        assert b"/ToUnicode" in data
        assert len(data) < FONT_FILES[0].stat().st_size / 5


def test_another_program_reads_the_text_of_the_pdf(tmp_path: Path, order: TransferOrder) -> None:
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("needs pdftotext of poppler-utils, which is not installed")
    write_transfer_order(tmp_path / "order.pdf", order)
    text = subprocess.run([reader, tmp_path / "order.pdf", "-"], check=True, capture_output=True).stdout.decode()
    for said in ("物资调拨令", "清川县应急物资储备中心（330381-00）", "12㎡单帐篷", "16,001.90 CNY", "承运人"):
        assert said in text


def test_importing_the_documents_loads_no_library_that_writes_them() -> None:
    heavy = ("fpdf", "segno", "fontTools", "openpyxl")
    program = f"import sys, inventory.documents; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, cwd=PACKAGE.parents[1])
    assert run.stdout.decode().strip() == "[]"


def test_every_word_of_the_documents_is_in_both_languages_and_in_the_font() -> None:
    from inventory.documents.typesetting import clean

    with TEXTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert len({row["key"] for row in rows}) == len(rows)
    for row in rows:
        assert row["zh"], row["key"]
        assert row["en"], row["key"]
        assert clean(row["zh"] + row["en"])[1] == frozenset(), row["key"]


def test_every_word_is_used_somewhere() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py"))
    with TEXTS.open(encoding="utf-8", newline="") as file:
        keys = [row["key"].removeprefix("doc.") for row in csv.DictReader(file, strict=True)]
    signers = ("order.approver", "order.sender", "order.carrier", "order.receiver")  # put together from their names
    for key in keys:
        assert key in signers or key.startswith("kind.") or f'"{key}"' in source or f"class {key}(" in source, key
