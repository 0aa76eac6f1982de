"""Facts: what readers see after imports, repeats, overlaps, undo and crashes."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attribution.facts import Facts, row_hash
from attribution.tables import FACTS, MONEY, ORDERS, UTC_TIME
from attribution.versions import current
from config.database import writing
from config.intake import Layout, Parsed, imports, take_in, undo_import
from config.workspace import Workspace

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
MAY = dt.datetime(2026, 5, 3, 10, tzinfo=dt.UTC)


@pytest.fixture
def facts(workspace: Workspace) -> Facts:
    return Facts(workspace.facts, workspace.engine)


def begin(facts: Facts) -> int:
    with writing(facts.engine) as connection:
        row = {"sha256": "x", "file_name": "f", "layout": "l", "account": "a", "counts": "{}"}
        result = connection.execute(sa.insert(imports).values(**row, state="pending", started_at=NOW))
        return int(result.inserted_primary_key[0])


def finish(facts: Facts, import_id: int) -> None:
    with writing(facts.engine) as connection:
        connection.execute(sa.update(imports).where(imports.c.id == import_id).values(state="done"))


def orders(*rows: tuple[int, str, str]) -> pl.DataFrame:
    """(line, order id, total)"""
    return pl.DataFrame(
        [("default", order, MAY, Decimal(total), "EUR", line) for line, order, total in rows],
        schema={"account": pl.String, "order_id": pl.String, "ordered_at": UTC_TIME, "total": MONEY,
                "currency": pl.String, "source_line": pl.Int64},
        orient="row",
    )  # fmt: skip


def parsed(frame: pl.DataFrame, *, day: int | None = None, name: str = "orders") -> Parsed:
    return Parsed({name: frame}, exported_at=None if day is None else dt.datetime(2026, 6, day, tzinfo=dt.UTC))


def bring(facts: Facts, document: Parsed) -> tuple[int, dict[int, str]]:
    import_id = begin(facts)
    written = facts.write(import_id, document)
    finish(facts, import_id)
    return import_id, dict(written.lines)


def totals(facts: Facts) -> dict[str, str]:
    return {r["order_id"]: f"{r['total']:.2f}" for r in facts.scan("orders").collect().iter_rows(named=True)}


@pytest.mark.parametrize("name", sorted(FACTS))
def test_an_absent_table_is_an_empty_frame_of_its_schema(facts: Facts, name: str) -> None:
    frame = facts.scan(name).collect()
    assert frame.schema == pl.Schema({**FACTS[name].schema, "import_id": pl.Int64})
    assert frame.is_empty()


def test_stored_rows_keep_types_and_come_sorted_by_key(facts: Facts) -> None:
    bring(facts, parsed(orders((2, "b", "1.2345"), (3, "a", "2.00"))))
    frame = facts.scan("orders").collect()
    assert frame.schema == pl.Schema({**ORDERS.schema, "import_id": pl.Int64})
    assert frame["order_id"].to_list() == ["a", "b"]
    assert frame["total"].to_list() == [Decimal("2.0000"), Decimal("1.2345")]
    assert frame["subtotal"].null_count() == 2


def test_rows_of_an_import_that_is_not_done_are_not_seen(facts: Facts) -> None:
    import_id = begin(facts)
    facts.write(import_id, parsed(orders((2, "a", "1"))))
    assert totals(facts) == {}
    finish(facts, import_id)
    assert totals(facts) == {"a": "1.00"}


def test_the_same_rows_again_are_same_and_count_once(facts: Facts) -> None:
    bring(facts, parsed(orders((2, "a", "1"), (3, "b", "2")), day=1))
    _, lines = bring(facts, parsed(orders((2, "a", "1"), (3, "b", "2"), (4, "c", "3")), day=2))
    assert lines == {2: "same", 3: "same", 4: "new"}
    assert totals(facts) == {"a": "1.00", "b": "2.00", "c": "3.00"}


def test_a_changed_row_of_a_newer_export_is_updated(facts: Facts) -> None:
    bring(facts, parsed(orders((2, "a", "1")), day=1))
    _, lines = bring(facts, parsed(orders((2, "a", "9")), day=2))
    assert lines == {2: "updated"}
    assert totals(facts) == {"a": "9.00"}


def test_a_row_of_an_older_export_changes_nothing_and_is_same(facts: Facts) -> None:
    bring(facts, parsed(orders((2, "a", "9")), day=2))
    _, lines = bring(facts, parsed(orders((2, "a", "1")), day=1))
    assert lines == {2: "same"}
    assert totals(facts) == {"a": "9.00"}


@pytest.mark.parametrize(("days", "told"), [((1, 1), True), ((None, None), True), ((1, 2), False), ((2, 1), False)])
def test_a_contradiction_is_told_only_where_nothing_says_which_file_is_newer(
    facts: Facts, days: tuple[int | None, int | None], told: bool
) -> None:
    bring(facts, parsed(orders((2, "a", "1"), (3, "b", "1")), day=days[0]))
    written = facts.write(begin(facts), parsed(orders((2, "a", "2"), (3, "b", "1")), day=days[1]))
    assert [("1 orders" in text, "--exported-at" in text) for text in written.warnings] == [(True, True)] * told


def test_a_row_that_returns_to_an_older_value_is_the_newest(facts: Facts) -> None:
    for total, day in (("1", 1), ("1", 3), ("2", 2)):
        bring(facts, parsed(orders((2, "a", total)), day=day))
    assert totals(facts) == {"a": "1.00"}


def test_within_a_file_equal_rows_are_same_and_of_different_rows_the_last_counts(facts: Facts) -> None:
    _, lines = bring(facts, parsed(orders((2, "a", "1"), (3, "a", "1"), (4, "b", "1"), (5, "b", "2"))))
    assert lines == {2: "new", 3: "same", 4: "new", 5: "updated"}
    assert totals(facts) == {"a": "1.00", "b": "2.00"}


def test_undo_hides_an_import_but_not_what_another_brought_too(facts: Facts) -> None:
    first, _ = bring(facts, parsed(orders((2, "a", "1"), (3, "b", "2")), day=1))
    second, lines = bring(facts, parsed(orders((2, "a", "1"), (3, "c", "3")), day=1))
    assert lines == {2: "same", 3: "new"}
    undo_import(facts.engine, first, now=NOW)
    assert totals(facts) == {"a": "1.00", "c": "3.00"}
    undo_import(facts.engine, second, now=NOW)
    assert totals(facts) == {}


def test_undoing_an_update_brings_the_earlier_row_back(facts: Facts) -> None:
    bring(facts, parsed(orders((2, "a", "1")), day=1))
    second, _ = bring(facts, parsed(orders((2, "a", "9")), day=2))
    undo_import(facts.engine, second, now=NOW)
    assert totals(facts) == {"a": "1.00"}


def test_a_repeated_write_of_one_import_stores_nothing_twice(facts: Facts) -> None:
    import_id = begin(facts)
    first = facts.write(import_id, parsed(orders((2, "a", "1"))))
    assert facts.write(import_id, parsed(orders((2, "a", "1")))) == first
    finish(facts, import_id)
    assert pl.scan_delta(str(facts.folder / "orders")).collect().height == 1


@pytest.mark.parametrize("days", [(1, 2), (2, 1), (1, 1)])
def test_the_larger_refund_wins_only_among_exports_of_one_time(facts: Facts, days: Sequence[int]) -> None:
    for amount, day in zip(("5", "8"), days, strict=True):
        row = {"account": "default", "order_id": "a", "refund_id": "cumulative", "amount": Decimal(amount)}
        frame = pl.DataFrame([row | {"source_line": 2}], schema_overrides={"amount": MONEY})
        bring(facts, parsed(frame, day=day, name="refunds"))
    amounts = facts.scan("refunds").collect()["amount"].to_list()
    assert amounts == [Decimal("5") if days == (2, 1) else Decimal("8")]


def test_without_an_export_time_the_latest_time_in_the_file_counts(facts: Facts) -> None:
    later = orders((2, "a", "1")).with_columns(cancelled_at=pl.lit(MAY + dt.timedelta(days=9), dtype=UTC_TIME))
    bring(facts, parsed(later))
    bring(facts, parsed(orders((2, "a", "7"), (3, "b", "1"))))
    assert totals(facts) == {"a": "1.00", "b": "1.00"}


def test_codes_and_lines_that_a_newer_export_took_off_an_order_are_gone(facts: Facts) -> None:
    def codes(*names: str) -> pl.DataFrame:
        rows = [("default", "a", n, name, 2) for n, name in enumerate(names, start=1)]
        schema = {"account": pl.String, "order_id": pl.String, "ordinal": pl.Int32, "code_raw": pl.String,
                  "source_line": pl.Int64}  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    def document(total: str, day: int, *names: str) -> Parsed:
        exported = dt.datetime(2026, 6, day, tzinfo=dt.UTC)
        return Parsed({"orders": orders((2, "a", total)), "order_codes": codes(*names)}, exported_at=exported)

    bring(facts, document("5", 1, "ANNA10", "VIP"))
    newer, _ = bring(facts, document("6", 2, "VIP"))
    assert facts.scan("order_codes").collect()["code_raw"].to_list() == ["VIP"]
    undo_import(facts.engine, newer, now=NOW)
    assert facts.scan("order_codes").collect()["code_raw"].to_list() == ["ANNA10", "VIP"]


def test_an_order_keeps_its_lines_when_two_exports_of_one_time_differ(facts: Facts) -> None:
    schema = {"account": pl.String, "order_id": pl.String, "line_no": pl.Int32, "product": pl.String,
              "source_line": pl.Int64}  # fmt: skip
    exported = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    for total, products in (("1", "ab"), ("2", "cd"), ("3", "ef")):
        rows = [("default", "a", n, product, 2) for n, product in enumerate(products, start=1)]
        lines = pl.DataFrame(rows, schema=schema, orient="row")
        bring(facts, Parsed({"orders": orders((2, "a", total)), "order_lines": lines}, exported_at=exported))
    pair = "".join(facts.scan("order_lines").collect()["product"])
    assert pair == {"1.00": "ab", "2.00": "cd", "3.00": "ef"}[totals(facts)["a"]]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux to name what was synced")
def test_what_an_import_wrote_is_on_the_disk_before_it_returns(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[Path] = set()
    real = os.fsync

    def watch(handle: int) -> None:
        synced.add(Path(os.readlink(f"/proc/self/fd/{handle}")))
        real(handle)

    for n in range(2):
        monkeypatch.setattr(os, "fsync", watch)
        facts.write(begin(facts), parsed(orders((2, f"{n}", "1"))))
        monkeypatch.undo()
    table = facts.folder.resolve() / "orders"
    written = set(table.rglob("*")) | {table, table.parent}
    assert written <= synced


def test_a_folder_that_cannot_be_written_is_an_answer(workspace: Workspace) -> None:
    (workspace.folder / "blocked").write_text("a file where the folder should be", encoding="utf-8")
    facts = Facts(workspace.folder / "blocked", workspace.engine)
    (workspace.folder / "x.csv").write_text("order_id,total\na,1.00\n", encoding="utf-8")
    report = take_in(workspace, workspace.folder / "x.csv", layouts=[crash_layout()], sinks={"facts": facts}, now=NOW)
    assert report.error is not None
    assert "cannot be stored" in report.error


def test_a_record_without_its_key_is_refused(facts: Facts) -> None:
    with pytest.raises(ValueError, match="no order_id"):
        facts.write(begin(facts), parsed(orders((2, "a", "1")).with_columns(order_id=pl.lit(None, dtype=pl.String))))


def test_maintenance_changes_no_row(facts: Facts) -> None:
    for n in range(4):
        bring(facts, parsed(orders((2, "a", str(n)), (3, f"n{n}", "1")), day=n + 1))
    before = facts.scan("orders").collect()
    facts.maintain()
    assert facts.scan("orders").collect().equals(before)


def test_the_row_hash_is_the_same_in_every_version() -> None:
    """Worked out once and kept: a change here would make every stored row look changed."""
    frame = ORDERS.conform(orders((2, "a", "1.5")).drop("source_line"))
    # blake2b, 8 bytes, of "account=7:default;currency=3:EUR;order_id=1:a;ordered_at=16:1777802400000000;total=5:15000;"
    assert row_hash(ORDERS, frame).to_list() == [8641472234107520656]


def test_the_row_hash_tells_neighbouring_columns_and_nulls_apart() -> None:
    base = ORDERS.conform(orders((2, "a", "1")).drop("source_line"))
    variants = [
        base,
        base.with_columns(utm_source=pl.lit("x")),
        base.with_columns(utm_medium=pl.lit("x")),
        base.with_columns(utm_source=pl.lit("")),
        base.with_columns(utm_source=pl.lit("x;utm_term=1:y")),
        base.with_columns(utm_source=pl.lit("x"), utm_term=pl.lit("y")),
    ]
    assert len({row_hash(ORDERS, frame).item() for frame in variants}) == len(variants)


def told(total: str, *, day: int, **known: object) -> Parsed:
    """The order "1" as an export of that day tells it; what it does not know is null."""
    frame = orders((1, "1", total)).with_columns(**{name: pl.lit(value) for name, value in known.items()})
    return parsed(frame, day=day)


def test_what_a_newer_export_cannot_tell_stays_as_an_older_one_tells_it(facts: Facts) -> None:
    known = {"is_test": True, "landing_url": "https://s.example/", "utm_source": "ig", "customer_key": 7}
    older, _ = bring(facts, told("5", day=1, **known, tax=Decimal(1), status="paid"))
    _, lines = bring(facts, told("9", day=2, utm_source="fb"))
    seen = facts.scan("orders").collect().row(0, named=True)
    assert {name: seen[name] for name in known} == known | {"utm_source": "fb"}
    assert (seen["total"], seen["tax"], seen["status"]) == (Decimal(9), None, None)  # one block, of the newest row
    assert lines == {1: "updated"}
    undo_import(facts.engine, older, now=NOW)
    seen = facts.scan("orders").collect().row(0, named=True)
    assert {name: seen[name] for name in known} == dict.fromkeys(known) | {"utm_source": "fb"}


def test_an_older_export_that_tells_more_is_an_update(facts: Facts) -> None:
    bring(facts, told("9", day=2))
    assert bring(facts, told("5", day=1, landing_url="https://s.example/"))[1] == {1: "updated"}
    assert bring(facts, told("4", day=1))[1] == {1: "same"}


versions = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from([None, "a", "b"]), st.sampled_from([None, True, False])),
    min_size=2, max_size=5,
)  # fmt: skip


@given(rows=versions, shuffle=st.randoms(use_true_random=False))
def test_what_stays_of_older_rows_depends_on_the_rows_alone(
    rows: list[tuple[int, str | None, bool | None]], shuffle: random.Random
) -> None:
    """Against a plain loop: the newest row, and per column the newest that tells something."""
    frame = pl.concat(
        told("1", day=1).tables["orders"].drop("source_line").with_columns(
            referrer=pl.lit(text, dtype=pl.String), is_test=pl.lit(test, dtype=pl.Boolean), status=pl.lit(str(n)),
            exported_at=pl.lit(MAY + dt.timedelta(days=day)), row_hash=pl.lit(n), import_id=pl.lit(1),
        )
        for n, (day, text, test) in enumerate(rows)
    )  # fmt: skip
    newest_first = sorted(enumerate(rows), key=lambda one: (one[1][0], one[0]), reverse=True)
    expected = [next((row[1][place] for row in newest_first if row[1][place] is not None), None) for place in (1, 2)]
    order = list(range(frame.height))
    shuffle.shuffle(order)
    absent = [pl.lit(None, dtype=t).alias(n) for n, t in ORDERS.schema.items() if n not in frame.columns]
    other = frame.with_columns(pl.lit("2").alias("order_id"), pl.lit("z").alias("referrer"))
    stored = pl.concat([frame[order], other]).with_columns(absent).lazy()
    seen = current(ORDERS, stored).collect().filter(pl.col("order_id") == "1")
    assert seen.select("status", "referrer", "is_test").rows() == [(str(newest_first[0][0]), *expected)]


files = st.lists(
    st.tuples(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=4), st.integers(1, 3)),
    min_size=2, max_size=4,
)  # fmt: skip


@given(files=files, shuffle=st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_imports_changes_nothing(
    files: list[tuple[list[tuple[str, int]], int]],
    shuffle: random.Random,
    facts: Facts,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def after(sequence: Sequence[tuple[list[tuple[str, int]], int]]) -> dict[str, str]:
        fresh = Facts(tmp_path_factory.mktemp("facts"), facts.engine)
        for rows, day in sequence:
            bring(fresh, parsed(orders(*((n, key, str(total)) for n, (key, total) in enumerate(rows))), day=day))
        return totals(fresh)

    other = list(files)
    shuffle.shuffle(other)
    assert after(files) == after(other)


CHILD = """
import sys
from pathlib import Path
from config.workspace import open_workspace
from tests.attribution.test_facts import bring_files
workspace = open_workspace(Path(sys.argv[1]))
print("ready", flush=True)
bring_files(workspace)
"""
FILES, ROWS = 6, 300


def crash_layout() -> Layout:
    def read(table: object, context: object) -> Parsed:
        rows = table.frame.select(  # type: ignore[attr-defined]
            pl.lit("default").alias("account"), pl.col("order_id"), pl.lit(MAY, dtype=UTC_TIME).alias("ordered_at"),
            pl.col("total").cast(MONEY), pl.lit("EUR").alias("currency"), "source_line",
        )  # fmt: skip
        refunds = rows.select("account", "order_id", "ordered_at", "source_line", pl.col("total").alias("amount"),
                              pl.lit("cumulative").alias("refund_id"))  # fmt: skip
        return Parsed({"orders": rows, "refunds": refunds})

    return Layout("crash", "crash", frozenset({"order_id", "total"}), "facts", read)


def bring_files(workspace: Workspace) -> None:
    facts = Facts(workspace.facts, workspace.engine)
    for n in range(FILES):
        file = workspace.folder / f"{n}.csv"
        rows = "".join(f"{n}-{m},1.00\n" for m in range(ROWS))
        file.write_text(f"order_id,total\n{rows}", encoding="utf-8")
        take_in(workspace, file, layouts=[crash_layout()], sinks={"facts": facts}, now=NOW)


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_an_import_killed_at_any_moment_is_there_whole_or_not_at_all(workspace: Workspace) -> None:
    chance = random.Random(5)
    facts = Facts(workspace.facts, workspace.engine)
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(workspace.folder)],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        try:
            child.wait(chance.uniform(0.0, 0.35))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        seen = facts.scan("orders").collect()
        assert seen.group_by(pl.col("order_id").str.extract(r"^(\d)")).len()["len"].unique().to_list() in ([], [ROWS])
        assert facts.scan("refunds").collect()["order_id"].to_list() == seen["order_id"].to_list()
    bring_files(workspace)
    assert facts.scan("orders").collect().height == FILES * ROWS
    assert facts.scan("refunds").collect()["amount"].sum() == FILES * ROWS
