"""File names from providers' identifiers: safe on every system, and never the same for two providers."""

from __future__ import annotations

import hashlib
import re

from tariff_engine.cells import without_upns

_PLAIN = re.compile(r"[0-9a-z]{1,40}", re.ASCII)
_OTHER = re.compile(r"[^0-9a-z]+", re.ASCII)
_LONGEST, _DIGITS = 40, 16


def statement_name(provider_id: str) -> str:
    """The name of a provider's workbook, such as ``statement-100001.xlsx``.

    An identifier of small letters and digits, as a URN and a UKPRN are, stands as it is. Of any other only such
    characters are kept, with part of its hash: it may hold separators, or differ from another by its capitals alone.
    One that is a unique pupil number isn't shown.
    """
    of_a_child = without_upns(provider_id) != provider_id
    if _PLAIN.fullmatch(provider_id) and not of_a_child:
        return f"statement-{provider_id}.xlsx"
    kept = "" if of_a_child else _OTHER.sub("-", provider_id.lower()).strip("-")
    digest = hashlib.sha256(provider_id.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return "-".join(part for part in ("statement", kept[:_LONGEST], digest) if part) + ".xlsx"
