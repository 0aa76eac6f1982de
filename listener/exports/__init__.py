"""Mention exports of other tools and networks: a layout each, as data, through the door all files take.

Every layout fills one table, "mentions", which `MentionSink` stores beside what feeds brought.
"""

from __future__ import annotations

from listener.exports.layouts import LAYOUTS, layouts_for
from listener.exports.sink import MentionSink

__all__ = ["LAYOUTS", "MentionSink", "layouts_for"]
