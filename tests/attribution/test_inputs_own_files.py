"""earned's own files: visits, spend, posts, leads."""

from __future__ import annotations

import datetime as dt
import itertools
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from attribution.inputs.spend import EARNED_SPEND
from attribution.inputs.spend_platforms import TIKTOK_ADS
from attribution.inputs.urls import kept_urls, tag_value
from config.intake import ImportReport, Layout, ReadContext, choose_layout, list_quarantine, parse_table, take_in
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
VISITS = "visit_id,visitor,time,landing_url,referrer,order_id,customer"
SPEND = (
    "date,platform,campaign,cost,currency,source,medium,cost_type,influencer,impressions,clicks,conversions,"
    "conversion_value"
)
POSTS = (
    "network,post_id,published_at,permalink,caption,post_type,is_paid,impressions,reach,likes,comments,shares,saves,"
    "clicks"
)
LEADS = "lead_id,created_at,source,medium,campaign,stage,won_at,deal_amount,currency"
Bring = Callable[..., ImportReport]
CONTEXT = ReadContext(
    account="default",
    timezone="Europe/Berlin",
    currency="EUR",
    domains=(),
    tax_included=None,
    keyed_hash=pl.Series.hash,
)


@pytest.fixture
def facts(workspace: Workspace) -> Facts:
    return Facts(workspace.facts, workspace.engine)


@pytest.fixture
def bring(workspace: Workspace, facts: Facts, tmp_path: Path) -> Bring:
    """`bring(header, row, ...)` imports a file of these lines and checks that every row is counted once."""
    numbers = itertools.count()

    def take(*lines: str) -> ImportReport:
        file = tmp_path / f"{next(numbers)}.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        report = take_in(workspace, file, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
        counted = report.accepted + report.updated + report.duplicates + report.quarantined + report.skipped
        assert (report.error, counted) == (None, report.read)
        return report

    return take


@pytest.mark.parametrize(
    ("header", "layout"),
    [(VISITS, "earned_visits"), (SPEND, "earned_spend"), (POSTS, "earned_posts"), (LEADS, "earned_leads"),
     ("Visitor,TIME,landing_url,referrer", "earned_visits"),
     ("date_from,date_to,platform,campaign,cost,currency", "earned_spend")],
)  # fmt: skip
def test_the_header_tells_the_layout(header: str, layout: str) -> None:
    table = parse_table(f"{header}\n".encode(), file="x.csv")
    assert choose_layout(table, LAYOUTS, file="x.csv", wanted=None).id == layout


def test_a_visit_becomes_a_touch(bring: Bring, facts: Facts, workspace: Workspace) -> None:
    url = "https://acme.example/p?utm_source=IG&utm_medium=Influencer&utm_campaign=May&utm_content=anna.kow"
    bring(VISITS, f"v1,c-1,2026-05-03T12:00:00+02:00,{url},https://l.instagram.com/,#1001,Jane@Mail.example")
    touch = facts.scan("touches").collect().row(0, named=True)
    hashed = workspace.keyed_hash(pl.Series(["c-1", "jane@mail.example"])).to_list()
    assert [touch["visitor"], touch["customer_key"]] == hashed
    assert touch["touched_at"] == dt.datetime(2026, 5, 3, 10, tzinfo=dt.UTC)
    known = {"account": "default", "touch_id": "v1", "order_ref": "1001", "landing_url": url, "landing_path": "/p",
             "landing_host": "acme.example", "referrer_host": "l.instagram.com", "utm_source": "IG",
             "utm_medium": "Influencer", "utm_content": "anna.kow", "source": "instagram", "medium": "influencer",
             "campaign": "may", "evidence": "utm"}  # fmt: skip
    assert {name: touch[name] for name in known} == known


@pytest.mark.parametrize("visitor", ["", "(not set)", "null", "undefined", "  "])
def test_a_visit_of_nobody_is_put_aside(bring: Bring, facts: Facts, visitor: str) -> None:
    report = bring(VISITS, f"v1,{visitor},2026-05-03T12:00:00Z,/,,,", "v2,c,soon,/,,,", "v3,c,2026-05-03 12:00,/,,,")
    assert report.reasons == {"missing_visitor": 1, "bad_time": 1}
    assert facts.scan("touches").collect()["touched_at"].to_list() == [dt.datetime(2026, 5, 3, 10, tzinfo=dt.UTC)]


