"""Tags that make channels wrong are counted by what is wrong with them."""

from __future__ import annotations

import polars as pl
import pytest

from attribution.hygiene import ISSUES, SCHEMA, tag_issues
from attribution.tables import TOUCHES


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        ({"utm_source": "facebook", "utm_medium": "paid_social"}, []),
        ({"utm_source": "{{placement}}", "utm_medium": "social"}, [("unfilled_macro", "{{placement}}")]),
        ({"utm_source": "FB", "utm_medium": "social"}, [("spelling", "FB")]),
        ({"utm_source": "facebook", "utm_medium": "Paid Social"}, [("spelling", "Paid Social")]),
        ({"utm_source": "facebook"}, [("source_without_medium", "facebook")]),
        ({"referrer_host": "blog.acme.example"}, [("internal_referrer", "blog.acme.example")]),
        (
            {"referrer_host": "acme.example", "utm_source": "banner", "utm_medium": "home"},
            [("tagged_inside", "acme.example")],
        ),
        (
            {"referrer_host": "l.instagram.com", "source": "instagram", "evidence": "referrer"},
            [("untagged_social", "instagram")],
        ),
        ({"referrer_host": "news.example", "source": "news.example", "evidence": "referrer"}, []),
    ],
)
def test_an_issue(visit: dict[str, str], expected: list[tuple[str, str]]) -> None:
    touches = TOUCHES.conform(pl.DataFrame([visit, visit]))
    found = tag_issues(touches, own_domains=("www.acme.example",))
    assert found.rows() == [(issue, value, 2) for issue, value in expected]
    assert found.schema == pl.Schema(SCHEMA)
    assert set(found["issue"]) <= set(ISSUES)
