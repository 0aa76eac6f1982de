"""The mention: one schema and one identity rule for everything that is heard.

A mention is the same on every poll: its id is made of what the network calls it, never of a feed's address.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, urlsplit

from config.registers import canonical_url, normal_code, person_key
from listener.duplicates import text_hash
from listener.text import one_line, unwrap

if TYPE_CHECKING:
    from listener.feeds import Entry
    from listener.sentiment import Scored
    from listener.sentiment.target import Target

FUTURE_LIMIT = dt.timedelta(hours=24)
_ZERO_WIDTH = dict.fromkeys([0x200B, 0x200C, 0x200D, 0xFEFF, 0x2060])
_CODE_LENGTH = 64
_BETWEEN_CODES = re.compile(r"[^\w\-‐-―−]+")
_EMAIL = re.compile(r"[^\s@<>()\"']+@[^\s@<>()\"']+\.[^\s@<>()\"']+")
_HOSTS = {
    "reddit.com": "reddit",
    "redd.it": "reddit",
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "youtube-nocookie.com": "youtube",
    "bsky.app": "bluesky",
    "x.com": "x",
    "twitter.com": "x",
    "instagram.com": "instagram",
    "tiktok.com": "tiktok",
    "news.ycombinator.com": "hackernews",
    "news.google.com": "news",
}


@dataclass(frozen=True)
class BrandMatch:
    """A brand whose query matched, and the query's terms that were found."""

    brand: str
    terms: tuple[str, ...]
    target: Target | None = None  # the score towards this brand; None: not worked out


@dataclass(frozen=True)
class Mention:
    """One post, article or comment that matched a brand. Texts are plain and clean, times UTC, unknown is None."""

    mention_id: str
    source: str
    source_kind: str
    network: str
    native_id: str | None
    title: str | None
    text: str
    raw_url: str | None = None
    language_stated: str | None = None
    language: str | None = None
    author_key: str | None = None
    author_name: str | None = None
    followers: int | None = None
    following: int | None = None
    verified: bool | None = None
    published_at: dt.datetime | None = None
    published_quality: str = "missing"
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    views: int | None = None
    reach: int | None = None
    reach_kind: str | None = None
    engagement_stated: int | None = None
    vendor_sentiment: float | None = None
    score: float | None = None
    label: str | None = None
    confidence: float | None = None
    scorer: str | None = None
    score_status: str = "no_scorer"
    brands: tuple[BrandMatch, ...] = field(default=())
    links: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def canonical_url(self) -> str | None:
        """Of the page itself: a redirector that names its target is left out."""
        return canonical_url(unwrap(self.raw_url)) if self.raw_url else None

    @property
    def domain(self) -> str | None:
        canonical = self.canonical_url
        return urlsplit(canonical).hostname if canonical else None

    @property
    def engagement(self) -> int | None:
        """likes + comments + shares, as far as known, or the total a tool states where it is more, as it may count
        other reactions too; None when nothing is known. Likes below 0, of votes against, count as none."""
        known = [max(n, 0) for n in (self.likes, self.comments, self.shares) if n is not None]
        sums = ([sum(known)] if known else []) + (
            [self.engagement_stated] if self.engagement_stated is not None else []
        )
        return max(sums, default=None)

    @property
    def text_hash(self) -> str | None:
        return text_hash(self.title, self.text)

    @property
    def content_hash(self) -> str:
        """Of what its author wrote: a change of it is a new revision; counters and scores are not."""
        parts = (self.title or "", self.text, self.raw_url or "", self.author_key or "", *self.links)
        return _digest("\x1f".join(parts))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def mention_id(*, source: str, network: str, native_id: str | None, url: str | None, text: str) -> str:
    """blake2b-128 hex of, first known wins: the network's own id, source key and native id, canonical URL, text.

    A network's id is believed only from a source of that network, so that no feed can overwrite another's mentions.
    """
    own = network_identity(network, native_id=native_id, url=url)
    if own:
        return _digest(f"{network}|{own}")
    if native_id:
        return _digest(f"source:{source}|{native_id}")
    canonical = canonical_url(url) if url else None
    return _digest(f"url:{canonical}" if canonical else f"text:{source}|{text}")


def network_identity(network: str, *, native_id: str | None, url: str | None) -> str | None:
    """The id that reddit (t3_x, t1_x), youtube (video) and x (status) give a post, however it reached us."""
    parts = urlsplit(canonical_url(url or "") or "")
    native = native_id or ""
    if network == "reddit":
        found = re.search(r"\bt[13]_[a-z0-9]{2,12}\b", native)
        short = re.fullmatch(r"/([a-z0-9]{2,12})", parts.path) if parts.hostname == "redd.it" else None
        post = short or re.search(r"/comments/([a-z0-9]{2,12})(?:/[^/]*)?$", parts.path)
        return found[0] if found else f"t3_{post[1]}" if post else None
    if network == "youtube":
        found = re.fullmatch(r"yt:video:([\w-]{11})", native)
        return found[1] if found else _video(parts)
    if network == "x":
        status = re.search(r"/status(?:es)?/(\d{5,20})", f"{parts.path} {native}")
        return status[1] if status else None
    return None


