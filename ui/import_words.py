"""What the tables of facts, and the reasons why rows or texts count nowhere, are called: on pages and on the command
line. `_` as in `source_words`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

Words = Callable[[str], str]


def skip_names(_: Words) -> dict[str, str]:
    """Why rows are passed over without being wrong, in words."""
    return {
        "repeated_header": _("repeated header"),
        "total_row": _("total"),
        "no_line_item": _("order without a line"),
        "no_brand": _("names none of your brands"),
        "no_known_metric": _("no known figure"),
        "bot": _("robots"),
        "failed_request": _("failed requests"),
        "not_a_page_view": _("pictures, scripts and the like"),
        "no_http_request": _("no web request"),
        "other_table": _("table of no known layout"),
        "hidden_sheet": _("hidden sheet"),
        "not_a_mention": _("no mention"),
        "removed_by_author": _("removed by its author"),
        "deleted_since": _("deleted since"),
        "not_a_refund": _("payments that are no refunds"),
        "daily_row": _("days beside their sum"),
        "scheduled": _("planned posts"),
        "forgotten": _("people who are forgotten"),
    }


def reason_names(_: Words) -> dict[str, str]:
    """Why rows are kept aside, in a word or two; what each lacks, its own sentence says."""
    return {
        "bad_date": _("day cannot be read"),
        "bad_time": _("time cannot be read"),
        "bad_money": _("amount cannot be read"),
        "bad_number": _("number cannot be read"),
        "bad_currency": _("no known currency"),
        "future_date": _("in the future"),
        "file_cut": _("file cut off"),
        "id_lost_digits": _("id cut by a spreadsheet"),
        "merged_cells": _("merged cells"),
        "missing_id": _("no id"),
        "missing_order_id": _("no order"),
        "missing_text": _("no text"),
        "mixed_encoding": _("letters of another encoding"),
        "not_this_format": _("not this log's format"),
        "open_quote": _("open quotation mark"),
        "too_many_cells": _("too many cells"),
        "unreadable": _("cannot be read"),
    }


def table_names(_: Words) -> dict[str, str]:
    """What the tables of facts are called."""
    return {
        "orders": _("orders"),
        "order_lines": _("lines of orders"),
        "order_codes": _("codes on orders"),
        "refunds": _("refunds"),
        "touches": _("visits"),
        "spend": _("cost lines"),
        "posts": _("posts"),
        "leads": _("leads"),
        "conversions": _("conversions"),
        "traffic_daily": _("traffic sums"),
        "account_daily": _("account days"),
        "search_queries": _("search queries"),
        "keyword_prices": _("keyword prices"),
        "mentions": _("mentions"),
        "codes": _("promo codes"),
        "people": _("people"),
        "links": _("links"),
    }


def status_names(_: Words) -> dict[str, str]:
    """Why a text has no score, in words."""
    return {
        "scored": _("scored"),
        "no_scorer": _("no scorer for this language yet"),
        "no_language": _("language not recognised"),
        "no_text": _("no text to score"),
    }


def with_counts(reasons: Mapping[str, int], names: Mapping[str, str]) -> str:
    """ "robots 5,076, total 1": the most frequent first; a reason without a name in its own words."""
    return ", ".join(f"{names.get(why, why.replace('_', ' '))} {n:,}" for why, n in Counter(reasons).most_common())


def says_line(message: str, line: int) -> bool:
    """Whether a sentence on a row begins with the row's line, which then need not be said before it."""
    return re.match(rf"line {line}\b", message) is not None
