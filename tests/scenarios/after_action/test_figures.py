"""Figures of the after-action report: tiers to the second, shares never shown better than they are, a picture for
any span of time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from optimizer.dispatch.problem import DEFAULT_TIERS
from scenarios.after_action import AfterAction, Event, IncidentRow, LevelRow, StopRow, write_pdf, write_xlsx
from scenarios.after_action.chart import LANES_AT_MOST, _ticks, lanes_of
from scenarios.after_action.figures import summary_of, tier_rows
from scenarios.after_action.model import Called, NeedRow, PlanRow, tier_of
from scenarios.after_action.words import Speech, share
from scenarios.report.labels import Label
from scenarios.tables import PROGRESS_STATES
from scenarios.texts import catalogue

AT = datetime(2024, 6, 3, 0, 30, tzinfo=UTC)


def incident(code="I1", *, planned_s=None, actual_s=None, **more):
    def after(seconds):
        return None if seconds is None else AT + timedelta(seconds=seconds)

    every = {
        "code": code, "kind": "flood", "severity": 3, "place": None, "status": "open", "merged_into": None,
        "people": 10, "reported_at": AT, "reported_by": "grid", "closed_at": None, "teams_needed": 1,
        "teams_ordered": 1, "teams_arrived": int(actual_s is not None), "arrive_planned": after(planned_s),
        "arrived_at": after(actual_s), "tier_planned": tier_of(DEFAULT_TIERS, planned_s),
        "tier_actual": tier_of(DEFAULT_TIERS, actual_s), "fill_planned": None, "fill_issued": None,
    }  # fmt: skip
    return IncidentRow(**(every | more))


def report(*incidents, **more):
    stop = StopRow(
        1, "T1", "I1", "K1", AT, AT, AT + timedelta(seconds=600), "on_scene", AT, AT + timedelta(seconds=700)
    )
    every = {
        "situation": "live", "kind": "live", "title": Label("演练县", "Drill county"), "partial": False, "begins": AT,
        "ends": AT + timedelta(hours=1), "closed_at": None, "summary": summary_of(incidents, [stop]),
        "tiers": tier_rows(DEFAULT_TIERS, incidents), "incidents": incidents, "stops": (stop,),
        "needs": (NeedRow("I1", "M003", Decimal(3), Decimal(2), Decimal(1), Decimal(1)),), "shipments": (),
        "plans": (PlanRow(1, "committed", AT, "chief", AT, None, 1, 1, 0, (LevelRow("unserved", 1.0, 2.0, True),
                  LevelRow("fairness", (0.5, 1.0), (0.5, 0.75), True))),),
        "events": (Event(AT, "incident_reported", "grid", "I1", {"kind": "flood", "severity": 3, "people": 10}),),
        "called": Called({"I1": Label("滑坡", "Slide")}, {}, {"M003": Label("折叠床", "Bed")},
                         {"M003": Label("张", "each")}, {}, {}),
    }  # fmt: skip
    return AfterAction(**(every | more))


@pytest.mark.parametrize(
    ("seconds", "tier"), [(0, "1"), (60, "1"), (61, "3"), (180, "3"), (181, "5"), (600, "10"), (601, None)]
)
def test_an_arrival_exactly_at_the_limit_meets_the_tier(seconds, tier):
    assert tier_of(DEFAULT_TIERS, seconds) == tier


def test_tiers_count_up_and_leave_out_what_needs_no_team_or_was_merged():
    rows = [
        incident("A", planned_s=100, actual_s=170), incident("B", planned_s=590, actual_s=900), incident("C"),
        incident("D", actual_s=10, merged_into="A"), incident("E", teams_needed=0, teams_ordered=0),
    ]  # fmt: skip
    found = [(row.id, row.incidents, row.planned, row.actual) for row in tier_rows(DEFAULT_TIERS, rows)]
    assert found == [("1", 3, 0, 0), ("3", 3, 1, 1), ("5", 3, 1, 1), ("10", 3, 2, 1)]


def test_a_share_is_never_shown_better_than_it_is():
    assert [share(one) for one in (Decimal("0.9999"), Decimal(1), None, Decimal(0), 0.875)] == [
        "99.9%", "100%", "–", "0%", "87.5%"
    ]  # fmt: skip


def test_a_minute_is_not_late():
    late = [StopRow(1, "T", "I1", str(s), AT, AT, AT, "on_scene", AT, AT + timedelta(seconds=s)) for s in (-30, 60, 61)]
    found = summary_of([incident()], late)
    assert (found.stops_arrived, found.stops_late, found.delay_s) == (3, 1, 30)


@pytest.mark.parametrize("minutes", [1, 7, 95, 700, 3 * 1440, 400 * 1440])
def test_the_axis_has_a_few_round_times(minutes):
    ticks = _ticks(AT, AT + timedelta(minutes=minutes))
    assert len(ticks) <= 9
    assert all(AT <= tick <= AT + timedelta(minutes=minutes) for tick in ticks)


def test_of_many_incidents_the_gravest_are_drawn():
    rows = [incident(f"I{n:03}", severity=1 + n % 5, actual_s=n) for n in range(100)]
    shown = lanes_of(report(*rows))
    assert len(shown) == LANES_AT_MOST
    assert {row.severity for row in shown} == {5}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_prints_whatever_there_is(tmp_path, lang):
    one = incident(planned_s=600, actual_s=700)
    for number, found in enumerate((
        report(one), report(one, partial=True, plans=()), report(),
        report(one, events=report(one).events * 500, stops=report(one).stops * 200),
        replace(report(one), tiers=(), begins=None, ends=None),
    )):  # fmt: skip
        path = tmp_path / f"{number}.pdf"
        printed = write_pdf(path, found, lang=lang)
        assert path.read_bytes().startswith(b"%PDF")
        assert printed.missing == ""
        assert printed.pages <= 5
        write_xlsx(tmp_path / f"{number}.xlsx", found, lang=lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_state_and_kind_of_event_has_its_words(lang):
    said = Speech(report(incident()), lang)
    for state in PROGRESS_STATES:
        assert {f"after.event.team_{state}", f"after.stop.{state}"} <= catalogue().keys()
    assert said.event(Event(AT, "never_heard_of", "x")) == "never_heard_of"
