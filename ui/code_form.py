"""Saves one promo code from the form: the same checks as a file of codes, and a fresh search in the stored mentions."""

from __future__ import annotations

import csv
import datetime as dt
import io

from config import intake
from config.register_files import RegisterSink, read_code_file
from config.registers import overlapping, read_codes
from config.workspace import Workspace
from ui.pipeline import keep_codes_current

FIELDS = (
    *("code", "kind", "owner", "campaign", "channel", "valid_from", "valid_to"),
    *("commission_rate", "commission_per_order", "commission_on"),
)


def save_code(
    workspace: Workspace,
    *,
    code: str,
    kind: str,
    owner: str = "",
    campaign: str = "",
    channel: str = "",
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    commission_rate: float | None = None,
    commission_per_order: float | None = None,
    commission_on: str = "",
) -> str | None:
    """Insert or replace the code valid from that day. None when saved, else what is wrong with it.

    What the form does not ask for stays as it is in the register.
    """
    cells = (
        code,
        kind,
        owner,
        campaign,
        channel,
        valid_from.isoformat() if valid_from else "",
        valid_to.isoformat() if valid_to else "",
        "" if commission_rate is None else str(commission_rate),
        "" if commission_per_order is None else f"{commission_per_order:.4f}",
        commission_on,
    )
    out = io.StringIO()
    csv.writer(out).writerows([FIELDS, cells])
    table = intake.parse_table(out.getvalue().encode(), file="form")
    parsed = read_code_file(table, intake.read_context(workspace, "default"))
    if parsed.rejected:
        return parsed.rejected[0].message
    row = parsed.tables["codes"].drop("source_line").row(0, named=True)
    clash = overlapping(_stored(workspace), row)
    if clash:
        return f"{row['code']} is valid from {clash['valid_from'] or 'ever'} already; end that period first"
    RegisterSink(workspace.engine).write(0, parsed)
    keep_codes_current(workspace)
    return None


def _stored(workspace: Workspace) -> list[dict[str, str]]:
    """The register as the checks read it: dates as ISO text, empty where unbounded."""
    return [
        {
            "code_norm": row["code_norm"],
            "valid_from": row["valid_from"].isoformat() if row["valid_from"] else "",
            "valid_to": row["valid_to"].isoformat() if row["valid_to"] else "",
        }
        for row in read_codes(workspace.engine).iter_rows(named=True)
    ]
