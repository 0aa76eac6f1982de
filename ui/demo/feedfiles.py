"""Mentions as feeds: RSS 2.0, Atom, and Atom with YouTube's media elements, each as such a network writes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from xml.sax.saxutils import escape as xml
from xml.sax.saxutils import quoteattr

from ui.demo.world import BERLIN, Mention, Source

_RSS = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/">'
)
_ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:yt="http://www.youtube.com/xml/schemas/2015">'
)


def feed_document(source: Source, mentions: Sequence[Mention], *, updated: datetime) -> str:
    """The whole feed as text, entries in the order given."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    if source.format == "rss":
        items = "\n".join(_item(source, mention) for mention in mentions)
        return f"{head}{_RSS}\n<channel>\n{_channel(source, updated)}\n{items}\n</channel>\n</rss>\n"
    entries = "\n".join(_entry(source, mention) for mention in mentions)
    return f"{head}{_ATOM}\n{_feed_head(source, updated)}\n{entries}\n</feed>\n"


def _channel(source: Source, updated: datetime) -> str:
    return (
        f"<title>{source.name}</title>\n<link>https://{source.host}/</link>\n"
        f"<description>Simulated posts, {source.network}</description>\n"
        f"<lastBuildDate>{format_datetime(updated)}</lastBuildDate>"
    )


def _feed_head(source: Source, updated: datetime) -> str:
    return (
        f"<title>{source.name}</title>\n<id>tag:{source.host},2026:feed</id>\n"
        f'<link rel="alternate" href="https://{source.host}/"/>\n<updated>{_iso(updated)}</updated>'
    )


def _item(source: Source, mention: Mention) -> str:
    """Networks write their dates in UTC, blogs and news in their own zone's."""
    own_zone = source.network in ("blog", "news")
    published = mention.published_at.astimezone(BERLIN) if own_zone else mention.published_at
    lines = [
        f"<title>{xml(mention.title)}</title>" if mention.title else "",
        f"<link>{xml(mention.link)}</link>",
        f'<guid isPermaLink="false">{xml(mention.guid)}</guid>',
        f"<dc:creator>@{xml(mention.author.handle)}</dc:creator>",
        f"<pubDate>{format_datetime(published)}</pubDate>",
        f"<description>{xml(body_html(mention))}</description>",
        f"<slash:comments>{mention.comments}</slash:comments>" if mention.comments is not None else "",
    ]
    return "<item>" + "".join(lines) + "</item>"


def _entry(source: Source, mention: Mention) -> str:
    content = _media(mention) if source.format == "youtube" else _content(mention)
    lines = [
        f"<id>{xml(mention.guid)}</id>",
        f"<title>{xml(mention.title)}</title>",
        f'<link rel="alternate" href={quoteattr(mention.link)}/>',
        f"<author><name>@{xml(mention.author.handle)}</name></author>",
        f"<published>{_iso(mention.published_at)}</published><updated>{_iso(mention.published_at)}</updated>",
        content,
        f"<thr:total>{mention.comments}</thr:total>" if mention.comments is not None else "",
    ]
    return "<entry>" + "".join(lines) + "</entry>"


def _content(mention: Mention) -> str:
    return f'<content type="html">{xml(body_html(mention))}</content>'


def _media(mention: Mention) -> str:
    """YouTube's feeds hold the description as plain text, with views and the number of ratings beside it if known."""
    text = " ".join(part for part in (mention.text, mention.url) if part)
    counts = "" if mention.views is None else _community(mention)
    return (
        f"<media:group><media:title>{xml(mention.title)}</media:title>"
        f"<media:description>{xml(text)}</media:description>{counts}</media:group>"
    )


def _community(mention: Mention) -> str:
    rating = f'<media:starRating count="{mention.likes}" average="5.00" min="1" max="5"/>'
    return f'<media:community>{rating}<media:statistics views="{mention.views}"/></media:community>'


def body_html(mention: Mention) -> str:
    """The text as markup that shows it as it is, and its link; hostile entries bring their own."""
    if mention.raw_html:
        return mention.raw_html
    link = f'<p><a href="{escape(mention.url)}">{escape(mention.url)}</a></p>' if mention.url else ""
    return f"<p>{escape(mention.text, quote=False)}</p>{link}"


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
