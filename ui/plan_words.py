"""Goals and campaigns in words: figures in their unit, states, warnings. Closed lists only, so safe as Markdown."""

from __future__ import annotations

from typing import Literal

from babel.numbers import format_decimal

from attribution.goals import Assessment, Goal, Metric
from ui import words
from ui.frame import Screen, day_text

Colour = Literal["blue", "green", "orange", "red", "gray"]


def metric_names(screen: Screen) -> dict[str, str]:
    _ = screen._
    return {
        "mentions": _("Mentions"),
        "talk_reach": _("Followers of those who mention us"),
        "share_of_voice": _("Share of voice"),
        "net_sentiment": _("Net sentiment"),
        "post_reach": _("Reach of own posts"),
        "followers": _("Followers of own accounts"),
        "engagement": _("Reactions to own posts"),
        "engagement_rate": _("Engagement rate of own posts"),
        "social_visits": _("Visits from social media"),
        "bounce_rate": _("Bounce rate of social visits"),
        "conversion_rate": _("Direct orders per social visit"),
        "leads": _("Leads from social media"),
        "won_leads": _("Leads won"),
        "cost_per_lead": _("Cost per lead"),
        "creator_mentions": _("Mentions by contracted creators"),
        "code_orders": _("Orders with creators' codes"),
        "code_revenue": _("Revenue with creators' codes"),
        "creator_revenue": _("Direct return by creators"),
        "direct_return": _("Direct return"),
        "direct_orders": _("Orders with direct return"),
        "net_revenue": _("Net revenue"),
        "orders": _("Orders"),
        "new_customers": _("New customers"),
        "roas": _("Direct return per unit of cost"),
    }


def purpose_names(screen: Screen) -> dict[str, str]:
    _ = screen._
    return {
        "awareness": _("Be heard of"),
        "traffic": _("Bring people to the shop"),
        "leads": _("Win leads"),
        "influencers": _("Work with creators"),
        "sales": _("Sell"),
    }


def state_name(screen: Screen, state: str) -> tuple[str, str, Colour]:
    """What a goal's state is called, its icon, its colour."""
    _ = screen._
    found: dict[str, tuple[str, str, Colour]] = {
        "not_started": (_("not started"), ":material/schedule:", "gray"),
        "no_data": (_("no figure yet"), ":material/help:", "gray"),
        "on_track": (_("on track"), ":material/trending_up:", "blue"),
        "at_risk": (_("at risk"), ":material/warning:", "orange"),
        "missed": (_("missed"), ":material/close:", "red"),
        "reached": (_("reached"), ":material/check:", "green"),
    }
    return found[state]


def figure(screen: Screen, metric: Metric, value: float | None) -> str:
    """A value of the metric as it is read: money, a share in percent, a ratio or a count."""
    if value is None:
        return words.UNKNOWN
    if metric.unit == "money":
        return words.money(screen, round(value))
    if metric.unit == "share":
        return f"{format_decimal(100 * value, '#,##0.#', locale=screen.locale)} %"
    pattern = "#,##0.00" if metric.unit == "ratio" else "#,##0"
    return format_decimal(value, pattern, locale=screen.locale)


def span(screen: Screen, metric: Metric, ends: tuple[float, float, float] | None) -> str:
    """`low to high`, or a dash."""
    if ends is None:
        return words.UNKNOWN
    return screen._("{low} to {high}").format(low=figure(screen, metric, ends[0]), high=figure(screen, metric, ends[2]))


def warnings(screen: Screen, found: Assessment) -> list[str]:
    """What to know about a goal, in sentences."""
    _ = screen._
    known = {
        "short": _("It runs for less than 30 days: chance alone can decide it."),
        "no_owner": _("Nobody owns it: name who answers for it."),
        "filter_not_used": _("Its figure cannot be narrowed the way it asks for; it is judged on the whole."),
        "no_baseline": _("Too little is known from before it to say what is usual; give a baseline or wait."),
        "short_baseline": _("Fewer days are known before it than it lasts; what is usual is told by those."),
        "below_trend": _("Its target lies below what the trend before it brings anyway."),
        "no_forecast": _("Too few days are known for a forecast; it is judged against its plan alone."),
        "too_early": _("It has run for less than a week: its course says little yet."),
        "out_of_range": _("Even the better end of the forecast falls short of the target."),
    }
    return [known[word] for word in found.warnings]


def about(screen: Screen, goal: Goal) -> str:
    """What it is about, in one line: figure, filters, days, owner. Holds what people typed: for `st.text` alone."""
    _ = screen._
    parts = [metric_names(screen)[goal.metric.id], *goal.filters.values()]
    parts.append(_("{since} to {until}").format(since=day_text(screen, goal.since), until=day_text(screen, goal.until)))
    if goal.owner:
        parts.append(goal.owner)
    return " · ".join(parts)


def growth(screen: Screen, found: Assessment) -> str | None:
    """Awareness against its trend, in a sentence."""
    _ = screen._
    above = found.growth.above if found.growth else None
    if found.growth is None or above is None:
        return None
    low, median, high = (f"{100 * end:+,.0f} %" for end in above)
    return _("Against the trend before it: {median} so far ({low} to {high}).").format(
        low=low, median=median, high=high
    )