def test_a_row_with_nothing_but_a_foreign_column_is_put_aside_and_a_repeated_header_left_out(bring: Bring) -> None:
    header = "visitor,time,landing_url,referrer,note"
    report = bring(header, ",,,,hello", header, "c,2026-05-03,/p,,")
    assert report.reasons == {"missing_visitor": 1, "repeated_header": 1}


def test_a_visit_without_id_is_the_same_visit_in_every_file(bring: Bring, facts: Facts) -> None:
    header, row = "visitor,time,landing_url,referrer", "c-1,2026-05-03T12:00:00Z,/p,"
    bring(header, row, "c-1,2026-05-03T12:00:01Z,/p,")
    report = bring(header, row, row, "c-2,2026-05-03T12:00:00Z,/p,")
    assert (report.accepted, report.duplicates) == (1, 2)
    ids = facts.scan("touches").collect()["touch_id"]
    assert ids.n_unique() == len(ids) == 3
    assert ids.str.contains(r"^[0-9a-f]{32}$").all()


def test_coming_back_from_paying_is_no_referral(bring: Bring, facts: Facts) -> None:
    bring(VISITS, "a,c,2026-05-03T12:00:00Z,https://acme.example/thanks,https://checkout.stripe.com/x,,",
          "b,c,2026-05-03T13:00:00Z,https://acme.example/p,https://www.acme.example/,,",
          "c,c,2026-05-03T14:00:00Z,https://acme.example/p,https://blog.example/,,")  # fmt: skip
    assert facts.scan("touches").collect()["evidence"].to_list() == ["none", "none", "referrer"]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://s.example/p?a=1&utm_source=ig#top", "https://s.example/p?utm_source=ig#top"),
        ("https://s.example/p?email=jane@mail.example&coupon=ANNA10", "https://s.example/p?coupon=ANNA10"),
        ("https://s.example/p?customer=4711&E=1&phone=2&token=3&ref=anna", "https://s.example/p?ref=anna"),
        ("https://s.example/p?xyz=jane#top", "https://s.example/p#top"),
        ("https://s.example/p#access_token=x&utm_source=a", "https://s.example/p#utm_source=a"),
        ("https://s.example/p#/v/x?UTM_Source=a&sid=1", "https://s.example/p#UTM_Source=a"),
        ("https://s.example/p?utm_term=jane%40mail.example&fbclid=b2", "https://s.example/p?fbclid=b2"),
        ("https://s.example/p?ref=jane%20r%2540mail.example&gclid=2", "https://s.example/p?gclid=2"),
        ("https://s.example/u/jane@mail.example/x", "https://s.example/u//x"),
        ("https://jane:secret@s.example/p", "https://s.example/p"),
        ("https://s.example/p?utm_content=@anna.kow", "https://s.example/p?utm_content=@anna.kow"),
        ("https://video.example/@anna.kow/1", "https://video.example/@anna.kow/1"),
        ("https://s.example/p?sku=1&size=e&bundle=x", "https://s.example/p?sku=1"),
        ("https://s.example/p?utm_source%3Dig%26who%3Djane", "https://s.example/p?utm_source=ig"),
        ("https://s.example/men%3Fname%3Djane%26utm_source%3Dhero", "https://s.example/men?utm_source=hero"),
        (
            "https://s.example/p?utm_source=a&amp;name=jane&amp;utm_medium=b",
            "https://s.example/p?utm_source=a&utm_medium=b",
        ),
        ("https://s.example/p?id=7", "https://s.example/p"),
        ("/p?utm_source=a&name=jane", "/p?utm_source=a"),
    ],
)
def test_urls_are_kept_with_known_parameters_alone(url: str, kept: str) -> None:
    assert kept_urls(pl.Series([url, url]), own=["sku", "a.b"]).to_list() == [kept, kept]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://forum.example/viewtopic.php?f=2&t=123&sid=ab12", "https://forum.example/viewtopic.php?f=2&t=123"),
        ("https://news.example/item?id=42", "https://news.example/item?id=42"),
        ("https://search.example/?q=jane+roe+berlin", "https://search.example/"),
        (None, None),
    ],
)
def test_pages_of_others_are_kept_with_the_number_of_the_page(url: str | None, kept: str | None) -> None:
    assert kept_urls(pl.Series([url], dtype=pl.String), foreign=True).item() == kept


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.sampled_from(["", "&ref=", "#", "/", "?utm_term="]))
def test_no_e_mail_address_is_kept_in_any_place(noise: str, place: str) -> None:
    url = f"https://s.example/p?{noise}{place}jane@mail.example"
    assert "jane@mail.example" not in kept_urls(pl.Series([url])).item()


