"""Vector tiles of roads, read back by a reader of their format that shares nothing with the writer."""

import numpy as np
import pytest

from optimizer.network import tiles
from optimizer.network.graph import RoadNetwork, build_network
from optimizer.network.tiles import EXTENT, pieces_of, tile


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
        commands, pen, pieces = numbers(feature[4]), (0, 0), []
        assert len(commands) % 6 == 0
        for at in range(0, len(commands), 6):
            assert (commands[at], commands[at + 3]) == (9, 10)
            steps = [(one >> 1) ^ -(one & 1) for one in commands[at + 1 : at + 3] + commands[at + 4 : at + 6]]
            begin = (pen[0] + steps[0], pen[1] + steps[1])
            pen = (begin[0] + steps[2], begin[1] + steps[3])
            pieces.append((begin, pen))
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


def test_a_chain_of_short_roads_holds_together_from_afar():
    lon = np.linspace(0, 1, 2000)
    ends = [(number, number + 1) for number in range(1999)]
    pieces = lines_of(tile(pieces_of(network(np.full(2000, 0.5), lon, ends, ["residential"] * 1999)), 7, 64, 63))[3]
    assert len(pieces) < 300  # of a width of two pixels each
    assert sorted(end for _, end in pieces)[:-1] == sorted(begin for begin, _ in pieces)[1:]


def test_the_lesser_roads_go_first_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tiles, "MOST_PIECES", 2)
    roads = network([0.2, 0.2, 0.8], [0.2, 0.8, 0.2], [(0, 1), (1, 2), (2, 0)], ["track", "secondary", "trunk"])
    assert set(lines_of(tile(pieces_of(roads), 7, 64, 63))) == {0, 1}


def test_roads_that_look_the_same_are_one():
    roads = network([0.5, 0.5], [0.0, 1.0], [(0, 1), (1, 0), (0, 1)], ["track", "trunk", "secondary"])
    assert {rank: len(found) for rank, found in lines_of(tile(pieces_of(roads), 7, 64, 63)).items()} == {0: 1}
