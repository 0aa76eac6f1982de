"""A mention as a card: who, where, when, what was said, how it was taken, what it brought.

Strangers write all of this. Their words go through `st.text` alone; only our own words stand in labels and badges;
links are drawn after `canonical_url` has taken them for http(s) addresses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st
from babel.numbers import format_decimal

from config.registers import canonical_url
from ui import data, talk
from ui.frame import Screen, time_text
from ui.i18n import Translator
from ui.import_words import status_names

SHOWN_LETTERS = 600
SHOWN_LINKS = 8
SHOWN_WINDOW = 120
STYLE = """<style>
[class*="st-key-who"] [data-testid="stText"] { font-weight: 600 }
[class*="st-key-small"] [data-testid="stText"] { font-size: .86rem; opacity: .78 }
[class*="st-key-said"] [data-testid="stText"] { line-height: 1.5; overflow-wrap: anywhere }
[class*="st-key-money"] [data-testid="stText"] { font-size: .92rem; font-weight: 600 }
</style>"""
_ADDRESS_OR_TAG = re.compile(r"(?P<address>(?:https?://|www\.)\S+)|[#＃@＠]\w+")
_LTR_ISOLATE, _ISOLATE, _END_ISOLATE, _RTL_MARK = "\u2066", "\u2068", "\u2069", "\u200f"
_COLOURS = {"positive": "blue", "neutral": "gray", "negative": "red"}


def style() -> None:
    st.html(STYLE)


def label_names(_: Translator) -> dict[str | None, str]:
    return {
        "positive": _("Positive"),
        "neutral": _("Neutral"),
        "negative": _("Negative"),
        None: _("Not scored"),
        "not_scored": _("Not scored"),
    }


def triage_names(_: Translator) -> dict[str, str]:
    return {"new": _("New"), "seen": _("Seen"), "todo": _("To do"), "done": _("Done")}


def contact_names(_: Translator) -> dict[str, str]:
    """How far the contact with a person has come."""
    return {
        "none": _("No contact"),
        "shortlisted": _("Shortlisted"),
        "contacted": _("Contacted"),
        "contracted": _("Contracted"),
        "declined": _("Declined"),
    }


def language_name(screen: Screen, code: str) -> str:
    """The language in the reader's own language; the code where that is not known."""
    return str(screen.locale.languages.get(code, code))


def language_names(screen: Screen) -> dict[str, str]:
    """Names of the workspace's languages in the reader's own."""
    shown = {code: language_name(screen, code) for code in screen.workspace.settings.workspace.languages}
    return {**shown, talk.UNKNOWN: screen._("Unknown")}


def percent(value: float | None, *, signed: bool = False) -> str:
    """A share for people; an en dash where it is unknown."""
    if value is None:
        return "–"
    return f"{value:+.0%}" if signed else f"{value:.0%}"


def stories_told(screen: Screen, mentions: pl.DataFrame) -> str:
    """How many stories the mentions tell, as a sentence: copies of one text, wherever they came from, are one."""
    n = mentions["cluster_id"].n_unique()
    return screen._.plural("They tell {n} story.", "They tell {n} stories.", n).format(n=number(screen, n))


def number(screen: Screen, value: float | None) -> str:
    """A number as the reader writes it; an en dash where it is unknown."""
    return "–" if value is None else str(format_decimal(value, locale=screen.locale))


def card(
    screen: Screen,
    row: Mapping[str, Any],
    *,
    key: str,
    matched: Mapping[str, Any] | None = None,
    own_links: bool = True,
) -> None:
    """The reading part of a card. `row`: as `store.read_by_id` gives it; `matched`: visits, orders, revenue_minor,
    kinds (list of evidence) where the mention has any. Without `own_links` the caller draws `links` itself.
    """
    _head(screen, row, key=key)
    _words(screen, row, key=key)
    with st.container(key=f"small-{key}", gap=None):
        st.text(_reaction(screen, row))
        for said in _towards(screen, row):
            st.text(said)
        if row["codes"]:
            st.text(screen._("Promo codes in the text: {codes}").format(codes=", ".join(row["codes"])))
    if matched:
        with st.container(key=f"money-{key}"):
            st.text(_brought(screen, matched))
    if own_links:
        with st.container(horizontal=True, gap="small"):
            links(screen, row, key=key)


