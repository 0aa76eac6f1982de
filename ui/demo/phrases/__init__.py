"""Our own sentences in six languages, from which the demo's mentions are drawn."""

from ui.demo.phrases.ar import AR
from ui.demo.phrases.en import EN
from ui.demo.phrases.grammar import Grammar, Naming, compose, fill
from ui.demo.phrases.he import HE
from ui.demo.phrases.hu import HU
from ui.demo.phrases.pl import PL
from ui.demo.phrases.vi import VI

GRAMMARS: dict[str, Grammar] = {"en": EN, "ar": AR, "he": HE, "pl": PL, "hu": HU, "vi": VI}

__all__ = ["GRAMMARS", "Grammar", "Naming", "compose", "fill"]
