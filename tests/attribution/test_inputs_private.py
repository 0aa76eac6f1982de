"""Nothing of a person reaches the disk: all real samples are imported, and their addresses looked for in the store."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from attribution.facts import Facts
from attribution.inputs import LAYOUTS
from config.intake import take_in
from config.workspace import Workspace
from tests.attribution.test_inputs_golden import SAMPLES, bring

_PERSONAL = {
    "e-mail": re.compile(rb"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z.]{2,}"),
    "address": re.compile(rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    "phone": re.compile(rb"\+\d[\d ()-]{8,}\d"),
}


def stored(workspace: Workspace) -> bytes:
    """All that is kept, in plain: facts as text, the database and the logs as their bytes."""
    tables = [pl.read_parquet(file).write_csv().encode() for file in workspace.facts.rglob("*.parquet")]
    others = [p for p in workspace.data.rglob("*") if p.is_file() and p.suffix != ".parquet"]
    return b"\n".join([*tables, *(path.read_bytes() for path in others)])


@pytest.mark.shared_data
def test_no_address_of_any_sample_is_found_in_the_workspace(
    workspace: Workspace, shared_data: Callable[..., Path]
) -> None:
    private: dict[str, set[bytes]] = {kind: set() for kind in _PERSONAL}
    for sample in SAMPLES:
        path = shared_data("exports", sample)
        bring(workspace, path)
        for kind, pattern in _PERSONAL.items():
            private[kind] |= set(pattern.findall(path.read_bytes()))
    workspace.engine.dispose()
    kept = stored(workspace)
    assert all(private.values()), "the samples hold something to look for"
    found = {kind: sorted(text for text in texts if text in kept) for kind, texts in private.items()}
    assert found == {kind: [] for kind in private}


_MARK = "anna.kowal@mail.example"
_LAST_CLICK = {
    "a manual campaign": {
        "manual_campaign": {"campaign_name": _MARK},
        "cross_channel_campaign": {"source": "news", "medium": "email"},
    },
    "a campaign across channels": {
        "cross_channel_campaign": {"source": "news", "medium": "email", "campaign_name": _MARK},
    },
    "a campaign of Google's ads": {"google_ads_campaign": {"campaign_name": _MARK}},
    "a source": {"cross_channel_campaign": {"source": _MARK, "medium": "referral"}},
}


def _take(workspace: Workspace, name: str, text: str) -> None:
    path = workspace.folder / name
    path.write_text(text, encoding="utf-8")
    facts = Facts(workspace.facts, workspace.engine)
    report = take_in(
        workspace, path, layouts=LAYOUTS, sinks={"facts": facts}, now=dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
    )
    path.unlink()
    assert (report.error, report.quarantined) == (None, 0)
    assert report.accepted


@pytest.mark.parametrize("last_click", _LAST_CLICK.values(), ids=_LAST_CLICK.keys())
def test_an_address_in_what_ga4_made_out_is_not_kept(workspace: Workspace, last_click: dict[str, Any]) -> None:
    session = [{"key": "ga_session_id", "value": {"int_value": "1"}}]
    event = {"event_name": "purchase", "event_params": session, "session_traffic_source_last_click": last_click}
    times = ("1777973400000000", "1777973500000000")
    _take(workspace, "ga4.json", "".join(
        json.dumps({"event_date": "20260505", "event_timestamp": at, "user_pseudo_id": "u", **event}) + "\n"
        for at in times
    ))  # fmt: skip
    workspace.engine.dispose()
    assert b"anna" not in stored(workspace)


def test_an_address_that_matomo_names_as_a_referrer_is_not_kept(workspace: Workspace) -> None:
    visit = {"visitorId": "v", "serverTimestamp": 1777973400, "referrerType": "website", "referrerName": _MARK}
    _take(workspace, "matomo.json", json.dumps([{"idVisit": n, **visit} for n in (1, 2)]))
    workspace.engine.dispose()
    assert b"anna" not in stored(workspace)
