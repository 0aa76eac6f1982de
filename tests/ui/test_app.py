"""The frame: pages, filters, words, exports, explanations, and the server's safety."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from config.clock import Period
from config.workspace import Workspace
from tests.ui import browser
from ui import frame, i18n, serve, terms, theme

ROOT = Path(__file__).resolve().parent.parent.parent
APP = str(ROOT / "ui" / "app.py")


@pytest.fixture
def app(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    monkeypatch.setenv("EARNED_WORKSPACE", str(workspace.folder))

    def run(**params: str) -> AppTest:
        test = AppTest.from_file(APP, default_timeout=30)
        for key, value in params.items():
            test.query_params[key] = value
        return test.run()

    return run


def caption(test: AppTest) -> str:
    return str(test.caption[0].value)


def test_the_app_opens_on_the_overview_of_an_empty_workspace(app: Callable[..., AppTest]) -> None:
    test = app()
    assert not test.exception
    assert [title.value for title in test.title] == ["Overview"]
    assert "Three steps" in test.subheader[0].value


def test_thirty_days_up_to_the_workspaces_day_are_shown_unless_asked_otherwise(app: Callable[..., AppTest]) -> None:
    assert caption(app()).startswith("Jun 1, 2026 to Jun 30, 2026 · last poll never")  # nothing is known to compare


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"days": "7"}, "Jun 24, 2026 to Jun 30, 2026"),
        ({"days": "180"}, "Jan 2, 2026 to Jun 30, 2026"),
        ({"days": "five"}, "Jun 1, 2026 to Jun 30, 2026"),
        ({"days": "dates"}, "Jun 1, 2026 to Jun 30, 2026"),
    ],
)
def test_the_address_chooses_the_period(app: Callable[..., AppTest], params: dict[str, str], shown: str) -> None:
    assert caption(app(**params)).startswith(shown)


def test_a_model_is_chosen_by_its_id_in_the_address(app: Callable[..., AppTest]) -> None:
    test = app(model="linear")
    assert test.selectbox(key="model").value == "linear"


def test_a_chosen_period_is_kept_when_the_page_runs_again(app: Callable[..., AppTest]) -> None:
    test = app()
    test.button_group(key="days").set_value("90").run()
    assert caption(test).startswith("Apr 2, 2026 to Jun 30, 2026")
    assert caption(test.run()).startswith("Apr 2, 2026 to Jun 30, 2026")


def test_the_page_data_shows_all_there_is_and_asks_for_no_days(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARNED_WORKSPACE", str(workspace.folder))
    page = AppTest.from_string("from ui.views import data\ndata.page()", default_timeout=30).run()
    assert not page.exception
    assert [group.key for group in page.button_group if group.key == "days"] == []
    assert "compared with" not in caption(page)


def test_pages_stand_in_sections_that_are_taken_in_at_a_glance() -> None:
    from ui import app as module

    listed = module.pages(i18n.Translator())
    shown = module.sections(listed, i18n.Translator())
    assert next(iter(listed)) == "overview"
    assert sorted(map(id, (page for pages in shown.values() for page in pages))) == sorted(map(id, listed.values()))
    assert all(len(pages) <= 6 for pages in shown.values())


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\t=x", "\t'=x"),
        ("\tx", "\tx"),
        ("  =1", "  '=1"),
        ("\rx", " x"),
        ("plain = text", "plain = text"),
        ("a;=1", "a;'=1"),
        ("a; \t@x", "a; \t'@x"),
        ("a\t+1", "a\t'+1"),
        ("a\n=1", "a '=1"),
        ("a\r\n-1", "a '-1"),
        ("a\u2028=1", "a '=1"),
        ("two\r\nlines", "two lines"),
        ("＝1", "'＝1"),
        ("", '""'),
    ],
)
def test_exported_texts_cannot_run_as_formulas(cell: str, written: str) -> None:
    text = frame.guarded_csv(pl.DataFrame({"text": [cell]})).decode("utf-8-sig")
    assert text == f"text\n{written}\n"


@pytest.mark.parametrize("cell", ["a,=1", 'a";"=1', '";=1', "=1,=2;=3\n=4", 'x,"=1', "a;;=1", "a ;\n\n =1"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_no_cell_begins_a_formula_wherever_a_spreadsheet_splits(cell: str, separator: str) -> None:
    text = frame.guarded_csv(pl.DataFrame({"a": ["x"], "text": [cell], "b": [cell]})).decode("utf-8-sig")
    lines = text.splitlines()
    assert len(lines) == 2
    cells = [
        found for line in lines for found in (*line.split(separator), *next(csv.reader([line], delimiter=separator)))
    ]
    assert [found for found in cells if found.strip(' "\t')[:1] in ("=", "+", "-", "@")] == []


def test_exported_numbers_stay_numbers_and_lists_become_text() -> None:
    table = pl.DataFrame({"n": [-5], "codes": [["=A", "B"]], "none": pl.Series([None], dtype=pl.String)})
    assert frame.guarded_csv(table).decode("utf-8-sig") == "n,codes,none\n-5,'=A B,\n"


def test_exported_money_is_exact_and_names_its_currency() -> None:
    table = pl.DataFrame(
        {"name": ["a", "b"], "net_minor": [-1205, None]}, schema={"name": pl.String, "net_minor": pl.Int64}
    )
    assert (
        frame.guarded_csv(frame.in_units(table, "EUR")).decode("utf-8-sig")
        == "name,net,currency\na,-12.05,EUR\nb,,EUR\n"
    )
    assert frame.in_units(table, "JPY")["net"].to_list()[0] == -1205


def test_terms_are_found_by_their_heading_in_any_case() -> None:
    parsed = terms.parse("# Terms\nintro\n### Net revenue\nGoods.\n\n### ROI\nReturn.\n")
    assert parsed == {"net revenue": "Goods.", "roi": "Return."}
    assert terms.term("NET REVENUE") is not None
    assert terms.term("no such term") is None


PO = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\n"

msgid "Overview"
msgstr "Przegląd"

msgid "{n} order"
msgid_plural "{n} orders"
msgstr[0] "{n} zamówienie"
msgstr[1] "{n} zamówienia"
msgstr[2] "{n} zamówień"
"""


