"""Rows of a mention export to the table "mentions", columns MENTIONS: renamed, cast, matched against the brands."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import polars as pl

from config.intake import Parsed, ReadContext, Rejected, TextTable, normal_header
from config.registers import canonical_url
from listener.exports import cells
from listener.exports.columns import Columns
from listener.language import detect
from listener.mentions import FUTURE_LIMIT, author_of, network_of, spoken
from listener.queries import About, Query, Words
from listener.text import find_links, one_line, plain_text, safe_link

UTC_TIME = pl.Datetime("us", "UTC")
MENTIONS: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "source_line": pl.Int64,
    "layout": pl.String,
    "network": pl.String,
    "native_id": pl.String,
    "title": pl.String,
    "text": pl.String,
    "raw_url": pl.String,
    "links": pl.List(pl.String),
    "language_stated": pl.String,
    "author_key": pl.String,
    "author_name": pl.String,
    "followers": pl.Int64,
    "following": pl.Int64,
    "verified": pl.Boolean,
    "published_at": UTC_TIME,
    "published_quality": pl.String,
    "likes": pl.Int64,
    "comments": pl.Int64,
    "shares": pl.Int64,
    "views": pl.Int64,
    "engagement_stated": pl.Int64,
    "reach": pl.Int64,
    "reach_kind": pl.String,  # impressions | site_visits | vendor; null: no reach stated
    "vendor_sentiment": pl.Float64,
    "brands": pl.String,  # JSON: brand -> the query's terms found
}
_COUNTS = ("followers", "following", "likes", "comments", "shares", "views")
_NET_VOTES = ("score", "reddit score")  # votes for less votes against: may lie below 0
_REMOVED = ("[removed]", "[deleted]", "[removed by reddit]")
# Said of a tool's export where several brands are set up.
NAME_BRAND = (
    "If they are about one of your brands, import the file again with --brand (on the page Data: Brand of rows that "
    "match no query)."
)
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")
_LINKS = re.compile(r"https?://[^\s\"'<>\\,\]}]{1,2000}")
_EXPANDED = re.compile(r'"expanded_url":\s*"(https?://[^"\s]{1,2000})"')
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
_LANGUAGES = "english en polish pl hungarian hu arabic ar hebrew he vietnamese vi german de french fr spanish es"
_NAMES = dict(zip(_LANGUAGES.split()[::2], _LANGUAGES.split()[1::2], strict=True))


def read_rows(
    table: TextTable,
    context: ReadContext,
    *,
    columns: Columns,
    queries: Callable[[], Sequence[tuple[str, Query]]],
    own: str | None,
) -> Parsed:
    """The table "mentions" of a file. Rows put aside: missing_text, bad_date. Left out: not_a_mention (control records
    of a stream), removed_by_author, no_brand: no query matches, nobody said what such rows are about, and the file is
    not the answer to a tool's own query where but one brand is set up.
    """
    reader = _Reader(table, columns, ZoneInfo(context.timezone))
    rows: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    skipped: dict[int, str] = {}
    wordless = 0
    brands = queries()
    about = context.brand or (_guessed(own, brands) if columns.selected else None)
    for cells_of in reader.rows():
        line = int(cells_of["source_line"])
        result = reader.mention(cells_of)
        if isinstance(result, Rejected):
            rejected.append(result)
        elif isinstance(result, str):
            skipped[line] = result
        else:
            found = _brands(result, brands, own=about)
            if found:
                wordless += not any(found.values())
                rows.append(result | {"brands": json.dumps(found, ensure_ascii=False)})
            else:
                skipped[line] = "no_brand"
    frame = pl.DataFrame(rows, schema=dict(MENTIONS), orient="row")
    return Parsed(
        {"mentions": frame},
        rejected,
        skipped,
        exported_at=latest(frame),
        warnings=_warnings(reader, skipped, wordless=wordless, own=about, asks=columns.selected),
    )


def _guessed(own: str | None, brands: Sequence[tuple[str, Query]]) -> str | None:
    """What a tool's own query looked for: the one brand that is set up; among several nobody can tell."""
    return own if len(brands) == 1 else None


def _warnings(reader: _Reader, skipped: Mapping[int, str], *, wordless: int, own: str | None, asks: bool) -> list[str]:
    told = [f"{n} cells of {name} hold no number; they count as unknown" for name, n in sorted(reader.unread.items())]
    strangers = sum(why == "no_brand" for why in skipped.values())
    if wordless:
        one = wordless == 1
        what = "1 row matches no brand's query; it is" if one else f"{wordless} rows match no brand's query; they are"
        told.append(f"{what} kept as talk about {own}, for which the file was made. Undo the import if that is wrong.")
    if strangers:
        one = strangers == 1
        what = "1 row matches no brand's query and was" if one else f"{strangers} rows match no brand's query and were"
        told.append(f"{what} left out. {NAME_BRAND}" if asks else f"{what} left out")
    return told