def _head(screen: Screen, row: Mapping[str, Any], *, key: str) -> None:
    _ = screen._
    label = row["label"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(label_names(_)[label], color=_COLOURS.get(label, "gray"), icon=_icon(label))  # type: ignore[arg-type]
        with st.container(key=f"who-{key}", width="content"):
            st.text(row["author_name"] or _("Unknown author"))
        with st.container(key=f"small-head-{key}", width="content"):
            st.text(_in_a_row(screen, row["network"], row["source"], _when(screen, row)))


def _in_a_row(screen: Screen, *parts: str) -> str:
    """Parts side by side in the reader's direction; in a right-to-left one each is kept whole, dates above all."""
    if screen.locale.text_direction != "rtl":
        return " · ".join(parts)
    return _RTL_MARK + " · ".join(f"{_ISOLATE}{part}{_END_ISOLATE}" for part in parts)


def _icon(label: str | None) -> str:
    icons = {"positive": "add", "neutral": "remove", "negative": "close"}
    return f":material/{icons.get(label or '', 'question_mark')}:"


def _when(screen: Screen, row: Mapping[str, Any]) -> str:
    shown = time_text(screen, row["published_at"])
    if row["published_quality"] == "missing":
        return screen._("no date given, first seen {time}").format(time=shown)
    return shown


def _words(screen: Screen, row: Mapping[str, Any], *, key: str) -> None:
    title, text = row["title"] or "", row["text"] or ""
    repeated = text.startswith(title)
    title, text = laid_out(title, beside=text), laid_out(text)
    if title and not repeated:
        with st.container(key=f"who-title-{key}"):
            st.text(title, width="stretch")
    with st.container(key=f"said-{key}"):
        st.text(text if len(text) <= SHOWN_LETTERS else text[:SHOWN_LETTERS].rstrip() + " …", width="stretch")
    if len(text) > SHOWN_LETTERS:
        with st.expander(screen._("Whole text")), st.container(key=f"said-all-{key}"):
            st.text(text, width="stretch")


def laid_out(text: str, *, beside: str = "") -> str:
    """The text with invisible marks that keep addresses, #tags and @handles whole among right-to-left words.

    Text without right-to-left letters stays as it is. A title of mixed script that begins in Latin takes the direction
    of the text `beside` it, so that both begin on one side. Marks are letters like any other: no markup arises.
    """
    if not any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        return text
    marked = _ADDRESS_OR_TAG.sub(
        lambda found: (_LTR_ISOLATE if found["address"] else _ISOLATE) + found[0] + _END_ISOLATE, text
    )
    return _RTL_MARK + marked if _begins_right(beside) and not _begins_right(text) else marked


def _begins_right(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    return next((way for way in directions if way in ("L", "R", "AL")), "L") != "L"


def _reaction(screen: Screen, row: Mapping[str, Any]) -> str:
    """Engagement as far as known, the score and who gave it."""
    _ = screen._
    named = (
        ("likes", _("{n} likes")),
        ("comments", _("{n} comments")),
        ("shares", _("{n} shares")),
        ("views", _("{n} views")),
    )
    parts = [text.format(n=number(screen, row[name])) for name, text in named if row[name] is not None]
    reaction = " · ".join(parts) if parts else _("engagement unknown")
    followers = _("{n} followers").format(n=number(screen, row["followers"])) if row["followers"] is not None else ""
    told = (reaction, followers, _reach(screen, row), _score(screen, row), _vendor(screen, row))
    return " · ".join(part for part in told if part)


def _reach(screen: Screen, row: Mapping[str, Any]) -> str:
    """The reach and what it counts; nothing where it is the followers, who stand beside it."""
    _ = screen._
    kinds = {
        "impressions": _("reach {n} (impressions)"),
        "site_visits": _("reach {n} (visitors of the site in a month)"),
        "vendor": _("reach {n} (estimate of the tool)"),
    }
    kind = kinds.get(row["reach_kind"] or "")
    return kind.format(n=number(screen, row["reach"])) if kind else ""


def _vendor(screen: Screen, row: Mapping[str, Any]) -> str:
    if row["vendor_sentiment"] is None:
        return ""
    return screen._("sentiment of the tool: {score}").format(score=f"{row['vendor_sentiment']:+.2f}")


def _score(screen: Screen, row: Mapping[str, Any]) -> str:
    _ = screen._
    language = language_name(screen, row["language"]) if row["language"] else _("language unknown")
    if row["score"] is None:
        return f"{language}: {status_names(_).get(row['score_status'], row['score_status'])}"
    scored = _("{language}: score {score} by {scorer}").format(
        language=language, score=f"{row['score']:+.2f}", scorer=row["scorer"]
    )
    if row["confidence"] is not None:
        scored += " · " + _("confidence {share}").format(share=f"{row['confidence']:.0%}")
    if row["label"] != row["label_scored"]:
        scored += " · " + _("label corrected by a person")
    return scored


def _towards(screen: Screen, row: Mapping[str, Any]) -> list[str]:
    """What is said of a brand, where it differs from the text as a whole, or where brands are compared."""
    _ = screen._
    lines = []
    for target in row["targets"]:
        compared = target["rule"] == "comparison"
        if target["label"] == row["label_scored"] and not compared:
            continue
        line = _("About {brand}: {label}, score {score}, read from “{window}”").format(
            brand=target["brand"],
            label=label_names(_)[target["label"]],
            score=f"{target['score']:+.2f}",
            window=_shortened(target["window"]),
        )
        lines.append(line + (" · " + _("a comparison, so uncertain") if compared else ""))
    return lines


def _shortened(window: str) -> str:
    plain = " ".join(window.split())
    return plain if len(plain) <= SHOWN_WINDOW else plain[:SHOWN_WINDOW].rstrip() + " …"


def _brought(screen: Screen, matched: Mapping[str, Any]) -> str:
    _ = screen._
    visits = _.plural("{n} visit", "{n} visits", matched["visits"]).format(n=matched["visits"])
    orders = _.plural("{n} order", "{n} orders", matched["orders"]).format(n=matched["orders"])
    revenue = data.minor_to_text(matched["revenue_minor"], screen.currency, str(screen.locale))
    evidence = ", ".join(evidence_names(_).get(kind, kind) for kind in matched["kinds"])
    if not matched["orders"]:
        return _("Evidence ({kinds}): {visits}, no order").format(kinds=evidence, visits=visits)
    return _("Evidence ({kinds}): {visits}, {orders}, {revenue} net revenue of these orders").format(
        kinds=evidence, visits=visits, orders=orders, revenue=revenue
    )


def evidence_names(_: Translator) -> dict[str, str]:
    return {
        "promo_code": _("promo code"),
        "utm": _("campaign tag"),
        "landing_url": _("landing page"),
        "referrer": _("referrer"),
    }


def links(screen: Screen, row: Mapping[str, Any], *, key: str) -> None:
    """The way to the original, and the links in the text, as far as they are http(s) addresses."""
    _ = screen._
    if row["url"] and canonical_url(row["url"]):
        st.link_button(
            _("Open original"), row["url"], icon=":material/open_in_new:", type="tertiary", key=f"open-{key}"
        )
    safe = [link for link in row["links"] if canonical_url(link)]
    if safe:
        name = _.plural("{n} link in the text", "{n} links in the text", len(safe)).format(n=len(safe))
        with st.popover(name, type="tertiary", key=f"links-{key}"):
            for place, link in enumerate(safe[:SHOWN_LINKS]):
                st.text(link)
                st.link_button(_("Open"), link, icon=":material/open_in_new:", key=f"link-{key}-{place}")