@pytest.mark.parametrize(
    ("tag", "kept"),
    [
        ("anna.kow", "anna.kow"),
        ("@anna.kow", "@anna.kow"),
        ("jane@mail.example", None),
        ("to jane%40mail.example", None),
    ],
)
def test_a_tag_with_an_address_is_no_tag(tag: str, kept: str | None) -> None:
    assert pl.DataFrame({"tag": [tag]}).select(tag_value(pl.col("tag"))).item() == kept


def test_no_address_of_a_visitor_reaches_the_disk(bring: Bring, facts: Facts, workspace: Workspace) -> None:
    bad = "https://acme.example/u/jane@mail.example?utm_source=jane@mail.example&email=jane@mail.example"
    bring(VISITS, f"v1,jane@mail.example,2026-05-03T12:00:00Z,{bad},{bad},#1,jane@mail.example",
          f"v2,,2026-05-03T12:00:00Z,{bad},,,jane@mail.example", f"v3,c,jane@mail.example,{bad},,,")  # fmt: skip
    assert len(list_quarantine(workspace.engine)) == 2
    assert "jane" not in str(facts.scan("touches").collect().rows())
    workspace.engine.dispose()
    for file in workspace.data.rglob("*"):
        assert not file.is_file() or b"jane" not in file.read_bytes()


def test_a_cost_line(bring: Bring, facts: Facts) -> None:
    bring(SPEND, '2026-05-03,Meta,Holiday 26,"1,234.50",eur,FB,Paid Social,,,"25,881",12,1.5,80',
          "2026-05-03,,holiday26,300,,,,creator fee,Instagram:@Anna.Kow,,,,")  # fmt: skip
    media = facts.scan("spend").filter(pl.col("platform") == "meta").collect().row(0, named=True)
    known = {"date_from": dt.date(2026, 5, 3), "date_to": dt.date(2026, 5, 3), "source": "facebook",
             "medium": "paid_social", "campaign": "holiday 26", "cost_type": "media", "cost": Decimal("1234.5"),
             "currency": "EUR", "impressions": 25881, "clicks": 12, "claimed_conversions": 1.5,
             "claimed_value": Decimal(80), "person": None}  # fmt: skip
    assert {name: media[name] for name in known} == known
    fee = facts.scan("spend").filter(pl.col("platform").is_null()).collect().row(0, named=True)
    assert (fee["person"], fee["cost_type"], fee["currency"]) == ("instagram:anna.kow", "creator_fee", "EUR")
    assert (fee["impressions"], fee["claimed_value"]) == (None, None)


