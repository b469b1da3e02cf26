"""Example tables of a duty roster: 60 people and 6 posts, with stations in villages for days of response."""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from inventory.files import write_table

ROLES = ("leader", "safety_officer", "fire_patroller", "driver", "call_desk")
_POSTS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("lead", "带班领导", "Leader on duty", "1x24", "leader:1", "both"),
    ("desk", "接警席", "Call desk", "3x8", "call_desk:1", "both"),
    ("patrol", "巡查对子", "Patrol pair", "2x12", "pair:1", "both"),
    ("truck", "消防车", "Fire engine", "2x12", "driver:1", "both"),
    ("duty", "值班室", "Duty office", "1x24", "safety_officer:1", "normal"),
    ("ready", "备勤", "Standby team", "2x12", "fire_patroller:1|safety_officer:1", "response"),
)


def example(
    folder: Path, *, people: int = 60, villages: int = 2, month: date = date(2026, 10, 1), seed: int = 0
) -> None:
    """Write duty_people.csv, duty_posts.csv and duty_requests.csv: names are numbers, everything is made up."""
    chance = random.Random(seed)
    staff: list[dict[str, Any]] = []
    for number in range(people):
        roles = [ROLES[number % len(ROLES)]]
        if number % 10 == 3:
            roles.append("safety_officer")
        at = f"{number + 1:02d}"
        staff.append({"id": f"P{at}", "name": f"人员{at}", "name_en": f"Person {at}", "roles": roles,
                      "area": f"片区{number % 4 + 1}"})  # fmt: skip
    posts: list[dict[str, Any]] = [
        {"id": code, "name": zh, "name_en": en, "pattern": pattern, "needs": needs, "mode": mode}
        for code, zh, en, pattern, needs, mode in _POSTS
    ]
    posts += [
        {"id": f"village-{number}", "name": f"驻村{number}", "name_en": f"Village {number}", "pattern": "station",
         "needs": "leader:1", "mode": "response", "stay_days": 3}
        for number in range(1, villages + 1)
    ]  # fmt: skip
    requests: list[dict[str, Any]] = []
    for kind, every, length in (("leave", 5, 3), ("wish", 7, 0), ("wish_not", 9, 1)):
        for row in staff[::every]:
            first = month + timedelta(days=chance.randrange(0, 25))
            requests.append({"person": row["id"], "kind": kind, "first": first, "last": first + timedelta(days=length)})
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "duty_people.csv", "duty_people", staff)
    write_table(folder / "duty_posts.csv", "duty_posts", posts)
    write_table(folder / "duty_requests.csv", "duty_requests", requests)
