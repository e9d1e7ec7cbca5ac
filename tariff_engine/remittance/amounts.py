"""The amounts of a remittance: the forms of every other amount, with the marks that ledgers add. [pence]"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from tariff_engine.cells import read_payment

_MARKED = re.compile(r"(?:(cr|dr)\.?\s+)?(.*?)\s*(cr|dr)?\.?", re.IGNORECASE | re.DOTALL)
_NOTHING = frozenset({"", "-", "--", "\u2013", "\u2014", "\u2212", "£-", "£ -", "- £", "nil"})


class Amount(NamedTuple):
    """Pence, None where there is nothing; and the ledger's mark, ``cr`` or ``dr``, or nothing."""

    pence: int | None
    mark: str = ""


@lru_cache(maxsize=4096)
def read_amount(text: str) -> Amount:
    """Read an amount.

    A blank, a dash and ``nil`` are nothing. ``1,052.37 CR`` is 105237 with its mark: what a mark means depends on whose
    ledger it stands in, so the sign is given to it later.

    Raises
    ------
    ValueError : what was wrong, and what was expected.
    """
    body = text.strip()
    if body.casefold() in _NOTHING:
        return Amount(None)
    found = _MARKED.fullmatch(body)
    if found is None or not found[2]:
        raise ValueError("is not an amount in pounds; expected pounds, such as 1234.56 or -50.00")
    if found[1] and found[3]:
        raise ValueError("has two ledger marks; expected one, such as 1234.56 CR")
    pence: int = read_payment(found[2]).value
    return Amount(pence, (found[1] or found[3] or "").casefold())
