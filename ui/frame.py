"""What every page shares: title, answer, filters in the address, freshness, explanations, export, empty states.

screen = open_page(_("Mentions"))          # draws the head of the page
say(screen, _("…one sentence…"))           # the answer, in the place kept for it
how(screen, "Net sentiment")               # "How is this worked out?"
export(screen, frame, "mentions")          # the rows as CSV, safe to open in a spreadsheet
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st
from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import get_currency_precision
from streamlit.delta_generator import DeltaGenerator

from config.clock import Period, last_days
from config.settings import MODELS
from config.workspace import Workspace
from ui import data, i18n, known_days, terms, theme

PRESETS = ("7", "30", "90", "180")
OWN_DATES = "dates"
ORDERS, MENTIONS = "orders", "mentions"
LOOKBACK_DAYS = (1, 7, 14, 30, 60, 90)
ALL_BRANDS = "*"
EARLIEST = dt.date(1970, 1, 1)
MIN_JUDGED = 30


@dataclass(frozen=True)
class Screen:
    """What a page may know: the filters as chosen, and how this session reads dates, money and texts."""

    workspace: Workspace
    period: Period
    before: Period
    brand: str | None  # None: all brands
    model: str
    currency: str
    zone: ZoneInfo
    locale: Locale
    _: i18n.Translator
    answer_place: DeltaGenerator
    lookback: dt.timedelta  # how long before an order a visit may lie
    dated: bool = True  # false: the page shows all there is, whatever the period
    elsewhere: Period | None = None  # the days of what the page is about, where all of it lies outside the period
    earlier: frozenset[str] = frozenset((ORDERS, MENTIONS))  # what is known of the days before: the rest compares not


def open_page(
    title: str,
    *,
    answer: str | None = None,
    brand_filter: bool = True,
    model_filter: bool = False,
    period_filter: bool = True,
    lookback_filter: bool = False,
    about: Sequence[str] = (ORDERS, MENTIONS),
    compares: bool = True,
) -> Screen:
    """Draw title, place for the answer, filters, freshness line and badge; give back what was chosen.

    Filters stand in the address, and keep their value from page to page within a session. Without a period filter the
    page shows all there is, and its period is the last 30 days. `about`: what the page is about; where all that is
    known of it lies outside the period, the page says when it was and offers those days. `compares`: whether its
    figures stand against those of the days before.
    """
    _ = i18n.translator()
    _style()
    workspace = data.workspace()
    settings = workspace.settings.workspace
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title, anchor=False)
        if settings.simulated:
            st.badge(_("Simulated data"), icon=":material/science:", color="orange")
    answer_place = st.container(key="answer")
    st.session_state["new-page"] = st.session_state.get("shown-page") != title
    st.session_state["shown-page"] = title
    period, brand, model, lookback = _filters(
        workspace,
        _,
        brand_filter=brand_filter,
        model_filter=model_filter,
        period_filter=period_filter,
        lookback_filter=lookback_filter,
    )
    screen = Screen(
        workspace=workspace,
        period=period,
        before=period.before(),
        brand=brand,
        model=model,
        currency=settings.currency,
        zone=workspace.settings.zone,
        locale=i18n.session_locale(),
        _=_,
        answer_place=answer_place,
        lookback=lookback,
        dated=period_filter,
    )
    if period_filter:
        screen = replace(screen, earlier=_earlier(screen, about))
    _freshness(screen, about, compares=compares)
    if period_filter:
        screen = _with_known_days(screen, about)
    if answer:
        say(screen, answer)
    return screen


def say(screen: Screen, sentence: str) -> None:
    """The page's one-sentence answer, under its title. Plain text: names of people may stand in it."""
    screen.answer_place.text(sentence)


def _style() -> None:
    st.html(theme.STYLE)
    if i18n.session_language() in i18n.RIGHT_TO_LEFT:
        st.html(theme.RIGHT_TO_LEFT_STYLE)


def _filters(
    workspace: Workspace,
    _: i18n.Translator,
    *,
    brand_filter: bool,
    model_filter: bool,
    period_filter: bool,
    lookback_filter: bool,
) -> tuple[Period, str | None, str, dt.timedelta]:
    brand: str | None = None
    model: str = workspace.settings.attribution.model
    lookback: dt.timedelta = workspace.settings.attribution.lookback
    until = data.freshness().as_of
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        period = _period(_, until=until) if period_filter else last_days(30, until=until)
        if brand_filter and workspace.settings.brand:
            brand = _brand(workspace, _)
        if model_filter:
            model = _model(_, default=model)
        if lookback_filter:
            lookback = _lookback(_, default=lookback)
    return period, brand, model, lookback


