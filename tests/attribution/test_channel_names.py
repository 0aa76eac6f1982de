from __future__ import annotations

from attribution.channels import RULES
from config.channel_rules import CHANNELS


def test_the_settings_know_every_channel_that_the_rules_give() -> None:
    assert {name for name, _ in RULES} | {"Unassigned"} == set(CHANNELS)
