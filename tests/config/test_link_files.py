"""Register files: links shared on social media alone, and what a code's owner is paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from config.registers import read_codes, read_links
from config.workspace import Workspace
from ui.pipeline import take_file

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
HEAD = "url,source,medium,campaign,content,owner,shared_from,note\n"


@pytest.fixture
def take(workspace: Workspace, tmp_path: Path) -> Callable[[str], list[str]]:
    def import_text(text: str) -> list[str]:
        file = tmp_path / "register.csv"
        file.write_text(text, encoding="utf-8")
        report = take_file(workspace, file, now=NOW)
        assert report.error is None
        return sorted(report.reasons)

    return import_text


def test_links_are_kept_by_their_canonical_form(workspace: Workspace, take: Callable[[str], list[str]]) -> None:
    row = "https://www.acme.example/anna/?utm_source=x,Instagram,Influencer,june,anna,instagram:@Anna,2026-06-01,bio\n"
    assert take(HEAD + row) == []
    assert read_links(workspace.engine).rows() == [
        (
            "https://acme.example/anna",
            "https://www.acme.example/anna/?utm_source=x",
            *("instagram", "influencer", "june", "anna", "instagram:anna"),
            dt.date(2026, 6, 1),
            "bio",
        )
    ]
    assert take(HEAD + row.replace("bio", "story")) == []
    assert read_links(workspace.engine)["note"].to_list() == ["story"]


WRONG = {
    "acme.example/anna,instagram,social,,,,,": "bad_url",
    "https://acme.example/anna,instagram,,,,,,": "missing_source",
    "https://acme.example/anna,instagram,social,,,,soon,": "bad_date",
}


@pytest.mark.parametrize(("row", "reason"), WRONG.items(), ids=WRONG.values())
def test_a_link_that_cannot_be_used(take: Callable[[str], list[str]], row: str, reason: str) -> None:
    assert take(f"{HEAD}{row}\n") == [reason]


def test_one_link_twice_in_a_file(take: Callable[[str], list[str]]) -> None:
    row = "https://acme.example/anna,instagram,social,,,,,\n"
    assert take(HEAD + row + row.replace("anna", "anna/")) == ["repeated_link"]


CODES = "code,kind,commission_rate,commission_per_order,commission_on\n"


def test_the_terms_of_a_commission(workspace: Workspace, take: Callable[[str], list[str]]) -> None:
    assert take(CODES + "ANNA10*,creator,10%,2.50,NEW\n") == []
    row = read_codes(workspace.engine).row(0, named=True)
    assert (row["code_norm"], row["commission_rate"], row["commission_on"]) == ("ANNA10*", 0.1, "new")
    assert row["commission_per_order"] == Decimal("2.50")


@pytest.mark.parametrize(
    ("terms", "reason"), [(",a lot,", "bad_number"), (",-1,", "bad_number"), (",,often", "unknown_kind")]
)
def test_terms_that_cannot_be_used(take: Callable[[str], list[str]], terms: str, reason: str) -> None:
    assert take(f"{CODES}A,creator,{terms}\n") == [reason]
