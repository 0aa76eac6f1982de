"""Who a visitor is: which visits and orders belong to one person, by what they carry and by nothing else.

Orders reach visits by the order id a visit carried, then by the digits of a transaction id, then by the click id kept
with the order, then by the customer. No fingerprints, no addresses. Ids of one customer are stitched together by
union-find: the account somebody was signed in to, and the customer of the order that very visit placed, are one.

Where a shop tells itself what session ended in an order, that session is a visit of its own ("order:..."). A visit that
carried the order's id is the same session told twice: of the two the one counts that knows more of where it came from.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from attribution.pieces import SEVERAL

MAX_CUSTOMERS = 3  # an id of more is shared (a kiosk, the staff) and says nothing
BY_ORDER_ID, BY_TRANSACTION, BY_CLICK_ID, BY_CUSTOMER = "order_id", "transaction_id", "click_id", "customer"
NO_MATCH = "none"
CLAIMS = (BY_ORDER_ID, BY_TRANSACTION, BY_CLICK_ID)  # how a visit names its order, strongest first
OWN_TOUCH = "order:"  # how the ids of sessions told by the shop itself begin
_ORDER = ("account", "order_id")
_VISIT = ("visit_account", "touch_id", "visitor")
_SOURCE = ("source", "medium", "campaign")
_ONE_NUMBER = r"^\D*?0*([1-9]\d{3,})\D*$"  # the number of an id that holds one: SHOP-1005
_AROUND = dt.timedelta(days=1)  # between an order and a visit that is known by its number alone
_SAME_AS: dict[str, type[pl.DataType]] = {"customer_key": pl.Int64, "survivor": pl.Int64}
_VISITS: dict[str, type[pl.DataType]] = {"account": pl.String, "touch_id": pl.String}
_STRENGTH = {"utm": 3, "click_id": 2, "referrer": 1}


@dataclass(frozen=True)
class Identity:
    """Persons are named "c:<customer key>" where a customer is known (of one with several ids the id seen first), else
    "v:<visitor>"."""

    visitors: pl.DataFrame  # visitor, customers (how many are known), person; person null = shared, never used
    links: pl.DataFrame  # account, order_id, person; several rows where an order is known by several
    methods: pl.DataFrame  # account, order_id, match_method (one of CLAIMS, customer, none); one row an order
    max_customers: int = MAX_CUSTOMERS
    same_as: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_SAME_AS))
    told_twice: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_VISITS))  # nobody's visits

    def with_person(self, touches: pl.DataFrame) -> pl.DataFrame:
        """The visits with a column `person`; null for a shared id, a visit told twice, or where nothing is known."""
        named = _with_person(touches, self.visitors, self.same_as, self.max_customers)
        if self.told_twice.is_empty():
            return named
        gone = self.told_twice.with_columns(_gone=pl.lit(value=True))
        joined = named.join(gone, on=list(_VISITS), how="left", maintain_order="left")
        return joined.with_columns(person=pl.when(pl.col("_gone").is_null()).then("person")).drop("_gone")


def link_orders(orders: pl.DataFrame, touches: pl.DataFrame, *, max_customers: int = MAX_CUSTOMERS) -> Identity:
    """Join orders (of tables.ORDERS: account, order_id, order_name, ordered_at, customer_key, click_id) to visits
    (tables.TOUCHES). The method of each order, the first that holds:

    order_id        the visit's order_ref is the order's id, else its name: in the visit's own account, else in the
                    whole workspace where exactly one order bears it
    transaction_id  the only number (of four digits or more) in an order_ref that names no order is the only number in
                    the id or name of an order, one text holds the other, and the visit began within a day of the order;
                    in that time no second order and no second such order_ref has the number
    click_id        the visit bears the click id that the shop kept with the order, and began before it
    customer        the order's customer is known of a visit

    An order that several visitors claim by one method is joined to none of them by it. A visitor is a customer when all
    customers known of it are one. Null, and ids of more than `max_customers` customers, join nothing.
    """
    claims = _claims(orders, touches, max_customers)
    own = _own_sessions(orders, touches)
    same_as = _same_customers(claims, orders, touches, max_customers)
    placed = pl.concat([claims.select("visitor", *_ORDER), own.select("visitor", *_ORDER)])
    visitors = _visitors(orders, touches, placed, same_as, max_customers)
    known = visitors.filter(pl.col("person").is_not_null()).select("visitor")
    usable = claims.join(known, on="visitor", how="semi")
    best = usable.filter(pl.col("rank") == pl.col("rank").min().over(_ORDER))
    less = _knows_less(own, best, touches)
    visitors = _without(visitors, less, max_customers)
    told_twice = _outdone(best, own.join(less, on="visitor", how="anti"))
    named = Identity(visitors, orders.clear(), orders.clear(), max_customers, same_as, told_twice)
    customers = one_customer(orders.select(*_ORDER, "customer_key").drop_nulls("customer_key"), same_as)
    by_customer = customers.select(*_ORDER, person=_customer(pl.col("customer_key"))).join(
        named.with_person(touches).select("person").unique().drop_nulls(), on="person", how="semi"
    )
    standing = own.select(*_ORDER, "visitor", method=pl.lit(BY_ORDER_ID))
    claimed = (
        pl.concat([best.select(*_ORDER, "visitor", "method"), standing])
        .join(visitors.select("visitor", "person").drop_nulls(), on="visitor", how="inner")
        .unique([*_ORDER, "person"], keep="first", maintain_order=True)
    )
    links = pl.concat([claimed.select(*_ORDER, "person"), by_customer]).unique().sort(*_ORDER, "person")
    methods = _methods(orders, claimed, by_customer)
    return Identity(visitors, links, methods, max_customers, same_as, told_twice)


def _methods(orders: pl.DataFrame, claimed: pl.DataFrame, by_customer: pl.DataFrame) -> pl.DataFrame:
    first = claimed.unique(_ORDER, keep="first", maintain_order=True).select(*_ORDER, "method")
    known = by_customer.select(*_ORDER, _known=pl.lit(BY_CUSTOMER)).unique()
    return (
        orders.select(_ORDER)
        .join(first, on=_ORDER, how="left")
        .join(known, on=_ORDER, how="left")
        .select(*_ORDER, match_method=pl.coalesce("method", "_known", pl.lit(NO_MATCH)))
        .sort(_ORDER)
    )


@dataclass(frozen=True)
class NamedOrders:
    """Of the visits that carry an order's id or name: how many name none that is known, how many one of several."""

    visits: int
    unknown: int
    several: int


