"""What social media cost, day by day: costs written down, imported ad spend, and commissions that codes owe.

Discounts stand nowhere here: they are netted in the revenue, and never a cost as well.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

import polars as pl

from attribution.channels import INFLUENCER, channel_of
from attribution.currency import convert, half_even, minor_digits, minor_unit_size, money_units
from attribution.ledger import SOLD
from attribution.utm import normal_source
from config.channel_rules import ChannelRule
from config.clock import Period
from config.plans import COST_KINDS, MONEY

CREATOR_COSTS = ("creator_fee", "commission", "product_seeding")
WORK_COSTS = ("content", "labour", "tool", "agency")  # without a source they are spent on social: they are ours
CREATOR_KINDS = ("influencer_fee", "commission", "product_seeding")
KIND_OF_SPEND = {
    "media": "ad_spend",
    "creator_fee": "influencer_fee",
    "commission": "commission",
    "product_seeding": "product_seeding",
    "content": "content",
    "labour": "labour",
    "tool": "tools",
}  # any other type of an imported line is "other"
ORIGINS = ("register", "import", "codes")
LEFT_OUT = ("imported", "stated_commission")
DAILY = {
    "date": pl.Date,
    "kind": pl.String,
    "channel": pl.String,  # null: work for all of social
    "campaign": pl.String,
    "influencer": pl.String,
    "brand": pl.String,  # null: all brands, or not known
    "origin": pl.String,
    "line": pl.String,
    "amount_minor": pl.Int64,
    "reason": pl.String,
}
COMMISSIONS = {
    "date": pl.Date,
    "code": pl.String,
    "channel": pl.String,
    "campaign": pl.String,
    "influencer": pl.String,
    "amount_minor": pl.Int64,
}
_DETAILS = ("channel", "campaign", "influencer", "brand")
_PATH = ("date_from", "date_to", "kind", *_DETAILS, "origin", "line")


def daily_costs(
    costs: pl.DataFrame,
    *,
    spend: pl.DataFrame,
    commissions: pl.DataFrame | None = None,
    currency: str,
    rates: pl.DataFrame,
    period: Period,
    scope: Collection[str] | None = None,
    rules: Sequence[ChannelRule],
) -> pl.DataFrame:
    """Every cost of the period, a row a line and day, with columns DAILY; sorted by date, kind, origin and line.

    costs: `config.plans.read_costs`. spend: `tables.SPEND`. commissions: `daily_commissions`. A line is converted at
    its first day's rate and spread evenly over its days, the odd cents to the first of them, so that its days sum to
    the line and periods side by side to the whole. A line whose amount is not known stands once, on its first day in
    the period (or without a date), with amount_minor null and the reason (no_date | no_amount | no_currency | no_rate).

    Nothing counts twice: `cost_days` says which days of which line give way.
    """
    days = cost_days(
        costs,
        spend=spend,
        commissions=commissions,
        currency=currency,
        rates=rates,
        period=period,
        scope=scope,
        rules=rules,
    )
    return days.filter(pl.col("left_out").is_null()).select(*DAILY)


def cost_days(
    costs: pl.DataFrame,
    *,
    spend: pl.DataFrame,
    commissions: pl.DataFrame | None = None,
    currency: str,
    rates: pl.DataFrame,
    period: Period,
    scope: Collection[str] | None = None,
    rules: Sequence[ChannelRule],
) -> pl.DataFrame:
    """As `daily_costs`, with the days that do not count and `left_out`, which says why (null: they count).

    imported: an entry of the register of any kind, on a day for which a cost of the same kind is imported: the invoice
    stands for what was written down. What one of the two does not name (channel, campaign, person) does not tell them
    apart, but an entry without channel stands for those of `scope` alone, the social channels (None: for all); the
    channel of what creators get is always theirs. stated_commission: what codes owe an influencer, in a month for which
    a commission of that influencer (or of nobody named) is imported or written down. A person named without a network
    (@anna) is whoever has that handle (instagram:anna).
    """
    lines = pl.concat([_of_register(costs), _of_spend(spend, rules)])
    priced = _priced(lines, currency=currency, rates=rates)
    owed = pl.DataFrame(schema=COMMISSIONS) if commissions is None else commissions
    days = pl.concat([_spread(priced, period), _of_codes(owed, period)])
    settled = _settled_months(priced)
    return _given_way(days, scope, settled=settled).sort("date", "kind", "origin", "line", nulls_last=True)


def _of_register(costs: pl.DataFrame) -> pl.DataFrame:
    return costs.select(
        "date_from",
        pl.col("date_to").fill_null(pl.col("date_from")),
        "kind",
        *_DETAILS,
        origin=pl.lit("register"),
        line="id",
        currency=pl.col("currency").str.strip_chars().str.to_uppercase(),
        units=pl.coalesce(money_units(pl.col("amount")) * 10_000, _units("hours") * _units("rate")),
    )


def _units(column: str) -> pl.Expr:
    return money_units(pl.col(column).cast(MONEY))


def _of_spend(spend: pl.DataFrame, rules: Sequence[ChannelRule]) -> pl.DataFrame:
    lower = pl.col("cost_type").str.to_lowercase().fill_null("media")
    kinded = with_channel(spend.with_columns(lower), rules=rules)
    return kinded.select(
        "date_from",
        pl.max_horizontal("date_from", "date_to").alias("date_to"),
        pl.col("cost_type").replace_strict(KIND_OF_SPEND, default="other", return_dtype=pl.String).alias("kind"),
        "channel",
        "campaign",
        pl.col("person").str.strip_chars().str.to_lowercase().alias("influencer"),
        pl.lit(None, dtype=pl.String).alias("brand"),
        pl.lit("import").alias("origin"),
        pl.concat_str("account", pl.lit("/"), "spend_id").alias("line"),
        pl.col("currency").str.strip_chars().str.to_uppercase(),
        (money_units(pl.col("cost")) * 10_000).alias("units"),
    )


def with_channel(spend: pl.DataFrame, *, rules: Sequence[ChannelRule]) -> pl.DataFrame:
    """Spend lines (tables.SPEND, cost_type known) with the channel of each; rules: the business's own, as of visits.

    Media without a source take the platform as source, without a medium they count as paid. What creators get belongs
    to the channel Influencer; work (content, labour, tool, agency) without a source has no channel.
    """
    media = pl.col("cost_type") == "media"
    plain = spend.drop("source", "medium").with_columns(
        source=pl.when(media).then(pl.coalesce(spend["source"], _network())).otherwise(spend["source"]),
        medium=pl.when(media).then(spend["medium"].fill_null("cpc")).otherwise(spend["medium"]),
        evidence=pl.lit("utm"),
    )
    ours = pl.col("cost_type").is_in(WORK_COSTS) & pl.col("source").is_null()
    by_rule = channel_of(plain, rules=rules)
    return by_rule.with_columns(
        channel=pl.when(pl.col("cost_type").is_in(CREATOR_COSTS)).then(pl.lit(INFLUENCER)).when(~ours).then("channel")
    )


def _network() -> pl.Expr:
    """The network an ad account is on, in the words of a visit's source: "LinkedIn Ads" -> linkedin."""
    named = normal_source(pl.col("platform"))
    return pl.when(named.str.ends_with(" ads")).then(normal_source(named.str.strip_suffix(" ads"))).otherwise(named)


