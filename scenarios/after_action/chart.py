"""Two pictures of an after-action report: a lane for each incident, and bars of the response tiers."""

from datetime import datetime, timedelta

from inventory.documents.paper import DARK, GREY, PALE, Paper
from inventory.documents.pdf import Colour
from scenarios.after_action.model import AfterAction, IncidentRow
from scenarios.after_action.words import Speech, share
from scenarios.report.wording import SHANGHAI

BLUE: Colour = (31, 78, 121)
RED: Colour = (196, 60, 48)
WAITING: Colour = (173, 192, 214)
LANES_AT_MOST = 18
APPROVALS = ("plan_approved", "plan_replaced", "plan_rolled_back")
_LANE_MM, _NAME_MM, _BAR_MM, _TIER_MM = 5.6, 44.0, 1.9, 2.8
_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080, 43200)
_MOST_TICKS = 8


def lanes_of(found: AfterAction) -> list[IncidentRow]:
    """The gravest incidents that need teams, in order of their reports."""
    own = [row for row in found.incidents if row.merged_into is None and row.needs_teams]
    gravest = sorted(own, key=lambda row: (-row.severity, row.reported_at, row.code))[:LANES_AT_MOST]
    return sorted(gravest, key=lambda row: (row.reported_at, row.code))


def draw_lanes(paper: Paper, said: Speech, lanes: list[IncidentRow]) -> None:
    """From the report to the promised first arrival (pale), and to the actual one."""
    known = [at for row in lanes for at in (row.arrive_planned, row.arrived_at) if at is not None]
    begins = min(row.reported_at for row in lanes)
    ends = max([*known, begins + timedelta(minutes=5)])
    left, right = paper.left + _NAME_MM, paper.right - 4
    per_s = (right - left) / (ends - begins).total_seconds()

    def x(at: datetime) -> float:
        return left + min(max((at - begins).total_seconds(), 0.0) * per_s, right - left)

    _legend(paper, said)
    top, bottom = paper.y + 4, paper.y + 4 + len(lanes) * _LANE_MM
    for tick in _ticks(begins, ends):
        paper.line(x(tick), top, x(tick), bottom, width=0.1, colour=(215, 220, 226))
        paper.text(x(tick), paper.y, _clock(tick, begins), size_pt=6.5, align="center", colour=DARK)
    paper.y = top
    for row in lanes:
        name = paper.fit(said.name("incidents", row.code), sizes_pt=(7.5, 6.5), room_mm=_NAME_MM - 3, lines=1)
        paper.text(paper.left, paper.y + 0.9, name[1][0], size_pt=name[0])
        y = paper.y + 0.8
        start = x(row.reported_at)
        if row.arrive_planned is not None:
            paper.box(start, y, max(x(row.arrive_planned) - start, 0.4), _BAR_MM, colour=WAITING)
        if row.arrived_at is not None:
            colour = BLUE if row.tier_actual is not None else RED
            paper.box(start, y + _BAR_MM, max(x(row.arrived_at) - start, 0.4), _BAR_MM, colour=colour)
        paper.box(start - 0.2, y - 0.3, 0.4, 2 * _BAR_MM + 0.6, colour=DARK)
        paper.y += _LANE_MM
        paper.line(paper.left, paper.y, right, paper.y, width=0.1, colour=(228, 232, 237))
    plans = [(one.facts["plan"], one.at) for one in said.found.events if one.kind in APPROVALS]
    for number, at in plans:
        if not begins <= at <= ends:
            continue
        paper.line(x(at), top, x(at), bottom, width=0.25, colour=GREY)
        paper.text(x(at) + 0.6, bottom + 0.3, f"P{number}", size_pt=6, colour=DARK)
    paper.y = bottom + 4


def _legend(paper: Paper, said: Speech) -> None:
    x = paper.left
    for colour, key in ((WAITING, "waiting"), (BLUE, "met"), (RED, "missed")):
        words = said.say(f"legend.{key}")
        paper.box(x, paper.y + 0.8, 4, 1.6, colour=colour)
        paper.text(x + 5, paper.y, words, size_pt=7, colour=DARK)
        x += 5 + _wide(paper, words) + 6
    if said.found.plans:
        paper.line(x + 1, paper.y + 0.3, x + 1, paper.y + 2.8, width=0.25, colour=GREY)
        paper.text(x + 2.5, paper.y, f"P: {said.say('legend.plan')}", size_pt=7, colour=DARK)
    paper.y += 5


def _wide(paper: Paper, words: str) -> float:
    from inventory.documents.typesetting import width_mm

    return width_mm(paper.clean(words), 7)


def _ticks(begins: datetime, ends: datetime) -> list[datetime]:
    minutes = (ends - begins).total_seconds() / 60
    step = next((one for one in _STEPS_MIN if minutes / one <= _MOST_TICKS), _STEPS_MIN[-1] * 12)
    local = begins.astimezone(SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first = -(-(local - midnight) // timedelta(minutes=step))
    found = []
    while (at := midnight + timedelta(minutes=step * first)) <= ends:
        found.append(at)
        first += 1
    return found


def _clock(at: datetime, begins: datetime) -> str:
    same_day = at.astimezone(SHANGHAI).date() == begins.astimezone(SHANGHAI).date()
    return at.astimezone(SHANGHAI).strftime("%H:%M" if same_day else "%m-%d %H:%M")


def draw_tiers(paper: Paper, said: Speech) -> None:
    """For each tier the share of incidents as promised (pale) and as it was."""
    left, full = paper.left + 22, paper.right - paper.left - 22 - 34
    for tier in said.found.tiers:
        paper.text(paper.left, paper.y + 1.0, said.tier(tier.id, missed=False), size_pt=8)
        all_ = max(1, tier.incidents)
        paper.box(left, paper.y, full, 2 * _TIER_MM, colour=PALE)
        for number, (met, colour) in enumerate(((tier.planned, WAITING), (tier.actual, BLUE))):
            if met:
                paper.box(left, paper.y + number * _TIER_MM, full * met / all_, _TIER_MM - 0.1, colour=colour)
            words = f"{said.say('legend.planned' if not number else 'legend.actual')} {met} / {tier.incidents}"
            percent = f"  {share(met / all_)}" if tier.incidents else ""
            paper.text(left + full + 1.5, paper.y + 0.1 + number * _TIER_MM, words + percent, size_pt=6.5)
        paper.y += 7.4
