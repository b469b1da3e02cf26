"""Vector tiles of roads, read back by a reader of their format that shares nothing with the writer."""

import itertools

import numpy as np
import pytest

from optimizer.network import tiles
from optimizer.network.graph import RoadNetwork, build_network
from optimizer.network.tiles import EXTENT, pieces_of, tile
from optimizer.network.trails import thin, trails


def fields(content: bytes):
    at = 0

    def number() -> int:
        nonlocal at
        found = shift = 0
        while True:
            byte = content[at]
            at += 1
            found |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return found

    while at < len(content):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        else:
            size = number()
            at += size
            yield key >> 3, content[at - size : at]


def numbers(content: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in content:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(value)
            value = shift = 0
    return found


def lines_of(content: bytes) -> dict[int, list[tuple[tuple[int, int], tuple[int, int]]]]:
    """rank -> pieces."""
    if not content:
        return {}
    ((layer_field, layer),) = fields(content)
    assert layer_field == 3
    parts = list(fields(layer))
    assert {(15, 2), (1, b"roads"), (3, b"rank"), (5, EXTENT)} <= set(parts)
    values = [dict(fields(part))[5] for name, part in parts if name == 4]
    found = {}
    for name, part in parts:
        if name != 2:
            continue
        feature = dict(fields(part))
        assert feature[3] == 2
        key, value = numbers(feature[2])
        assert key == 0
        commands, pen, pieces, at = numbers(feature[4]), (0, 0), [], 0
        while at < len(commands):
            command, at = commands[at], at + 1
            for _ in range(command >> 3):
                right, down = ((one >> 1) ^ -(one & 1) for one in commands[at : at + 2])
                before, pen, at = pen, (pen[0] + right, pen[1] + down), at + 2
                if command & 7 == 2:
                    pieces.append((before, pen))
        found[values[value]] = pieces
    return found


def network(lat, lon, ends, classes) -> RoadNetwork:
    tail, head = zip(*ends, strict=True)
    return build_network(
        node_id=[f"n{number:06}" for number in range(len(lat))], lat=lat, lon=lon, tail=tail, head=head,
        length_m=[1.0] * len(ends), speed_kph=[30.0] * len(ends), road_class=classes,
        segment_id=[f"s{number:06}" for number in range(len(ends))],
    )  # fmt: skip


def test_a_road_lies_where_it_is():
    # the middle of the world is the middle of tile 0/0/0; a degree is 4096 / 360 of it
    found = lines_of(tile(pieces_of(network([0, 0], [0, 90], [(0, 1)], ["primary"])), 0, 0, 0))
    assert found == {0: [((2048, 2048), (3072, 2048))]}


def test_only_what_lies_in_the_tile_is_in_it_and_long_roads_are_cut():
    pieces = pieces_of(network([10, 10], [-170, 170], [(0, 1)], ["track"]))
    ((begin, end),) = lines_of(tile(pieces, 4, 8, 7))[4]
    assert (begin[0], end[0]) == (-64, EXTENT + 64)
    assert tile(pieces, 4, 8, 8) == b""


def test_a_chain_of_short_roads_holds_together_from_afar_and_straight_ones_are_one():
    lon = np.linspace(0, 1, 2000)
    lat = 0.5 + 0.01 * np.sin(40 * lon)
    ends = [(number, number + 1) for number in range(1999)]
    pieces = lines_of(tile(pieces_of(network(lat, lon, ends, ["residential"] * 1999)), 7, 64, 63))[3]
    assert 20 < len(pieces) < 200
    assert sorted(end for _, end in pieces)[:-1] == sorted(begin for begin, _ in pieces)[1:]


def test_no_point_that_is_left_out_lies_far_from_the_line():
    angle = np.linspace(0, 6, 500)
    x, y = angle * np.cos(angle), angle * np.sin(angle)
    begins = np.zeros(500, bool)
    begins[[0, 200]] = True
    kept = np.flatnonzero(thin(x, y, begins, 0.01))
    assert {0, 199, 200, 499} <= set(kept.tolist())
    assert len(kept) < 100
    for first, last in itertools.pairwise(kept):
        if last == 200:
            continue  # another line
        chord = np.array([x[last] - x[first], y[last] - y[first]])
        away = np.abs(chord[0] * (y[first:last] - y[first]) - chord[1] * (x[first:last] - x[first]))
        assert (away / np.hypot(*chord) <= 0.0100001).all()


@pytest.mark.parametrize("seed", range(20))
def test_every_road_is_on_one_line_once_and_lines_hold_together(seed: int):
    random = np.random.default_rng(seed)
    ends, rank = random.integers(0, 12, (30, 2)), np.sort(random.integers(0, 3, 30)).astype(np.int8)
    rank = rank[random.permutation(30)]
    order, turned, begins = trails(ends, rank, 12)
    assert sorted(order) == list(range(30))
    assert (np.diff(rank[order]) >= 0).all()
    gone = np.where(turned[:, None], ends[order][:, ::-1], ends[order])
    on = np.flatnonzero(~begins)
    assert begins[0]
    assert (gone[on, 0] == gone[on - 1, 1]).all()
    assert (rank[order][on] == rank[order][on - 1]).all()
    alone = trails(ends[:0], rank[:0], 12)
    assert [len(one) for one in alone] == [0, 0, 0]


def test_roads_with_shapes_are_gone_along_as_they_lie():
    roads = build_network(
        node_id=["a", "b", "c"], lat=[0.0, 0.2, 0.4], lon=[0.0, 0.0, 0.0], tail=[1, 1, 0], head=[0, 2, 1],
        length_m=[1.0] * 3, speed_kph=[30.0] * 3, road_class=["primary"] * 3, segment_id=["ba", "bc", "ba"],
        against=[False, False, True], shapes={"ba": np.array([[0.15, 0.1], [0.05, 0.2]]), "bc": np.array([[0.3, 0.5]])},
    )  # fmt: skip
    drawn = lines_of(tile(pieces_of(roads), 6, 32, 31))[0]
    lon_lat = {(0, 0), (0.2, 0.05), (0.1, 0.15), (0, 0.2), (0.5, 0.3), (0, 0.4)}
    scale = EXTENT * 64 / 360
    there = {(round(lon * scale / 4) * 4, round((EXTENT - lat * scale) / 4) * 4) for lon, lat in lon_lat}
    assert {place for piece in drawn for place in piece} == there
    assert len(drawn) == 5
    assert all(before[1] == after[0] for before, after in itertools.pairwise(drawn))


def test_the_lesser_roads_go_first_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tiles, "MOST_PIECES", 2)
    roads = network([0.2, 0.2, 0.8], [0.2, 0.8, 0.2], [(0, 1), (1, 2), (2, 0)], ["track", "secondary", "trunk"])
    assert set(lines_of(tile(pieces_of(roads), 7, 64, 63))) == {0, 1}


def test_roads_that_look_the_same_are_one():
    roads = network([0.5, 0.5], [0.0, 1.0], [(0, 1), (1, 0), (0, 1)], ["track", "trunk", "secondary"])
    assert {rank: len(found) for rank, found in lines_of(tile(pieces_of(roads), 7, 64, 63)).items()} == {0: 1}