def _video(parts: SplitResult) -> str | None:
    """The video a YouTube address shows, in any of its forms; None for a comment, a channel or anything else."""
    asked = parse_qs(parts.query)
    if "lc" in asked:
        return None
    named = re.fullmatch(r"/(?:shorts|live|embed|v)/([^/]+)", parts.path)
    video = named[1] if named else asked.get("v", [""])[0]
    if parts.hostname == "youtu.be":
        video = parts.path.strip("/")
    return video if re.fullmatch(r"[\w-]{11}", video) else None


def spoken(title: str | None, text: str) -> str:
    """What is read and scored of a mention: the title, unless the text begins with it, and the text."""
    if not title or text.startswith(title.rstrip("….")):
        return text
    return f"{title}\n{text}" if text else title


def network_of(url: str) -> str:
    """The network a feed's address belongs to; "web" when it is none we know."""
    host = (urlsplit(url).hostname or "").lower()
    return next((name for known, name in _HOSTS.items() if host == known or host.endswith("." + known)), "web")


def author_of(raw: str | None, *, network: str, scope: str | None) -> tuple[str | None, str | None]:
    """A feed's author field -> (author_key, name shown). E-mail addresses are dropped, never kept.

    `scope` is the site, for sources that are no network: the "admin" of two sites is not one person.
    """
    handle = re.match(r"\s*@[\w.@-]+\s*$", raw or "")
    name = one_line(raw or "") if handle else one_line(_EMAIL.sub("", raw or "")).strip(" ()<>\"',;")
    name = re.sub(r"^/u(?:ser)?/", "", name).strip()[:200]
    bare = name.lstrip("@").strip()
    if not bare or bare.lower() in ("[deleted]", "[removed]"):
        return None, None
    return person_key(network, f"{scope}/{bare}" if scope else bare), name


def find_codes(texts: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """The registered codes (normal form, `known`) that stand as a token of their own in the texts, sorted."""
    if not known:
        return ()
    tokens: set[str] = set()
    for text in texts:
        for raw in text.translate(_ZERO_WIDTH).split():
            pieces = _BETWEEN_CODES.split(raw) if len(raw) > 1 else [raw]
            tokens.update(piece.strip("-_") for piece in pieces if len(piece) <= _CODE_LENGTH)
            if len(raw) <= _CODE_LENGTH:
                tokens.add(raw)
    return tuple(sorted({normal_code(token) for token in tokens if token} & set(known)))


def when(published_at: dt.datetime | None, quality: str, *, now: dt.datetime) -> tuple[dt.datetime | None, str]:
    """A feed's date as we take it: later than a day from now is set to now, quality "guessed"."""
    if published_at and published_at > now + FUTURE_LIMIT:
        return now, "guessed"
    return published_at, quality


def build_mention(
    entry: Entry,
    *,
    source: str,
    source_key: str | None = None,
    source_kind: str,
    network: str,
    scoped_authors: bool,
    brands: Sequence[BrandMatch],
    language: str | None,
    scored: Scored,
    known_codes: Collection[str],
    now: dt.datetime,
) -> Mention:
    """An entry of a feed that matched, as a mention. `scoped_authors`: names are unique to the site alone.

    `source_key` is what the source is known by whatever it is called, see `source_keys`; else its name.
    """
    site = urlsplit(canonical_url(entry.link) or "").hostname if entry.link else None
    author_key, author_name = author_of(
        entry.author, network=network, scope=(site or source) if scoped_authors else None
    )
    published_at, quality = when(entry.published_at, entry.published_quality, now=now)
    return Mention(
        mention_id=mention_id(
            source=source_key or source,
            network=network,
            native_id=entry.native_id,
            url=entry.link,
            text=entry.text,
        ),
        source=source,
        source_kind=source_kind,
        network=network,
        native_id=entry.native_id,
        title=entry.title,
        text=entry.text,
        raw_url=entry.link,
        language_stated=entry.language,
        language=language,
        author_key=author_key,
        author_name=author_name,
        published_at=published_at,
        published_quality=quality,
        likes=entry.likes,
        comments=entry.comments,
        shares=entry.shares,
        views=entry.views,
        score=scored.score,
        label=scored.label,
        confidence=scored.confidence,
        scorer=scored.scorer,
        score_status=scored.status,
        brands=tuple(brands),
        links=entry.links,
        codes=find_codes([entry.title or "", entry.text, *entry.links], known_codes),
    )
