"""A caseload as small whole numbers: encoded once, priced under any framework without looking at a text again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.columns import NEED_PREFIX
from tariff_engine.instalments import day_number
from tariff_engine.lookups import CodedText, codes_among
from tariff_engine.money import MILLION, Ints
from tariff_engine.stints import LAST_DAY
from tariff_engine.vocabulary import vocabulary

Mask = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
OVERRIDE_BY, OVERRIDE_REASON = 1, 2
_HIGHEST_LEVEL = 253
_NO_TABLE = pl.DataFrame()


@dataclass(frozen=True)
class EncodedCaseload:
    """Placements as columns of whole numbers; -1 is blank, and so is a code beyond the last value.

    Attributes
    ----------
    table : the placements as they were read, one row each; empty where one was encoded by itself.
    provision, primary_need : indexes into the vocabulary's.
    levels : for each area of need, 0 where the level is blank, else the level and one.
    provider, area, band, uplifts : texts, numbered. ``area`` is whose area cost applies.
    nc_year, nc_year_known : the year group, 0 where it isn't known.
    start, end : first and last day; LAST_DAY where the placement goes on. [day numbers]
    fte, support_hours, units : [millionths]. agreed_price : [pence a year].
    has_band_reason : whether the panel says why its band differs.
    override : OVERRIDE_BY and OVERRIDE_REASON, added, as far as they are given.
    """

    table: pl.DataFrame
    provision: Bytes
    primary_need: Bytes
    levels: Mapping[str, Bytes]
    provider: CodedText
    area: CodedText
    band: CodedText
    uplifts: CodedText
    nc_year: Ints
    nc_year_known: Mask
    start: Ints
    end: Ints
    fte: Ints
    support_hours: Ints
    units: Ints
    agreed_price: Ints
    has_band_reason: Mask
    override: Bytes

    def __len__(self) -> int:
        return len(self.provision)

    def level(self, area: str) -> Bytes:
        """The level codes of an area of need; all blank where the caseload has none."""
        codes = self.levels.get(area)
        return np.zeros(len(self), np.uint8) if codes is None else codes

    @cached_property
    def highest_level_code(self) -> Mapping[str, int]:
        """The highest level code that each area has in the caseload."""
        return {area: int(codes.max(initial=0)) for area, codes in self.levels.items()}

    @classmethod
    def of(cls, table: pl.DataFrame) -> EncodedCaseload:
        """Encode a table of placements that ``columns.read_columns`` has read, with ``area``."""
        words = vocabulary()
        names = [name for name in table.columns if name.startswith(NEED_PREFIX)]
        by, reason = (_filled(table, name).astype(np.uint8) for name in ("override_by", "override_reason"))
        return cls(
            table=table,
            provision=codes_among(table["provision"], list(words.provisions)),
            primary_need=codes_among(table["primary_need"], list(words.need_codes)),
            levels={name.removeprefix(NEED_PREFIX): _level_codes(table[name]) for name in names},
            provider=CodedText.of(table["provider_id"]),
            area=CodedText.of(table["area"]),
            band=CodedText.of(table["band"]),
            uplifts=CodedText.of(table["uplifts"]),
            nc_year=_ints(table, "nc_year", 0),
            nc_year_known=_filled(table, "nc_year"),
            start=_ints(table, "start_date", -1),
            end=_ints(table, "end_date", LAST_DAY),
            fte=_ints(table, "fte", MILLION),
            support_hours=_ints(table, "support_hours", -1),
            units=_ints(table, "units", -1),
            agreed_price=_ints(table, "agreed_price", -1),
            has_band_reason=_filled(table, "band_reason"),
            override=by * np.uint8(OVERRIDE_BY) + reason * np.uint8(OVERRIDE_REASON),
        )

    @classmethod
    def of_one(cls, values: Mapping[str, Any]) -> EncodedCaseload:
        """Encode one placement from its values by column, as the columns' readers give them; without a frame."""

        def text(name: str) -> CodedText:
            value = values.get(name)
            return CodedText(np.zeros(1, np.uint32), () if value is None else (value,))

        def number(name: str, blank: int) -> Ints:
            value = values.get(name)
            return np.array([blank if value is None else value], np.int64)

        def code(name: str, known: Mapping[str, Any]) -> Bytes:
            value = values.get(name)
            return np.array([len(known) if value is None else list(known).index(value)], np.uint8)

        def given(name: str) -> Mask:
            return np.array([values.get(name) is not None], bool)

        words, until = vocabulary(), values.get("end_date")
        levels = {name: value for name, value in values.items() if name.startswith(NEED_PREFIX) and value is not None}
        return cls(
            table=_NO_TABLE,
            provision=code("provision", words.provisions),
            primary_need=code("primary_need", words.need_codes),
            levels={name.removeprefix(NEED_PREFIX): np.array([value + 1], np.uint8) for name, value in levels.items()},
            provider=text("provider_id"),
            area=text("area"),
            band=text("band"),
            uplifts=text("uplifts"),
            nc_year=number("nc_year", 0),
            nc_year_known=given("nc_year"),
            start=np.array([day_number(values["start_date"])], np.int64),
            end=np.array([LAST_DAY if until is None else day_number(until)], np.int64),
            fte=number("fte", MILLION),
            support_hours=number("support_hours", -1),
            units=number("units", -1),
            agreed_price=number("agreed_price", -1),
            has_band_reason=given("band_reason"),
            override=given("override_by") * np.uint8(OVERRIDE_BY)
            + given("override_reason") * np.uint8(OVERRIDE_REASON),
        )


def _level_codes(levels: pl.Series) -> Bytes:
    highest: Any = levels.max()
    if highest is not None and highest > _HIGHEST_LEVEL:
        raise ValueError(f"{levels.name} holds a level above {_HIGHEST_LEVEL}")
    return (levels.fill_null(-1).to_numpy() + 1).astype(np.uint8)


def _ints(table: pl.DataFrame, name: str, blank: int) -> Ints:
    return table[name].cast(pl.Int64).fill_null(blank).to_numpy()


def _filled(table: pl.DataFrame, name: str) -> Mask:
    return table[name].is_not_null().to_numpy()
