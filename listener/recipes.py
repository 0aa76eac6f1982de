"""Ready addresses of feeds: what a network or tool needs to be told, and the address made of it.

RecipeError         a value does not fit; carries which one, and an example
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, urlencode, urlsplit


class RecipeError(ValueError):
    """A value a recipe was given does not fit, or is missing. `need` is its name."""

    def __init__(self, need: str, problem: str, *, example: str) -> None:
        self.need, self.problem, self.example = need, problem, example
        super().__init__(f"{need}: {problem}, such as {example}")


@dataclass(frozen=True)
class Need:
    """One value a recipe asks for. `kind`: search, handle, code, server, address, path or words (name=value pairs).

    `pattern`: what the cleaned value must be; `default`: taken when nothing is given.
    """

    name: str
    example: str
    kind: str = "code"
    pattern: str = r"[\w.-]{1,100}"
    default: str | None = None
    needed: bool = True


@dataclass(frozen=True)
class Recipe:
    """How to hear one network: `template` with the needs' names in braces, and how often it is asked at first."""

    id: str
    title: str
    needs: tuple[Need, ...]
    template: str
    interval: str
    network: str | None = None


_SEARCH = Need("search", '"acme kettle" OR #acme', kind="search", pattern=r"(?s).{1,500}")
_SERVER = r"(?=.{3,100}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,}"
_COUNTRY = r"[A-Za-z]{2}"
_BASE = r"https?://[^\s/?#@]+(?:/[^\s?#]*)?"

RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "google-alerts",
        "Google Alerts",
        (
            Need(
                "feed",
                "https://www.google.com/alerts/feeds/123/456",
                kind="address",
                pattern=r"https://www\.google\.[a-z.]{2,6}/alerts/feeds/\d+/\d+",
            ),
        ),
        "{feed}",
        interval="1h",
        network="news",
    ),
    Recipe(
        "google-news",
        "Google News search",
        (
            _SEARCH,
            Need("language", "en", pattern=r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,4})?", default="en"),
            Need("country", "US", pattern=_COUNTRY, default="US"),
        ),
        "https://news.google.com/rss/search?q={search}&hl={language}&gl={country}&ceid={country}:{language}",
        interval="1h",
        network="news",
    ),
    Recipe(
        "reddit-search",
        "Reddit search",
        (_SEARCH,),
        "https://www.reddit.com/search.rss?q={search}&sort=new",
        interval="1h",
        network="reddit",
    ),
    Recipe(
        "reddit-subreddit",
        "Subreddit",
        (Need("subreddit", "r/tea", kind="handle", pattern=r"[A-Za-z0-9_]{2,30}"),),
        "https://www.reddit.com/r/{subreddit}/new/.rss",
        interval="1h",
        network="reddit",
    ),
    Recipe(
        "youtube",
        "YouTube channel",
        (Need("channel", "UCxxxxxxxxxxxxxxxxxxxxxx", kind="handle", pattern=r"UC[\w-]{22}"),),
        "https://www.youtube.com/feeds/videos.xml?channel_id={channel}",
        interval="2h",
        network="youtube",
    ),
    Recipe(
        "mastodon-tag",
        "Mastodon hashtag",
        (
            Need("server", "mastodon.social", kind="server", pattern=_SERVER),
            Need("tag", "#acme", kind="handle", pattern=r"\w{1,100}"),
        ),
        "https://{server}/tags/{tag}.rss",
        interval="30m",
        network="mastodon",
    ),
    Recipe(
        "mastodon-account",
        "Mastodon account",
        (
            Need("server", "mastodon.social", kind="server", pattern=_SERVER),
            Need("account", "@acme", kind="handle", pattern=r"\w{1,60}"),
        ),
        "https://{server}/@{account}.rss",
        interval="1h",
        network="mastodon",
    ),
    Recipe(
        "bluesky",
        "Bluesky profile",
        (Need("handle", "acme.bsky.social", kind="handle", pattern=_SERVER),),
        "https://bsky.app/profile/{handle}/rss",
        interval="1h",
        network="bluesky",
    ),
    Recipe(
        "hacker-news",
        "Hacker News",
        (_SEARCH,),
        "https://hnrss.org/newest?q={search}",
        interval="1h",
        network="hackernews",
    ),
    Recipe(
        "hacker-news-comments",
        "Hacker News comments",
        (_SEARCH,),
        "https://hnrss.org/newcomments?q={search}",
        interval="1h",
        network="hackernews",
    ),
    Recipe(
        "app-store",
        "App Store reviews",
        (
            Need("app", "284882215", kind="handle", pattern=r"\d{5,15}"),
            Need("country", "us", pattern=_COUNTRY, default="us"),
        ),
        "https://itunes.apple.com/{country}/rss/customerreviews/id={app}/sortBy=mostRecent/xml",
        interval="6h",
        network="reviews",
    ),
    Recipe(
        "podcast",
        "Podcast",
        (Need("feed", "https://podcast.example/feed.xml", kind="address", pattern=r"https?://[^\s/]+\S*"),),
        "{feed}",
        interval="6h",
        network="podcast",
    ),
    Recipe(
        "rsshub",
        "RSSHub route",
        (
            Need("route", "telegram/channel/acme", kind="path", pattern=r"(?!.*(?:^|/)\.\.?(?:/|\?|$))[^\s#]{2,500}"),
            Need("base", "https://rsshub.app", kind="address", pattern=_BASE, default="https://rsshub.app"),
        ),
        "{base}/{route}",
        interval="2h",
    ),
    Recipe(
        "rss-bridge",
        "RSS-Bridge",
        (
            Need("bridge", "InstagramBridge", pattern=r"\w{2,80}"),
            Need(
                "parameters",
                "context=Username&u=acme",
                kind="words",
                pattern=r"[^\s#]{0,500}",
                default="",
                needed=False,
            ),
            Need(
                "base",
                "https://rss-bridge.org/bridge01",
                kind="address",
                pattern=_BASE,
                default="https://rss-bridge.org/bridge01",
            ),
        ),
        "{base}/?action=display&bridge={bridge}&format=Atom{parameters}",
        interval="2h",
    ),
)


