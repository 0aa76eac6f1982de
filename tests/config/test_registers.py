from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from config import rates, register_files, registers, short_links
from config.intake import ImportReport, list_quarantine, take_in
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


def take(workspace: Workspace, text: str, *, name: str = "register.csv") -> ImportReport:
    file = workspace.folder / name
    file.write_text(text, encoding="utf-8")
    sinks = {"registers": register_files.RegisterSink(workspace.engine)}
    return take_in(workspace, file, layouts=register_files.LAYOUTS, sinks=sinks, now=NOW)


def person(workspace: Workspace, key: str = "instagram:anna") -> dict[str, Any]:
    return next(row for row in registers.read_people(workspace.engine).iter_rows(named=True) if row["key"] == key)


def test_a_file_of_followers_leaves_what_was_decided(workspace: Workspace) -> None:
    take(workspace, "network,handle,name,followers,status\ninstagram,anna,Anna,100,contracted\n")
    assert take(workspace, "network,handle,followers\ninstagram,@Anna,250\n").updated == 1
    assert {"name": "Anna", "followers": 250, "status": "contracted"}.items() <= person(workspace).items()


def test_an_empty_cell_says_nothing_about_a_person(workspace: Workspace) -> None:
    take(workspace, "network,handle,name,followers,status\ninstagram,anna,Anna,100,contracted\n")
    assert take(workspace, "network,handle,name,followers,status\ninstagram,anna,,,\n").duplicates == 1
    assert {"name": "Anna", "followers": 100, "status": "contracted"}.items() <= person(workspace).items()


def test_a_new_person_without_followers_is_unknown_not_nought(workspace: Workspace) -> None:
    take(workspace, "network,handle,followers\nx,bob,\n")
    assert (person(workspace, "x:bob")["followers"], person(workspace, "x:bob")["status"]) == (None, "none")


def test_a_code_file_changes_only_the_columns_it_has(workspace: Workspace) -> None:
    take(workspace, "code,kind,owner,campaign,valid_from,commission_rate\nANNA,creator,x:anna,summer,2026-01-01,10%\n")
    take(workspace, "code,kind,valid_from,campaign\nanna,creator,2026-01-01,winter\n", name="b.csv")
    row = registers.read_codes(workspace.engine).row(0, named=True)
    assert (row["campaign"], row["owner"], row["commission_rate"]) == ("winter", "x:anna", 0.1)
    assert row["channel"] == "Influencer"


@pytest.mark.parametrize("day", ["20261031", "2026-W44-6", "31.10.2026", "2026-13-01", "2026-1-1"])
def test_a_day_that_is_not_written_as_year_month_day_is_kept_aside(workspace: Workspace, day: str) -> None:
    report = take(workspace, f"code,kind,valid_from,valid_to\nANNA,creator,,{day}\n")
    assert (report.quarantined, report.reasons) == (1, {"bad_date": 1})


@pytest.mark.parametrize("followers", ["²", "٣", "1.5", "many", "-3"])
def test_followers_that_are_no_whole_number_are_kept_aside(workspace: Workspace, followers: str) -> None:
    report = take(workspace, f"network,handle,followers\nx,bob,{followers}\n")
    assert (report.error, report.quarantined) == (None, 1)


def test_quarantine_keeps_no_contact(workspace: Workspace) -> None:
    take(
        workspace,
        "code,kind,valid_to\nA,anna@mail.example,\n+48 501 501 501,friend,\nB,creator,call 501 501 501\n",
    )
    take(workspace, "network,handle,followers\nx,bob,anna@mail.example\n,anna@mail.example,5\n", name="p.csv")
    kept = str(list_quarantine(workspace.engine))
    assert "mail.example" not in kept
    assert "501 501" not in kept
    assert "(text of 17 characters)" in kept


