"""A rule for targeted help: data that an authority and its schools forum agree, with who agreed it."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ValidationError

from tariff_engine.errors import UsageError
from tariff_engine.framework import Part, Text
from tariff_engine.money import MAX_RATE_PENCE, MILLION, parse_factor, parse_pounds, round_half_away
from tariff_engine.tables.wording import shown
from tariff_engine.toml_files import MOST_BYTES, read_toml


def _share(value: Any) -> Fraction:
    if not isinstance(value, str):
        raise ValueError('expected a quoted decimal, such as "0.02"')
    share = Fraction(parse_factor(value), MILLION)
    if not 0 <= share <= 10:
        raise ValueError("expected a decimal from 0 to 10")
    return share


def _pence(value: Any) -> int:
    pence = parse_pounds(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    if not 0 <= pence <= MAX_RATE_PENCE:
        raise ValueError("expected whole or quoted pounds, from 0")
    return pence


class TargetedHelp(Part):
    """Help for schools with very many funded children.

    Attributes
    ----------
    rule : ``beyond_ratio`` pays the amount for each funded child beyond a ratio of the pupils on roll;
        ``beyond_share`` pays what the first part comes to beyond a share of the notional budget.
    level : the ratio, or the share.
    amount : pounds a child a year in place of the national first part. [pence]
    """

    title: Text
    source: Text
    rule: Literal["beyond_ratio", "beyond_share"]
    level: Annotated[Fraction, BeforeValidator(_share)]
    amount: Annotated[int, BeforeValidator(_pence)] | None = None

    def help(
        self, first_part: Fraction, amount: int, child_years: Fraction, pupils: int | None, budget: int
    ) -> int | None:
        """What a school gets, rounded once; None where the rule needs the pupils on roll and they are blank. [pence]

        ``first_part`` is what the first part of the funded children comes to, unrounded.
        """
        if self.rule == "beyond_share":
            due = first_part - self.level * budget
        elif pupils is None:
            return None
        else:
            due = (child_years - self.level * pupils) * (amount if self.amount is None else self.amount)
        return max(0, round_half_away(due.numerator, due.denominator))


def read_rule(path: str | Path) -> TargetedHelp:
    """Read a rule from a TOML file; UsageError says what is wrong with it."""
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{shown(path.name)} is too large to be a rule.")
        return TargetedHelp.model_validate(read_toml(path.read_bytes()))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(at) for at in e['loc'])}: {e['msg']}" for e in error.errors())
        raise UsageError(f"{shown(path.name)}: {wrong}.") from None
    except (OSError, ValueError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{shown(path.name)} can't be read as a rule: {error}.") from None
