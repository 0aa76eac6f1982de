"""What each tool or network calls its columns. Sources: the layouts' public descriptions and files made to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Names = tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """A file of mentions. Each field lists header names in normal form, the first that is filled counts.

    `needs` must all be there, of `one_of` one set. `selected`: the tool's own query chose the rows, so that they are
    about the brand even where our query finds no word of it. `network`: whose posts these are; else the column
    `platform`, else the link says it. `url_form` makes a link of other columns. `day_first`: 03/02/26 is the 3rd of
    February; it is the default where the column itself does not show it. `engagement` is the tool's own total, `parts`
    more reactions that count towards it. Where no `reach` is filled, the first of `impressions` and `site_visits` is
    taken, and says so. Numbers of `sentiment` lie between -`sentiment_scale` and `sentiment_scale`, whatever the file's
    other rows hold; `sentiment_clipped`: what lies outside counts as the scale's end, as only the direction is told,
    else its scale is not known, and neither is it. `prose`: the names are so usual that some row must hold words, too.
    `warning`: words the author put before the text. `received`: when
    the network itself first had a post, where the author's clock lies ahead.
    """

    id: str
    title: str
    needs: frozenset[str]
    text: Names
    date: Names
    selected: bool = False
    network: str | None = None
    platform: Names = ()
    time: Names = ()
    heading: Names = ()
    url: Names = ()
    url_form: str | None = None
    native_id: Names = ()
    author: Names = ()
    author_shown: Names = ()
    language: Names = ()
    followers: Names = ()
    following: Names = ()
    verified: Names = ()
    likes: Names = ()
    comments: Names = ()
    shares: Names = ()
    views: Names = ()
    engagement: Names = ()
    parts: Names = ()
    received: Names = ()
    warning: Names = ()
    sentiment_clipped: bool = False
    reach: Names = ()
    site_visits: Names = ()
    impressions: Names = ()
    sentiment: Names = ()
    sentiment_scale: float = 1.0
    rating: Names = ()
    links: Names = ()
    day_first: bool | None = None
    one_of: tuple[frozenset[str], ...] = ()
    not_with: frozenset[str] = frozenset()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    prose: bool = False


def _set(*names: str) -> frozenset[str]:
    return frozenset(names)


_STREAM = "chunk_result.data.data."


_FOLLOWED = ("twitter", "instagram", "facebook", "pinterest")


def _of_article(*names: str) -> Names:
    return tuple(form for name in names for form in (f"article_extended_attributes.{name}", name))


def _talkwalker(*, id: str, title: str, needs: frozenset[str], scale: float, prefix: str = "") -> Columns:
    def under(*names: str) -> Names:
        return tuple(prefix + name for name in names)

    return Columns(
        id=id, title=title, needs=needs, selected=True, day_first=True, text=under("content", "content_snippet"),
        date=under("published"), heading=under("title", "title_snippet"), url=under("url"),
        author=under("extra_author_attributes.short_name", "extra_author_attributes.name"),
        author_shown=under("extra_author_attributes.name"), platform=under("source_type"), language=under("lang"),
        engagement=under("engagement"), reach=under("reach"),
        sentiment=under("sentiment"), sentiment_scale=scale, sentiment_clipped=True,
        likes=under(*_of_article("facebook_likes", "instagram_likes", "youtube_likes", "pinterest_likes", "likes")),
        comments=under(*_of_article("num_comments", "comments")),
        shares=under(*_of_article("twitter_retweets", "twitter_shares", "facebook_shares", "shares", "retweets")),
        views=under(*_of_article("url_views", "youtube_views", "views")),
        followers=under(*(f"source_extended_attributes.{network}_followers" for network in _FOLLOWED)),
        site_visits=under("source_extended_attributes.alexa_pageviews"),
    )  # fmt: skip


# The names people give columns by hand, in the languages we serve first and a few more.
_SPOKEN: Mapping[str, Names] = {
    "date": ("date", "datum", "fecha", "data", "dátum", "ngày", "תאריך", "التاريخ", "created_at", "published",
             "published_at", "post created", "created time", "date published", "timestamp", "data publikacji"),
    "text": ("text", "content", "tweet", "full text", "full_text", "message", "mention", "snippet", "post text", "body",
             "tekst", "treść", "szöveg", "texto", "texte", "nội dung", "טקסט", "النص", "نص", "wpis"),
    "author": ("author", "username", "user_name", "user", "handle", "autor", "auteur", "szerző", "tác giả", "מחבר",
               "الكاتب", "screen_name", "from"),
    "url": ("url", "link", "permalink", "adres", "hivatkozás", "liên kết", "קישור", "رابط"),
    "title": ("title", "headline", "titel", "título", "tytuł", "cím", "tiêu đề", "כותרת", "العنوان"),
    "followers": ("followers", "follower", "user_followers", "obserwujący", "követők", "seguidores", "abonnés",
                  "người theo dõi", "עוקבים", "المتابعون"),
    "reach": ("reach", "reichweite", "alcance", "zasięg", "elérés", "portée", "חשיפה", "الوصول"),
    "sentiment": ("sentiment", "stimmung", "sentimiento", "wydźwięk", "hangulat", "cảm xúc", "סנטימנט", "المشاعر"),
    "platform": ("platform", "network", "source type", "plattform", "plataforma", "platforma", "nền tảng", "רשת",
                 "المنصة"),
    "language": ("language", "lang", "sprache", "idioma", "język", "nyelv", "ngôn ngữ", "שפה", "اللغة"),
    "likes": ("likes", "favorites", "polubienia", "me gusta", "kedvelések", "lượt thích"),
    "comments": ("comments", "replies", "comentarios", "komentarze", "kommentare"),
    "shares": ("shares", "retweets", "reposts", "udostępnienia", "republicaciones"),
    "views": ("views", "impressions seen", "wyświetlenia", "visualizaciones"),
}  # fmt: skip
_MONEY = _set("revenue", "order id", "order_id", "amount", "price", "spend", "cost", "impressions", "email", "e-mail",
              "conversions", "subtotal", "sessions", "clicks")  # fmt: skip

BY_HAND = Columns(
    id="earned_mentions",
    title="mentions by hand (link, text, author, followers, date; network, title, likes, comments, shares, views)",
    needs=_set("link", "text", "date"),
    selected=True,
    text=("text",), date=("date",), url=("link",), author=("author",), followers=("followers",), heading=("title",),
    platform=("network",), likes=("likes",), comments=("comments",), shares=("shares",), views=("views",),
    reach=("reach",), language=("language",), sentiment=("sentiment",),
    not_with=_MONEY,
)  # fmt: skip

TOOLS: tuple[Columns, ...] = (
    Columns(
        id="brandwatch", title="Brandwatch mentions", needs=_set("query id", "date", "url", "domain", "full text"),
        selected=True, text=("full text", "snippet", "title"), heading=("title",), date=("date",),
        url=("url", "original url"), author=("author",), author_shown=("full name", "author"),
        platform=("page type", "content source"), language=("language",),
        followers=("twitter followers", "instagram followers"), following=("twitter following", "instagram following"),
        verified=("twitter verified",),
        likes=("twitter likes", "facebook likes", "instagram likes", "linkedin likes", "reddit score"),
        comments=("twitter reply count", "facebook comments", "instagram comments", "linkedin comments",
                  "reddit comments"),
        shares=("twitter retweets", "facebook shares", "linkedin shares"), views=("linkedin video views",),
        reach=("reach (new)", "reach estimate", "reachestimate"), sentiment=("sentiment",), links=("expanded urls",),
        impressions=("impressions", "linkedin impressions"), site_visits=("total monthly visitors", "monthlyvisitors"),
    ),
    Columns(
        id="meltwater", title="Meltwater", needs=_set("date", "headline", "url", "hit sentence", "influencer"),
        selected=True, text=("hit sentence", "opening text", "headline"), heading=("headline",), date=("date",),
        url=("url",), native_id=("tweet id",), author=("influencer", "twitter screen name"), platform=("source",),
        language=("language",), followers=("twitter followers",), following=("twitter following",),
        verified=("is verified",), likes=("likes", "reactions"), comments=("replies", "comments"),
        shares=("retweets", "shares"), views=("views", "estimated views"), reach=("reach",), sentiment=("sentiment",),
    ),
    _talkwalker(
        id="talkwalker", title="Talkwalker", needs=_set("url", "published", "content", "source_type", "sentiment"),
        scale=1.0,
    ),
    _talkwalker(
        id="talkwalker_stream", title="Talkwalker stream (JSON lines)", prefix=_STREAM, scale=5.0,
        needs=_set("chunk_type", _STREAM + "url", _STREAM + "published"),
    ),
    Columns(
        id="brand24", title="Brand24", needs=_set("date", "hrs", "content", "source", "domain"), selected=True,
        text=("content",), heading=("title",), date=("date",), time=("hrs",), url=("source",), platform=("category",),
        sentiment=("sentiment",), author=("author",),
    ),
    Columns(
        id="sprinklr", title="Sprinklr", needs=_set("from user", "conversation stream", "created time", "permalink"),
        selected=True, text=("conversation stream",), date=("created time",), url=("permalink",),
        author=("from user",), platform=("sntypecolumn",), reach=("reach (sum)",), sentiment=("sentiment",),
        engagement=("earned engagements (recalibrated) (sum)",),
    ),
    Columns(
        id="youscan", title="YouScan", needs=_set("text snippet", "url", "date", "time", "source"), selected=True,
        text=("text snippet",), date=("date",), time=("time",), url=("url",), author=("author",), platform=("source",),
        likes=("likes", "me gusta"), comments=("comments", "comentarios"), shares=("reposts", "republicaciones"),
        views=("views", "visualizaciones"), engagement=("engagement",), reach=("reach", "alcance potencial"),
        sentiment=("sentiment", "sentimiento"), day_first=True,
        synonyms={"fragmento de texto": "text snippet", "fecha": "date", "hora": "time", "fuente": "source",
                  "autor": "author", "texto": "text snippet"},
    ),
    Columns(
        id="determ", title="Determ", needs=_set("mention_snippet", "date", "url", "social_network"), selected=True,
        text=("mention_snippet", "title"), heading=("title",), date=("date",), time=("time",), url=("url",),
        author=("author", "from"), platform=("social_network",), reach=("reach",), day_first=True,
    ),
    Columns(
        id="crowdtangle", title="CrowdTangle (Facebook)",
        needs=_set("page name", "facebook id", "post created", "message", "url"), network="facebook",
        text=("message", "description", "link text", "image text"), date=("post created",), url=("url",),
        author=("user name", "page name"), author_shown=("page name",), followers=("followers at posting",),
        likes=("likes",), comments=("comments",), shares=("shares",), views=("total views", "post views"),
        links=("final link", "link"), engagement=("total interactions",),
        parts=("love", "wow", "haha", "sad", "angry", "care"),
    ),
)  # fmt: skip

NETWORKS: tuple[Columns, ...] = (
    Columns(
        id="x_archive", title="X archive (tweets.js)",
        needs=_set("tweet.id_str", "tweet.created_at", "tweet.full_text"), network="x", text=("tweet.full_text",),
        date=("tweet.created_at",), native_id=("tweet.id_str",), url_form="https://x.com/i/status/{tweet.id_str}",
        language=("tweet.lang",), likes=("tweet.favorite_count",), shares=("tweet.retweet_count",),
        links=("tweet.entities.urls",),
    ),
    Columns(
        id="x_api", title="X API v1.1 (JSON)", needs=_set("id_str", "created_at", "user.screen_name"), network="x",
        one_of=(_set("text"), _set("full_text")), text=("full_text", "text"), date=("created_at",),
        native_id=("id_str",), url_form="https://x.com/{user.screen_name}/status/{id_str}",
        author=("user.screen_name",), author_shown=("user.name",), language=("lang",),
        followers=("user.followers_count",), following=("user.friends_count",), verified=("user.verified",),
        likes=("favorite_count",), shares=("retweet_count",), links=("entities.urls",),
    ),
    Columns(
        id="reddit", title="Reddit posts and comments (Pushshift, Arctic Shift)",
        needs=_set("id", "author", "created_utc", "subreddit"), one_of=(_set("selftext"), _set("body")),
        network="reddit", text=("selftext", "body"), heading=("title",), date=("created_utc",),
        url_form="https://www.reddit.com{permalink}", native_id=("name", "id"), author=("author",),
        likes=("score",), comments=("num_comments",),
    ),
    Columns(
        id="youtube_comments", title="YouTube comments (YouTube Data Tools)",
        needs=_set("id", "likecount", "publishedat", "authorname", "text"), network="youtube", text=("text",),
        date=("publishedat",), native_id=("id",), author=("authorchannelid", "authorname"),
        author_shown=("authorname",), likes=("likecount",), comments=("replycount",),
    ),
    Columns(
        id="bluesky", title="Bluesky (JSON)", needs=_set("uri", "author.handle", "record.text", "record.createdat"),
        network="bluesky", text=("record.text",), date=("record.createdat", "indexedat"), native_id=("uri",),
        url_form="https://bsky.app/profile/{author.handle}/post/{uri}", author=("author.handle",),
        author_shown=("author.displayname", "author.handle"), language=("record.langs",),
        followers=("author.followerscount",), likes=("likecount",), comments=("replycount",), shares=("repostcount",),
        parts=("quotecount",), received=("indexedat",), links=("record.facets",),
    ),
    Columns(
        id="mastodon", title="Mastodon (JSON)", needs=_set("id", "url", "created_at", "content", "account.acct"),
        network="mastodon", text=("content", "reblog.content"), warning=("spoiler_text", "reblog.spoiler_text"),
        date=("created_at",), url=("url", "uri"),
        author=("account.acct",), author_shown=("account.display_name", "account.acct"),
        language=("language", "reblog.language"),
        followers=("account.followers_count",), following=("account.following_count",), likes=("favourites_count",),
        comments=("replies_count",), shares=("reblogs_count",),
    ),
    Columns(
        id="threads", title="Threads (JSON)",
        needs=_set("id", "permalink", "username", "text", "timestamp", "media_product_type"), network="threads",
        text=("text",), date=("timestamp",), url=("permalink",), native_id=("id",), author=("username",),
        likes=("like_count",), comments=("reply_count",), shares=("repost_count",), views=("views",),
    ),
    Columns(
        id="weibo", title="Weibo (JSON)", needs=_set("id", "mid", "created_at", "text", "reposts_count"),
        network="weibo", text=("text",), date=("created_at",), native_id=("id",), author=("user.id",),
        author_shown=("user.screen_name",), followers=("user.followers_count",), following=("user.friends_count",),
        verified=("user.verified",), shares=("reposts_count",), comments=("comments_count",),
        likes=("attitudes_count",),
    ),
    Columns(
        id="tweets_users", title="tweets with their users (CSV)",
        needs=_set("id", "user_name", "user_followers", "date", "text"), network="x", text=("text",), date=("date",),
        author=("user_name",), followers=("user_followers",), following=("user_friends",),
        verified=("user_verified",), likes=("favorites",), shares=("retweets",),
    ),
    Columns(
        id="tweets_support", title="customer support tweets (CSV)",
        needs=_set("tweet_id", "author_id", "inbound", "created_at", "text"), network="x", text=("text",),
        date=("created_at",), native_id=("tweet_id",), author=("author_id",),
    ),
    Columns(
        id="tweets_airline", title="labelled airline tweets (CSV)",
        needs=_set("tweet_id", "airline_sentiment", "name", "text", "tweet_created"), network="x", text=("text",),
        date=("tweet_created",), native_id=("tweet_id",), author=("name",), shares=("retweet_count",),
        sentiment=("airline_sentiment",),
    ),
    Columns(
        id="appstore", title="App Store reviews (JSON)",
        needs=_set("id.label", "author.name.label", "content.label", "im:rating.label"), network="appstore",
        selected=True, text=("content.label",), heading=("title.label",), date=("updated.label",),
        native_id=("id.label",), author=("author.name.label",), rating=("im:rating.label",),
    ),
)  # fmt: skip

GENERIC = Columns(
    id="generic_mentions",
    title="any table with a date and a text (author, link, followers, reach, sentiment, platform if given)",
    needs=_set("date", "text"),
    text=("text",), date=("date",), heading=("title",), url=("url",), author=("author",), platform=("platform",),
    followers=("followers",), reach=("reach",), sentiment=("sentiment",), language=("language",), likes=("likes",),
    comments=("comments",), shares=("shares",), views=("views",),
    synonyms={spoken: name for name, many in _SPOKEN.items() for spoken in many if spoken != name},
    not_with=_MONEY, prose=True,
)  # fmt: skip

ALL: tuple[Columns, ...] = (BY_HAND, *TOOLS, *NETWORKS, GENERIC)
