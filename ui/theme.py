"""Colours and the stylesheet. The first four colours are Okabe-Ito's, told apart in every kind of colour vision.

On dark ground links and the primary colour turn lighter, as blue alone has too little contrast for text there.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

BLUE, VERMILION, GREEN, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#767676"
SKY = "#56B4E9"
SERIES = (BLUE, VERMILION, GREEN, PINK)
DIVERGING = (
    "#D55E00 #DF7A3A #E69464 #EAAF8E #E9C9B8 #C2CCDA #9FB4D0 #7B9EC6 #5187BC #0072B2".split()  # noqa: SIM905
)
SEQUENTIAL = (
    "#EEF4F9 #D4E0EF #B9CDE5 #9FBADB #83A7D1 #6695C6 #4483BC #0072B2 #005585 #00395A".split()  # noqa: SIM905
)
LABELS = {"positive": BLUE, "neutral": GREY, "negative": VERMILION}

LIGHT = {"background": "#FFFFFF", "raised": "#F5F6F8", "ink": "#1F2430", "muted": "#555B66", "border": "#E3E6EB"}
DARK = {"background": "#14171C", "raised": "#1D2128", "ink": "#E8EAED", "muted": "#9AA3AF", "border": "#2E343D"}


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def neutral(name: str) -> str:
    """`background`, `raised`, `ink`, `muted` or `border` of the ground this session sees."""
    return (DARK if is_dark() else LIGHT)[name]


def options() -> dict[str, Any]:
    """The theme as dotted server options."""
    shared: dict[str, Any] = {
        "greenColor": BLUE,  # deltas and success boxes: blue is good, vermilion is bad
        "redColor": VERMILION,
        "chartCategoricalColors": [*SERIES, GREY],
        "chartSequentialColors": SEQUENTIAL,
        "chartDivergingColors": DIVERGING,
        "baseRadius": "0.5rem",
        "metricValueFontSize": "1.7rem",
        "headingFontSizes": ["2rem", "1.5rem", "1.25rem", "1.1rem", "1rem", "1rem"],
        "showWidgetBorder": True,
    }
    found = {f"theme.{name}": value for name, value in shared.items()}
    for mode, colours, accent in (("light", LIGHT, BLUE), ("dark", DARK, SKY)):
        own = {
            "primaryColor": accent,
            "linkColor": accent,
            "backgroundColor": colours["background"],
            "secondaryBackgroundColor": colours["raised"],
            "textColor": colours["ink"],
            "borderColor": colours["border"],
        }
        found |= {f"theme.{mode}.{name}": value for name, value in own.items()}
    return found


# Only literals reach st.html: no text of anybody's is ever put in here.
STYLE = """<style>
.block-container { padding-top: 3.2rem; padding-bottom: 4rem; max-width: 1360px }
.st-key-answer [data-testid="stText"] { font-size: 1.15rem; line-height: 1.5 }
[data-testid="stText"], [data-testid="stText"] > span { unicode-bidi: plaintext; text-align: start }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums }
[data-testid="stMetricValue"] p, [data-testid="stMetricDelta"] p { unicode-bidi: plaintext }
/* Labels of cards wrap on phones instead of being cut off. */
[data-testid="stMetricLabel"] p, [data-testid="stMetricLabel"] .stMarkdownEllipsis {
  white-space: normal; overflow: visible
}
/* What stands beside a delta is the count behind the number: it wraps instead of being cut off. */
div:has(> [data-testid="stMetricDeltaDescription"]) { flex-wrap: wrap; row-gap: 0.15rem }
[data-testid="stMetricDeltaDescription"] { max-width: 100% }
[data-testid="stMetricDeltaDescription"] p { white-space: normal; overflow: visible }
[data-testid="stMetricDeltaDescription"] .stMarkdownEllipsis { white-space: normal; overflow: visible }
/* How far an import is stays in sight, however far down the button was that began it. */
.st-key-import-progress {
  position: fixed; bottom: 1rem; left: 0; right: 0; margin-inline: auto; width: min(40rem, 100vw - 2rem); z-index: 99;
  padding: 0.9rem 1rem; border-radius: 0.5rem; background: Canvas;
  border: 1px solid color-mix(in srgb, currentcolor 20%, transparent);
  box-shadow: 0 2px 12px rgb(0 0 0 / 18%);
}
/* Of two tables one is shown: all columns at a desk, the telling ones on a phone. */
[class*="st-key-phone-"], [data-testid="stLayoutWrapper"]:has(> [class*="st-key-phone-"]) { display: none }
@media (max-width: 640px) {
  .block-container { padding-left: 1rem; padding-right: 1rem }
  [class*="st-key-wide-"], [data-testid="stLayoutWrapper"]:has(> [class*="st-key-wide-"]) { display: none }
  [class*="st-key-phone-"], [data-testid="stLayoutWrapper"]:has(> [class*="st-key-phone-"]) { display: flex }
}
</style>"""

RIGHT_TO_LEFT_STYLE = """<style>
.stApp { direction: rtl }
.stApp [data-testid="stMarkdownContainer"], .stApp [data-testid="stHeading"],
.stApp [data-testid="stMarkdown"], .stApp [data-testid="stCaptionContainer"],
.stApp [data-testid="stMetric"] { text-align: start }
[data-testid="stVegaLiteChart"] svg text { unicode-bidi: plaintext }
.stApp [data-testid="stVegaLiteChart"], .stApp [data-testid="stEChartsChart"],
.stApp [data-testid="stMetricChart"], .stApp [data-testid="stDataFrame"],
.stApp [data-testid="stSlider"] [role="slider"],
.stApp pre, .stApp code { direction: ltr }
[data-testid="stMetricValue"] { text-align: start }
.stApp [data-testid="stMarkdownContainer"] li { text-align: start; margin: 0.2em 1.15em 0.2em 0 }
[data-testid="stSidebar"][data-collapsed="true"] { display: none }
/* What Streamlit places by left and right, told again for this direction: menu, segments, arrows that point onward. */
[data-testid="stToolbar"] > div > div:last-child { margin-left: 1rem; margin-right: auto }
[data-testid="stCheckbox"] label > span + div { direction: ltr } /* else a toggle's knob lies outside of it */
button[data-variant="segmented_control"] { margin-left: -1px; margin-right: 0 }
button[data-variant="segmented_control"]:first-child { border-radius: 0 0.5rem 0.5rem 0 }
button[data-variant="segmented_control"]:last-child { border-radius: 0.5rem 0 0 0.5rem; margin-left: 0 }
button[data-variant="segmented_control"]:not([data-selected]) {
  border-left-color: color-mix(in srgb, currentcolor 14%, transparent);
  border-right-color: color-mix(in srgb, currentcolor 14%, transparent);
}
/* The outer edges, which beside the chosen segment Streamlit takes for inner ones. */
button[data-variant="segmented_control"]:first-child:not([data-selected]) {
  border-right-color: color-mix(in srgb, currentcolor 14%, transparent) !important;
}
button[data-variant="segmented_control"]:last-child:not([data-selected]) {
  border-left-color: color-mix(in srgb, currentcolor 14%, transparent) !important;
}
[data-testid="stMain"] [data-testid="stPageLink"] [data-testid="stIconMaterial"],
[data-testid="stExpander"] summary [data-testid="stIconMaterial"],
[data-testid="stExpandSidebarButton"] [data-testid="stIconMaterial"],
[data-testid="stSidebarCollapseButton"] [data-testid="stIconMaterial"] { transform: scaleX(-1) }
/* The arrows beside tabs scroll the wrong way; swiping and the keyboard scroll them right. */
[data-testid^="stTabsScroll"] { display: none }
/* Network, source and date in one line: our words, not the author's, so they run as the page does. */
[class*="st-key-small-"] [data-testid="stText"], [class*="st-key-small-"] [data-testid="stText"] > span {
  unicode-bidi: normal;
}
</style>"""
