"""Copies and near copies: one story whatever order its tellers come in."""

from __future__ import annotations

import datetime as dt
import random
import zlib
from collections.abc import Iterable, Iterator, Sequence

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from config.database import metadata, open_engine, writing
from listener import duplicates, store
from listener.clusters import BUCKET, recluster, told
from listener.mentions import Mention
from listener.store import SourceState
from listener.tables import mentions, story_heads, text_bands
from tests.polls import save_poll

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
STORY = (
    "Acme recalls its blue kettle after three customers reported that the handle came off while pouring boiling "
    "water; the company says it will replace every kettle sold since March free of charge"
)
EDITED = STORY.replace("three customers", "several customers")
OTHER = "My new red toaster from another maker burns every single slice of bread on one side only, what a pity"


def mention(n: int, text: str, said_at: dt.datetime) -> Mention:
    return Mention(f"m{n}", "blog", "rss", "web", str(n), None, text, published_at=said_at)


def save(engine: Engine, *mentions: Mention) -> None:
    save_poll(engine, source="blog", state=SourceState("blog", "https://b.example"), mentions=mentions, now=NOW)


def clusters(engine: Engine) -> dict[str, str]:
    frame = store.read_mentions(engine)
    return dict(zip(frame["mention_id"], frame["cluster_id"], strict=True))


@pytest.fixture
def engine() -> Iterator[Engine]:
    with fresh() as engine:
        yield engine


class fresh:
    """An empty database in memory."""

    def __enter__(self) -> Engine:
        self.connection = open_engine("sqlite://").connect()
        metadata.create_all(self.connection)
        self.connection.commit()
        return self.connection.engine

    def __exit__(self, *_: object) -> None:
        self.connection.engine.dispose()


def test_a_story_told_in_other_words_here_and_there_is_one_story(engine: Engine) -> None:
    save(engine, mention(1, STORY, NOW), mention(2, EDITED, NOW - HOUR), mention(3, OTHER, NOW - DAY))
    assert clusters(engine) == {"m1": "m2", "m2": "m2", "m3": "m3"}


def test_a_repeat_belongs_to_what_it_repeats(engine: Engine) -> None:
    save(engine, mention(1, STORY, NOW), mention(2, f"RT @anna: {STORY}", NOW + HOUR))
    assert set(clusters(engine).values()) == {"m1"}
    assert duplicates.text_hash(None, STORY) == duplicates.text_hash(None, f"RT @anna: {STORY}")


def test_what_was_said_long_before_is_another_story(engine: Engine) -> None:
    save(engine, mention(1, STORY, NOW), mention(2, EDITED, NOW - 15 * DAY))
    assert clusters(engine) == {"m1": "m1", "m2": "m2"}
    save(engine, mention(3, STORY, NOW - 8 * DAY))
    assert set(clusters(engine).values()) == {"m2"}, "a telling in between joins the two"


def test_a_text_that_was_changed_leaves_its_cluster(engine: Engine) -> None:
    save(engine, mention(1, STORY, NOW - DAY), mention(2, EDITED, NOW))
    save(engine, mention(1, OTHER, NOW - DAY))
    assert clusters(engine) == {"m1": "m1", "m2": "m2"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I love my Acme kettle so much", "I love my Acme kettle very much"),  # short texts are alike by chance
        (STORY, OTHER),
        (STORY, " ".join(sorted(STORY.split()))),
    ],
)
def test_what_is_no_copy(engine: Engine, one: str, other: str) -> None:
    save(engine, mention(1, one, NOW), mention(2, other, NOW))
    assert clusters(engine) == {"m1": "m1", "m2": "m2"}


def test_near_copies_in_scripts_without_spaces(engine: Engine) -> None:
    text = "这个蓝色的水壶非常好用我已经推荐给所有的朋友和家人使用了大家都说真的很不错值得购买"
    save(engine, mention(1, text, NOW), mention(2, text + "啊", NOW + HOUR))
    assert set(clusters(engine).values()) == {"m1"}


