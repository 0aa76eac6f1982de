"""The command `import`: what can be said of files, how they are taken in, and what is told of them after."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.command import Json, app, now, one_of, open_or_stop, time_or_stop
from ui.terminal import cell, counted, print_json, print_table, progress, stop, tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.intake import ImportReport
    from config.workspace import Workspace
    from ui.mapping import Proposal

_ORDERS = {"day-first": "dmy", "month-first": "mdy"}
_DECIMALS = {"comma": ",", "point": "."}

Files = Annotated[list[Path], typer.Argument(help="Exports: orders, visits, spend, posts, leads, codes, people.")]
LayoutName = Annotated[str | None, typer.Option("--as", help="The layout's name, where it is not recognised.")]
Account = Annotated[str, typer.Option(help="Which shop or account the file is from.")]
ExportedAt = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="When the files were exported, as 2026-11-20 or 2026-11-20T14:30: of two statements the newer counts. "
        "Default: the latest time inside each file.",
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        help="A language (pl) or an encoding (cp1250), where names come out garbled; utf-8-as-cp1252 mends text "
        "that was misread before."
    ),
]
Days = Annotated[
    str | None, typer.Option(help="day-first or month-first, where 05/06/2026 can be both and no row tells.")
]
Decimal = Annotated[
    str | None, typer.Option(help="comma or point, where 1,234 can be a thousand or 1.234 and no row tells.")
]
Currency = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="The currency of amounts that name none, as PLN. Default: your own."),
]
Brand = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The brand that rows of a mention export are about which match no query."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=HEADER",
        help="With --as: which of our columns the file calls what; COLUMN:=VALUE is the same in every row. "
        "Remembered for files with the same columns.",
    ),
]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace",
        help="Take back imports whose costs would count twice beside this file's (a period beside its days, "
        "campaigns beside their ads), in the same step.",
    ),
]


@app.command("import")
def import_files(
    context: typer.Context,
    files: Files,
    layout: LayoutName = None,
    account: Account = "default",
    exported_at: ExportedAt = None,
    encoding: Encoding = None,
    days: Days = None,
    decimal: Decimal = None,
    currency: Currency = None,
    brand: Brand = None,
    said: Columns = None,
    replaces: Replace = False,
    as_json: Json = False,
) -> None:
    """Recognise and import files. The same file again changes nothing."""
    workspace = open_or_stop(context)
    exported = time_or_stop(exported_at, "--exported-at", zone=workspace.settings.zone)
    if layout:
        _known_layout(layout)
    _known_encoding(encoding)
    one_of(days, tuple(_ORDERS), "--days")
    one_of(decimal, tuple(_DECIMALS), "--decimal")
    code = _currency_or_stop(currency)
    _known_brand(workspace, brand)
    if said:
        _remember_columns(workspace, files[0], layout=layout or "", said=said, encoding=encoding)
    options = {
        "wanted": layout,
        "account": account,
        "exported_at": exported,
        "encoding": encoding,
        "order": _ORDERS[days] if days else None,
        "decimal": _DECIMALS[decimal] if decimal else None,
        "currency": code,
        "brand": brand,
        "replaces": replaces,
    }
    reports = _take(workspace, files, options)
    found = [None if layout else _proposal(workspace, *one, encoding) for one in zip(files, reports, strict=True)]
    if as_json:
        _print_document(reports, found)
    else:
        _print_for_people(workspace, files, reports, found)
    raise typer.Exit(1 if any(report.error for report in reports) else 0)


def _take(workspace: Workspace, files: Sequence[Path], options: Mapping[str, Any]) -> list[ImportReport]:
    """The files one after the other, with `options` of `pipeline.take_file`; stops (1) while another import runs."""
    from config.intake import ImportBusyError
    from ui.pipeline import take_file

    counter = progress("Importing")
    reports = []
    try:
        for number, file in enumerate(files):
            counter(number, len(files), file.name)
            reports.append(take_file(workspace, file, now=now(), **options))
    except ImportBusyError as problem:
        stop(str(problem), code=1)
    counter(len(files), len(files), "done")
    return reports


def _remember_columns(
    workspace: Workspace, file: Path, *, layout: str, said: Sequence[str], encoding: str | None
) -> None:
    """Keeps what --map says for files with these columns; stops (2) where it says nothing usable."""
    from ui.imports import say_columns

    try:
        say_columns(workspace, file, layout=layout, said=list(said), now=now(), encoding=encoding)
    except ValueError as problem:
        stop(str(problem))


def _known_encoding(text: str | None) -> None:
    """Stops (2) where no language or encoding is called so."""
    from config.encodings import known_encoding

    if text and not known_encoding(text):
        stop(f"--encoding {text!r} is no language or encoding; write one such as pl, cp1250 or utf-16")


def _currency_or_stop(text: str | None) -> str | None:
    """The code of a currency, in capitals; stops (2) where there is none of that name."""
    from babel.numbers import list_currencies

    if text and text.upper() not in list_currencies():
        stop(f"--currency {text!r} is no code of a currency; write one such as EUR or PLN")
    return text.upper() if text else None


def _known_brand(workspace: Workspace, name: str | None) -> None:
    """Stops (2) where no brand is called so."""
    known = [brand.name for brand in workspace.settings.brand]
    if name is not None and name not in known:
        stop(f"--brand: there is no brand {name!r}; there are {', '.join(known)}")


def _known_layout(name: str) -> None:
    """Stops (2) with the nearest names and some usual ones where no layout is called so."""
    from ui.pipeline import LAYOUTS

    known = sorted(layout.id for layout in LAYOUTS)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        some = list(dict.fromkeys([*near, "earned_orders", "earned_visits", "shopify_orders_csv", "meta_ads"]))
        stop(f"--as: there is no layout {name!r}; there are {', '.join(some)} and more: see docs/imports.md")


def _proposal(workspace: Workspace, file: Path, report: ImportReport, encoding: str | None) -> Proposal | None:
    """What a file may be that was refused because no layout is like it."""
    from ui.imports import proposal

    return proposal(workspace, file, encoding=encoding) if report.error and report.layout is None else None


def _print_document(reports: Sequence[ImportReport], found: Sequence[Proposal | None]) -> None:
    from ui.import_advice import with_proposal

    rows = [with_proposal(one.as_json(), may_be) for one, may_be in zip(reports, found, strict=True)]
    print_json({"files": rows})


def _print_for_people(
    workspace: Workspace, files: Sequence[Path], reports: Sequence[ImportReport], found: Sequence[Proposal | None]
) -> None:
    """What became of the files, what those of no known layout may be, and the first rows that were kept aside."""
    from ui.import_advice import advice

    _print_import(reports)
    for file, may_be in zip(files, found, strict=True):
        for line in advice(str(file), may_be) if may_be else ():
            tell(line)
    _print_kept_aside(workspace, [report.id for report in reports if report.quarantined])


def _print_import(reports: Sequence[ImportReport]) -> None:
    from ui.import_advice import COUNTS
    from ui.import_words import reason_names, skip_names, with_counts

    print_table("Imported", [("file", "File"), ("layout", "Layout"), *COUNTS], [one.as_json() for one in reports])
    for one in reports:
        if one.error:
            tell(f"{one.file}: {one.error}")
        for warning in one.warnings:
            tell(f"{one.file}: {warning}")
        for number in one.replaced:
            print(f"{one.file}: stands in place of import {number}, which is undone")
        if one.skipped:
            print(f"{one.file}: {counted(one.skipped, 'row')} left out ({with_counts(one.left_out, skip_names(str))})")
        if one.quarantined:
            rows, reasons = counted(one.quarantined, "row"), with_counts(one.kept_aside, reason_names(str))
            lists = "earned imports quarantine and the page Data list them"
            tell(f"{one.file}: {rows} kept aside ({reasons}); {lists}")


def _print_kept_aside(workspace: Workspace, import_ids: list[int | None], *, at_most: int = 10) -> None:
    """The first rows that could not be used, each with line and reason."""
    from config.intake import list_quarantine
    from ui.import_words import says_line

    kept = (list_quarantine(workspace.engine, limit=100_000, import_id=one) for one in import_ids if one is not None)
    rows = [row for of_one in kept for row in of_one]
    for row in sorted(rows, key=lambda row: (row["import_id"], row["line"]))[:at_most]:
        place = "" if says_line(row["message"], row["line"]) else f", line {row['line']}"
        print(f"  {row['file_name']}{place}: {cell(row['message'])}")
    if len(rows) > at_most:
        print(f"  and {len(rows) - at_most} more")