def _period(_: i18n.Translator, *, until: dt.date) -> Period:
    default = last_days(30, until=until)
    names = {value: value for value in PRESETS} | {OWN_DATES: _("Own dates")}
    if "dates" in st.query_params and "days" not in st.session_state:
        st.session_state["days"] = OWN_DATES
    recall("days", names)
    chosen = st.segmented_control(
        _("Days"),
        list(names),
        default="30",
        required=True,
        format_func=names.__getitem__,
        key="days",
        bind="query-params",
    )
    keep("days")
    if chosen != OWN_DATES:
        return last_days(int(chosen or 30), until=until)
    recall("dates")
    days = known_days.known_days()
    asked = st.session_state.get("dates")  # what a button has set, such as days of costs that are still to come
    wanted = Period(asked[0], asked[-1]) if isinstance(asked, tuple) and asked else default
    known = known_days.together(default, wanted, days.orders, days.of_brand(None)) or default
    dates = st.date_input(
        _("From and to"),
        value=(default.since, default.until),
        min_value=min(EARLIEST, known.since),  # unsaid it is ten years before the value, and older days are refused
        max_value=known.until,
        format="YYYY-MM-DD",
        key="dates",
        bind="query-params",
        width=240,
    )
    keep("dates")
    given = dates if isinstance(dates, tuple) else (dates,)
    return Period(given[0], given[-1]) if given else default


def _brand(workspace: Workspace, _: i18n.Translator) -> str | None:
    names = {brand.name: brand.name for brand in workspace.settings.brand} | {ALL_BRANDS: _("All brands")}
    own = [brand.name for brand in workspace.settings.brand if brand.role == "own"]
    recall("brand", names)
    chosen = st.selectbox(
        _("Brand"),
        list(names),
        index=list(names).index(own[0]) if own else 0,
        format_func=names.__getitem__,
        key="brand",
        bind="query-params",
        width=220,
    )
    keep("brand")
    return None if chosen == ALL_BRANDS else chosen


def model_name(model: str, _: i18n.Translator) -> str:
    """The name of an attribution model as people read it."""
    names = {
        "last_non_direct": _("Last non-direct touch"),
        "last": _("Last touch"),
        "first": _("First touch"),
        "linear": _("Linear"),
        "position_based": _("Position-based"),
        "time_decay": _("Time decay"),
        "markov": _("Markov chain"),
        "markov_per_journey": _("Markov chain, journey by journey"),
        "shapley": _("Shapley value"),
    }
    return names.get(model, model)


def _model(_: i18n.Translator, *, default: str) -> str:
    names = {model: model_name(model, _) for model in MODELS}
    recall("model", names)
    chosen: str = st.selectbox(
        _("Attribution model"),
        list(names),
        index=MODELS.index(default),
        format_func=names.__getitem__,
        key="model",
        bind="query-params",
        width=220,
    )
    keep("model")
    return chosen


def _lookback(_: i18n.Translator, *, default: dt.timedelta) -> dt.timedelta:
    windows = {dt.timedelta(days=days) for days in LOOKBACK_DAYS} | {default}
    names = {str(int(window.total_seconds())): window_text(window, _) for window in sorted(windows)}
    recall("lookback", names)
    chosen = st.selectbox(
        _("Lookback window"),
        list(names),
        index=list(names).index(str(int(default.total_seconds()))),
        format_func=names.__getitem__,
        key="lookback",
        bind="query-params",
        width=160,
    )
    keep("lookback")
    return dt.timedelta(seconds=int(chosen))