def named_orders(touches: pl.DataFrame, orders: pl.DataFrame) -> NamedOrders:
    """Counts of visits (touch_id, account, touched_at, order_ref) by what orders (account, order_id, order_name,
    ordered_at) know of them.

    A name is looked for as `link_orders` does; sessions the shop itself tells are left out.
    """
    unknown = pl.lit(None, dtype=pl.String)
    refs = _references(touches.with_columns(visitor=pl.lit(0), evidence=unknown))
    names = _names(orders).select("account", "order_id", "ref").unique()
    home = names.group_by(visit_account="account", ref="ref").agg(here=pl.len())
    anywhere = names.group_by("ref").agg(there=pl.struct(_ORDER).n_unique())
    known = refs.join(home, on=["visit_account", "ref"], how="left").join(anywhere, on="ref", how="left")
    found = pl.coalesce("here", "there")
    of_visit = ["visit_account", "touch_id", "ref"]
    numbers = _by_number(known.filter(found.is_null()).select(refs.columns), _names(orders))
    numbers = numbers.select(*of_visit, _number=pl.lit(1)).unique()
    counts = known.join(numbers, on=of_visit, how="left").select(pl.coalesce(found, "_number").fill_null(0)).to_series()
    return NamedOrders(visits=counts.len(), unknown=int((counts == 0).sum()), several=int((counts > 1).sum()))


