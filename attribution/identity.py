"""Who a visitor is: which visits and orders belong to one person, by what they carry and by nothing else.

Orders reach visits by the order id a visit carried, then by the customer. No fingerprints, no addresses. Where a shop
tells itself what session ended in an order, that session is a visit of its own ("order:..."): it stands in as long as
no analytics visit carries the order's id, as it would be the same session told twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

MAX_CUSTOMERS = 3  # a visitor with more is a shared device (a kiosk, the staff) and says nothing
BY_ORDER_ID, BY_CUSTOMER, NO_MATCH = "order_id", "customer", "none"
OWN_TOUCH = "order:"  # how the ids of sessions told by the shop itself begin
_ORDER = ("account", "order_id")


@dataclass(frozen=True)
class Identity:
    """Persons are named "c:<customer key>" where the customer is known, else "v:<visitor>"."""

    visitors: pl.DataFrame  # visitor, customers (how many are known), person; person null = shared, never used
    links: pl.DataFrame  # account, order_id, person; two rows where a visitor of several customers placed the order
    methods: pl.DataFrame  # account, order_id, match_method (order_id | customer | none); one row an order
    max_customers: int = MAX_CUSTOMERS

    def with_person(self, touches: pl.DataFrame) -> pl.DataFrame:
        """The visits with a column `person`; null for a shared id, or where nothing is known."""
        return _with_person(touches, self.visitors, self.max_customers)


def link_orders(orders: pl.DataFrame, touches: pl.DataFrame, *, max_customers: int = MAX_CUSTOMERS) -> Identity:
    """Join orders (account, order_id, order_name, customer_key) to visits (tables.TOUCHES).

    A visit's order_ref names an order by its id, then by its name: in the visit's own account, else in the whole
    workspace where exactly one order bears it. An order that several visitors claim is joined to none of them. A
    visitor is a customer when all customers known of it are one. Null, and visitors of more than `max_customers`
    customers, join nothing.
    """
    claims = _order_visitors(orders, touches)
    visitors = _without_told_twice(_visitors(orders, touches, claims, max_customers), touches, claims, max_customers)
    claimed = claims.join(
        visitors.filter(pl.col("person").is_not_null()).select("visitor", "person"), on="visitor", how="inner"
    )
    customers = orders.filter(pl.col("customer_key").is_not_null()).select(
        *_ORDER, person=_customer(pl.col("customer_key"))
    )
    seen = _with_person(touches, visitors, max_customers).select("person").unique().drop_nulls()
    by_customer = customers.join(seen, on="person", how="semi")
    links = pl.concat([claimed.select(*_ORDER, "person"), by_customer]).unique().sort(*_ORDER, "person")
    methods = (
        orders.select(_ORDER)
        .join(claimed.select(*_ORDER, _claimed=True).unique(), on=_ORDER, how="left")
        .join(by_customer.select(*_ORDER, _known=True).unique(), on=_ORDER, how="left")
        .select(
            *_ORDER,
            match_method=pl.when("_claimed")
            .then(pl.lit(BY_ORDER_ID))
            .when("_known")
            .then(pl.lit(BY_CUSTOMER))
            .otherwise(pl.lit(NO_MATCH)),
        )
        .sort(_ORDER)
    )
    return Identity(visitors, links, methods, max_customers)


@dataclass(frozen=True)
class NamedOrders:
    """Of the visits that carry an order's id or name: how many name none that is known, how many one of several."""

    visits: int
    unknown: int
    several: int


def named_orders(touches: pl.DataFrame, orders: pl.DataFrame) -> NamedOrders:
    """Counts of visits (touch_id, account, order_ref) by what orders (account, order_id, order_name) know of them.

    A name is looked for as `link_orders` does; sessions the shop itself tells are left out.
    """
    named = touches.filter(~_told_by_shop()).select("account", ref=pl.col("order_ref").str.strip_chars_start("#"))
    named = named.drop_nulls("ref").group_by("account", "ref").agg(visits=pl.len())
    names = pl.concat([orders.select("account", "order_id", ref=name) for name in ("order_id", "order_name")])
    names = names.drop_nulls("ref").unique()
    home = names.group_by("account", "ref").agg(here=pl.len())
    anywhere = names.group_by("ref").agg(there=pl.struct(_ORDER).n_unique())
    known = named.join(home, on=["account", "ref"], how="left").join(anywhere, on="ref", how="left")
    found = pl.coalesce("here", "there").fill_null(0)
    count = pl.col("visits")
    sums = (count.sum(), count.filter(found == 0).sum(), count.filter(found > 1).sum())
    return NamedOrders(*known.select(visits=sums[0], unknown=sums[1], several=sums[2]).row(0))


