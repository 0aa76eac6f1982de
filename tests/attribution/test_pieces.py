"""Visits told in pieces, by several files: what readers see of them, and what tools themselves tell of their source."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Sequence
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from attribution.pieces import merged_visits
from attribution.tables import TOUCHES
from config.intake import ImportReport, redo_import, take_in, undo_import
from config.workspace import Workspace
from tests.attribution.worlds import NOON

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
TEN = dt.datetime(2026, 5, 5, 21, 50, tzinfo=dt.UTC)
SHOP = "https://shop.example"
TAGGED = f"{SHOP}/p?utm_source=ig&utm_medium=social"


def bring(workspace: Workspace, name: str, text: str) -> ImportReport:
    path = workspace.folder / name
    path.write_text(text, encoding="utf-8")
    facts = Facts(workspace.facts, workspace.engine)
    report = take_in(workspace, path, layouts=LAYOUTS, sinks={"facts": facts}, now=NOW)
    counts = ("accepted", "updated", "duplicates", "quarantined", "skipped")
    assert (report.error, report.read) == (None, sum(getattr(report, count) for count in counts))
    return report


def visits(workspace: Workspace) -> list[dict[str, Any]]:
    return Facts(workspace.facts, workspace.engine).scan("touches").collect().to_dicts()


def event(
    minute: int, page: str | None = None, *, user: str = "u", buys: str | None = None, **more: Any
) -> dict[str, Any]:
    """A page view (or purchase) of one session, `minute` minutes after 21:50."""
    at = TEN + dt.timedelta(minutes=minute)
    params: list[dict[str, Any]] = [{"key": "ga_session_id", "value": {"int_value": "1"}}]
    for key, value in (("page_location", page), ("page_referrer", more.pop("referrer", None))):
        params += [{"key": key, "value": {"string_value": value}}] if value else []
    return {
        "event_date": f"{at:%Y%m%d}",
        "event_timestamp": str(int(at.timestamp() * 1e6)),
        "event_name": "purchase" if buys else "page_view",
        "event_params": params,
        "user_pseudo_id": user,
    } | ({"ecommerce": {"transaction_id": buys}} if buys else {}) | more  # fmt: skip


def lines(events: Sequence[dict[str, Any]]) -> str:
    """One event a line; a stranger's event first, as a file of one line alone would be a document."""
    return "".join(json.dumps(one) + "\n" for one in [event(0, user="somebody else"), *events])


FIRST = [event(0, TAGGED), event(5, f"{SHOP}/q")]
SECOND = [event(20, f"{SHOP}/checkout"), event(21, buys="T1")]
# files -> source, landing path, pageviews, seconds, order ids
SESSIONS: dict[str, tuple[list[list[dict[str, Any]]], tuple[Any, ...]]] = {
    "over midnight, in two files": ([FIRST, SECOND], ("instagram", "/p", 3, 1260, "T1")),
    "in one file": ([[*FIRST, *SECOND]], ("instagram", "/p", 3, 1260, "T1")),
    "in both ways": ([FIRST, SECOND, [*FIRST, *SECOND]], ("instagram", "/p", 3, 1260, "T1")),
    "a preliminary file and the day's": ([FIRST[:1], FIRST], ("instagram", "/p", 2, 300, None)),
    "a purchase in each": (
        [[*FIRST, event(6, buys="T0")], SECOND], ("instagram", "/p", 3, 1260, "T0|T1"),
    ),
    "one purchase told by both": (
        [[*FIRST, event(20, buys="T1")], [event(20, buys="T1")]], ("instagram", "/p", 2, 1200, "T1"),
    ),
    "a later tag does not displace where it began": (
        [[event(0, f"{SHOP}/a", referrer="https://blog.example/")], [event(20, f"{SHOP}/b?utm_source=x")]],
        ("blog.example", "/a", 2, 1200, None),
    ),
    "a later click id tells what the beginning does not": (
        [[event(0, f"{SHOP}/a")], [event(20, f"{SHOP}/b?ttclid=1")]], ("tiktok", "/a", 2, 1200, None),
    ),
    "a later referrer does not, as payment pages are ones": (
        [[event(0, f"{SHOP}/a")], [event(20, f"{SHOP}/b", referrer="https://bank.example/")]],
        ("(direct)", "/a", 2, 1200, None),
    ),
}  # fmt: skip


def session(workspace: Workspace) -> tuple[Any, ...]:
    found = [row for row in visits(workspace) if row["landing_path"]]
    assert len(found) == 1
    names = ("source", "landing_path", "pageviews", "duration_seconds", "order_ref")
    return tuple(found[0][name] for name in names)


