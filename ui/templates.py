"""Import layouts for people: what each is for, which columns it needs, and a file to fill."""

from __future__ import annotations

import csv
import io

from attribution.inputs.spend import COST_TYPES
from config.intake import Layout
from config.plan_files import CAMPAIGN_CELLS, COST_CELLS, EXPERIMENT_CELLS, GOAL_CELLS, OUTCOME_CELLS
from config.plans import COST_KINDS, EXPERIMENT_KINDS, GOAL_PURPOSES, OUTCOME_KINDS, TARGETS_ARE
from config.registers import CODE_KINDS, CONTACT_STATUSES
from ui.i18n import Translator

# The header rows of our own layouts. Exports of other tools need no template: they come as they are.
HEADERS = {
    "earned_orders": "order_id,ordered_at,total,currency,subtotal,tax,shipping,discount,codes,customer,status,"
    "landing_url,referrer",
    "earned_visits": "visit_id,visitor,time,landing_url,referrer,order_id,customer",
    "earned_spend": "date,platform,campaign,cost,currency,source,medium,cost_type,influencer,"
    "impressions,clicks,conversions,conversion_value",
    "earned_posts": "network,post_id,published_at,permalink,caption,post_type,is_paid,"
    "impressions,reach,likes,comments,shares,saves,clicks",
    "earned_leads": "lead_id,created_at,source,medium,campaign,stage,won_at,deal_amount,currency",
    "earned_conversions": "conversion_id,kind,time,visitor,customer,order_id,source,medium,campaign,value,currency",
    "earned_account_daily": "network,handle,date,followers,reach,impressions,views,interactions",
    "keyword_prices": "keyword,cpc,currency",
    "earned_mentions": "link,text,author,followers,date,network,title,likes,comments,shares,views",
    "earned_codes": "code,kind,owner,campaign,channel,valid_from,valid_to,commission_rate,commission_per_order,"
    "commission_on",
    "earned_people": "network,handle,name,followers,status",
    "earned_links": "url,source,medium,campaign,content,owner,shared_from,note",
    "earned_costs": ",".join(COST_CELLS),
    "earned_outcomes": ",".join(OUTCOME_CELLS),
    "earned_experiments": ",".join(EXPERIMENT_CELLS),
    "earned_campaigns": ",".join(CAMPAIGN_CELLS),
    "earned_goals": ",".join(GOAL_CELLS),
}

# One row as it could stand in the file.
EXAMPLES = {
    "earned_orders": "A-1001,2026-03-04T10:15:00Z,59.50,EUR,54.50,9.50,5.00,5.00,ANNA10,anna@example.org,paid,"
    "https://shop.example/?utm_source=instagram&utm_medium=social,https://instagram.com/",
    "earned_visits": "v-1,visitor-1,2026-03-04T09:30:00Z,https://shop.example/?utm_source=instagram&utm_medium=social,"
    "https://instagram.com/,#1001,",
    "earned_spend": "2026-03-04,instagram,spring,120.50,EUR,instagram,paid_social,media,,10000,250,4,310.00",
    "earned_posts": "instagram,1789,2026-03-04T18:00:00Z,https://instagram.com/p/abc,New colours,reel,no,"
    "9000,7000,300,12,4,20,35",
    "earned_leads": "L-1,2026-03-04T10:00:00Z,linkedin,social,spring,won,2026-03-20,900.00,EUR",
    "earned_conversions": "s-1,sign_up,2026-03-04T11:00:00Z,visitor-1,,,instagram,social,spring,,",
    "earned_account_daily": "instagram,shop,2026-03-04,10250,3400,5100,800,210",
    "keyword_prices": "trail shoes,0.45,EUR",
    "earned_mentions": "https://forum.example/t/1,Best shoes I ever had,anna,1200,2026-03-04 18:30,forum,,12,3,1,900",
    "earned_codes": "ANNA10,creator,instagram:anna,spring,,2026-03-01,2026-05-31,10%,2.50,new",
    "earned_people": "instagram,anna,Anna Example,25000,shortlisted",
    "earned_links": "https://shop.example/new,instagram,social,spring,bio,instagram:anna,2026-03-01,profile",
    "earned_outcomes": ",2026-03-14,press,Review in the daily,https://news.example/review,250.00",
    "earned_experiments": ",holdout,2026-03-01,2026-03-31,1500.00,400.00,,,code kept from every tenth customer",
    "earned_costs": ",labour,,EUR,12,35,2026-03-01,2026-03-31,,spring,,,planning and filming",
    "earned_campaigns": ",Spring,2026-03-01,2026-03-31,,Organic Social; Influencer,instagram:anna,ANNA10,spring,,"
    "1500,4000,60,200,New colours,",
    "earned_goals": ",More orders by creators,sales,code_revenue,,,,spring,,,2500,absolute,2026-03-01,2026-03-31,Anna,",
}
# Which words a column takes, and what else is easily got wrong.
ALLOWED = {
    "earned_visits": (
        "order_id: the number of the order (#1001) or its id; empty where nothing was bought",
        "customer: what names the customer in the orders, such as the e-mail; it is hashed and never stored",
        "A visit with neither order_id nor customer is tied to no order",
        "A further column kind may say view: seen and not clicked, which counts where view-through is switched on",
    ),
    "earned_spend": (
        f"cost_type: {', '.join(COST_TYPES)}",
        "date: one day; for a span of days put date_from and date_to in its place",
        "influencer: network:handle",
    ),
    "earned_codes": (
        f"kind: {', '.join(CODE_KINDS)}",
        "commission_rate: 0.1 or 10%, of net revenue; commission_per_order: a fixed amount such as 2.50",
        "commission_on: all (also where empty) or new, for orders of new customers alone",
        "owner: network:handle; valid_from and valid_to: 2026-03-01, empty for always",
    ),
    "earned_outcomes": (f"kind: {', '.join(OUTCOME_KINDS)}",),
    "earned_experiments": (
        f"kind: {', '.join(EXPERIMENT_KINDS)}",
        "lift and error: in your currency; a survey has answers and heard instead, a pause may have neither",
    ),
    "earned_costs": (
        f"kind: {', '.join(COST_KINDS)}",
        "amount and currency, or hours and rate; from and to: the days it is for, it is spread over them",
        "channel, campaign, influencer (network:handle) and brand: empty where it is for all of them",
        "id: leave it empty for a new cost; an exported id says which one to change",
    ),
    "earned_campaigns": (
        "channels, people, codes, utm_campaigns, cost_campaigns: several with ; between them",
        "to: empty while it is open; budget and targets in the workspace's currency",
    ),
    "earned_goals": (
        f"purpose: {', '.join(GOAL_PURPOSES)}; target_is: {', '.join(TARGETS_ARE)} (0.2 is 20 % above the baseline)",
        "metric: as `earned goals --metrics` lists them",
        "network, page, product, campaign, brand: empty for all; baseline: empty for the days before",
    ),
    "earned_people": (f"status: {', '.join(CONTACT_STATUSES)}", "followers: a whole number, empty where unknown"),
}
# Needed beside the columns a layout is recognised by.
_ALSO = {"earned_spend": ("date", "date_from + date_to")}