def _priced(lines: pl.DataFrame, *, currency: str, rates: pl.DataFrame) -> pl.DataFrame:
    """Adds whole_minor, in the workspace's currency, and reason. `units` are 10^-8 of the line's own currency."""
    sized = lines.with_columns(_size=minor_unit_size(lines["currency"]))
    own = sized.with_columns(
        _own=half_even(pl.col("units").cast(pl.Int128) * pl.col("_size"), pl.lit(100_000_000, dtype=pl.Int128))
    )
    known = convert(own, rates, columns={"whole_minor": "_own"}, to=currency, day="date_from")
    reason = pl.coalesce(
        pl.when(pl.col("date_from").is_null()).then(pl.lit("no_date")),
        pl.when(pl.col("units").is_null()).then(pl.lit("no_amount")),
        pl.when(pl.col("currency").is_null()).then(pl.lit("no_currency")),
        pl.when(pl.col("whole_minor").is_null()).then(pl.lit("no_rate")),
    )
    return known.select(*_PATH, "whole_minor", reason=reason)


def _spread(lines: pl.DataFrame, period: Period) -> pl.DataFrame:
    """The days of the period that each line touches, each with its part of the line."""
    until = pl.max_horizontal("date_from", "date_to")
    first = pl.max_horizontal("date_from", pl.lit(period.since))
    last = pl.min_horizontal(until, pl.lit(period.until))
    touching = lines.filter(pl.col("date_from").is_null() | (first <= last))
    known = touching.filter(pl.col("reason").is_null())
    length = (until - pl.col("date_from")).dt.total_days() + 1
    dated = known.with_columns(_length=length, date=pl.date_ranges(first, last)).explode("date", empty_as_null=False)
    place = (pl.col("date") - pl.col("date_from")).dt.total_days()
    base = pl.col("whole_minor") // pl.col("_length")
    odd = pl.col("whole_minor") - base * pl.col("_length")
    spread = dated.with_columns(amount_minor=base + (place < odd).cast(pl.Int64))
    unknown = touching.filter(pl.col("reason").is_not_null()).with_columns(
        date=first, amount_minor=pl.lit(None, dtype=pl.Int64)
    )
    named = [pl.col(name).cast(dtype) for name, dtype in DAILY.items()]
    return pl.concat([spread.select(named), unknown.select(named)])


