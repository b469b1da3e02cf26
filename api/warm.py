"""Compile all kernels once, after installation, so that no dispatcher waits for a compiler: `python -m api.warm`."""

import numpy as np

from optimizer.dispatch import annealing
from optimizer.network.graph import build_network
from optimizer.network.travel import Router


def warm_up() -> None:
    """Run every compiled kernel on a problem of its smallest size; the machine code is cached on disk."""
    annealing.warm_up()
    network = build_network(
        node_id=["a", "b"],
        lat=[28.0, 28.0],
        lon=[108.0, 108.01],
        tail=[0, 1],
        head=[1, 0],
        length_m=[1000.0, 1000.0],
        speed_kph=[40.0, 40.0],
        segment_id=["ab", "ab"],
        against=[False, True],
    )
    nodes = np.array([0, 1])
    Router(network, profile="pickup").times_and_lengths(origins=nodes, destinations=nodes)


if __name__ == "__main__":
    warm_up()
