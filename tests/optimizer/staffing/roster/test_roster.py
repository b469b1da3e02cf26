"""Rosters against brute force on tiny cases, and the rules one by one."""

from collections import defaultdict
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.errors import BadInput
from optimizer.staffing.roster import (
    PAIR,
    Asked,
    Assignment,
    DayKind,
    Mode,
    PastDuty,
    Pattern,
    Person,
    Post,
    Request,
    RosterProblem,
    Rules,
    check_claims,
    check_roster,
    pair_up,
    repair_roster,
    slots_of,
    solve_roster,
)
from optimizer.staffing.roster.facts import facts_of
from optimizer.staffing.roster.parts import parts_of
from optimizer.staffing.roster.wishes import wishes_unmet

NAMES = ("duties", "nights", "weekends", "holidays", "stationed")
WORK, OFF, FEAST = DayKind.work, DayKind.weekend, DayKind.holiday


def people(*roles):
    return tuple(Person(f"p{at}", frozenset(one.split("+"))) for at, one in enumerate(roles))


def month(who, *posts, days=4, kinds=None, response=(), **more):
    kinds = kinds or tuple(OFF if day % 7 >= 5 else WORK for day in range(days))
    return RosterProblem(kinds, who, slots_of(posts, days=len(kinds), response_days=response), **more)


def every_roster(problem):
    """All assignments that meet the heads, whatever else they break."""
    heads = [(slot.id, role) for slot in problem.slots for role, count in slot.needs for _ in range(count)]
    choices = [
        [[Assignment(slot, "safety_officer", a), Assignment(slot, "fire_patroller", b)] for a, b in problem.pairs]
        if role == PAIR
        else [[Assignment(slot, role, one.id)] for one in problem.people if role in one.roles]
        for slot, role in heads
    ]
    for chosen in product(*choices):
        rows = [one for them in chosen for one in them]
        if len({(one.slot, one.person) for one in rows}) == len(rows):
            yield tuple(sorted(rows))


def best_by_force(problem, credited):
    facts, best = facts_of(problem), None
    order = [one.id for one in problem.people]
    for rows in every_roster(problem):
        if check_roster(problem, rows):
            continue
        table = defaultdict(int)
        for one in rows:
            s = next(s for s, slot in enumerate(problem.slots) if slot.id == one.slot)
            for m, counts in enumerate(facts.counts[s]):
                table[one.person, m] += counts
        total = [[credited[p][m] + table[who, m] for m in range(5)] for p, who in enumerate(order)]
        value = []
        for m in range(5):
            beyond = 0
            for _, them in facts.groups:
                counted = [total[p][m] for p in them if p not in facts.excused]
                if len(them) > 1 and counted:
                    beyond += max(0, max(total[p][m] for p in them) - min(counted) - 1)
            value += [beyond, sum(row[m] ** 2 for row in total)]
        value.append(wishes_unmet(problem, facts, rows))
        best = value if best is None else min(best, value)
    return best


@st.composite
def tiny(draw):
    count = draw(st.integers(2, 4))
    roles = draw(st.lists(st.sampled_from(["a", "b", "a+b"]), min_size=count, max_size=count))
    patterns = st.sampled_from([Pattern.whole, Pattern.halves])
    posts = [Post("one", draw(patterns), (("a", 1),))]
    if draw(st.booleans()):
        posts.append(Post("two", Pattern.whole, (("b", 1),)))
    days = draw(st.integers(1, 2 if len(posts) > 1 else 3))
    kinds = tuple(draw(st.sampled_from(list(DayKind))) for _ in range(days))
    requests = []
    for _ in range(draw(st.integers(0, 2))):
        first = draw(st.integers(0, days - 1))
        post = draw(st.sampled_from([None, "one"]))
        kind = draw(st.sampled_from(list(Asked)))
        who = f"p{draw(st.integers(0, count - 1))}"
        requests.append(
            Request(who, kind, first, draw(st.integers(first, days - 1)), None if kind == "leave" else post)
        )
    carried = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    who = tuple(
        Person(f"p{at}", frozenset(one.split("+")), most=draw(st.sampled_from([None, 1, 2])), carried=(c, 0, 0, 0, 0))
        for at, (one, c) in enumerate(zip(roles, carried, strict=True))
    )
    rules = Rules(nights_in_a_row=draw(st.integers(1, 2)), long_rest_min=draw(st.sampled_from([0, 24 * 60])))
    return month(who, *posts, kinds=kinds, requests=tuple(requests), rules=rules)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny())
