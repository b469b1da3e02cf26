"""The call desk: Erlang B and C. Calls arrive at random (Poisson), handling times are exponential, nobody hangs up.

Offered load a = calls per hour x handling time in hours, in erlangs; n servers (call takers at work):

    (1) B(0) = 1,  B(n) = a B(n-1) / (n + a B(n-1))            Erlang B: share blocked, without a queue
    (2) C(n) = B(n) / (1 - (a/n) (1 - B(n)))                   Erlang C: share that waits, n > a
    (3) W = C(n) h / (n - a)                                   mean wait; h the mean handling time
    (4) S(t) = 1 - C(n) exp(-(n - a) t / h)                    service level: share answered within t

(1) is the recursion, which neither overflows nor cancels for any load (factorials do both). Source: A. K. Erlang,
Elektroteknikeren 13 (1917); Cooper, Introduction to Queueing Theory (1981), ch. 3. Check: C(3, 2) = 4/9.
Callers who hang up make the true waits shorter: sizes by Erlang C are on the safe side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizer.errors import BadInput, Fault, OptimizerError
from optimizer.units import FloatArray, IntArray

MOST_ERLANGS = 1e5  # beyond it somebody mistyped


class DeskOverloaded(OptimizerError):
    """At least as much work comes in as can be done: the queue grows without end.

    Facts: servers, erlangs, least (servers from which on it is stable), where (index of the first such element).
    """


def offered_load(*, calls_per_hour: ArrayLike, handle_s: ArrayLike) -> FloatArray:
    """Erlangs. Raises BadInput for what is not finite or below 0."""
    _finite("calls_per_hour", calls_per_hour)
    _finite("handle_s", handle_s)
    return np.asarray(np.asarray(calls_per_hour, float) * np.asarray(handle_s, float) / 3600.0)


def erlang_b(servers: ArrayLike, erlangs: ArrayLike) -> FloatArray:
    """Share of calls blocked when nobody may wait (1); arguments broadcast. Raises BadInput."""
    n, a = _arguments(servers, erlangs)
    blocked = np.ones(n.shape)
    for step in range(1, int(n.max(initial=0)) + 1):
        carried = a * blocked
        blocked = np.where(step <= n, carried / (step + carried), blocked)
    return blocked


def wait_probability(servers: ArrayLike, erlangs: ArrayLike) -> FloatArray:
    """Share of calls that wait (2), Erlang C; arguments broadcast. Raises BadInput, DeskOverloaded."""
    n, a = _arguments(servers, erlangs)
    _stable(n, a)
    return _wait(n, a, erlang_b(n, a))


def mean_wait_s(servers: ArrayLike, erlangs: ArrayLike, *, handle_s: ArrayLike) -> FloatArray:
    """Average speed of answer over all calls (3), seconds. Raises BadInput, DeskOverloaded."""
    n, a = _arguments(servers, erlangs)
    _finite("handle_s", handle_s)
    return np.asarray(wait_probability(n, a) * np.asarray(handle_s, float) / (n - a))


def service_level(servers: ArrayLike, erlangs: ArrayLike, *, handle_s: ArrayLike, within_s: ArrayLike) -> FloatArray:
    """Share of calls answered within `within_s` (4). Raises BadInput, DeskOverloaded."""
    n, a = _arguments(servers, erlangs)
    _finite("handle_s", handle_s, above=True)
    _finite("within_s", within_s)
    rate = (n - a) * np.asarray(within_s, float) / np.asarray(handle_s, float)
    return np.asarray(1.0 - wait_probability(n, a) * np.exp(-rate))


@dataclass(frozen=True)
class Desk:
    """Arrays of one shape, an element for each hour (or desk)."""

    erlangs: FloatArray
    servers: IntArray  # at work at once
    posts: IntArray  # on the roster: servers / (1 - shrinkage), rounded up
    occupancy: FloatArray
    waiting: FloatArray  # share of calls that wait
    mean_wait_s: FloatArray
    service_level: FloatArray


@np.errstate(over="ignore")  # of calls that take next to no time all are answered in time: exp(-inf) = 0
def size_desk(
    *, calls_per_hour: ArrayLike, handle_s: ArrayLike, service_level: float = 0.9, within_s: float = 15.0,
    shrinkage: float = 0.0,
) -> Desk:  # fmt: skip
    """The fewest servers with which `service_level` of the calls are answered within `within_s`, for each hour.

    Defaults: 90 % within 15 s (assumed; set your own). `shrinkage`: share of paid time away from the telephone
    (breaks, training). An hour without calls still has one server: a desk is never left alone.
    Raises BadInput with every fault.
    """
    faults = [
        Fault(name, "DeskShare", {"name": name, "value": value})
        for name, value, good in (
            ("service_level", service_level, 0 < service_level < 1),
            ("shrinkage", shrinkage, 0 <= shrinkage < 1),
        )
        if not good
    ]
    if faults:
        raise BadInput("desk", faults)
    _finite("handle_s", handle_s, above=True)
    _finite("within_s", within_s)
    load, handle = np.broadcast_arrays(
        offered_load(calls_per_hour=calls_per_hour, handle_s=handle_s), np.asarray(handle_s, float)
    )
    if load.size and float(load.max()) > MOST_ERLANGS:
        raise BadInput("desk", [Fault("", "DeskLoad", {"value": float(load.max()), "most": MOST_ERLANGS})])
    servers = np.zeros(load.shape, np.int64)
    blocked, waiting = np.ones(load.shape), np.zeros(load.shape)
    step = 0
    while not bool(np.all(servers)):  # all hours climb the one recursion together, each till its level is reached
        step += 1
        carried = load * blocked
        blocked = carried / (step + carried)
        stable = (step > load) & (servers == 0)
        wait = _wait(np.full(load.shape, step), np.minimum(load, step * 0.999_999), blocked)
        reached = 1.0 - wait * np.exp(-(step - load) * within_s / handle) >= service_level
        here = stable & reached
        servers[here], waiting[here] = step, _wait(np.full(load.shape, step), load, blocked)[here]
    spare = servers - load
    return Desk(
        erlangs=load.copy(),
        servers=servers,
        posts=np.ceil(servers / (1.0 - shrinkage) - 1e-9).astype(np.int64),
        occupancy=load / servers,
        waiting=waiting,
        mean_wait_s=waiting * handle / spare,
        service_level=1.0 - waiting * np.exp(-spare * within_s / handle),
    )


def least_servers(*, erlangs: float, handle_s: float, service_level: float, within_s: float) -> int:
    """The fewest servers for one load. Raises BadInput."""
    calls_per_hour = erlangs * 3600.0 / handle_s if handle_s else 0.0
    desk = size_desk(
        calls_per_hour=calls_per_hour, handle_s=handle_s, service_level=service_level, within_s=within_s
    )  # fmt: skip
    return int(desk.servers)


def _wait(n: IntArray, a: FloatArray, blocked: FloatArray) -> FloatArray:
    """(2) without the division by n, so that it holds for a load of 0."""
    return np.asarray(n * blocked / (n - a * (1.0 - blocked)))


def _arguments(servers: ArrayLike, erlangs: ArrayLike) -> tuple[IntArray, FloatArray]:
    _finite("erlangs", erlangs)
    given = np.asarray(servers)
    if given.dtype.kind not in "iu" or (given.size and (int(given.min()) < 0 or int(given.max()) > 2 * MOST_ERLANGS)):
        raise BadInput("desk", [Fault("servers", "DeskServers", {"most": int(2 * MOST_ERLANGS)})])
    n, a = np.broadcast_arrays(given.astype(np.int64), np.asarray(erlangs, float))
    return n, a


def _stable(n: IntArray, a: FloatArray) -> None:
    over = np.flatnonzero(n <= a)
    if len(over):
        where = int(over[0])
        load = float(a.flat[where])
        raise DeskOverloaded(servers=int(n.flat[where]), erlangs=load, least=int(load) + 1, where=where)


def _finite(name: str, value: ArrayLike, *, above: bool = False) -> None:
    given = np.asarray(value, float)
    good = np.isfinite(given) & ((given > 0) if above else (given >= 0))
    if not bool(np.all(good)):
        first = float(given.flat[int(np.flatnonzero(~good)[0])])
        code = "DeskNotAbove" if above else "DeskNegative"
        raise BadInput("desk", [Fault(name, code, {"name": name, "value": first})])
