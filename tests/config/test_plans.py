"""Costs, campaigns and goals: written down by hand or by file, read back alike, undone step by step."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config import plan_files, plans
from config.database import writing
from config.registers import RegisterConflictError
from config.workspace import Workspace
from ui import pipeline

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


def row(register: str = "costs", /, **cells: str) -> dict[str, Any]:
    found = plan_files.plan_row(register, cells, currency="EUR")
    assert isinstance(found, dict), found
    return plan_files.with_id(register, found)


def tool(**cells: str) -> dict[str, Any]:
    return row(**({"kind": "tools", "amount": "12.50", "from": "2026-06-01", "to": "2026-06-30"} | cells))


def take(space: Workspace, text: str, name: str = "costs.csv") -> Any:
    file = space.folder / name
    file.write_text(text, encoding="utf-8")
    return pipeline.take_file(space, file, now=NOW)


WRONG = [
    ("costs", {"kind": "bribes", "amount": "1", "from": "2026-06-01"}, "unknown_kind"),
    ("costs", {"kind": "tools", "amount": "1,50", "from": "2026-06-01"}, "bad_number"),
    ("costs", {"kind": "tools", "from": "2026-06-01"}, "no_amount"),
    ("costs", {"kind": "labour", "hours": "3", "from": "2026-06-01"}, "no_amount"),
    ("costs", {"kind": "labour", "amount": "9", "hours": "3", "rate": "3", "from": "2026-06-01"}, "bad_number"),
    ("costs", {"kind": "tools", "amount": "1", "currency": "euro", "from": "2026-06-01"}, "bad_currency"),
    ("costs", {"kind": "tools", "amount": "1"}, "bad_date"),
    ("costs", {"kind": "tools", "amount": "1", "from": "1.6.2026"}, "bad_date"),
    ("costs", {"kind": "tools", "amount": "1", "from": "2026-06-02", "to": "2026-06-01"}, "bad_date"),
    ("costs", {"kind": "tools", "amount": "1", "from": "2026-06-02", "note": "x" * 500}, "too_long"),
    ("campaigns", {"from": "2026-06-01"}, "missing_name"),
    ("campaigns", {"name": "Spring", "from": "2026-06-01", "budget": "-5"}, "bad_number"),
    ("goals", {"name": "More", "purpose": "fame", "from": "2026-06-01"}, "unknown_kind"),
    ("goals", {"name": "More", "purpose": "sales", "metric": "orders", "from": "2026-06-01"}, "no_amount"),
    (
        "goals",
        {"name": "More", "purpose": "sales", "metric": "orders", "target": "9", "from": "2026-06-01"},
        "bad_date",
    ),
    ("campaign_notes", {"text": "sold out"}, "bad_date"),
    ("campaign_notes", {"day": "2026-06-01"}, "missing_name"),
]


@pytest.mark.parametrize(("name", "cells", "reason"), WRONG)
def test_what_cannot_stand_in_a_register_says_why(name: str, cells: dict[str, str], reason: str) -> None:
    found = plan_files.plan_row(name, cells, currency="EUR")
    assert isinstance(found, tuple)
    assert found[0] == reason


def test_a_cost_takes_the_workspaces_currency_and_one_day_where_nothing_else_is_said() -> None:
    cost = row(kind="Influencer fee", amount="250", **{"from": "2026-06-01"}, influencer="Instagram:@Anna")
    assert (cost["kind"], cost["currency"], cost["date_to"]) == ("influencer_fee", "EUR", "2026-06-01")
    assert cost["influencer"] == "instagram:anna"


def test_changes_are_undone_one_after_the_other(workspace: Workspace) -> None:
    engine = workspace.engine
    first = tool()
    assert plans.change_plan(engine, "costs", now=NOW, save=[first]) == 1
    assert plans.change_plan(engine, "costs", now=NOW, save=[first]) == 0
    plans.change_plan(engine, "costs", now=NOW, save=[first | {"amount": "20"}, tool(note="second")])
    plans.change_plan(engine, "costs", now=NOW, remove=[first["id"]])
    assert plans.read_costs(engine).height == 1
    assert plans.undo_plan(engine, "costs") == 1
    assert plans.read_costs(engine)["amount"].cast(str).to_list() == ["20.0000", "12.5000"]
    assert plans.undo_plan(engine, "costs") == 2
    assert plans.stored_plan(engine, "costs") == {first["id"]: first}
    assert plans.undo_plan(engine, "costs") == 1
    assert plans.read_costs(engine).is_empty()
    assert plans.last_change(engine, "costs") is None
    assert plans.undo_plan(engine, "costs") == 0


def test_nothing_is_undone_over_what_somebody_else_wrote(workspace: Workspace) -> None:
    first = tool()
    plans.change_plan(workspace.engine, "costs", now=NOW, save=[first])
    with writing(workspace.engine) as connection:
        connection.execute(sa.update(plans.TABLES["costs"]).values(amount="99"))
    with pytest.raises(RegisterConflictError):
        plans.undo_plan(workspace.engine, "costs")
    assert plans.stored_plan(workspace.engine, "costs")[first["id"]]["amount"] == "99"


COSTS = """kind,amount,currency,hours,rate,from,to,campaign,influencer,note
labour,,,12,35,2026-06-01,2026-06-30,,,
influencer_fee,300,USD,,,2026-06-05,,spring,instagram:@Anna,
influencer_fee,300,USD,,,2026-06-05,,spring,instagram:@Anna,
snacks,5,,,,2026-06-05,,,,
"""


def test_the_same_file_again_changes_nothing_and_a_corrected_amount_is_a_correction(workspace: Workspace) -> None:
    first = take(workspace, COSTS)
    assert (first.layout, first.accepted, first.quarantined) == ("earned_costs", 3, 1)
    again = take(workspace, COSTS + "\n", "again.csv")
    assert (again.accepted, again.updated, again.duplicates) == (0, 0, 3)
    corrected = take(workspace, COSTS.replace(",12,35,", ",10,35,"), "corrected.csv")
    assert (corrected.updated, corrected.duplicates) == (1, 2)
    assert plans.read_costs(workspace.engine).height == 3
    assert plans.undo_plan(workspace.engine, "costs") == 1
    assert plans.read_costs(workspace.engine)["hours"].drop_nulls().cast(str).to_list() == ["12.0000"]


def test_campaigns_and_goals_come_in_by_file(workspace: Workspace) -> None:
    took = take(
        workspace,
        "name,from,to,people,codes,utm_campaigns,channels,budget\n"
        "Spring,2026-06-01,,instagram:@Anna; tiktok:Ben,anna 10,spring26,Organic Social; Influencer,1500\n",
        "campaigns.csv",
    )
    assert took.error is None
    spring = plans.read_campaigns(workspace.engine).row(0, named=True)
    assert spring["people"] == ["instagram:anna", "tiktok:ben"]
    assert spring["codes"] == ["ANNA10"]
    assert spring["date_to"] is None
    assert spring["archived"] is False
    goals = "name,purpose,metric,target,target_is,from,to\nLouder,awareness,mentions,0.2,change,2026-06-01,2026-08-31\n"
    assert take(workspace, goals, "goals.csv").accepted == 1
    assert plans.read_goals(workspace.engine)["target_is"].to_list() == ["change"]


def test_a_file_changes_only_what_it_says(workspace: Workspace) -> None:
    goal = row(
        "goals",
        name="Louder",
        purpose="awareness",
        metric="mentions",
        target="200",
        **{"from": "2026-06-01"},
        to="2026-08-31",
        owner="Mila",
    )
    plans.change_plan(workspace.engine, "goals", now=NOW, save=[goal | {"archived": True}])
    take(
        workspace,
        f"id,name,purpose,metric,target,from,to\n{goal['id']},Louder,awareness,mentions,300,2026-06-01,2026-08-31\n",
        "goals.csv",
    )
    found = plans.read_goals(workspace.engine).row(0, named=True)
    assert (str(found["target"]), found["owner"], found["archived"]) == ("300.0000", "Mila", True)


def test_a_forgotten_person_leaves_the_sums_and_nothing_to_undo(workspace: Workspace, tmp_path: Path) -> None:
    fee = row(kind="influencer_fee", amount="300", **{"from": "2026-06-05"}, influencer="instagram:anna")
    run = row("campaigns", name="Spring", **{"from": "2026-06-01"}, people="instagram:anna; tiktok:ben")
    plans.change_plan(workspace.engine, "costs", now=NOW, save=[fee])
    plans.change_plan(workspace.engine, "campaigns", now=NOW, save=[run])
    with writing(workspace.engine) as connection:
        assert plans.forget_person(connection, "instagram:anna") == 2
    assert plans.read_costs(workspace.engine).select("amount", "influencer").row(0)[1] is None
    assert plans.read_campaigns(workspace.engine)["people"].to_list() == [["tiktok:ben"]]
    assert plans.last_change(workspace.engine, "costs") is None
