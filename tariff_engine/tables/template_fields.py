"""What a template asks for: its columns in a person's words, from ``templates.toml`` and the column contracts."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tariff_engine.columns import (
    NEED_PREFIX,
    Column,
    place_columns,
    placement_columns,
    provider_columns,
    remittance_columns,
)
from tariff_engine.framework import Framework

Entry = Literal["text", "code", "codes", "suggested", "level", "date", "money", "whole", "decimal"]
Need = Literal["always", "sometimes", "optional"]

BAND, UPLIFT = "band", "uplift"
_OF_A_FRAMEWORK = (BAND, UPLIFT)
_NEEDS_AFTER = "primary_need"


class Layout(StrEnum):
    """The tables that a template can be had for."""

    PLACEMENTS = "placements"
    PLACES = "places"
    PROVIDERS = "providers"
    REMITTANCE = "remittance"

    @property
    def sheet(self) -> str:
        """The name of the sheet that is filled in."""
        return self.value.capitalize()

    @property
    def columns(self) -> Mapping[str, Column]:
        """The contracts of its columns, levels of need apart."""
        return {
            Layout.PLACEMENTS: placement_columns,
            Layout.PLACES: place_columns,
            Layout.PROVIDERS: provider_columns,
            Layout.REMITTANCE: remittance_columns,
        }[self]()


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Field(_Part):
    """A column of a template.

    Attributes
    ----------
    name : as it stands in the header.
    entry : how it is entered. ``code`` is one of a list, ``codes`` several of one; a ``suggested`` list isn't the only
        choice; a ``level`` is a number from a list.
    need : whether it must be filled in; ``when`` says in which case, or what a blank means.
    form : what may be written, and ``example`` a cell of it, blank where it depends on the framework or the day.
    choices : the list it is chosen from, or blank.
    low, high : the bounds of a number or an amount, both allowed; ``above`` leaves out the lower one.
    after : the column of the first day, where this is a last day.
    unique : whether no value may stand on two rows.
    meaning : what the column is; it comes from the column's contract.
    """

    name: str
    entry: Entry
    need: Need
    when: str = ""
    form: str
    example: str
    choices: str = ""
    low: int = 0
    high: int = 0
    above: bool = False
    after: str = ""
    unique: bool = False
    meaning: str = ""

    @property
    def needed(self) -> str:
        """When it must be filled in, as a sentence."""
        if self.need == "optional":
            return f"Optional. {self.when}".strip()
        return f"Needed {self.when or 'in every row'}."

    @property
    def explanation(self) -> str:
        """What it is, when it must be filled in and what may be written."""
        return f"{self.meaning} {self.needed} {self.form}"


class Template(_Part):
    """What a template is for, and the steps from opening it to using it."""

    title: str
    about: tuple[str, ...]
    steps: tuple[str, ...]
    columns: tuple[Field, ...]


@cache
def template(layout: Layout) -> Template:
    """What is said about a template."""
    text = files("tariff_engine.tables").joinpath("templates.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)[layout.value]
    return Template.model_validate_json(json.dumps(tables))


def fields(layout: Layout, framework: Framework | None = None) -> tuple[Field, ...]:
    """The columns of a template in order; with a framework, the placements' have its levels of need and its bands."""
    found: list[Field] = []
    for column in template(layout).columns:
        known: dict[str, str] = {"meaning": layout.columns[column.name].meaning}
        if column.choices in _OF_A_FRAMEWORK and not _has(framework, column.choices):
            known |= {"entry": "text", "choices": ""}
        found.append(column.model_copy(update=known))
        if layout is Layout.PLACEMENTS and column.name == _NEEDS_AFTER and framework is not None:
            found += _needs(framework)
    return tuple(found)


def _has(framework: Framework | None, choices: str) -> bool:
    """Whether there is anything to choose from."""
    return framework is not None and (choices != UPLIFT or bool(framework.uplifts))


def _needs(framework: Framework) -> list[Field]:
    """The level of need in each area; what each level means stands with the lists."""
    decides = framework.header.banding.rule != "assigned"
    need: Need = "sometimes" if decides else "optional"
    when = "where the rate depends on a band" if decides else "The panel gives the band; the level is kept beside it."
    return [
        Field(
            name=NEED_PREFIX + area.code,
            entry="level",
            need=need,
            when=when,
            form=f"0 to {area.highest_level}; the sheet Lists says what each level means. Blank is not 0.",
            example=str(min(1, area.highest_level)),
            choices=NEED_PREFIX + area.code,
            high=area.highest_level,
            meaning=f"The child's level of need: {area.title}.",
        )
        for area in framework.header.need_areas
    ]
