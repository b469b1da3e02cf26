"""After the warm-up nothing is left to compile: not for points, not for nodes, not before or after closures."""

import subprocess
import sys

SCRIPT = """
from datetime import timedelta
import numpy as np
from numba.core.dispatcher import Dispatcher
import optimizer.network.warm as warm
warm.warm_up()
from optimizer.network import chordal, heap, nearest, nearest_road, sweep_kernels, timed
from optimizer.network.graph import build_network
from optimizer.network.closures import Closure, apply_closures
from optimizer.network.travel import Router
kernels = {each for module in (chordal, heap, nearest, nearest_road, sweep_kernels, timed)
           for each in vars(module).values() if isinstance(each, Dispatcher)}
before = {each: len(each.signatures) for each in kernels}
rng = np.random.default_rng(0)
count = 1500
lat, lon = 29 + rng.uniform(0, 0.3, count), 106 + rng.uniform(0, 0.3, count)
tail = np.concatenate((np.arange(count - 1), rng.integers(0, count, count)))
head = np.concatenate((np.arange(1, count), rng.integers(0, count, count)))
network = build_network(node_id=[str(i) for i in range(count)], lat=lat, lon=lon, tail=tail, head=head,
    length_m=np.full(len(tail), 5e4), speed_kph=np.full(len(tail), 40.0),
    segment_id=[f"s{i}" for i in range(len(tail))])
router = Router(network, profile="pickup")
points = router.snap(lat[:700], lon[:700] + 1e-4)
at = warm.datetime(2026, 1, 1, tzinfo=warm.timezone.utc)
shut = Closure(id="y", edges=("s5", "s9"), from_=at + timedelta(hours=1), to=at + timedelta(hours=2))
closed = router.with_closures(apply_closures(network, [shut], at=at + timedelta(hours=1))[0])
for there in (points, np.arange(800)):
    for each in (router, closed):
        each.times(origins=points, destinations=there)
        each.times_and_lengths(origins=there, destinations=points)
    for k in (1, 20):
        router.nearest(origins=there, destinations=points, k=k)
        router.nearest(origins=points, destinations=there, k=k)
    warm.earliest_arrivals(router, origins=there, destinations=points, closures=[shut], at=at)
    warm.earliest_arrivals(router, origins=points, destinations=there, closures=[shut], at=at)
print("compiled later:", sorted(each.__name__ for each in kernels if len(each.signatures) > before[each]))
"""


def test_the_warm_up_compiles_every_kernel_for_every_later_call():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["compiled later: []"]
