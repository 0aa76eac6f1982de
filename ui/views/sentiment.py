"""Sentiment: better or worse than before, about what, in which language, by whose judgement."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import streamlit as st

from listener.feeling import MIN_SCORED, Feeling, feeling
from ui import charts, charts_talk, data, talk, talk_cards, talk_data, theme
from ui.frame import MENTIONS, Screen, empty, export, how, link, open_page, say
from ui.i18n import Translator, translator
from ui.views import sentiment_scorers, sentiment_topics

DRIVERS = 5
AUTO = "auto"


def page() -> None:
    screen = open_page(translator()("Sentiment"), about=(MENTIONS,))
    _ = screen._
    talk_cards.style()
    every = data.mentions(screen.period)
    mentions = talk.one_brand(every, screen.brand)
    felt = feeling(mentions)
    before = data.feeling_of(screen.before, screen.brand)
    say(screen, _answer(screen, felt, before))
    if mentions.is_empty():
        empty(
            screen,
            _("No mentions in this period"),
            [_("Choose a longer period or another brand above."), _("Check on the page Data that the sources answer.")],
        )
        link(screen, "data", _("Go to Data"))
        return
    _cards(screen, felt, before)
    _over_time(screen, mentions)
    _groups(screen, mentions)
    _drivers(screen, mentions)
    _rivals(screen, every)
    sentiment_scorers.draw(screen, mentions)
    export(screen, mentions, "sentiment")
    how(
        screen,
        "Sentiment score",
        "Score towards a brand",
        "Topic",
        "Net sentiment",
        "Interval",
        "Share not scored",
        "Share of voice",
        "Story",
        "Driver",
        "Agreement",
        "Macro-F1",
        "True share of negative texts",
    )


def _answer(screen: Screen, felt: Feeling, before: Feeling) -> str:
    _ = screen._
    about = screen.brand or _("all brands")
    if not felt.enough:
        return _("Too few scored mentions of {brand} to judge the feeling (n = {n}; {minimum} are needed).").format(
            brand=about, n=felt.scored, minimum=MIN_SCORED
        )
    now = _("Net sentiment about {brand} is {net} (between {low} and {high} with 90 % confidence, n = {n}).").format(
        brand=about,
        net=talk_cards.percent(felt.net, signed=True),
        low=talk_cards.percent(felt.low, signed=True),
        high=talk_cards.percent(felt.high, signed=True),
        n=talk_cards.number(screen, felt.scored),
    )
    return f"{now} {_change(_, felt, before)}"


def _change(_: Translator, felt: Feeling, before: Feeling) -> str:
    """Whether the period differs from the one before it: only where the intervals' difference leaves zero out."""
    if not before.enough or felt.net is None or before.net is None or felt.margin is None or before.margin is None:
        return _("The period before has too few scored texts to compare with.")
    change = felt.net - before.net
    sure = abs(change) > (felt.margin**2 + before.margin**2) ** 0.5
    points = f"{abs(change) * 100:.0f}"
    if not sure:
        return _("There is no sure change against the period before ({change} points).").format(
            change=f"{change * 100:+.0f}"
        )
    if change > 0:
        return _("That is {points} points better than in the period before.").format(points=points)
    return _("That is {points} points worse than in the period before.").format(points=points)


def _cards(screen: Screen, felt: Feeling, before: Feeling) -> None:
    _ = screen._
    with st.grid(4, min_column_width=158):
        st.metric(
            _("Net sentiment"),
            talk_cards.percent(felt.net, signed=True) if felt.enough else "–",
            delta=_points(_, felt, before),
            delta_description=_("± {margin} points, n = {n}").format(
                margin=f"{(felt.margin or 0) * 100:.0f}", n=felt.scored
            )
            if felt.enough
            else _("n = {n}, too few to judge").format(n=felt.scored),
            border=True,
            height="stretch",
        )
        for label, name in (("positive", _("Positive")), ("negative", _("Negative"))):
            n = getattr(felt, label)
            st.metric(
                name,
                talk_cards.percent(n / felt.scored) if felt.enough else "–",
                delta=_share_change(_, felt, before, label),
                delta_color="inverse" if label == "negative" else "normal",
                delta_description=_("{n} of {scored} scored").format(n=n, scored=felt.scored),
                border=True,
                height="stretch",
            )
        st.metric(
            _("Not scored"),
            talk_cards.percent(felt.not_scored / felt.total),
            delta_description=_("{n} of {total} mentions").format(n=felt.not_scored, total=felt.total),
            border=True,
            height="stretch",
        )