def test_the_roster_is_as_fair_as_the_best_of_all_rosters(problem):
    roster = solve_roster(problem)
    facts = facts_of(problem)
    best = best_by_force(problem, roster.credited or facts.carried)
    if best is None:
        assert roster.status == "infeasible"
        assert roster.conflict
        return
    assert roster.status == "optimal"
    assert check_claims(problem, roster) == ()
    assert [level.value for level in roster.levels] == best


@st.composite
def tiny_with_pairs(draw):
    """Two pairs and perhaps a third officer or patroller; a post for a pair, and perhaps one for an officer alone."""
    roles = ["safety_officer", "safety_officer", "fire_patroller", "fire_patroller"]
    roles += draw(st.lists(st.sampled_from(["safety_officer", "fire_patroller", "safety_officer+x"]), max_size=1))
    carried = draw(st.lists(st.tuples(*[st.integers(0, 2)] * 2), min_size=len(roles), max_size=len(roles)))
    who = tuple(
        Person(f"p{at}", frozenset(one.split("+")), draw(st.sampled_from(["", "", "all"])), carried=(d, n, 0, 0, 0))
        for at, (one, (d, n)) in enumerate(zip(roles, carried, strict=True))
    )
    posts = [Post("round", draw(st.sampled_from([Pattern.whole, Pattern.halves])), ((PAIR, 1),))]
    if draw(st.booleans()):
        posts.append(Post("gate", Pattern.whole, (("safety_officer", 1),)))
    kinds = tuple(draw(st.lists(st.sampled_from(list(DayKind)), min_size=1, max_size=3)))
    requests = tuple(
        Request(f"p{draw(st.integers(0, 3))}", draw(st.sampled_from(list(Asked))), day, day)
        for day in draw(st.lists(st.integers(0, len(kinds) - 1), max_size=2))
    )
    past = tuple(PastDuty(f"p{draw(st.integers(0, 3))}", -4 * 60, 8 * 60) for _ in range(draw(st.integers(0, 1))))
    rules = Rules(nights_in_a_row=draw(st.integers(1, 2)), long_rest_min=draw(st.sampled_from([0, 24 * 60])))
    return month(who, *posts, kinds=kinds, requests=requests, rules=rules, past=past, pairs=pair_up(who).pairs)


@settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny_with_pairs())
def test_pairs_are_put_on_duty_as_fairly_as_can_be(problem):
    roster = solve_roster(problem)
    best = best_by_force(problem, roster.credited or facts_of(problem).carried)
    if best is None:
        assert roster.status == "infeasible"
        return
    assert roster.status == "optimal"
    assert check_claims(problem, roster) == ()
    assert [level.value for level in roster.levels] == best
    for spread in roster.spreads:
        assert spread.bound <= spread.value


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny(), st.integers(0, 3), st.integers(0, 2))
def test_a_repair_changes_as_few_as_the_closest_of_all_rosters(problem, who, first):
    roster = solve_roster(problem)
    if roster.status == "infeasible":
        return
    first = min(first, problem.days - 1)
    gone = Request(problem.people[who % len(problem.people)].id, Asked.leave, first, problem.days - 1)
    fixed = repair_roster(problem, roster.assignments, [gone])
    asked = problem.with_requests(gone)
    was = {(one.slot, one.person) for one in roster.assignments}
    changes = [len(was - {(one.slot, one.person) for one in rows})
               for rows in every_roster(asked) if not check_roster(asked, rows)]  # fmt: skip
    if not changes:
        assert fixed.status == "infeasible"
        return
    assert (len(fixed.changes), fixed.bound) == (min(changes), min(changes))
    assert check_roster(asked, fixed.assignments) == ()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny())