def window_text(window: dt.timedelta, _: i18n.Translator) -> str:
    """A lookback window as people read it: 30 days, 12 hours."""
    hours = round(window.total_seconds() / 3600)
    if hours % 24:
        return _.plural("{n} hour", "{n} hours", hours).format(n=hours)
    return _.plural("{n} day", "{n} days", hours // 24).format(n=hours // 24)


def recall(key: str, names: Mapping[str, str] | None = None) -> None:
    """Before a filter is drawn: what the session chose on another page, else an id from the address.

    The address holds a filter's name as it is shown; `names` (id -> name) lets links say the id in any language.
    """
    if f"kept-{key}" in st.session_state and (st.session_state.get("new-page") or key not in st.session_state):
        kept = st.session_state[f"kept-{key}"]
        st.session_state[key] = kept
        if names and kept in names:
            st.query_params[key] = names[kept]
        return
    asked = st.query_params.get(key)
    if asked is not None and key not in st.session_state and names and asked in names:
        st.session_state[key] = asked
        if names[asked] != asked:
            st.query_params[key] = names[asked]


def keep(key: str) -> None:
    """After a filter is drawn: its value stays for the other pages of the session."""
    st.session_state[f"kept-{key}"] = st.session_state[key]


def day_text(screen: Screen, day: dt.date) -> str:
    return format_date(day, format="medium", locale=screen.locale)


def time_text(screen: Screen, moment: dt.datetime | None) -> str:
    """A UTC moment in the business zone, or "never"."""
    if moment is None:
        return screen._("never")
    local = moment.astimezone(screen.zone)
    day, hour = (format_date(local, locale=screen.locale), format_time(local, "short", locale=screen.locale))
    return f"{day}, {hour}"


def period_text(screen: Screen, period: Period | None = None) -> str:
    shown = period or screen.period
    return screen._("{since} to {until}").format(
        since=day_text(screen, shown.since), until=day_text(screen, shown.until)
    )


def _earlier(screen: Screen, about: Sequence[str]) -> frozenset[str]:
    """What the page is about and known of the days before: growth from days that nobody counted is none."""
    days = known_days.known_days()
    known = {ORDERS: days.orders, MENTIONS: days.of_brand(screen.brand)}
    return frozenset(kind for kind in about if known_days.covers(known[kind], screen.before))


def _compared(screen: Screen, about: Sequence[str]) -> str | None:
    """With which days the page compares, or from when what it is about is known; None where nothing of it is."""
    _ = screen._
    earlier = _("compared with {period}").format(period=period_text(screen, screen.before))
    days = known_days.known_days()
    known = {ORDERS: days.orders, MENTIONS: days.of_brand(screen.brand)}
    lacking = [known[kind] for kind in about if kind not in screen.earlier]
    begins = known_days.together(*lacking)
    if begins is None:
        return earlier if screen.earlier else None
    if ORDERS in about and ORDERS not in screen.earlier and MENTIONS not in screen.earlier & set(about):
        told = _("not compared with the days before: what is known begins on {day}")
    elif MENTIONS in screen.earlier:
        told = _("orders are not compared with the days before: those that are known begin on {day}")
    else:
        told = _("mentions are not compared with the days before: those that are known begin on {day}")
    return told.format(day=day_text(screen, begins.since))


def _freshness(screen: Screen, about: Sequence[str], *, compares: bool) -> None:
    _ = screen._
    fresh = data.freshness()
    parts = [
        *([period_text(screen)] if screen.dated else ()),
        *filter(None, [_compared(screen, about) if screen.dated and compares else None]),
        _("last poll {time}").format(time=time_text(screen, fresh.last_poll)),
        _("last import {time}").format(time=time_text(screen, fresh.last_import)),
    ]
    failing = fresh.sources_failing
    if failing:
        parts.append(_.plural("{n} source is failing", "{n} sources are failing", failing).format(n=failing))
    st.caption(" · ".join(parts))


def _with_known_days(screen: Screen, about: Sequence[str]) -> Screen:
    """Where orders or mentions are known, but none in this period: when they are, and a button to those days."""
    days = known_days.known_days()
    orders = days.orders if ORDERS in about else None
    heard = days.of_brand(screen.brand) if MENTIONS in about else None
    outside = [known for known in (orders, heard) if known_days.apart(known, screen.period)]
    wanted = known_days.together(*outside)
    if wanted is not None:
        _offer(screen, orders, heard, wanted)
    return replace(screen, elsewhere=wanted)


def _offer(screen: Screen, orders: Period | None, heard: Period | None, wanted: Period) -> None:
    _ = screen._
    if orders and heard:
        told = _("Your orders run from {orders}, mentions from {mentions}.").format(
            orders=period_text(screen, orders), mentions=period_text(screen, heard)
        )
    elif orders:
        told = _("Your orders run from {orders}.").format(orders=period_text(screen, orders))
    else:
        told = _("Your mentions run from {mentions}.").format(mentions=period_text(screen, wanted))
    offer_days(screen, told, wanted, key="known-days")


def offer_days(screen: Screen, told: str, wanted: Period, *, key: str) -> None:
    """A box that tells where the data lie, with a button to those days."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=key):
        st.text(told)
        st.button(
            screen._("Show {period}").format(period=period_text(screen, wanted)),
            icon=":material/date_range:",
            key=f"show-{key}",
            on_click=show_days,
            args=(wanted,),
        )


def anything_known(about: Sequence[str] = (ORDERS, MENTIONS)) -> bool:
    """Whether anything is stored of what a page is about: then an empty period asks for other days, not for imports."""
    days = known_days.known_days()
    return bool((ORDERS in about and days.orders) or (MENTIONS in about and days.mentions))


def show_days(period: Period) -> None:
    """Set the period filter to these days, here and on the pages that follow. For a widget's callback."""
    chosen = {"days": OWN_DATES, "dates": (period.since, period.until)}
    for key, value in chosen.items():
        st.session_state[key] = st.session_state[f"kept-{key}"] = value


def how(screen: Screen, *names: str) -> None:
    """ "How is this worked out?": the sections of docs/terms.md with these headings."""
    with st.expander(screen._("How is this worked out?"), icon=":material/help:"):
        for name in names:
            body = terms.term(name)
            if body:
                st.markdown(f"**{name}**\n\n{body}")
            else:
                st.caption(screen._("“{term}” is not described yet.").format(term=name))


_BREAK = r"[\r\n\x0B\x0C\x{85}\x{2028}\x{2029}]+"
# Where a cell may begin, what may stand before its formula, and the marks that begin one (full-width ones too).
_FORMULA = r"((?:^|[;,\t\r\n\x0B\x0C\x{85}\x{2028}\x{2029}])[\s\"]*)([=+\-@＝＋－＠])"


def guarded_csv(frame: pl.DataFrame) -> bytes:
    """The rows as UTF-8 CSV with BOM. A text that a spreadsheet would run as a formula gets an apostrophe before it.

    So does what would be a cell of its own where the spreadsheet splits at ; or a tab instead; line breaks become
    blanks, and so never begin a row. Lists are joined with blanks; numbers stay as they are.
    """
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    flat = frame.with_columns(pl.col(name).cast(pl.List(pl.String)).list.join(" ") for name in lists)
    texts = [name for name, dtype in flat.schema.items() if dtype in (pl.String, pl.Categorical)]
    guarded = flat.with_columns(
        pl.col(name).cast(pl.String).str.replace_all(_FORMULA, "${1}'${2}").str.replace_all(_BREAK, " ")
        for name in texts
    )
    out = io.BytesIO()
    guarded.write_csv(out, include_bom=True)
    return out.getvalue()


def in_units(frame: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Columns `x_minor` as `x` in whole units of the currency, exact, which is then named in a column of its own."""
    digits = get_currency_precision(currency)
    money = [name for name in frame.columns if name.endswith("_minor")]
    units = {
        name: pl.Series(
            [None if minor is None else Decimal(minor).scaleb(-digits) for minor in frame[name]],
            dtype=pl.Decimal(20, digits),
        )
        for name in money
    }
    named = frame.with_columns(**units).rename({name: name.removesuffix("_minor") for name in money})
    return named.with_columns(currency=pl.lit(currency)) if money and "currency" not in named.columns else named


def export(screen: Screen, frame: pl.DataFrame, name: str) -> None:
    """A button that hands out the rows as `name-since-until.csv`, or `name.csv` without a period; money in units."""
    st.download_button(
        screen._("Download CSV ({n} rows)").format(n=frame.height),
        data=guarded_csv(in_units(frame, screen.currency)),
        file_name=f"{name}-{screen.period.since}-{screen.period.until}.csv" if screen.dated else f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"export-{name}",
        on_click="ignore",
        disabled=frame.is_empty(),
    )


def empty(screen: Screen, title: str, steps: Sequence[str]) -> None:
    """A friendly box that says what is missing and what to do next. `steps` are our own texts (Markdown)."""
    with st.container(border=True, key=f"empty-{abs(hash(title))}"):
        st.subheader(title, anchor=False)
        st.markdown("\n".join(f"{place}. {step}" for place, step in enumerate(steps, start=1)))


def offer_pages(pages: dict[str, object]) -> None:
    """app.py says which pages there are, so that `link` can lead to them."""
    st.session_state["pages"] = pages


def link(screen: Screen, page: str, label: str) -> None:
    """A link to another page by its name in the address, with the filters kept."""
    pages = st.session_state.get("pages", {})
    if page in pages:
        kept = {key: value for key, value in st.query_params.to_dict().items() if isinstance(value, str)}
        st.page_link(pages[page], label=label, icon=":material/arrow_forward:", query_params=kept)