def file(layout_id: str) -> str:
    """The template as CSV: the header, then an example row and the allowed values as comments, never imported."""
    out = io.StringIO()
    out.write(HEADERS[layout_id] + "\n# " + EXAMPLES[layout_id] + "\n")
    remarks = (*ALLOWED.get(layout_id, ()), "Lines that begin with # are not imported: write your own rows below")
    csv.writer(out, lineterminator="\n").writerows([f"# {remark}"] for remark in remarks)
    return out.getvalue()


def needs(layout: Layout) -> str:
    """The needed columns in the order of the template, else sorted; "a + b | c" where one set of several will do."""
    known = HEADERS.get(layout.id, "").split(",")

    def ordered(names: frozenset[str]) -> list[str]:
        return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))

    sets = " | ".join([*_ALSO.get(layout.id, ()), *(" + ".join(ordered(names)) for names in layout.one_of)])
    return ", ".join([*ordered(layout.headers), *([sets] if sets else [])])


def title(layout: Layout, _: Translator) -> str:
    """What people call it; a layout without a name of its own here says its title."""
    names = {
        "shopify_orders_csv": _("Shopify orders"),
        "earned_orders": _("Orders of any shop"),
        "earned_conversions": _("Conversions of any kind"),
        "earned_account_daily": _("Own accounts by day"),
        "keyword_prices": _("Keyword prices"),
        "earned_mentions": _("Mentions by hand"),
        "earned_visits": _("Visits"),
        "earned_spend": _("Costs"),
        "earned_posts": _("Own posts"),
        "earned_leads": _("Leads"),
        "earned_codes": _("Promo codes"),
        "earned_people": _("People"),
        "earned_links": _("Links shared on social media alone"),
        "earned_costs": _("Costs by hand"),
        "earned_outcomes": _("Outcomes that are no sales"),
        "earned_experiments": _("Experiments"),
        "earned_campaigns": _("Campaigns"),
        "earned_goals": _("Goals"),
    }
    return names.get(layout.id, layout.title)


def purpose(layout_id: str, _: Translator) -> str | None:
    """What the file is for; None for layouts that their title explains."""
    texts = {
        "shopify_orders_csv": _("The CSV of Orders, Export in Shopify. Names, addresses and e-mails are not stored."),
        "earned_orders": _(
            "One row an order. The customer is hashed and never stored; several codes with a comma between them."
        ),
        "earned_conversions": _("One row a sign-up, download, trial or lead that your pages count."),
        "earned_account_daily": _("One row an account of yours and day, with what the network counted."),
        "keyword_prices": _("One row a search term with what a click on it costs."),
        "earned_mentions": _("One row a post by somebody else, found by hand or by a tool that is not listed."),
        "earned_visits": _(
            "One row a visit: who came when, on which page, from where. Visitor and customer are hashed. "
            "order_id may be the order's number (#1001) or its id; without order_id or customer a visit is tied to no "
            "order."
        ),
        "earned_spend": _("One row a cost: advertising, fees, content, labour. Influencers as network:handle."),
        "earned_posts": _("One row a post of your own, with what the network counted."),
        "earned_leads": _("One row a lead, from first contact to won or lost."),
        "earned_codes": _("One row a code with owner, campaign and days of validity. Owner as network:handle."),
        "earned_people": _("One row a person you watch or work with. Leave followers empty where unknown."),
        "earned_links": _("One row a link that you shared in one place only: who comes by it came from there."),
        "earned_costs": _("One row a cost: an amount, or hours and rate, spread over its days."),
        "earned_outcomes": _("One row an invitation, a link from elsewhere or a press article, with a value if any."),
        "earned_experiments": _(
            "One row a test that measured what talk brings: its days, what talk brought and the standard error; of a "
            "survey how many answered and named talk."
        ),
        "earned_campaigns": _("One row a campaign: its days, people, codes and tags, and what you plan."),
        "earned_goals": _("One row a goal: which figure, how far, by when, and who owns it."),
    }
    return texts.get(layout_id)
