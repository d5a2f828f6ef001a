"""A webhook's host is asked only if every address of it is public, and at the address that was checked."""

from __future__ import annotations

import socket

import pytest

from router.notify import NotDelivered
from router.notify.pinned_http import public_address
from router.notify.public_addresses import is_public

PRIVATE = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.254 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.254
198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1
::ffff:0:8.8.8.8 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::192.168.0.1
64:ff9b:1::1 64:ff9b:1::8.8.8.8 64:ff9b:1:ffff::10.0.0.1 64:ff9b:0:1::1 100::1 100:0:0:1::1
2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:1ff::1 2001:db8::1
2002:7f00:1:: 2002:a00:1:: 2002:c0a8:1:: 2002:808:808:: 3fff::1 5f00::1
fc00::1 fd12:3456:789a::1 fe80::1 fe80::1%lo febf::1 fec0::1 feff::1 ff02::1 ff0e::1
""".split()  # noqa: SIM905 - a table of addresses
PUBLIC = """
1.1.1.1 8.8.8.8 93.184.216.34 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1
2606:4700::1111 2001:4860:4860::8888 2a00:1450:4007::1 2620:0:860::1 64:ff9b::8.8.8.8
""".split()  # noqa: SIM905


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_leads_into_a_network_of_somebody_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    ["127.1", "0177.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "10.1", "127.0.0.1."],
)
def test_other_ways_of_writing_an_address_are_seen_through(host: str) -> None:
    with pytest.raises(NotDelivered, match=r"private network|cannot be found"):
        public_address(host, 443, allow_private=False)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..b", ""])
def test_what_is_no_name_is_not_found(host: str) -> None:
    with pytest.raises(NotDelivered):
        public_address(host, 443, allow_private=False)


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Names that the system's resolver finds at these addresses, and the names that it was asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)  # DNS is not ours to run
    return asked


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering(monkeypatch, "1.1.1.1", "10.0.0.1")

    with pytest.raises(NotDelivered, match="private network"):
        public_address("rebinding.example", 443, allow_private=False)


def test_a_name_is_resolved_once_and_the_connection_goes_to_that_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = answering(monkeypatch, "1.1.1.1")

    assert public_address("chat.example", 443, allow_private=False) == "1.1.1.1"
    assert asked == ["chat.example"]
