"""The sheets of a framework's workbook: their columns, the file each stands for, and what a person enters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tariff_engine.framework_rows import HEADER_FILE

Kind = Literal["text", "codes", "money", "decimal", "whole", "date", "shown"]
"""How a cell is entered.

``codes`` are several with ``;`` between them; ``shown`` is there to be read, and passed over when the workbook comes
back.
"""

FRAMEWORK, SOURCES, AREAS, PROVISIONS, CALENDAR = "Framework", "Sources", "Need areas", "Provisions", "Calendar"
ORIGINALS = "Original files"
TEMPLATE = "framework"
"""What the Cover of a framework's workbook says that it is."""
WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".ods")
NO_BANDS = "none"
"""What stands for an empty list of permitted bands, where a blank cell says that any band is permitted."""


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Attributes
    ----------
    choices : the list that a cell is chosen from: one on the sheet Lists, or a column of another sheet.
    width : in characters.
    default : what a blank cell means, where it means something; it is shown when a workbook is made.
    """

    name: str
    kind: Kind
    meaning: str
    choices: str = ""
    width: int = 14
    default: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet that is edited: one table under a header in row 1."""

    name: str
    file: str
    about: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column of a name."""
        return next(column for column in self.columns if column.name == name)


# The keys of framework.toml that have one value each, a row a key.
KEYS: tuple[Column, ...] = (
    Column("id", "text", "The framework's short name: small letters, digits and hyphens."),
    Column("version", "text", "The version's name, such as 2026-27. A version that was published never changes: "
           "give an edited one a name of its own."),
    Column("title", "text", "What the framework is called."),
    Column("publisher", "text", "Who publishes it."),
    Column("jurisdiction", "text", "The code of the local authority, or england.", "jurisdictions"),
    Column("legal_status", "text", "in_force and superseded versions are used by the framework's name alone; "
           "consultation and illustrative ones only when the version is named.", "statuses"),
    Column("effective_from", "date", "The first day on which it is in effect."),
    Column("effective_to", "date", "The last day on which it is in effect; blank while it is open."),
    Column("year_basis", "text", "Which year its annual rates are for: financial from 1 April, academic from "
           "1 September.", "year_bases"),
    Column("weeks_per_year", "decimal", "Weeks that a rate by the week or the hour is paid for."),
    Column("days_per_year", "decimal", "Days that a rate by the day is paid for."),
    Column("places_rounding", "text", "Place funding by the exact rate, or each part's rate in whole pounds.",
           "roundings", default="exact"),
    Column("proration.method", "text", "How a year's price is spread over its months. school_days and terms need "
           "rows on the sheet Calendar.", "methods", default="calendar_days"),
    Column("proration.remainder", "text", "spread: no month is more than a penny from its share. last: the last "
           "month takes the rest. Goes with calendar_days and school_days.", "remainders", default="spread"),
    Column("proration.count_day", "text", "For the method months: the day from 1 to 28 on which a child on roll "
           "counts, or last."),
    Column("banding.rule", "text", "How needs lead to a band: by the highest level, by a score of weights, by the "
           "primary need's area, or assigned by a panel.", "rules"),
    Column("banding.co_occurrence.areas", "whole", "High needs in several areas at once: in how many areas. Leave "
           "all three blank for no such rule."),
    Column("banding.co_occurrence.level", "whole", "At which level or above."),
    Column("banding.co_occurrence.raise", "whole", "How many bands up that moves the child."),
)  # fmt: skip

_SOURCE_ID = Column("source_id", "text", "The source of the row: an id of the sheet Sources.", "sources", 24)
_PROVISION = Column("provision", "text", "Where the child is educated; the codes are on the sheet Lists.",
                    "provisions", 24)  # fmt: skip
_FILES: Mapping[str, tuple[str, str, tuple[Column, ...]]] = {
    "bands.csv": ("Bands", "The bands, the lowest first.", (
        Column("band", "text", "The band's code, as it stands in placements."),
        Column("order", "whole", "1 for the lowest band, then 2 and so on.", width=8),
        Column("title", "text", "The band's name.", width=30),
        Column("minimum_score", "decimal", "For the rule weighted_score: the least score that reaches the band. Blank: "
               "only a raise, a shift or the panel gives it.", width=17),
        Column("level", "whole", "For the rules highest_level and primary_need: the level that reaches the band.",
               width=8),
        Column("descriptor", "text", "What a child in the band needs.", width=70),
        _SOURCE_ID,
    )),
    "tariffs.csv": ("Tariffs", "What a band costs in a provision. The most specific row that fits is used.", (
        _PROVISION,
        Column("provider_id", "text", "The provider's URN or UKPRN; blank fits any."),
        Column("band", "text", "A band of the sheet Bands; blank fits any child, also one without a band.", "bands"),
        Column("phase", "text", "Blank fits any phase.", "phases", 12),
        Column("price_basis", "text", "tariff: the rate is the price. agreed: the price is agreed child by child.",
               "bases", 12),
        Column("unit", "text", "What the rate is for. Needed with a rate.", "units", 8),
        Column("rate", "money", "Pounds, with at most two decimals. For state provision the top-up alone, for "
               "independent provision the whole education fee. In an agreed row it stands in for a missing price."),
        Column("minimum", "money", "The least paid for a full year of a full-time child; blank for none."),
        Column("maximum", "money", "The most paid for a full year of a full-time child; blank for none."),
        Column("area_cost", "text", "yes: the rate is multiplied by the factor of the provider's area. Needed with a "
               "rate.", "yes_no", 11),
        _SOURCE_ID,
    )),
    "places.csv": ("Places", "The rate of a place, in pounds a year.", (
        _PROVISION,
        Column("phase", "text", "Before or after 16.", "place_phases", 12),
        Column("occupancy", "text", "commissioned; or, for units and resourced provision, occupied and unoccupied.",
               "occupancies"),
        Column("rate", "money", "Pounds a year."),
        _SOURCE_ID,
    )),
    "uplifts.csv": ("Uplifts", "Additions to a child's price by a code in the placements.", (
        Column("code", "text", "The code, as it stands in placements.", width=20),
        Column("title", "text", "What it pays for.", width=60),
        Column("kind", "text", "amount: pounds a year. percent: of the top-up.", "kinds", 10),
        Column("value", "decimal", "For an amount pounds a year, for a percentage 10 for 10%. May be below 0."),
        Column("provisions", "codes", "Provisions that it is for, with ; between them; blank: any.", width=40),
        _SOURCE_ID,
    )),
    "area_costs.csv": ("Area costs", "What a rate is multiplied by where its row says yes to area_cost.", (
        Column("la_code", "text", "The local authority's code.", "authorities"),
        Column("factor", "decimal", "Above 0 and up to 10, with at most six decimals."),
        _SOURCE_ID,
    )),
}  # fmt: skip

SHEETS: tuple[Sheet, ...] = (
    Sheet(FRAMEWORK, HEADER_FILE, "What the version is, when it is in effect, and the rules that have one value.", (
        Column("key", "shown", "What is entered.", width=28),
        Column("value", "text", "The value.", width=44),
        Column("meaning", "shown", "What it means.", width=74),
    )),
    Sheet(SOURCES, HEADER_FILE, "Where each value was published, or how it was worked out.", (
        Column("id", "text", "A short name that the rows of other sheets refer to.", width=24),
        Column("title", "text", "The publication, with table or page.", width=60),
        Column("publisher", "text", "Who published it.", width=28),
        Column("url", "text", "Where it can be read.", width=40),
        Column("published_on", "date", "The day of publication; may be blank.", width=16),
        Column("last_checked_on", "date", "When the values were last held against it.", width=18),
        Column("status", "text", "published; derived, with its working; or illustrative.", "source_statuses", 13,
               "published"),
        Column("working", "text", "How a derived or illustrative value was worked out.", width=60),
        Column("note", "text", "Anything else.", width=40),
    )),
    Sheet(AREAS, HEADER_FILE, "The areas of need, a row a level from 0 up. Title and primary needs stand on an area's "
          "first row.", (
        Column("area", "text", "The area's code: small letters, digits and _. Placements have a column need_ and "
               "this code.", width=28),
        Column("title", "text", "The area's name, on its first row.", width=30),
        Column("primary_needs", "codes", "SEN2 codes that belong to the area, with ; between them, on its first row.",
               width=24),
        Column("level", "whole", "0 for no need, then 1, 2 and so on.", width=8),
        Column("meaning", "text", "What the level means.", width=80),
        Column("weight", "decimal", "For the rule weighted_score: what the level adds to the score.", width=9),
    )),
    Sheet(PROVISIONS, HEADER_FILE, "What a provision changes about bands.", (
        _PROVISION,
        Column("title", "shown", "What the code stands for.", width=56),
        Column("shift", "whole", "How many bands up (or down, below 0) an assessed child moves there; blank: none.",
               width=8),
        Column("permitted_bands", "codes", "Bands to expect there, with ; between them. Another is priced all the same "
               f"and pointed out. Blank: any. {NO_BANDS}: no band at all.", width=60),
    )),
    Sheet(CALENDAR, HEADER_FILE, "Funding terms for the method terms; school terms and closed days for the method "
          "school_days.", (
        Column("kind", "text", "What the row is.", "calendar", 16),
        Column("name", "text", "The term's name; may be blank.", width=30),
        Column("start", "date", "The first day; of a closed day, the day."),
        Column("end", "date", "The last day."),
        Column("share", "text", "Of a funding term: its share of the year, such as 5/12."),
        Column("count_date", "date", "Of a funding term: the day in it on which children on roll are counted."),
    )),
    *(Sheet(name, file, about, columns) for file, (name, about, columns) in _FILES.items()),
)  # fmt: skip
SHEET_OF_FILE: Mapping[str, str] = {file: name for file, (name, _, _) in _FILES.items()}
CALENDAR_KINDS: Mapping[str, str] = {
    "funding_term": "terms",
    "school_term": "school_terms",
    "closed_day": "closed",
}
"""What a row of the sheet Calendar is, and the key of proration that it belongs to."""


def sheet_named(name: str) -> Sheet:
    """The sheet of a name."""
    return next(sheet for sheet in SHEETS if sheet.name == name)
