"""Settings of a workspace, read once from `earned.toml` and frozen.

SettingsError            the file cannot be used; carries file, line, key and what to do
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import list_currencies
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from config.channel_rules import FIELDS, ChannelRule, TagTest, channel_name
from config.shop_rules import AccountRules, Rules, rules_of

MODELS = (
    "last_non_direct",
    "last",
    "first",
    "linear",
    "position_based",
    "time_decay",
    "markov",
    "markov_per_journey",
    "shapley",
)
CONFLICT_POLICIES = ("code_last", "code_wins", "utm_wins", "split")
SOCIAL_SCOPE = ("Organic Social", "Paid Social", "Organic Video", "Paid Video", "Influencer")
_DURATION = re.compile(r"^(\d+)\s*(m|h|d)$")
_LONGEST_SECONDS = 3650 * 86400
_SECONDS = {"m": 60, "h": 3600, "d": 86400}


class SettingsError(Exception):
    """`earned.toml` cannot be used. `line` is 1-based, or None where the whole file is meant."""

    def __init__(self, *, file: Path, line: int | None, key: str, problem: str, cure: str) -> None:
        self.file, self.line, self.key, self.problem, self.cure = file, line, key, problem, cure
        place = f"{file}, line {line}" if line else str(file)
        super().__init__(f"{place}: {key}: {problem}. {cure}" if key else f"{place}: {problem}. {cure}")


def parse_duration(value: object) -> dt.timedelta:
    """`"30d"`, `"12h"`, `"15m"` -> timedelta. Raises ValueError for anything else, zero included."""
    if isinstance(value, dt.timedelta):
        return value
    match = _DURATION.match(value.strip()) if isinstance(value, str) else None
    if not match or int(match[1]) == 0:
        raise ValueError('is no duration; write a number and m, h or d, such as "30d"')
    if int(match[1]) * _SECONDS[match[2]] > _LONGEST_SECONDS:
        raise ValueError('is longer than ten years; write a shorter duration, such as "30d"')
    return dt.timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def _currency(value: str) -> str:
    if value not in list_currencies():
        raise ValueError('is no ISO 4217 currency code; write three capital letters, such as "EUR"')
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ValueError('is no IANA time zone; write one such as "Europe/Berlin"') from exc
    return value


def _domain(value: str) -> str:
    bare = value.strip().lower().removeprefix("https://").removeprefix("http://").strip("/")
    if "." not in bare or "/" in bare:
        raise ValueError('is no domain; write the host alone, such as "shop.example"')
    return bare.removeprefix("www.")


def _model(value: str) -> str:
    if value not in MODELS:
        raise ValueError(f"is no attribution model; known: {', '.join(MODELS)}")
    return value


def _policy(value: str) -> str:
    if value not in CONFLICT_POLICIES:
        raise ValueError(f"is no policy; known: {', '.join(CONFLICT_POLICIES)}")
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", value):
        raise ValueError('is no language code; write two small letters, such as "en"')
    return value


def _address(value: str) -> str:
    """An address that can be asked at all. What it holds beyond host and port is for the server to judge."""
    try:
        parts = urlsplit(value)
        host, user, _ = parts.hostname, parts.username, parts.port
    except ValueError:
        host, user = None, None
    if user is not None:
        raise ValueError(
            "holds a user name or password, which is never sent; write the address without, such as "
            '"https://example.org/feed.xml"'
        )
    if not host or not host.isprintable() or any(letter.isspace() for letter in host):
        raise ValueError('is no web address; write it whole, such as "https://example.org/feed.xml"')
    return value


def _folder(value: str) -> str:
    plain = value.strip().replace("\\", "/").rstrip("/")
    if plain.removeprefix("./") in ("", ".", "..", "data") or plain.removeprefix("./").startswith("data/"):
        raise ValueError('cannot be watched; name a folder of its own, such as "inbox"')
    return value.strip()


Duration = Annotated[dt.timedelta, BeforeValidator(parse_duration)]
Currency = Annotated[str, AfterValidator(_currency)]
Zone = Annotated[str, AfterValidator(_zone)]
Domain = Annotated[str, AfterValidator(_domain)]
Language = Annotated[str, AfterValidator(_language)]
Channel = Annotated[str, AfterValidator(channel_name)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class WorkspaceSettings(_Frozen):
    name: str = "My brand"
    currency: Currency
    timezone: Zone = "UTC"
    as_of: dt.date | None = None
    simulated: bool = False
    languages: tuple[Language, ...] = ("en", "ar", "he", "pl", "hu", "vi")
    database_url: str | None = None


class BrandSettings(_Frozen):
    name: str = Field(min_length=1)
    role: Literal["own", "competitor"] = "own"
    match: str = Field(min_length=1)


class SourceSettings(_Frozen):
    name: str = Field(min_length=1)
    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+"), AfterValidator(_address)]
    network: str | None = None
    interval: Duration = dt.timedelta(minutes=60)
    allow_private: bool = False
    paused: bool = False


class ShopSettings(Rules):
    domains: tuple[Domain, ...] = ()
    url_parameters: tuple[str, ...] = ()  # kept in the URLs of visits, beyond tags, click ids and promotions
    account: tuple[AccountRules, ...] = ()  # what differs for one account; see `rules_of`

    def rules_of(self, account: str) -> Rules:
        """The rules by which the orders of an account are judged."""
        return rules_of(account, general=self, own=self.account)


class AttributionSettings(_Frozen):
    model: Annotated[str, AfterValidator(_model)] = "last_non_direct"
    lookback: Duration = dt.timedelta(days=30)
    social_scope: tuple[Channel, ...] = SOCIAL_SCOPE
    half_life: Duration = dt.timedelta(days=7)
    markov_order: int = Field(default=1, ge=1, le=5)
    on_conflict: Annotated[str, AfterValidator(_policy)] = "code_last"
    view_through: Duration | None = None  # how long what was seen and not clicked counts; null: not at all
    max_touches: int = Field(default=200, ge=1, le=10_000)  # of a journey; earlier ones are left out
    shared_visitor: int = Field(default=3, ge=1)  # a visitor of more customers is a shared device: it joins nothing
    return_is: Literal["net_revenue", "gross_margin"] = "net_revenue"
    gross_margin: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _margin_is_told(self) -> AttributionSettings:
        if self.return_is == "gross_margin" and self.gross_margin is None:
            raise ValueError("return_is is gross_margin, but gross_margin is not set; write the share, such as 0.45")
        return self

    @property
    def margin(self) -> float:
        """What counts as return of one unit of net revenue."""
        return self.gross_margin or 1.0 if self.return_is == "gross_margin" else 1.0


class PeopleSettings(_Frozen):
    min_followers: int = Field(default=10_000, ge=0)


class ImportSettings(_Frozen):
    watch: Annotated[str, AfterValidator(_folder)] | None = None


class Settings(_Frozen):
    """Everything `earned.toml` says. One `[workspace]`; lists of `[[brand]]`, `[[source]]`, `[[channel_rule]]`."""

    workspace: WorkspaceSettings
    brand: tuple[BrandSettings, ...] = ()
    source: tuple[SourceSettings, ...] = ()
    shop: ShopSettings = ShopSettings()
    channel_rule: tuple[ChannelRule, ...] = ()
    attribution: AttributionSettings = AttributionSettings()
    people: PeopleSettings = PeopleSettings()
    imports: ImportSettings = Field(default=ImportSettings(), alias="import")

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        listed = {
            "brand": [brand.name for brand in self.brand],
            "source": [source.name for source in self.source],
            "shop.account": [rules.name for rules in self.shop.account],
        }
        for kind, names in listed.items():
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"two [[{kind}]] entries are called {twice[0]!r}; give each its own name")
        return self

    @property
    def listened(self) -> tuple[SourceSettings, ...]:
        """The sources that are polled: those not paused."""
        return tuple(source for source in self.source if not source.paused)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.workspace.timezone)


def read_settings(file: Path) -> Settings:
    """Read and check `earned.toml`. Raises SettingsError naming line, key and cure."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as exc:
        raise SettingsError(
            file=file,
            line=None,
            key="",
            problem="there is no such file",
            cure="Run `earned init` to write one",
        ) from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(
            file=file, line=None, key="", problem="the file is not UTF-8 text", cure="Save it as UTF-8 in your editor"
        ) from exc
    return parse_settings(text, file=file)


