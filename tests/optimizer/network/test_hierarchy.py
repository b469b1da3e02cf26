"""The kept order: found again, shared by writers, rebuilt when damaged, done without when it cannot be written."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from optimizer.network.hierarchy import Hierarchy, Metric, WeightOutOfRange, cache_folder, engine_weights
from optimizer.units import UNREACHABLE

SIDE = 40  # 1600 nodes: large enough to be kept


def grid() -> dict[str, np.ndarray]:
    node = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = np.concatenate(
        [np.column_stack((a.ravel(), b.ravel())) for a, b in ((node[:-1], node[1:]), (node[:, :-1], node[:, 1:]))]
    )
    both = np.concatenate((pairs, pairs[:, ::-1]))
    lat, lon = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return {"tail": both[:, 0], "head": both[:, 1], "lat": 29 + lat / 100, "lon": 106 + lon / 100}


def corner_to_corner(hierarchy: Hierarchy) -> int:
    weights = engine_weights(np.full(hierarchy.edge_count, 7))
    return int(Metric(hierarchy).distances(weights, sources=[0], targets=[SIDE * SIDE - 1])[0, 0])


def test_an_order_is_kept_and_found_again(tmp_path):
    first, second = Hierarchy(**grid(), cache=tmp_path), Hierarchy(**grid(), cache=tmp_path)
    assert (first.from_cache, second.from_cache) == (False, True)
    assert corner_to_corner(first) == corner_to_corner(second) == 7 * 2 * (SIDE - 1)


@pytest.mark.parametrize("damage", ["cut", "changed", "missing", "no manifest"])
def test_a_damaged_order_is_built_anew(tmp_path, damage):
    Hierarchy(**grid(), cache=tmp_path)
    (folder,) = (tmp_path / "orders").iterdir()
    order = folder / "order"
    if damage == "cut":
        order.write_bytes(order.read_bytes()[:100])
    elif damage == "changed":
        order.write_bytes(bytes(reversed(order.read_bytes())))
    else:
        (order if damage == "missing" else folder / "sha256").unlink()
    again = Hierarchy(**grid(), cache=tmp_path)
    assert not again.from_cache
    assert corner_to_corner(again) == 7 * 2 * (SIDE - 1)
    assert Hierarchy(**grid(), cache=tmp_path).from_cache
    assert [path.name for path in (tmp_path / "orders").iterdir()] == [folder.name]


def test_several_writers_at_once_leave_one_whole_order(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: Hierarchy(**grid(), cache=tmp_path), range(4)))
    assert {corner_to_corner(hierarchy) for hierarchy in found} == {7 * 2 * (SIDE - 1)}
    assert Hierarchy(**grid(), cache=tmp_path).from_cache
    assert len(list((tmp_path / "orders").iterdir())) == 1


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert corner_to_corner(Hierarchy(**grid(), cache=tmp_path / "file")) == 7 * 2 * (SIDE - 1)


def test_the_cache_folder_is_the_one_the_environment_names(monkeypatch, tmp_path):
    monkeypatch.setenv("WUDING_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("WUDING_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert cache_folder() == tmp_path / "user" / "wuding"


def test_a_few_changed_weights_are_taken_in_partially_and_many_fully():
    metric = Metric(Hierarchy(**grid()))
    base = np.full(len(grid()["tail"]), 7)
    weights = engine_weights(base)
    ask = {"sources": [0], "targets": [1, SIDE * SIDE - 1]}
    metric.distances(weights, **ask)
    assert metric.customizations == (1, 0)
    few = base.copy()
    few[:50] = 9
    metric.distances(engine_weights(few), **ask)
    assert metric.customizations == (1, 1)
    metric.distances(engine_weights(base * 2), **ask)
    assert metric.customizations == (2, 1)
    assert metric.distances(weights, **ask).tolist() == [[7, 7 * 2 * (SIDE - 1)]]


@pytest.mark.parametrize("weight", [-1, 2**31])
def test_weights_the_engine_cannot_hold_are_refused(weight):
    with pytest.raises(WeightOutOfRange) as caught:
        engine_weights(np.array([1, weight]))
    assert caught.value.facts == {"edge": 1, "weight": weight, "edges": 1}


def test_a_way_longer_than_the_engine_counts_is_no_way():
    chain = Hierarchy(tail=[0, 1], head=[1, 2], lat=[1, 2, 3], lon=[1, 2, 3])
    weights = engine_weights(np.array([2**31 - 2, 2**31 - 2]))
    found = Metric(chain).distances(weights, sources=[0], targets=[1, 2])
    assert found.tolist() == [[2**31 - 2, UNREACHABLE]]
