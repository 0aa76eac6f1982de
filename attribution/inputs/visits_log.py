"""Web server logs: page requests of one browser within half an hour of each other are a visit.

Who it was is not kept: address and browser go, with the day, into a keyed hash that no other day shares. Robots, link
previews, pictures and scripts are counted and left out.
"""

from __future__ import annotations

import polars as pl

from attribution.inputs.cells import Check, columns, first_line, put_aside, with_cells
from attribution.inputs.times import instants
from attribution.inputs.touches import touches
from config.intake import Layout, Parsed, ReadContext, TextTable

SESSION_GAP_MINUTES = 30
BOT = (
    r"(?i)bot\b|bot[/_;.-]|crawl|spider|slurp|facebookexternalhit|facebookcatalog|whatsapp/|telegrambot|skypeuripreview|"
    r"preview|headless|phantomjs|python|curl/|wget|libwww|^java/|go-http|okhttp|ruby|perl|scrapy|httpclient|http_client|"
    r"feed|rss|reader|fetch|monitor|pingdom|uptime|statuscake|lighthouse|pagespeed|gtmetrix|validator|checker|scan|"
    r"archive|mediapartners|adsbot|semrush|ahrefs|majestic|dotbot|yandex.*(?:bot|metrika)|baidu|sogou|teoma|ia_archiver|"
    r"^mozilla/\d\.\d$|^-?$|embedly|quora link|bitly|nuzzel|w3c_|apache-|axios|node|postman|zgrab|masscan|nmap"
)
APPS = (
    ("instagram", r"(?i)\binstagram\b"),
    ("facebook", r"FBAN|FBAV|FB_IAB"),
    ("tiktok", r"(?i)musical_ly|bytedancewebview|tiktok"),
    ("x", r"Twitter for|TwitterAndroid"),
    ("snapchat", r"(?i)snapchat"),
    ("pinterest", r"(?i)pinterest/"),
    ("line", r"\bLine/"),
    ("linkedin", r"LinkedInApp"),
)
_ASSET = (
    r"(?i)\.(?:js|mjs|css|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|eot|otf|mp4|webm|mp3|pdf|zip|xml|txt|json|"
    r"rss|atom)$"
)
_NO_PAGE = (
    r"(?i)^/(?:wp-json|wp-admin|wp-cron|xmlrpc|api/|cdn-cgi|\.well-known|robots\.txt|favicon|piwik\.php|matomo\.php)"
)
_ORDER_PAGE = r"(?i)/(?:order-received|orders?/thank[-_]you|checkout/thank[-_]you)/(\d+)|[?&]order_?id=([\w-]+)"
_LOG = ("log host", "log ip", "log time", "log method", "log url", "log status", "log referrer", "log agent")


def read_log(table: TextTable, context: ReadContext) -> Parsed:
    """The table touches of a log. A visit ends after 30 minutes of silence, at midnight, or when a new tag comes."""
    rows = _plain(columns(table, _LOG).drop("first_cell"))
    read = {"at": instants(rows["log time"], zone=context.timezone)}
    rows, rejected = put_aside(with_cells(rows, read), _CHECKS)
    why = rows.select("source_line", _left_out().alias("why")).drop_nulls()
    pages = rows.join(why, on="source_line", how="anti").with_columns(
        _url(context).alias("url"), pl.col("log referrer").alias("referrer")
    )
    visits = _visits(pages)
    firsts = visits.group_by("visit", maintain_order=True).agg(
        *(pl.col(n).first() for n in ("who", "log agent", "source_line", "at")),
        pl.col("url").first().alias("landing_url"),
        pl.col("referrer").first(),
        pl.len().cast(pl.Int64).alias("pageviews"),
        (pl.col("at").max() - pl.col("at").min()).dt.total_seconds().alias("duration_seconds"),
        pl.col("order").drop_nulls().first().alias("order_ref"),
    )
    app = [pl.when(pl.col("log agent").str.contains(pattern)).then(pl.lit(name)) for name, pattern in APPS]
    named = firsts.with_columns(
        pl.col("at").alias("touched_at"),
        pl.col("who").alias("visitor"),
        (pl.col("pageviews") == 1).alias("is_bounce"),
        pl.coalesce(app).alias("in_app"),
    )
    start = pl.col("source_line").first().over("visit")
    pairs = visits.with_columns(start.alias("start")).filter(pl.col("start") != pl.col("source_line"))
    return Parsed(
        {"touches": touches(named, context)},
        rejected,
        dict(why.iter_rows()),
        warnings=_no_address(pages, context),
        part_of=dict(pairs.select("source_line", "start").iter_rows()),
    )


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Caddy's headers, each a list, as their first value; its seconds since 1970 as those without a fraction."""
    listed = [pl.col(name).str.replace(r'^\["((?:[^"\\]|\\.)*)".*\]$', "${1}") for name in _LOG]
    return rows.with_columns(listed).with_columns(pl.col("log time").str.replace(r"^(\d{10})\.\d+$", "${1}"))