@pytest.mark.parametrize(
    ("row", "cost_type"),
    [
        ("2026-05-03,tiktok,x,1,EUR,,,,tiktok:anna,,,,", "creator_fee"),
        ("2026-05-03,tiktok,x,1,EUR,tiktok,,,tiktok:anna,,,,", "creator_fee"),
        ("2026-05-03,tiktok,x,1,EUR,,,media,tiktok:anna,,,,", "media"),
        ("2026-05-03,tiktok,x,1,EUR,,cpc,,tiktok:anna,,,,", "media"),
        ("2026-05-03,TikTok Ads,x,1,EUR,,,,tiktok:anna,,,,", "media"),
        ("2026-05-03,tiktok,x,1,EUR,,,,,,,,", "media"),
    ],
)
def test_a_cost_that_names_a_person_and_no_ad_is_theirs(bring: Bring, facts: Facts, row: str, cost_type: str) -> None:
    bring(SPEND, row)
    assert facts.scan("spend").collect()["cost_type"].to_list() == [cost_type]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-05-03,meta,x,12.34567,EUR,,,,,,,,", "bad_money"),
        ("2026-05-03,meta,x,lots,EUR,,,,,,,,", "bad_money"),
        ("2026-05-03,meta,x, --,EUR,,,,,,,,", "missing_cost"),
        ("2026-13-03,meta,x,1,EUR,,,,,,,,", "bad_date"),
        (",meta,x,1,EUR,,,,,,,,", "bad_date"),
        ("05/06/2026,meta,x,1,EUR,,,,,,,,", "bad_date"),
        ("2026-05-03,meta,x,1,euros,,,,,,,,", "bad_currency"),
        ("2026-05-03,meta,x,1,EUR,,,bribes,,,,,", "unknown_cost_type"),
        ("2026-05-03,meta,x,1,EUR,,,,anna,,,,", "bad_influencer"),
        ("2026-05-03,meta,x,1,EUR,,,,,1.5,,,", "bad_number"),
    ],
)
def test_a_cost_line_that_cannot_be_used(bring: Bring, facts: Facts, row: str, reason: str) -> None:
    assert bring(SPEND, row).reasons == {reason: 1}
    assert facts.scan("spend").collect().is_empty()


def test_a_restated_day_replaces_the_earlier_statement(bring: Bring, facts: Facts) -> None:
    bring("date,platform,campaign,cost,currency", "2026-05-03,meta,x,10,EUR")
    report = bring("date,platform,campaign,cost,currency", "2026-05-03,meta,x,12,EUR", "2026-05-04,meta,x,5,EUR")
    assert (report.accepted, report.updated) == (1, 1)
    assert facts.scan("spend").collect()["cost"].sum() == 17


def test_a_span_of_days_totals_and_a_line_in_two_parts(bring: Bring, facts: Facts) -> None:
    header = "date_from,date_to,platform,campaign,cost,currency"
    report = bring(
        header,
        "2026-05-01,2026-05-31,meta,x,310,EUR",
        "2026-05-31,2026-05-01,meta,y,1,EUR",
        "Total,,,,311,EUR",
        "2026-05-01,2026-05-31,meta,x,300,EUR",
    )
    assert report.reasons == {"bad_period": 1, "total_row": 1}
    assert [text[:12] for text in report.warnings] == ["1 cost lines"]
    assert "added up" in report.warnings[0]
    row = facts.scan("spend").collect().row(0, named=True)
    assert (row["date_from"], row["date_to"], row["cost"]) == (dt.date(2026, 5, 1), dt.date(2026, 5, 31), Decimal(610))


