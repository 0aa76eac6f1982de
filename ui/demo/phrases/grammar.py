"""The form every language's sentences are written in, and how a text is drawn from them.

A template holds slots `{b}` (the brand), `{p}` (its shoe) and choices `[one|another]`. Feelings are 1, 0 and -1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_EMOJI = {1: ("🔥", "😍", "🙌", "🛹✨", "💛"), 0: ("🛹", "👀", "🤔"), -1: ("😡", "😞", "👎", "🙄")}


@dataclass(frozen=True)
class Grammar:
    """One language's fragments. `late` holds the complaints of the week in which deliveries were late."""

    openings: tuple[str, ...]
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    late: tuple[str, ...]
    neutral: tuple[str, ...]
    closings: dict[int, tuple[str, ...]]
    titles: tuple[str, ...]
    noise: tuple[str, ...]
    noise_titles: tuple[str, ...]
    code_offer: tuple[str, ...]

    def statements(self, feeling: int) -> tuple[str, ...]:
        return {1: self.positive, 0: self.neutral, -1: self.negative}[feeling]


@dataclass(frozen=True)
class Naming:
    """What the slots stand for: the brand's name, its shoe's, and the hashtags that go with them."""

    brand: str
    shoe: str
    hashtags: tuple[str, ...]


def fill(template: str, rng: Random, naming: Naming) -> str:
    """The template with each choice drawn and each slot filled."""
    text = _CHOICE.sub(lambda match: rng.choice(match.group(1).split("|")), template)
    return text.replace("{b}", naming.brand).replace("{p}", naming.shoe)


def compose(grammar: Grammar, rng: Random, naming: Naming, *, feeling: int, late: bool = False) -> str:
    """A whole text of that feeling: perhaps an opening, one or two statements, perhaps a closing, emoji, hashtags."""
    pool = grammar.late if late else grammar.statements(feeling)
    parts = rng.sample(pool, 2 if rng.random() < 0.4 else 1)
    if not late and rng.random() < 0.5:
        parts.insert(0, rng.choice(grammar.openings))
    if rng.random() < 0.45:
        parts.append(rng.choice(grammar.closings[feeling]))
    text = " ".join(fill(part, rng, naming) for part in parts)
    return text + _ornament(rng, naming, feeling)


def _ornament(rng: Random, naming: Naming, feeling: int) -> str:
    emoji = " " + rng.choice(_EMOJI[feeling]) if rng.random() < 0.35 else ""
    tags = rng.sample(naming.hashtags, rng.randint(1, 2)) if rng.random() < 0.4 else []
    return emoji + "".join(f" {tag}" for tag in tags)
