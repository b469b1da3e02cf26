"""Sheets of labels: every label in its place, its code whole, and nothing beyond its edges."""

from dataclasses import replace
from pathlib import Path

import pytest
import segno

from inventory.documents import BadLabelCode, Label, LabelSheet, LabelSheetDoesNotFit, write_labels
from inventory.documents.pdf import Box, Line, Text
from inventory.documents.typesetting import MM_PER_PT, width_mm

LOT = Label("lot", ("M012", "L2024-03"), "救生衣（成人）", "Life jacket, adult", ("有效期至 2029-03-31",))


def test_twenty_four_labels_make_one_page_without_a_number(tmp_path: Path, seen) -> None:
    assert write_labels(tmp_path / "labels.pdf", [LOT] * 24).pages == 1
    assert "页" not in seen.all_text()
    assert seen.texts().count("M012 / L2024-03") == 24


def test_the_twenty_fifth_label_begins_a_second_page_and_both_are_numbered(tmp_path: Path, seen) -> None:
    assert write_labels(tmp_path / "labels.pdf", [LOT] * 25).pages == 2
    assert seen.texts(1).count("M012 / L2024-03") == 1
    assert "第 2 页，共 2 页 · page 2 of 2" in seen.texts(1)


def test_places_already_used_stay_empty(tmp_path: Path, seen) -> None:
    assert write_labels(tmp_path / "labels.pdf", [LOT] * 3, skip=22).pages == 2
    assert seen.texts(0).count("M012 / L2024-03") == 2


def test_the_qr_code_on_paper_is_that_of_the_payload(tmp_path: Path, seen) -> None:
    write_labels(tmp_path / "labels.pdf", [LOT])
    expected = segno.make_qr("WD:LOT:M012:L2024-03", error="m", encoding="utf-8", boost_error=False)
    dark = [box for box in seen.boxes() if box.colour == (0, 0, 0)]
    step = min(box.width for box in dark)
    left, top = min(box.x for box in dark), min(box.y for box in dark)
    drawn = {
        (round((box.y - top) / step), round((box.x - left) / step) + offset)
        for box in dark
        for offset in range(round(box.width / step))
    }
    assert drawn == {(y, x) for y, row in enumerate(expected.matrix) for x, bit in enumerate(row) if bit}


def test_nothing_of_a_label_leaves_its_edges_however_much_it_says(tmp_path: Path, seen) -> None:
    wordy = Label(
        "asset",
        ("330381001-01", "A区-03架-2层-15号-" + "X" * 30),
        "柴油发电机组（拖车式，带应急照明塔与自动转换开关柜）" * 3,
        "Diesel generator set on trailer with lighting tower " * 3,
        tuple(f"第{number}行小字" for number in range(9)),
    )
    printed = write_labels(tmp_path / "labels.pdf", [wordy])
    sheet = LabelSheet()
    left, top = sheet.corner(0)
    for mark in seen.pages[0]:
        if isinstance(mark, Text):
            assert left <= mark.x
            assert mark.x + width_mm(mark.text, mark.size_pt) <= left + sheet.label_width_mm
            assert top <= mark.baseline - 0.88 * mark.size_pt * MM_PER_PT
            assert mark.baseline + 0.12 * mark.size_pt * MM_PER_PT <= top + sheet.label_height_mm
        elif isinstance(mark, Box):
            assert left <= mark.x
            assert mark.y + mark.height <= top + sheet.label_height_mm
    assert wordy.title_zh in printed.shortened
    assert "第8行小字" in printed.shortened


def test_a_label_that_fits_is_not_reported_as_shortened(tmp_path: Path) -> None:
    assert write_labels(tmp_path / "labels.pdf", [LOT]).shortened == ()


def test_cut_marks_lie_on_the_edges_of_the_labels_and_can_be_left_out(tmp_path: Path, seen) -> None:
    write_labels(tmp_path / "labels.pdf", [LOT])
    assert any(isinstance(mark, Line) for mark in seen.pages[0])
    write_labels(tmp_path / "labels.pdf", [LOT], sheet=LabelSheet(cut_marks=False))
    assert not any(isinstance(mark, Line) for mark in seen.pages[0])


@pytest.mark.parametrize(
    "sizes",
    [{"columns": 0}, {"rows": 9}, {"columns": 4}, {"label_width_mm": 30}, {"label_height_mm": 10}, {"gap_x_mm": 20},
     {"gap_y_mm": -1}],
)  # fmt: skip
def test_a_sheet_that_no_printer_could_print_is_refused(sizes: dict[str, float]) -> None:
    with pytest.raises(LabelSheetDoesNotFit):
        LabelSheet(**sizes)


def test_a_label_without_a_code_is_refused_and_no_file_is_left(tmp_path: Path) -> None:
    with pytest.raises(BadLabelCode):
        write_labels(tmp_path / "labels.pdf", [LOT, replace(LOT, code="")])
    assert list(tmp_path.iterdir()) == []


def test_missing_characters_are_boxed_listed_and_named_at_the_foot(tmp_path: Path, seen) -> None:
    printed = write_labels(tmp_path / "labels.pdf", [replace(LOT, title_zh="𠮷家帐篷")])
    assert printed.missing == "𠮷"
    assert "□家帐篷" in seen.texts()
    assert "U+20BB7" in seen.all_text()
