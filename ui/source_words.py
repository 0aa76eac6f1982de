"""What is said of a source's health: states in words, what went wrong, and what to do about it.

Each function takes the translator of the session; the command line gives `str` and gets English.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from ui.said import in_language

Words = Callable[[str], str]


# Errors that end so say what to do themselves.
_ADVISING = ("; check the source's address in your settings", "; check the source's address", "; remove it")


def state_names(_: Words) -> dict[str, str]:
    """The states of `listener.health.HEALTH`."""
    return {
        "ok": _("well"),
        "paused": _("paused"),
        "never": _("not asked yet"),
        "gone": _("gone for good"),
        "waiting": _("waiting, as asked"),
        "failing": _("failing"),
        "late": _("overdue"),
        "silent": _("silent"),
        "gaps": _("may have missed some"),
        "empty": _("without entries"),
    }


def outcome_names(_: Words) -> dict[str, str]:
    """What a poll came to, in words."""
    return {
        "ok": _("new content"),
        "unchanged": _("same as last time"),
        "not_modified": _("same as last time"),
        "fresh": _("nothing new yet, as it said"),
        "waiting_retry": _("failed, waits for its next try"),
        "waiting_turn": _("waiting for its turn"),
        "gone": _("gone for good"),
        "http_error": _("refused by the server"),
        "too_large": _("too large"),
        "timeout": _("no answer in time"),
        "blocked_address": _("private address, not allowed"),
        "network_error": _("not reachable"),
        "bad_url": _("address cannot be used"),
        "too_many_redirects": _("redirected too often"),
        "rate_limited": _("asked to wait"),
        "rate_limited_waiting": _("waiting, as asked"),
        "not_a_feed": _("not readable as a feed"),
        "internal_error": _("failed inside earned"),
    }


def cures(_: Words) -> dict[str, str]:
    """What to do about a poll that failed."""
    return {
        "gone": _("Remove the source, or find its new address on the site."),
        "http_error": _("Open the address in a browser; if it has moved, add the new one and remove this."),
        "too_large": _("Look for a feed of a part of the site, such as one topic."),
        "timeout": _("Nothing to do at once: it is asked again, ever more rarely."),
        "blocked_address": _("If it is in your own network, set allow_private = true for this source in earned.toml."),
        "network_error": _("Check the address and your connection; it is asked again, ever more rarely."),
        "bad_url": _("Correct the address in earned.toml, or add the source anew."),
        "too_many_redirects": _("Open the address in a browser, and add the one it ends at."),
        "rate_limited": _("Nothing to do: its server is asked again when it allows it. A longer interval helps."),
        "not_a_feed": _("Add the site by its address: its feeds are looked for."),
        "internal_error": _("See the log, and report it."),
    }


def advice(row: Mapping[str, Any], _: Words, *, zone: dt.tzinfo) -> str | None:
    """What to know and do about a source, `row` as `listener.health.HEALTH`; None while it is well. Times are told in
    `zone`."""
    state = row["state"]
    if state in ("gone", "failing", "waiting"):
        told = in_language(row["error"], _) if row["error"] else outcome_names(_).get(row["outcome"] or "", "")
        advised = (row["error"] or "").endswith(_ADVISING)
        return ". ".join(part for part in (told, None if advised else cures(_).get(row["outcome"] or "")) if part)
    if state == "never":
        return _("Run: earned listen --once")
    if state == "late":
        return _("Its poll is overdue: nobody is listening. Run: earned listen")
    if state == "silent":
        return _("It answers, but brought no mention for {days} days; its habit is {habit} a day.").format(
            days=round(row["silent_days"]), habit=f"{row['per_day']:.1f}"
        )
    if state == "gaps":
        return _("Between {since} and {until} entries may have come and gone unheard; ask it more often.").format(
            since=_moment(row["missed_since"], zone), until=_moment(row["missed_until"], zone)
        )
    if state == "empty":
        return _(
            "It answers, but not one entry could be read. A search without a hit is well; else open its address in a "
            "browser, and add the site anew by its address."
        )
    return None


def cure(row: Mapping[str, Any], _: Words, *, zone: dt.tzinfo) -> str | None:
    """What to do about a source, without what is wrong with it; None while there is nothing to do."""
    if row["state"] in ("gone", "failing", "waiting"):
        return cures(_).get(row["outcome"] or "")
    return advice(row, _, zone=zone)


def _moment(value: Any, zone: dt.tzinfo) -> str:
    """A UTC moment, of a frame or a document, in the business zone."""
    moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
