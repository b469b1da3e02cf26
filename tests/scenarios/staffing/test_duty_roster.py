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
from scenarios.staffing.roster.book import write_roster_xlsx
from scenarios.staffing.roster.generate import example
from scenarios.staffing.roster.make import told_change, told_conflict
from scenarios.staffing.roster.read import day_kinds, month_of
from scenarios.staffing.roster.write import (
    write_people_after,
    write_roster_folder,
    write_roster_ics,
    write_roster_table,
)
from scenarios.texts import explain

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
    made = make_roster(statement)
    assert made.status == "optimal"
    assert max(made.widest.values()) <= 1
    write_roster_xlsx(tmp_path / "a.xlsx", made)
    _on_the_wall(load_workbook(tmp_path / "a.xlsx"), made)
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
    fewest = sum(2 if one.slot.startswith("patrol/") else 1 for one in lost)  # the pair changes as one
    assert mended.bound == len(mended.changes) == fewest
    assert {one.why for one in mended.changes} == {"dropped_out", "partner_gone"}
    assert all(one.out == "P02" for one in mended.changes if one.why == "dropped_out")
    assert all("?" not in told_change(mended, one, lang) for one in mended.changes for lang in ("zh", "en"))
    write_roster_xlsx(tmp_path / "mended.xlsx", mended, lang="en")
    book = load_workbook(tmp_path / "mended.xlsx")
    assert book.sheetnames == ["Roster", "People", "Fairness", "Wishes", "Pairs", "Changes", "Notes"]
    red = {cell.coordinate for row in book["Roster"].iter_rows() for cell in row if cell.fill.fgColor.rgb == "00F8CBAD"}
    assert len(red) == len({one.slot for one in mended.changes})
    assert book["Changes"].max_row == 2 + len(mended.changes)


def _on_the_wall(book, made):
    """The calendar has every duty in its cell; people have the counts of their days; pairs name the remainder."""
    calendar = list(book["值班表"].iter_rows(min_row=2, values_only=True))
    posts, shifts, days = calendar[0], calendar[1], calendar[2:33]
    assert [row[0].day for row in days] == list(range(1, 32))
    assert [row[0].day for row in days if "响应期" in row[2]] == list(range(12, 18))
    assert all(row[0] and row[2].startswith("节假日") for row in days[:7])
    post = None
    for column in range(3, len(posts)):
        post = posts[column] or post
        for row in days:
            assert row[column], "every cell says who, or that nobody is asked for"
            if post == "值班室":
                assert (row[column] == "—") == ("响应期" in row[2])
            if post.startswith("驻村"):
                assert (row[column] == "—") == ("响应期" not in row[2])
            if post == "巡查对子":
                assert len(row[column].split("\n")) == 2
    assert sum(len(row[column].split("\n")) for row in days for column in range(3, len(posts)) if row[column] != "—"
               and not (posts[column] or "").startswith("驻村")) == 359  # fmt: skip
    assert "08:00–20:00" in str(shifts)
    people = list(book["人员"].iter_rows(min_row=3, max_row=62, values_only=True))
    for row in people:
        mine = [one for one in made.assignments if one.person == row[0]]
        assert row[4] + row[8] == len(mine)
    fairness = list(book["公平"].iter_rows(min_row=3, max_row=8, values_only=True))
    assert all(row[2] == row[3] and row[4] == "已证最小" for row in fairness)
    assert sum("未结对" in row for row in book["结对"].iter_rows(values_only=True)) == len(made.statement.pairs.left)


def test_the_next_month_goes_on_where_this_one_ends(files, tmp_path):
    """3 people, 28 days of 24 h: the last one rests on the 1st, and what each had before is evened out."""
    made = make_roster(read_statement(**files(), month="2026-02"))
    write_roster_table(tmp_path / "february.csv", made)
    write_people_after(tmp_path / "march.csv", made)
    last = next(one.person for one in made.assignments if one.slot == "lead/28/24h")
    names = {"posts": tmp_path / "posts.csv", "month": "2026-03", "before": tmp_path / "february.csv"}
    march = make_roster(read_statement(tmp_path / "march.csv", **names))
    assert next(one.person for one in march.assignments if one.slot == "lead/01/24h") != last
    both = [*made.assignments, *march.assignments]
    count = [sum(one.person == who for one in both) for who in ("p1", "p2", "p3")]
    assert sum(count) == 28 + 31
    assert max(count) - min(count) <= 1
    plain = read_statement(tmp_path / "people.csv", **names)  # no carried numbers: the roster before gives them
    carried = read_statement(tmp_path / "march.csv", **names)
    assert [one.carried for one in plain.problem.people] == [one.carried for one in carried.problem.people]
    assert [(one.person, one.end_min) for one in plain.problem.past if one.end_min > 0] == [(last, 8 * 60)]