@pytest.fixture
def polish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> i18n.Translator:
    (tmp_path / "pl.po").write_text(PO, encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    i18n.load.cache_clear()
    return i18n.load("pl")


def test_texts_come_from_the_catalogue_and_stay_english_where_it_has_none(polish: i18n.Translator) -> None:
    assert polish("Overview") == "Przegląd"
    assert polish("Cost") == "Cost"
    assert i18n.languages() == ("en", "pl")


@pytest.mark.parametrize(("n", "form"), [(1, "zamówienie"), (3, "zamówienia"), (5, "zamówień"), (22, "zamówienia")])
def test_plural_forms_are_those_of_the_language(polish: i18n.Translator, n: int, form: str) -> None:
    assert polish.plural("{n} order", "{n} orders", n) == f"{{n}} {form}"


def test_a_language_asked_for_in_the_address_wins(polish: i18n.Translator, app: Callable[..., AppTest]) -> None:
    test = app(lang="pl")
    assert not test.exception
    assert test.title[0].value == "Przegląd"
    assert caption(test).startswith("1 cze 2026")
    i18n.load.cache_clear()


def test_an_unknown_language_is_english(app: Callable[..., AppTest]) -> None:
    assert app(lang="xx").title[0].value == "Overview"


def test_other_machines_are_refused(workspace: Workspace) -> None:
    with pytest.raises(serve.ServeError, match="sign in"):
        serve.serve(workspace.folder, port=8501, open_browser=False, address="0.0.0.0")


def test_every_answer_carries_the_safe_headers() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Content-Type-Options", b"none")]})
        await send({"type": "http.response.body", "body": b""})

    sent: list[Any] = []

    async def run() -> None:
        async def keep(message: Any) -> None:
            sent.append(message)

        await serve.SafeHeaders(app)({"type": "http"}, None, keep)  # type: ignore[arg-type]

    asyncio.run(run())
    headers = dict(sent[0]["headers"])
    assert b"unsafe-eval'" not in headers[b"content-security-policy"].replace(b"'wasm-unsafe-eval'", b"")
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"no-referrer"


def test_the_servers_options_are_known_and_closed_to_others() -> None:
    from streamlit import config

    options = serve.options(port=8501, address="127.0.0.1")
    assert [name for name in options if name not in config._config_options_template] == []
    assert options["server.allowedHosts"] == ["127.0.0.1", "localhost", "::1"]
    assert options["browser.gatherUsageStats"] is False
    assert len(theme.DIVERGING) == len(theme.SEQUENTIAL) == 10


def test_the_period_before_is_as_long() -> None:
    period = Period(dt.date(2026, 6, 1), dt.date(2026, 6, 30))
    assert period.before().days == period.days


@pytest.mark.browser
def test_filters_stay_from_page_to_page_and_nothing_leaves_the_machine(workspace: Workspace, tmp_path: Path) -> None:
    if not browser.CHROMIUM.exists():
        pytest.skip("Chromium is not installed: pages cannot be opened in a browser")
    with browser.serving(workspace.folder, tmp_path / "server.log") as url, browser.chromium() as found:
        page = browser.open_page(found, f"{url}/roi?days=90&model=linear")
        page.get_by_text("Apr 2026 to 30 Jun 2026").wait_for()
        page.get_by_role("link", name="Overview").first.click()
        page.get_by_role("heading", name="Overview").wait_for()
        browser.settle(page)
        assert page.url == f"{url}/?days=90&model=Linear"
        assert page.locator('[data-testid="stException"]').count() == 0
        assert (page.strays, page.failed) == ([], [])