def _brands(row: Mapping[str, Any], queries: Sequence[tuple[str, Query]], *, own: str | None) -> dict[str, list[str]]:
    urls = (row["raw_url"], *row["links"]) if row["raw_url"] else tuple(row["links"])
    languages = tuple(dict.fromkeys(language for _, query in queries for language in query.languages))

    def language() -> str | None:  # as it is stored with the mention
        return detect([spoken(row["title"], row["text"])], languages, stated=[row["language_stated"]], trusted=True)[0]

    known = language if languages else row["language_stated"]
    about = About(row["author_key"], row["author_name"], urls, known, source=f"import:{row['layout']}")
    words = Words(row["text"], title=row["title"], about=about)
    found = {name: list(match.terms) for name, query in queries if (match := query.find(words))}
    return found or ({own: []} if own else {})


class _Reader:
    """Reads a table's rows by what a layout calls its columns; `unread` counts cells that hold no number."""

    def __init__(self, table: TextTable, columns: Columns, zone: ZoneInfo) -> None:
        self.columns, self.zone = columns, zone
        self.unread: Counter[str] = Counter()
        actual: dict[str, str] = {}
        for header in table.headers:
            actual.setdefault(normal_header(header), header)
        self._actual = actual
        table.used.update(header for name, header in actual.items() if name in self._named())
        self._frame = table.frame
        shown = cells.day_first(text for name in columns.date for text in self._column(name))
        self.day_first = shown if shown is not None else columns.day_first is not False

    def _column(self, name: str) -> list[str | None]:
        return self._frame[self._actual[name]].to_list() if name in self._actual else []

    def rows(self) -> Any:
        """The rows as dictionaries by normal header, with `source_line`."""
        known, named = {header: name for name, header in self._actual.items()}, self._named()
        wanted = [header for header in self._frame.columns if known.get(header) in named]
        names = [known[header] for header in wanted]
        for row in self._frame.select(*wanted, "source_line").iter_rows():
            yield dict(zip([*names, "source_line"], row, strict=True))

    def _named(self) -> set[str]:
        every = [getattr(self.columns, name) for name in Columns.__dataclass_fields__]
        listed = {name for value in every if isinstance(value, tuple) for name in value if isinstance(name, str)}
        return listed | set(re.findall(r"{([^}]+)}", self.columns.url_form or "")) | {"chunk_type"}

    def _first(self, row: Mapping[str, Any], names: Sequence[str]) -> str | None:
        return next((row[name] for name in names if not cells.is_null(row.get(name))), None)

    def mention(self, row: Mapping[str, Any]) -> dict[str, Any] | Rejected | str:
        """The row's values, why it cannot be used, or why it is left out."""
        columns = self.columns
        if row.get("chunk_type") not in (None, "CT_RESULT"):
            return "not_a_mention"
        written = self._first(row, columns.text) or ""
        if written.strip().casefold() in _REMOVED:
            return "removed_by_author"
        text, hrefs = plain_text(written)
        text = "\n".join(filter(None, (plain_text(self._first(row, columns.warning) or "")[0], text)))
        title = one_line(plain_text(self._first(row, columns.heading) or "")[0])[:500] or None
        if not text and not title:
            return self._rejected(row, "missing_text", "the row has no text")
        moment = self._moment(row)
        if moment is None and self._first(row, columns.date):
            return self._rejected(row, "bad_date", f"{self._first(row, columns.date)!r} is no date that can be read")
        url = self._url(row)
        network = self._network(row, url)
        return {
            "source_line": row["source_line"],
            "layout": columns.id,
            "network": network,
            "native_id": self._native_id(row, network, url),
            "title": title if title != text else None,
            "text": text or title or "",
            "raw_url": url,
            "links": self._links(row, text, hrefs),
            "language_stated": self._language(row),
            "published_at": moment.at if moment else None,
            "published_quality": moment.quality if moment else "missing",
            "vendor_sentiment": self._sentiment(row),
            **self._author(row, network, url),
            **self._numbers(row),
        }

    def _rejected(self, row: Mapping[str, Any], reason: str, message: str) -> Rejected:
        shown = {"date": self._first(row, self.columns.date), "url": self._first(row, self.columns.url)}
        return Rejected(int(row["source_line"]), reason, message, shown)

    def _moment(self, row: Mapping[str, Any]) -> cells.Moment | None:
        stated = self._stated_at(row)
        received = self._read_moment(self._first(row, self.columns.received))
        ahead = stated and received and stated.at > received.at + FUTURE_LIMIT
        return received if ahead or stated is None else stated

    def _stated_at(self, row: Mapping[str, Any]) -> cells.Moment | None:
        clock = self._first(row, self.columns.time)
        for name in self.columns.date:
            if not cells.is_null(row.get(name)):
                moment = self._read_moment(cells.joined(row[name], clock) if clock else row[name])
                if moment:
                    return moment
        return None

    def _read_moment(self, text: str | None) -> cells.Moment | None:
        return cells.moment(text, zone=self.zone, day_first=self.day_first) if text else None

    def _url(self, row: Mapping[str, Any]) -> str | None:
        form = self.columns.url_form
        if form is None:
            return safe_link(self._first(row, self.columns.url))
        wanted = re.findall(r"{([^}]+)}", form)
        if any(cells.is_null(row.get(name)) for name in wanted):
            return None
        for name in wanted:
            form = form.replace("{" + name + "}", str(row[name]).rpartition("/")[2] if name == "uri" else row[name])
        return safe_link(form)

    def _network(self, row: Mapping[str, Any], url: str | None) -> str:
        if self.columns.network:
            return self.columns.network
        by_link = network_of(url) if url else "web"
        if by_link == "web":
            host = urlsplit(url).hostname if url else None
            by_link = cells.network_of_host(host) or "web"
        named = self._first(row, self.columns.platform)
        by_name = cells.network_named(named)
        if by_name is None and self.columns.id == "earned_mentions" and named:
            by_name = one_line(named).lower()[:40]
        return by_name or by_link if by_link == "web" else by_link

    def _native_id(self, row: Mapping[str, Any], network: str, url: str | None) -> str | None:
        """The network's own id. A tool's copy of it may be spoilt by a spreadsheet: then the link alone counts."""
        native = self._first(row, self.columns.native_id)
        if native is None or (url and self.columns.network is None) or re.fullmatch(r"[\d.,]+[eE]\+\d+", native):
            return None
        if network == "reddit" and "_" not in native:
            return f"{'t3' if 'selftext' in self._actual else 't1'}_{native}"
        return f"/status/{native}" if network == "x" and native.isdigit() else native[:200]

    def _links(self, row: Mapping[str, Any], text: str, hrefs: list[str]) -> list[str]:
        more = " ".join(str(row[name]) for name in self.columns.links if row.get(name))
        listed = _EXPANDED.findall(more) or _LINKS.findall(more)
        return list(find_links(text, [*hrefs, *listed]))

    def _language(self, row: Mapping[str, Any]) -> str | None:
        said = (self._first(row, self.columns.language) or "").strip().strip('[]"').split('"')[0]
        name = _NAMES.get(said.casefold())
        return name or (said.lower() if _LANGUAGE.fullmatch(said) and said != "und" else None)

    def _author(self, row: Mapping[str, Any], network: str, url: str | None) -> dict[str, Any]:
        raw = self._first(row, self.columns.author)
        if raw and network == "mastodon":
            raw = "@" + raw.strip().lstrip("@")  # anna@site is a handle there, no e-mail address
        shown = self._first(row, self.columns.author_shown)
        site = urlsplit(canonical_url(url) or "").hostname if url else None
        scope = (site or self.columns.id) if network == "web" else None
        key, name = author_of(raw, network=network, scope=scope)
        if key and (name or "").casefold() in ("sign in", "anonymous"):
            key = name = None
        return {"author_key": key, "author_name": (one_line(shown)[:200] if shown and key else None) or name}

    def _numbers(self, row: Mapping[str, Any]) -> dict[str, Any]:
        columns = self.columns
        values: dict[str, Any] = {name: self._count(row, name, getattr(columns, name)) for name in _COUNTS}
        values |= self._reach(row)
        total = self._count(row, "engagement", columns.engagement)
        more = [n for name in columns.parts if (n := self._count(row, name, (name,))) is not None]
        counted = [values[name] for name in ("likes", "comments", "shares") if values[name] is not None]
        summed = sum(max(n, 0) for n in (*counted, *more)) if more else None
        values["engagement_stated"] = max((n for n in (total, summed) if n is not None), default=None)
        said = (self._first(row, columns.verified) or "").strip().lower()
        values["verified"] = True if said in _TRUE else False if said in _FALSE else None
        return values

    def _reach(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The first reach that is filled, and what it counts."""
        columns = self.columns
        kinds = (("vendor", columns.reach), ("impressions", columns.impressions), ("site_visits", columns.site_visits))
        for kind, names in kinds:
            value = self._count(row, "reach", names)
            if value is not None:
                return {"reach": value, "reach_kind": kind}
        return {"reach": None, "reach_kind": None}

    def _count(self, row: Mapping[str, Any], name: str, names: Sequence[str]) -> int | None:
        found = next((each for each in names if not cells.is_null(row.get(each))), None)
        if found is None:
            return None
        value = cells.score(row[found]) if found in _NET_VOTES else cells.count(row[found])
        if value is None:
            self.unread[name] += 1
        return value

    def _sentiment(self, row: Mapping[str, Any]) -> float | None:
        stars = self._first(row, self.columns.rating)
        if stars:
            return cells.rating(stars)
        text = self._first(row, self.columns.sentiment)
        if cells.unrated(text):
            return None
        columns = self.columns
        value = cells.feeling(str(text), largest=columns.sentiment_scale, clipped=columns.sentiment_clipped)
        if value is None:
            self.unread["sentiment"] += 1
        return value


def latest(frame: pl.DataFrame) -> dt.datetime | None:
    """The newest time stated in a table of mentions; None when none is."""
    newest = frame["published_at"].max()
    return newest if isinstance(newest, dt.datetime) else None
