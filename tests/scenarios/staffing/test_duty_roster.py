"""Duty rosters from tables: read, solved, written, mended."""

from datetime import date

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from inventory.errors import BadTable
from inventory.files import read_table
from optimizer.errors import BadInput
from optimizer.staffing.roster import DayKind
from scenarios.staffing.roster import make_roster, mend_roster, read_roster, read_statement
from scenarios.staffing.roster.generate import example
from scenarios.staffing.roster.make import told_change, told_conflict
from scenarios.staffing.roster.read import day_kinds, month_of
from scenarios.staffing.roster.write import write_roster_ics, write_roster_table, write_roster_xlsx

PEOPLE = "id,name,name_en,roles\np1,=甲,A,leader\np2,乙,B,leader\np3,丙,C,leader\n"
POSTS = "id,name,name_en,pattern,needs\nlead,带班,Lead,1x24,leader:1\n"


@pytest.fixture
def files(tmp_path):
    def write(people=PEOPLE, posts=POSTS, requests=None):
        for name, words in (("people", people), ("posts", posts), ("requests", requests)):
            if words is not None:
                (tmp_path / f"{name}.csv").write_text(words, encoding="utf-8")
        asked = None if requests is None else tmp_path / "requests.csv"
        return {"people": tmp_path / "people.csv", "posts": tmp_path / "posts.csv", "requests": asked}

    return write


def test_days_are_those_of_the_announced_calendar():
    kinds, assumed = day_kinds(date(2026, 10, 1))
    assert not assumed
    assert kinds[0] is DayKind.holiday
    assert kinds[9] is DayKind.work  # Saturday 10 October 2026 is worked in lieu
    later, assumed = day_kinds(date(2099, 10, 1))
    assert assumed
    assert set(later) == {DayKind.work, DayKind.weekend}


def test_a_month_is_written_as_2026_10():
    assert month_of("2026-02") == date(2026, 2, 1)
    for wrong in ("2026-13", "2026", "26-10", "2026-10-01", "1899-01"):
        with pytest.raises(BadInput):
            month_of(wrong)


def test_the_example_is_made_mended_and_written(tmp_path):
    example(tmp_path)
    names = {name: tmp_path / f"duty_{name}.csv" for name in ("people", "posts", "requests")}
    statement = read_statement(**names, month="2026-10", response=["2026-10-12..2026-10-17"])
    made = make_roster(statement, work=3)
    assert made.status in ("optimal", "feasible")
    assert max(made.widest.values()) <= 1
    write_roster_xlsx(tmp_path / "a.xlsx", made)
    write_roster_xlsx(tmp_path / "b.xlsx", made)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = load_workbook(tmp_path / "a.xlsx")
    assert book.worksheets[0].max_row == 32
    assert book.worksheets[1].max_row == 61
    write_roster_table(tmp_path / "roster.csv", made)
    assert read_roster(tmp_path / "roster.csv", statement) == made.assignments
    write_roster_ics(tmp_path / "roster.ics", made)
    events = Calendar.from_ical((tmp_path / "roster.ics").read_bytes()).walk("VEVENT")
    assert len(events) == len(made.assignments)
    assert len({str(event["uid"]) for event in events}) == len(events)
    who = made.assignments[-1].person
    write_roster_ics(tmp_path / "one.ics", made, person=who)
    mine = Calendar.from_ical((tmp_path / "one.ics").read_bytes()).walk("VEVENT")
    assert len(mine) == sum(one.person == who for one in made.assignments)
    text = (tmp_path / "duty_requests.csv").read_text("utf-8")
    (tmp_path / "duty_requests.csv").write_text(f"{text}P02,leave,2026-10-20,2026-10-31\n", encoding="utf-8")
    again = read_statement(**names, month="2026-10", response=["2026-10-12..2026-10-17"])
    mended = mend_roster(again, made.assignments, since=date(2026, 10, 19))
    lost = [one for one in made.assignments if one.person == "P02" and int(one.slot.split("/")[1]) >= 19]
    assert mended.bound == len(mended.changes) == 2 * len(lost)  # the pair changes as one
    assert {one.why for one in mended.changes} == {"dropped_out", "partner_gone"}
    assert all(one.out == "P02" for one in mended.changes if one.why == "dropped_out")
    assert all("?" not in told_change(mended, one, lang) for one in mended.changes for lang in ("zh", "en"))
    write_roster_xlsx(tmp_path / "mended.xlsx", mended)


def test_a_name_that_looks_like_a_formula_stays_a_text(files, tmp_path):
    made = make_roster(read_statement(**files(), month="2026-02"))
    write_roster_xlsx(tmp_path / "r.xlsx", made)
    for sheet in load_workbook(tmp_path / "r.xlsx").worksheets:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_an_impossible_month_says_which_rules_conflict_in_both_languages(files):
    asked = "person,kind,first,last\n" + "".join(f"p{at},leave,2026-02-10,2026-02-10\n" for at in (1, 2, 3))
    made = make_roster(read_statement(**files(requests=asked), month="2026-02"))
    assert made.status == "infeasible"
    for lang in ("zh", "en"):
        told = [told_conflict(made, one, lang) for one in made.conflict]
        assert any("2026-02-10" in line for line in told)
        assert all("?" not in line for line in told)


def test_bad_rows_are_told_with_their_numbers(files):
    with pytest.raises(BadTable) as told:
        read_statement(
            **files(requests="person,kind,first\nnobody,leave,2026-02-10\np1,maybe,2026-02-10\n"), month="2026-02"
        )
    assert {fault.row for fault in told.value.faults} == {2, 3}
    with pytest.raises(BadInput):
        read_statement(**files(posts=POSTS.replace("leader:1", "leader:1.5")), month="2026-02")


def test_a_roster_of_another_month_is_not_read(files, tmp_path):
    first = make_roster(read_statement(**files(), month="2026-02"))
    write_roster_table(tmp_path / "roster.csv", first)
    assert len(read_table(tmp_path / "roster.csv", "duty_roster")) == 28
    with pytest.raises(BadInput):
        read_roster(tmp_path / "roster.csv", read_statement(**files(), month="2026-03"))