def recipe(name: str) -> Recipe | None:
    """The recipe of this id."""
    return next((one for one in RECIPES if one.id == name), None)


def values_of(chosen: Recipe, given: Sequence[str]) -> dict[str, str]:
    """Values in the order of the recipe's needs, or as name=value, by name. Raises RecipeError for too many."""
    names = [need.name for need in chosen.needs]
    values: dict[str, str] = {}
    for text in given:
        name, sign, rest = text.partition("=")
        if sign and name in names:
            values[name] = rest
            continue
        left = [name for name in names if name not in values]
        if len(given) == 1 and left[:1] == ["server"] and len(left) > 1 and _names_both(text):
            values |= dict.fromkeys(left[:2], text)
            continue
        if not left:
            wanted = " ".join(need.example for need in chosen.needs)
            raise RecipeError(
                names[-1], "more was given than is needed; put words with blanks in quotes", example=wanted
            )
        values[left[0]] = text
    return values


def build_url(chosen: Recipe, values: Mapping[str, str]) -> str:
    """The feed's address. Raises RecipeError for a missing or unfit value. Pure."""
    filled = {need.name: _filled(need, values.get(need.name) or need.default or "") for need in chosen.needs}
    url = chosen.template
    for name, value in filled.items():
        url = url.replace("{" + name + "}", value)
    return url


def suggested_name(chosen: Recipe, values: Mapping[str, str]) -> str:
    """A name for the source: the recipe and the value that tells it from others."""
    first = next((values[need.name] for need in chosen.needs if values.get(need.name) and need.kind != "server"), "")
    parts = _parts(first) if "://" in first else None
    told = parts.path.strip("/") if parts else first
    return " ".join(f"{chosen.title}: {told}".split())[:80].rstrip(": ")


def _filled(need: Need, given: str) -> str:
    value = _CLEANED.get(need.kind, str)(_sendable(given).strip())
    if not value and need.needed:
        raise RecipeError(need.name, "is missing", example=need.example)
    if value and not re.fullmatch(need.pattern, value):
        raise RecipeError(need.name, f"{given.strip()[:80]!r} does not fit", example=need.example)
    if need.kind == "search":
        return quote_plus(" ".join(value.split()))
    if need.kind == "words":
        pairs = urlencode(parse_qsl(value, keep_blank_values=True))
        return f"&{pairs}" if pairs else ""
    if need.kind == "path":
        path, mark, asked = value.partition("?")
        return quote(path.strip("/"), safe="/%:@!$&'()*+,;=~-._") + mark + quote(asked, safe="/%:@!$&'()*+,;=~-._")
    if need.kind == "address":
        return value.rstrip("/") if need.name == "base" else value
    return value if need.kind == "server" else quote(value, safe="")


def _sendable(value: str) -> str:
    """Without what no address can carry: halves of characters, as a terminal of another encoding gives them."""
    return value.encode("utf-8", "ignore").decode()


_AFTER = re.compile(r"(?:/id|/channel/|/profile/|/tags/|/r/|/@|[?&]channel_id=)([^/?#&]+)")


def _handle(value: str) -> str:
    """A handle, tag or id as typed, or out of an address that was pasted."""
    found = _AFTER.search(value) if "://" in value else None
    bare = found[1] if found else re.sub(r"(?<=.)@[\w.-]+$", "", value)
    return re.sub(r"^(?:/?r/|[@#]|id(?=\d))", "", bare.strip("/")).removesuffix(".rss")


def _names_both(value: str) -> bool:
    """Whether one value names a server and what is on it: an address that was pasted, or @name@server."""
    return bool(_AFTER.search(value)) if "://" in value else bool(re.fullmatch(r"@?[^@\s]+@[^@\s]+", value.strip()))


def _server(value: str) -> str:
    """A server's name, also out of an address or out of @name@server."""
    if "://" not in value:
        return value.rpartition("@")[2].strip("/").lower()
    parts = _parts(value)
    return (parts.hostname or "").lower() if parts else ""


def _parts(address: str) -> SplitResult | None:
    """The parts of an address as somebody typed it; None for one that cannot be read."""
    try:
        return urlsplit(address)
    except ValueError:
        return None


_CLEANED = {"handle": _handle, "server": _server}
