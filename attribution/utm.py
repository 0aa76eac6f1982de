"""Landing pages and referrers: what their URLs carry, and which of it decides where a visit came from.

Evidence, strongest first: the visit's own UTM tags, then an ad platform's click id, then the referrer; without any the
visit is direct. Parsing never raises: what cannot be read is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import unquote, unquote_plus

import polars as pl

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
# Other names of a tag, read where the tag itself is not there: Matomo's, and GA4's number of a campaign.
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "utm_source": ("mtm_source", "matomo_source", "pk_source", "piwik_source"),
    "utm_medium": ("mtm_medium", "matomo_medium", "pk_medium", "piwik_medium"),
    "utm_campaign": ("mtm_campaign", "matomo_campaign", "mtm_cpn", "pk_campaign", "pk_cpn", "piwik_campaign", "utm_id"),
    "utm_content": ("mtm_content", "matomo_content", "pk_content", "piwik_content"),
    "utm_term": ("mtm_keyword", "mtm_kwd", "matomo_kwd", "pk_keyword", "pk_kwd", "piwik_kwd"),
}
MAX_URL = 16_384
MAX_VALUE = 2048
_URL = r"(?s)^(?:([a-zA-Z][\w+.-]*):)?(?://(?:[^/?#@]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$"

# Click ids in the order in which they decide when a URL carries several; fbclid is last, as it sits on unpaid clicks.
CLICK_IDS: Mapping[str, tuple[str, str]] = {
    "gclid": ("google", "cpc"),
    "gbraid": ("google", "cpc"),
    "wbraid": ("google", "cpc"),
    "dclid": ("google", "cpc"),
    "msclkid": ("bing", "cpc"),
    "ttclid": ("tiktok", "cpc"),
    "twclid": ("x", "cpc"),
    "li_fat_id": ("linkedin", "cpc"),
    "epik": ("pinterest", "cpc"),
    "rdt_cid": ("reddit", "cpc"),
    "sccid": ("snapchat", "cpc"),
    "gad_source": ("google", "cpc"),
    "srsltid": ("google shopping", "organic"),
    "mc_eid": ("mailchimp", "email"),
    "_hsenc": ("hubspot", "email"),
    "fbclid": ("facebook", "social"),
}
# Pages that only pass a visitor on, and the parameter with the page they pass on to.
_WRAPPERS = (
    (r"^(?:l|lm)\.(?:instagram|facebook)\.com$", "u"),
    (r"^l\.wl\.co$", "u"),
    (r"^t\.me$", "url"),
    (r"^(?:www\.|m\.)?youtube\.com$", "q"),
    (r"^(?:www\.)?google\.[a-z.]+$", "url"),
    (r"^out\.reddit\.com$", "url"),
    (r"^away\.vk\.com$", "to"),
)
SOURCE_ALIASES: Mapping[str, tuple[str, ...]] = {
    "facebook": (
        *("fb", "fb_ig", "fbads", "fb-ads", "fb_ads", "facebook-ads", "facebook_ads", "facebookads", "facebook ads"),
        *("facebook.com", "m.facebook.com", "l.facebook.com", "mwfacebook", "meta", "meta.com", "meta ads", "meta_ads"),
        *("meta-ads", "an", "igfb", "ig_fb", "facebook_mobile_feed", "facebook_desktop_feed", "facebook_stories"),
        *("facebook_marketplace", "facebook_right_column", "facebook_reels"),
    ),
    "instagram": (
        *("ig", "insta", "igshopping", "instagram_stories", "instagram_feed", "instagram_reels", "instagram.com"),
        *("l.instagram.com", "ig_web_copy_link", "ig_profile_share", "instagram_profile", "instagram_explore"),
    ),
    "google": (
        *("adwords", "gads", "googleads", "google-ads", "google_ads", "google ads", "google.com", "www.google.com"),
        *("ggsem", "gdn"),
    ),
    "bing": ("bing.com", "www.bing.com", "bingads", "bing-ads", "bing_ads", "microsoft ads", "microsoft_ads", "msads"),
    "tiktok": (
        "tik tok",
        "tik_tok",
        "tik-tok",
        "tt",
        "tiktok.com",
        "tiktokads",
        "tiktok_ads",
        "tiktok-ads",
        "tiktok ads",
    ),
    "youtube": ("yt", "youtube.com", "youtu.be", "m.youtube.com"),
    "x": ("twitter", "twitter.com", "x.com", "t.co", "tw", "twitter_ads"),
    "linkedin": ("linkedin.com", "lnkd.in", "li", "linkedin_ads", "linkedinads"),
    "pinterest": ("pinterest.com", "pin"),
    "reddit": ("reddit.com", "out.reddit.com"),
    "snapchat": ("snap", "snapchat.com"),
    "threads": ("threads.net", "threads.com"),
    "whatsapp": ("wa", "whatsapp.com", "wa.me"),
    "telegram": ("t.me", "telegram.org", "tg"),
}
PAID_SOCIAL = (
    *("paid social", "paid_social", "paid-social", "paidsocial", "paid+social", "social-paid", "social paid"),
    *("social_paid", "social+paid", "socialpaid"),
)
_NO_VALUE = ("", "null", "none", "undefined", "(none)", "(not set)", "(direct)", "not set", "n/a", "-")
# Hosts of a network by their last labels; the first that fits names the source.
_HOSTS = (
    (r"(?:^|\.)(?:facebook\.com|fb\.com|fb\.me|fb\.watch|messenger\.com|facebook\.katana)$", "facebook"),
    (r"(?:^|\.)(?:instagram\.com|instagr\.am|instagram\.android)$", "instagram"),
    (r"(?:^|\.)(?:threads\.net|threads\.com)$", "threads"),
    (r"(?:^|\.)(?:tiktok\.com|tiktokv\.com|zhiliaoapp\.musically)$", "tiktok"),
    (r"(?:^|\.)(?:youtube\.com|youtu\.be|youtube-nocookie\.com)$|^com\.google\.android\.youtube$", "youtube"),
    (r"(?:^|\.)(?:twitter\.com|x\.com|t\.co)$|^com\.twitter\.android$", "x"),
    (r"(?:^|\.)(?:linkedin\.com|lnkd\.in)$|^com\.linkedin\.android$", "linkedin"),
    (r"(?:^|\.)(?:reddit\.com|redd\.it)$|^com\.reddit\.frontpage$", "reddit"),
    (r"(?:^|\.)(?:pinterest\.[a-z]{2,3}(?:\.[a-z]{2})?|pin\.it)$|^com\.pinterest$", "pinterest"),
    (r"(?:^|\.)(?:snapchat\.com|snapchat\.android)$", "snapchat"),
    (r"(?:^|\.)(?:whatsapp\.com|wa\.me|l\.wl\.co)$|^com\.whatsapp$", "whatsapp"),
    (r"^(?:t\.me|(?:.*\.)?telegram\.(?:org|me))$|^org\.telegram\.messenger$", "telegram"),
    (r"(?:^|\.)vk\.(?:com|ru)$", "vk"),
    (r"(?:^|\.)discord\.(?:com|gg)$", "discord"),
    (r"(?:^|\.)twitch\.tv$", "twitch"),
    (r"(?:^|\.)vimeo\.com$", "vimeo"),
    (r"(?:^|\.)bsky\.(?:app|social)$", "bluesky"),
    (r"^(?:mail|inbox)\.google\.com$|^com\.google\.android\.gm$", "gmail"),
    (r"^outlook\.(?:live|office|office365)\.com$|^com\.microsoft\.office\.outlook$", "outlook"),
    (r"^(?:.*\.)?mail\.yahoo\.com$", "yahoo mail"),
    (r"^(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?$|^com\.google\.android\.googlequicksearchbox$", "google"),
    (r"^syndicatedsearch\.goog$", "google"),
    (r"(?:^|\.)bing\.com$", "bing"),
    (r"(?:^|\.)duckduckgo\.com$", "duckduckgo"),
    (r"(?:^|\.)search\.yahoo\.com$|^(?:www\.)?yahoo\.com$", "yahoo"),
    (r"(?:^|\.)yandex\.[a-z]{2,3}(?:\.[a-z]{2})?$|^ya\.ru$", "yandex"),
    (r"(?:^|\.)baidu\.com$", "baidu"),
    (r"(?:^|\.)ecosia\.org$", "ecosia"),
    (r"^search\.brave\.com$", "brave"),
    (r"(?:^|\.)qwant\.com$", "qwant"),
    (r"(?:^|\.)startpage\.com$", "startpage"),
)
MAIL_SOURCES = ("gmail", "outlook", "yahoo mail")
# Payment and sign-in pages send a visitor back; they did not bring one.
RETURNS = (
    *("checkout.stripe.com", "pay.stripe.com", "hooks.stripe.com", "paypal.com", "klarna.com", "adyen.com"),
    *("accounts.google.com", "pay.google.com", "appleid.apple.com", "shop.app", "przelewy24.pl", "mollie.com"),
    *("secure.wayforpay.com", "checkout.shopify.com"),
)


def parse_urls(urls: pl.Series) -> pl.DataFrame:
    """One row a distinct URL, sorted: url (as given), host, path, the UTM values (decoded), click_id_type, click_id.

    Understands `&amp;`, tags in the fragment, a query that was percent-encoded as a whole (up to twice), capitals in
    keys, redirect pages, and tags inside the Play Store's `referrer`. What is not there is null.
    """
    given = urls.cast(pl.String).drop_nulls().unique().sort().to_frame("url")
    cut = _cut(given.with_columns(_tidy(pl.col("url")).alias("text")))
    cut = _cut(cut.select("url", _unwrapped(cut).alias("text")))
    for _ in range(2):
        cut = _cut(cut.select("url", _decoded_once(cut).alias("text")))
    found = _parameters(cut)
    wanted = [_first_value(found, key) for key in UTM]
    result = cut.select("url", _host(pl.col("host")).alias("host"), pl.col("path").replace("", None))
    for column in (*wanted, _click_ids(found)):
        result = result.join(column, on="url", how="left", maintain_order="left")
    return result


def _tidy(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().str.replace_all("(?i)&amp;", "&").str.head(MAX_URL)


def _cut(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns url, text and the parts scheme, host, path, query, fragment of `text`."""
    parts = frame.select("url", "text", pl.col("text").str.extract_groups(_URL).alias("parts")).unnest("parts")
    names = dict(zip(("1", "2", "3", "4", "5"), ("scheme", "host", "path", "query", "fragment"), strict=True))
    return parts.rename(names)


