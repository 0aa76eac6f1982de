"""Channels, tabs "Tags" and "Links": which tags lose credit, and how to write them so that they do not."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from attribution.links import BuiltLink, build_link
from attribution.report import Report
from config.database import writing
from config.registers import canonical_url, delete_link, person_key, read_links, write_links
from ui import frame, hygiene, tables, templates, words
from ui.frame import Screen

BUILT = "built-link"


def tags_of(screen: Screen, report: Report) -> hygiene.Hygiene:
    """The hygiene of the period's own visits; earlier ones on the paths of its orders are not looked at."""
    settings = screen.workspace.settings
    start, _end = report.period.bounds(screen.zone)
    return hygiene.hygiene(
        report.touches.filter(pl.col("touched_at") >= start),
        report.credits,
        own_domains=settings.shop.domains,
        scope=settings.attribution.social_scope,
    )


def draw(screen: Screen, report: Report, tags: hygiene.Hygiene) -> None:
    _ = screen._
    if not tags.visits:
        frame.empty(
            screen,
            _("No visits in this period"),
            (_("Import **visits** on the page Data: their landing pages carry the tags."),),
        )
        frame.link(screen, "data", _("Open Data"))
        return
    _unassigned(screen, report, tags)
    if tags.problems.is_empty():
        st.text(_("No visit of this period bears a tag that needs mending."))
        return
    known = problems(screen)
    shown = tags.problems.with_columns(
        what=pl.col("problem").replace_strict({name: text for name, (text, _cure) in known.items()}),
        cure=pl.col("problem").replace_strict({name: cure for name, (_text, cure) in known.items()}),
    ).select("problem", "what", "visits", "share", "credit_minor", "example", "cure")
    picked = tables.show(
        screen,
        shown.drop("problem"),
        alternative=_("What is wrong with tags, and how many visits have it"),
        key="tags",
        select=True,
        phone=("what", "visits", "share"),
        titles={
            "what": _("Problem"),
            "visits": _("Visits"),
            "share": _("Of all visits"),
            "credit_minor": _("Credit that rests on them"),
            "example": _("Most often"),
            "cure": _("What to do"),
        },
    )
    st.caption(_("A visit may have several problems. Choose a row to see its visits."))
    frame.export(screen, shown, "tags")
    if picked is not None:
        problem = shown.row(shown["what"].to_list().index(picked["what"]), named=True)["problem"]
        _visits(screen, tags, problem, picked["what"])


def _unassigned(screen: Screen, report: Report, tags: hygiene.Hygiene) -> None:
    _ = screen._
    start, _end = report.period.bounds(screen.zone)
    silent = report.touches.filter((pl.col("touched_at") >= start) & (pl.col("evidence") == "none")).height
    st.text(
        _(
            "{mend} of {n} visits have tags to mend or none where they should; {silent} ({share}) tell no source."
        ).format(
            mend=words.number(screen, tags.to_mend),
            n=words.number(screen, tags.visits),
            silent=words.number(screen, silent),
            share=words.share(screen, silent / tags.visits),
        )
    )


def _visits(screen: Screen, tags: hygiene.Hygiene, problem: str, text: str) -> None:
    _ = screen._
    visits = tags.visits_with(problem)
    st.text(
        f"{text}: " + _.plural("{n} visit", "{n} visits", visits.height).format(n=words.number(screen, visits.height))
    )
    tables.show(
        screen,
        visits,
        alternative=_("Visits with this problem"),
        key="tag-visits",
        titles={
            "landing_path": _("Landing page"),
            "referrer_host": _("Came from"),
            "in_app": _("In the app of"),
        },
    )
    frame.export(screen, visits, f"visits-{problem}")


def problems(screen: Screen) -> dict[str, tuple[str, str]]:
    """Problem -> what it is, and what to do."""
    _ = screen._
    return {
        "personal_data": (
            _("Personal data in a tag"),
            _("Tags are seen by everybody: leave addresses out, and delete them in the tool that wrote them."),
        ),
        "placeholder": (_("Macro not filled in"), _("Check the link's macros in the ad platform; test one ad's link.")),
        "unassigned": (
            _("No channel known"),
            _("Write utm_medium as social, cpc, email, influencer, referral or another known one."),
        ),
        "no_medium": (_("utm_medium missing"), _("Give each link source, medium and campaign.")),
        "no_campaign": (_("utm_campaign missing"), _("Give each link source, medium and campaign.")),
        "two_spellings": (_("Second spelling of a tag"), _("Use the link builder: one spelling, lower case.")),
        "internal": (
            _("Visit begins inside the shop"),
            _("Never tag links within the shop; let the payment page send buyers back without a new session."),
        ),
        "untagged_social": (_("Social link without tags"), _("Tag the links in posts and profiles.")),
        "untagged_app": (
            _("From a network's app, source unknown"),
            _("Apps hide where visitors come from: tag the links in posts and profiles."),
        ),
        "click_id_only": (_("Ad click without tags"), _("Add tags beside auto-tagging, so that campaigns have names.")),
        "network_tags": (
            _("Tags written by the network"),
            _("Share links with your own tags; copied ones bear the network's."),
        ),
    }