def test_the_days_of_a_code_must_not_overlap_with_those_registered(workspace: Workspace) -> None:
    take(workspace, "code,kind,valid_from,valid_to\nANNA10,creator,2026-01-01,2026-06-30\n")
    report = take(workspace, "code,kind,valid_from,valid_to\nBEN,creator,,\nANNA10,creator,2026-05-01,\n", name="b.csv")
    assert (report.read, report.accepted, report.reasons) == (2, 1, {"overlapping_validity": 1})
    (kept,) = list_quarantine(workspace.engine)
    assert (kept["line"], "2026-01-01 to 2026-06-30; end that period first" in kept["message"]) == (3, True)
    known = registers.read_codes(workspace.engine).select("code_norm", "valid_from").rows()
    assert known == [("ANNA10", dt.date(2026, 1, 1)), ("BEN", None)]


def test_a_file_may_end_one_period_and_begin_the_next(workspace: Workspace) -> None:
    take(workspace, "code,kind,valid_from,valid_to\nANNA10,creator,2026-01-01,2026-06-30\n")
    both = "code,kind,valid_from,valid_to\nANNA10,staff,2026-06-01,\nANNA10,creator,2026-01-01,2026-05-31\n"
    report = take(workspace, both, name="b.csv")
    assert (report.accepted, report.updated, report.quarantined) == (1, 1, 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-05-01,BDT,132.5,EUR", None),
        ("2026-05-01,bdt,132.5,", None),
        ("01.05.2026,BDT,132.5,EUR", "bad_date"),
        ("2026-05-01,taka,132.5,EUR", "bad_currency"),
        ("2026-05-01,EUR,1.5,", "bad_currency"),
        ("2026-05-01,BDT,0,EUR", "bad_rate"),
        ('2026-05-01,BDT,"132,5",EUR', "bad_rate"),
        ("2026-05-01,BDT,,EUR", "bad_rate"),
    ],
)
def test_own_exchange_rates(workspace: Workspace, row: str, reason: str | None) -> None:
    report = take(workspace, f"date,currency,rate,per\n{row}\n")
    assert (report.layout, dict(report.reasons)) == ("earned_rates", {reason: 1} if reason else {})
    stored = rates.read_rates(workspace.engine).rows()
    assert stored == ([] if reason else [(dt.date(2026, 5, 1), "BDT", Decimal("132.5"), "EUR")])


def test_short_links_lead_where_their_register_says(workspace: Workspace) -> None:
    rows = (
        "https://bit.ly/a,https://acme.example/p?utm_source=ig\nhttps://lnkd.in/b,https://bit.ly/a\nhttps://bit.ly/c,\n"
    )
    report = take(workspace, f"short_url,target\n{rows}")
    assert (report.layout, report.accepted, report.reasons) == ("earned_short_links", 2, {"bad_url": 1})
    known = short_links.read_short_links(workspace.engine)
    seen = pl.Series(["http://bit.ly/a/", "https://lnkd.in/b?trk=x", "https://x.example/", None])
    end = "https://acme.example/p?utm_source=ig"
    assert short_links.resolved(seen, known).to_list() == [end, "https://lnkd.in/b?trk=x", "https://x.example/", None]
    assert short_links.end_of("https://lnkd.in/b", known) == end


def test_short_links_that_lead_in_a_circle_end(workspace: Workspace) -> None:
    take(
        workspace,
        "short_url,target\nhttps://a.example/1,https://a.example/2\nhttps://a.example/2,https://a.example/1\n",
    )
    assert short_links.end_of("https://a.example/1", short_links.read_short_links(workspace.engine))


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("31.12.2026", "31.12.2026"),
        ("12/31/2026", "12/31/2026"),
        ("2026.12.31", "2026.12.31"),
        ("someday", "someday"),
        ("600 123 456", "(text of 11 characters)"),
        ("20-555-0199", "(text of 11 characters)"),
        ("anna@example.org", "(text of 16 characters)"),
    ],
)
def test_an_error_shows_what_is_like_a_day_and_nothing_that_may_be_a_contact(cell: str, shown: str) -> None:
    assert register_files.told(cell) == shown