def _host(host: pl.Expr) -> pl.Expr:
    return host.str.to_lowercase().str.replace(r":\d*$", "").str.strip_chars_end(".").replace("", None)


def host_of(url: pl.Expr) -> pl.Expr:
    """The host of a URL as it stands, redirect pages included: lower case, without port; null where there is none."""
    text = _tidy(url)
    bare = text.str.extract(r"^([\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,})(?:[/?#:]|$)", 1)
    return _host(pl.coalesce(text.str.extract_groups(_URL).struct.field("2"), bare))


def _unwrapped(cut: pl.DataFrame) -> pl.Expr:
    """The page behind a redirect page, where that names one; else the text itself."""
    host, inner = _host(pl.col("host")), pl.lit(None, dtype=pl.String)
    for pattern, key in _WRAPPERS:
        target = pl.col("query").str.extract(rf"(?i)(?:^|&){key}=(https?(?:%3A|:)[^&]*)", 1)
        inner = pl.when(host.str.contains(pattern)).then(target).otherwise(inner)
    passed_on = cut.select(inner.alias("inner"))["inner"]
    return pl.coalesce(pl.lit(_decode(passed_on, plus=False)), pl.col("text")) if len(cut) else pl.col("text")


def _decoded_once(cut: pl.DataFrame) -> pl.Expr:
    """The text without one layer of percent-encoding, if its query has no plain `=` or hides in the path."""
    query, path = pl.col("query"), pl.col("path")
    encoded_query = ~query.str.contains("=", literal=True) & query.str.contains(r"(?i)%(?:25)*3d")
    encoded_path = query.is_null() & path.str.contains(r"(?i)%(?:25)*3f.*%(?:25)*3d")
    hidden = (encoded_query | encoded_path).fill_null(False)
    decoded = _decode(cut.select(pl.when(hidden).then(pl.col("text"))).to_series(), plus=False)
    return pl.coalesce(pl.lit(decoded), pl.col("text")) if len(cut) else pl.col("text")


