"""The monthly report of a county, read from the database and printed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from inventory.care.done import finish_task
from inventory.care.monthly import NotACounty, NotEvaluated, monthly_report
from inventory.care.views import board
from inventory.documents import write_monthly_report_pdf, write_monthly_report_xlsx

WATER, EXTINGUISHER = "M013", "M059"
TODAY = date(2026, 6, 15)
COUNTY, TOWN, OTHER_TOWN = "520600000000", "520600100000", "520600101000"


@pytest.fixture
def stocked(stock, checked):
    stock("S0", EXTINGUISHER, 30, lot="E")
    stock("S1", EXTINGUISHER, 12, lot="E")
    stock("S1", WATER, 60, lot="W", made=date(2026, 1, 1), expires=TODAY - timedelta(days=5))
    checked("S0", EXTINGUISHER, "INSPECT", TODAY - timedelta(days=50))  # late
    checked("S1", EXTINGUISHER, "INSPECT", TODAY - timedelta(days=70))  # late by more than a period


def read(session, *, year=2026, month=6):
    return monthly_report(session, county=COUNTY, year=year, month=month)


def test_a_row_for_each_town_and_the_county_above_them(session, stocked, evaluated):
    evaluated()
    report = read(session)
    assert [(row.code, row.town.zh, row.stores) for row in report.towns] == [
        (COUNTY, "县本级", 1), (TOWN, "一镇", 2), (OTHER_TOWN, "二镇", 1),
    ]  # fmt: skip
    assert (report.total.stores, report.county.zh) == (4, "甲县")
    shown = board(session, place=COUNTY)
    assert report.total.score == pytest.approx(shown.total.score)
    assert report.total.failed_stores == shown.total.failed
    assert report.total.serviceable_share == pytest.approx(shown.total.serviceable_share)
    parts = [row.overdue_minor + row.overdue_major + row.overdue_critical for row in report.towns]
    assert sum(parts) == shown.total.overdue


def test_what_is_late_is_told_by_severity(session, stocked, evaluated):
    evaluated()
    county, town, _ = read(session).towns
    assert county.overdue_major >= 1
    assert town.overdue_critical >= 1


def test_tasks_count_in_the_shanghai_month_they_were_done_in_failed_ones_too(session, stocked, evaluated, act):
    evaluated()
    last_of_may = datetime(2026, 5, 31, 15, 59, tzinfo=UTC)
    finish_task(session, task=f"S0/{EXTINGUISHER}/E/INSPECT", act=act(at=last_of_may), done_on=date(2026, 5, 20))
    first_of_june = last_of_may + timedelta(minutes=1)
    finish_task(session, task=f"S1/{EXTINGUISHER}/E/INSPECT", act=act(at=first_of_june), passed=False)
    may, june, july = (read(session, month=month) for month in (5, 6, 7))
    assert [row.tasks_done for row in may.towns] == [1, 0, 0]
    assert [row.tasks_done for row in june.towns] == [0, 1, 0]
    assert (may.total.tasks_done, june.total.tasks_done, july.total.tasks_done) == (1, 1, 0)
    assert read(session, month=12).total.tasks_done == 0  # and the year ends


def test_the_worst_stores_say_why_in_both_languages(session, stocked, evaluated):
    evaluated()
    worst = read(session).worst_stores
    assert worst[0].failed
    assert [(not one.failed, one.score) for one in worst] == sorted((not one.failed, one.score) for one in worst)
    assert {one.store_id for one in worst} <= {"S0", "S1", "S2", "S3"}
    for one in worst:
        assert one.store_id in one.reason.zh
        assert one.store_id in one.reason.en
        assert one.reason.zh != one.reason.en


def test_critical_findings_say_since_when(session, stocked, evaluated):
    evaluated()
    found = read(session).critical_findings
    expired = [one for one in found if "过期" in one.text.zh]
    assert [(one.store.zh, one.item.zh, one.since) for one in expired] == [
        ("一镇库", "瓶装水(24x0.5L)", TODAY - timedelta(days=4))
    ]
    late = [one for one in found if "查验" in one.text.zh]
    assert [one.since for one in late] == [TODAY - timedelta(days=70) + timedelta(days=36)]


def test_it_says_by_which_day_it_was_judged(session, stocked, evaluated):
    evaluated(days=2)
    assert read(session).as_of == datetime(2026, 6, 17, 8, 0, tzinfo=UTC)


def test_a_county_that_was_never_judged_has_no_report(session, stocked, evaluated):
    with pytest.raises(NotEvaluated):
        read(session)
    evaluated(place=TOWN)
    with pytest.raises(NotEvaluated):
        read(session)


def test_a_report_is_of_a_county(session, stocked, evaluated):
    evaluated()
    with pytest.raises(NotACounty):
        monthly_report(session, county=TOWN, year=2026, month=6)


def test_it_prints(session, stocked, evaluated, tmp_path):
    evaluated()
    report = read(session)
    printed = write_monthly_report_pdf(tmp_path / "月报.pdf", report)
    write_monthly_report_xlsx(tmp_path / "月报.xlsx", report)
    assert printed.pages >= 1
    assert printed.missing == ""
    assert (tmp_path / "月报.xlsx").stat().st_size > 5000