def test_no_rule_of_a_conflict_can_be_taken_out(problem):
    """Irreducible: without the requests it names there is a roster, if only requests conflict with cover."""
    roster = solve_roster(problem)
    if roster.status == "infeasible":
        assert roster.conflict_least
        codes = {one.code for one in roster.conflict}
        assert codes & {"RosterCover", "RosterMust"}
        assert solve_roster(problem) == roster


def test_input_order_does_not_matter():
    posts = (Post("desk", Pattern.halves, (("a", 1),)), Post("gate", Pattern.whole, (("b", 1),)))
    who = people("a", "a", "a+b", "b", "b", "a")
    asked = (Request("p0", Asked.leave, 1, 2), Request("p3", Asked.wish, 4, 4))
    one = month(who, *posts, days=8, requests=asked)
    other = month(who[::-1], *posts[::-1], days=8, requests=asked[::-1])
    assert solve_roster(one) == solve_roster(other)


def test_input_order_does_not_matter_with_pairs_and_what_is_carried():
    who = people(*["safety_officer"] * 7, *["fire_patroller"] * 4)
    who = tuple(replace(one, carried=(at % 3, at % 2, 0, 0, 0)) for at, one in enumerate(who))
    posts = (Post("round", Pattern.halves, ((PAIR, 1),)), Post("gate", Pattern.whole, (("safety_officer", 1),)))
    asked = (Request("p0", Asked.leave, 1, 2), Request("p3", Asked.wish, 4, 4), Request("p8", Asked.must, 3, 3))
    past = (PastDuty("p1", -960, 480), PastDuty("p4", -240, 480))
    one = month(who, *posts, days=7, requests=asked, past=past, pairs=pair_up(who).pairs)
    other = month(who[::-1], *posts[::-1], days=7, requests=asked[::-1], past=past[::-1],
                  pairs=pair_up(who[::-1]).pairs[::-1])  # fmt: skip
    roster = solve_roster(one)
    assert roster.assignments
    assert roster == solve_roster(other)
    assert check_claims(one, roster) == ()


def test_parts_that_share_nothing_are_solved_apart():
    """Two posts with people of their own, and one who is compared with people of the other post."""
    posts = (Post("one", Pattern.whole, (("a", 1),)), Post("two", Pattern.whole, (("b", 1),)))
    who = people("a", "a", "b", "b", "c")
    problem = month(who, *posts, days=4)
    parts = parts_of(problem, facts_of(problem))
    assert [part.people for part in parts] == [(0, 1), (2, 3), (4,)]
    assert [len(part.needs) for part in parts] == [4, 4, 0]
    mixed = tuple(replace(one, group="g") if one.id in ("p1", "p2") else one for one in who)
    joined = month(mixed, *posts, days=4)
    assert [part.people for part in parts_of(joined, facts_of(joined))] == [(0, 1, 2, 3), (4,)]


def test_who_may_have_few_duties_leaves_the_others_as_even_as_can_be():
    """p0 may have one duty: the others share the rest, and the answer proves that it cannot be more even."""
    who = (Person("p0", frozenset("a"), most=1), *people("x", "a", "a", "a")[1:])
    roster = solve_roster(month(who, Post("one", Pattern.whole, (("a", 1),)), days=13))
    assert roster.status == "optimal"
    count = [sum(one.person == f"p{at}" for one in roster.assignments) for at in range(4)]
    assert count == [1, 4, 4, 4]
    beyond = next(level for level in roster.levels if level.name == "beyond_duties")
    assert (beyond.value, beyond.bound) == (2, 2)


