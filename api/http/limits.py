"""How often somebody may ask: an account, and sign-ins from one address."""

import time
from collections import OrderedDict
from threading import Lock

from api.access.scope import Caller
from inventory.errors import InventoryError

WINDOW_S = 60.0
MOST_KNOWN = 10_000  # whoever asked longest ago is forgotten first


class TooOften(InventoryError):
    """More requests than one account, or one address, may send in a minute. Facts: most."""


class Window:
    """At most so many in a minute, by the sliding window counter: those of this minute, and of the one before the
    share that the last sixty seconds still reach. Our own, because that of the package `limits` starts a thread
    every 10 ms to tidy up, which took as long as a read of the database."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._seen: OrderedDict[str, tuple[int, int, int]] = OrderedDict()  # minute, in it, in the one before
        self._lock = Lock()

    def hit(self, key: str, *, at_s: float | None = None) -> None:
        """Raises TooOften."""
        moment = time.monotonic() if at_s is None else at_s
        minute, into = divmod(moment, WINDOW_S)
        with self._lock:
            known, here, before = self._seen.get(key, (int(minute), 0, 0))
            if known != minute:
                here, before = 0, here if known == minute - 1 else 0
            if here + before * (1 - into / WINDOW_S) >= self.most:
                raise TooOften(most=self.most)
            self._seen[key] = int(minute), here + 1, before
            self._seen.move_to_end(key)
            if len(self._seen) > MOST_KNOWN:
                self._seen.popitem(last=False)


class Limits:
    """Each process counts for itself: N replicas let N times as much through; the reverse proxy has its own bound."""

    def __init__(self, *, requests: int, sign_ins: int) -> None:
        self._requests, self._sign_ins = Window(requests), Window(sign_ins)

    def check(self, caller: Caller) -> None:
        """Raises TooOften."""
        self._requests.hit(caller.name)

    def sign_in(self, address: str) -> None:
        """Raises TooOften."""
        self._sign_ins.hit(address)
