"""What becomes of feeds that somebody wants to listen to: added, already there, or refused with the reason. Pure."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from config.registers import canonical_url
from config.settings import SourceSettings
from listener.fetch import bad_address, is_public
from listener.mentions import network_of
from listener.text import one_line

NAME_LENGTH = 120
_BRIDGED = {"twitter.com", "x.com"}  # they give no feed; whoever lists one means a page


INSIDE = "it lies inside a private network"  # why an address is refused that only a given leave lets in


@dataclass(frozen=True)
class Wanted:
    """A feed somebody wants: its address (None: none was given) and, if known, a name, network, interval and line."""

    url: str | None
    name: str | None = None
    network: str | None = None
    interval: str | None = None
    allow_private: bool = False
    line: int | None = None


@dataclass(frozen=True)
class Decided:
    """What becomes of it. `outcome`: added, already_there or refused; `name`: of the source, new or there already."""

    outcome: str
    name: str | None
    url: str | None
    reason: str | None = None
    line: int | None = None
    network: str | None = None
    interval: str | None = None
    allow_private: bool = False

    def as_row(self) -> dict[str, object]:
        """The entry of the settings."""
        return {
            "name": self.name,
            "url": self.url,
            "network": self.network,
            "interval": self.interval,
            "allow_private": True if self.allow_private else None,
        }


def decide(wanted: Iterable[Wanted], known: Sequence[SourceSettings]) -> list[Decided]:
    """One decision for each, in order. The same feed twice is once, also within what is wanted."""
    addresses = {same_feed(source.url): source.name for source in known}
    names = {source.name for source in known}
    found = []
    for one in wanted:
        told = _decide_one(one, addresses, names)
        if told.outcome == "added" and told.url and told.name:
            addresses[same_feed(told.url)] = told.name
            names.add(told.name)
        found.append(told)
    return found


def same_feed(url: str) -> str:
    """What two addresses of one feed have in common."""
    return canonical_url(url) or url


def _decide_one(one: Wanted, addresses: dict[str, str], names: set[str]) -> Decided:
    url = (one.url or "").strip()
    name = one_line(one.name or "")[:NAME_LENGTH].strip() or None
    problem = unfit(url, allow_private=one.allow_private)
    if problem:
        return Decided("refused", name, url or None, problem, one.line)
    there = addresses.get(same_feed(url))
    if there:
        return Decided("already_there", there, url, f"it is the source {there!r} already", one.line)
    network = one.network or network_of(url)
    return Decided(
        "added",
        unique_name(name or (urlsplit(url).hostname or url).removeprefix("www."), names),
        url,
        None,
        one.line,
        None if network == "web" else network,
        one.interval,
        one.allow_private,
    )


def unfit(url: str, *, allow_private: bool) -> str | None:
    """Why an address is none that could be listened to; None for one that could be."""
    if not url:
        return "it names no address of a feed"
    problem = bad_address(url, allow_private=True)
    if problem or any(letter.isspace() for letter in url):
        return problem or "the address holds blanks"
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    if host in _BRIDGED:
        return "this network gives no feed; import an export of it, or write posts down by hand"
    if allow_private:
        return None
    return INSIDE if _is_inside(host) else bad_address(url, allow_private=False)  # inside, any port is no news


def _is_inside(host: str) -> bool:
    """Whether a host is plainly no place of the open Internet: a private address, or a name that never is one.

    An IPv4 address may be written in fewer parts, in hexadecimals or octals (127.1, 0x7f.1): resolvers read it.
    """
    plain = unicodedata.normalize("NFKC", host).lower().rstrip(".")
    try:
        ipaddress.ip_address(plain)
    except ValueError:
        if plain == "localhost" or plain.endswith((".localhost", ".local", ".lan", ".internal")):
            return True
        address = _short_ipv4(plain)
        return address is not None and not is_public(address)
    return not is_public(plain)


def _short_ipv4(host: str) -> str | None:
    """The address that a host of numbers alone stands for, in four parts; None for a name. Asks nobody."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if host.isascii() else None
    except (OSError, ValueError):  # ValueError: a zero byte
        return None


def unique_name(wanted: str, taken: Iterable[str]) -> str:
    """The name, with a number behind it where it is taken."""
    known = set(taken)
    name, n = wanted, 1
    while name in known:
        n += 1
        name = f"{wanted[: NAME_LENGTH - 6]} {n}"
    return name
