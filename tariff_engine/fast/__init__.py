"""The innermost loops compiled by numba: the same figures as without, to the bit.

numba is the optional extra ``fast``. Where it is installed it is used for caseloads that are large enough to pay for
loading it; ``TARIFF_ENGINE_FAST=off`` in the environment switches it off. What is compiled is kept on disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

FAST_FROM = 200_000
"""The fewest rows for which compiled loops are loaded, which takes about as long as pricing so many without."""


def compiled(loop: Callable[..., Any], rows: int) -> Any | None:
    """The compiled form of a loop, for so many rows; None where it isn't to be used."""
    if rows < FAST_FROM or os.environ.get("TARIFF_ENGINE_FAST", "") == "off":
        return None
    try:
        return _compile(loop)
    except ImportError:
        return None


@cache
def _compile(loop: Callable[..., Any]) -> Any:
    from numba import njit

    return njit(cache=True, nogil=True)(loop)