def _of_codes(owed: pl.DataFrame, period: Period) -> pl.DataFrame:
    return owed.filter(pl.col("date").is_between(period.since, period.until)).select(
        "date",
        pl.lit("commission").alias("kind"),
        *("channel", "campaign", "influencer"),
        pl.lit(None, dtype=pl.String).alias("brand"),
        pl.lit("codes").alias("origin"),
        pl.col("code").alias("line"),
        "amount_minor",
        pl.lit(None, dtype=pl.String).alias("reason"),
    )


def _settled_months(lines: pl.DataFrame) -> pl.DataFrame:
    """_month (its first day), _person (null: nobody named) of each commission that is imported or written down.

    Of all lines, not of the period's days: else two halves of a month would count what the whole month does not.
    """
    stated = lines.filter((pl.col("kind") == "commission") & pl.col("date_from").is_not_null())
    until = pl.max_horizontal("date_from", "date_to")
    months = stated.select(
        _month=pl.date_ranges(pl.col("date_from").dt.month_start(), until, "1mo"), _person="influencer"
    )
    return months.explode("_month", empty_as_null=False).unique()


def _given_way(days: pl.DataFrame, scope: Collection[str] | None, *, settled: pl.DataFrame) -> pl.DataFrame:
    """Adds left_out. settled: `_settled_months`."""
    numbered = days.with_row_index("_row")
    told = numbered.filter(pl.col("origin") == "register")
    seen = (
        numbered.filter(pl.col("origin") == "import")
        .select("date", "kind", _channel="channel", _campaign=_lower("campaign"), _person="influencer")
        .unique()
    )
    twice = told.join(seen, on=["date", "kind"]).filter(
        _same_channel(scope),
        _agree(_lower("campaign"), pl.col("_campaign")),
        pl.col("influencer").is_null() | pl.col("_person").is_null() | _same_person(),
    )["_row"]
    owed = numbered.filter(pl.col("origin") == "codes").with_columns(_month=pl.col("date").dt.month_start())
    covered = owed.join(settled, on="_month").filter(pl.col("_person").is_null() | _same_person())["_row"]
    left_out = (
        pl.when(pl.col("_row").is_in(twice.implode()))
        .then(pl.lit("imported"))
        .when(pl.col("_row").is_in(covered.implode()))
        .then(pl.lit("stated_commission"))
    )
    return numbered.with_columns(left_out=left_out).drop("_row")


