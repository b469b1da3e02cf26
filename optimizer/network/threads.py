"""Two halves of a job at once, for compiled code that lets go of the interpreter. Never changes an answer."""

import os
from collections.abc import Callable
from threading import Thread
from typing import Any


def together(one: Callable[[], Any], other: Callable[[], Any], *, two: bool) -> None:
    """Both, at once where it pays (`two`) and there is a second processor."""
    if not (two and (os.cpu_count() or 1) > 1):
        one()
        other()
        return
    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            other()
        except BaseException as error:
            failed.append(error)

    thread = Thread(target=guarded)
    thread.start()
    try:
        one()
    finally:
        thread.join()
    if failed:
        raise failed[0]


def halves(job: Callable[[int, int], Any], count: int, *, middle: int | None = None, two: bool) -> None:
    """job(begin, end) over 0 .. count - 1 in two parts, cut at `middle`."""
    cut = count // 2 if middle is None else middle
    together(lambda: job(0, cut), lambda: job(cut, count), two=two)
