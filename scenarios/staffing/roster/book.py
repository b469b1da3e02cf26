"""A roster as a workbook to be printed: the calendar for the wall, people with their days and counts, fairness with its
proof, wishes that are not met, pairs, what changed, and the rules it keeps."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inventory.files.workbook import save_book
from optimizer.staffing.roster import MEASURES, Asked, DayKind, Slot
from optimizer.staffing.roster.facts import counts_as
from optimizer.staffing.roster.problem import DAY, FIRE_PATROLLER
from optimizer.staffing.roster.wishes import unmet
from scenarios.staffing.roster.make import (
    Made,
    duty_name,
    group_name,
    name_of,
    proof_of,
    role_name,
    told_change,
    within_of,
)
from scenarios.staffing.roster.paper import (
    AWAY,
    BAD,
    GOOD,
    HEAD,
    HOLIDAY,
    PLAIN,
    RESPONSE,
    TITLE,
    WEEKEND,
    Paper,
    new_paper,
)
from scenarios.texts import Lang, text

_ORDER = ("24h", "early", "day", "late", "night", "station")


def write_roster_xlsx(path: Path, made: Made, *, lang: Lang = "zh") -> None:
    """Equal input gives equal bytes; nothing runs as a formula. Raises BadTable for texts a workbook cannot hold."""
    book = _Book(made, lang)
    book.calendar()
    book.people()
    if made.spreads:
        book.fairness()
    book.wishes()
    if made.statement.pairs.pairs or made.statement.pairs.left:
        book.pairs()
    if made.changes or made.bound is not None:
        book.changes()
    book.rules()
    save_book(book.book, path)


class _Book:
    def __init__(self, made: Made, lang: Lang) -> None:
        self.book, self.made, self.lang = new_paper(), made, lang
        self.problem = made.statement.problem
        self.slots = {slot.id: slot for slot in self.problem.slots}

    def words(self, key: str, **facts: Any) -> str:
        return text(f"roster.{key}", self.lang, **facts)

    def name(self, key: str) -> str:
        return name_of(self.made, key, self.lang)

    def paper(self, key: str, widths: Sequence[int], *, large: bool = False) -> Paper:
        paper = Paper(self.book, self.words(f"sheet.{key}"), widths=widths, large=large)
        month = f"{self.made.statement.first:%Y-%m}"
        paper.line(self.words(f"title.{key}", month=month), across=len(widths), style=TITLE, height=30)
        return paper

    def weekday(self, day: int) -> str:
        return self.words("weekdays").split("|")[self.made.statement.day(day).weekday()]

    def tint(self, day: int) -> str:
        kind = self.problem.day_kinds[day]
        return {DayKind.holiday: HOLIDAY, DayKind.weekend: WEEKEND}.get(kind, PLAIN)

    def calendar(self) -> None:
        """A row a day, a column for each post and shift; a stay stands on each of its days."""
        here: dict[tuple[int, str, str], list[str]] = defaultdict(list)
        manned = set()
        on: dict[str, list[str]] = defaultdict(list)
        for one in sorted(self.made.assignments, key=lambda one: (one.role == FIRE_PATROLLER, one)):
            slot = self.slots[one.slot]
            several = len(slot.needs) > 1
            role = self.words("in_role", role=role_name(one.role, self.lang)) if several else ""
            on[one.slot].append(self.name(one.person) + role)
        for slot in self.problem.slots:
            for day in _days(slot):
                manned.add((day, slot.post, slot.shift))
                here[day, slot.post, slot.shift] += on[slot.id]
        changed = {
            (day, self.slots[one.slot].post, self.slots[one.slot].shift)
            for one in self.made.changes
            for day in _days(self.slots[one.slot])
        }
        columns = sorted({(slot.post, _ORDER.index(slot.shift), slot.shift) for slot in self.problem.slots})
        columns = [one for post in self.made.statement.posts for one in columns if one[0] == post]
        paper = self.paper("calendar", [12, 7, 11, *[16] * len(columns)], large=True)
        told = [self.words(name) for name in ("day", "weekday", "kind")]
        paper.add([*told, *(self.name(f"post {post}") for post, _, _ in columns)], styles=HEAD, height=32)
        at = 0
        while at < len(columns):
            last = max(k for k in range(at, len(columns)) if columns[k][0] == columns[at][0])
            paper.join(first=4 + at, last=4 + last)
            at = last + 1
        paper.add(["", "", "", *(self.shift(post, shift) for post, _, shift in columns)], styles=HEAD, height=32)
        paper.hold(columns=3)
        for day, kind in enumerate(self.problem.day_kinds):
            response = day in self.made.statement.response
            mode = "\n".join([self.words(f"kind.{kind.value}"), *([self.words("response")] if response else [])])
            cells: list[Any] = [self.made.statement.day(day), self.weekday(day), mode]
            styles = [self.tint(day)] * 2 + [RESPONSE if response else self.tint(day)]
            lines = 1 + response
            for post, _, shift in columns:
                them = here[day, post, shift]
                lines = max(lines, len(them))
                cells.append("\n".join(them) if (day, post, shift) in manned else "—")
                styles.append(BAD if (day, post, shift) in changed else self.tint(day))
            paper.add(cells, styles=styles, height=6 + 14 * lines)
        legend = self.words("legend") + (self.words("legend_changed") if changed else "")
        paper.line(legend, across=3 + len(columns), height=20)

    def shift(self, post: str, shift: str) -> str:
        """The name of a shift and its hours."""
        slot = next(slot for slot in self.problem.slots if slot.post == post and slot.shift == shift)
        begin, end = (f"{minute // 60 % 24:02d}:{minute % 60:02d}" for minute in (slot.start_min, slot.end_min))
        return f"{self.words(f'shift.{shift}')}\n{begin}–{end}"

    def people(self) -> None:
        """A row a person: counts of this month, what was carried, and what they have on each day."""
        marks: dict[tuple[str, int], list[str]] = defaultdict(list)
        tally = {person.id: [0] * (len(MEASURES) + 1) for person in self.problem.people}
        for one in self.made.assignments:
            slot = self.slots[one.slot]
            for day in _days(slot):
                marks[one.person, day].append(self.words(f"mark.{slot.shift}"))
            for m, counts in enumerate(counts_as(slot, self.problem)):
                tally[one.person][m] += counts
            tally[one.person][-1] += 0 if slot.standby else (slot.end_min - slot.start_min) // 60
        away = {
            (one.person, day)
            for one in self.problem.requests if one.kind is Asked.leave
            for day in range(one.first_day, one.last_day + 1)
        }  # fmt: skip
        partner = {one: other for a, b in self.problem.pairs for one, other in ((a, b), (b, a))}
        measures = [*MEASURES, "hours"]
        paper = self.paper("people", [10, 12, 22, 12, *[8] * len(measures), 14, *[5] * self.problem.days], large=True)
        head = [self.words(name) for name in ("id", "name", "roles", "partner")]
        head += [self.words(f"measure.{name}") for name in measures] + [self.words("carried")]
        days = [f"{day + 1}\n{self.weekday(day)}" for day in range(self.problem.days)]
        paper.add([*head, *days], styles=HEAD, height=34)
        paper.hold(columns=2)
        for person in self.problem.people:
            cells: list[Any] = [person.id, self.name(person.id)]
            cells.append(self.words("and").join(role_name(role, self.lang) for role in sorted(person.roles)))
            cells.append(self.name(partner[person.id]) if person.id in partner else "")
            cells += [*tally[person.id], " ".join(map(str, person.carried)) if any(person.carried) else ""]
            styles = [PLAIN] * len(cells)
            for day in range(self.problem.days):
                here, gone = "\n".join(marks[person.id, day]), (person.id, day) in away
                cells.append(here or (self.words("mark.leave") if gone else ""))
                response = RESPONSE if day in self.made.statement.response else self.tint(day)
                styles.append(AWAY if gone else response)
            paper.add(cells, styles=styles)
        total = [sum(row[at] for row in tally.values()) for at in range(len(measures))]
        paper.add([self.words("total"), "", "", "", *total], styles=HEAD)
        paper.line(self.words("marks"), across=12, height=34)

    def fairness(self) -> None:
        """What is proven of each measure, and each group by itself."""
        paper = self.paper("fairness", [24, 40, 16, 16, 34, 18])
        levels = {level.name: level for level in self.made.levels}
        if levels:  # a mended roster has none: it is solved for fewest changes
            heads = ("measure", "within", "squares", "bound", "proof", "by_hand")
            paper.add([self.words(name) for name in heads], styles=HEAD, height=32)
        for name in (*MEASURES, "wishes") if levels else ():
            level = levels[name]
            if not level.value and name != "wishes":
                continue
            within, good = ("", True) if name == "wishes" else within_of(self.made, name, self.lang)
            proof = proof_of(level, self.lang)
            by_hand = self.words("gaps") if level.practice is None else level.practice
            cells = [self.words(f"measure.{name}"), within, level.value, level.bound, proof, by_hand]
            styles = [PLAIN, GOOD if good else BAD, PLAIN, PLAIN, GOOD if level.value == level.bound else BAD, PLAIN]
            paper.add(cells, styles=styles, height=32)
        known = {name for name in MEASURES if levels and within_of(self.made, name, self.lang)[1]}
        for line in ("fair", "fair_bound") if levels else ("fair_mended",):
            paper.line(self.words(line), across=6, height=44)
        paper.add([self.words(one) for one in ("group", "measure", "least", "most", "spread", "bound")], styles=HEAD)
        for one in self.made.spreads:
            if not one.most:
                continue
            cells = [group_name(one.group, self.lang), self.words(f"measure.{one.measure}"), one.least, one.most,
                     one.value, one.bound]  # fmt: skip
            wide = PLAIN if one.measure in known else BAD
            paper.add(cells, styles=[PLAIN] * 4 + [GOOD if one.value <= max(1, one.bound) else wide, PLAIN])

    def wishes(self) -> None:
        paper = self.paper("wishes", [14, 14, 24, 44, 10])
        wanted = [one for one in self.problem.requests if one.kind in (Asked.wish, Asked.wish_not)]
        left = list(unmet(self.problem, self.made.assignments))
        paper.line(self.words("wishes_met", wishes=len(wanted), unmet=len(left)), across=5, height=20)
        if left:
            paper.add([self.words(name) for name in ("name", "day", "asked", "instead", "row")], styles=HEAD)
        for one in left:
            instead = self.words("no_duty") if one.slot is None else duty_name(self.made, one.slot.id, self.lang)
            row = "" if one.request.row is None else one.request.row
            cells = [self.name(one.request.person), self.made.statement.day(one.day),
                     self.words(f"asked.{one.request.kind.value}"), instead, row]  # fmt: skip
            paper.add(cells)

    def pairs(self) -> None:
        paper = self.paper("pairs", [8, 24, 24])
        roles = [role_name(role, self.lang) for role in ("safety_officer", "fire_patroller")]
        paper.add([self.words("number"), *roles], styles=HEAD)
        pairs = self.made.statement.pairs
        for number, (a, b) in enumerate(pairs.pairs, start=1):
            paper.add([number, self.name(a), self.name(b)])
        for one, role in pairs.left:
            alone = [self.name(one), self.words("left")]
            paper.add(["", *(alone if role == "safety_officer" else alone[::-1])], styles=BAD)

    def changes(self) -> None:
        paper = self.paper("changes", [6, 110])
        told = self.words("mended", month=f"{self.made.statement.first:%Y-%m}", changes=len(self.made.changes),
                          bound=self.made.bound)  # fmt: skip
        paper.line(told, across=2, height=20)
        for number, one in enumerate(self.made.changes, start=1):
            paper.add([number, told_change(self.made, one, self.lang)], height=20)

    def rules(self) -> None:
        paper = self.paper("rules", [110])
        rules, statement = self.problem.rules, self.made.statement
        facts = {"rest": rules.rest_min / 60, "long": rules.long_duty_min / 60, "long_rest": rules.long_rest_min / 60,
                 "nights": rules.nights_in_a_row, "share": 100 * rules.excused_share}  # fmt: skip
        lines = [self.words(f"rule.{name}", **{key: f"{value:g}" for key, value in facts.items()})
                 for name in ("rest", "nights", "leave", "checked")]  # fmt: skip
        lines.append(self.words("rule.days_assumed" if statement.assumed_days else "rule.days"))
        if self.problem.past:
            lines.append(self.words("rule.before"))
        lines.append(self.words("rule.made", seed=self.made.seed, work=f"{self.made.work:.2f}"))
        for line in lines:
            paper.line(line, across=1, height=34)


def _days(slot: Slot) -> range:
    """The days a slot stands on in a calendar."""
    return range(slot.day, slot.day + (-(-(slot.end_min - slot.start_min) // DAY) if slot.standby else 1))
