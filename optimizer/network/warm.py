"""Every compiled loop of the package once, on the smallest network, so that no dispatcher waits for a compiler."""

from datetime import datetime, timedelta, timezone

import numpy as np

from optimizer.network.closures import Closure, apply_closures
from optimizer.network.graph import build_network
from optimizer.network.tiles import pieces_of, tile
from optimizer.network.timed import earliest_arrivals
from optimizer.network.travel import Router


def warm_up() -> None:
    """Run them all, with points on roads and with nodes; the machine code is cached on disk."""
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
        shapes={"ab": np.array([[28.001, 108.005]])},
    )
    tile(pieces_of(network), 0, 0, 0)
    at = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8)))
    slowed = Closure(id="x", edges=("ab",), speed_factor=0.5)
    shut = Closure(id="y", edges=("ab+",), from_=at + timedelta(seconds=1), to=at + timedelta(seconds=9))
    open_ = Router(network, profile="pickup")
    points = open_.snap([28.0, 28.0], [108.001, 108.009])
    closed = open_.with_closures(apply_closures(network, [slowed], at=at)[0])
    for origins in (points, [0, 1]):
        for destinations in (points, [0, 1]):
            for router in (open_, closed):  # the second is customized partially
                router.times_and_lengths(origins=origins, destinations=destinations)
                router.swept(lengths=False).matrix([0, 1], [0, 1])
            open_.nearest(origins=origins, destinations=destinations, k=1)
            earliest_arrivals(open_, origins=origins, destinations=destinations, closures=[slowed, shut], at=at)
