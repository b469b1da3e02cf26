"""A binary heap of whole numbers for compiled searches: the time in the upper half, the node in the lower."""

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

NODE_BITS: Final = 31
NODE_MASK: Final = (1 << NODE_BITS) - 1

Heap = npt.NDArray[np.int64]


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


def _push_py(heap: Heap, size: int, item: int) -> int:
    """The new size. There has to be room."""
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if heap[above] <= item:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = item
    return size + 1


def _pop_py(heap: Heap, size: int) -> int:
    """Takes the least item, heap[0], out; the new size."""
    size -= 1
    item, place = heap[size], 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= item:
            break
        heap[place] = heap[below]
        place = below
    heap[place] = item
    return size


push, pop = _jit(_push_py), _jit(_pop_py)