@pytest.mark.parametrize(("files", "expected"), SESSIONS.values(), ids=SESSIONS.keys())
def test_a_session_of_several_files(
    workspace: Workspace, files: list[list[dict[str, Any]]], expected: tuple[Any, ...]
) -> None:
    for n, events in enumerate(files):
        bring(workspace, f"{n}.json", lines(events))
    assert session(workspace) == expected
    bring(workspace, "again.json", lines(files[0]) + "\n")
    assert session(workspace) == expected


def test_the_order_of_a_sessions_files_changes_nothing(workspace: Workspace) -> None:
    bring(workspace, "second.json", lines(SECOND))
    assert session(workspace)[:2] == ("(direct)", "/checkout")
    report = bring(workspace, "first.json", lines(FIRST))
    assert (report.updated, report.tables["touches"]) == (2, 1)
    assert session(workspace) == SESSIONS["in one file"][1]


def test_undo_takes_one_files_part_of_a_session_back(workspace: Workspace) -> None:
    first = bring(workspace, "first.json", lines(FIRST))
    bring(workspace, "second.json", lines(SECOND))
    assert first.id is not None
    undo_import(workspace.engine, first.id, now=NOW)
    assert session(workspace) == ("(direct)", "/checkout", 1, 60, "T1")
    redo_import(workspace.engine, first.id, now=NOW)
    assert session(workspace) == SESSIONS["in one file"][1]


UNSET = {"source": "(not set)", "medium": "(not set)", "campaign_name": "(not set)"}


def told(manual: Any = None, cross: Any = None, ads: Any = None) -> dict[str, Any]:
    kinds = {"manual_campaign": manual, "cross_channel_campaign": cross, "google_ads_campaign": ads}
    return {"session_traffic_source_last_click": {name: value for name, value in kinds.items() if value}}


GOOGLE_ADS = {"source": "google", "medium": "cpc", "campaign_name": "Brand"}
GOOGLE = "https://www.google.com/"
# page, what GA4 keeps of the event -> source, medium, campaign, evidence
GA4: dict[str, tuple[str, dict[str, Any], tuple[str | None, ...]]] = {
    "a click id kept by GA4": ("/", {"collected_traffic_source": {"gclid": "G"}}, ("google", "cpc", None, "click_id")),
    "beside wrong tags": (
        "/", {"collected_traffic_source": {"gclid": "G", "manual_source": "brand"}},
        ("google", "cpc", None, "click_id"),
    ),
    "a campaign of Google Ads, over a referrer": (
        "/", told(UNSET, GOOGLE_ADS, {"campaign_name": "Brand"}) | {"referrer": GOOGLE},
        ("google", "cpc", "brand", "click_id"),
    ),
    "cross-channel, over a referrer": (
        "/", told(UNSET, {"source": "newsletter", "medium": "email"}) | {"referrer": GOOGLE},
        ("newsletter", "email", None, "utm"),
    ),
    "cross-channel's search": (
        "/", told(UNSET, {"source": "google", "medium": "organic"}), ("google", "organic", None, "referrer"),
    ),
    "manual tags, over cross-channel": (
        "/", told({"source": "ig", "medium": "social", "campaign_name": "May"}, GOOGLE_ADS),
        ("instagram", "social", "may", "utm"),
    ),
    "a tagged page, over cross-channel": (
        "/?utm_source=ig&utm_medium=social", told(UNSET, GOOGLE_ADS), ("instagram", "social", None, "utm"),
    ),
    "another's click id, over cross-channel's direct": (
        "/?fbclid=PA1", told(UNSET, {"source": "(direct)", "medium": "(none)"}),
        ("instagram", "social", None, "click_id"),
    ),
    "direct": ("/", told(UNSET, {"source": "(direct)", "medium": "(none)"}), ("(direct)", None, None, "none")),
    "direct, over a referrer": (
        "/", told(UNSET, {"source": "(direct)", "medium": "(none)"}) | {"referrer": "https://bank.example/"},
        ("(direct)", None, None, "none"),
    ),
    "neither set": ("/", told(UNSET, UNSET), ("(not set)", "(not set)", None, None)),
    "neither set, a referrer known": (
        "/", told(UNSET, UNSET) | {"referrer": GOOGLE}, ("google", "referral", None, "referrer"),
    ),
    "an advert clicked on the way": (
        "/", told(UNSET, {"source": "ig", "medium": "social"}) | {"collected_traffic_source": {"gclid": "G"}},
        ("instagram", "social", None, "utm"),
    ),
}  # fmt: skip


