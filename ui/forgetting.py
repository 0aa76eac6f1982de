"""Forgetting a person in every part of a workspace: what they wrote, who they are, what tied their orders."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field, replace

import polars as pl

from attribution.forgetting import forget, people_in_facts, rows_of
from config.database import empty_journal
from config.forgotten import forget_in_quarantine, forget_in_registers, people_named
from config.import_lock import import_lock
from config.reading import ImportBusyError
from config.registers import person_key
from config.workspace import Workspace
from listener.forgetting import authors_named, forget_author, mentions_of_author
from ui.pipeline import facts_of


class SeveralPeopleError(Exception):
    """The name means more than one author; the text lists them."""


class ForgetBusyError(Exception):
    """An import is running; nothing was changed."""


@dataclass(frozen=True)
class Person:
    """What is known of somebody: their author key, mentions, whether a register names them, rows of facts a table.

    `journal_emptied`: once forgotten, whether the database's journal is free of what was removed (null: not yet).
    """

    who: str
    author: str | None
    mentions: int
    registered: bool
    rows: dict[str, int] = field(default_factory=dict)
    forgotten: bool = False
    journal_emptied: bool | None = None

    @property
    def unknown(self) -> bool:
        return not (self.author or self.registered or self.rows)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def known_of(workspace: Workspace, who: str) -> Person:
    """What is stored of `who`: network:handle or a handle, and a customer's e-mail address or number.

    Raises SeveralPeopleError where a bare handle is borne on several networks.
    """
    registered = people_named(workspace.engine)
    name = who.strip().lower()
    others = registered | people_in_facts(facts_of(workspace))
    found = authors_named(workspace.engine, who) or sorted(key for key in others if key.lower() == name)
    if len(found) > 1:
        raise SeveralPeopleError(f"{who!r} may be {', '.join(found)}; name one of them")
    author = found[0] if found else None
    mentions = mentions_of_author(workspace.engine, author) if author else 0
    rows = rows_of(facts_of(workspace), _customer_keys(workspace, who), person=author)
    return Person(who, author, mentions, author in registered, rows)


def forget_person(workspace: Workspace, person: Person, *, now: dt.datetime) -> Person:
    """Forget `person` for good; what was there comes back with `forgotten`. May be repeated after a crash.

    Raises ForgetBusyError while an import runs.
    """
    try:
        with import_lock(workspace.data, file="forget"):
            author = person.author or _author_meant(person.who)
            forget(facts_of(workspace), _customer_keys(workspace, person.who), person=author, now=now)
            if author:
                forget_author(workspace, author, now=now)
                forget_in_registers(workspace.engine, author)
            forget_in_quarantine(workspace.engine, _words(person))
            emptied = empty_journal(workspace.engine)
    except ImportBusyError as busy:
        raise ForgetBusyError("an import is running in this workspace; try again when it has ended") from busy
    return replace(person, forgotten=True, journal_emptied=emptied)


def _customer_keys(workspace: Workspace, who: str) -> list[int]:
    return [key for key in workspace.keyed_hash(pl.Series([who])).to_list() if key is not None]


def _author_meant(who: str) -> str | None:
    """`who` as an author's key where it is written as one, though nothing is stored of them yet."""
    network, colon, handle = who.partition(":")
    return person_key(network, handle) if colon and network.strip() and handle.strip() else None


def _words(person: Person) -> list[str]:
    handle = person.author.rpartition(":")[2] if person.author else None
    return [word for word in (person.who.strip(), handle) if word and len(word) > 2]