# --- links ----------------------------------------------------------------------------------------------------------


def links(screen: Screen, report: Report) -> None:
    in_use = report.touches["utm_campaign"].drop_nulls().unique().sort().to_list()
    link_builder(screen, campaigns=in_use)
    _register(screen)


def link_builder(screen: Screen, *, campaigns: Sequence[str]) -> None:
    """A form that writes a tagged link in one spelling, and says which channel its visits will count for."""
    _ = screen._
    st.subheader(_("Link builder"), anchor=False)
    domains = screen.workspace.settings.shop.domains
    with st.form("link-builder"):
        url = st.text_input(_("Page to link to"), placeholder=f"https://{(domains or ('shop.example',))[0]}/")
        grid = st.grid(3, min_column_width=180)
        source = grid.text_input(_("Source (the network)"), placeholder="instagram", max_chars=100)
        medium = grid.text_input(_("Medium"), placeholder="social", max_chars=100)
        campaign = grid.text_input(_("Campaign"), placeholder="summer26", max_chars=100)
        content = grid.text_input(_("Content (the person's handle)"), placeholder="anna.kow", max_chars=100)
        term = grid.text_input(_("Term"), max_chars=100)
        pressed = st.form_submit_button(_("Build the link"), type="primary")
    if not pressed:
        return
    try:
        built = build_link(
            url,
            source=source,
            medium=medium,
            campaign=campaign,
            content=content or None,
            term=term or None,
            own_domains=domains,
            campaigns=campaigns,
            rules=screen.workspace.settings.channel_rule,
        )
    except ValueError as exc:
        st.error(_("No link:"))
        st.text(str(exc))
        return
    _built(screen, built)


def _built(screen: Screen, built: BuiltLink) -> None:
    _ = screen._
    st.code(built.url, language=None, wrap_lines=True)
    st.text(_("Visits by this link count for the channel {channel}.").format(channel=built.channel))
    for _kind, text in built.warnings:
        st.warning(_("Worth a second look:"), icon=":material/warning:")
        st.text(text)


def _register(screen: Screen) -> None:
    """Pages that are shared on social media alone: a silent visit that lands there came from there."""
    _ = screen._
    st.subheader(_("Pages shared on social media alone"), anchor=False)
    known = read_links(screen.workspace.engine)
    st.caption(templates.purpose("earned_links", _))
    st.download_button(
        _("Template for links"),
        data=templates.file("earned_links"),
        file_name="links-template.csv",
        mime="text/csv",
        icon=":material/description:",
        on_click="ignore",
    )
    st.caption(
        _(
            "A visit that lands on such a page without tag, click id or referrer counts for the source named here. "
            "Register only pages that are linked nowhere else."
        )
    )
    if known.is_empty():
        st.text(_("No such page is registered."))
    else:
        picked = tables.show(
            screen,
            known.drop("link"),
            alternative=_("Pages shared on social media alone"),
            key="links",
            select=True,
            titles={"url": _("Page"), "content": _("Content"), "shared_from": _("Shared from"), "note": _("Note")},
        )
        frame.export(screen, known, "links")
        if picked is not None and st.button(_("Remove the chosen page"), icon=":material/delete:"):
            delete_link(screen.workspace.engine, link=canonical_url(picked["url"]) or picked["url"])
            st.rerun()
    with st.expander(_("Register a page"), icon=":material/add_link:"):
        _link_form(screen)


def _person(owner: str) -> str | None:
    network, _colon, handle = owner.partition(":")
    return person_key(network, handle) if handle.strip() else None


def _link_form(screen: Screen) -> None:
    _ = screen._
    with st.form("link-form", border=False, clear_on_submit=True):
        url = st.text_input(_("Page"), placeholder="https://")
        grid = st.grid(2, min_column_width=180)
        source = grid.text_input(_("Source (the network)"), placeholder="instagram", max_chars=100)
        medium = grid.text_input(_("Medium"), value="social", max_chars=100)
        campaign = grid.text_input(_("Campaign"), max_chars=100)
        content = grid.text_input(_("Content (the person's handle)"), max_chars=100)
        owner = grid.text_input(_("Owner (network:handle)"), placeholder="instagram:anna.kow", max_chars=200)
        shared = grid.date_input(_("Shared from (empty: always)"), value=None, format="YYYY-MM-DD")
        pressed = st.form_submit_button(_("Register the page"), type="primary")
    if not pressed:
        return
    link = canonical_url(url)
    if link is None or not source.strip() or not medium.strip():
        st.error(_("A page with https://, a source and a medium are needed."))
        return
    row = {
        "link": link,
        "url": url.strip(),
        "source": source.strip().lower(),
        "medium": medium.strip().lower(),
        "campaign": campaign.strip() or None,
        "content": content.strip() or None,
        "owner": _person(owner),
        "shared_from": shared.isoformat() if shared else None,
        "note": None,
    }
    with writing(screen.workspace.engine) as connection:
        write_links(connection, [row])
    st.rerun()
