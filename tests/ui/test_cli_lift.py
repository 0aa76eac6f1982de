"""The estimate as its command says it: held to its schema, the same figures in `roi`, refusals in words."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
from typer.testing import CliRunner

from config.workspace import open_workspace
from ui import pipeline
from ui.cli import app
from ui.demo.simulator import simulate
from ui.demo.writers import write_world
from ui.documents import schema

END = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SAID = "published_at,network,author,text,url"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated shop of 80 days whose talk comes in by hand, reviews among it."""
    folder = tmp_path_factory.mktemp("lifted")
    world = simulate(seed=20_200, end=END, days=80, response="linear")
    write_world(world, folder, feed_base_url="http://127.0.0.1:1")
    lines = [SAID]
    for number, mention in enumerate(world.mentions):
        if mention.brand == "Kickflip Supply" and mention.language == "en":
            text = mention.text.replace('"', "'").replace("\n", " ")
            lines.append(
                f'{mention.published_at:%Y-%m-%dT%H:%M:%SZ},{mention.network},a{number},"{text}",{mention.link}'
            )
    (folder / "said.csv").write_text("\n".join(lines), encoding="utf-8")
    workspace = open_workspace(folder)
    for name in ("promo_codes", "shopify_orders", "visits", "spend", "said"):
        taken = pipeline.take_file(workspace, folder / f"{name}.csv", now=NOW)
        assert taken.error is None, (name, taken.error)
    return folder


def ask(folder: Path, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["--workspace", str(folder), *arguments, "--json"])
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(document, schema(arguments[0]))
    return document


def test_the_estimate_and_its_checks_are_told(shop: Path) -> None:
    told = ask(shop, "lift", "--check")
    assert told["refused"] == []
    assert told["readiness"]["line"] == f"{told['readiness']['days']} of 60 days"
    assert told["checks"] is not None
    if told["headline"] != "withheld":
        low, median, high, pool = (
            Decimal(text) for text in (*(told["indirect"][e] for e in ("low", "median", "high")), told["pool"])
        )
        assert 0 <= low <= median <= high <= pool


def test_networks_are_told_apart_or_refused_with_a_reason(shop: Path) -> None:
    groups = ask(shop, "lift", "--by", "source")["groups"]
    assert len(groups) > 1
    assert all((row["median"] is None) == (row["reason"] is not None) for row in groups)
    assert "review" not in {row["group"] for row in groups}
    assert ask(shop, "lift", "--by", "brand")["groups"] == []


def test_roi_over_all_days_shows_the_same_interval(shop: Path) -> None:
    told = ask(shop, "lift")
    period = told["period"]
    shown = ask(shop, "roi", "--since", period["since"], "--until", period["until"])
    assert shown["indirect"] == told["indirect"]
    parts = [shown[name] for name in ("direct", "other_tracked", "unexplained")] + [shown["indirect"]["median"] or "0"]
    assert sum(map(Decimal, parts)) == Decimal(shown["total"])


def test_reviews_are_known_to_be_buyers_and_nobody_else_is_known_not_to(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, period = open_workspace(shop), pipeline.last_days(80, until=END)
    heard = pipeline.mentions_of(workspace, period).head(4)
    told = heard.with_columns(
        network=pl.Series(["review", "web", "web", "instagram"]),
        source=pl.Series(["feed", "Shop Reviews", "news", "import:generic_mentions"]),
    )
    monkeypatch.setattr(pipeline, "mentions_of", lambda *_: told)
    assert pipeline.talk_of(workspace, period)["by_buyer"].to_list() == [True, True, None, None]


def test_too_few_days_are_refused_in_words(tmp_path: Path) -> None:
    CliRunner().invoke(app, ["--workspace", str(tmp_path), "init"])
    told = ask(tmp_path, "lift")
    assert told["refused"] == ["too_few_days"]
    assert told["indirect"] == {"low": None, "median": None, "high": None}
    done = CliRunner().invoke(app, ["--workspace", str(tmp_path), "lift", "--check"])
    assert "Indirect return is refused. Ready: 0 of 60 days." in done.output
    assert "There is no estimate to check." in done.output


def test_a_part_of_the_days_is_refused_with_the_way_to_a_period(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--workspace", str(tmp_path), "lift", "--since", "2026-11-01"])
    assert done.exit_code == 2
    assert f"earned --workspace {tmp_path} roi --since" in done.stderr
