"""The demo shop: a simulated world with a known truth, its files, and the feeds to poll it from."""

from ui.demo.feedserver import FeedServer
from ui.demo.simulator import simulate
from ui.demo.world import World
from ui.demo.writers import write_world

__all__ = ["FeedServer", "World", "simulate", "write_world"]
