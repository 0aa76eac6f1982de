"""Columns of unknown files: what is proposed, what is asked, and how what a person said is applied."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import mappings
from config.mappings import ColumnMapping, iso_day, plain_number
from config.reading import TextTable, parse_table
from config.workspace import Workspace
from tests.ui.pages import NOW
from ui import imports, mapping, pipeline


def table(text: str) -> TextTable:
    return parse_table(text.encode(), file="x.csv")


def proposed(text: str) -> tuple[str, dict[str, str]]:
    read = table(text)
    target = mapping.propose_target(read)
    return target.layout, mapping.propose(read, target)


CASES = {
    "German orders": (
        "Bestellnummer;Bestelldatum;Gesamt;Währung;E-Mail\nA-1;03.05.2026;1.234,50;EUR;a@example.org\n",
        ("earned_orders", {"order_id": "Bestellnummer", "ordered_at": "Bestelldatum", "total": "Gesamt",
                           "currency": "Währung", "customer": "E-Mail"}),
    ),
    "Polish costs": (
        "Data,Kanał,Kampania,Wydatki\n2026-05-01,meta,wiosna,12.50\n",
        ("earned_spend", {"date": "Data", "platform": "Kanał", "campaign": "Kampania", "cost": "Wydatki"}),
    ),
    "visits": (
        "Client ID,Timestamp,Landing page,Referrer\nx1,2026-05-01T10:00:00Z,https://acme.example/,https://t.co/a\n",
        ("earned_visits", {"visitor": "Client ID", "time": "Timestamp", "landing_url": "Landing page",
                           "referrer": "Referrer"}),
    ),
    "keyword prices": (
        "Suchbegriff,Avg. CPC\nkettle,0.45\n",
        ("keyword_prices", {"keyword": "Suchbegriff", "cpc": "Avg. CPC"}),
    ),
    "leads": (
        "Record ID,Create date,Lifecycle stage,Deal value\n7,2026-05-01,won,900.00\n",
        ("earned_leads", {"lead_id": "Record ID", "created_at": "Create date", "stage": "Lifecycle stage",
                          "deal_amount": "Deal value"}),
    ),
    "an account's days": (
        "Platform,Account,Day,Fans\ninstagram,acme,2026-05-01,1200\n",
        ("earned_account_daily", {"network": "Platform", "handle": "Account", "date": "Day", "followers": "Fans"}),
    ),
    "mentions": (
        "Permalink,Treść,Autor,Opublikowano dnia\nhttps://x.example/1,acme kettle,anna,2026-05-01 10:00\n",
        ("earned_mentions", {"link": "Permalink", "text": "Treść", "author": "Autor", "date": "Opublikowano dnia"}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_columns_are_proposed_by_their_names_and_cells(name: str) -> None:
    text, expected = CASES[name]
    assert proposed(text) == expected


ONE_BAD = [
    ("Bon;Datum;Summe;Kunde\nB-1;02.05.2026;10,50;a\nB-2;13.05.2026;7,00;b\nB-3;gestern;3,00;c\n", "Datum", "Summe"),
    ("Bon;Datum;Summe;Kunde\nB-1;02.05.2026;10,50;a\nB-2;13.05.2026;?;b\nB-3;14.05.2026;3,00;c\n", "Datum", "Summe"),
    ("Bon;Zzz;Summe;Kunde\nB-1;02.05.2026;10,50;a\nB-2;13.05.2026;7,00;b\nB-3;gestern;3,00;c\n", "Zzz", "Summe"),
]


@pytest.mark.parametrize(("text", "day", "total"), ONE_BAD, ids=["day", "amount", "day without a name"])
def test_one_bad_cell_among_good_ones_hides_no_column(text: str, day: str, total: str) -> None:
    layout, columns = proposed(text)
    assert layout == "earned_orders"
    assert {"order_id": "Bon", "ordered_at": day, "total": total}.items() <= columns.items()


def test_a_column_whose_cells_do_not_fit_is_not_proposed() -> None:
    read = table("order no,date,total\nA-1,2026-05-01,unknown\nA-2,2026-05-02,later\n")
    assert "total" not in mapping.propose(read, mapping.TARGETS[0])


@pytest.mark.parametrize(
    ("values", "unclear"),
    [
        (["05/06/2026", "07/08/2026"], True),
        (["05/06/2026", "20/08/2026"], False),
        (["2026-05-06"], False),
        (["5.6.2026"], False),
        (["05/05/2026"], False),
    ],
)
def test_days_are_asked_about_only_where_the_cells_do_not_tell(values: list[str], unclear: bool) -> None:
    assert mapping.unclear_days(values) == unclear


@pytest.mark.parametrize(
    ("values", "unclear"),
    [(["1,234"], True), (["1.234", "2.000"], True), (["1,234", "1,5"], False), (["12.50"], False), (["12"], False)],
)
def test_decimals_are_asked_about_only_where_the_cells_do_not_tell(values: list[str], unclear: bool) -> None:
    assert mapping.unclear_decimals(values) == unclear


def test_a_sorted_file_tells_the_order_offered_first() -> None:
    assert mapping.probable_order(["01/05/2026", "02/05/2026", "01/06/2026"]) == "dmy"
    assert mapping.probable_order(["05/01/2026", "05/02/2026", "06/01/2026"]) == "mdy"


@pytest.mark.parametrize(
    ("text", "order", "read"),
    [
        ("05/06/2026", "dmy", "2026-06-05"),
        ("05/06/2026", "mdy", "2026-05-06"),
        ("5.6.26 14:30", "dmy", "2026-06-05 14:30"),
        ("2026-06-05", "mdy", "2026-06-05"),
        ("20/05/2026", "mdy", "2026-20-05"),
        ("yesterday", "dmy", "yesterday"),
    ],
)
def test_days_are_written_as_the_person_said(text: str, order: str, read: str) -> None:
    assert iso_day(text, order=order) == read


@pytest.mark.parametrize(
    ("text", "decimal", "read"),
    [
        ("1.234,50 €", ",", "1234.50 €"),
        ("1,234", ",", "1.2340"),
        ("1,234", ".", "1234"),
        ("1.234", ",", "1234"),
        ("-12,5", ",", "-12.5"),
        ("1 234,56", ",", "1234.56"),
        ("n/a", ",", "n/a"),
        ("1.429999948", ".", "1.4300"),
    ],
)
def test_numbers_are_written_as_the_person_said(text: str, decimal: str, read: str) -> None:
    assert plain_number(text, decimal=decimal) == read


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from([",", "."]))
def test_a_number_written_either_way_is_the_same_number(value: Decimal, decimal: str) -> None:
    text = f"{value:,.2f}"
    written = text if decimal == "." else text.translate(str.maketrans(",.", ".,"))
    assert Decimal(plain_number(written, decimal=decimal)) == value


ORDERS = "No;When;Sum;Who\nA-1;05/06/2026;1,234;a@example.org\nA-2;06/06/2026;2,000;b@example.org\n"
CHOICE = ColumnMapping(
    "earned_orders",
    {"order_id": "No", "ordered_at": "When", "total": "Sum", "customer": "Who"},
    constants={"currency": "PLN"},
    written={"ordered_at": "dmy", "total": ","},
)


def write(space: Workspace, text: str, name: str = "orders.csv") -> Path:
    file = space.folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_mapping_is_tried_before_it_is_remembered(workspace: Workspace) -> None:
    file = write(workspace, ORDERS)
    headers = tuple(table(ORDERS).headers)
    seen = imports.look(workspace, file, mapping=ColumnMapping(**{**vars(CHOICE), "headers": headers}))
    (read,) = seen.recognised
    assert read.values["orders"].select("order_id", "total", "currency").rows() == [
        ("A-1", Decimal("1.2340"), "PLN"),
        ("A-2", Decimal("2.0000"), "PLN"),
    ]
    assert read.names == {"No": "order_id", "When": "ordered_at", "Sum": "total", "Who": "customer"}
    assert mappings.known(workspace.engine) == []


def test_a_remembered_mapping_reads_further_files_and_can_be_forgotten(workspace: Workspace) -> None:
    headers = table(ORDERS).headers
    mappings.remember(workspace.engine, headers, CHOICE, now=NOW)
    further = write(workspace, "Who;No;Sum;When\na@example.org;A-3;3,500;07/06/2026\n", "june.csv")
    report = pipeline.take_file(workspace, further, now=NOW)
    assert (report.layout, report.accepted) == ("earned_orders", 1)
    (order,) = pipeline.facts_of(workspace).scan("orders").collect().rows(named=True)
    assert (order["total"], order["currency"], order["ordered_at"].date()) == (
        Decimal("3.5"),
        "PLN",
        dt.date(2026, 6, 6) if order["ordered_at"].hour == 22 else dt.date(2026, 6, 7),
    )
    (known,) = mappings.known(workspace.engine)
    assert (known.headers, known.constants) == (headers, {"currency": "PLN"})
    assert mappings.forget(workspace.engine, known.id)
    assert not mappings.forget(workspace.engine, known.id)
    assert "no known layout" in str(pipeline.take_file(workspace, write(workspace, ORDERS), now=NOW).error)


def test_a_day_that_the_chosen_order_makes_impossible_is_put_aside(workspace: Workspace) -> None:
    mappings.remember(workspace.engine, table(ORDERS).headers, CHOICE, now=NOW)
    report = pipeline.take_file(workspace, write(workspace, ORDERS + "A-3;06/20/2026;1,000;c@example.org\n"), now=NOW)
    assert (report.accepted, report.quarantined) == (2, 1)


def test_a_column_that_bears_our_name_by_chance_is_set_apart() -> None:
    read = table("total,net,No,When\n1,2,A-1,2026-05-01\n")
    applied = mappings.applied(read, ColumnMapping("earned_orders", {"total": "net", "order_id": "No"}))
    assert applied is not None
    assert applied.headers == ("total (not mapped)", "total", "order_id", "When")


def test_a_mapping_that_names_one_column_twice_fits_nothing() -> None:
    read = table("a,b\n1,2\n")
    assert mappings.applied(read, ColumnMapping("earned_orders", {"total": "a", "order_id": "a"})) is None
    assert mappings.applied(read, ColumnMapping("earned_orders", {"total": "gone"})) is None


def test_needed_columns_may_be_one_value_for_the_whole_file() -> None:
    target = mapping.target_of("earned_spend")
    assert target is not None
    chosen = ColumnMapping("earned_spend", {"date": "a", "cost": "b"}, constants={"platform": "meta", "campaign": ""})
    assert mapping.missing(target, chosen) == ["campaign"]


def test_every_target_is_read_by_a_layout_with_these_columns() -> None:
    known = {layout.id: layout for layout in pipeline.LAYOUTS}
    for target in mapping.TARGETS:
        layout = known[target.layout]
        assert layout.headers <= {column.name for column in target.columns}


@pytest.mark.shared_data
def test_real_tables_of_no_known_layout_can_be_mapped(shared_data: Callable[..., Path], workspace: Workspace) -> None:
    file = shared_data("exports", "meta_ads_kag_conversion.csv")
    read = parse_table(file.read_bytes(), file=file.name)
    chosen = ColumnMapping(
        "earned_spend",
        {"campaign": "ad_id", "cost": "Spent", "clicks": "Clicks", "impressions": "Impressions"},
        constants={"platform": "meta", "date": "2017-08-30", "currency": "USD"},
        written={"cost": "."},
        headers=read.headers,
    )
    assert mapping.choices_for(mapping.TARGETS[2].columns[3], mapping.values_of(read, "Spent")) == (".", ",")
    mappings.remember(workspace.engine, read.headers, chosen, now=NOW)
    report = pipeline.take_file(workspace, file, now=NOW)
    assert report.error is None
    total = pipeline.facts_of(workspace).scan("spend").collect()["cost"].sum()
    assert round(total, 2) == Decimal("55662.15")


# --- on the command line --------------------------------------------------------------------------------------------


def ask(space: Workspace, *words: str) -> tuple[int, str]:
    from typer.testing import CliRunner

    from ui.cli import app

    asked = CliRunner().invoke(app, ["--workspace", str(space.folder), "import", *words])
    return asked.exit_code, asked.output


def test_columns_can_be_said_on_the_command_line_and_are_remembered(workspace: Workspace) -> None:
    text = "Bon;Datum;Summe\nB-1;2026-06-01;12,50\n"
    file = write(workspace, text, "kassa.csv")
    code, told = ask(workspace, str(file))
    assert (code, "--as and --map" in told) == (1, True)
    pairs = ["order_id=Bon", "ordered_at=Datum", "total=Summe", "currency:=PLN"]
    maps = [word for pair in pairs for word in ("--map", pair)]
    assert ask(workspace, str(file), "--as", "earned_orders", *maps)[0] == 0
    assert ask(workspace, str(write(workspace, text.replace("B-1", "B-2"), "next.csv")))[0] == 0
    orders = pipeline.facts_of(workspace).scan("orders").collect()
    assert orders.select("order_id", "currency").rows() == [("B-1", "PLN"), ("B-2", "PLN")]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--map", "total=Summe"], "--map needs --as"),
        (["--as", "earned_orders", "--map", "total"], "COLUMN=HEADER"),
        (["--as", "earned_orders", "--map", "sum=Summe"], "COLUMN=HEADER"),
        (["--as", "earned_orders", "--map", "total=Betrag"], "has no column 'Betrag'"),
        (["--as", "earned_orders", "--map", "total=Summe"], "lacks order_id, ordered_at"),
    ],
)
def test_columns_said_wrongly_are_told(workspace: Workspace, words: list[str], told: str) -> None:
    file = write(workspace, "Bon;Datum;Summe\nB-1;2026-06-01;12,50\n", "kassa.csv")
    code, said = ask(workspace, str(file), *words)
    assert (code, told in " ".join(said.split())) == (2, True)


ORDERS_IN = {
    "German": "Datum;Bestellnummer;Summe\n03.05.2026;A1;1.234,50\n",
    "Polish": "Data;Zamówienie;Kwota\n2026-05-03;A1;12,50\n",
    "Polish without its letters": "data zamowienia;nr zamowienia;lacznie\n2026-05-03;A1;12,50\n",
    "Hungarian": "Dátum;Rendelésszám;Összeg\n2026-05-03;A1;12,50\n",
    "Hebrew": 'תאריך,מספר הזמנה,"סה""כ"\n2026-05-03,A1,12.50\n',
    "Arabic": "التاريخ,رقم الطلب,المبلغ\n2026-05-03,A1,12.50\n",
    "Vietnamese": "Ngày,Mã đơn hàng,Tổng\n2026-05-03,A1,12.50\n",
    "Vietnamese, decomposed": unicodedata.normalize("NFD", "Ngày,Mã đơn hàng,Tổng\n2026-05-03,A1,12.50\n"),
    "French": 'Date,N° de commande,Montant\n03/05/2026,A1,"12,50"\n',
    "Spanish": 'Fecha,Nº de pedido,Importe\n03/05/2026,A1,"12,50"\n',
    "Italian": 'Data ordine,Numero ordine,Totale\n03/05/2026,A1,"12,50"\n',
    "Portuguese": 'Data,Número do pedido,Valor total\n03/05/2026,A1,"12,50"\n',
    "Turkish": 'Tarih,Sipariş No,Tutar\n03/05/2026,A1,"12,50"\n',
    "a compound": "Belegdatum;Belegnummer;Restbetrag\n03.05.2026;A1;12,50\n",
}


@pytest.mark.parametrize("name", list(ORDERS_IN))
def test_orders_are_known_in_the_languages_of_the_shops(name: str) -> None:
    text = ORDERS_IN[name]
    read = table(text)
    day, number, total = (read.headers[i] for i in (0, 1, 2))
    assert proposed(text) == ("earned_orders", {"ordered_at": day, "order_id": number, "total": total})


@pytest.mark.parametrize(
    ("text", "ours", "by", "name", "language"),
    [
        ("Data;Zamówienie;Kwota\n2026-05-03;A1;12,50\n", "ordered_at", "name", "data", "pl"),  # not Italian
        ("Dátum;Rendelésszám;Összeg\n2026-05-03;A1;12,50\n", "ordered_at", "name", "dátum", "hu"),  # not German
        ("Bestellung;Datum;Restbetrag\nA1;3.5.2026;12,50\n", "total", "part", "Betrag", "de"),
        ("x;y;z;w\nA1;3.5.2026;12,50;3,00\nA2;4.5.2026;14,50;3,00\n", "total", "cells", None, None),  # the largest
    ],
)
def test_a_guess_says_what_spoke_for_it(text: str, ours: str, by: str, name: str | None, language: str | None) -> None:
    guess = mapping.guesses(table(text), mapping.TARGETS[0])[ours]
    assert (guess.by, guess.name, guess.language) == (by, name, language)


def test_nothing_is_proposed_for_a_table_that_is_like_none() -> None:
    assert mapping.proposal(table("a,b\nred,blue\n")) is None
    found = mapping.proposal(table("Datum;Kampagne;Kosten\n3.5.2026;spring;12,50\n"))
    assert found is not None
    assert (found.layout, found.missing) == ("earned_spend", ("platform",))
