"""The k nearest: the same as the whole matrix in order, ties by number, however they are found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.network.profiles import Profile
from optimizer.network.travel import Router
from optimizer.units import UNREACHABLE

CAR = Profile(name="car", mode="drive", max_kph=60, access_kph=5)


def out_of_the_matrix(router, origins, destinations, k):
    ms = router.times_ms(origins=origins, destinations=destinations).T
    order = np.argsort(ms, axis=1, kind="stable")[:, :k]
    near = np.take_along_axis(ms, order, axis=1)
    pad = ((0, 0), (0, k - order.shape[1]))
    order, near = np.pad(order, pad, constant_values=-1), np.pad(near, pad, constant_values=UNREACHABLE)
    return np.where(near < UNREACHABLE, order, -1), near


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 8), searched=st.sampled_from([0, 5, 25, 10**6]))
def test_they_are_the_first_of_the_matrix_however_far_the_search_goes(seed, k, searched, random_network):
    rng = np.random.default_rng(seed)
    network = random_network(seed)
    router = Router(network, profile=CAR)
    # Some nodes many times over, so that ties by number are common; one too far from any road.
    lat, lon = 29.5 + rng.uniform(0, 0.05, 12), 106.5 + rng.uniform(0, 0.05, 12)
    lat[0] = 29.9
    snapped = router.snap(lat[rng.integers(0, 12, 15)], lon[rng.integers(0, 12, 15)])
    nodes = rng.integers(0, network.node_count, 9)
    for origins, destinations in ((snapped, nodes), (nodes, snapped), (snapped, snapped), (nodes, nodes)):
        found = router.nearest(origins=origins, destinations=destinations, k=k, searched_nodes=searched)
        origin, ms = out_of_the_matrix(router, origins, destinations, k)
        assert found.milliseconds.tolist() == ms.tolist()
        assert found.origin.tolist() == origin.tolist()


def test_few_far_origins_are_cut_out_of_the_matrix_and_give_the_same(random_network):
    network = random_network(3, nodes=400, roads=300)
    router = Router(network, profile=CAR)
    rng = np.random.default_rng(3)
    origins, destinations = rng.integers(0, 400, 60), rng.integers(0, 400, 80)
    few = router.nearest(origins=origins, destinations=destinations, k=7, searched_nodes=60)
    many = router.nearest(origins=origins, destinations=destinations, k=7, searched_nodes=10**6)
    assert (few.origin == many.origin).all()
    assert (few.milliseconds == many.milliseconds).all()
    assert (few.seconds[few.origin >= 0] == -(-few.milliseconds[few.origin >= 0] // 1000)).all()


def test_nobody_to_ask_nobody_to_find_and_no_k(random_network):
    router = Router(random_network(1), profile=CAR)
    assert router.nearest(origins=[], destinations=[0, 1], k=2).origin.tolist() == [[-1, -1]] * 2
    assert router.nearest(origins=[0], destinations=[], k=2).origin.shape == (0, 2)
    with pytest.raises(ValueError, match="at least 1"):
        router.nearest(origins=[0], destinations=[1], k=0)
