"""The one place that knows a cluster: partials of many parts at once, on Ray (`pip install 'earned[ray]'`).

The parts are customers' parts of the touches (`attribution.partials.part_of`), as frames or as places of stored files;
what comes back is small and merged where the caller is. A task whose machine is lost is run again on another.

ClusterError    ray is not installed; the message says what to install
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attribution.partials import Partial


class ClusterError(RuntimeError):
    """No cluster can be used."""


def partials_on_ray(partial_of: Callable[[Any], Partial], parts: Iterable[Any], *, retries: int = 3) -> list[Partial]:
    """`partial_of` each part, in the order of the parts, on the cluster that `ray.init` has joined (else this machine).

    `merge` of them is the answer of one core.
    """
    try:
        import ray
    except ImportError as exc:
        raise ClusterError("ray is not installed; pip install 'earned[ray]'") from exc
    task = ray.remote(max_retries=retries)(partial_of)
    found: list[Partial] = ray.get([task.remote(part) for part in parts])
    return found