def _decode(texts: pl.Series, *, plus: bool) -> pl.Series:
    """Percent-encoding taken off, each distinct text once; bytes that are no UTF-8 become the replacement sign."""
    known = texts.drop_nulls().unique()
    take_off = unquote_plus if plus else unquote
    plain = pl.Series([take_off(text) for text in known.to_list()], dtype=pl.String)
    return texts.replace_strict(known, plain, default=None, return_dtype=pl.String)


def _parameters(cut: pl.DataFrame) -> pl.DataFrame:
    """Rows url, place, key (lower case), value (decoded) of every parameter of query, store referrer and fragment."""
    own = _pairs(cut.select("url", pl.col("query").alias("text")))
    store = own.filter((pl.col("key") == "referrer") & pl.col("value").str.contains("utm_", literal=True))
    nested = _pairs(store.select("url", pl.col("value").alias("text")))
    fragment = pl.col("fragment").str.replace(r"^[^=]*\?", "").str.strip_chars_start("!/?")
    behind = _pairs(cut.select("url", fragment.alias("text")))
    return pl.concat([own, nested, behind]).with_row_index("place")


def _pairs(frame: pl.DataFrame) -> pl.DataFrame:
    pairs = (
        frame.filter(pl.col("text").str.contains("=", literal=True))
        .with_columns(pl.col("text").str.replace_all(";", "&", literal=True).str.split("&"))
        .explode("text")
        .filter(pl.col("text").str.contains("=", literal=True))
        .select("url", pl.col("text").str.splitn("=", 2).alias("pair"))
        .unnest("pair")
    )
    key = _decode(pairs["field_0"], plus=True).str.strip_chars().str.to_lowercase()
    value = _decode(pairs["field_1"], plus=True).str.strip_chars().str.head(MAX_VALUE)
    return pairs.select("url", key.alias("key"), value.alias("value")).with_columns(_second_round())


