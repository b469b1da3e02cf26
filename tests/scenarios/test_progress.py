"""What reports of teams make of a problem."""

from datetime import UTC, datetime
from typing import Any

from scenarios.progress import Report, Standing, with_progress

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def document(teams_needed: int) -> dict[str, Any]:
    task = {"id": "t", "capability": "water", "teams_needed": teams_needed, "service_s": 600}
    return {
        "as_of": AS_OF.isoformat(),
        "incidents": [{"id": "i", "lat": 27.1, "lon": 109.1, "tasks": [task]}],
        "teams": [{"id": name, "lat": 27.0, "lon": 109.0, "store": "s0"} for name in ("k0", "k1")],
    }


def standing(*reports: tuple[str, str]) -> Standing:
    newest = {team: Report(team, "i", "t", state, AS_OF, None, None, None) for team, state in reports}
    return Standing(newest, frozenset((team, "t") for team, state in reports if state in ("done", "home")))


def test_who_is_done_takes_nothing_along_from_the_base_it_is_not_at() -> None:
    seen = with_progress(document(2), standing(("k0", "done"), ("k1", "home")))
    there = {"id": "k0", "lat": 27.1, "lon": 109.1, "at_incident": "i"}
    assert seen["teams"] == [there, document(2)["teams"][1]]


def test_who_is_still_at_work_is_not_at_its_base_though_the_task_has_its_teams() -> None:
    seen = with_progress(document(1), standing(("k0", "done"), ("k1", "on_scene")))
    assert [(row["team"], row["task"]) for row in seen["started"]] == [("k1", "t")]
    assert [task["teams_needed"] for task in seen["incidents"][0]["tasks"]] == [1]
    assert with_progress(document(1), standing(("k0", "done")))["incidents"][0]["tasks"] == []
