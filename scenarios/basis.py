"""What a plan rests on, so that one made a while ago can say what has changed since."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.exchange.json_text import dumps
from scenarios.live import Afoot

Basis = dict[str, dict[str, str]]
"""Kind -> code -> digest of what was known of it."""


@dataclass(frozen=True, slots=True)
class Since:
    """One thing that is not what it was: added, gone or changed."""

    kind: str  # incident, team, vehicle, closure, directive, plan
    code: str
    how: str


def basis_of(now: Afoot) -> Basis:
    """Incidents with their tasks and needs, teams with how far they have come, vehicles, closures, directives and the
    plan in force: one that somebody else approved meanwhile is not replaced unseen. Stock is not part of it: whether it
    is still there shows when it is reserved."""
    incidents = {row["id"]: [row] for row in now.incidents.rows()}
    for table in (now.tasks, now.demands):
        for row in table.rows():
            incidents[row["incident"]].append(row)
    teams = {row["id"]: [row] for row in now.teams.rows()}
    for team, report in now.standing.newest.items():
        teams.setdefault(team, []).append([getattr(report, name) for name in type(report).__slots__])
    return {
        "incident": _digests(incidents) | dict.fromkeys(now.unplaced, ""),
        "team": _digests(teams),
        "vehicle": _digests({row["id"]: row for row in now.vehicles.rows()}),
        "closure": _digests({str(row["id"]): row for row in now.closures}),
        "directive": _digests({dumps(row): row for row in (*now.pins, *now.bans)}),
        "plan": {} if now.plan is None else {str(now.plan): ""},
    }


def changed(before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> tuple[Since, ...]:
    """What differs, kind by kind, by code."""
    found = []
    for kind in now:
        old, new = before.get(kind, {}), now[kind]
        for code in sorted(old.keys() | new.keys()):
            if old.get(code) != new.get(code):
                how = "added" if code not in old else "gone" if code not in new else "changed"
                found.append(Since(kind, code, how))
    return tuple(found)


def _digests(things: Mapping[str, Any]) -> dict[str, str]:
    return {code: hashlib.sha256(json.dumps(what, default=str, sort_keys=True).encode()).hexdigest()[:16]
            for code, what in things.items()}  # fmt: skip
