"""Speed profiles from names and from problem files."""

import pytest

from optimizer.network.profiles import (
    PROFILES,
    Profile,
    UnknownProfile,
    edge_times_ms,
    find_profile,
    profile_from,
)


def test_a_custom_profile_wins_over_a_built_in_one_of_the_same_name():
    mine = profile_from("pickup", {"mode": "drive", "max_kph": 25, "height_m": 2.2})
    assert mine == Profile(name="pickup", mode="drive", max_kph=25, height_m=2.2)
    assert find_profile("pickup", {"pickup": mine}) is mine
    assert find_profile("pickup") is PROFILES["pickup"]


def test_every_fault_of_a_custom_profile_is_named_with_its_path(faults_of):
    data = {"mode": "swim", "max_kph": 0, "factor": True, "speed": 3}
    assert faults_of(profile_from, "boat", data) == [
        ("network.profiles.boat.speed", "road_unknown_field"),
        ("network.profiles.boat.mode", "road_unknown_mode"),
        ("network.profiles.boat.max_kph", "road_not_positive"),
        ("network.profiles.boat.factor", "road_not_positive"),
    ]
    assert ("network.profiles.x.max_kph", "road_not_positive") in faults_of(profile_from, "x", {"mode": "walk"})


def test_an_unknown_profile_says_which_are_known():
    with pytest.raises(UnknownProfile) as caught:
        find_profile("zeppelin", {"raft": PROFILES["foot"]})
    assert "raft" in caught.value.facts["known"]
    assert "fire_engine" in caught.value.facts["known"]


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf")])
def test_a_weather_factor_must_be_above_zero(factor, random_network, faults_of):
    found = faults_of(edge_times_ms, random_network(1), PROFILES["foot"], weather_factor=factor)
    assert found == [("weather_factor", "road_not_positive")]