def _lower(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase()


def _agree(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Whether they are equal, or one of them is not said."""
    return (one == other).fill_null(True)


def _same_channel(scope: Collection[str] | None) -> pl.Expr:
    """Of an entry and an imported line (`_channel`)."""
    social = pl.lit(True) if scope is None else _agree(pl.col("_channel").is_in(list(scope)), pl.lit(True))
    by_channel = pl.when(pl.col("channel").is_null()).then(social)
    return pl.col("kind").is_in(CREATOR_KINDS) | by_channel.otherwise(_agree(pl.col("channel"), pl.col("_channel")))


def _same_person() -> pl.Expr:
    """Whether `influencer` and `_person` have one handle, on one network where both name it; false where one is null.

    "@Anna" and "anna" are instagram:anna, and tiktok:anna as well; instagram:anna and tiktok:anna are two.
    """

    def handle(column: str) -> pl.Expr:
        return _lower(column).str.replace(r"^[^:]*:", "").str.strip_chars().str.strip_prefix("@")

    def network(column: str) -> pl.Expr:
        return _lower(column).str.extract(r"^([^:]+):")

    same = (handle("influencer") == handle("_person")) & _agree(network("influencer"), network("_person"))
    return same.fill_null(False)


def daily_commissions(redeemed: pl.DataFrame, ledger: pl.DataFrame, *, currency: str) -> pl.DataFrame:
    """What codes owe their owners, by the day of the order: columns COMMISSIONS, sorted by code and date.

    redeemed: `codes.match_codes`, ledger: `ledger.order_ledger`, of the same orders. Terms as `codes.code_report` has
    them (rate x net + the fixed amount an order, valid codes, sold orders, new customers alone where so agreed). Each
    code's days sum to the commission that report shows for the same orders: the rounded running total is what counts.
    """
    sold = ledger.filter(pl.col("state") == SOLD).select("account", "order_id", "is_first_order", "net_minor")
    terms = pl.col("commission_rate").is_not_null() | pl.col("commission_per_order").is_not_null()
    bound = redeemed.filter((pl.col("state") == "registered") & terms)
    once = bound.unique(["account", "order_id", "code", "valid_from"], keep="first", maintain_order=True)
    paid = (pl.col("commission_on") != "new").fill_null(True) | pl.col("is_first_order").fill_null(False)
    by_day = (
        once.join(sold, on=["account", "order_id"])
        .filter(paid)
        .group_by("code", "valid_from", "day")
        .agg(
            pl.col("channel", "campaign", "owner", "commission_rate", "commission_per_order").first(),
            net=pl.col("net_minor").sum(),
            orders=pl.len(),
        )
        .sort("code", "valid_from", "day", nulls_last=False)
    )
    unit = 10 ** minor_digits(currency)
    rows, running, last = [], Fraction(0), None
    for row in by_day.iter_rows(named=True):
        share = Fraction(str(row["commission_rate"] or 0))
        if last != (row["code"], row["valid_from"]):
            running, last = Fraction(0), (row["code"], row["valid_from"])
        before, running = round(running), running + row["net"] * share
        fixed = row["orders"] * round(Fraction(str(row["commission_per_order"] or 0)) * unit)
        named = (row["day"], row["code"], row["channel"], row["campaign"], row["owner"])
        rows.append((*named, round(running) - before + fixed))
    return pl.DataFrame(rows, schema=COMMISSIONS, orient="row").sort("code", "date")


def missing_kinds(daily: pl.DataFrame, *, with_creators: bool = True) -> list[str]:
    """The kinds of COST_KINDS, but for "other", of which the period has no line at all: then ROI looks better than it
    is. An entry over 0 says that there was none. Without creators their fees, commissions and goods are not asked for.
    """
    given = set(daily["kind"].unique())
    asked = [kind for kind in COST_KINDS if kind != "other" and (with_creators or kind not in CREATOR_KINDS)]
    return [kind for kind in asked if kind not in given]


def in_social_scope(scope: Collection[str]) -> pl.Expr:
    """Whether a row of `daily_costs` is a cost of the social scope: its channel is in it, or it has none."""
    return pl.col("channel").is_in(list(scope)).fill_null(True)


def cost_lines(daily: pl.DataFrame) -> pl.DataFrame:
    """The rows of `daily_costs` (with in_scope) summed a line, sorted by day: account and spend_id (of imported lines),
    origin, line, date_from, date_to (within the period), channel, campaign, person, brand, cost_type, in_scope,
    cost_minor (null: not known, then `reason` says why).
    """
    named = ("channel", "campaign", "influencer", "brand", "kind", "in_scope", "reason")
    return (
        daily.group_by("origin", "line", *named, maintain_order=True)
        .agg(
            date_from=pl.col("date").min(),
            date_to=pl.col("date").max(),
            cost_minor=pl.when(pl.col("amount_minor").null_count() == 0).then(pl.col("amount_minor").sum()),
        )
        .with_columns(_place=pl.when(pl.col("origin") == "import").then(pl.col("line")))
        .with_columns(
            account=pl.col("_place").str.extract(r"^(.*)/[^/]*$"), spend_id=pl.col("_place").str.extract(r"([^/]*)$")
        )
        .rename({"influencer": "person", "kind": "cost_type"})
        .select(
            *("account", "spend_id", "origin", "line", "date_from", "date_to", "channel", "campaign", "person"),
            *("brand", "cost_type", "in_scope", "cost_minor", "reason"),
        )
        .sort("date_from", "origin", "line", nulls_last=True)
    )


def costs_by(daily: pl.DataFrame, by: str) -> pl.DataFrame:
    """name, amount_minor (null: one of its lines is not known), lines: by kind, campaign, channel, influencer, brand or
    month; the dearest first, what names nothing (name null) last."""
    name = pl.col("date").dt.strftime("%Y-%m") if by == "month" else pl.col(by)
    summed = daily.group_by(name.alias("name")).agg(
        amount_minor=pl.when(pl.col("amount_minor").null_count() == 0).then(pl.col("amount_minor").sum()),
        lines=pl.struct("origin", "line").n_unique().cast(pl.Int64),
    )
    if by == "month":
        return summed.sort("name", nulls_last=True)
    return summed.sort(pl.col("name").is_null(), pl.col("amount_minor"), "name", descending=[False, True, False])


def total_of(daily: pl.DataFrame) -> int | None:
    """The sum in minor units; null without any line, or when one of them is not known."""
    if daily.is_empty() or daily["amount_minor"].null_count():
        return None
    return int(daily["amount_minor"].sum())
