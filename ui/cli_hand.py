"""The commands on posts written down by hand, for networks that give no feed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ui.command import Json, app, now, open_or_stop
from ui.terminal import cell, print_json, print_table, stop

hand_app = typer.Typer(
    help="Posts written down by hand, where a network gives no feed; a file of them: import.", no_args_is_help=True
)
app.add_typer(hand_app, name="by-hand")

Link = Annotated[str | None, typer.Option(help="The post's address.")]
Text = Annotated[str | None, typer.Option(help="What it says; - reads it from standard input.")]
Author = Annotated[str | None, typer.Option(help="Handle or name.")]
Number = Annotated[str | None, typer.Option(metavar="N", help="As the network shows it.")]
Date = Annotated[str | None, typer.Option(help="Such as 2026-11-20 or 2026-11-20 18:30, in your time zone.")]
Network = Annotated[str | None, typer.Option(help="Such as tiktok. Default: as the link tells.")]
Title = Annotated[str | None, typer.Option(help="Its headline, if it has one.")]
Identity = Annotated[str, typer.Argument(help="The mention's id, as `by-hand list` shows it.")]


@hand_app.command("add")
def add_post(
    context: typer.Context,
    text: Text = None,
    link: Link = None,
    author: Author = None,
    followers: Number = None,
    date: Date = None,
    network: Network = None,
    title: Title = None,
    likes: Number = None,
    comments: Number = None,
    shares: Number = None,
    views: Number = None,
    as_json: Json = False,
) -> None:
    """Write a post down; it is matched, scored and recognised like any other."""
    from ui import by_hand

    workspace = open_or_stop(context)
    told = {
        "link": link, "text": _text(text), "author": author, "followers": followers, "date": date, "network": network,
        "title": title, "likes": likes, "comments": comments, "shares": shares, "views": views,
    }  # fmt: skip
    _tell(by_hand.save(workspace, told, now=now()), as_json)


@hand_app.command("change")
def change_post(
    context: typer.Context,
    mention_id: Identity,
    text: Text = None,
    link: Link = None,
    author: Author = None,
    followers: Number = None,
    date: Date = None,
    network: Network = None,
    title: Title = None,
    likes: Number = None,
    comments: Number = None,
    shares: Number = None,
    views: Number = None,
    as_json: Json = False,
) -> None:
    """Correct a post that was written down; what is not given stays."""
    from ui import by_hand

    workspace = open_or_stop(context)
    told = {
        "link": link, "text": _text(text), "author": author, "followers": followers, "date": date, "network": network,
        "title": title, "likes": likes, "comments": comments, "shares": shares, "views": views,
    }  # fmt: skip
    try:
        _tell(by_hand.change(workspace, mention_id, told, now=now()), as_json)
    except by_hand.NotByHandError as problem:
        stop(str(problem), code=1)


def _text(given: str | None) -> str | None:
    return sys.stdin.read() if given == "-" else given


def _tell(saved: object, as_json: bool) -> None:
    from ui.by_hand import Saved

    assert isinstance(saved, Saved)
    if as_json:
        print_json(saved.as_json())
    elif saved.problem:
        stop(saved.problem, code=1)
    else:
        by = f"by {cell(saved.author)}" if saved.author else "author unknown: add --author"
        print(f"{saved.outcome}: {saved.mention_id}, about {cell(', '.join(saved.brands) or 'no brand')}, {by}")
    raise typer.Exit(1 if saved.problem else 0)


@hand_app.command("list")
def list_posts(context: typer.Context, as_json: Json = False) -> None:
    """What was written down by hand, the latest first."""
    from ui import by_hand

    document = by_hand.listed(open_or_stop(context))
    if as_json:
        print_json(document)
        return
    columns = [
        ("mention_id", "Id"), ("published_at", "When"), ("network", "Network"), ("author_name", "Author"),
        ("followers", "Followers"), ("text", "Text"),
    ]  # fmt: skip
    print_table("By hand", columns, [row | {"text": row["text"][:160]} for row in document["rows"]])


@hand_app.command("remove")
def remove_post(context: typer.Context, mention_id: Identity, as_json: Json = False) -> None:
    """Take a post out that was written down by hand."""
    from ui import by_hand

    workspace = open_or_stop(context)
    try:
        by_hand.remove(workspace, mention_id, now=now())
    except by_hand.NotByHandError as problem:
        stop(str(problem), code=1)
    if as_json:
        print_json({"mention_id": mention_id, "done": "removed"})
    else:
        print(f"removed: {mention_id}")
