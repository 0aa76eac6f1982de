"""Who wrote a post, as far as its address says."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

_HANDLE = r"@([\w.-]+)"
# Per host (any subdomain): where the path of a post carries its author.
_CARRIED = {
    "tiktok.com": rf"/{_HANDLE}/(?:video|photo)/",
    "threads.net": rf"/{_HANDLE}/post/",
    "threads.com": rf"/{_HANDLE}/post/",
    "youtube.com": rf"/{_HANDLE}(?:/|$)",
    "medium.com": rf"/{_HANDLE}/",
    "x.com": r"/(?!i/)(\w+)/status(?:es)?/\d",
    "twitter.com": r"/(?!i/)(\w+)/status(?:es)?/\d",
    "bsky.app": r"/profile/(?!did:)([\w.-]+)/post/",
}
_FEDIVERSE = r"/@([\w.-]+)(?:@([\w.-]+))?/\d+"  # Mastodon and its like, on any host


def author_in(link: str) -> str | None:
    """The handle that a post's address carries (Mastodon's with its host); None where the network's links carry none.

    >>> author_in("https://www.tiktok.com/@anna/video/1")
    'anna'
    """
    try:
        parts = urlsplit(link.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    path = unquote(parts.path)
    for known, carried in _CARRIED.items():
        if host == known or host.endswith("." + known):
            found = re.match(carried, path)
            return found[1] if found else None
    found = re.match(_FEDIVERSE, path)
    return f"{found[1]}@{found[2] or host}" if found else None