def _points(_: Translator, felt: Feeling, before: Feeling) -> str | None:
    if not (felt.enough and before.enough) or felt.net is None or before.net is None:
        return None
    return _moved(_, felt.net - before.net)


def _moved(_: Translator, change: float) -> str | None:
    """A change of shares in whole points with its sign; None where it rounds to nothing."""
    points = round(change * 100)
    return _("{points} points").format(points=f"{points:+d}") if points else None


def _share_change(_: Translator, felt: Feeling, before: Feeling, label: str) -> str | None:
    if not (felt.enough and before.enough):
        return None
    change = getattr(felt, label) / felt.scored - getattr(before, label) / before.scored
    return _moved(_, change)


# --- over time ------------------------------------------------------------------------------------------------------


def chart_words(_: Translator) -> dict[str, str]:
    """The words on this page's charts."""
    return {
        "day": _("From"),
        "net": _("Net sentiment"),
        "low": _("Lower end"),
        "high": _("Upper end"),
        "scored": _("Scored texts"),
        "group": _("Group"),
        "label": _("Label"),
        "share": _("Share"),
        "n": _("Mentions"),
        "positive": _("Positive"),
        "neutral": _("Neutral"),
        "negative": _("Negative"),
        "above": _("surely above zero"),
        "unsure": _("zero is possible"),
        "below": _("surely below zero"),
    }


def grain_names(_: Translator) -> dict[str, str]:
    return {AUTO: _("Automatic"), "day": _("Day"), "week": _("Week"), "month": _("Month")}


def _over_time(screen: Screen, mentions: pl.DataFrame) -> None:
    _ = screen._
    names = grain_names(_)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader(_("Over time"), anchor=False)
        wish = st.segmented_control(
            _("Points per"),
            tuple(names),
            default=AUTO,
            required=True,
            format_func=names.__getitem__,
            key="grain",
            label_visibility="collapsed",
        )
    grain = talk.fitting_grain(mentions) if wish in (None, AUTO) else str(wish)
    buckets = talk.by_grain(mentions, grain)
    hidden = buckets.filter(pl.col("scored") < MIN_SCORED).height
    if hidden == buckets.height:
        empty(
            screen,
            _("Too few scored mentions for a line"),
            [_("Choose a longer period above."), _("Each point needs {n} scored texts.").format(n=MIN_SCORED)],
        )
        return
    chart = charts_talk.net_over_time(buckets, words=chart_words(_), ink=theme.neutral("ink"))
    charts.show(
        chart,
        alternative=_("Net sentiment by {grain} with its 90 % interval; {points} points are shown.").format(
            grain=names[grain].lower(), points=buckets.height - hidden
        ),
        key="net-over-time",
    )
    said = _("One point per {grain}; the band is the 90 % interval.").format(grain=names[grain].lower())
    if hidden:
        said += " " + _.plural(
            "{hidden} of {all} points is left out: fewer than {n} scored texts.",
            "{hidden} of {all} points are left out: fewer than {n} scored texts.",
            hidden,
        ).format(hidden=hidden, all=buckets.height, n=MIN_SCORED)
    compared = mentions.filter(pl.col("target_rule") == "comparison").height
    if compared:
        said += " " + _.plural(
            "{n} text compares the brand with another: which of the two wins is not read.",
            "{n} texts compare the brand with another: which of the two wins is not read.",
            compared,
        ).format(n=compared)
    if mentions.drop_nulls("label")["language"].n_unique() > 1:
        said += " " + _("All languages together, although each has its own scorer: compare the shares by language.")
    st.caption(said)


# --- by language, network and source --------------------------------------------------------------------------------


def _groups(screen: Screen, mentions: pl.DataFrame) -> None:
    _ = screen._
    st.subheader(_("Label shares"), anchor=False)
    by_language, by_topic, by_network, by_source = st.tabs(
        [_("By language"), _("By topic"), _("By network"), _("By source")]
    )
    with by_language:
        st.caption(
            _("Each language has its own scorer, so shares are compared within a language rather than averaged.")
        )
        _shares(screen, mentions, "language", talk_cards.language_names(screen))
    with by_topic:
        st.caption(
            _(
                "A topic is a term of a brand's query, or one of the most frequent hashtags. A text counts under each"
                " of its topics; add a term to the query to see another."
            )
        )
        _shares(screen, sentiment_topics.with_topics(screen, mentions), "topic", {})
    with by_network:
        _shares(screen, mentions, "network", {talk.UNKNOWN: _("Unknown")})
    with by_source:
        _shares(screen, mentions, "source", {talk.UNKNOWN: _("Unknown")})