def _second_round() -> pl.Expr:
    """Tags that were encoded twice (spring%2520sale) are decoded again, where that gives letters: 20%deal stays."""
    value = pl.col("value")
    twice = pl.col("key").str.starts_with("utm_") & value.str.contains("%[0-9A-Fa-f]{2}")
    again = value.map_batches(lambda texts: _decode(texts, plus=True), return_dtype=pl.String)
    return pl.when(twice & ~again.str.contains("\ufffd", literal=True)).then(again).otherwise(value).alias("value")


def _first_value(found: pl.DataFrame, key: str) -> pl.DataFrame:
    names = {name: rank for rank, name in enumerate((key, *OTHER_NAMES[key]))}
    named = found.with_columns(pl.col("key").replace_strict(names, default=None, return_dtype=pl.Int32).alias("rank"))
    mine = named.filter(pl.col("rank").is_not_null() & (pl.col("value") != "")).sort("rank", "place")
    return mine.unique("url", keep="first", maintain_order=True).select("url", pl.col("value").alias(key))


def _click_ids(found: pl.DataFrame) -> pl.DataFrame:
    """url, click_id_type, click_id: the deciding one; a gclid marked `gclsrc=3p.ds` is only a copy of the other."""
    copied = found.filter((pl.col("key") == "gclsrc") & (pl.col("value") == "3p.ds"))["url"].unique()
    rank = {name: place for place, name in enumerate(CLICK_IDS)}
    place = pl.col("key").replace_strict(rank, default=None, return_dtype=pl.Int32)
    is_copy = (pl.col("key") == "gclid") & pl.col("url").is_in(copied.to_list())
    ids = found.with_columns(pl.when(is_copy).then(len(rank)).otherwise(place).alias("rank"))
    ids = ids.filter(pl.col("rank").is_not_null() & (pl.col("value") != "")).sort("rank", "place")
    first = ids.unique("url", keep="first", maintain_order=True)
    return first.select("url", pl.col("key").alias("click_id_type"), pl.col("value").alias("click_id"))


