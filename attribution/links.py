"""Links: pages that are shared on social media alone, and tagged links that are written the same way every time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import polars as pl

from attribution.channels import UNASSIGNED, channel_of
from config.channel_rules import ChannelRule
from config.registers import canonical_url

LINK = "link"
_TAGS = ("source", "medium", "campaign", "content", "term")
_NEEDED = ("source", "medium", "campaign")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?\d[\d ()/-]{7,}\d")


def apply_links(touches: pl.DataFrame, register: pl.DataFrame, *, zone: ZoneInfo) -> pl.DataFrame:
    """The visits, those without a source that landed on a registered link with that link's source, medium, campaign and
    content (without one: its owner's handle), and evidence "link".

    touches: tables.TOUCHES; register: `config.registers.read_links`. A tag, a click id or a referrer outranks the
    register: it says where this visit came from, not where the link was meant to be. A visit before the day from which
    the link is shared is left as it is. A campaign's tag without a source does not say where a visit came from.
    """
    if register.is_empty():
        return touches
    unsaid = (pl.col("evidence") == "none") | ((pl.col("evidence") == "utm") & pl.col("source").is_null())
    silent = unsaid & pl.col("landing_url").is_not_null()
    forms = touches.filter(silent)["landing_url"].unique()
    pages = pl.DataFrame(
        {"landing_url": forms, "_link": pl.Series([canonical_url(url) for url in forms], dtype=pl.String)}
    )
    # Visits name a person by their handle in utm_content: a link of somebody names them without it.
    handle = pl.col("owner").str.split(":").list.last()
    known = register.select(
        "shared_from",
        _link="link",
        _content=pl.coalesce("content", handle),
        **{f"_{name}": name for name in ("source", "medium", "campaign")},
    )
    day = pl.col("touched_at").dt.convert_time_zone(zone.key).dt.date()
    found = pages.join(known, on="_link", how="inner")
    joined = touches.join(found, on="landing_url", how="left", maintain_order="left")
    holds = (
        silent & pl.col("_source").is_not_null() & (pl.col("shared_from").is_null() | (day >= pl.col("shared_from")))
    )
    replaced = {"source": "_source", "medium": "_medium", "campaign": "_campaign", "utm_content": "_content"}
    return joined.with_columns(
        *(pl.when(holds).then(new).otherwise(old).alias(old) for old, new in replaced.items()),
        evidence=pl.when(holds).then(pl.lit(LINK)).otherwise("evidence"),
    ).select(touches.columns)


@dataclass(frozen=True)
class BuiltLink:
    """A tagged link, the channel its visits will count for, and what is worth a second look (codes with a text)."""

    url: str
    channel: str
    warnings: tuple[tuple[str, str], ...]


def build_link(
    url: str,
    *,
    source: str,
    medium: str,
    campaign: str,
    content: str | None = None,
    term: str | None = None,
    own_domains: Sequence[str] = (),
    campaigns: Sequence[str] = (),
    rules: Sequence[ChannelRule] = (),
) -> BuiltLink:
    """A link with tags in one spelling: lower case, "-" for blanks. Tags the link bore are replaced, all else stays.

    campaigns: those in use, to be warned of a second spelling of one. rules: the business's own, of channels. Raises
    ValueError, with what to do, for a link or tag that cannot be used: no http(s) link, a source, medium or campaign
    missing, personal data in a tag.
    """
    if canonical_url(url) is None:
        raise ValueError(f"{url!r} is no link; write it with https:// and a host")
    given = dict(zip(_TAGS, (source, medium, campaign, content, term), strict=True))
    tags = {name: _tag(name, value) for name, value in given.items()}
    missing = [name for name in _NEEDED if not tags[name]]
    if missing:
        raise ValueError(f"{missing[0]} is empty; every tagged link needs {', '.join(_NEEDED)}")
    written = {f"utm_{name}": value for name, value in tags.items() if value}
    parts = urlsplit(url.strip())
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not pair[0].lower().startswith("utm_")]
    query = urlencode([*kept, *written.items()], safe="~")
    built = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, parts.fragment))
    channel = _channel(tags, rules)
    return BuiltLink(built, channel, tuple(_warnings(parts.hostname or "", tags, channel, own_domains, campaigns)))


def _tag(name: str, value: str | None) -> str | None:
    plain = re.sub(r"\s+", "-", (value or "").strip()).lower()
    if _MAIL.search(plain) or (name != "term" and _PHONE.fullmatch((value or "").strip())):
        raise ValueError(f"{name} holds an address or a number of a person; tags are seen by everybody: leave it out")
    if re.search(r"[{}\[\]<>\"'`|\\^%]", plain):
        raise ValueError(f"{name} {value!r} holds marks that links break on; use letters, digits, - _ . and ~")
    return plain or None


def _channel(tags: dict[str, str | None], rules: Sequence[ChannelRule]) -> str:
    named = {name: [tags[name]] for name in ("source", "medium", "campaign")}
    text = dict.fromkeys(named, pl.String)
    visit = pl.DataFrame(named, schema=text).with_columns(evidence=pl.lit("utm"))
    return str(channel_of(visit, rules=rules)["channel"][0])


def _warnings(
    host: str, tags: dict[str, str | None], channel: str, own_domains: Sequence[str], campaigns: Sequence[str]
) -> list[tuple[str, str]]:
    found = []
    bare = host.lower().removeprefix("www.")
    if own_domains and not any(bare == domain or bare.endswith(f".{domain}") for domain in own_domains):
        found.append(("other_host", f"{bare} is none of the shop's domains: its visits will not be seen"))
    if channel == UNASSIGNED:
        found.append(
            ("no_channel", f"no channel is known for {tags['source']} / {tags['medium']}: it stays unassigned")
        )
    campaign = tags["campaign"] or ""
    for known in campaigns:
        if known != campaign and _bare(known) == _bare(campaign):
            found.append(("second_spelling", f"{known!r} is in use: {campaign!r} would be a campaign of its own"))
    return found


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
