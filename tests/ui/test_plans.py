"""Costs, goals and campaigns on pages and in commands: the same figures, kept, undone, and nobody's text as markup."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from attribution.goals import METRICS, goal_of
from config import plans
from config.workspace import Workspace
from tests.ui.pages import HOSTILE, NOW, cards, marked_up, run, show, texts
from ui import goals, pipeline, plan_form
from ui.cli import app
from ui.documents import schema

COSTS = """kind,amount,currency,hours,rate,from,to,campaign,note
labour,,,10,30,2026-06-01,2026-06-30,,
tools,60,EUR,,,2026-05-01,2026-06-30,,
"""
CAMPAIGNS = "name,from,to,codes,utm_campaigns,budget\nSpring,2026-06-01,2026-06-14,ANNA10,spring,100\n"
GOALS = """name,purpose,metric,target,target_is,from,to,owner
More mentions,awareness,mentions,60,absolute,2026-06-01,2026-07-31,Anna
Orders,sales,orders,0.5,change,2026-06-10,2026-06-25,
"""


@pytest.fixture
def planned(own_shop: Workspace) -> Workspace:
    for name, text in (("costs", COSTS), ("campaigns", CAMPAIGNS), ("goals", GOALS)):
        file = own_shop.folder / f"{name}.csv"
        file.write_text(text, encoding="utf-8")
        assert pipeline.take_file(own_shop, file, now=NOW).error is None
    return own_shop


def ask(space: Workspace, *arguments: str, name: str | None = None, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["--workspace", str(space.folder), *arguments, "--json"])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(found, schema(name or arguments[0]))
    return found


@pytest.mark.parametrize("by", ["kind", "campaign", "channel", "influencer", "brand", "month"])
def test_costs_add_up_whatever_they_are_told_by(planned: Workspace, by: str) -> None:
    found = ask(planned, "costs", "--by", by, "--since", "2026-06-01", "--until", "2026-06-30")
    assert sum(Decimal(row["amount"]) for row in found["rows"]) == Decimal(found["total"])
    if by == "kind":
        amounts = {row["name"]: row["amount"] for row in found["rows"]}
        assert (amounts["labour"], amounts["tools"]) == ("300.00", "29.40")  # 60.00 over 61 days, odd cents in May
        assert set(found["missing"]) <= {"content", "influencer_fee", "commission", "product_seeding", "ad_spend"}


def test_goals_are_added_judged_removed_and_put_back(planned: Workspace) -> None:
    rows = {row["name"]: row for row in ask(planned, "goals")["rows"]}
    mentions = rows["More mentions"]
    assert (mentions["value"], mentions["target"], mentions["plan"]) == (50.0, 60.0, pytest.approx(60 * 30 / 61))
    assert mentions["state"] == "on_track"
    assert {"short", "no_owner"} <= set(rows["Orders"]["warnings"])
    days = ("--from", "2026-06-01", "--to", "2026-06-30")
    added = ask(planned, "goals", "add", "ROAS", "--metric", "roas", "--target", "2", *days, name="goals-change")
    assert added["changed"] == 1
    ask(planned, "goals", "remove", added["id"], name="goals-change")
    assert len(ask(planned, "goals")["rows"]) == 2
    ask(planned, "goals", "undo", name="goals-change")
    assert len(ask(planned, "goals")["rows"]) == 3
    assert len(ask(planned, "goals", "--metrics", name="goals-metrics")["rows"]) == len(METRICS)


def test_a_goal_of_roas_is_not_judged_by_a_part_of_the_cost(planned: Workspace) -> None:
    days = ("--from", "2026-06-01", "--to", "2026-06-30")
    ask(planned, "goals", "add", "ROAS", "--metric", "roas", "--target", "2", *days, name="goals-change")
    (known,) = [row for row in ask(planned, "goals")["rows"] if row["name"] == "ROAS"]
    assert known["value"] is not None
    file = planned.folder / "foreign.csv"
    file.write_text("kind,amount,currency,from,to\ncontent,900,XXX,2026-06-05,2026-06-05\n", encoding="utf-8")
    assert pipeline.take_file(planned, file, now=NOW).error is None
    (unknown,) = [row for row in ask(planned, "goals")["rows"] if row["name"] == "ROAS"]
    assert (unknown["value"], unknown["state"]) == (None, "no_data")


def test_a_goal_that_cannot_be_is_refused(planned: Workspace) -> None:
    days = ("--from", "2026-06-30", "--to", "2026-06-01")
    arguments = ["goals", "add", "x", "--metric", "orders", "--target", "2", *days]
    done = CliRunner().invoke(app, ["--workspace", str(planned.folder), *arguments])
    assert done.exit_code == 2
    assert "to lies before from" in done.output


def test_every_metric_has_a_reader_and_a_series_without_holes(planned: Workspace) -> None:
    assert set(goals.READERS) == set(METRICS)
    row = plans.read_goals(planned.engine).row(0, named=True)
    as_of = dt.date(2026, 6, 30)
    asked = [goal_of(row | {"metric": name, "purpose": METRICS[name].purpose}, digits=2) for name in METRICS]
    found = goals.assessed(planned, [goal for goal in asked if goal], as_of=as_of)
    assert len(found) == len(METRICS)
    for one in found:
        if one.line.height:
            days = one.line.drop_nulls("actual")["day"]
            assert days.n_unique() == days.len()


def test_campaigns_say_cost_return_and_talk(planned: Workspace) -> None:
    row = ask(planned, "campaigns")["rows"][0]
    assert (row["name"], row["state"], row["planned"]["budget"]) == ("Spring", "ended", "100.00")
    assert row["mentions"]["n"] > 0
    assert row["too_early"]["open_until"] is not None


def test_the_pages_show_the_commands_figures(planned: Workspace) -> None:
    costs = show("costs")
    total = ask(planned, "costs")["total"]
    assert cards(costs)["Cost of social"][0].replace(",", "") == f"€{round(Decimal(total))}"
    page = show("goals")
    assert "More mentions" in texts(page)
    assert "1 of 2 goals are on track or reached." in texts(page)
    campaign = show("campaigns")
    assert "Spring" in texts(campaign)
    assert "Close-out review" in [element.value for element in campaign.subheader]


@pytest.mark.parametrize("name", ["costs", "goals", "campaigns"])
def test_an_empty_workspace_says_what_to_do(name: str, bare: Workspace) -> None:
    page = show(name)
    assert page.subheader or page.markdown


def press(page: AppTest, label: str) -> AppTest:
    return run(next(button for button in page.button if button.label.startswith(label)).click())


def test_a_goal_is_set_from_a_template_and_undone_on_the_page(planned: Workspace) -> None:
    page = press(show("goals"), "Set goal")
    assert plans.read_goals(planned.engine).height == 3
    press(page, "Undo")
    assert plans.read_goals(planned.engine).height == 2


def test_a_goal_is_archived_and_put_back(planned: Workspace) -> None:
    page = press(show("goals"), "Archive")
    assert plans.read_goals(planned.engine)["archived"].sum() == 1
    press(page, "Put back")
    assert plans.read_goals(planned.engine)["archived"].sum() == 0


def test_an_edited_table_is_one_change(planned: Workspace) -> None:
    before = plans.read_costs(planned.engine).to_dicts()
    fresh = dict.fromkeys(before[0]) | {"kind": "content", "amount": 12.5, "date_from": dt.date(2026, 6, 3)}
    changed, problems = plan_form.save_table(planned, "costs", before, [before[0] | {"note": "x"}, fresh], now=NOW)
    assert (changed, problems) == (3, [])
    wrong = fresh | {"amount": None}
    assert plan_form.save_table(planned, "costs", before, [wrong], now=NOW)[1] == [
        "1: amount is empty, and so are hours and rate; write 0 where there was no such cost"
    ]
    assert plans.undo_plan(planned.engine, "costs") == 3
    assert plans.read_costs(planned.engine).to_dicts() == before


def test_an_exported_register_comes_in_again_without_a_change(planned: Workspace, tmp_path: Path) -> None:
    from ui import frame, pipeline

    for name in ("costs", "campaigns", "goals"):
        file = tmp_path / f"{name}.csv"
        file.write_bytes(frame.guarded_csv(plan_form.as_file(name, plans.read_plan(planned.engine, name))))
        report = pipeline.take_file(planned, file, now=NOW)
        assert (report.error, report.accepted, report.updated, report.quarantined) == (None, 0, 0, 0)


@pytest.mark.parametrize(("name", "register"), [("goals", "goals"), ("campaigns", "campaigns"), ("costs", "costs")])
def test_what_people_typed_is_never_markup(planned: Workspace, name: str, register: str) -> None:
    column = "note" if register == "costs" else "name"
    rows = [row | {column: HOSTILE} for row in plans.stored_plan(planned.engine, register).values()]
    plans.change_plan(planned.engine, register, now=NOW, save=rows)
    assert "tracker.example" not in marked_up(show(name))