def test_who_is_new_begins_where_the_others_stand(files, tmp_path):
    made = make_roster(read_statement(**files(), month="2026-02"))
    write_roster_table(tmp_path / "february.csv", made)
    statement = read_statement(**files(people=f"{PEOPLE}p4,丁,D,leader\n"), month="2026-03",
                               before=tmp_path / "february.csv")  # fmt: skip
    assert statement.problem.people[3].carried[0] == 28 // 3


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2026-03-01,lead,24h,leader,p1", "RosterNotBefore"),
        ("2026-02-28,gone,24h,leader,p1", "RosterPostGone"),
        ("2026-02-28,lead,night,leader,p1", "RosterShiftGone"),
    ],
)
def test_a_roster_before_that_does_not_fit_is_refused(files, tmp_path, row, code):
    (tmp_path / "before.csv").write_text(f"day,post,shift,role,person\n{row}\n", encoding="utf-8")
    with pytest.raises(BadInput) as told:
        read_statement(**files(), month="2026-03", before=tmp_path / "before.csv")
    assert [fault.code for fault in told.value.faults] == [code]


def test_a_stay_of_last_month_ends_with_its_month(files, tmp_path):
    posts = f"{POSTS}village,驻村,Village,station,leader:1\n"
    (tmp_path / "before.csv").write_text(
        "day,post,shift,role,person\n2026-02-27,village,station,leader,p1\n2026-02-20,village,station,leader,gone\n"
    )
    statement = read_statement(**files(posts=posts), month="2026-03", before=tmp_path / "before.csv")
    assert [(one.start_min, one.end_min) for one in statement.problem.past] == [(-2 * 1440 + 480, 480)]
    assert statement.problem.people[0].carried == (0, 0, 0, 0, 1)


def test_everybody_gets_a_calendar_of_their_own(files, tmp_path):
    made = make_roster(read_statement(**files(), month="2026-02"))
    found = write_roster_folder(tmp_path / "calendars", made)
    assert [path.name for path in found] == ["p1.ics", "p2.ics", "p3.ics"]
    assert sum(len(Calendar.from_ical(path.read_bytes()).walk("VEVENT")) for path in found) == 28


def test_a_name_that_looks_like_a_formula_stays_a_text(files, tmp_path):
    made = make_roster(read_statement(**files(), month="2026-02"))
    write_roster_xlsx(tmp_path / "r.xlsx", made)
    write_roster_xlsx(tmp_path / "again.xlsx", made)
    assert (tmp_path / "r.xlsx").read_bytes() == (tmp_path / "again.xlsx").read_bytes()
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


def test_more_people_than_a_shift_needs_are_told_by_row(files, tmp_path):
    statement = read_statement(**files(), month="2026-02")
    made = make_roster(statement)
    write_roster_table(tmp_path / "roster.csv", made)
    first = made.assignments[0]
    other = next(one.id for one in statement.problem.people if one.id != first.person)
    post, day, shift = first.slot.split("/")
    with (tmp_path / "roster.csv").open("a", encoding="utf-8") as out:
        out.write(f"2026-02-{day},{post},{shift},{first.role},{other}\n")
    with pytest.raises(BadInput, match="RosterTooMany"):
        read_roster(tmp_path / "roster.csv", statement)


def test_a_roster_is_not_mended_from_a_day_after_its_month(files):
    statement = read_statement(**files(), month="2026-02")
    made = make_roster(statement)
    for lang in ("zh", "en"):
        with pytest.raises(BadInput) as told:
            mend_roster(statement, made.assignments, since=date(2026, 3, 1))
        assert "2026-03-01" in " ".join(explain(told.value, lang))
