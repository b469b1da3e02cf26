"""Units of the whole product: whole seconds outside, whole milliseconds inside (rounded up)."""

from typing import Final

import numpy as np
import numpy.typing as npt

UNREACHABLE: Final[int] = 1 << 40
"""No way there. Larger than any real time in seconds or milliseconds, and safe to add a few times in int64."""

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def seconds_from_ms(milliseconds: IntArray) -> IntArray:
    """Milliseconds to whole seconds, rounded up, so that 180,001 ms is 181 s and misses a 3-minute tier."""
    seconds: IntArray = -(-milliseconds // 1000)
    seconds[milliseconds >= UNREACHABLE] = UNREACHABLE
    return seconds
