"""URLs and tags as they may be kept: what says which page or campaign a visit is of, and nothing about the person.

Shops, mailing tools and plug-ins write anything into a query: addresses, tokens, customer numbers under names nobody
lists. So only parameters of a list stay (the business may add its own), and no value that looks like an e-mail address.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

MAX_STORED_URL, MAX_TAG = 4096, 2048
# Beginnings of parameter names, then whole names; lower case.
_FAMILIES = ("utm_", "mtm_", "pk_", "hsa_", "matomo_")
_TAGS = ("campaign", "medium", "source", "src", "from", "channel", "origin", "via")
_CLICKS = (
    *("gclid", "gbraid", "wbraid", "dclid", "gclsrc", "gad_source", "gad_campaignid", "msclkid", "ttclid", "twclid"),
    *("li_fat_id", "epik", "rdt_cid", "sccid", "srsltid", "fbclid", "igsh", "igshid", "mc_cid"),
)
_PROMOTIONS = (
    *(f"{word}{end}" for word in ("discount", "coupon", "promo", "voucher", "ref", "referral", "aff", "affiliate")
      for end in ("", "code", "_code", "-code", "id", "_id")),
    *("partner", "creator", "influencer"),
)  # fmt: skip
_PAGES = ("p", "page", "page_id", "product", "product_id", "id_product", "variant", "category", "collection", "lang")
KNOWN = (*_TAGS, *_CLICKS, *_PROMOTIONS, *_PAGES)
# A page of another site is often a number alone: a forum's topic, a video, a comment.
_FOREIGN_PAGES = ("id", "v", "t", "f", "tid", "pid", "topic", "thread", "story_fbid", "fbid")
_DOT = r"(?:\.|%(?:25)*2e)"
_LABEL = r"(?:[\w-]|%(?:25)*[89a-f][0-9a-f])+"  # of a host name, in any script, percent-encoded or not
_E_MAIL = rf"(?:@|%(?:25)*40){_LABEL}(?:{_DOT}{_LABEL})*{_DOT}(?:[^\W\d_]{{2}}|%(?:25)*[c-f])(?:{_LABEL})?"
_E_MAIL_IN_PATH = rf"(?i)[^/?#&=;\s]+{_E_MAIL}"
_AT = ("@", "%40", "%2540", "%252540", "%25252540")


def kept_urls(urls: pl.Series, *, own: Sequence[str] = (), foreign: bool = False) -> pl.Series:
    """Each URL with known parameters alone, in its query as in its fragment; at most 4,096 characters; null for null.

    `own`: names of further parameters to keep, as the business lists them. `foreign`: pages of somebody else, where
    what usually numbers a page stays too. A query that was percent-encoded as a whole is read first. Sign-in data
    before the host, e-mail addresses in the path, and any parameter whose value holds one go.
    """
    names = [*KNOWN, *(_FOREIGN_PAGES if foreign else ()), *(name.lower() for name in own)]
    unique = urls.drop_nulls().unique()
    plain = _uncovered(pl.DataFrame({"url": unique}))
    left, fragment = plain.select(pl.col("url").str.splitn("#", 2).alias("parts")).unnest("parts").get_columns()
    before, query = left.to_frame("left").select(pl.col("left").str.splitn("?", 2)).unnest("left").get_columns()
    is_tagged = fragment.str.contains("=", literal=True).fill_null(False)
    kept = pl.DataFrame(
        {
            "before": _without_addresses(_without_sign_in(before)),
            "query": _known_of(query, names),
            "fragment": _known_of(fragment.set(~is_tagged, None), names),
            "anchor": _without_addresses(fragment.set(is_tagged, None)),
        },
        schema=dict.fromkeys(("before", "query", "fragment", "anchor"), pl.String),
    )
    anchor = _after("#", pl.coalesce("fragment", "anchor"))
    whole = kept.select(pl.concat_str("before", _after("?", pl.col("query")), anchor).str.head(MAX_STORED_URL))
    known = pl.DataFrame({"url": unique, "kept": whole.to_series()}, schema=dict.fromkeys(("url", "kept"), pl.String))
    given = urls.cast(pl.String).rename("url").to_frame()
    return given.join(known, on="url", how="left", maintain_order="left")["kept"]


def _uncovered(frame: pl.DataFrame) -> pl.DataFrame:
    """`&amp;` as `&`; and a query that hides percent-encoded, or inside the path, in the open."""
    url = pl.col("url").str.replace_many(["&amp;", "&AMP;", "&Amp;"], ["&"] * 3)
    encoded = url.str.contains("%", literal=True) & url.str.contains(r"(?i)%(?:25)*3d")
    hidden = encoded & ~url.str.contains(r"\?[^#]*=")
    covered = frame.with_row_index("row").with_columns(url, hidden.alias("hidden"))
    opened = covered.filter("hidden").with_columns(
        pl.col("url")
        .str.replace(r"(?i)%(?:25)*3f", "?")
        .str.replace_all(r"(?i)%(?:25)*3d", "=")
        .str.replace_all(r"(?i)%(?:25)*26", "&")
    )
    return pl.concat([covered.filter(~pl.col("hidden")), opened]).sort("row") if opened.height else covered


def _known_of(texts: pl.Series, names: Sequence[str]) -> pl.Series:
    """The parameters of each text that are known and hold no address, joined by &."""
    rows = texts.to_frame("text").with_row_index("row")
    pairs = (
        rows.filter(pl.col("text").str.contains("=", literal=True))
        .with_columns(pl.col("text").str.replace_many([";", "?"], ["&"] * 2).str.split("&"))
        .explode("text")
    )
    names_of = pairs.select(pl.col("text").str.splitn("=", 2).struct.field("field_0").str.strip_chars().alias("name"))
    name = names_of["name"].str.to_lowercase()
    known = name.is_in(list(names))
    for family in _FAMILIES:
        known = known | name.str.starts_with(family)
    pairs = pairs.filter(known)
    suspect = pairs["text"].str.contains_any(list(_AT)).fill_null(False)
    if suspect.any():  # the pattern costs as much as all the rest
        pairs = pairs.filter(~(suspect & pairs["text"].str.contains(rf"(?i)[^=@]{_E_MAIL}")))
    kept = pairs.group_by("row", maintain_order=True).agg(pl.col("text")).with_columns(pl.col("text").list.join("&"))
    return rows.select("row").join(kept, on="row", how="left", maintain_order="left")["text"]


def _after(mark: str, text: pl.Expr) -> pl.Expr:
    return pl.when(text.fill_null("") != "").then(pl.concat_str(pl.lit(mark), text)).otherwise(pl.lit(""))


def _without_sign_in(texts: pl.Series) -> pl.Series:
    """https://jane:secret@host/ as https://host/."""
    has_one = texts.str.contains("@", literal=True).fill_null(False)
    return texts.zip_with(~has_one, texts.str.replace(r"^(\w[\w+.-]*://)[^/@]*@", "${1}")) if has_one.any() else texts


def _without_addresses(texts: pl.Series) -> pl.Series:
    has_one = texts.str.contains_any(list(_AT)).fill_null(False)
    if not has_one.any():
        return texts
    return texts.zip_with(~has_one, texts.str.replace_all(_E_MAIL_IN_PATH, ""))


def without_addresses(text: pl.Expr) -> pl.Expr:
    """A path, page title or search query without the e-mail addresses in it."""
    return text.str.replace_all(_E_MAIL_IN_PATH, "")


def tag_value(tag: pl.Expr) -> pl.Expr:
    """A tag's value as it stands, at most 2,048 characters of it; null where it holds an e-mail address."""
    return pl.when(~tag.str.contains(rf"(?i)[^@\s]{_E_MAIL}")).then(tag.str.head(MAX_TAG))
