"""Exports in other languages: what sums up other rows is no cost, and columns are known by their translated headers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from attribution.facts import Facts
from config.workspace import Workspace
from tests.attribution.test_inputs_golden import bring

TOTALS = (
    *("Gesamt: Kampagnen", "Gesamtsumme", "Summe", "Total : Campagnes", "Total\u00a0: compte", "Total général"),
    *("Total: Campañas", "Suma: kampanie", "Razem: Konto", "Łącznie", "Összesen: Kampányok", "Végösszeg"),
    *("סה״כ: קמפיינים", "סך הכל: חשבון", "الإجمالي: الحملات", "إجمالي: الحساب", "المجموع", "Tổng: Chiến dịch"),
    *("Tổng cộng", "Totaal: Campagnes", "Totale: Campagne"),
)


def costs(workspace: Workspace, tmp_path: Path, text: str, *, name: str = "report.csv") -> list[tuple[str, Decimal]]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    report = bring(workspace, path)
    assert (report.error, report.warnings) == (None, [])
    spend = Facts(workspace.facts, workspace.engine).scan("spend").select("campaign", "cost").collect()
    return spend.rows()


@pytest.mark.parametrize("total", TOTALS)
def test_a_row_that_sums_up_others_is_no_cost(workspace: Workspace, tmp_path: Path, total: str) -> None:
    text = (
        "Kampagnenbericht\n1. Mai 2026 - 31. Mai 2026\n"
        "Kampagnenstatus,Kampagne,Währungscode,Kosten,Klicks,Conversions\n"
        'Aktiviert,Brand,EUR,"1.234,56",100,"3,00"\n'
        f'{total}, --,EUR,"1.234,56",100,"3,00"\n'
    )
    assert costs(workspace, tmp_path, text) == [("brand", Decimal("1234.5600"))]


def test_a_sum_in_a_language_nobody_knows_names_no_campaign(workspace: Workspace, tmp_path: Path) -> None:
    text = "Campaign status,Campaign,Currency code,Day,Cost\nOn,Brand,EUR,2026-05-01,1.50\nJumla, --, --, --,1.50\n"
    assert costs(workspace, tmp_path, text) == [("brand", Decimal("1.5000"))]
