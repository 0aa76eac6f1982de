"""What the ad platforms export: Meta, Google, TikTok, LinkedIn and Microsoft, one layout each, all read alike.

A row is a cost of a campaign (ad set, ad) for a day, or for the whole period where the export has no days. Rows that
differ only by a breakdown (age, placement) are added up. What a platform claims to have brought stays its claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import polars as pl

from attribution.inputs import translated
from attribution.inputs.cells import columns, currency_told, leave_out, no_nulls
from attribution.inputs.spend import COLUMNS, spend_of, whole_file
from attribution.inputs.times import MONTH_FIRST, days
from config.intake import Layout, Parsed, ReadContext, TextTable

_RESULT = ("results", "result indicator")
_RANGE = re.compile(r"^(.*?\d)\s+[-\u2013\u2014]\s+(.*\d)$")


def _reader(
    *, platform: str, source: str, medium: str, order: str | None
) -> Callable[[TextTable, ReadContext], Parsed]:
    def read(table: TextTable, context: ReadContext) -> Parsed:
        rows, skipped = leave_out(columns(table, (*COLUMNS, *_RESULT)))
        # Meta counts as results what a campaign is for; only of purchases it is what a conversion is here.
        bought = pl.col("result indicator").str.contains("(?i)purchase|achat|kauf|compra|zakup|vásárl")
        rows = rows.with_columns(pl.coalesce("conversions", pl.when(bought).then("results")).alias("conversions"))
        rows = rows.with_columns(
            no_nulls(rows["campaign"]).alias("campaign"), no_nulls(rows["currency"]).alias("currency")
        )
        empty = rows.filter(pl.col("campaign").is_null())["source_line"].to_list()
        rows = rows.filter(pl.col("campaign").is_not_null())
        start, end = _period(table)
        told = pl.lit(table.said.get("currency", "").upper() or None, dtype=pl.String)
        undated = pl.all_horizontal(pl.col(name).is_null() for name in ("date", "date_from"))
        rows = rows.with_columns(
            pl.lit(platform).alias("platform"),
            pl.lit(source).alias("source"),
            pl.lit(medium).alias("medium"),
            pl.coalesce("currency", told, currency_told(pl.col("cost"))).alias("currency"),
            pl.when(undated).then(pl.lit(start, dtype=pl.String)).otherwise("date_from").alias("date_from"),
            pl.when(undated).then(pl.lit(end, dtype=pl.String)).otherwise("date_to").alias("date_to"),
        )
        by_day = pl.when(pl.col("date").is_not_null()).then(None)
        rows = rows.with_columns(by_day.otherwise(pl.col(name)).alias(name) for name in ("date_from", "date_to"))
        left_out = skipped | dict.fromkeys(empty, "total_row")
        return spend_of(rows, context, skipped=left_out, order=order, split=True)

    return read


def _period(table: TextTable) -> tuple[str | None, str | None]:
    """The range that stands above the table, as ISO days: "July 8, 2025 - July 31, 2025"."""
    for text in table.said.values():
        found = _RANGE.match(text)
        pair = days(pl.Series([found[1], found[2]])).values if found else None
        if pair is not None and not pair.has_nulls():
            return str(pair[0]), str(pair[1])
    return None, None


_IDS: Mapping[str, str] = {
    **dict.fromkeys(("campaign id", "id de campaña", "identifiant de la campagne", "kampagnen-id"), "campaign_id"),
    **dict.fromkeys(
        ("identyfikator kampanii", "kampányazonosító", "kampány azonosítója", "מזהה קמפיין"), "campaign_id"
    ),
    **dict.fromkeys(("معرف الحملة", "id chiến dịch", "mã chiến dịch", "campaignid"), "campaign_id"),
    **dict.fromkeys(("ad set id", "ad group id", "adgroup id", "anzeigengruppen-id"), "adgroup_id"),
    **dict.fromkeys(("ad id", "anzeigen-id", "identifiant de la publicité"), "ad_id"),
}


def _layout(
    id: str,
    title: str,
    *,
    headers: frozenset[str],
    names: Mapping[str, str],
    platform: str,
    medium: str,
    source: str | None = None,
    order: str | None = None,
    patterns: tuple[tuple[str, str], ...] = (),
    one_of: tuple[frozenset[str], ...] = (),
) -> Layout:
    return Layout(
        id=id,
        title=title,
        headers=headers,
        sink="facts",
        read=_reader(platform=platform, source=source or platform, medium=medium, order=order),
        finish=whole_file,
        system=platform,
        synonyms={**_IDS, **names},
        patterns=patterns,
        one_of=one_of,
        not_with=frozenset({"platform", "cost_type"}),
    )


META_ADS = _layout(
    "meta_ads",
    "Meta ads (Ads Manager > Export table data, CSV or XLSX)",
    headers=frozenset({"campaign", "cost"}),
    platform="meta",
    source="facebook",
    medium="paid_social",
    names={
        **translated.META,
        **{"campaign name": "campaign", "nom de la campagne": "campaign", "nombre de la campaña": "campaign"},
        **{"nazwa kampanii": "campaign", "kampagnenname": "campaign"},
        **{"ad set name": "adgroup", "nom de l'ensemble de publicités": "adgroup", "anzeigengruppenname": "adgroup"},
        **{"ad name": "ad", "nom de la publicité": "ad", "anzeigenname": "ad"},
        **{"day": "date", "jour": "date", "tag": "date", "día": "date", "dzień": "date"},
        **{"reporting starts": "date_from", "début des rapports": "date_from", "berichtsstart": "date_from"},
        **{"inicio del informe": "date_from", "początek raportowania": "date_from"},
        **{"reporting ends": "date_to", "fin des rapports": "date_to", "berichtsende": "date_to"},
        **{"fin del informe": "date_to", "zakończenie raportowania": "date_to"},
        **{"link clicks": "clicks", "clics sur un lien": "clicks", "link-klicks": "clicks"},
        **{"impressionen": "impressions", "impresiones": "impressions", "wyświetlenia": "impressions"},
        **{"couverture": "reach", "reichweite": "reach", "alcance": "reach", "zasięg": "reach"},
        **{"attribution setting": "attribution_setting", "paramètre d'attribution": "attribution_setting"},
        **{"purchases": "conversions", "website purchases": "conversions", "achats": "conversions"},
        **{"results": "results", "purchases conversion value": "conversion_value"},
        **{"website purchases conversion value": "conversion_value", "date": "day (unused)"},
        **{"cost": "cost (unused)", "campaign": "campaign (unused)", "spend": "spend (unused)"},
    },
    patterns=(
        (r"amount spent(?: \((?P<currency>[a-z]{3})\))?", "cost"),
        (r"montant dépensé(?: \((?P<currency>[a-z]{3})\))?", "cost"),
        (r"ausgegebener betrag(?: \((?P<currency>[a-z]{3})\))?", "cost"),
        (r"importe gastado(?: \((?P<currency>[a-z]{3})\))?", "cost"),
        (r"wydana kwota(?: \((?P<currency>[a-z]{3})\))?", "cost"),
        *((rf"{words}(?: \((?P<currency>[a-z]{{3}})\))?", "cost") for words in translated.META_COST),
    ),
)

GOOGLE_ADS = _layout(
    "google_ads",
    "Google Ads (Campaigns > Download, CSV)",
    headers=frozenset({"campaign", "cost"}),
    one_of=(*(frozenset({n}) for n in ("impressions", "campaign type", "campaign status", "currency", "avg. cpc")),),
    platform="google",
    medium="cpc",
    names={
        **translated.GOOGLE,
        **translated.GOOGLE_MORE,
        **{"day": "date", "tag": "date", "kampagne": "campaign", "campagne": "campaign", "campaña": "campaign"},
        **{"kampania": "campaign", "kosten": "cost", "coût": "cost", "costo": "cost", "coste": "cost", "koszt": "cost"},
        **{
            "ad group": "adgroup",
            "impr.": "impressions",
            "currency code": "currency",
            "währungscode": "currency",
            "code de devise": "currency",
        },
        **{"conv. value": "conversion_value", "klicks": "clicks", "clics": "clicks"},
    },
)
TIKTOK_ADS = _layout(
    "tiktok_ads",
    "TikTok ads (Ads Manager > Export, CSV or XLSX)",
    headers=frozenset({"campaign", "cost"}),
    one_of=(frozenset({"clicks"}), frozenset({"adgroup"}), frozenset({"impressions"})),
    platform="tiktok",
    medium="paid_social",
    names={
        **translated.TIKTOK,
        **{"campaign name": "campaign", "ad group name": "adgroup", "ad name": "ad", "by day": "date"},
        **{"clicks (destination)": "clicks", "total cost": "cost", "total conversions": "conversions"},
        **{"stat_time_day": "date", "campaign": "campaign (unused)"},
    },
)
LINKEDIN_ADS = _layout(
    "linkedin_ads",
    "LinkedIn ads (Campaign Manager > Export, CSV)",
    headers=frozenset({"campaign", "cost", "date"}),
    platform="linkedin",
    medium="paid_social",
    order=MONTH_FIRST,
    names={
        **{"start date (in utc)": "date", "campaign name": "campaign", "total spent": "cost", "total clicks": "clicks"},
        **{"campaign group name": "campaign group", "ad name": "ad", "total conversions": "conversions"},
        **{"conversion value": "conversion_value", "date": "day (unused)", "cost": "cost (unused)"},
    },
)
MICROSOFT_ADS = _layout(
    "microsoft_ads",
    "Microsoft Advertising (Reports > Campaign, CSV)",
    headers=frozenset({"campaign", "cost", "date"}),
    platform="microsoft",
    source="bing",
    medium="cpc",
    order=MONTH_FIRST,
    names={
        **{"gregorian date": "date", "campaign name": "campaign", "spend": "cost", "currency code": "currency"},
        **{"ad group": "adgroup", "revenue": "conversion_value", "date": "day (unused)", "cost": "cost (unused)"},
    },
)
PLATFORMS = (META_ADS, GOOGLE_ADS, TIKTOK_ADS, LINKEDIN_ADS, MICROSOFT_ADS)
