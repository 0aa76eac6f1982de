"""Stored scores follow their scorers: resumable, once per text, and never over what people decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config.database import data_version, writing
from config.workspace import Workspace
from listener import rescoring, store
from listener.days import sentiment_days
from listener.mentions import BrandMatch, Mention
from listener.queries import Query, compile_query
from listener.sentiment import scorer_name
from listener.tables import mentions as mentions_table
from listener.targets import mention_targets, with_targets
from tests.polls import save_poll

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
BRANDS = (("Acme", compile_query("acme")), ("Rival", compile_query("rival")))
OURS = ("en", "pl")
OLD = Mention(
    mention_id="m1",
    source="blog",
    source_kind="rss",
    network="blog",
    native_id="1",
    title=None,
    text="Acme is wonderful but Rival is terrible and awful",
    language="en",
    published_at=NOW,
    published_quality="exact",
    score=0.01,
    label="neutral",
    scorer="vader-1",
    score_status="scored",
    brands=(BrandMatch("Acme", ("acme",)), BrandMatch("Rival", ("rival",))),
)


@pytest.fixture
def engine(workspace: Workspace) -> Engine:
    return workspace.engine


def save(engine: Engine, *found: Mention) -> None:
    state = store.SourceState("blog", "https://blog.example/feed")
    save_poll(engine, source="blog", state=state, mentions=found, now=NOW)


def run(engine: Engine, brands: tuple[tuple[str, Query], ...] = BRANDS, **more: object) -> rescoring.Rescored:
    return rescoring.rescore(engine, brands=brands, languages=OURS, **more)  # type: ignore[arg-type]


def label_of(engine: Engine, brand: str, key: str = "m1") -> str | None:
    frame = store.mention_frame(engine)
    (row,) = (row for row in frame.iter_rows(named=True) if row["mention_id"] == key and row["brand"] == brand)
    return row["label"]


def test_an_old_scorers_text_is_scored_again_towards_each_brand(engine: Engine) -> None:
    save(engine, OLD)
    told = run(engine)
    assert (told.checked, told.changed, told.targets) == (1, 1, 2)
    row = store.read_by_id(engine, ["m1"]).row(0, named=True)
    assert (row["scorer"], row["label"]) == (scorer_name("en"), "negative")
    assert [(target["brand"], target["label"], target["rule"]) for target in row["targets"]] == [
        ("Acme", "positive", "clause"),
        ("Rival", "negative", "clause"),
    ]
    assert (label_of(engine, "Acme"), label_of(engine, "Rival")) == ("positive", "negative")


def test_what_is_up_to_date_is_left_alone(engine: Engine) -> None:
    save(engine, OLD)
    run(engine)
    before = data_version(engine)
    assert run(engine) == rescoring.Rescored(checked=0, changed=0, targets=0, scored=0)
    assert data_version(engine) == before


def test_a_label_that_a_person_set_stays_and_wins(engine: Engine) -> None:
    save(engine, OLD)
    store.set_triage(engine, "m1", label="positive", expected_version=0, now=NOW)
    run(engine)
    row = store.read_by_id(engine, ["m1"]).row(0, named=True)
    assert (row["label"], row["label_scored"], row["label_corrected"]) == ("positive", "negative", "positive")
    assert label_of(engine, "Rival") == "positive"


def test_copies_are_scored_once(engine: Engine) -> None:
    alone = replace(OLD, text="Acme is wonderful", brands=OLD.brands[:1])
    save(engine, *(replace(alone, mention_id=f"m{n}", native_id=str(n)) for n in range(40)))
    told = run(engine, batch=7)
    assert (told.checked, told.changed, told.targets, told.scored) == (40, 40, 40, 1)


def test_a_killed_run_goes_on_where_it_stopped(engine: Engine) -> None:
    save(engine, *(replace(OLD, mention_id=f"m{n}", native_id=str(n), text=f"Acme {n} is good") for n in range(10)))

    def killed(done: int, of: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(engine, batch=2, progress=killed)
    seen: list[tuple[int, int]] = []
    assert run(engine, batch=2, progress=lambda done, of: seen.append((done, of))).checked == 6
    assert seen == [(0, 6), (2, 6), (4, 6), (6, 6)]


def test_a_changed_query_is_read_anew(engine: Engine) -> None:
    save(engine, OLD)
    run(engine)
    wider = (("Acme", compile_query("acme OR wonderful")), BRANDS[1])
    assert run(engine, wider).targets == 2
    assert run(engine, wider).checked == 0


def test_a_language_that_was_added_gets_its_score(engine: Engine) -> None:
    unknown = {"language": None, "score": None, "label": None, "scorer": None, "score_status": "no_language"}
    polish = "Gorąco polecam Acme, świetna jakość i szybka dostawa"
    save(engine, replace(OLD, text=polish, brands=OLD.brands[:1], **unknown))  # type: ignore[arg-type]
    run(engine)
    row = store.read_by_id(engine, ["m1"]).row(0, named=True)
    assert (row["language"], row["scorer"], row["label"]) == ("pl", scorer_name("pl"), "positive")


def test_a_language_without_scorer_loses_its_number(engine: Engine) -> None:
    save(engine, replace(OLD, language="de"))
    run(engine)
    row = store.read_by_id(engine, ["m1"]).row(0, named=True)
    assert (row["score"], row["label"], row["scorer"], row["score_status"]) == (None, None, None, "no_scorer")
    assert row["targets"] == []
    assert label_of(engine, "Acme") is None


def test_a_reworded_mention_forgets_what_its_old_words_said(engine: Engine) -> None:
    (first,) = with_targets([OLD], BRANDS)
    save(engine, first)
    assert label_of(engine, "Acme") == "positive"
    save(engine, replace(OLD, text="Acme, hm"))
    assert label_of(engine, "Acme") == "neutral"  # the text's, until the words around the brand are read again


def test_more_likes_change_no_score(engine: Engine) -> None:
    (first,) = with_targets([OLD], BRANDS)
    save(engine, first)
    save(engine, replace(OLD, likes=7))
    assert label_of(engine, "Acme") == "positive"


def test_a_brand_in_the_title_alone_is_felt_as_the_text_is(engine: Engine) -> None:
    save(engine, *with_targets([replace(OLD, title="Acme", text="simply wonderful", brands=OLD.brands[:1])], BRANDS))
    assert label_of(engine, "Acme") == "neutral"  # as stored, by the old scorer
    run(engine)
    assert label_of(engine, "Acme") == "positive"
    assert run(engine).checked == 0


def test_a_removed_mention_takes_its_windows_along(engine: Engine) -> None:
    save(engine, *with_targets([OLD], BRANDS))
    with writing(engine) as connection:
        connection.execute(sa.delete(mentions_table))
        assert connection.scalar(sa.select(sa.func.count()).select_from(mention_targets)) == 0


def test_the_label_asked_for_is_the_one_towards_the_brand(engine: Engine) -> None:
    save(engine, OLD)
    run(engine)
    count: Callable[..., int] = store.count_mentions
    assert count(engine, brand="Acme", label="positive") == 1
    assert count(engine, brand="Rival", label="positive") == 0
    assert count(engine, label="negative") == 1


def test_days_count_the_labels_that_frames_show(engine: Engine) -> None:
    save(engine, OLD)
    run(engine)
    days = sentiment_days(engine, zone="UTC").select("brand", "positive", "neutral", "negative")
    assert days.rows() == [("Acme", 1, 0, 0), ("Rival", 0, 0, 1)]


def test_a_comparison_is_flagged(engine: Engine) -> None:
    save(engine, replace(OLD, text="Acme is much better than Rival"))
    run(engine)
    frame = store.mention_frame(engine)
    assert frame["target_rule"].to_list() == ["comparison", "comparison"]