def test_who_holds_two_roles_is_not_given_what_the_others_can_do():
    """3 people for a, 3 for both, none for b alone: the duties of a go to those who hold nothing else."""
    posts = (Post("one", Pattern.whole, (("a", 1),)), Post("two", Pattern.whole, (("b", 1),)))
    roster = solve_roster(month(people("a", "a", "a", "a+b", "a+b", "a+b"), *posts, days=6))
    assert [(s.group, s.least, s.most) for s in roster.spreads if s.measure == "duties"] == [("a", 2, 2), ("a+b", 2, 2)]


def test_fairness_runs_on_over_months():
    who = tuple(Person(f"p{at}", frozenset("a"), carried=(at, 0, 0, 0, 0)) for at in range(3))
    roster = solve_roster(month(who, Post("one", Pattern.whole, (("a", 1),)), days=6))
    count = [sum(one.person == f"p{at}" for one in roster.assignments) for at in range(3)]
    assert count == [3, 2, 1]


def test_long_leave_is_not_worked_off():
    away = (Request("p0", Asked.leave, 0, 5),)
    roster = solve_roster(month(people("a", "a", "a"), Post("one", Pattern.whole, (("a", 1),)), days=12, requests=away))
    count = [sum(one.person == f"p{at}" for one in roster.assignments) for at in range(3)]
    assert count[0] <= 3
    assert sum(count) == 12
    assert abs(count[1] - count[2]) <= 1


def test_a_day_off_follows_a_duty_of_24_hours_and_11_hours_a_shorter_one():
    problem = month(people("a", "a"), Post("one", Pattern.whole, (("a", 1),)), days=2)
    twice = tuple(Assignment(slot.id, "a", "p0") for slot in problem.slots)
    assert [one.code for one in check_roster(problem, twice)] == ["RosterTooLittleRest"]
    halves = month(people("a", "a"), Post("one", Pattern.halves, (("a", 1),)), days=1)
    twice = tuple(Assignment(slot.id, "a", "p0") for slot in halves.slots)
    assert [one.facts["needed_h"] for one in check_roster(halves, twice)] == ["11"]


def test_a_duty_of_last_month_asks_for_its_rest():
    past = (PastDuty("p0", -16 * 60, 8 * 60),)
    problem = month(people("a", "a"), Post("one", Pattern.whole, (("a", 1),)), days=1, past=past)
    assert solve_roster(problem).assignments[0].person == "p1"


def test_posts_are_manned_in_their_mode_and_leaders_stay_in_villages_during_response():
    posts = (
        Post("normal", Pattern.whole, (("a", 1),), Mode.normal),
        Post("response", Pattern.halves, (("a", 1),), Mode.response),
        Post("village", Pattern.station, (("leader", 1),), Mode.response, stay_days=2),
    )
    slots = slots_of(posts, days=5, response_days=(1, 2, 3))
    assert [slot.day for slot in slots if slot.post == "normal"] == [0, 4]
    assert [slot.day for slot in slots if slot.post == "response"] == [1, 1, 2, 2, 3, 3]
    stays = [((slot.start_min - 480) / 1440, (slot.end_min - 480) / 1440) for slot in slots if slot.post == "village"]
    assert stays == [(1, 3), (3, 4)]
    problem = RosterProblem((WORK,) * 5, people("a", "a", "a", "a", "leader", "leader"), slots)
    roster = solve_roster(problem)
    assert roster.status == "optimal"
    assert check_claims(problem, roster) == ()
    assert len({one.person for one in roster.assignments if one.role == "leader"}) == 2


def test_six_and_six_make_six_pairs_and_unequal_counts_leave_a_named_remainder():
    six = people(*["safety_officer"] * 6, *["fire_patroller"] * 6)
    assert len(pair_up(six).pairs) == 6
    assert pair_up(six).left == ()
    uneven = people(*["safety_officer"] * 3, *["fire_patroller"] * 2)
    assert pair_up(uneven).left == (("p2", "safety_officer"),) or len(pair_up(uneven).left) == 1
    both = people("safety_officer", "safety_officer", "safety_officer+fire_patroller")
    assert len(pair_up(both).pairs) == 1
    near = pair_up(six, area={"p0": "x", "p11": "x"}).pairs
    assert ("p0", "p11") in near


