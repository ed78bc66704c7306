"""Zones by what they do, and names that are none."""

from __future__ import annotations

import pytest

from almanakka.sync.zones import behaviour, find, known, same_behaviour


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Europe/Helsinki", "Europe/Kiev"),
        ("Europe/Helsinki", "Europe/Bucharest"),
        ("Europe/Stockholm", "Europe/Berlin"),
        ("UTC", "Etc/GMT"),
        ("Asia/Calcutta", "Asia/Kolkata"),
    ],
)
def test_zones_that_do_the_same_are_one_class(a: str, b: str) -> None:
    assert behaviour(a) == behaviour(b)
    assert same_behaviour(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Europe/Helsinki", "Europe/Stockholm"),
        ("Europe/Helsinki", "Africa/Cairo"),  # Cairo took summer time up again in 2023
        ("Europe/Helsinki", "Asia/Beirut"),  # an hour of the night apart, twice a year
        ("Europe/London", "UTC"),
        ("America/New_York", "America/Havana"),
        ("Africa/Casablanca", "Europe/Paris"),
    ],
)
def test_zones_that_differ_at_any_time_are_two_classes(a: str, b: str) -> None:
    assert not same_behaviour(a, b)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "/usr/share/zoneinfo/Europe/Helsinki",
        "Europe",
        "Europe/",
        "Europe/../Europe/Helsinki",
        "tzone://Microsoft/Custom",
        "FLE Standard Time",
        "Customized Time Zone",
        "Europe/Helsinki\n",
        "Europe\\Helsinki",
        "\x00",
        "ä\ud800",
        "Europe/Helsinki" * 10_000,
        "localtime",
        "posixrules",
        "Factory",
    ],
)
def test_a_name_that_is_no_zone_is_only_unknown(name: str) -> None:
    assert not known(name)
    assert find(name) is None
    assert same_behaviour(name, name)
    assert not same_behaviour(name, "UTC")
    assert not same_behaviour(name, name + "x")


def test_a_known_zone_is_found() -> None:
    assert known("Europe/Helsinki")
    zone = find("Europe/Helsinki")
    assert zone is not None
    assert zone.key == "Europe/Helsinki"
