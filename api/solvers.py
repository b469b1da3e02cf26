"""Solver processes: a slow solve never delays a stock entry, and none outlives its limit."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pebble import ProcessFuture, ProcessPool

from api.reasons import AskWhy
from api.solving import Ask, run, warm_up
from inventory.errors import InventoryError

LOOK_S = 0.2
NICE = 10


class Busy(InventoryError):
    """Every solver process is at work. Facts: solving, wait_s."""


class SolveTooLong(InventoryError):
    """A solve was ended at its limit without a plan. Facts: limit_s."""


class SolverFailed(InventoryError):
    """A solver process ended without a word (out of memory, perhaps). Facts: situation."""


class Solving:
    """One solve, or one explanation, under way; iterate over it for ("phase", name) and ("found", what)."""

    def __init__(self, future: ProcessFuture, pipe: Any, ask: Ask | AskWhy, limit_s: float) -> None:
        self._future, self._pipe, self._ask = future, pipe, ask
        self._ends_at = time.monotonic() + limit_s
        self._limit_s = limit_s
        self._stopped = threading.Event()
        self.best: Any = None  # Found, or FoundWhy

    def stop(self) -> None:
        """The dispatcher has seen enough: the best plan so far is the answer."""
        self._stopped.set()

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Raises what the solve raises, SolveTooLong where the limit comes before a plan, SolverFailed."""
        try:
            while not self._stopped.is_set():
                if time.monotonic() > self._ends_at:
                    if self.best is None:
                        raise SolveTooLong(limit_s=self._limit_s)
                    return
                if not self._pipe.poll(LOOK_S):
                    if self._future.done() and not self._pipe.poll(0):
                        break
                    continue
                try:
                    kind, what = self._pipe.recv()
                except EOFError:
                    break
                if kind == "failed":
                    raise what
                if kind == "found":
                    self.best = what
                yield kind, what
                if kind == "found" and what.last:
                    return
            if self.best is None and not self._stopped.is_set():
                raise SolverFailed(situation=self._ask.situation)
        finally:
            self._future.cancel()  # ends the process where it still works
            self._pipe.close()


class Solvers:
    """As many solves at a time as there are processes; others are told to come again."""

    def __init__(self, *, processes: int, limit_s: float, wait_s: float = 5.0) -> None:
        context = multiprocessing.get_context("spawn")
        self.processes, self.limit_s, self.wait_s = processes, limit_s, wait_s
        self._pool = ProcessPool(max_workers=processes, initializer=_begin, context=context)
        self._free = threading.BoundedSemaphore(processes)
        self._context = context
        self._warm = False

    def warm(self) -> None:
        """Start the processes now, not when the first dispatcher waits; where they run, nothing."""
        if self._warm:
            return
        self._warm = True
        for _ in range(self.processes):
            self._pool.schedule(warm_up)

    @contextmanager
    def solving(self, ask: Ask | AskWhy, *, limit_s: float | None = None) -> Iterator[Solving]:
        """Raises Busy."""
        if not self._free.acquire(timeout=self.wait_s):
            raise Busy(solving=self.processes, wait_s=self.wait_s)
        try:
            limit = min(limit_s or self.limit_s, self.limit_s)
            ours, theirs = self._context.Pipe(duplex=False)
            future = self._pool.schedule(run, args=(ask, theirs), timeout=limit + 2 * LOOK_S)
            solving = Solving(future, ours, ask, limit)
            try:
                yield solving
            finally:
                solving.stop()
                future.cancel()
                theirs.close()
        finally:
            self._free.release()

    def alive(self) -> bool:
        """Whether solves can be taken: a process that ended is replaced, a pool that broke is not."""
        return bool(self._pool.active)

    def close(self) -> None:
        self._pool.stop()
        self._pool.join()


def _begin() -> None:
    """In each process: Ctrl-C is for the service, which ends its processes itself; one that was killed cannot, so
    its processes end when it is gone. A solve takes the processor only where no request needs it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warm_up()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
