"""How far the scores on the page Sentiment can be trusted: who scored, how well, and what was not scored."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import streamlit as st

from listener.feeling import MIN_SCORED
from ui import talk, talk_cards, talk_data
from ui.frame import Screen
from ui.i18n import Translator


def draw(screen: Screen, mentions: pl.DataFrame) -> None:
    """Scorers by language with their quality and people's agreement; then the texts without a score."""
    _ = screen._
    st.subheader(_("How far the scores can be trusted"), anchor=False)
    _scorers(screen, mentions)
    _left_out(screen, mentions)


def _scorers(screen: Screen, mentions: pl.DataFrame) -> None:
    _ = screen._
    names = talk_cards.language_names(screen)
    st.markdown("**" + _("Scorers") + "**")
    rows = talk.scorers(mentions)
    if rows.is_empty():
        st.caption(_("Nothing was scored in this period."))
        return
    table = rows.select(
        pl.col("language").replace_strict(names, default=pl.col("language")).alias(_("Language")),
        pl.col("scorer").alias(_("Scorer")),
        pl.col("scored").alias(_("Scored")),
        pl.col("reviewed").alias(_("Checked by people")),
        pl.struct("agreed", "reviewed")
        .map_elements(lambda row: _agreement(_, row["agreed"], row["reviewed"]), return_dtype=pl.String)
        .alias(_("Agreement")),
        pl.Series(_("Measured"), [_measured(_, scorer) for scorer in rows["scorer"]], dtype=pl.String),
    )
    st.dataframe(table, hide_index=True, alt=_("Scorers by language, and how often people agree with them."))
    _model_cards(screen, {scorer: names.get(code, code) for code, scorer in rows.select("language", "scorer").rows()})
    st.caption(
        _(
            "People check a text by setting its label on the page Mentions; agreement is shown from {n} checks on."
        ).format(n=MIN_SCORED)
    )


def _measured(_: Translator, scorer: str) -> str:
    """How well the scorer did on texts it was not trained on."""
    card = talk_data.card(scorer)
    if card is None or card.macro_f1 is None:
        return _("not measured here")
    return _("macro-F1 {f1} on {n} texts: {where}").format(f1=f"{card.macro_f1:.2f}", n=card.texts, where=card.where)


def _model_cards(screen: Screen, scorers: Mapping[str, str]) -> None:
    """Our own words about our own models: they come with the program, not from anybody's feed."""
    _ = screen._
    cards = {scorer: card for scorer in scorers if (card := talk_data.card(scorer))}
    if not cards:
        return
    with st.expander(_("What these models rest on, and where they fail"), icon=":material/menu_book:"):
        chosen = st.segmented_control(
            _("Model"),
            list(cards),
            default=next(iter(cards)),
            required=True,
            format_func=scorers.__getitem__,
            key="model-card",
        )
        for heading, body in cards[chosen or next(iter(cards))].sections.items():
            st.markdown(f"**{heading.capitalize()}**\n\n{body}")


def _agreement(_: Translator, agreed: int, reviewed: int) -> str:
    interval = talk.agreement_interval(agreed, reviewed)
    if reviewed < MIN_SCORED or interval is None:
        return _("too few checks (n = {n})").format(n=reviewed)
    share, low, high = (talk_cards.percent(value) for value in (agreed / reviewed, *interval))
    return _("{share} ({low} to {high}, n = {n})").format(share=share, low=low, high=high, n=reviewed)


def _left_out(screen: Screen, mentions: pl.DataFrame) -> None:
    _ = screen._
    names, why = talk_cards.language_names(screen), talk_cards.status_names(_)
    st.markdown("**" + _("Not scored, and why") + "**")
    rows = talk.not_scored(mentions)
    if rows.is_empty():
        st.caption(_("Every mention of this period was scored."))
        return
    table = rows.select(
        pl.col("language").replace_strict(names, default=pl.col("language")).alias(_("Language")),
        pl.col("score_status").replace_strict(why, default=pl.col("score_status")).alias(_("Reason")),
        pl.col("n").alias(_("Mentions")),
    )
    st.dataframe(table, hide_index=True, alt=_("Mentions without a score by language and reason."))
    st.caption(_("They count as mentions, and in no sentiment figure."))