def normal_value(text: pl.Expr) -> pl.Expr:
    """A tag as it is compared: NFKC, trimmed, lower case; placeholders, unfilled macros and `null` words are null."""
    plain = text.str.normalize("NFKC").str.strip_chars().str.to_lowercase()
    unfilled = plain.str.contains(r"\{\{.*\}\}|^\{[^{}]*\}$|^\[[^\]]*\]$|^__[a-z_]+__$|^%%.*%%$")
    return pl.when(~unfilled & ~plain.is_in(_NO_VALUE)).then(plain)


def normal_source(text: pl.Expr) -> pl.Expr:
    """`normal_value` with the many names of a network folded into one: fb, meta, igfb -> facebook; ig -> instagram."""
    aliases = {alias: name for name, known in SOURCE_ALIASES.items() for alias in known}
    value = normal_value(text).str.replace(r"^https?://", "").str.replace(r"^www\.", "").str.strip_chars_end("/")
    return value.replace(aliases)


def normal_medium(text: pl.Expr) -> pl.Expr:
    """`normal_value` with the spellings of paid social folded into paid_social."""
    return normal_value(text).replace(dict.fromkeys(PAID_SOCIAL, "paid_social"))


def referrer_source(host: pl.Expr) -> pl.Expr:
    """The network a referring host belongs to, by its bare name; else the host without `www.`."""
    plain = _host(host)
    found = pl.lit(None, dtype=pl.String)
    for pattern, name in reversed(_HOSTS):
        found = pl.when(plain.str.contains(pattern)).then(pl.lit(name)).otherwise(found)
    return pl.coalesce(found, plain.str.replace(r"^(?:www|m|amp)\.", ""))


def decide_source(frame: pl.DataFrame, *, own_domains: Sequence[str]) -> pl.DataFrame:
    """The frame with source, medium, campaign and evidence (utm | click_id | referrer | none) of each visit.

    Reads UTM, click_id_type and referrer_host; where they are there, landing_host as one more domain of one's own, and
    click_id, the value of the click id as the URL has it. Tags decide as soon as source or medium is told; what they
    leave open is filled from the click id, then the referrer. A visit that only another tag speaks for (a campaign
    without a source) is tagged too: its source is unknown (null), and it is not direct. Visits without evidence have
    source `(direct)` and no medium.
    """
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in UTM if name not in frame.columns]
    given = frame.columns
    frame = frame.with_columns(absent).with_columns(
        _told_beside().alias("_told_beside"), _in_instagram("click_id" in given).alias("_in_instagram")
    )
    keys = [
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "click_id_type",
        "referrer_host",
        "_told_beside",
        "_in_instagram",
    ]
    keys += ["landing_host"] if "landing_host" in frame.columns else []
    cases = frame.select(keys).unique(maintain_order=True)
    tag_source, tag_medium = normal_source(pl.col("utm_source")), normal_medium(pl.col("utm_medium"))
    click_source, click_medium = _of_click(0), _of_click(1)
    from_host = pl.when(~_no_referrer(own_domains, "landing_host" in keys)).then(
        referrer_source(pl.col("referrer_host"))
    )
    decided = cases.with_columns(
        tag_source.alias("tag_source"),
        tag_medium.alias("tag_medium"),
        click_source.alias("click_source"),
        click_medium.alias("click_medium"),
        from_host.alias("host_source"),
        normal_value(pl.col("utm_campaign")).alias("campaign"),
    ).with_columns(_evidence().alias("evidence"))
    decided = decided.with_columns(_source().alias("source"), _medium().alias("medium"))
    return frame.join(
        decided.select(*keys, "source", "medium", "campaign", "evidence"),
        on=keys,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    ).select(*given, "source", "medium", "campaign", "evidence")


