"""The registers on the page Data: people and promo codes, as everything else reads them."""

from __future__ import annotations

import polars as pl
import streamlit as st

from config.database import writing
from config.registers import CONTACT_STATUSES, person_key, read_codes, read_people, write_people
from ui import tables, talk_cards
from ui.frame import Screen, empty, guarded_csv, link
from ui.i18n import Translator

FORM = "person-form"
CODES = (  # the further terms of a commission stand on the codes' own page, and in the download
    *("code", "kind", "owner", "campaign", "channel", "valid_from", "valid_to", "commission_rate"),
)


def people(screen: Screen) -> None:
    """Who is known, with followers and contact status; a form to add somebody."""
    _ = screen._
    listed = read_people(screen.workspace.engine)
    st.subheader(_("People"), anchor=False)
    if listed.is_empty():
        empty(
            screen,
            _("No person registered yet"),
            [
                _("Import a people file (network, handle, name, followers, status), or add one below."),
                _("Followers written here outrank what a network states."),
            ],
        )
    else:
        names = talk_cards.contact_names(_)
        shown = listed.drop("key").with_columns(pl.col("status").replace_strict(names, default=pl.col("status")))
        tables.show(
            screen,
            shown,
            titles=titles(_),
            alternative=_("Registered people."),
            key="registered-people",
            phone=("handle", "network", "followers"),
        )
        _download(screen, listed.drop("version", "key", "note"), "people")
    with st.expander(_("Add or change a person")):
        _person_form(screen)


def _person_form(screen: Screen) -> None:
    _ = screen._
    names = talk_cards.contact_names(_)
    number = st.session_state.setdefault(FORM, 0)  # a new key empties the form once it is saved
    with st.form(f"person-{number}", border=False):
        with st.grid(min_column_width=180):
            network = st.text_input(_("Network"), placeholder="instagram")
            handle = st.text_input(_("Handle"), placeholder="@name")
            name = st.text_input(_("Name"))
            followers = st.number_input(_("Followers (empty: unknown)"), min_value=0, value=None, step=100)
            status = st.selectbox(_("Contact"), CONTACT_STATUSES, format_func=names.__getitem__)
        pressed = st.form_submit_button(_("Save person"), type="primary")
    if not pressed:
        return
    if not network.strip() or not handle.strip().lstrip("@"):
        st.error(_("Network and handle are needed: together they say who it is."))
        return
    key = person_key(network, handle)
    row = {
        "key": key,
        "network": key.partition(":")[0],
        "handle": key.partition(":")[2],
        "name": name.strip() or None,
        "followers": int(followers) if followers is not None else None,
        "status": status,
    }
    with writing(screen.workspace.engine) as connection:
        write_people(connection, [row])
    st.session_state[FORM] = number + 1
    st.toast(_("Saved."))
    st.rerun()


def codes(screen: Screen) -> None:
    """The promo codes as registered; they are edited on their own page."""
    _ = screen._
    listed = read_codes(screen.workspace.engine)
    st.subheader(_("Promo codes"), anchor=False)
    if listed.is_empty():
        empty(
            screen,
            _("No promo code registered yet"),
            [
                _("Import a code file (code, kind, owner, campaign, channel, valid_from, valid_to, commission_rate)."),
                _("Or add single codes on the page Promo codes."),
            ],
        )
    else:
        tables.show(
            screen,
            listed,
            titles=titles(_),
            alternative=_("Registered promo codes."),
            key="registered-codes",
            wide=CODES,
            phone=("code", "commission_rate", "owner"),
        )
        _download(screen, listed.drop("code_norm"), "promo_codes")
    link(screen, "codes", _("Go to Promo codes"))


def _download(screen: Screen, rows: pl.DataFrame, name: str) -> None:
    """The register as it could be imported again."""
    st.download_button(
        screen._("Download CSV ({n} rows)").format(n=rows.height),
        data=guarded_csv(rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"download-{name}",
        on_click="ignore",
    )


def titles(_: Translator) -> dict[str, str]:
    return {
        "network": _("Network"),
        "handle": _("Handle"),
        "name": _("Name"),
        "followers": _("Followers"),
        "status": _("Contact"),
        "note": _("Note"),
        "kind": _("Kind"),
    }
