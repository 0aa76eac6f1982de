"""Import layouts for people: what each is for, which columns it needs, and an empty file to fill."""

from __future__ import annotations

from config.intake import Layout
from ui.i18n import Translator

# The header rows of our own layouts. Exports of other tools need no template: they come as they are.
HEADERS = {
    "earned_visits": "visit_id,visitor,time,landing_url,referrer,order_id,customer",
    "earned_spend": "date,platform,campaign,cost,currency,source,medium,cost_type,influencer,"
    "impressions,clicks,conversions,conversion_value",
    "earned_posts": "network,post_id,published_at,permalink,caption,post_type,is_paid,"
    "impressions,reach,likes,comments,shares,saves,clicks",
    "earned_leads": "lead_id,created_at,source,medium,campaign,stage,won_at,deal_amount,currency",
    "earned_codes": "code,kind,owner,campaign,channel,valid_from,valid_to,commission_rate",
    "earned_people": "network,handle,name,followers,status",
    "earned_links": "url,source,medium,campaign,content,owner,shared_from,note",
}


def needs(layout: Layout) -> str:
    """The needed columns in the order of the template, else sorted; "a + b | c" where one set of several will do."""
    known = HEADERS.get(layout.id, "").split(",")

    def ordered(names: frozenset[str]) -> list[str]:
        return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))

    sets = " | ".join(" + ".join(ordered(names)) for names in layout.one_of)
    return ", ".join([*ordered(layout.headers), *([sets] if sets else [])])


def title(layout: Layout, _: Translator) -> str:
    """What people call it; a layout without a name of its own here says its title."""
    names = {
        "shopify_orders_csv": _("Shopify orders"),
        "earned_visits": _("Visits"),
        "earned_spend": _("Costs"),
        "earned_posts": _("Own posts"),
        "earned_leads": _("Leads"),
        "earned_codes": _("Promo codes"),
        "earned_people": _("People"),
        "earned_links": _("Links shared on social media alone"),
    }
    return names.get(layout.id, layout.title)


def purpose(layout_id: str, _: Translator) -> str | None:
    """What the file is for; None for layouts that their title explains."""
    texts = {
        "shopify_orders_csv": _("The CSV of Orders, Export in Shopify. Names, addresses and e-mails are not stored."),
        "earned_visits": _(
            "One row a visit: who came when, on which page, from where. Visitor and customer are hashed."
        ),
        "earned_spend": _("One row a cost: advertising, fees, content, labour. Influencers as network:handle."),
        "earned_posts": _("One row a post of your own, with what the network counted."),
        "earned_leads": _("One row a lead, from first contact to won or lost."),
        "earned_codes": _("One row a code with owner, campaign and days of validity. Owner as network:handle."),
        "earned_people": _("One row a person you watch or work with. Leave followers empty where unknown."),
        "earned_links": _("One row a link that you shared in one place only: who comes by it came from there."),
    }
    return texts.get(layout_id)
