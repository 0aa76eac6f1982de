"""Who plays: the feeds, the influencers, everybody else who writes, and the promo codes."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from ui.demo.world import Author, Calendar, Code, Source

SOURCES = (
    Source("instagram-bridge", "instagram", "rss", "instagram.example", ("en", "ar", "he", "pl", "hu", "vi"), 0.24),
    Source("tiktok-bridge", "tiktok", "atom", "tiktok.example", ("en", "ar", "he", "pl", "hu", "vi"), 0.17),
    Source("youtube-channel", "youtube", "youtube", "youtube.example", ("en", "pl", "vi", "ar"), 0.08, titled=True),
    Source("reddit-search", "reddit", "atom", "reddit.example", ("en", "pl"), 0.11, titled=True),
    Source("mastodon-tag", "mastodon", "rss", "mastodon.example", ("en", "pl", "hu"), 0.08),
    Source("blog-en", "blog", "rss", "pushmongo.example", ("en",), 0.05, titled=True, counts_comments=True),
    Source("blog-ar", "blog", "rss", "lawh.example", ("ar",), 0.08, titled=True, counts_comments=True),
    Source("blog-he", "blog", "rss", "galgalim.example", ("he",), 0.08, titled=True, counts_comments=True),
    Source("blog-pl", "blog", "rss", "deska-blog.example", ("pl",), 0.08, titled=True, counts_comments=True),
    Source("blog-hu", "blog", "rss", "gordeszka-naplo.example", ("hu",), 0.08, titled=True, counts_comments=True),
    Source("blog-vi", "blog", "rss", "vantruot.example", ("vi",), 0.08, titled=True, counts_comments=True),
    Source("news-search", "news", "rss", "news.example", ("en", "ar", "he", "pl", "hu", "vi"), 0.05, titled=True),
    Source("forum", "forum", "atom", "forum.example", ("en", "he", "hu"), 0.06, titled=True, counts_comments=True),
    Source("reviews", "review", "rss", "reviews.example", ("en", "ar", "he", "pl", "hu", "vi"), 0.09, titled=True),
)

# network, handle, name, language, followers (None: unknown), status, always-on code, summer code, holiday code
_INFLUENCERS: tuple[tuple[str, str, str, str, int | None, str, str, str, str], ...] = (
    ("instagram", "ledgelamp.mila", "Mila", "en", 48200, "contracted", "MILA10", "", "MILAHOL"),
    ("instagram", "noah_curbsoup", "Noah", "en", 31500, "contracted", "NOAH15", "", ""),
    ("tiktok", "kerbqueen.zo", "Zo", "en", 214000, "contracted", "", "ZOSUN", "ZOHOL"),
    ("tiktok", "wobblytruck", "Wobbly Truck", "en", 96400, "contracted", "", "", "WOBBLY12"),
    ("youtube", "slowpushdiaries", "Slow Push Diaries", "en", 127000, "contracted", "SLOWPUSH", "", ""),
    ("instagram", "ola.nakolkach", "Ola", "pl", 22800, "contracted", "OLA10", "", "OLAHOL"),
    ("tiktok", "deskomaniak_tymek", "Tymek", "pl", 57100, "contracted", "", "TYMEKLATO", "TYMEK12"),
    ("instagram", "noa.betoncity", "Noa", "he", 18900, "contracted", "NOA10", "", ""),
    ("tiktok", "itay_kickdrum", "Itay", "he", 40300, "contracted", "", "", "ITAY12"),
    ("instagram", "salma.onboard", "Salma", "ar", 63700, "contracted", "SALMA10", "", "SALMAHOL"),
    ("youtube", "lawh_wa_ahmar", "Lawh wa Ahmar", "ar", 15200, "contracted", "", "", "LAWH12"),
    ("instagram", "zsofi.gordul", "Zsófi", "hu", 12400, "contracted", "ZSOFI10", "ZSOFINYAR", ""),
    ("tiktok", "linh.vanlon", "Linh", "vi", 88600, "contracted", "LINH10", "", "LINHHOL"),
    ("youtube", "saigoncurbclub", "Saigon Curb Club", "vi", 26100, "contracted", "", "", "CURBCLUB"),
    ("instagram", "moss.and.griptape", "Moss", "en", 19800, "contacted", "", "", ""),
    ("tiktok", "threestairjo", "Jo", "en", 145000, "contacted", "", "", ""),
    ("youtube", "bushingbench", "Bushing Bench", "en", 71800, "shortlisted", "", "", ""),
    ("instagram", "rainyparkrat", "Rainy Park Rat", "en", 11300, "shortlisted", "", "", ""),
    ("tiktok", "kuba.odkrawedzi", "Kuba", "pl", 34900, "shortlisted", "", "", ""),
    ("youtube", "kanalmurek", "Kanał Murek", "pl", 16600, "declined", "", "", ""),
    ("instagram", "gali_fourwheels", "Gali", "he", 27400, "shortlisted", "", "", ""),
    ("tiktok", "rami.deckdust", "Rami", "ar", 52900, "contacted", "", "", ""),
    ("instagram", "bence_flatbar", "Bence", "hu", 14100, "declined", "", "", ""),
    ("instagram", "trang.bonbanh", "Trang", "vi", None, "shortlisted", "", "", ""),
    ("tiktok", "pixelpushed", "Pixel Pushed", "en", None, "shortlisted", "", "", ""),
)

_FRONTS = ("rail", "grip", "deck", "curb", "flat", "gap", "push", "bolt", "urethane", "stair", "slappy", "noseblunt")
_MIDDLES = ("moss", "toast", "lamp", "otter", "biscuit", "cloud", "pickle", "ferret", "static", "teapot", "kiwi", "fog")
_NAMES = {
    "en": ("Robin", "Sam", "Alex", "Jamie", "Casey", "Drew", "Morgan", "Riley"),
    "ar": ("سلمى", "رامي", "ليلى", "كريم", "هدى", "سامي"),
    "he": ("נועה", "איתי", "גלי", "עומר", "יעל", "רון"),
    "pl": ("Ola", "Kuba", "Zosia", "Tymek", "Hania", "Bartek"),
    "hu": ("Zsófi", "Bence", "Réka", "Máté", "Lili", "Dani"),
    "vi": ("Linh", "Minh", "Trang", "Huy", "Mai", "Long"),
}
_LANGUAGE_SHARE = {"en": 0.45, "ar": 0.11, "he": 0.11, "pl": 0.12, "hu": 0.105, "vi": 0.105}


def influencers() -> list[Author]:
    return [
        Author(network, handle, name, language, followers, status, influencer=True)
        for network, handle, name, language, followers, status, *_ in _INFLUENCERS
    ]


def other_authors(rng: Random, count: int = 400) -> list[Author]:
    """Ordinary people, each at home on one network and in one language; most are no known quantity."""
    authors = []
    seats = [(source, source.languages[0]) for source in SOURCES for _ in range(3)]  # no feed stays empty
    for number in range(count):
        source, language = seats[number] if number < len(seats) else draw_source(rng)
        handle = f"{rng.choice(_FRONTS)}{rng.choice(_MIDDLES)}_{number:03d}"
        followers = int(rng.lognormvariate(6, 1.4)) if rng.random() < 0.6 else None
        authors.append(Author(source.network, handle, rng.choice(_NAMES[language]), language, followers))
    return authors


def draw_source(rng: Random) -> tuple[Source, str]:
    """A feed and a language it carries, so that languages come out as their shares say."""
    language = rng.choices(list(_LANGUAGE_SHARE), weights=list(_LANGUAGE_SHARE.values()))[0]
    fitting = [source for source in SOURCES if language in source.languages]
    return rng.choices(fitting, weights=[source.share for source in fitting])[0], language


def source_for(author: Author) -> Source:
    """The feed in which that author is heard."""
    return next(s for s in SOURCES if s.network == author.network and author.language in s.languages)


def codes(calendar: Calendar) -> list[Code]:
    """The register: creators' codes (always on, summer, holiday), and the shop's own of every kind."""
    summer, holiday = calendar.summer, calendar.holiday
    summer_span = (summer[0], summer[1] + timedelta(days=14))
    holiday_span = (holiday[0], holiday[1] + timedelta(days=35))
    rows = []
    for network, handle, *_, always, sunny, festive in _INFLUENCERS:
        owner = f"{network}:{handle}"
        if always:
            percent = 15 if always.endswith("15") else 10
            rows.append(Code(always, "creator", owner, "always-on", "", calendar.start, None, "0.10", percent))
        if sunny:
            rows.append(Code(sunny, "creator", owner, "summer26", "", *summer_span, "0.08", 10))
        if festive:
            rows.append(Code(festive, "creator", owner, "holiday26", "", *holiday_span, "0.12", 12))
    return rows + _shop_codes(calendar)


def _shop_codes(calendar: Calendar) -> list[Code]:
    holiday = calendar.holiday
    return [
        Code("WELCOME5", "crm", "", "welcome-mail", "", None, None, "", 5),
        Code("BACK10", "crm", "", "win-back", "", calendar.start + timedelta(days=60), None, "", 10),
        Code("PREHOLIDAY", "sitewide", "", "holiday26", "", holiday[0], holiday[1] + timedelta(days=10), "", 15),
        Code("PODKICK", "sitewide", "", "podcast-autumn", "Audio", calendar.start + timedelta(days=90), None, "", 10),
        Code("STAFF30", "staff", "", "", "", None, None, "", 30),
        Code("TESTITEST", "test", "", "", "", None, None, "", 50),
        Code("GIVEAWAY-MILA", "giveaway", "", "", "", None, None, "", 100),
        Code("GIVEAWAY-LINH", "giveaway", "", "", "", None, None, "", 100),
    ]