def test_what_ga4_tells_of_a_source(workspace: Workspace) -> None:
    pages = [f"{SHOP}/{n}{page.removeprefix('/')}" for n, (page, _, _) in enumerate(GA4.values())]
    events = [event(0, page, user=page, **more) for page, (_, more, _) in zip(pages, GA4.values(), strict=True)]
    bring(workspace, "events.json", lines(events))
    rows = [row for row in visits(workspace) if row["landing_path"]]
    found = {row["landing_path"]: tuple(row[n] for n in ("source", "medium", "campaign", "evidence")) for row in rows}
    assert found == {f"/{n}": expected for n, (_, _, expected) in enumerate(GA4.values())}


HEAD = "session_id,sign,user_id,hostname,start,timestamp,is_bounce,entry_page,pageviews,events,duration,referrer"


def states(rows: Sequence[tuple[int, int]], *, name: str = "1") -> str:
    """(sign, pages) of a session that lasted a minute a page."""
    times = "2026-05-05 10:00:00,2026-05-05 10:05:00"
    texts = [f"{name},{s},9,shop.example,{times},0,/,{n},{n},{n * 60},l.instagram.com" for s, n in rows]
    return "\n".join([HEAD, *texts, ""])


# files of (sign, pages) -> the session's pages, None: there is none
STATES: dict[str, tuple[list[list[tuple[int, int]]], int | None]] = {
    "one state": ([[(1, 1)]], 1),
    "its end in the same file": ([[(1, 1), (-1, 1), (1, 3)]], 3),
    "its end in another file": ([[(1, 1)], [(-1, 1), (1, 3)]], 3),
    "three files": ([[(1, 1)], [(-1, 1), (1, 2)], [(-1, 2), (1, 5)]], 5),
    "taken back alone": ([[(1, 1)], [(-1, 1)]], None),
    "taken back with a state": ([[(1, 1), (-1, 1)]], None),
    "only the later file is there": ([[(-1, 1), (1, 3)]], 3),
    "an end nobody told": ([[(-1, 1)], [(1, 3)]], 3),
    "two states, none taken back": ([[(1, 1)], [(1, 3)]], 3),
}


@pytest.mark.parametrize(("files", "pages"), STATES.values(), ids=STATES.keys())
def test_states_of_a_session(workspace: Workspace, files: list[list[tuple[int, int]]], pages: int | None) -> None:
    for order in list(itertools.permutations(enumerate(files)))[-1:]:
        for n, rows in order:
            bring(workspace, f"{n}.csv", states(rows))
        bring(workspace, "again.csv", states(files[0]) + "\n")
    assert [row["pageviews"] for row in visits(workspace)] == ([] if pages is None else [pages])


def test_each_line_of_states_is_counted_for_what_it_does(workspace: Workspace) -> None:
    assert bring(workspace, "a.csv", states([(1, 1)])).accepted == 1
    second = bring(workspace, "b.csv", states([(-1, 1), (1, 3)]))
    assert (second.updated, dict(second.reasons)) == (1, {"replaced_version": 1})
    assert bring(workspace, "c.csv", states([(-1, 3)])).updated == 1
    assert bring(workspace, "d.csv", states([(-1, 1)], name="2")).duplicates == 1
    assert visits(workspace) == []


MATOMO: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "a campaign by name": ({"referrerType": "campaign", "referrerName": "Spring"}, (None, None, "spring", "utm")),
    "a campaign in the page": ({"page": "/?pk_campaign=Spring"}, (None, None, "spring", "utm")),
    "a search by name": ({"referrerType": "search", "referrerName": "Google"}, ("google", "organic", None, "referrer")),
    "a network by name": (
        {"referrerType": "social", "referrerName": "Instagram"}, ("instagram", "social", None, "referrer"),
    ),
    "a site by name": (
        {"referrerType": "website", "referrerName": "blog.example"}, ("blog.example", "referral", None, "referrer"),
    ),
    "an address goes before the name": (
        {"referrerType": "social", "referrerName": "Other", "referrerUrl": "https://t.co/x"},
        ("x", "referral", None, "referrer"),
    ),
    "direct": ({"referrerType": "direct"}, ("(direct)", None, None, "none")),
}  # fmt: skip