def _with_person(touches: pl.DataFrame, visitors: pl.DataFrame, same_as: pl.DataFrame, most: int) -> pl.DataFrame:
    stitched = one_customer(touches.select("customer_key"), same_as)["customer_key"].alias("_stitched")
    own = _customer(pl.col("_stitched"))
    shared = pl.col("customers") > most
    # A visitor of a few customers: visits that name their customer are that customer's.
    person = pl.when(pl.col("customers").fill_null(0) > 1).then(pl.coalesce(own, "person")).otherwise("person")
    return (
        touches.with_columns(stitched)
        .join(visitors, on="visitor", how="left", maintain_order="left")
        .with_columns(person=pl.when(~shared.fill_null(False)).then(pl.coalesce(person, own)))
        .drop("customers", "_stitched")
    )


def _customer(key: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("c:"), key.cast(pl.String))


def _told_by_shop() -> pl.Expr:
    return pl.col("touch_id").str.starts_with(OWN_TOUCH).fill_null(False)


def _strength() -> pl.Expr:
    """How much a visit knows of where it came from, 0 to 3."""
    return pl.col("evidence").replace_strict(_STRENGTH, default=0, return_dtype=pl.Int32)


# --- Which visit names which order --------------------------------------------------------------------------------


def _claims(orders: pl.DataFrame, touches: pl.DataFrame, most: int) -> pl.DataFrame:
    """visit_account, touch_id, visitor, strength, account, order_id, rank, method: visits that name an order, of all of
    an order by one method only where they are one visitor's."""
    refs = _references(touches)
    exact = _by_name(refs, _names(orders))
    rest = refs.join(exact, on=["visit_account", "ref"], how="anti")
    numbered = _by_number(rest, _names(orders))
    clicked = _by_click(orders, touches, most)
    columns = [*_VISIT, "strength", *_ORDER]
    found = [frame.select(columns) for frame in (exact, numbered, clicked)]
    ranked = [
        frame.with_columns(rank=pl.lit(rank), method=pl.lit(method))
        for rank, (frame, method) in enumerate(zip(found, CLAIMS, strict=True))
    ]
    return (
        pl.concat(ranked)
        .unique()
        .filter(pl.col("visitor").n_unique().over(*_ORDER, "rank") == 1)
        .sort(*_ORDER, "rank", *_VISIT)
    )


def _references(touches: pl.DataFrame) -> pl.DataFrame:
    """visit_account, touch_id, visitor, touched_at, strength, ref: one row an order id a visit carried. Sessions the
    shop itself tells are left out."""
    named = touches.filter(pl.col("order_ref").is_not_null() & ~_told_by_shop())
    refs = pl.col("order_ref").str.split(SEVERAL)
    return (
        named.select("touch_id", "visitor", "touched_at", visit_account="account", strength=_strength(), ref=refs)
        .explode("ref")
        .with_columns(pl.col("ref").str.strip_chars_start("#").replace("", None))
        .drop_nulls()
        .unique()
    )


def _names(orders: pl.DataFrame) -> pl.DataFrame:
    """account, order_id, ordered_at, ref, rank: what an order may be called, by its id (rank 0) and its name (1)."""
    return pl.concat(
        [
            orders.select(*_ORDER, "ordered_at", ref=name, rank=pl.lit(rank))
            for rank, name in enumerate(("order_id", "order_name"))
        ]
    ).drop_nulls("ref")


