"""How often somebody may ask: an account, and sign-ins from one address."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.access.scope import Caller
from inventory.errors import InventoryError


class TooOften(InventoryError):
    """More requests than one account, or one address, may send in a minute. Facts: most."""


class Limits:
    """Each process counts for itself: N replicas let N times as much through; the reverse proxy has its own bound."""

    def __init__(self, *, requests: int, sign_ins: int) -> None:
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._requests, self._sign_ins = RateLimitItemPerMinute(requests), RateLimitItemPerMinute(sign_ins)

    def check(self, caller: Caller) -> None:
        """Raises TooOften."""
        if not self._window.hit(self._requests, "caller", caller.name):
            raise TooOften(most=self._requests.amount)

    def sign_in(self, address: str) -> None:
        """Raises TooOften."""
        if not self._window.hit(self._sign_ins, "address", address):
            raise TooOften(most=self._sign_ins.amount)
