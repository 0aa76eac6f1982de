"""The web interface: which pages there are. Run by `ui/serve.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st

from ui import frame, i18n

ICON = Path(__file__).with_name("static") / "icon.png"


def pages(_: i18n.Translator) -> dict[str, Any]:
    """Name in the address -> page. A page's module is imported when it is first shown."""
    entries = (
        ("overview", _("Overview"), ":material/home:"),
        ("mentions", _("Mentions"), ":material/forum:"),
        ("sentiment", _("Sentiment"), ":material/mood:"),
        ("influencers", _("Influencers"), ":material/group:"),
        ("codes", _("Promo codes"), ":material/sell:"),
        ("channels", _("Channels"), ":material/alt_route:"),
        ("roi", _("ROI"), ":material/payments:"),
        ("goals", _("Goals"), ":material/flag:"),
        ("campaigns", _("Campaigns"), ":material/campaign:"),
        ("costs", _("Costs"), ":material/receipt_long:"),
        ("sources", _("Sources"), ":material/rss_feed:"),
        ("data", _("Data"), ":material/database:"),
    )
    return {
        name: st.Page(
            _shows(name),
            title=title,
            icon=icon,
            url_path="home" if name == "overview" else name,
            default=name == "overview",
        )
        for name, title, icon in entries
    }


def sections(listed: dict[str, Any], _: i18n.Translator) -> dict[str, list[Any]]:
    """The pages under the questions they answer; one that no section names stands under the last."""
    named: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("", ("overview",)),
        (_("Talk"), ("mentions", "sentiment", "influencers")),
        (_("Money"), ("codes", "channels", "roi", "costs")),
        (_("Plans"), ("goals", "campaigns")),
        (_("Workspace"), ()),
    )
    placed = {name for _title, names in named for name in names}
    rest = tuple(name for name in listed if name not in placed)
    return {
        title: [listed[name] for name in names or rest if name in listed] for title, names in named if names or rest
    }


def _shows(name: str) -> Any:
    def page() -> None:
        import_module(f"ui.views.{name}").page()

    page.__name__ = name
    return page


def main() -> None:
    _ = i18n.translator()
    st.set_page_config(page_title="earned", page_icon=str(ICON), layout="wide", initial_sidebar_state=220)
    listed = pages(_)
    frame.offer_pages(listed)
    st.logo(str(ICON), size="large")
    by_name = st.Page(_shows("overview"), title=_("Overview"), url_path="overview", visibility="hidden")
    shown = sections(listed, _)
    shown[""].append(by_name)  # the first page lies at / alone, and /overview would not be found
    st.navigation(shown, position="sidebar", expanded=True).run()


if __name__ == "__main__":
    main()