_CHECKS = (
    Check("bad_time", "the request's time cannot be read", pl.col("at").is_null(), ("log time",)),
    Check("missing_visitor", "the request names no address", pl.col("log ip").is_null(), ("log time",)),
    Check("missing_url", "the request names no page", pl.col("log url").is_null(), ("log time",)),
)


def _no_address(pages: pl.DataFrame, context: ReadContext) -> list[str]:
    """What is said of requests that came over a socket of the machine itself, behind a proxy that passes none on."""
    found = pages.filter(pl.col("log ip").str.contains(r"^unix:|^-$"))
    if found.is_empty():
        return []
    count = f"{found.height} request{'s' if found.height > 1 else ''} came"
    return [
        f"{context.file}: {count} without an address (first: line {first_line(found)}), over a socket: visitors of one "
        "browser version are one visitor there. Let the proxy pass the address on, and the server log it."
    ]


def _left_out() -> pl.Expr:
    """Why a request is no page view of a person; null where it is one."""
    path = pl.col("log url").str.extract(r"^(?:\w+://[^/?#]*)?([^?#]*)", 1)
    status = pl.col("log status").cast(pl.Int32, strict=False)
    agent = pl.col("log agent")
    return (
        pl.when(agent.str.contains(BOT).fill_null(False))
        .then(pl.lit("bot"))
        .when(pl.col("log method").fill_null("GET") != "GET")
        .then(pl.lit("not_a_page_view"))
        .when(status.is_not_null() & ~status.is_between(200, 399))
        .then(pl.lit("failed_request"))
        .when(path.str.contains(_ASSET) | path.str.contains(_NO_PAGE))
        .then(pl.lit("not_a_page_view"))
    )


def _url(context: ReadContext) -> pl.Expr:
    """The page as a URL: hosts are told by the log, else it is the shop's own."""
    own = pl.lit(context.domains[0] if context.domains else None, dtype=pl.String)
    host = pl.coalesce(pl.col("log host").str.replace(r":\d+$", ""), own)
    url = pl.col("log url")
    whole = pl.when(url.str.contains(r"^\w+://")).then(url).otherwise(pl.concat_str(pl.lit("https://"), host, url))
    return pl.coalesce(whole, url)


def _visits(pages: pl.DataFrame) -> pl.DataFrame:
    """The page views in order of time, with `who` (address, browser and day), `visit` and the `order` a page names."""
    day = pl.col("at").dt.strftime("%Y-%m-%d")
    who = pl.concat_str("log ip", pl.col("log agent").fill_null(""), day, separator="|")
    ordered = pages.with_columns(
        who.alias("who"),
        pl.col("url").str.extract_groups(_ORDER_PAGE).alias("found"),
        pl.col("url")
        .str.extract(r"(?i)((?:utm_campaign|utm_source|gclid|fbclid|ttclid|msclkid)=[^&#]+)", 1)
        .alias("tag"),
    ).sort("who", "at", "source_line")
    gap = (pl.col("at") - pl.col("at").shift(1)).over("who") > pl.duration(minutes=SESSION_GAP_MINUTES)
    before = pl.col("tag").forward_fill().shift(1).over("who")
    new_tag = pl.col("tag").is_not_null() & (pl.col("tag") != before).fill_null(True)
    first = pl.col("who") != pl.col("who").shift(1)
    begins = first.fill_null(True) | gap.fill_null(False) | new_tag
    return ordered.with_columns(
        begins.cum_sum().alias("visit"),
        pl.coalesce(pl.col("found").struct.field("1"), pl.col("found").struct.field("2")).alias("order"),
    )


_CADDY_IP = ("request.client_ip", "request.remote_ip")
_REFERRERS = (
    *("referrer", "http_referer", "http_referrer", "referer"),
    *("request.headers.referer", "request_referer"),
)
_AGENTS = (
    *("user_agent", "http_user_agent", "useragent", "agent"),
    *("request.headers.user-agent", "request_user-agent"),
)
ACCESS_LOG = Layout(
    id="access_log",
    title="web server log (Apache, nginx, IIS, CloudFront, load balancer)",
    headers=frozenset({"log ip", "log time", "log url"}),
    sink="facts",
    read=read_log,
    system="log",
    synonyms={
        **dict.fromkeys(
            ("ip", "remote_addr", "clientip", "client_ip", "remote_ip", "clienthost", *_CADDY_IP), "log ip"
        ),
        **dict.fromkeys(("path", "request_uri", "uri", "requestpath", "request.uri"), "log url"),
        **dict.fromkeys(("date", "time_iso8601", "@timestamp", "startutc", "ts", "time"), "log time"),
        **dict.fromkeys(("status", "downstreamstatus"), "log status"),
        **dict.fromkeys(_REFERRERS, "log referrer"),
        **dict.fromkeys(_AGENTS, "log agent"),
        **dict.fromkeys(("host", "http_host", "server_name", "requesthost", "request.host"), "log host"),
        **dict.fromkeys(("method", "request_method", "requestmethod", "request.method"), "log method"),
    },
    one_of=(frozenset({"log agent"}), frozenset({"log status"})),
)
