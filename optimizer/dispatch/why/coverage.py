"""What the plan leaves uncovered afterwards, and which idle team to move where.

A pair (place p, capability c) is covered if an idle team that holds c reaches p within the limit: turnout + travel.
(C1) max  sum over pairs of weight_p z_pc - move_price sum y_kb
(C2) z_pc <= sum of the y_kb whose base b covers (p, c) for k + sum over movable k that cover it from their own base of
     (1 - sum_b y_kb)
(C3) sum_b y_kb <= 1 for every team, sum y_kb <= moves;  y, z binary (z may be continuous)
Pairs that a team which stays covers are constants. The price of a move is less than the least weight, so it only keeps
moves that gain nothing away. Reference: Gendreau, Laporte, Semet, Parallel Computing 27 (2001) 1641-1653 (relocation
over a covering model); Church & ReVelle, Papers Reg. Sci. 32 (1974) 101-118 (maximal covering). Busy fractions
(MEXCLP, Daskin 1983) are not used: the idle teams are known here.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from optimizer.units import BoolArray, FloatArray, IntArray

LIMIT_S = 600  # the fourth tier (assumed: a county may set another)
MOVES = 3
FARTHEST_S = 3600  # a team that is longer on its way covers nothing in between (assumed)
MOST_OPTIONS = 150  # (kind of team, base) pairs among which the moves are chosen
MOST_NODES = 2_000  # of the branch and bound
NAMED = 10  # places named per capability


@dataclass(frozen=True)
class Places:
    """P demand points: sorted ids and what each weighs (people; whole numbers >= 0)."""

    ids: tuple[str, ...]
    weight: IntArray  # (P,)


@dataclass(frozen=True)
class Bases:
    """B places a team may move to; `place_s[g, b, p]` by travel group of the team (`Travel.team_group`)."""

    ids: tuple[str, ...]
    place_s: IntArray  # (groups, B, P) seconds, UNREACHABLE where no way
    team_s: IntArray  # (teams, B) seconds from where each team is


@dataclass(frozen=True, slots=True)
class CapabilityCover:
    """Weights of one capability over all places: of all teams at their bases, and of those the plan leaves idle."""

    capability: str
    idle: tuple[str, ...]  # teams
    before: int  # covered if no team had a stop
    after: int
    total: int
    uncovered: tuple[tuple[str, int], ...]  # the heaviest places that are not covered any more: (place, weight)
    uncovered_count: int
    never: int  # weight that no team covers even when all are at their bases


@dataclass(frozen=True, slots=True)
class Move:
    """`gain`: weight x capabilities covered more, given the moves before it."""

    team: str
    base: str
    gain: int
    travel_s: int


@dataclass(frozen=True)
class Coverage:
    limit_s: int
    capabilities: tuple[CapabilityCover, ...]
    moves: tuple[Move, ...]  # best first
    gain: int
    options: int  # (kind of team, base) pairs looked at
    all_options: bool  # nothing was left out: the moves are optimal, where `proven`
    proven: bool


@dataclass(frozen=True)
class Residual:
    """What stays uncovered, as arrays; (K, P) etc. over capabilities in `names`."""

    limit_s: int
    names: tuple[str, ...]
    holds: BoolArray  # (M, C)
    idle: BoolArray  # (M,)
    reach: BoolArray  # (M, P) from the own base within the limit
    count: IntArray  # (C, P) idle teams that cover the pair
    rows: tuple[CapabilityCover, ...]
    places: Places

    @property
    def missing(self) -> IntArray:
        """(P,) weight x capabilities not covered."""
        found: IntArray = (self.count == 0).sum(axis=0) * self.places.weight
        return found


def idle_teams(problem: DispatchProblem, plan: Plan) -> BoolArray:
    """(teams,) no stop in the plan, nothing started, on duty at `as_of`."""
    busy = {order.team for order in plan.team_orders} | {one.team for one in problem.started}
    return np.array(
        [team.id not in busy and team.available_from_s == 0 and team.available_until_s != 0 for team in problem.teams],
        np.bool_,
    )


def residual(
    problem: DispatchProblem, plan: Plan, places: Places, team_to_place_s: IntArray, *, limit_s: int = LIMIT_S
) -> Residual:
    """Coverage before and after the plan; `team_to_place_s` (teams, P) from the bases, turnout not included."""
    names = tuple(sorted({capability for team in problem.teams for capability in team.capabilities}))
    holds = np.array([[name in team.capabilities for name in names] for team in problem.teams], np.bool_)
    holds = holds.reshape(len(problem.teams), len(names))
    turnout = np.array([team.turnout_s for team in problem.teams], np.int64)
    reach = team_to_place_s + turnout[:, None] <= limit_s
    idle = idle_teams(problem, plan)
    everyone, count = _count(holds, reach), _count(holds & idle[:, None], reach)
    rows = []
    for c, name in enumerate(names):
        lost = np.flatnonzero((count[c] == 0) & (everyone[c] > 0))
        heavy = lost[np.lexsort((lost, -places.weight[lost]))][:NAMED]
        rows.append(
            CapabilityCover(
                capability=name,
                idle=tuple(problem.teams[k].id for k in np.flatnonzero(holds[:, c] & idle)),
                before=int(places.weight[everyone[c] > 0].sum()),
                after=int(places.weight[count[c] > 0].sum()),
                total=int(places.weight.sum()),
                uncovered=tuple((places.ids[p], int(places.weight[p])) for p in heavy),
                uncovered_count=len(lost),
                never=int(places.weight[everyone[c] == 0].sum()),
            )
        )
    return Residual(limit_s, names, holds, idle, reach, count, tuple(rows), places)


def _count(holds: BoolArray, reach: BoolArray) -> IntArray:
    """(C, P) teams that hold c and reach p; counts below 2^24 are exact in float32, and that product is fast."""
    found: IntArray = np.rint(holds.T.astype(np.float32) @ reach.astype(np.float32)).astype(np.int64)
    return found


def move_up(
    problem: DispatchProblem, left: Residual, bases: Bases, *, moves: int = MOVES, farthest_s: int = FARTHEST_S
) -> Coverage:
    """Coverage with at most `moves` idle teams moved to other bases, none farther than `farthest_s` (C1-C3)."""
    kinds: dict[tuple[int, int, tuple[str, ...]], list[int]] = {}
    for k in np.flatnonzero(left.idle).tolist():
        team = problem.teams[k]
        kinds.setdefault((int(problem.travel.team_group[k]), team.turnout_s, team.capabilities), []).append(k)
    weight, open_, within = left.places.weight, left.count == 0, bases.team_s <= farthest_s
    options: list[tuple[int, int, int]] = []  # (gain alone, kind, base)
    near: list[BoolArray] = []
    wants: list[IntArray] = []
    for number, ((group, turnout, capabilities), teams) in enumerate(kinds.items()):
        near.append(bases.place_s[group] + turnout <= left.limit_s)  # (B, P)
        own = [left.names.index(name) for name in capabilities]
        wants.append(np.array(own, np.int64))
        worth = (open_[own].sum(axis=0) * weight).astype(np.float64)
        gain = np.rint(near[-1].astype(np.float64) @ worth)  # whole numbers below 2^53: exact
        # a base without gain alone may still take over what another move gives up
        useful = near[-1].any(axis=1) & within[teams].any(axis=0)
        options.extend((int(gain[b]), number, int(b)) for b in np.flatnonzero(useful))
    # bases that cover the same places for the same teams are one option
    options.sort(key=lambda one: (-one[0], one[1], one[2]))
    members = list(kinds.values())
    packed = [np.packbits(one, axis=1) for one in near]
    seen: set[tuple[int, bytes, bytes]] = set()
    chosen: list[tuple[int, int]] = []
    for _, number, b in options:
        key = number, packed[number][b].tobytes(), np.packbits(within[members[number], b]).tobytes()
        if key not in seen:
            seen.add(key)
            if len(chosen) < MOST_OPTIONS:
                chosen.append((number, b))
    complete = len(seen) <= MOST_OPTIONS
    if not chosen or moves <= 0:
        return Coverage(left.limit_s, left.rows, (), 0, len(chosen), complete, True)
    least = _least_missed(left, members, sorted({number for number, _ in chosen}))
    pairs: list[tuple[int, int]] = []
    numbers: list[int] = []
    for number, b in chosen:
        able = [k for k in least[number] if within[k, b]]
        complete = complete and len(able) <= 2 * moves
        pairs.extend((k, b) for k in able[: 2 * moves])
        numbers.extend([number] * len(able[: 2 * moves]))
    way = np.array([bases.team_s[k, b] for k, b in pairs], np.int64)
    picked, proven = _solve(left, pairs, numbers, near, wants, moves, way / max(1, farthest_s))
    rows = _in_order(left, [(pairs[x], numbers[x]) for x in picked], near, wants)
    found = tuple(Move(problem.teams[k].id, bases.ids[b], gain, int(bases.team_s[k, b])) for ((k, b), gain) in rows)
    gain_all = sum(one.gain for one in found)
    return Coverage(left.limit_s, left.rows, found, gain_all, len(chosen), complete, proven)


def _least_missed(left: Residual, kinds: list[list[int]], wanted: list[int]) -> dict[int, list[int]]:
    """Teams of each wanted kind, those first whose own ground loses least without them."""
    weight = left.places.weight
    found = {}
    for number in wanted:
        loss = []
        for k in kinds[number]:
            alone = (left.count == 1) & left.holds[k][:, None] & left.reach[k][None, :]
            loss.append((int((alone.sum(axis=0) * weight).sum()), k))
        found[number] = [k for _, k in sorted(loss)]
    return found


def _solve(
    left: Residual,
    pairs: list[tuple[int, int]],
    numbers: list[int],
    near: list[BoolArray],
    wants: list[IntArray],
    moves: int,
    way: FloatArray,
) -> tuple[list[int], bool]:
    """Positions in `pairs` of the moves made, and whether they are optimal among these."""
    teams = sorted({k for k, _ in pairs})
    column_of = {k: n for n, k in enumerate(teams)}
    held = _count(left.holds[teams], left.reach[teams])  # (C, P) by movable teams
    fixed = left.count - held > 0
    could = np.zeros_like(fixed)
    for x, (_, b) in enumerate(pairs):
        could[np.ix_(wants[numbers[x]], np.flatnonzero(near[numbers[x]][b]))] = True
    c_of, p_of = np.nonzero(~fixed & (could | (held > 0)) & (left.places.weight > 0)[None, :])
    z, y = len(c_of), len(pairs)
    # C2: z_r - sum covering y + sum over k covering from its base of sum_b y_kb <= how many cover it from their base
    rows, columns, values = [np.arange(z)], [np.arange(z)], [np.ones(z)]
    at_base = {k: left.holds[k][c_of] & left.reach[k][p_of] for k in teams}
    for x, (k, b) in enumerate(pairs):
        there = near[numbers[x]][b][p_of] & left.holds[k][c_of]
        change = at_base[k].astype(np.float64) - there
        some = np.flatnonzero(change)
        rows.append(some)
        columns.append(np.full(len(some), z + x))
        values.append(change[some])
    cover = sparse.csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (z, z + y))
    once = sparse.csr_array(  # C3
        (np.ones(y), (np.array([column_of[k] for k, _ in pairs]), z + np.arange(y))), (len(teams), z + y)
    )
    all_ = sparse.csr_array((np.ones(y), (np.zeros(y, np.int64), z + np.arange(y))), (1, z + y))
    price = (0.25 + 0.25 * way) / (moves + 1)  # less than any weight in all; of equal moves the shortest
    worth = np.concatenate([-left.places.weight[p_of].astype(np.float64), price])
    answer = optimize.milp(
        worth,
        constraints=[
            optimize.LinearConstraint(cover, -np.inf, held[c_of, p_of].astype(np.float64)),
            optimize.LinearConstraint(once, -np.inf, 1.0),
            optimize.LinearConstraint(all_, -np.inf, float(moves)),
        ],
        integrality=np.concatenate([np.zeros(z), np.ones(y)]),
        bounds=optimize.Bounds(0.0, 1.0),
        options={"node_limit": MOST_NODES, "mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return [], False
    return np.flatnonzero(answer.x[z:] > 0.5).tolist(), answer.status == 0


def _in_order(
    left: Residual,
    made: list[tuple[tuple[int, int], int]],
    near: list[BoolArray],
    wants: list[IntArray],
) -> list[tuple[tuple[int, int], int]]:
    """The moves, the one that gains most first, each with what it gains after those before it."""
    weight, count = left.places.weight, left.count.copy()
    rows: list[tuple[tuple[int, int], int]] = []
    rest = sorted(made)

    def moved(k: int, b: int, number: int) -> IntArray:
        after: IntArray = count - (left.holds[k][:, None] & left.reach[k][None, :])
        after[wants[number]] += near[number][b][None, :]
        return after

    while rest:
        now = int(((count > 0) * weight[None, :]).sum())
        gains = [int(((moved(k, b, number) > 0) * weight[None, :]).sum()) - now for (k, b), number in rest]
        best = int(np.argmax(gains))
        (k, b), number = rest.pop(best)
        count = moved(k, b, number)
        rows.append(((k, b), gains[best]))
    return rows
