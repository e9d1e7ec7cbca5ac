"""Levers: what a scenario changes in a framework's rates. Each is a value that is checked when it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from tariff_engine import money
from tariff_engine.errors import UsageError
from tariff_engine.framework import Framework, Tariff
from tariff_engine.vocabulary import one_of, vocabulary

_WHOLE_PERCENT = 100 * money.MILLION
_MOST_PERCENT = 1000

Change = Callable[[int], int]


def _provision(code: str) -> str:
    if code not in vocabulary().provisions:
        raise ValueError(f"{code!r}: {one_of(code, list(vocabulary().provisions))}")
    return code


def _phase(code: str) -> str:
    if code and code not in vocabulary().phases:
        raise ValueError(f"{code!r}: {one_of(code, list(vocabulary().phases))}")
    return code


def _percent(text: str) -> str:
    try:
        millionths = money.parse_factor(text)
    except ValueError as error:
        raise ValueError(f"{text!r} {error}") from None
    if not -100 * money.MILLION <= millionths <= _MOST_PERCENT * money.MILLION:
        raise ValueError(f"{text!r}: expected -100 to {_MOST_PERCENT:,} per cent")
    return money.show_factor(millionths)


def _pounds(text: str) -> str:
    try:
        pence = money.parse_pounds(text)
    except ValueError as error:
        raise ValueError(f"{text!r} {error}") from None
    if abs(pence) > money.MAX_RATE_PENCE:
        raise ValueError(f"{text!r}: expected at most {money.show_pounds(money.MAX_RATE_PENCE)}")
    return money.format_pounds(pence)


def _text_only(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError('expected a quoted decimal, such as "3.5", which is exact')
    return value


ProvisionCode = Annotated[str, BeforeValidator(lambda v: _provision(v) if isinstance(v, str) else v)]
PhaseCode = Annotated[str, BeforeValidator(lambda v: _phase(v) if isinstance(v, str) else v)]
Percent = Annotated[str, BeforeValidator(lambda v: _percent(v) if isinstance(v, str) else _text_only(v))]
Pounds = Annotated[str, BeforeValidator(lambda v: _pounds(v) if isinstance(v, str) else _text_only(v))]
Word = Annotated[str, Field(min_length=1, max_length=200)]


class _Lever(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ChangeRates(_Lever):
    """Raise or lower rates by a part or by an amount.

    Attributes
    ----------
    percent, pounds : one of the two, as exact decimal text: ``"3.5"`` per cent, or pounds added to each rate in its
        own unit. Below 0 it lowers. Rounded once, half away from zero, to the penny.
    provisions, bands, phases : which tariff rows; none given is all. A band or phase here means rows that name it.
    limits : whether minimums and maximums move by the same.
    """

    lever: Literal["change_rates"] = "change_rates"
    percent: Percent | None = None
    pounds: Pounds | None = None
    provisions: tuple[ProvisionCode, ...] = ()
    bands: tuple[Word, ...] = ()
    phases: tuple[PhaseCode, ...] = ()
    limits: bool = False

    @model_validator(mode="after")
    def _one_change(self) -> ChangeRates:
        if (self.percent is None) == (self.pounds is None):
            raise ValueError("expected percent or pounds, one of the two")
        return self

    @property
    def text(self) -> str:
        """What it does, in a sentence."""
        by = f"{self.percent} per cent" if self.percent is not None else f"{self.pounds} pounds"
        what = "Rates, minimums and maximums" if self.limits else "Rates"
        only = [", ".join(codes) for codes in (self.provisions, self.bands, self.phases) if codes]
        return f"{what} changed by {by}" + (f", for {' / '.join(only)} only" if only else "")

    def changes(self, tariff: Tariff) -> bool:
        """Whether it is for a tariff row."""
        wanted = ((self.provisions, tariff.provision), (self.bands, tariff.band), (self.phases, tariff.phase))
        return all(not codes or code in codes for codes, code in wanted) and self.applied(tariff) is not None

    def applied(self, tariff: Tariff) -> Tariff | None:
        """The row with its new values, or None where it has no value to change."""
        change = self._change()
        names = ("rate_pence", "minimum_pence", "maximum_pence") if self.limits else ("rate_pence",)
        old = {name: getattr(tariff, name) for name in names}
        new: dict[str, Any] = {name: change(value) for name, value in old.items() if value is not None}
        return replace(tariff, **new) if new else None

    def check(self, frameworks: tuple[Framework, ...]) -> None:
        """Refuse a band that no version has."""
        for band in self.bands:
            _check_band(band, frameworks)

    def _change(self) -> Change:
        if self.percent is not None:
            factor = _WHOLE_PERCENT + money.parse_factor(self.percent)
            return lambda pence: money.round_half_away(pence * factor, _WHOLE_PERCENT)
        added = money.parse_pounds(self.pounds or "")
        return lambda pence: pence + added


class SetRate(_Lever):
    """Set the values of one tariff row that is there, named by what it fits; a blank means the row's own blank.

    Attributes
    ----------
    rate, minimum, maximum : pounds as exact decimal text, in the row's unit; at least one of them.
    """

    lever: Literal["set_rate"] = "set_rate"
    provision: ProvisionCode
    band: str = ""
    phase: PhaseCode = ""
    provider_id: str = ""
    rate: Pounds | None = None
    minimum: Pounds | None = None
    maximum: Pounds | None = None

    @model_validator(mode="after")
    def _some_value(self) -> SetRate:
        if self.rate is None and self.minimum is None and self.maximum is None:
            raise ValueError("expected rate, minimum or maximum, at least one of them")
        return self

    @property
    def text(self) -> str:
        """What it does, in a sentence."""
        row = " / ".join(part or "any" for part in self._key)
        values = [f"{name} {value}" for name, value in self._values if value is not None]
        return f"Row {row} set: {', '.join(values)} pounds"

    def changes(self, tariff: Tariff) -> bool:
        """Whether it is for a tariff row."""
        return tariff.key == self._key

    def applied(self, tariff: Tariff) -> Tariff | None:
        """The row with its new values."""
        new: dict[str, Any] = {
            f"{name}_pence": money.parse_pounds(value) for name, value in self._values if value is not None
        }
        return replace(tariff, **new)

    def check(self, frameworks: tuple[Framework, ...]) -> None:
        """Refuse a band that no version has."""
        if self.band:
            _check_band(self.band, frameworks)

    @property
    def _key(self) -> tuple[str, str, str, str]:
        return self.provision, self.provider_id, self.band, self.phase

    @property
    def _values(self) -> tuple[tuple[str, str | None], ...]:
        return ("rate", self.rate), ("minimum", self.minimum), ("maximum", self.maximum)


class UseFramework(_Lever):
    """Take another framework in place of the baseline: ``devon@2023-24``, or a folder. It has to come first."""

    lever: Literal["use_framework"] = "use_framework"
    reference: Word

    @property
    def text(self) -> str:
        """What it does, in a sentence."""
        return f"Framework {self.reference} used"


Lever = Annotated[ChangeRates | SetRate | UseFramework, Field(discriminator="lever")]


def _check_band(band: str, frameworks: tuple[Framework, ...]) -> None:
    known = list(dict.fromkeys(b.code for framework in frameworks for b in framework.bands))
    if band not in known:
        names = ", ".join(framework.name for framework in frameworks)
        raise UsageError(f"{band!r} is no band of {names}; {one_of(band, known)}.")
