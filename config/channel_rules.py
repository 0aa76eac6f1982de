"""The business's own rules of which channel a visit came by: `[[channel_rule]]` of earned.toml."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

CHANNELS = (
    *("Influencer", "AI Assistants", "Direct", "Cross-network", "Paid Shopping", "Paid Search", "Paid Social"),
    *("Paid Video", "Display", "Paid Other", "Organic Shopping", "Organic Social", "Organic Video", "Organic Search"),
    *("Referral", "Email", "Affiliates", "Audio", "SMS", "Mobile Push Notifications", "Unassigned"),
)
FIELDS = ("source", "medium", "campaign")
TESTS = ("equals", "contains", "starts_with", "ends_with")
_LONGEST = 200
_EXAMPLE = 'medium.contains = "podcast"'


def channel_name(value: str) -> str:
    """A channel's name. Own channels may have any name, but one that almost is a known one is taken for a slip.
    Raises ValueError."""
    near = [] if value in CHANNELS else difflib.get_close_matches(value, CHANNELS, n=1, cutoff=0.85)
    if near:
        raise ValueError(f"is no channel; did you mean {near[0]!r}?")
    return value


def _own_name(value: str) -> str:
    plain = value.strip()
    if not plain or len(plain) > _LONGEST:
        raise ValueError('names no channel; write a short name, such as "Podcast"')
    if plain.endswith(")") or plain.startswith("("):
        raise ValueError('is a name that reports make themselves; write one without brackets, such as "Podcast"')
    return channel_name(plain)


def _looked_for(value: object) -> object:
    if isinstance(value, str) and not (value.strip() and len(value) <= _LONGEST):
        raise ValueError('is nothing to look for; write what the tag says, such as "podcast"')
    return value.strip() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_looked_for)]


class TagTest(BaseModel):
    """What a tag must say: one of these, without regard to case and outer blanks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    equals: Text | None = None
    contains: Text | None = None
    starts_with: Text | None = None
    ends_with: Text | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> TagTest:
        if sum(getattr(self, name) is not None for name in TESTS) != 1:
            raise ValueError(f"must say exactly one of {', '.join(TESTS)}; write {_EXAMPLE}, or a rule for each")
        return self


def _tag_test(value: object) -> Any:
    """A text alone is what the tag equals."""
    if isinstance(value, str):
        return {"equals": value}
    if not isinstance(value, dict | TagTest):
        raise ValueError(f"is no text to look for; write it such as {_EXAMPLE}")
    return value


Tag = Annotated[TagTest, BeforeValidator(_tag_test)]


class ChannelRule(BaseModel):
    """Visits whose tags are all as said came by `channel`. Of all rules the first that holds wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Annotated[str, AfterValidator(_own_name)]
    source: Tag | None = None
    medium: Tag | None = None
    campaign: Tag | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ChannelRule:
        if all(getattr(self, name) is None for name in FIELDS):
            raise ValueError(f"would take every visit; say of source, medium or campaign what it holds: {_EXAMPLE}")
        return self
