"""What ready-made sources are called, what they hear, and how to find what they need; `_` as in `source_words`."""

from __future__ import annotations

from ui.source_words import Words


def hears(_: Words) -> dict[str, str]:
    """Recipe -> what it hears, and what it cannot."""
    return {
        "google-alerts": _("What Google finds and thinks relevant, some hours late; no social networks."),
        "google-news": _(
            "Titles of about the 100 newest articles of known outlets, no texts; links lead through Google."
        ),
        "reddit-search": _(
            "Posts, no comments. Reddit answers one feed a minute to each address, so many Reddit feeds take turns."
        ),
        "reddit-subreddit": _("The 25 newest posts, no comments. Reddit answers one feed a minute to each address."),
        "youtube": _(
            "The 15 newest videos of one channel: title, description and views; neither comments nor what is spoken."
        ),
        "mastodon-tag": _(
            "The newest public posts with the tag that this server knows of; no follower counts, none without the tag."
        ),
        "mastodon-account": _("What this account posts in public; not what others answer it, no follower counts."),
        "bluesky": _("What this profile posts; Bluesky has no feed of a search, so what others say is not heard."),
        "hacker-news": _(
            "Posts with the words in title or text, by way of hnrss.org; for comments add hacker-news-comments."
        ),
        "hacker-news-comments": _("Comments with the words, by way of hnrss.org; points of comments are not known."),
        "app-store": _(
            "The 50 newest written reviews of one country; ratings without words and other countries are not heard."
        ),
        "podcast": _("Titles and show notes of episodes; not what is spoken."),
        "rsshub": _(
            "As good as the bridge: public instances are often refused by the networks. One of your own hears more."
        ),
        "rss-bridge": _(
            "As good as the bridge: it breaks when the network changes its pages. One of your own hears more."
        ),
    }


def hints(_: Words) -> dict[str, str]:
    """Recipe -> where to find what it needs."""
    return {
        "google-alerts": _(
            "At google.com/alerts choose Deliver to: RSS feed, then copy the address behind the feed's icon."
        ),
        "youtube": _(
            "The id begins with UC and stands in the page's address. With an @name, add the page by its address."
        ),
        "app-store": _("The number stands after id in the app's address. Add one source for each country."),
        "rsshub": _(
            "RSSHub's documentation lists the routes. For one inside your own network allow private addresses."
        ),
        "rss-bridge": _(
            "Open the bridge's page, fill its form, and take bridge and parameters from the address it makes."
        ),
    }


def need_names(_: Words) -> dict[str, str]:
    """What a recipe asks for, by the need's name; `recipe.name` where one means something else by it."""
    return {
        "feed": _("Address of the alert's feed"),
        "search": _("Words to search for"),
        "language": _("Language"),
        "country": _("Country"),
        "subreddit": _("Subreddit"),
        "channel": _("Channel id"),
        "server": _("Server"),
        "tag": _("Hashtag"),
        "account": _("Account"),
        "handle": _("Handle"),
        "app": _("App id"),
        "podcast.feed": _("Address of the podcast's feed"),
        "route": _("Route"),
        "base": _("Address of the RSSHub"),
        "bridge": _("Bridge"),
        "parameters": _("Parameters"),
        "rss-bridge.base": _("Address of the RSS-Bridge"),
    }


def need_name(recipe: str, need: str, _: Words) -> str:
    names = need_names(_)
    return names.get(f"{recipe}.{need}", names[need])


def without_feed(_: Words) -> dict[str, str]:
    """Networks that give no feed -> how they come in all the same."""
    return {
        "X": _("an export (archive, listening tool) or by hand; bridges may work"),
        "Instagram": _("an export of a listening tool, or by hand"),
        "TikTok": _("an export of a listening tool, or by hand"),
        "Facebook": _("an export of a listening tool, or by hand"),
        "LinkedIn": _("by hand"),
        "Google Play": _("an export of the Play Console, or by hand"),
    }
