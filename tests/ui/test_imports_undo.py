"""Imports taken back and brought back: facts, mentions, register entries; corrected files."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from config import plans
from config.database import writing
from config.forgotten import forget_in_quarantine, forget_in_registers
from config.import_lock import import_lock
from config.intake import ImportBusyError, list_imports, list_quarantine, quarantine
from config.intake import imports as ledger
from config.register_undo import register_imports
from config.registers import read_codes, read_people, write_people
from config.text_tables import SameFileStandsError
from config.workspace import Workspace
from listener import store
from listener.mentions import Mention
from listener.tables import authors, mention_imports, mention_words, mentions, text_bands
from tests.polls import save_poll
from tests.test_whole_way import earned
from tests.ui.pages import NOW, hear, mention
from ui import imports, pipeline

HEADER = "link,text,author,followers,date,network\n"
LONG = "the acme kettle boils water faster than any other kettle that we have tried this year"


def said(n: int, text: str = LONG) -> str:
    return f"https://talk.example/{n},{text} {n},anna{n},100,2026-06-0{n},forum\n"


def take(space: Workspace, name: str, text: str, **options: object) -> int:
    file = space.folder / name
    file.write_text(text, encoding="utf-8")
    report = pipeline.take_file(space, file, now=NOW, **options)  # type: ignore[arg-type]
    assert report.error is None, report.error
    assert report.id is not None
    return report.id


def stored(space: Workspace) -> list[str]:
    with space.engine.connect() as connection:
        return sorted(connection.scalars(sa.select(mentions.c.raw_url)))


def urls(*numbers: int) -> list[str]:
    return [f"https://talk.example/{n}" for n in numbers]


def test_undoing_a_mention_import_leaves_what_another_file_also_brought(workspace: Workspace) -> None:
    first = take(workspace, "a.csv", HEADER + said(1) + said(2))
    second = take(workspace, "b.csv", HEADER + said(2) + said(3))
    undone = imports.undo(workspace, first, now=NOW)
    assert (undone.stood, undone.mentions) == (True, 1)
    assert stored(workspace) == urls(2, 3)
    assert imports.undo(workspace, second, now=NOW).mentions == 2
    assert stored(workspace) == []


def test_what_a_feed_brought_word_for_word_as_well_stays_when_the_import_goes(workspace: Workspace) -> None:
    kept = take(workspace, "a.csv", HEADER + said(1))
    post = Mention(
        "a" * 32, "import:earned_mentions", "file", "web", "1", None, "acme kettle", raw_url="https://x.example/p"
    )
    with writing(workspace.engine) as connection:
        store.store_mentions(connection, source=post.source, found=[post], now=NOW, import_id=kept)
    heard = replace(post, mention_id="b" * 32, source="blog", source_kind="rss")
    for updated in (1, 0):
        told = save_poll(
            workspace.engine, source="blog", state=store.SourceState("blog", "u"), mentions=[heard], now=NOW
        )
        assert (told.new, told.updated) == (0, updated)
    assert imports.undo(workspace, kept, now=NOW).mentions == 1
    assert stored(workspace) == ["https://x.example/p"]


def test_search_near_copies_and_authors_forget_what_is_removed(workspace: Workspace) -> None:
    keep = take(workspace, "a.csv", HEADER + said(1))
    gone = take(workspace, "b.csv", HEADER + said(2))
    imports.undo(workspace, gone, now=NOW)
    with workspace.engine.connect() as connection:
        left = connection.scalar(sa.select(mentions.c.mention_id))
        assert connection.scalars(sa.select(mention_words.c.mention_id)).all() == [left]
        assert connection.scalar(sa.select(mentions.c.cluster_id)) == left
        assert connection.scalar(sa.select(sa.func.count(text_bands.c.text_hash.distinct()))) == 1
        assert connection.scalars(sa.select(mention_imports.c.import_id)).all() == [keep]
    assert store.count_mentions(workspace.engine, query_text="kettle") == 1


def test_what_a_feed_brought_too_stays(workspace: Workspace) -> None:
    hear(workspace, [mention(1, dt.date(2026, 6, 1))])
    only = take(workspace, "a.csv", HEADER + said(1))
    assert imports.undo(workspace, only, now=NOW).mentions == 1
    with workspace.engine.connect() as connection:
        assert connection.scalars(sa.select(mentions.c.source)).all() == ["talk"]


def test_an_undone_mention_import_comes_back_with_its_file(workspace: Workspace) -> None:
    text = HEADER + said(1) + said(2)
    first = take(workspace, "a.csv", text)
    imports.undo(workspace, first, now=NOW)
    assert not imports.redo(workspace, first, now=NOW)
    assert take(workspace, "a.csv", text) != first
    assert stored(workspace) == urls(1, 2)


def test_an_interrupted_mention_import_leaves_nothing(workspace: Workspace) -> None:
    broken = take(workspace, "a.csv", HEADER + said(1))
    with writing(workspace.engine) as connection:  # as a kill between storing and the ledger leaves it
        connection.execute(sa.update(ledger).where(ledger.c.id == broken).values(state="pending"))
    take(workspace, "b.csv", HEADER + said(2))
    assert stored(workspace) == urls(2)


def test_a_broken_undo_takes_nothing_back(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = take(workspace, "a.csv", HEADER + said(1))

    def crash(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(imports, "undo_entries", crash)
    with pytest.raises(RuntimeError):
        imports.undo(workspace, first, now=NOW)
    assert stored(workspace) == urls(1)
    assert list_imports(workspace.engine)[0]["state"] == "done"


def test_undone_facts_come_back_with_a_click(own_shop: Workspace) -> None:
    orders = next(row for row in list_imports(own_shop.engine) if row["layout"] == "shopify_orders_csv")
    before = pipeline.facts_of(own_shop).scan("orders").collect()
    assert imports.undo(own_shop, orders["id"], now=NOW).stood
    assert pipeline.facts_of(own_shop).scan("orders").collect().is_empty()
    assert not imports.undo(own_shop, orders["id"], now=NOW).stood
    assert imports.redo(own_shop, orders["id"], now=NOW)
    assert pipeline.facts_of(own_shop).scan("orders").collect().equals(before)


PEOPLE = "network,handle,name,followers,status\n"


def names(space: Workspace) -> dict[str, int | None]:
    return dict(read_people(space.engine).select("key", "followers").iter_rows())


def test_a_register_file_is_taken_back_to_what_stood_before(workspace: Workspace) -> None:
    first = take(workspace, "a.csv", PEOPLE + "instagram,anna,Anna,100,none\n")
    second = take(workspace, "b.csv", PEOPLE + "instagram,anna,Anna,250,none\ninstagram,bo,Bo,5,none\n")
    undone = imports.undo(workspace, second, now=NOW)
    assert (undone.restored, undone.left) == (2, 0)
    assert names(workspace) == {"instagram:anna": 100}
    assert imports.undo(workspace, first, now=NOW).restored == 1
    assert names(workspace) == {}


def test_a_register_entry_that_a_later_file_holds_too_stays(workspace: Workspace) -> None:
    first = take(workspace, "a.csv", PEOPLE + "instagram,anna,Anna,100,none\n")
    second = take(workspace, "b.csv", PEOPLE + "instagram,anna,Anna,100,none\ninstagram,bo,Bo,5,none\n")
    assert imports.undo(workspace, first, now=NOW).left == 1
    assert names(workspace) == {"instagram:anna": 100, "instagram:bo": 5}
    imports.undo(workspace, second, now=NOW)
    assert names(workspace) == {}


def test_a_register_entry_that_somebody_edited_since_is_left(workspace: Workspace) -> None:
    first = take(workspace, "a.csv", PEOPLE + "instagram,anna,Anna,100,none\n")
    with writing(workspace.engine) as connection:
        row = {"key": "instagram:anna", "network": "instagram", "handle": "anna", "name": "A.", "followers": 7}
        write_people(connection, [row | {"status": "contacted"}])
    assert imports.undo(workspace, first, now=NOW).left == 1
    assert names(workspace) == {"instagram:anna": 7}


def test_undone_codes_are_found_in_mentions_no_more(workspace: Workspace) -> None:
    codes = take(workspace, "c.csv", "code,kind\nANNA10,creator\n")
    take(workspace, "a.csv", HEADER + said(1, LONG + " code ANNA10"))
    imports.undo(workspace, codes, now=NOW)
    assert read_codes(workspace.engine).is_empty()
    assert store.mention_evidence(workspace.engine)["codes"].to_list() == [[]]


def test_a_file_of_several_tables_goes_to_where_its_parts_go() -> None:
    assert imports.sinks_of("shopify_orders_csv+earned_spend") == {"facts"}
    assert imports.sinks_of("shopify_orders_csv+earned_people") == {"facts", "registers"}
    assert imports.can_redo("shopify_orders_csv+earned_spend", "undone")
    assert not imports.can_redo("earned_people", "undone")


SPEND = "date,platform,campaign,cost,currency\n"


DAYS = "2026-05-06,meta,spring,12.50,EUR\n".replace("2026-05-06", "05/06/2026")


def test_an_import_does_not_come_back_beside_another_reading_of_its_file(workspace: Workspace) -> None:
    as_days = take(workspace, "s.csv", SPEND + DAYS, order="dmy")
    as_months = take(workspace, "s.csv", SPEND + DAYS, order="mdy")
    assert {row["id"]: row["state"] for row in list_imports(workspace.engine)} == {as_days: "undone", as_months: "done"}
    with pytest.raises(SameFileStandsError, match=f"import {as_months} is of the same file and stands") as refused:
        imports.redo(workspace, as_days, now=NOW)
    assert refused.value.stands == as_months
    assert pipeline.facts_of(workspace).scan("spend").collect()["date_from"].to_list() == [dt.date(2026, 5, 6)]
    told = earned("imports", "redo", str(as_days), folder=workspace.folder, code=1).stderr
    assert f"Undo import {as_months} first, or keep it" in told
    imports.undo(workspace, as_months, now=NOW)
    assert imports.redo(workspace, as_days, now=NOW)
    assert pipeline.facts_of(workspace).scan("spend").collect()["date_from"].to_list() == [dt.date(2026, 6, 5)]


def test_the_same_words_on_a_files_days_and_amounts_again_change_nothing(workspace: Workspace) -> None:
    first = take(workspace, "s.csv", SPEND + DAYS, order="dmy")
    assert take(workspace, "s.csv", SPEND + DAYS, order="dmy") == first
    assert take(workspace, "s.csv", SPEND + DAYS) == first
    second = take(workspace, "s.csv", SPEND + DAYS, order="dmy", decimal=".")
    assert take(workspace, "s.csv", SPEND + DAYS, order="dmy", decimal=".") == second != first
    assert take(workspace, "s.csv", SPEND + DAYS, decimal=",") != second
    assert [row["state"] for row in list_imports(workspace.engine)] == ["done", "undone", "undone"]


def test_every_misreading_of_a_file_is_taken_back_and_a_second_try_reads_as_was_said(workspace: Workspace) -> None:
    first = take(workspace, "s.csv", SPEND + DAYS, order="dmy")
    again = imports.retry(workspace, workspace.folder / "s.csv", of=first, now=NOW)
    assert (again.accepted, again.duplicates) == (0, 1)
    last = take(workspace, "s.csv", SPEND + DAYS, order="mdy")
    states = {row["id"]: row["state"] for row in list_imports(workspace.engine)}
    assert states == {first: "undone", again.id: "undone", last: "done"}


def test_an_import_comes_back_only_when_no_other_is_running(workspace: Workspace) -> None:
    spend = take(workspace, "s.csv", SPEND + "2026-05-01,meta,spring,12.50,EUR\n")
    imports.undo(workspace, spend, now=NOW)
    with import_lock(workspace.data, file="another.csv"), pytest.raises(ImportBusyError):
        imports.redo(workspace, spend, now=NOW)
    assert imports.redo(workspace, spend, now=NOW)


def test_nothing_is_taken_back_while_an_import_is_running(workspace: Workspace) -> None:
    spend = take(workspace, "s.csv", SPEND + "2026-05-01,meta,spring,12.50,EUR\n")
    costs = take(workspace, "costs.csv", COSTS)
    with import_lock(workspace.data, file="another.csv"):
        with pytest.raises(ImportBusyError):
            imports.undo(workspace, spend, now=NOW)
        with pytest.raises(ImportBusyError):
            imports.undo_plan(workspace, "costs", now=NOW)
        told = earned("imports", "undo", str(spend), folder=workspace.folder, code=1).stderr
    assert "another import is running in this workspace" in told
    assert [row["state"] for row in list_imports(workspace.engine)] == ["done", "done"]
    assert imports.undo(workspace, costs, now=NOW).stood


def test_a_corrected_file_settles_what_was_kept_aside(workspace: Workspace) -> None:
    bad = SPEND + "2026-05-01,meta,spring,12.50,EUR\n2026-05-02,meta,spring,twelve,EUR\n"
    first = take(workspace, "s.csv", bad)
    assert [row["line"] for row in list_quarantine(workspace.engine)] == [3]
    file = workspace.folder / "s.csv"
    file.write_text(bad.replace("twelve", "12.00"), encoding="utf-8")
    report = imports.retry(workspace, file, of=first, now=NOW)
    assert (report.accepted, report.duplicates, report.quarantined) == (1, 1, 0)
    assert list_quarantine(workspace.engine) == []
    assert report.id is not None
    imports.undo(workspace, report.id, now=NOW)
    assert [row["line"] for row in list_quarantine(workspace.engine)] == [3]


def test_the_same_file_can_be_tried_again(workspace: Workspace) -> None:
    first = take(workspace, "s.csv", SPEND + "2026-05-01,meta,spring,twelve,EUR\n")
    report = imports.retry(workspace, Path(workspace.folder / "s.csv"), of=first, now=NOW)
    assert (report.read, report.quarantined) == (1, 1)
    assert len(list_quarantine(workspace.engine)) == 1


COSTS = "kind,amount,from,to\ncontent,100,2026-06-01,2026-06-02\n"


def test_an_import_of_costs_taken_back_leaves_earlier_changes_to_be_undone(workspace: Workspace) -> None:
    mine = dict.fromkeys(plans.COSTS_SCHEMA) | {"id": "x", "kind": "tools", "amount": "5", "currency": "EUR"}
    mine |= {"date_from": "2026-06-01", "date_to": "2026-06-01"}
    plans.change_plan(workspace.engine, "costs", now=NOW, save=[mine])
    imports.undo(workspace, take(workspace, "costs.csv", COSTS), now=NOW)
    assert plans.read_costs(workspace.engine)["id"].to_list() == ["x"]
    assert plans.undo_plan(workspace.engine, "costs") == 1
    assert plans.read_costs(workspace.engine).is_empty()


def test_an_imported_cost_taken_back_on_its_page_can_come_again_with_its_file(workspace: Workspace) -> None:
    take(workspace, "costs.csv", COSTS)
    take(workspace, "copy.csv", COSTS + "\n")  # the same entry again, from another file
    assert imports.undo_plan(workspace, "costs", now=NOW) == 1
    assert plans.read_costs(workspace.engine).is_empty()
    assert plans.last_change(workspace.engine, "costs") is None
    take(workspace, "costs.csv", COSTS)
    assert plans.read_costs(workspace.engine).height == 1


def test_a_cost_typed_in_after_an_import_is_undone_alone(workspace: Workspace) -> None:
    take(workspace, "costs.csv", COSTS)
    imported = plans.read_costs(workspace.engine)["id"].to_list()
    mine = plans.stored_plan(workspace.engine, "costs")[imported[0]] | {"id": "x"}
    plans.change_plan(workspace.engine, "costs", now=NOW, save=[mine])
    assert imports.undo_plan(workspace, "costs", now=NOW) == 1
    assert plans.read_costs(workspace.engine)["id"].to_list() == imported


def test_a_corrected_row_replaces_amount_and_hours_alike(workspace: Workspace) -> None:
    """An amount that stayed behind would outrank hours and rate."""
    head = "id,kind,amount,hours,rate,from,to\n"
    take(workspace, "a.csv", head + "c1,labour,100,,,2026-06-01,2026-06-01\n")
    take(workspace, "b.csv", "id,kind,hours,rate,from,to\nc1,labour,3,20,2026-06-01,2026-06-01\n")
    row = plans.stored_plan(workspace.engine, "costs")["c1"]
    assert (row["amount"], row["hours"], row["rate"]) == (None, "3", "20")
    take(workspace, "c.csv", "id,kind,amount,from,to\nc1,labour,70,2026-06-01,2026-06-01\n")
    row = plans.stored_plan(workspace.engine, "costs")["c1"]
    assert (row["amount"], row["hours"], row["rate"]) == ("70", None, None)


def test_a_forgotten_person_stands_in_nothing_that_could_be_taken_back(workspace: Workspace) -> None:
    take(
        workspace,
        "campaigns.csv",
        "name,from,to,utm_campaigns,people\n"
        "Spring,2026-06-01,2026-06-30,spring,forum:bo; forum:annquixote\n"
        "Autumn,2026-09-01,2026-09-30,autumn,forum:annquixotes\n",
    )
    forget_in_registers(workspace.engine, "forum:annquixote")
    with workspace.engine.connect() as connection:
        kept = connection.scalars(sa.select(register_imports.c.after)).all()
    assert [json.loads(text)["people"] for text in kept] == ["forum:annquixotes"]


def test_rows_kept_aside_are_emptied_by_what_they_say_and_not_by_their_columns_names(workspace: Workspace) -> None:
    take(workspace, "codes.csv", "code,kind,valid_from\nDANN,creator,never\nB,creator,never\nC,creator,2026-01-01\n")
    assert forget_in_quarantine(workspace.engine, ["ode", "ever"]) == 0
    assert forget_in_quarantine(workspace.engine, ["dann"]) == 1
    assert sorted(row["columns"] for row in list_quarantine(workspace.engine)) == ['{"code": "B"}', "{}"]


@pytest.mark.parametrize(
    ("written", "asked"), [("ÄNNE", "änne"), ("änne", "ÄNNE"), ("A\u0308nne", "änne"), ("STRASSER", "straßer")]
)
def test_letters_beyond_a_to_z_are_found_in_quarantine_in_either_case(
    workspace: Workspace, written: str, asked: str
) -> None:
    take(workspace, "s.csv", SPEND + "2026-05-01,meta,spring,twelve,EUR\n")
    with writing(workspace.engine) as connection:
        connection.execute(sa.update(quarantine).values(columns=json.dumps({"owner": written}, ensure_ascii=False)))
    assert forget_in_quarantine(workspace.engine, [asked]) == 1


def followers(space: Workspace) -> dict[str, int | None]:
    with space.engine.connect() as connection:
        return {row.author_key: row.followers for row in connection.execute(sa.select(authors))}


def test_undoing_a_mention_import_takes_back_the_followers_it_stated(workspace: Workspace) -> None:
    first = take(workspace, "a.csv", HEADER + said(1).replace(",100,", ",,") + said(2))
    second = take(workspace, "b.csv", HEADER + said(1).replace(",100,", ",700,") + said(2).replace(",100,", ",900,"))
    assert followers(workspace) == {"forum:anna1": 700, "forum:anna2": 900}
    assert imports.undo(workspace, second, now=NOW).mentions == 0
    assert followers(workspace) == {"forum:anna1": None, "forum:anna2": 100}
    third = take(workspace, "c.csv", HEADER + said(2).replace(",100,", ",300,"))
    imports.undo(workspace, first, now=NOW)
    assert followers(workspace) == {"forum:anna2": 300}  # nobody else spoke of anna1, and the later statement stands
    imports.undo(workspace, third, now=NOW)
    assert followers(workspace) == {}
