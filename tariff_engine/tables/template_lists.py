"""The lists that cells of a template are chosen from: codes of the vocabulary and of a framework, with their titles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tariff_engine.columns import NEED_PREFIX
from tariff_engine.framework import NO_BAND, Framework, Uplift
from tariff_engine.money import show_factor, show_pounds
from tariff_engine.periods import YearBasis
from tariff_engine.tables.template_fields import BAND, UPLIFT
from tariff_engine.vocabulary import vocabulary

Choices = tuple[tuple[str, str], ...]
"""Values in their order, each with what it means."""

_MONTHS = 36


def lists(framework: Framework | None, made_on: date) -> Mapping[str, Choices]:
    """Every list by its name. Without a framework there is none of bands, uplifts and levels of need.

    Months are those of three financial years, the first of them the one before the day.
    """
    words = vocabulary()
    named = {
        "provision": _provisions(framework),
        "provider_type": tuple(words.provider_types.items()),
        "payer": tuple((code, words.payers[code]) for code in _payers_given()),
        "primary_need": tuple((code, str(row["title"])) for code, row in words.need_codes.items()),
        "la_code": tuple((code, str(row["name"])) for code, row in words.local_authorities.items()),
        "phase": tuple((code, phase.definition) for code, phase in words.phases.items()),
        "place_phase": _place_phases(),
        "occupancy": _OCCUPANCY,
        "gias_type": tuple((str(row["name"]), code) for code, row in words.gias_types.items()),
        "month": _months(made_on),
    }
    return named if framework is None else named | _of_framework(framework)


_OCCUPANCY: Choices = (
    ("commissioned", "Every place, where the framework has one rate"),
    ("occupied", "Places occupied by a pupil on roll, where there are two rates"),
    ("unoccupied", "Places not occupied by a pupil on roll, where there are two rates"),
)


def _of_framework(framework: Framework) -> dict[str, Choices]:
    found: dict[str, Choices] = {
        BAND: (*((band.code, band.title) for band in framework.bands), (NO_BAND, "The panel gave no band")),
        UPLIFT: tuple((code, _uplift(uplift)) for code, uplift in framework.uplifts.items()),
    }
    for area in framework.header.need_areas:
        found[NEED_PREFIX + area.code] = tuple((str(level), meaning) for level, meaning in enumerate(area.levels))
    return found


def _uplift(uplift: Uplift) -> str:
    value = f"{show_pounds(uplift.value)} a year" if uplift.kind == "amount" else f"{show_factor(uplift.value)}%"
    of = f"; for {', '.join(uplift.provisions)}" if uplift.provisions else ""
    return f"{uplift.title} ({value}{of})"


def _provisions(framework: Framework | None) -> Choices:
    """Provisions that the framework has rates for stand first."""
    titles = {code: provision.title for code, provision in vocabulary().provisions.items()}
    if framework is None:
        return tuple(titles.items())
    rated = {tariff.provision for tariff in framework.tariffs}
    first = [(code, title) for code, title in titles.items() if code in rated]
    others = [(code, f"{title} (no rate in {framework.name})") for code, title in titles.items() if code not in rated]
    return (*first, *others)


def _payers_given() -> list[str]:
    """The payers that a placement may name."""
    given = [rule.payer_given for rule in vocabulary().payment_rules]
    return list(dict.fromkeys(payer for payer in given if payer is not None))


def _place_phases() -> Choices:
    phases = vocabulary().phases.values()
    return tuple(
        (part, ", ".join(phase.title for phase in phases if phase.places == part))
        for part in dict.fromkeys(phase.places for phase in phases)
    )


def _months(made_on: date) -> Choices:
    first, _ = YearBasis.FINANCIAL.year_of(date(made_on.year - 1, made_on.month, 1))
    places = (divmod(first.month - 1 + at, 12) for at in range(_MONTHS))
    days = [date(first.year + years, months + 1, 1) for years, months in places]
    return tuple((f"{day:%Y-%m}", f"{day:%B %Y}") for day in days)
