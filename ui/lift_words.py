"""What is said beside the indirect return, in the reader's words: refusals, headline, warnings, findings."""

from __future__ import annotations

from collections.abc import Callable

from attribution.interval import Note
from attribution.lift import Readiness

Words = Callable[[str], str]


def english(text: str) -> str:
    return text


def sentence(note: Note, _: Words = english) -> str:
    """The note as a sentence. Figures below 1 are shares."""
    shown = {name: f"{value:.0%}" if name == "rank" else f"{value:.0f}" for name, value in note.values.items()}
    return _sentences(_)[note.key].format(**shown)


def readiness(found: Readiness, _: Words = english) -> str:
    """`12 of 60 days`."""
    return _("{days} of {needed} days").format(days=found.days, needed=found.days_needed)


def keys() -> frozenset[str]:
    """Every key that has a sentence."""
    return frozenset(_sentences(english))


def _sentences(_: Words) -> dict[str, str]:
    return _refusals(_) | _headlines(_) | _warnings(_)


def _refusals(_: Words) -> dict[str, str]:
    return {
        "too_few_days": _("There are {days} of the {days_needed} days that an estimate needs."),
        "no_mentions": _("The number of mentions never changes, so loud and quiet days cannot be compared."),
        "too_few_mention_days": _("Only {mention_days} days have mentions; {mention_days_needed} are needed."),
        "no_revenue": _("The revenue without a known origin never changes."),
        "inseparable": _(
            "Mentions follow the calendar, promotions or paid spend exactly: their effects cannot be told apart."
        ),
    }


def _headlines(_: Words) -> dict[str, str]:
    return {
        "headline_both": _(
            "It may be that sales go up before talk does, as when buyers post about what they bought; so the range "
            "covers talk that sells the same day and talk that does not."
        ),
        "headline_lagged": _(
            "Sales go up before talk does, as when buyers post about what they bought; so mentions are counted from "
            "the next day on, and what they sell the same day is missed."
        ),
        "headline_withheld": _(
            "Sales go up before talk does, more strongly than talk goes before sales; no figure can be trusted before "
            "an experiment."
        ),
    }


def _warnings(_: Words) -> dict[str, str]:
    return {
        "lead": _(
            "Sales go up before talk does: buyers who post, or something that moves both, may pass for a lift. An "
            "experiment (a code kept from some, a pause) would tell."
        ),
        "doubt": _("Sales may go up before talk does, which is too weak to be sure of: the range allows for both."),
        "follows_calendar": _(
            "Most changes in talk follow the calendar, promotions or paid spend: their effects are hard to tell apart."
        ),
        "three_loud_days": _("Almost all that is known comes from the three loudest days."),
        "no_quiet_days": _("There were hardly any quiet days, so sales without talk are a guess."),
        "sales_wander": _("Sales wander for reasons that are not known, which widens the range."),
        "odd_days": _("Single days with extraordinary sales may decide the estimate."),
        "gap": _("Days before a gap in the sales were left out."),
        "under_half_a_year": _("Under half a year of days: the range will narrow as data grow."),
        "placebo": _("{rank} of the same talk at wrong dates seems to sell as much: this may be chance."),
        "single_event": _("Without the loudest days the estimate changes a lot: it rests on a single event."),
        "moves_control": _("Talk seems to move a series that it cannot move: something else moves both."),
    }
