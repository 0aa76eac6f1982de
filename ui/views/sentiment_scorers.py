"""How far the scores on the page Sentiment can be trusted: who scored, how well, and what was not scored."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import streamlit as st

from listener.feeling import MIN_SCORED, agreement_interval, not_scored, scored_by
from listener.quality import Quality, TrueShare, quality_of, true_share
from ui import import_words, talk, talk_cards, talk_data
from ui.frame import Screen
from ui.i18n import Translator


def draw(screen: Screen, mentions: pl.DataFrame) -> None:
    """Scorers by language with their quality and people's agreement; then the texts without a score."""
    _ = screen._
    st.subheader(_("How far the scores can be trusted"), anchor=False)
    _scorers(screen, mentions)
    _alerts(screen, mentions)
    _left_out(screen, mentions)


def _scorers(screen: Screen, mentions: pl.DataFrame) -> None:
    _ = screen._
    names = talk_cards.language_names(screen)
    st.markdown("**" + _("Scorers") + "**")
    rows = _scored_by(mentions)
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
    said = _("Scorers by language, and how often people agree with them.")
    st.dataframe(table, hide_index=True, placeholder="–", alt=said)
    _model_cards(screen, {scorer: names.get(code, code) for code, scorer in rows.select("language", "scorer").rows()})
    st.caption(
        _(
            "People check a text by setting its label on the page Mentions; agreement is shown from {n} checks on."
        ).format(n=MIN_SCORED)
    )


def _scored_by(mentions: pl.DataFrame) -> pl.DataFrame:
    return scored_by(mentions).with_columns(pl.col("language").fill_null(talk.UNKNOWN))


def _measured(_: Translator, scorer: str) -> str:
    """How well the scorer did on texts it was not trained on."""
    quality = quality_of(scorer)
    if quality is None:
        return _("not measured here")
    return _("macro-F1 {f1} on {n} texts: {where}").format(
        f1=f"{quality.macro_f1:.2f}", n=quality.texts, where=quality.where
    )


# --- what it means for an alert ---------------------------------------------------------------------------------------

ALERT_SHARE = 0.3  # the share that is worked through as an example


def _alerts(screen: Screen, mentions: pl.DataFrame) -> None:
    """What the scorers' mistakes make of the share of negative texts that an alert would look at."""
    _ = screen._
    names = talk_cards.language_names(screen)
    known = [(row, quality_of(row["scorer"] or "")) for row in _scored_by(mentions).iter_rows(named=True)]
    measured = [(row, quality) for row, quality in known if quality and row["scored"] >= MIN_SCORED]
    if not measured:
        return
    st.markdown("**" + _("What the negative share stands for") + "**")
    table = pl.DataFrame(
        [
            {
                _("Language"): names.get(row["language"], row["language"]),
                _("Called negative"): talk_cards.percent(row["negative"] / row["scored"]),
                _("Probably negative"): _told(_, _true(row, quality)),
                _("If 30 % were called so"): _told(_, true_share(ALERT_SHARE, n=row["scored"], quality=quality)),
                _("Found"): talk_cards.percent(quality.recall),
                _("Right"): talk_cards.percent(quality.precision),
            }
            for row, quality in measured
        ]
    )
    said = _("Share of negative texts as called and as it probably is, by language.")
    st.dataframe(table, hide_index=True, placeholder="–", alt=said)
    st.caption(
        _(
            "Found: of the negative texts, those called negative. Right: of those called negative, the negative ones."
            " Both were measured on labelled texts of the scorer's own kind, and are worse elsewhere. Set an alert by"
            " the change within one language, not by the same share for all: a scorer that calls much negative reaches"
            " it by mistakes."
        )
    )


def _true(row: Mapping[str, int], quality: Quality) -> TrueShare | None:
    return true_share(row["negative"] / row["scored"], n=row["scored"], quality=quality)


def _told(_: Translator, told: TrueShare | None) -> str:
    if told is None:
        return _("cannot be told")
    share, low, high = (talk_cards.percent(value) for value in (told.share, told.low, told.high))
    return _("{share} ({low} to {high})").format(share=share, low=low, high=high)


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
    interval = agreement_interval(agreed, reviewed)
    if reviewed < MIN_SCORED or interval is None:
        return _("too few checks (n = {n})").format(n=reviewed)
    share, low, high = (talk_cards.percent(value) for value in (agreed / reviewed, *interval))
    return _("{share} ({low} to {high}, n = {n})").format(share=share, low=low, high=high, n=reviewed)


def _left_out(screen: Screen, mentions: pl.DataFrame) -> None:
    _ = screen._
    names, why = talk_cards.language_names(screen), import_words.status_names(_)
    st.markdown("**" + _("Not scored, and why") + "**")
    rows = not_scored(mentions).with_columns(pl.col("language").fill_null(talk.UNKNOWN))
    if rows.is_empty():
        st.caption(_("Every mention of this period was scored."))
        return
    table = rows.select(
        pl.col("language").replace_strict(names, default=pl.col("language")).alias(_("Language")),
        pl.col("reason").replace_strict(why, default=pl.col("reason")).alias(_("Reason")),
        pl.col("n").alias(_("Mentions")),
    )
    st.dataframe(table, hide_index=True, placeholder="–", alt=_("Mentions without a score by language and reason."))
    st.caption(_("They count as mentions, and in no sentiment figure."))