def _shares(screen: Screen, mentions: pl.DataFrame, by: str, names: Mapping[str, str]) -> None:
    _ = screen._
    shares = talk.label_shares(mentions, by)
    if shares.is_empty():
        st.caption(_("No group has {n} scored texts in this period.").format(n=MIN_SCORED))
    else:
        chart = charts_talk.label_shares(shares, by, words=chart_words(_), names=names, ink=theme.neutral("ink"))
        charts.show(
            chart,
            alternative=_("Shares of negative, neutral and positive texts in {n} groups.").format(
                n=shares[by].n_unique()
            ),
            key=f"shares-{by}",
        )
    few = talk.too_few(mentions, by)
    if few:
        listed = ", ".join(f"{names.get(value, value)} (n = {n})" for value, n in few)
        st.text(_("Too few scored texts to judge: {groups}").format(groups=listed))


# --- drivers --------------------------------------------------------------------------------------------------------


def _drivers(screen: Screen, mentions: pl.DataFrame) -> None:
    _ = screen._
    st.subheader(_("What drives it"), anchor=False)
    st.caption(
        _("The texts that weigh most: strength of the score times the logarithm of engagement. Copies are shown once.")
    )
    with st.grid(2, min_column_width=330):
        for label, name in (("positive", _("Most positive")), ("negative", _("Most negative"))):
            with st.container(gap="small"):
                st.markdown(f"**{name}**")
                _driver_cards(screen, talk.drivers(mentions, label, n=DRIVERS), label)


def _driver_cards(screen: Screen, found: pl.DataFrame, label: str) -> None:
    _ = screen._
    if found.is_empty():
        st.caption(_("None in this period."))
        return
    copies = dict(found.select("mention_id", "copies").iter_rows())
    for row in talk_data.texts(tuple(found["mention_id"])).iter_rows(named=True):
        with st.container(border=True, gap="xsmall"):
            talk_cards.card(screen, row, key=f"driver-{label}-{row['mention_id']}")
            if copies[row["mention_id"]] > 1:
                st.caption(_("{n} mentions carry this text.").format(n=copies[row["mention_id"]]))


# --- rivals ---------------------------------------------------------------------------------------------------------


def _rivals(screen: Screen, every: pl.DataFrame) -> None:
    _ = screen._
    st.subheader(_("Beside competitors"), anchor=False)
    roles = {brand.name: brand.role for brand in screen.workspace.settings.brand}
    if "competitor" not in roles.values():
        empty(
            screen,
            _("No competitor yet"),
            [_('Add one to earned.toml as [[brand]] with role = "competitor" and its own query.')],
        )
        return
    brands = talk.beside_rivals(every)
    if brands.filter(pl.col("scored") >= MIN_SCORED).height:
        chart = charts_talk.net_intervals(brands, "brand", words=chart_words(_), names={}, ink=theme.neutral("ink"))
        charts.show(chart, alternative=_("Net sentiment of each brand with its 90 % interval."), key="rivals")
    judged = pl.col("scored") >= MIN_SCORED
    table = brands.select(
        pl.col("brand").alias(_("Brand")),
        pl.col("brand").replace_strict(_role_names(_, roles), default="–").alias(_("Role")),
        pl.col("total").alias(_("Mentions")),
        pl.col("stories").alias(_("Stories")),
        (pl.col("share") * 100).alias(_("Share of voice")),
        pl.col("scored").alias(_("Scored")),
        *(
            pl.when(judged).then(pl.col(name) * 100).alias(title)
            for name, title in (("net", _("Net sentiment")), ("low", _("Lower end")), ("high", _("Upper end")))
        ),
    )
    signed = st.column_config.NumberColumn(format="%+.0f %%")
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            _("Share of voice"): st.column_config.NumberColumn(format="%.0f %%"),
            _("Net sentiment"): signed,
            _("Lower end"): signed,
            _("Upper end"): signed,
        },
        placeholder="–",
        alt=_("Mentions, share of voice and net sentiment of each brand."),
    )
    st.caption(_("Each brand is found by its own query; a wide query finds more. Copies count once as a story."))


def _role_names(_: Translator, roles: Mapping[str, str]) -> dict[str, str]:
    names = {"own": _("own"), "competitor": _("competitor")}
    return {brand: names[role] for brand, role in roles.items()}