def _by_name(refs: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """The references with the order they mean: in the visit's own account, else in the workspace; ids before names."""
    home = refs.join(names, left_on=["visit_account", "ref"], right_on=["account", "ref"], how="inner")
    home = home.with_columns(account="visit_account")
    abroad = refs.join(home, on=["visit_account", "ref"], how="anti").join(names, on="ref", how="inner")
    found = pl.concat([home.select(abroad.columns), abroad])
    best = found.filter(pl.col("rank") == pl.col("rank").min().over("visit_account", "ref"))
    return best.filter(pl.struct(_ORDER).n_unique().over("visit_account", "ref") == 1)


def _by_number(refs: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """The references with the order of the same number, as `link_orders` says of transaction_id."""
    number = pl.col("ref").str.extract(_ONE_NUMBER, 1).alias("_number")
    ours = refs.with_columns(number).drop_nulls("_number")
    theirs = names.select(*_ORDER, "ordered_at", number, _name="ref").drop_nulls("_number")
    near = (pl.col("touched_at") - pl.col("ordered_at")).abs() <= _AROUND
    both = ours.join(theirs, on="_number", how="inner").filter(near)
    one_order = pl.struct(_ORDER).n_unique().over("visit_account", "touch_id", "_number") == 1
    one_reference = pl.col("ref").n_unique().over(*_ORDER, "_number") == 1
    ref, name = (pl.col(n).str.replace(r"0*([1-9])", "${1}").str.to_lowercase() for n in ("ref", "_name"))
    within = ref.str.contains(name, literal=True) | name.str.contains(ref, literal=True)
    return both.filter(one_order & one_reference & within).drop("_name").unique()


def _by_click(orders: pl.DataFrame, touches: pl.DataFrame, most: int) -> pl.DataFrame:
    """Visits and orders with the same click id, the visit first; not by an id of several customers."""
    kept = orders.select(*_ORDER, "ordered_at", "customer_key", "click_id").drop_nulls("click_id")
    kept = kept.filter(pl.col("customer_key").drop_nulls().n_unique().over("click_id") <= most)
    visits = touches.filter(pl.col("click_id").is_not_null() & ~_told_by_shop()).select(
        *("touch_id", "visitor", "touched_at", "click_id"), _strength().alias("strength"), visit_account="account"
    )
    both = visits.drop_nulls("visitor").join(kept, on="click_id", how="inner")
    return both.filter(pl.col("touched_at") <= pl.col("ordered_at"))


# --- Sessions told twice ------------------------------------------------------------------------------------------


def _own_sessions(orders: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """The sessions that shops tell themselves: visitor, strength, source, medium, campaign, account, order_id."""
    told = touches.filter(_told_by_shop()).select(
        "visitor", _strength().alias("strength"), *_SOURCE, account="account", order_id="order_ref"
    )
    return told.drop_nulls(["visitor", "order_id"]).join(orders.select(_ORDER), on=_ORDER, how="semi")


def _knows_less(own: pl.DataFrame, best: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """visitor: the shop's own sessions that a visit tells as well or better, or of whose source their visitor has
    another visit."""
    beside = own.join(best.group_by(_ORDER).agg(_best=pl.col("strength").max()), on=_ORDER, how="inner")
    less = beside.filter(pl.col("strength") <= pl.col("_best"))
    more = beside.filter(pl.col("strength") > pl.col("_best"))
    if more.is_empty():
        return less.select("visitor")
    visitors = more.select("visitor", *_SOURCE, *_ORDER).join(
        best.select(*_ORDER, _who="visitor").unique(), on=_ORDER, how="inner"
    )
    seen = touches.select(pl.col("visitor").alias("_who"), *_SOURCE)
    again = visitors.join(seen, on=["_who", *_SOURCE], how="semi", nulls_equal=True)
    return pl.concat([less.select("visitor"), again.select("visitor")]).unique()


def _without(visitors: pl.DataFrame, gone: pl.DataFrame, most: int) -> pl.DataFrame:
    away = pl.col("visitor").is_in(gone["visitor"].implode()).fill_null(False)
    return visitors.with_columns(
        person=pl.when(~away).then("person"), customers=pl.when(away).then(most + 1).otherwise("customers")
    )


def _outdone(best: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """account, touch_id: visits that carried the id of an order whose shop tells more of that session."""
    known = standing.select(*_ORDER, _own="strength")
    less = best.join(known, on=_ORDER, how="inner").filter(pl.col("strength") < pl.col("_own"))
    return less.select(account="visit_account", touch_id="touch_id").unique().sort("account", "touch_id")


# --- Which ids are one person -------------------------------------------------------------------------------------


def _same_customers(claims: pl.DataFrame, orders: pl.DataFrame, touches: pl.DataFrame, most: int) -> pl.DataFrame:
    """customer_key, survivor: ids of one customer -> the one of them seen first (ties: the smaller), by union-find.

    Two ids are one customer's where a visit of the one placed an order of the other. An id that would be one with more
    than `most` others is shared, as that of staff who order for customers, and stitches nothing.
    """
    placed = claims.filter(pl.col("method") != BY_CLICK_ID).select(*_VISIT, *_ORDER)
    named = touches.select(visit_account="account", touch_id="touch_id", a="customer_key").drop_nulls()
    pairs = (
        placed.join(named, on=["visit_account", "touch_id"], how="inner")
        .join(orders.select(*_ORDER, b="customer_key").drop_nulls(), on=_ORDER, how="inner")
        .filter(pl.col("a") != pl.col("b"))
        .select("a", "b")
        .unique()
    )
    if pairs.is_empty():
        return pl.DataFrame(schema=_SAME_AS)
    both = pl.concat([pairs, pairs.select(a="b", b="a")]).unique()
    shared = both.group_by("a").len().filter(pl.col("len") > most)["a"].implode()
    kept = pairs.filter(~pl.col("a").is_in(shared) & ~pl.col("b").is_in(shared))
    keys = pl.concat([kept["a"], kept["b"]]).unique().sort()
    parts = keys.to_frame("customer_key").with_columns(pl.Series("part", _components(kept, keys)))
    ordered = parts.join(_first_seen(keys, orders, touches), on="customer_key", how="left")
    ordered = ordered.sort("part", "first_seen", "customer_key", nulls_last=True)
    return ordered.select("customer_key", survivor=pl.col("customer_key").first().over("part")).sort("customer_key")


def _components(pairs: pl.DataFrame, keys: pl.Series) -> list[int]:
    """The number of the connected part that each key lies in."""
    from scipy.sparse import coo_array  # slow to import, and few commands get here
    from scipy.sparse.csgraph import connected_components

    places = {key: place for place, key in enumerate(keys.to_list())}
    a, b = ([places[key] for key in pairs[name].to_list()] for name in ("a", "b"))
    graph = coo_array(([1] * len(a), (a, b)), shape=(len(places), len(places)))
    labels: list[int] = connected_components(graph, directed=False)[1].tolist()
    return labels


def _first_seen(keys: pl.Series, orders: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    times = [
        orders.select("customer_key", at="ordered_at"),
        touches.select("customer_key", at="touched_at"),
    ]
    ours = [frame.filter(pl.col("customer_key").is_in(keys.implode())) for frame in times]
    return pl.concat(ours).group_by("customer_key").agg(first_seen=pl.col("at").min())


def one_customer(frame: pl.DataFrame, same_as: pl.DataFrame) -> pl.DataFrame:
    """The frame with each customer by the id that stands for all of theirs."""
    if same_as.is_empty():
        return frame
    joined = frame.join(same_as, on="customer_key", how="left", maintain_order="left")
    return joined.with_columns(customer_key=pl.coalesce("survivor", "customer_key")).drop("survivor")


def _visitors(
    orders: pl.DataFrame, touches: pl.DataFrame, placed: pl.DataFrame, same_as: pl.DataFrame, most: int
) -> pl.DataFrame:
    """visitor, customers, person: every customer known of a visitor, from its visits and from the orders it placed."""
    from_orders = placed.unique().join(orders.select(*_ORDER, "customer_key"), on=_ORDER, how="inner")
    known = pl.concat([touches.select("visitor", "customer_key"), from_orders.select("visitor", "customer_key")])
    count, key = pl.col("customers"), pl.col("_key")
    return (
        one_customer(known.drop_nulls("visitor"), same_as)
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