TELLINGS = [STORY, EDITED, STORY + " today", OTHER, "RT @bo " + OTHER, "Acme kettle, nice!"]


@settings(max_examples=25, deadline=None)
@given(
    said=st.lists(st.tuples(st.sampled_from(TELLINGS), st.integers(0, 40)), min_size=1, max_size=7),
    order=st.randoms(use_true_random=False),
    cut=st.integers(0, 7),
)
def test_the_order_they_come_in_does_not_matter(
    said: Sequence[tuple[str, int]], order: random.Random, cut: int
) -> None:
    found = [mention(n, text, NOW - days * DAY) for n, (text, days) in enumerate(said)]
    mixed = list(found)
    order.shuffle(mixed)
    with fresh() as at_once, fresh() as in_parts:
        save(at_once, *found)
        save(in_parts, *mixed[:cut])
        save(in_parts, *mixed[cut:])
        assert clusters(at_once) == clusters(in_parts)


WORDS = [f"word{n * 7919 % 1000}" for n in range(24)]


def variant(base: int, changed: int) -> str:
    """Texts in a row: neighbours are near copies, and the first and the last of a row are not alike."""
    words = WORDS if base == 0 else list(reversed(WORDS))
    return " ".join([*(f"other{n}" for n in range(changed)), *words[changed:]])


def stories(said: dict[str, tuple[str, int]]) -> dict[str, str]:
    """By comparing every mention (id -> text, day) with every other: the first of each story, without any index."""
    shape = {text: duplicates.grams(duplicates.plain_words(None, text)) for text, _ in said.values()}
    place = {text: set(duplicates.bands(own)) for text, own in shape.items()}

    def linked(one: tuple[str, int], other: tuple[str, int]) -> bool:
        alike = place[one[0]] & place[other[0]] and duplicates.similarity(shape[one[0]], shape[other[0]]) >= 0.8
        return one[0] == other[0] or bool(alike and abs(one[1] - other[1]) <= 14)

    left, found = set(said), {}
    while left:
        edge = [left.pop()]
        group = list(edge)
        while edge:
            own = edge.pop()
            near = {key for key in left if linked(said[own], said[key])}
            left -= near
            edge += near
            group += near
        first = min(group, key=lambda key: (said[key][1], key))
        found |= dict.fromkeys(group, first)
    return found


TOLD = st.tuples(st.integers(0, 7), st.integers(0, 1), st.integers(0, 7), st.integers(0, 45))
STEPS = st.lists(st.lists(TOLD, min_size=1, max_size=5), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None)
@example(steps=[[(0, 0, 0, 0), (2, 0, 0, 0)], [(3, 0, 1, 25), (0, 0, 1, 0)]], dropped=[])
@example(steps=[[(2, 0, 0, 0)], [(3, 0, 1, 25), (0, 0, 1, 0)]], dropped=[0])
@given(steps=STEPS, dropped=st.lists(st.integers(0, 7), max_size=4))
def test_stories_are_what_comparing_everything_with_everything_finds(
    steps: list[list[tuple[int, int, int, int]]], dropped: list[int]
) -> None:
    """Whatever is said, said otherwise, dated otherwise, removed, and comes again."""
    said: dict[str, tuple[str, int]] = {}
    with fresh() as engine:

        def say(saves: Iterable[tuple[int, int, int, int]]) -> None:
            now = {f"m{n}": (variant(base, changed), day) for n, base, changed, day in saves}
            said.update(now)
            days = {key: NOW - DAY * (45 - day) for key, (_, day) in now.items()}
            save(engine, *(mention(int(key[1:]), text, days[key]) for key, (text, _) in now.items()))
            assert clusters(engine) == stories(said)

        for saves in steps:
            say(saves)
        gone = sorted({f"m{n}" for n in dropped} & said.keys())
        remove(engine, gone)
        for key in gone:
            del said[key]
        assert clusters(engine) == stories(said)
        say(steps[0])
        remove(engine, sorted(said))
        with engine.connect() as connection:
            for table in (mentions, text_bands, story_heads):
                assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def remove(engine: Engine, ids: Sequence[str]) -> None:
    """As undoing an import does it, or forgetting somebody."""
    with writing(engine) as connection:
        gone = told(connection, ids)
        connection.execute(sa.delete(mentions).where(mentions.c.mention_id.in_(ids)))
        recluster(connection, gone=gone)


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_large_story_is_one_though_few_of_its_texts_are_compared(engine: Engine, newest_first: bool) -> None:
    """More near copies than a band's texts that are looked at; the earliest member may come last."""
    count = 3 * BUCKET
    told_at = [NOW - HOUR * (n if newest_first else count - n) for n in range(count)]
    texts = [f"{STORY} number {n}" for n in range(count)]
    for start in range(0, count, 10):
        save(engine, *(mention(n, texts[n], told_at[n]) for n in range(start, start + 10)))
    first = f"m{count - 1 if newest_first else 0}"
    assert set(clusters(engine).values()) == {first}
    remove(engine, [first])
    assert set(clusters(engine).values()) == {f"m{count - 2 if newest_first else 1}"}
    save(engine, mention(0, OTHER, NOW))
    assert clusters(engine)["m0"] == "m0"


