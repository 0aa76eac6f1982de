"""The layouts of imported facts: what each file's columns are called and which tables it fills."""

from __future__ import annotations

from attribution.inputs.conversions import EARNED_ACCOUNT_DAILY, EARNED_CONVERSIONS
from attribution.inputs.crm_hubspot import HUBSPOT_CONTACTS, HUBSPOT_DEALS
from attribution.inputs.leads import EARNED_LEADS
from attribution.inputs.orders_marketplaces import EARNED_ORDERS, ETSY_ORDERS, STRIPE_PAYMENTS
from attribution.inputs.orders_shopify import SHOPIFY_ORDERS
from attribution.inputs.orders_shopify_rest import SHOPIFY_REST
from attribution.inputs.orders_woocommerce import WOOCOMMERCE_ANALYTICS, WOOCOMMERCE_REST, WOOCOMMERCE_WEBTOFFEE
from attribution.inputs.pipelines import PIPELINES
from attribution.inputs.posts import EARNED_POSTS
from attribution.inputs.posts_platforms import POST_EXPORTS
from attribution.inputs.search import KEYWORD_PRICES, SEARCH_CONSOLE
from attribution.inputs.spend import EARNED_SPEND
from attribution.inputs.spend_platforms import PLATFORMS
from attribution.inputs.traffic_ga4 import GA4_REPORT, GA4_TRANSACTIONS
from attribution.inputs.visits import EARNED_VISITS
from attribution.inputs.visits_log import ACCESS_LOG
from attribution.inputs.visits_tools import GA4_EVENTS, MATOMO_VISITS, PLAUSIBLE_SESSIONS
from config.intake import Layout

LAYOUTS: tuple[Layout, ...] = (
    *(SHOPIFY_ORDERS, SHOPIFY_REST, WOOCOMMERCE_ANALYTICS, WOOCOMMERCE_WEBTOFFEE, WOOCOMMERCE_REST),
    *(ETSY_ORDERS, STRIPE_PAYMENTS),
    *(GA4_REPORT, GA4_TRANSACTIONS, GA4_EVENTS, PLAUSIBLE_SESSIONS, MATOMO_VISITS, ACCESS_LOG),
    *PLATFORMS,
    *(HUBSPOT_CONTACTS, HUBSPOT_DEALS),
    *PIPELINES,
    *POST_EXPORTS,
    *(SEARCH_CONSOLE, KEYWORD_PRICES),
    *(EARNED_ORDERS, EARNED_VISITS, EARNED_SPEND, EARNED_POSTS, EARNED_LEADS),
    *(EARNED_CONVERSIONS, EARNED_ACCOUNT_DAILY),
)
