"""Value equivalents and signs of trust in the reader's words: names, formulas, what to know, inputs."""

from __future__ import annotations

from ui.i18n import Translator


def names(_: Translator) -> dict[str, str]:
    return {
        "cpc_equivalent": _("Cost-per-click equivalent"),
        "service_savings": _("Service savings"),
        "lead_value": _("Lead value"),
        "unit_value": _("Value of likes, follows and leads"),
        "earned_media_value": _("Earned media value"),
        "outcomes": _("Outcomes"),
        "likes": _("Likes"),
        "follows": _("Follows"),
        "leads": _("Leads"),
    }


def formulas(_: Translator) -> dict[str, str]:
    return {
        "cpc_equivalent": _("organic social visits without a sale of their own × what a click costs as an ad"),
        "service_savings": _(
            "contacts answered in public × share that would have become paid ones × cost of a contact"
        ),
        "lead_value": _("open leads from social × share won × value of a won lead"),
        "unit_value": _("number × value of one, from your own last half year"),
        "earned_media_value": _("reach / 1,000 × price of 1,000 contacts"),
        "outcomes": _("sum of the values you entered for invitations, links and press"),
    }


def cautions(_: Translator) -> dict[str, str]:
    return {
        "cpc_equivalent": _("A cost avoided, not money earned."),
        "service_savings": _("A true reduction of cost, as far as these contacts would have come."),
        "lead_value": _("Expected, not sold: once a lead is won, its order counts and this does not."),
        "unit_value": _("An average of the past: one more does not bring as much."),
        "earned_media_value": _("Reach is not an outcome: the Barcelona Principles call such values invalid."),
        "outcomes": _("Your own estimate."),
    }


def inputs(_: Translator) -> dict[str, str]:
    return {
        "cpc": _("Price of a click"),
        "contact_cost": _("Cost of a contact"),
        "deflected_share": _("Share of contacts avoided"),
        "close_rate": _("Share of leads won"),
        "lead_value": _("Value of a won lead"),
        "price_per_thousand": _("Price of 1,000 contacts"),
    }


def trust(_: Translator) -> dict[str, str]:
    return {
        "share_of_voice": _("Share of voice"),
        "returning_mentioners": _("Returning mentioners"),
        "word_of_mouth": _("Word of mouth"),
        "branded_search": _("Branded search"),
        "linking_domains": _("New linking sites"),
        "net_sentiment": _("Net sentiment"),
    }


def outcome_kinds(_: Translator) -> dict[str, str]:
    return {"invitation": _("Invitation"), "link": _("Link from another site"), "press": _("Press")}


def experiment_kinds(_: Translator) -> dict[str, str]:
    return {
        "holdout": _("Holdout (kept from some)"),
        "pause": _("Pause"),
        "geo": _("Regions"),
        "survey": _("Survey"),
    }


def experiment_states(_: Translator) -> dict[str, str]:
    return {
        "used": _("used"),
        "outside_days": _("its days are not among those estimated"),
        "too_few_days": _("under 28 days lie before it"),
        "no_amount": _("no amount could be worked out"),
    }