def test_a_mention_that_comes_back_after_its_story_outlived_it_stands_alone(engine: Engine) -> None:
    """The story's key is the id of a mention that is gone; when it comes back it says something else."""
    save(engine, mention(1, STORY, NOW), mention(2, EDITED, NOW), mention(3, STORY, NOW))
    remove(engine, ["m1"])
    save(engine, mention(1, OTHER, NOW))
    assert clusters(engine) == {"m1": "m1", "m2": "m2", "m3": "m2"}
    save(engine, mention(1, "short", NOW))
    assert clusters(engine) == {"m1": "m1", "m2": "m2", "m3": "m2"}
    save(engine, mention(1, EDITED, NOW - HOUR))
    assert set(clusters(engine).values()) == {"m1"}


def test_pairs_as_alike_as_we_promise_are_found_by_their_bands() -> None:
    """Planted pairs of known similarity: at 0.8 nine in ten share a band, at 0.9 nearly all, at 0.4 hardly any."""
    rng = random.Random(7)
    words = [f"w{rng.randrange(10**6)}" for _ in range(5000)]
    share = {}
    for replaced in (2, 4, 14):
        found = []
        for _ in range(150):
            text = rng.sample(words, 40)
            changed = [*text[:-replaced], *rng.sample(words, replaced)]
            one, other = (duplicates.grams(" ".join(w)) for w in (text, changed))
            alike = set(duplicates.bands(one)) & set(duplicates.bands(other))
            found.append((duplicates.similarity(one, other), bool(alike)))
        share[replaced] = (sum(s for s, _ in found) / 150, sum(hit for _, hit in found) / 150)
    assert share[2][0] > 0.88
    assert share[2][1] > 0.97
    assert share[4][0] > 0.78
    assert share[4][1] > 0.85
    assert share[14][0] < 0.55
    assert share[14][1] < 0.25


@given(st.text(max_size=300))
def test_any_text_has_bands_or_none(text: str) -> None:
    own = duplicates.bands(duplicates.grams(duplicates.plain_words(None, text)))
    assert len(own) in (0, 8)
    assert all(0 <= band < 2**63 for band in own)


@given(st.text(st.characters(max_codepoint=127), min_size=16, max_size=60), st.sampled_from(["", "\u017c\xf3\u0142w"]))
def test_grams_are_the_checksums_of_five_characters_each(text: str, more: str) -> None:
    said = f"a b c d e f g h {text}{more}"
    assert duplicates.grams(said) == {zlib.crc32(said[n : n + 5].encode()) for n in range(len(said) - 4)}
