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


WOO = {
    "fr": (
        "Date,Commande n°,N. Revenu (formaté),État,Produit(s),Code(s) promo,Ventes nettes,Attribution",
        "Source : Ig",
    ),
    "de": (
        "Datum,Bestellung Nr.,N. Umsatz (formatiert),Status,Produkt(e),Gutschein(e),Nettoumsatz,Zuordnung",
        "Quelle: Ig",
    ),
    "hu": (
        "Dátum,Rendelés #,N. Bevétel (formázott),Állapot,Termék(ek),Kupon(ok),Nettó értékesítés,Attribúció",
        "Forrás: Ig",
    ),
}


@pytest.mark.parametrize("language", WOO)
def test_orders_of_woocommerce(workspace: Workspace, tmp_path: Path, language: str) -> None:
    headers, origin = WOO[language]
    path = tmp_path / "orders.csv"
    path.write_text(f'{headers}\n2026-06-01 10:00:00,12,"119,00 €",completed,1× X,anna10,100,{origin}\n', "utf-8")
    assert bring(workspace, path).error is None
    orders = Facts(workspace.facts, workspace.engine).scan("orders").select("total", "subtotal", "utm_source").collect()
    assert orders.row(0) == (Decimal("119.0000"), Decimal("100.0000"), "ig")


@pytest.mark.parametrize(
    "header",
    [
        "Groupe de canaux principal de la session (Groupe de canaux par défaut),Sessions,Sessions avec engagement",
        "Munkamenet elsődleges csatornacsoportja,Munkamenetek,Elkötelezett munkamenetek",
        "Domyślna grupa kanałów sesji,Sesje,Sesje z zaangażowaniem",
        "Nhóm kênh chính của phiên,Số phiên,Số phiên tương tác",
    ],
)
def test_reports_of_analytics(workspace: Workspace, tmp_path: Path, header: str) -> None:
    path = tmp_path / "data-export.csv"
    path.write_text(f"# Start date: 20260701\n# End date: 20260731\n{header}\nDirect,40,20\n", encoding="utf-8")
    assert bring(workspace, path).error is None
    found = Facts(workspace.facts, workspace.engine).scan("traffic_daily").collect()
    assert found.select("channel", "sessions", "engaged_sessions").row(0) == ("Direct", 40, 20)


@pytest.mark.parametrize(
    "header",
    [
        "Nap;Kampány neve;Elköltött összeg (EUR);Megjelenítések;Hivatkozáskattintások",
        "Tag;Kampagnenname;Ausgegebener Betrag (EUR);Impressionen;Link-Klicks",
        "Ngày;Tên chiến dịch;Số tiền đã chi tiêu (EUR);Lượt hiển thị;Lượt click vào liên kết",
        "Dzień;Kampania;Koszt (EUR);Wyświetlenia;Kliknięcia",
    ],
)
def test_costs_of_platforms(workspace: Workspace, tmp_path: Path, header: str) -> None:
    google = header.startswith("Dzień")
    header = header.replace(" (EUR)", "") if google else header
    path = tmp_path / "ads.csv"
    path.write_text(f"{header}\n2026-05-01;Spring;1 234,56{' €' if google else ''};10 000;55\n", encoding="utf-8")
    assert bring(workspace, path).error is None
    spend = Facts(workspace.facts, workspace.engine).scan("spend").collect()
    assert spend.select("cost", "currency", "impressions", "clicks").row(0) == (
        *(Decimal("1234.5600"), "EUR"),
        *(10000, 55),
    )