def _with_person(touches: pl.DataFrame, visitors: pl.DataFrame, most: int) -> pl.DataFrame:
    own = _customer(pl.col("customer_key"))
    shared = pl.col("customers") > most
    # A visitor of a few customers: visits that name their customer are that customer's.
    person = pl.when(pl.col("customers").fill_null(0) > 1).then(pl.coalesce(own, "person")).otherwise("person")
    return (
        touches.join(visitors, on="visitor", how="left", maintain_order="left")
        .with_columns(person=pl.when(~shared.fill_null(False)).then(pl.coalesce(person, own)))
        .drop("customers")
    )


def _without_told_twice(visitors: pl.DataFrame, touches: pl.DataFrame, claims: pl.DataFrame, most: int) -> pl.DataFrame:
    """The stand-in of a session that an analytics visit tells too is nobody's visit."""
    own = touches.filter(_told_by_shop()).select("visitor").unique()
    beside = own.join(claims.select("visitor"), on="visitor", how="anti")["visitor"].implode()
    return visitors.with_columns(
        person=pl.when(~pl.col("visitor").is_in(beside).fill_null(False)).then("person"),
        customers=pl.when(pl.col("visitor").is_in(beside)).then(most + 1).otherwise("customers"),
    )


def _told_by_shop() -> pl.Expr:
    return pl.col("touch_id").str.starts_with(OWN_TOUCH).fill_null(False)


def _customer(key: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("c:"), key.cast(pl.String))


def _order_visitors(orders: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """account, order_id, visitor: the one visitor whose visits carried the order's id or name."""
    names = pl.concat(
        [
            orders.select(*_ORDER, ref="order_id", rank=pl.lit(0)),
            orders.select(*_ORDER, ref="order_name", rank=pl.lit(1)),
        ]
    ).drop_nulls("ref")
    claims = (
        touches.select(
            "visitor",
            visit_account="account",
            ref=pl.col("order_ref").str.strip_chars_start("#"),
            own=_told_by_shop(),
        )
        .drop_nulls()
        .unique()
    )
    home = claims.join(names, left_on=["visit_account", "ref"], right_on=["account", "ref"], how="inner").with_columns(
        account="visit_account"
    )
    abroad = claims.join(home, on=["visit_account", "ref"], how="anti").join(names, on="ref", how="inner")
    columns = ["visit_account", "ref", "visitor", "own", *_ORDER, "rank"]
    found = pl.concat([home.select(columns), abroad.select(columns)])
    best = found.filter(pl.col("rank") == pl.col("rank").min().over("visit_account", "ref"))
    clear = best.filter(pl.struct(_ORDER).n_unique().over("visit_account", "ref") == 1)
    pairs = clear.select(*_ORDER, "visitor", "own").unique()
    told = pairs.filter(~pl.col("own"))
    stand_in = pairs.filter("own").join(told, on=_ORDER, how="anti")
    return pl.concat([told, stand_in]).filter(pl.len().over(_ORDER) == 1).drop("own").sort(_ORDER)


def _visitors(orders: pl.DataFrame, touches: pl.DataFrame, claims: pl.DataFrame, most: int) -> pl.DataFrame:
    """visitor, customers, person: every customer known of a visitor, from its visits and from the orders it placed."""
    from_orders = claims.join(orders.select(*_ORDER, "customer_key"), on=_ORDER, how="inner")
    known = pl.concat([touches.select("visitor", "customer_key"), from_orders.select("visitor", "customer_key")])
    count, key = pl.col("customers"), pl.col("_key")
    return (
        known.drop_nulls("visitor")
        .group_by("visitor")
        .agg(customers=pl.col("customer_key").drop_nulls().n_unique().cast(pl.Int64), _key=pl.col("customer_key").max())
        .sort("visitor")
        .select(
            "visitor",
            "customers",
            person=pl.when(count == 1)
            .then(_customer(key))
            .when(count <= most)
            .then(pl.concat_str(pl.lit("v:"), pl.col("visitor").cast(pl.String))),
        )
    )
