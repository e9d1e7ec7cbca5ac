"""Which child each payment is for. Only identifiers that are the same are joined; those nearly so are proposed."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

_LEFT_OUT = re.compile(r"[\s\-_./\\\u2010-\u2015]+")
_NOUGHTS = re.compile(r"(?<!\d)0+(?=\d)")
_SHORTEST = 3


def loose(text: str) -> str:
    """An identifier without what people type in different ways: spaces, capitals, hyphens, leading noughts, ``.0``."""
    return _NOUGHTS.sub("", _joined(text))


def _joined(text: str) -> str:
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKC", text).casefold().strip().removesuffix(".0"))


@dataclass(frozen=True)
class Children:
    """The children of a placements file, numbered in its order, with their placements.

    Attributes
    ----------
    names : each child's identifier.
    placements : each child's placements.
    by_placement, by_child : the child of each identifier of a placement, and of a child.
    like : the child of identifiers in their loose form, of those that only one child has.
    """

    names: tuple[str, ...]
    placements: tuple[tuple[str, ...], ...]
    by_placement: Mapping[str, int]
    by_child: Mapping[str, int]
    like: Mapping[str, int]

    @classmethod
    def among(cls, ids: pl.DataFrame) -> Children:
        """Number the children of a frame of placement_id and child_id; one without an identifier is its placement."""
        numbers: dict[str, int] = {}
        placements: list[dict[str, None]] = []
        by_placement: dict[str, int] = {}
        forms: dict[str, set[int]] = defaultdict(set)
        for placement, child in ids.iter_rows():
            name = child or placement
            if name is None:
                continue
            at = numbers.setdefault(name, len(numbers))
            if at == len(placements):
                placements.append({})
            forms[loose(name)].add(at)
            if placement is not None:
                forms[loose(placement)].add(at)
                if by_placement.setdefault(placement, at) == at:
                    placements[at][placement] = None
        like = {form: next(iter(found)) for form, found in forms.items() if len(found) == 1 and form}
        return cls(tuple(numbers), tuple(map(tuple, placements)), by_placement, numbers, like)

    def count(self, cells: Iterable[str | None]) -> int:
        """How many of some cells are identifiers."""
        return sum(cell is not None and self.find(cell, cell) is not None for cell in cells)

    def find(self, placement: str | None, child: str | None) -> tuple[int, bool] | None:
        """The child that identifiers of a placement and a child name, and whether one is spelt exactly so."""
        for text, maps in (
            (placement, (self.by_placement, self.by_child)),
            (child, (self.by_child, self.by_placement)),
        ):
            for known in maps:
                if text and text in known:
                    return known[text], True
        for text in (placement, child):
            if text and (form := loose(text)) in self.like:
                return self.like[form], False
        return None

    def near(self, text: str) -> set[int]:
        """The children one slip away: a character more, less or another, or two that changed places."""
        form = _joined(text)
        if len(form) < _SHORTEST:
            return set()
        return {at for cut in _shortened(form) for known, at in self._slips.get(cut, ()) if _one_slip(form, known)}

    @cached_property
    def _slips(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Identifiers, spaces and hyphens apart, by what is left of them without any one character."""
        index: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for name, at in {**self.by_placement, **self.by_child}.items():
            form = _joined(name)
            if len(form) >= _SHORTEST:
                for cut in _shortened(form):
                    index[cut].append((form, at))
        return index


def _shortened(text: str) -> Iterator[str]:
    """A text, and the text without each of its characters."""
    yield text
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]


def _one_slip(one: str, other: str) -> bool:
    """Whether two different texts are one slip apart."""
    if one == other:
        return False
    start = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return abs(len(one) - len(other)) == 1
    rest, remains = one[start:], other[start:]
    if len(one) == len(other):
        return rest[1:] == remains[1:] or (rest[:2] == remains[1::-1] and rest[2:] == remains[2:])
    return rest[1:] == remains or rest == remains[1:]
