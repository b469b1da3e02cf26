"""A month's roster for 60 people and 6 posts: feasible, and proven fair to within one duty, in 10 s or less; the peer
is round robin (whoever may and has least), as rosters are made by hand."""

import random
import time

import pytest

from optimizer.staffing.roster import (
    Asked,
    DayKind,
    Pattern,
    Person,
    Post,
    Request,
    RosterProblem,
    check_claims,
    slots_of,
    solve_roster,
)
from optimizer.staffing.roster.facts import facts_of
from optimizer.staffing.roster.practice import round_robin
from optimizer.staffing.roster.result import spreads_of, tally

LIMIT_S = 10.0
ROLES = ("leader", "safety_officer", "fire_patroller", "driver", "call_desk", "safety_officer+driver")


def month() -> RosterProblem:
    people = tuple(Person(f"p{at:02d}", frozenset(ROLES[at % 6].split("+"))) for at in range(60))
    posts = (
        Post("lead", Pattern.whole, (("leader", 1),)),
        Post("desk", Pattern.thirds, (("call_desk", 1),)),
        Post("patrol", Pattern.halves, (("safety_officer", 1), ("fire_patroller", 1))),
        Post("truck", Pattern.halves, (("driver", 1),)),
        Post("gate", Pattern.halves, (("fire_patroller", 1),)),
        Post("duty", Pattern.whole, (("safety_officer", 1),)),
    )
    kinds = tuple(
        DayKind.holiday if day < 7 else DayKind.weekend if (day + 3) % 7 >= 5 and day != 9 else DayKind.work
        for day in range(31)
    )
    chance = random.Random(1)
    asked = []
    for at in range(0, 60, 5):
        first = chance.randrange(27)
        asked.append(Request(f"p{at:02d}", Asked.leave, first, first + chance.randrange(1, 4)))
    for kind, start in ((Asked.wish, 2), (Asked.wish_not, 3)):
        for at in range(start, 60, 6):
            day = chance.randrange(31)
            asked.append(Request(f"p{at:02d}", kind, day, day))
    return RosterProblem(kinds, people, slots_of(posts, days=31), tuple(asked))


@pytest.mark.benchmark
def test_a_month_for_60_people_and_6_posts() -> None:
    problem = month()
    taken = []
    for _ in range(2):
        begin = time.perf_counter()
        roster = solve_roster(problem)
        taken.append(time.perf_counter() - begin)
    facts = facts_of(problem)
    begin = time.perf_counter()
    by_hand, empty = round_robin(problem, facts)
    peer_s = time.perf_counter() - begin
    peer = spreads_of(facts, tally(problem, facts, facts.carried, by_hand))
    print(f"\n60 people, 6 posts, 31 days: {min(taken):.1f} s, {roster.status}")
    for level in roster.levels:
        print(f"  {level.name}: {level.value} (bound {level.bound}, round robin {level.practice})")
    print(f"  widest spread in a group: ours {max(one.value for one in roster.spreads)}, "
          f"round robin {max(one.value for one in peer)} ({peer_s:.2f} s, {len(empty)} empty)")  # fmt: skip
    assert roster.status == "optimal"
    assert check_claims(problem, roster) == ()
    assert max(one.value for one in roster.spreads) <= 1
    assert min(taken) <= LIMIT_S