COST_LINES = st.lists(
    st.tuples(
        st.sampled_from(["2026-05-03", "2026-05-04"]),
        st.sampled_from(["Spring", "spring ", "summer", "{{campaign.name}}"]),
        st.sampled_from(["EUR", "USD"]),
        st.sampled_from(["", "ad one", "ad two"]),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(lines=COST_LINES, layout=st.sampled_from([EARNED_SPEND, TIKTOK_ADS]))
def test_no_line_of_a_file_takes_the_money_of_another(
    lines: list[tuple[str, str, str, str, int]], layout: Layout
) -> None:
    """What the rows cost together is what the file says, per currency; each natural key stands once."""
    text = "date,platform,campaign,ad,currency,cost\n" + "".join(
        f"{day},tiktok,{campaign},{ad},{currency},{cents / 100:.2f}\n" for day, campaign, currency, ad, cents in lines
    )
    spend = layout.read(parse_table(text.encode(), file="costs.csv"), CONTEXT).tables["spend"]
    stated: dict[str, Decimal] = {}
    for _, _, currency, _, cents in lines:
        stated[currency] = stated.get(currency, Decimal(0)) + Decimal(cents) / 100
    assert dict(spend.group_by("currency").agg(pl.col("cost").sum()).iter_rows()) == stated
    assert not spend["spend_id"].is_duplicated().any()


def test_costs_of_one_day_in_two_currencies_are_two_lines(bring: Bring, facts: Facts) -> None:
    bring("date,platform,campaign,cost,currency", "2026-05-03,meta,x,10,EUR", "2026-05-03,meta,x,7,USD")
    spend = facts.scan("spend").collect()
    assert dict(spend.select("currency", "cost").iter_rows()) == {"EUR": Decimal(10), "USD": Decimal(7)}


def test_files_of_a_zip_overlap_as_files_do(bring: Bring, facts: Facts, workspace: Workspace, tmp_path: Path) -> None:
    header = "date,platform,campaign,cost,currency\n"
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("may.csv", header + "2026-05-03,meta,x,10,EUR\n")
        archive.writestr("may and june.csv", header + "2026-05-03,meta,x,12,EUR\n2026-06-03,meta,x,5,EUR\n")
    report = take_in(workspace, tmp_path / "two.zip", layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
    assert (report.read, facts.scan("spend").collect()["cost"].sum()) == (3, 17)
    assert any("several tables of the file" in text for text in report.warnings)


def test_own_posts(bring: Bring, facts: Facts) -> None:
    first = "Instagram,178,2026-05-03T10:00:00Z,https://i.example/p/1,Hi ☀,REEL,no,1000,,3,0,,,"
    report = bring(POSTS, first, "tiktok,1.78E+17,2026-05-03T10:00:00Z,,,,,,,,,,,", "x,5,,,later,,,,,,,,,")
    assert report.reasons == {"id_lost_digits": 1}
    posts = facts.scan("posts").collect()
    columns = ("network", "post_id", "post_type", "is_paid", "impressions", "reach", "comments")
    assert posts.select(columns).row(0) == ("instagram", "178", "reel", False, 1000, None, 0)
    assert posts["published_at"].null_count() == 1
    later = first.replace("1000", "2000").replace("2026-05-03", "2026-05-04")
    assert bring(POSTS, later).updated == 1


def test_leads(bring: Bring, facts: Facts) -> None:
    report = bring(LEADS, "L1,2026-05-03,LinkedIn,Social,May,Won,2026-06-01,2500,USD", "L2,2026-05-04,,,,New,,,",
                   ",2026-05-04,,,,new,,,", "L3,soon,,,,new,,,", "L4,2026-05-04,,,,new,,much,")  # fmt: skip
    assert report.reasons == {"missing_id": 1, "bad_date": 1, "bad_money": 1}
    leads = facts.scan("leads").collect().select("lead_id", "source", "stage", "deal_amount", "currency").rows()
    assert leads == [("L1", "linkedin", "won", Decimal(2500), "USD"), ("L2", None, "new", None, None)]


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        ("order_id,ordered_at,total,currency", ["1,2026-06-01,5,EUR", "2,2026-06-01,5,USD"], []),
        (
            "order_id,ordered_at,total,currency",
            ["1,2026-06-01,5,", "2,2026-06-01,5,USD"],
            [
                "1 order names no currency; taken as EUR. If they are in another, import the file again with "
                "--currency (on the page Data: Currency)."
            ],
        ),
        (
            "order_id,ordered_at,total,state,Presentment",
            ["1,2026-06-01,5,NY,usd", "2,2026-06-01,5,CA,CAD"],
            [
                '2 orders name no currency; taken as EUR. The column "Presentment" looks like the currency: '
                "import again with --as earned_orders --map currency=Presentment."
            ],
        ),
    ],
)
def test_orders_without_a_currency_are_told(bring: Bring, header: str, rows: list[str], said: list[str]) -> None:
    assert bring(header, *rows).warnings == said


@pytest.mark.parametrize(
    ("status", "sold"),
    [
        ("paid", True), ("bezahlt", True), ("", True), ("Cancelled", False), ("storniert", False), ("törölve", False),
        ("anulowane", False), ("בוטל", False), ("ملغي", False), (" Đã hủy ", False), ("annulée", False),
    ],
)  # fmt: skip
def test_a_cancelled_order_is_not_sold_in_any_of_our_languages(
    bring: Bring, facts: Facts, status: str, sold: bool
) -> None:
    bring(f"order_id,ordered_at,total,currency,status\nA1,2026-05-01,10.00,EUR,{status}\n")
    (order,) = facts.scan("orders").collect().to_dicts()
    assert (order["cancelled_at"] is None) == sold