def parse_settings(text: str, *, file: Path) -> Settings:
    """The same from the text; `file` is only named in errors."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        found = re.search(r"line (\d+)", str(exc))
        raise SettingsError(
            file=file,
            line=int(found[1]) if found else None,
            key="",
            problem=f"this is not TOML ({exc})",
            cure='Write lines as key = "value"; texts need quotes',
        ) from exc
    try:
        return Settings.model_validate(data)
    except ValidationError as exc:
        # A misspelt key is told before the missing one it was meant to be.
        first = min(exc.errors(), key=lambda error: error["type"] != "extra_forbidden")
        raise _explain(first, text=text, file=file) from exc


def _explain(error: Any, *, text: str, file: Path) -> SettingsError:
    path: list[str | int] = [part for part in error["loc"] if isinstance(part, (str, int))]
    key = ".".join(f"[{part + 1}]" if isinstance(part, int) else part for part in path).replace(".[", "[")
    line = find_line(text, path)
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), _known_keys(path[:-1]), n=1)
        cure = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(_known_keys(path[:-1]))}"
        return SettingsError(file=file, line=line, key=key, problem="this key is not known", cure=cure)
    if error["type"] == "missing":
        cure = f"Add a line such as: {_example(path)}"
        return SettingsError(file=file, line=line, key=key, problem="this key is missing", cure=cure)
    message = _PLAIN.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    problem, _, cure = message.partition("; ")
    shown = "" if not path else f"{_SECRET.sub('//…@', repr(error.get('input')))} "
    return SettingsError(
        file=file,
        line=line,
        key=key,
        problem=f"{shown}{problem}" if path else problem,
        cure=(cure[:1].upper() + cure[1:]) if cure else f"See the commented example: {_example(path)}",
    )


# A user and password in an address: they are not repeated on screens and in logs.
_SECRET = re.compile(r"//(?:[^/@\s]+|[^/@\s:]*:(?!\d+/)[^@\s]*)@")
# What the checking library says, in the words of somebody who edits a file.
_PLAIN = {
    "tuple_type": 'is no list; write it in brackets, such as ["shop.example"]',
    "string_type": "is no text; put it in quotes",
    "string_too_short": "is empty; write something between the quotes",
    "string_pattern_mismatch": 'is no web address; write it whole, such as "https://example.org/feed.xml"',
    "bool_type": "is neither true nor false; write one of them without quotes",
    "bool_parsing": "is neither true nor false; write one of them without quotes",
    "int_type": "is no whole number; write digits without quotes",
    "int_parsing": "is no whole number; write digits without quotes",
    "date_type": "is no day; write it without quotes, such as 2026-11-20",
    "date_parsing": "is no day; write it without quotes, such as 2026-11-20",
    "date_from_datetime_parsing": "is no day; write it without quotes, such as 2026-11-20",
}


def _known_keys(path: list[str | int]) -> list[str]:
    table = ".".join(part for part in path if isinstance(part, str))
    model = _SECTIONS.get(table, Settings)
    return [field.alias or name for name, field in model.model_fields.items()]


_SECTIONS: dict[str, type[BaseModel]] = {
    "workspace": WorkspaceSettings,
    "brand": BrandSettings,
    "source": SourceSettings,
    "shop": ShopSettings,
    "shop.account": AccountRules,
    "channel_rule": ChannelRule,
    **{f"channel_rule.{name}": TagTest for name in FIELDS},
    "attribution": AttributionSettings,
    "people": PeopleSettings,
    "import": ImportSettings,
}
_EXAMPLES = {
    "workspace": '[workspace] with currency = "EUR"',
    "currency": 'currency = "EUR"',
    "match": "match = '\"acme kettle\" OR #acme'",
    "url": 'url = "https://example.org/feed.xml"',
    "name": 'name = "Acme"',
    "channel": 'channel = "Podcast"',
    "shop.account.name": 'name = "cod"',
    "timezone": 'timezone = "Europe/Berlin"',
    "lookback": 'lookback = "30d"',
    "interval": 'interval = "60m"',
    "as_of": "as_of = 2026-11-20",
    "role": 'role = "own" or role = "competitor"',
    "model": f"model = one of {', '.join(MODELS)}",
    "domains": 'domains = ["shop.example"]',
}


def _example(path: list[str | int]) -> str:
    names = [part for part in path if isinstance(part, str)]
    return next(
        (_EXAMPLES[name] for name in (".".join(names), *reversed(names)) if name in _EXAMPLES),
        "run `earned init` in an empty folder",
    )


def find_line(text: str, path: list[str | int]) -> int | None:
    """The 1-based line of a key in TOML text, or of its nearest enclosing table; None where even that is absent.

    tomllib keeps no positions, so the table headers are walked again here.
    """
    table, rest = str(path[0]) if path else "", path[1:]
    inner = f"{table}.{rest[0]}" if rest else ""
    if len(rest) > 1 and re.search(rf"(?m)^\s*\[\[\s*{re.escape(inner)}\s*\]\]", text):
        table, rest = inner, rest[1:]
    index = rest[0] if rest and isinstance(rest[0], int) else 0
    key = next((part for part in rest if isinstance(part, str)), None)
    seen, inside, header_line = -1, False, None
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"^\s*\[\[?\s*([\w.-]+)\s*\]\]?", line)
        if header:
            seen += header[1] == table
            inside = header[1] == table and seen == index
            header_line = number if inside else header_line
        elif key and inside and re.match(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*[.=]", line):
            return number
        elif table and not key and re.match(rf"^\s*{re.escape(table)}\s*=", line):
            return number
    return header_line
