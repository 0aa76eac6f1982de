"""The page Data: files looked at, mapped, imported, taken back; freshness, quarantine, the watched folder."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from config import mappings
from config.clock import Period
from config.import_ledger import list_imports, list_quarantine
from config.intake import ImportReport
from config.preview import preview
from config.registers import read_people
from config.workspace import Workspace
from tests.ui.pages import NOW, marked_up, run, show, tables, texts
from ui import data, guide, import_job, imports, pipeline, table_freshness, templates
from ui.i18n import Translator
from ui.import_job import Item, Job
from ui.table_freshness import judge
from ui.views import data_words

JUNE = Period(dt.date(2026, 6, 1), dt.date(2026, 6, 30))
ODD = "Bon;Wann;Betrag;Wer\nB-1;05/06/2026;1,234;a@example.org\nB-2;06/06/2026;2,000;b@example.org\n"


def dropped(name: str, content: bytes | str, *, page: AppTest | None = None) -> AppTest:
    page = page or show("data")
    page.file_uploader[0].upload(name, content.encode() if isinstance(content, str) else content, "text/csv")
    return run(page)


def keyed(page: AppTest, kind: str, start: str) -> Any:
    return next(widget for widget in getattr(page, kind) if str(widget.key).startswith(start))


def press(page: AppTest, label: str) -> AppTest:
    return run(next(button for button in page.button if button.label == label).click())


def captions(page: AppTest) -> str:
    return "\n".join(element.value for element in page.caption)


def select_import(page: AppTest, space: Workspace, name: str) -> AppTest:
    place = [row["file_name"] for row in list_imports(space.engine)].index(name)
    page.session_state["imports"] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    return run(page)


# --- before the import ----------------------------------------------------------------------------------------------


def test_data_answers_and_lists_imports(shop: Workspace) -> None:
    page = show("data")
    assert page.text[0].value.endswith("5 imports stand; 1 row in quarantine.")
    assert "orders_export.csv" in tables(page)


def test_a_dropped_file_is_looked_at_before_anything_is_stored(own_shop: Workspace) -> None:
    page = dropped("costs.csv", "date,platform,campaign,cost,colour\n2026-06-01,meta,spring,12.50,red\n")
    assert "costs.csv" in texts(page)
    assert ":blue-badge[:material/check: Costs]" in marked_up(page)
    assert "text table · UTF-8 · cells end at commas · 1 row · 1 cost lines" in captions(page)
    assert "12.50" in tables(page)
    assert len(list_imports(own_shop.engine)) == 5
    page = run(keyed(page, "button_group", "way-").set_value("columns"))
    assert "4 of 5 columns are read." in captions(page)
    assert "colour,red,not used" in tables(page)
    assert "red" in tables(run(keyed(page, "button_group", "way-").set_value("raw")))


def test_rows_that_would_be_put_aside_or_passed_over_are_told_before(own_shop: Workspace) -> None:
    rows = "date,platform,campaign,cost\n2026-06-01,meta,spring,12.50\n2026-06-02,meta,spring,much\nTotal,,,12.50\n"
    page = dropped("costs.csv", rows)
    assert "1 row would be put aside (quarantine)" in captions(page)
    assert "1 row passed over: total 1" in captions(page)
    assert "Put aside: line 3" in texts(page)


def test_a_guessed_encoding_is_told_and_can_be_changed(own_shop: Workspace) -> None:
    text = "network,handle,name,followers,status\ninstagram,zofia,Zofia Łącka,1200,none\n"
    page = dropped("people.csv", text.encode("cp1250"))
    assert "Windows-1250" in captions(page)
    assert any("was guessed" in warning.value for warning in page.warning)
    page = run(keyed(page, "selectbox", "encoding-").set_value("cp1256"))
    assert not page.warning
    assert "Zofia Łącka" not in tables(page)
    page = run(keyed(page, "selectbox", "encoding-").set_value("cp1250"))
    assert "Zofia Łącka" in tables(page)
    run(page.button(key="import-now").click())
    assert read_people(own_shop.engine).filter(key="instagram:zofia")["name"].to_list() == ["Zofia Łącka"]


def test_account_and_time_of_export_are_kept(own_shop: Workspace) -> None:
    page = dropped("costs.csv", "date,platform,campaign,cost\n2026-06-01,meta,spring,12.50\n")
    keyed(page, "text_input", "account-").set_value("second")
    page = run(keyed(page, "date_input", "exported-").set_value(dt.date(2026, 6, 20)))
    run(page.button(key="import-now").click())
    spend = pipeline.facts_of(own_shop).scan("spend").collect()
    assert "second" in spend["account"].to_list()


def test_names_of_files_and_cells_are_never_markup(own_shop: Workspace) -> None:
    hostile = "![x](https://tracker.example/p.png)"
    page = dropped(f"{hostile.replace('/', '_')}.csv", f"date,platform,campaign,cost\n2026-06-01,{hostile},a,much\n")
    assert "tracker.example" not in marked_up(page)
    assert "![x]" not in data_words.safe(hostile)


def test_a_file_that_cannot_be_taken_in_says_why(own_shop: Workspace) -> None:
    page = dropped("page.csv", "<html><body>Sign in</body></html>")
    assert "Cannot be read" in marked_up(page)
    assert "this is a web page" in texts(page)
    assert page.button(key="import-now").disabled


def test_several_files_come_in_at_once(own_shop: Workspace) -> None:
    page = show("data")
    page.file_uploader[0].upload("a.csv", b"date,platform,campaign,cost\n2026-06-01,meta,spring,12.50\n", "text/csv")
    page.file_uploader[0].upload("b.csv", b"code,kind\nNEW5,creator\n", "text/csv")
    page = run(page)
    assert page.button(key="import-now").label == "Import 2 files"
    page = run(page.button(key="import-now").click())
    assert "2 of 2 files imported; 2 rows are new or changed." in page.success[0].value


def test_files_that_are_not_imported_with_the_others_keep_their_cards(own_shop: Workspace) -> None:
    page = show("data")
    page.file_uploader[0].upload("a_b.csv", b"date,platform,campaign,cost\n2026-06-01,meta,spring,12.50\n", "text/csv")
    page.file_uploader[0].upload("kassa.csv", ODD.encode(), "text/csv")
    page.file_uploader[0].upload("login.csv", b"<html><body>Sign in</body></html>", "text/csv")
    page = run(page)
    assert page.button(key="import-now").label == "Import 1 file"
    page = run(page.button(key="import-now").click())
    assert "1 of 1 files imported; 1 row is new or changed." in page.success[0].value
    assert {"kassa.csv", "login.csv"} <= set(texts(page).split("\n"))
    assert "1 file is left out" in captions(page)
    assert "Cannot be read: 1" in captions(page)
    page = run(page)  # their files are still there, though the others' folder is gone
    assert "Order id" in " ".join(str(box.label) for box in page.selectbox)
    page = run(keyed(page, "button", "away-").click())
    assert "kassa.csv" not in texts(page).split("\n")
    assert "login.csv" in texts(page)


def test_a_file_is_imported_and_bad_rows_are_kept_with_their_reason(own_shop: Workspace) -> None:
    rows = templates.HEADERS["earned_codes"] + "\nBOB5,creator,instagram:bob,,,,,\n,x,,,,,,\n"
    page = run(dropped("more_codes.csv", rows).button(key="import-now").click())
    assert "1 of 1 files imported; 1 row is new or changed." in page.success[0].value
    assert "more_codes.csv, line 3: the row names no code" in texts(page)
    assert "the row names no code" in tables(page)
    assert "missing_code" not in texts(page) + tables(page)
    assert "2 rows in quarantine" in page.text[0].value


def test_an_import_goes_on_when_its_page_is_left(own_shop: Workspace) -> None:
    go_on = threading.Event()

    def slow(path: Path, progress: Callable[[float], None]) -> ImportReport:
        progress(0.5)
        go_on.wait(10)
        return ImportReport(1, path.name, "x", read=1, accepted=1)

    job = Job([Item(Path("a.csv"), slow), Item(Path("b.csv"), lambda path, _: 1 / 0)])  # type: ignore[arg-type,return-value]
    job.start()
    assert job.name == "a.csv"
    go_on.set()
    assert job.done.wait(10)
    assert [bool(result.error) for result in job.results] == [False, True]
    assert (job.overall, job.name) == (1.0, None)
    page = show("data")
    page.session_state["import-job"] = job
    assert "1 of 2 files imported" in run(page).warning[0].value
    assert import_job.Job([]).overall == 0.0


# --- which column is which ------------------------------------------------------------------------------------------


def test_a_file_of_no_known_layout_is_mapped_and_then_imported(own_shop: Workspace) -> None:
    page = dropped("kassa.csv", ODD)
    assert "Not recognised" in marked_up(page)
    assert page.button(key="import-now").disabled
    assert keyed(page, "selectbox", "target-").value == "earned_orders"
    proposed = {s.label: s.value for s in page.selectbox if str(s.key).startswith("column-")}
    assert (proposed["Order id"], proposed["Ordered at"], proposed["Total"]) == ("Bon", "Wann", "Betrag")
    when = next(s for s in page.selectbox if s.label == "Ordered at")
    page = run(when.set_value(""))
    assert any("Still needed: Ordered at" in info.value for info in page.info)
    page = run(next(s for s in page.selectbox if s.label == "Ordered at").set_value("Wann"))
    ways = {r.key.rsplit("-", 1)[1]: r for r in page.radio}
    assert list(ways["ordered_at"].options) == ["05/06 is 5 June", "05/06 is May 6"]
    page = run(ways["total"].set_value(","))
    assert "1.2340" in tables(page)
    assert "2026-06-05" in tables(page)
    page = press(page, "Remember and read the file so")

    assert page.button(key="import-now").label == "Import 1 file"
    page = run(page.button(key="import-now").click())
    assert "1 of 1 files imported; 2 rows are new or changed." in page.success[0].value
    (known,) = mappings.known(own_shop.engine)
    assert known.written == {"ordered_at": "dmy", "total": ","}
    assert "Columns you explained" in marked_up(page)


def test_a_recognised_file_can_be_read_otherwise(own_shop: Workspace) -> None:
    page = dropped("costs.csv", "date,platform,campaign,cost,fee\n2026-06-01,meta,spring,12.50,99.00\n")
    page = run(keyed(page, "toggle", "map-").set_value(True))
    cost = next(s for s in page.selectbox if s.label == "Cost")
    page = press(run(cost.set_value("fee")), "Remember and read the file so")
    assert "99.00" in tables(page)
    run(page.button(key="import-now").click())
    spend = pipeline.facts_of(own_shop).scan("spend").collect()
    assert 99 in [int(cost) for cost in spend["cost"]]


def test_explained_columns_can_be_changed_and_forgotten(own_shop: Workspace) -> None:
    chosen = mappings.ColumnMapping("earned_orders", {"order_id": "Bon", "ordered_at": "Wann", "total": "Betrag"})
    mappings.remember(own_shop.engine, ("Bon", "Wann", "Betrag", "Netto"), chosen, now=NOW)
    page = show("data")
    page.session_state["mappings"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    page = run(page)
    total = next(s for s in page.selectbox if s.label == "Total")
    page = press(run(total.set_value("Netto")), "Save the change")
    assert mappings.known(own_shop.engine)[0].columns["total"] == "Netto"
    page = press(page, "Forget these columns")
    assert mappings.known(own_shop.engine) == []


# --- taken back -----------------------------------------------------------------------------------------------------


def test_an_import_is_undone_after_a_question_and_brought_back(own_shop: Workspace) -> None:
    page = select_import(show("data"), own_shop, "orders_export.csv")
    page = press(page, "Undo this import")
    assert list_imports(own_shop.engine)[0]["state"] == "done"
    assert "Its rows leave every figure" in texts(page)
    page = press(page, "Yes, take it back")
    assert "The import is undone." in page.success[0].value
    assert data.report(JUNE).orders == 0
    page = press(select_import(page, own_shop, "orders_export.csv"), "Bring this import back")
    assert data.report(JUNE).orders > 0


def test_a_question_can_be_answered_with_no(own_shop: Workspace) -> None:
    page = press(select_import(show("data"), own_shop, "people.csv"), "Undo this import")
    assert "Entries are put back as they were before" in texts(page)
    page = press(page, "Keep it")
    assert all(row["state"] == "done" for row in list_imports(own_shop.engine))
    assert any(button.label == "Undo this import" for button in page.button)


# --- quarantine -----------------------------------------------------------------------------------------------------

BAD = "date,platform,campaign,cost\n2026-06-01,meta,spring,12.50\n2026-06-02,meta,spring,much\n"


def kept(space: Workspace, tmp_path: Path) -> AppTest:
    file = tmp_path / "costs.csv"
    file.write_text(BAD, encoding="utf-8")
    assert pipeline.take_file(space, file, now=NOW).quarantined == 1
    return show("data", part="Quarantine")


def test_quarantine_is_filtered_by_reason_and_file(own_shop: Workspace, tmp_path: Path) -> None:
    page = kept(own_shop, tmp_path)
    reasons, files = page.multiselect(key="reasons"), page.multiselect(key="quarantine-files")
    assert "amount cannot be read (1)" in reasons.options
    assert "costs.csv (1)" in files.options
    page = run(reasons.set_value(["bad_money"]))
    shown = next(frame.value for frame in page.dataframe if "message" in frame.value.columns)
    assert shown["file_name"].to_list() == ["costs.csv"]


def test_a_corrected_file_is_tried_again_from_quarantine(own_shop: Workspace, tmp_path: Path) -> None:
    page = kept(own_shop, tmp_path)
    place = next(n for n, up in enumerate(page.file_uploader) if "corrected" in up.label)
    page.file_uploader[place].upload("costs.csv", BAD.replace("much", "7.00").encode(), "text/csv")
    page = run(run(page).button(key="again-now").click())
    assert "1 more row came in; 0 rows are still kept aside." in page.success[0].value
    assert "costs.csv" not in [row["file_name"] for row in list_quarantine(own_shop.engine)]


# --- freshness ------------------------------------------------------------------------------------------------------


def days(*numbers: int) -> list[dt.date]:
    return [dt.date(2026, 6, n) for n in numbers]


@pytest.mark.parametrize(
    ("known", "since"),
    [
        (days(*range(1, 31)), None),
        (days(*range(1, 27)), None),  # four days: no more than four times the usual distance
        (days(*range(1, 26)), dt.date(2026, 6, 25)),
        (days(1, 8, 15), None),  # weekly: two weeks are not unusual
        ([], None),
    ],
)
def test_a_table_is_late_when_nothing_came_for_unusually_long(known: list[dt.date], since: dt.date | None) -> None:
    assert judge(known, as_of=dt.date(2026, 6, 30))[0] == since


def test_spans_without_rows_are_gaps() -> None:
    known = days(*range(1, 10), *range(20, 31))
    assert judge(known, as_of=dt.date(2026, 6, 30)) == (None, ((dt.date(2026, 6, 10), dt.date(2026, 6, 19)),))


def test_freshness_tells_newest_rows_and_what_never_came(shop: Workspace) -> None:
    found = {one.table: one for one in table_freshness.read(shop, imports=data.imports(), as_of=dt.date(2026, 6, 30))}
    assert found["orders"].newest is not None
    assert found["orders"].last_import is not None
    assert found["mentions"].rows == 111
    assert found["leads"].rows == 0
    page = show("data", part="Freshness")
    assert any("No rows stand of:" in info.value and "leads" in info.value for info in page.info)
    assert "Mentions,111" in tables(page)


# --- the watched folder, the guide ----------------------------------------------------------------------------------


def test_the_watched_folder_is_shown_and_emptied(
    make_workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    space = make_workspace('\n[import]\nwatch = "inbox"\n')
    monkeypatch.setenv("EARNED_WORKSPACE", str(space.folder))
    monkeypatch.setattr("ui.inbox.SETTLE", 0.0)
    (space.folder / "inbox").mkdir()
    (space.folder / "inbox" / "costs.csv").write_text(BAD, encoding="utf-8")
    (space.folder / "inbox" / "page.csv").write_text("<html></html>", encoding="utf-8")
    page = show("data")
    assert "2 files wait: costs.csv, page.csv" in texts(page)
    page = run(page.button(key="inbox-now").click())
    assert "costs.csv: imported" in texts(page)
    assert "this is a web page" in texts(page)
    assert "No file waits." in captions(page)


def test_without_a_watched_folder_the_page_says_how_to_get_one(shop: Workspace) -> None:
    assert '[import]\nwatch = "inbox"' in [code.value for code in show("data").code]


@pytest.mark.parametrize("name", guide.VISITS)
def test_the_guide_to_order_level_visits_has_every_system(name: str) -> None:
    text = guide.section(name)
    assert text
    assert (
        name in ("Which export ties visits to orders", "Any other shop", "A tool of your own") or "annot tell:*" in text
    )


def test_the_guide_is_reached_from_the_page(shop: Workspace) -> None:
    page = show("data")
    assert "cannot tell" in marked_up(page)
    page = run(keyed(page, "button_group", "visits-of").set_value("WooCommerce"))
    assert "_wc_order_attribution_" in marked_up(page)


# --- registers, layouts ---------------------------------------------------------------------------------------------


def test_a_person_is_added_by_the_form(own_shop: Workspace) -> None:
    page = show("data", part="Registers")
    fields = {box.label: box for box in page.text_input}
    fields["Network"].set_value("TikTok")
    fields["Handle"].set_value("@Zoe")
    run(next(button for button in page.button if button.label == "Save person").click())
    row = read_people(own_shop.engine).filter(key="tiktok:zoe").row(0, named=True)
    assert (row["followers"], row["status"]) == (None, "none")


@pytest.mark.parametrize("layout", pipeline.LAYOUTS, ids=lambda layout: layout.id)
def test_every_layout_says_what_it_needs_and_its_template_is_recognised(layout: Any) -> None:
    english = Translator()
    assert templates.title(layout, english)
    assert all(name in templates.needs(layout) for name in layout.headers)
    header = templates.HEADERS.get(layout.id)
    assert header is None or layout.fits(header.split(","))


@pytest.mark.parametrize("layout_id", templates.HEADERS)
def test_a_template_as_it_is_brings_nothing_and_its_example_row_is_valid(bare: Workspace, layout_id: str) -> None:
    text = templates.file(layout_id)
    untouched, filled = bare.folder / "untouched.csv", bare.folder / "filled.csv"
    untouched.write_text(text, encoding="utf-8")
    header, example = text.splitlines()[:2]
    filled.write_text(f"{header}\n{example.removeprefix('# ')}\n", encoding="utf-8")
    assert pipeline.take_file(bare, untouched, now=NOW).read == 0
    report = pipeline.take_file(bare, filled, now=NOW)
    assert (report.error, report.layout, report.accepted, report.quarantined) == (None, layout_id, 1, 0)


@pytest.mark.parametrize("layout_id", templates.HEADERS)
def test_rows_written_below_a_templates_remarks_are_read(bare: Workspace, layout_id: str) -> None:
    text = templates.file(layout_id)
    file = bare.folder / "filled.csv"
    file.write_text(text + text.splitlines()[1].removeprefix("# ") + "\n", encoding="utf-8")
    report = pipeline.take_file(bare, file, now=NOW)
    assert (report.error, report.accepted, report.quarantined) == (None, 1, 0)


@pytest.mark.parametrize(
    ("layout_id", "told"),
    [
        ("earned_codes", "kind: creator, sitewide, crm, staff, test, giveaway"),
        ("earned_codes", "commission_rate: 0.1 or 10%"),
        ("earned_people", "status: none, shortlisted, contacted, contracted, declined"),
        ("earned_visits", "order_id: the number of the order (#1001) or its id; empty where nothing was bought"),
    ],
)
def test_a_template_names_the_allowed_values(layout_id: str, told: str) -> None:
    assert f"# {told}" in templates.file(layout_id).replace('"', "")


# --- real samples ---------------------------------------------------------------------------------------------------

SAMPLES = {
    "shopify_orders_cad_multiline_2025.csv": ("shopify_orders_csv", "orders", 20),
    "google_ads_campaign_report_inr.csv": ("google_ads", "spend", 2),
    "woocommerce_orders_rest_v3.json": ("woocommerce_orders_rest", "orders", 2),
    "apache_combined_semicomplete_2015.log": ("access_log", "touches", 739),
}


@pytest.mark.shared_data
@pytest.mark.parametrize("name", list(SAMPLES))
def test_a_preview_promises_what_the_import_brings(
    shared_data: Callable[..., Path], workspace: Workspace, name: str
) -> None:
    file = shared_data("exports", name)
    layout, table, rows = SAMPLES[name]
    seen = imports.look(workspace, file)
    assert seen.recognised[0].layout is not None
    assert seen.recognised[0].layout.id == layout
    assert seen.recognised[0].records[table] == rows
    report = pipeline.take_file(workspace, file, now=NOW)
    assert report.read == sum(one.rows_read for one in seen.tables)
    assert pipeline.facts_of(workspace).scan(table).collect().height == rows


def test_a_refund_of_nothing_is_promised_no_more_than_it_is_counted(workspace: Workspace, tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "data" / "exports" / "shopify_orders.csv").read_text(encoding="utf-8")
    file = tmp_path / "orders_export.csv"
    file.write_text(text, encoding="utf-8")
    (seen,) = imports.look(workspace, file).recognised
    report = pipeline.take_file(workspace, file, now=NOW)
    assert seen.records.get("refunds", 0) == report.tables.get("refunds", 0)
    assert seen.records["orders"] == report.tables["orders"]


def test_of_a_large_file_only_the_beginning_is_looked_at(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.preview.HEAD_BYTES", 2_000)
    file = workspace.folder / "big.csv"
    row = '2026-06-01,meta,"spring\nsale",12.50\n'
    file.write_text("date,platform,campaign,cost\n" + row * 500, encoding="utf-8")
    seen = preview(workspace, file, layouts=pipeline.LAYOUTS)
    assert not seen.whole
    (table,) = seen.recognised
    assert 0 < table.rows_read < 100
    assert table.rejected == []


def test_days_and_amounts_that_no_row_tells_are_settled_beside_the_file(bare: Workspace) -> None:
    lines = [f'0{day}/0{month}/2026,meta,spring,"1,234"' for day, month in ((5, 6), (3, 4))]
    page = dropped("spend.csv", "\n".join(["date,platform,campaign,cost", *lines]))
    assert "Put aside: line 2, 3: the day is missing" in texts(page)
    press(page, "day first")
    assert "Put aside" not in texts(page)
    press(page, "after a comma")
    assert keyed(page, "selectbox", "days-").value == "dmy"
    assert keyed(page, "selectbox", "decimals-").value == ","