def test_a_pair_stands_together():
    who = people(*["safety_officer"] * 3, *["fire_patroller"] * 3)
    pairs = pair_up(who).pairs
    problem = month(who, Post("round", Pattern.halves, ((PAIR, 1),)), days=6, pairs=pairs)
    roster = solve_roster(problem)
    assert roster.status == "optimal"
    assert check_claims(problem, roster) == ()
    slot = problem.slots[0].id
    apart = [one for one in roster.assignments if one.slot != slot]
    apart += [Assignment(slot, "safety_officer", pairs[0][0]), Assignment(slot, "fire_patroller", pairs[1][1])]
    assert "RosterPairApart" in {one.code for one in check_roster(problem, apart)}


def test_a_repair_says_why_each_gives_way():
    """p0 drops out on day 0; only p1 can stand in, who then lacks rest for day 1."""
    problem = month(people("a", "a", "a"), Post("one", Pattern.whole, (("a", 1),)), days=2, requests=(
        Request("p2", Asked.must_not, 0, 0),))  # fmt: skip
    old = (Assignment("one/01/24h", "a", "p0"), Assignment("one/02/24h", "a", "p1"))
    fixed = repair_roster(problem, old, [Request("p0", Asked.leave, 0, 1)])
    told = [(one.out, one.into, one.why, one.there) for one in fixed.changes]
    assert told == [("p0", "p1", "dropped_out", None), ("p1", "p2", "needed_at", "one/01/24h")]
    assert (fixed.status, fixed.bound) == ("optimal", 2)


def test_a_repair_leaves_the_days_before_alone():
    problem = month(people("a", "a", "a", "a"), Post("one", Pattern.whole, (("a", 1),)), days=8)
    roster = solve_roster(problem)
    gone = Request("p0", Asked.leave, 5, 7)
    fixed = repair_roster(problem, roster.assignments, [gone], from_day=4)
    before = {one for one in roster.assignments if one.slot < "one/05"}
    assert before <= set(fixed.assignments)
    assert check_roster(problem.with_requests(gone), fixed.assignments) == ()


def test_an_impossible_roster_names_the_rules_that_conflict():
    asked = (Request("p0", Asked.leave, 1, 1, row=7),)
    problem = month(people("a", "b"), Post("one", Pattern.halves, (("a", 1),)), days=1)
    assert {one.code for one in solve_roster(problem).conflict} == {"RosterCover", "RosterRest"}
    problem = month(people("a", "b"), Post("one", Pattern.whole, (("a", 1),)), days=3, requests=asked)
    roster = solve_roster(problem)
    assert roster.status == "infeasible"
    assert 2 <= len(roster.conflict) <= 3
    assert roster.conflict_least


def test_all_faults_of_a_statement_are_told_at_once():
    with pytest.raises(BadInput) as told:
        month(people("a"), Post("one", Pattern.whole, (("a", 0),)), days=1, requests=(
            Request("nobody", Asked.must, 0, 9),))  # fmt: skip
    codes = {fault.code for fault in told.value.faults}
    assert codes == {"RosterNobodyNeeded", "RosterUnknownPerson", "RosterDayOutside"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows[1:], "RosterHeads"),
        (lambda rows: (*rows, Assignment("nowhere", "a", "p0")), "RosterUnknownAssignment"),
        (lambda rows: (Assignment(rows[0].slot, "a", "p3"), *rows[1:]), "RosterNotTheRole"),
    ],
)
def test_the_checker_sees_what_is_wrong(change, code):
    problem = month(people("a", "a", "a", "b"), Post("one", Pattern.whole, (("a", 1),)), days=4)
    rows = solve_roster(problem).assignments
    assert check_roster(problem, rows) == ()
    assert code in {one.code for one in check_roster(problem, change(rows))}