def test_what_matomo_tells_of_a_source(workspace: Workspace) -> None:
    rows = [
        {"idVisit": str(n), "visitorId": f"v{n}", "serverTimestamp": 1777629600, "actions": "1"}
        | {"actionDetails": [{"type": "action", "url": SHOP + str(told.pop("page", "/"))}]} | told
        for n, told in enumerate(dict(told) for told, _ in MATOMO.values())
    ]  # fmt: skip
    bring(workspace, "matomo.json", json.dumps(rows))
    found = [tuple(row[n] for n in ("source", "medium", "campaign", "evidence")) for row in visits(workspace)]
    assert dict(zip(MATOMO, found, strict=True)) == {name: expected for name, (_, expected) in MATOMO.items()}


DURATIONS = {"80": 80, "1 min 20s": 80, "20s": 20, "2 hours 5 min": 7500, "1 days 2 hours": 93600, "00:01:20": 80,
             "1:20": 80, "2 godz. 3 min": 7380, "80.0": 80}  # fmt: skip


def test_how_long_matomo_says_a_visit_lasted(workspace: Workspace) -> None:
    texts = [*DURATIONS, "a while"]
    rows = [f"{n},v{n},direct,1777629600,{text}" for n, text in enumerate(texts)]
    report = bring(
        workspace, "m.csv", "\n".join(["idVisit,visitorId,referrerType,serverTimestamp,visitDuration", *rows])
    )
    assert [row["duration_seconds"] for row in visits(workspace)] == [*DURATIONS.values(), None]
    assert any("cannot be read" in warning for warning in report.warnings)


PIECE = st.fixed_dictionaries(
    {
        "touch_id": st.sampled_from("ab"),
        "minute": st.integers(0, 6),
        "duration_seconds": st.sampled_from([None, 0, 60, 150]),
        "pageviews": st.sampled_from([None, 1, 4]),
        "state": st.sampled_from([None, None, 1, -1]),
        "order_ref": st.sampled_from([None, "1", "2|1"]),
        "evidence": st.sampled_from(["none", "utm", "referrer", None]),
    }
)


def frame(rows: Sequence[dict[str, Any]]) -> pl.LazyFrame:
    """The pieces as stored, one version each."""
    unique = {(row["touch_id"], row["minute"], row["state"]): row for row in rows}
    same = {"account": "default", "visitor": 1, "import_id": 1}
    full = [
        same
        | {
            "piece": row["minute"],
            "touched_at": NOON + dt.timedelta(minutes=row["minute"]),
            "source": str(row["minute"]),
        }
        | row
        for row in unique.values()
    ]
    schema = {**TOUCHES.stored, "import_id": pl.Int64}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in full], schema=schema).lazy()


def part(minute: int, **more: Any) -> dict[str, Any]:
    return {"touch_id": "a", "minute": minute, "state": None, **more}


@pytest.mark.parametrize(
    ("parts", "seconds"),
    [
        ([part(0), part(5)], None),
        ([part(0, duration_seconds=60), part(5)], 300),
        ([part(0), part(5, duration_seconds=0)], 300),
        ([part(0, duration_seconds=0), part(0, duration_seconds=0)], 0),
    ],
    ids=["no part tells it", "the first tells it", "the later tells it", "nothing is not unknown"],
)
def test_how_long_a_visit_of_several_parts_was(parts: list[dict[str, Any]], seconds: int | None) -> None:
    assert merged_visits(frame(parts)).collect()["duration_seconds"].to_list() == [seconds]


def test_a_visit_landed_where_one_of_its_parts_says_whole() -> None:
    later = {"landing_url": "https://b.example/q", "landing_host": "b.example", "landing_path": "/q"}
    seen = merged_visits(frame([part(0), part(1, landing_path="/p"), part(2, **later)])).collect()
    assert seen.select("landing_url", "landing_host", "landing_path").row(0) == (None, None, "/p")
    seen = merged_visits(frame([part(0), part(2, **later)])).collect()
    assert seen.select(later.keys()).row(0, named=True) == later


@given(st.lists(PIECE, max_size=8), st.randoms(use_true_random=False))
def test_what_is_seen_depends_on_the_set_of_pieces_alone(rows: list[dict[str, Any]], random: Random) -> None:
    stored = frame(rows)
    shuffled = stored.collect().sample(fraction=1, shuffle=True, seed=random.randrange(99)).lazy()
    seen = merged_visits(stored).sort("touch_id").collect()
    assert seen.equals(merged_visits(shuffled).sort("touch_id").collect())
    assert seen["touch_id"].is_unique().all()
    told = stored.filter(pl.col("state").is_null()).group_by("touch_id").agg(pl.col("pageviews").sum()).collect()
    most = dict(told.iter_rows())
    parts = seen.filter(pl.col("state").is_null())
    assert all((row["pageviews"] or 0) <= most[row["touch_id"]] for row in parts.iter_rows(named=True))