def _told_beside() -> pl.Expr:
    """Whether a tag other than source, medium and campaign says something."""
    return pl.any_horizontal(normal_value(pl.col(name)).is_not_null() for name in ("utm_content", "utm_term"))


def _in_instagram(has_click_id: bool) -> pl.Expr:
    """Whether the click id is one that Instagram's own app wrote: those begin with PA, Facebook's with Iw."""
    is_app = (pl.col("click_id_type") == "fbclid") & pl.col("click_id").str.starts_with("PA")
    return is_app.fill_null(False) if has_click_id else pl.lit(False)


def _of_click(part: int) -> pl.Expr:
    return pl.col("click_id_type").replace_strict(
        {name: pair[part] for name, pair in CLICK_IDS.items()}, default=None, return_dtype=pl.String
    )


def _no_referrer(own_domains: Sequence[str], has_landing: bool) -> pl.Expr:
    """True where the referring host is none, one's own, or a payment or sign-in page that sends visitors back."""
    host = _host(pl.col("referrer_host"))
    own = host.is_null()
    for domain in (*own_domains, *RETURNS):
        bare = domain.lower().removeprefix("www.")
        own = own | ((host == bare) | host.str.ends_with(f".{bare}")).fill_null(False)
    if has_landing:
        landing = _host(pl.col("landing_host")).str.replace(r"^www\.", "")
        own = own | (host.str.replace(r"^www\.", "") == landing).fill_null(False)
    return own


def _evidence() -> pl.Expr:
    return (
        pl.when(pl.any_horizontal(pl.col("tag_source", "tag_medium").is_not_null()))
        .then(pl.lit("utm"))
        .when(pl.col("click_source").is_not_null())
        .then(pl.lit("click_id"))
        .when(pl.col("host_source").is_not_null())
        .then(pl.lit("referrer"))
        .when(pl.col("campaign").is_not_null() | pl.col("_told_beside"))
        .then(pl.lit("utm"))
        .otherwise(pl.lit("none"))
    )


def _source() -> pl.Expr:
    # A click on Instagram carries fbclid too: the referrer tells the two apart, then the id itself.
    by_host = (pl.col("click_id_type") == "fbclid") & (pl.col("host_source") == "instagram")
    instagram = by_host.fill_null(False) | (pl.col("_in_instagram") & pl.col("host_source").is_null())
    click = pl.when(instagram).then(pl.lit("instagram")).otherwise(pl.col("click_source"))
    return pl.coalesce(
        "tag_source", click, "host_source", pl.when(pl.col("evidence") == "none").then(pl.lit("(direct)"))
    )


def _medium() -> pl.Expr:
    mail = pl.col("host_source").is_in(MAIL_SOURCES)
    same = pl.col("tag_source") == pl.col("click_source")
    return (
        pl.when(pl.col("evidence") == "utm")
        .then(pl.coalesce("tag_medium", pl.when(same).then("click_medium")))
        .when(pl.col("evidence") == "click_id")
        .then("click_medium")
        .when(pl.col("evidence") == "referrer")
        .then(pl.when(mail).then(pl.lit("email")).otherwise(pl.lit("referral")))
    )
