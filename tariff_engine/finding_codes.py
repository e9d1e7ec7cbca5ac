"""The one table of finding codes: what each means, how severe it is, and what the person who gets it should do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class FindingCode:
    """A kind of finding: its severity, what it means, and what the person who gets it should do."""

    code: str
    severity: Severity
    meaning: str
    what_to_do: str


def _table(*codes: tuple[str, Severity, str, str]) -> dict[str, FindingCode]:
    return {code: FindingCode(code, severity, meaning, to_do) for code, severity, meaning, to_do in codes}


CODES: dict[str, FindingCode] = _table(
    # Errors: the row can't be read, is set aside, or has no price.
    (
        "bad_value",
        "error",
        "A cell holds something that its column can't.",
        "Correct the cell; the message says what was expected.",
    ),
    ("missing_value", "error", "A cell that every row needs is blank.", "Fill in the cell."),
    (
        "ragged_row",
        "error",
        "A row has more or fewer cells than the header.",
        "Look for a stray separator or quotation mark in the row.",
    ),
    (
        "another_table",
        "error",
        "Another table seems to begin below the first, so the rows from there on are set aside.",
        "Move it to a sheet or a file of its own, or delete the blank row and the header above its rows.",
    ),
    (
        "duplicate_id",
        "error",
        "The same placement_id is on more than one row.",
        "Give each placement its own identifier.",
    ),
    (
        "duplicate_row",
        "error",
        "The row repeats an earlier one in everything, a placement_id apart.",
        "Delete the row, or correct what differs.",
    ),
    (
        "overlap",
        "error",
        "The same child is at the same provider twice on the same days.",
        "End the earlier placement, or delete the wrong one.",
    ),
    (
        "overlap_fte",
        "error",
        "The child's placements on one day add to more than one full-time place.",
        "Correct the dates or the fte of the placements named.",
    ),
    (
        "unknown_band",
        "error",
        "The panel's band is in no chosen version.",
        "Use a band of the framework, or choose the version it belongs to.",
    ),
    (
        "unknown_uplift",
        "error",
        "An uplift code is not in the version.",
        "Use a code of the framework's uplifts, or remove it.",
    ),
    (
        "need_missing",
        "error",
        "A need level that the banding rule uses is blank.",
        "Fill in the level; a blank is not level 0.",
    ),
    (
        "no_version",
        "error",
        "No chosen version of the framework covers some of the days.",
        "Choose the version that covers them, or price as if one did (--as-if).",
    ),
    (
        "no_terms",
        "error",
        "The version has no school terms for the year.",
        "Add the year's terms to the framework.",
    ),
    (
        "no_tariff",
        "error",
        "No tariff row fits the provision, provider, band and phase.",
        "Add the row to the framework, or correct the placement.",
    ),
    (
        "no_area_cost",
        "error",
        "The provider's area has no area cost in the version.",
        "Give provider_la, or add the area's factor to the framework.",
    ),
    (
        "no_hours",
        "error",
        "The tariff is by the hour and support_hours is blank.",
        "Fill in the hours of support a week.",
    ),
    (
        "no_agreed_price",
        "error",
        "The price is agreed child by child, and none is given.",
        "Fill in agreed_price: pounds for a full year, for this child.",
    ),
    (
        "units_open_ended",
        "error",
        "A spell bought by the unit has no end date.",
        "Fill in end_date, or leave units blank for an annual price.",
    ),
    (
        "amount_too_large",
        "error",
        "One child's year comes to more than £10 million.",
        "Check the price, the hours and the units.",
    ),
    # Warnings: priced, and somebody should look.
    (
        "child_id_is_upn",
        "warning",
        "The child's identifier is a real unique pupil number.",
        "Use a pseudonym instead.",
    ),
    (
        "band_differs",
        "warning",
        "The panel's band differs from the assessed one and no reason is given.",
        "Give band_reason, or correct the band or the levels.",
    ),
    (
        "band_not_permitted",
        "warning",
        "The band is outside the ones the provision may have.",
        "Check the band and the provision.",
    ),
    (
        "band_not_in_version",
        "warning",
        "The panel's band is in another chosen version, not in the one in force.",
        "Check the band for these days.",
    ),
    (
        "need_missing_panel",
        "warning",
        "A need level is blank; the panel's band is used.",
        "Fill in the level, so that the band can be checked.",
    ),
    (
        "phase_missing",
        "warning",
        "The year group is blank, and a rate for a phase exists.",
        "Fill in nc_year.",
    ),
    (
        "estimated",
        "warning",
        "No agreed price is given, so the tariff's rate stands in.",
        "Fill in agreed_price when it is known.",
    ),
    (
        "agreed_price_ignored",
        "warning",
        "An agreed price is given where the tariff sets the price.",
        "Remove it, or check the provision.",
    ),
    (
        "no_rate_for_none",
        "warning",
        "No band was reached and no rate is for that, so the price is 0 and the agreed price isn't used.",
        "Check the levels; if the agreed price is due, the framework needs a row with a blank band.",
    ),
    (
        "units_ignored",
        "warning",
        "Units are given where the tariff isn't bought by the week or day.",
        "Remove the units, or check the provision.",
    ),
    (
        "uplift_on_units",
        "warning",
        "An uplift is given on a spell bought by the unit, and isn't added.",
        "Remove the uplift, or agree a price.",
    ),
    (
        "uplift_not_for_provision",
        "warning",
        "An uplift is for another provision, and isn't added.",
        "Remove the uplift, or check the provision.",
    ),
    (
        "uplift_repeated",
        "warning",
        "An uplift code is given twice, and is added once.",
        "Remove the second one.",
    ),
    (
        "override_incomplete",
        "warning",
        "An override names by whom or why, not both, so the maximum stands.",
        "Fill in override_by and override_reason, or clear both.",
    ),
    (
        "line_unresolved",
        "warning",
        "The section 251 line can't be told from the provision and provider type.",
        "Give provider_type, or a providers file.",
    ),
    (
        "payer_ignored",
        "warning",
        "A commissioning school pays only for alternative provision.",
        "Clear payer, or check the provision.",
    ),
    (
        "provider_closed",
        "warning",
        "The provider closed before the placement ended, and no successor is named.",
        "End the placement, or name the successor in the providers file.",
    ),
    (
        "totals_mismatch",
        "warning",
        "A totals row doesn't equal the sum of its column.",
        "Check whether rows are missing or a figure was changed.",
    ),
    (
        "blank_row",
        "warning",
        "A blank row stands among the data; the rows after it were read.",
        "Delete the blank row.",
    ),
    (
        "no_header",
        "warning",
        "A column has values and no header, so nothing of it is read.",
        "Give the column its header, or delete it.",
    ),
    (
        "template_version",
        "warning",
        "The file was made from a template for another framework version.",
        "Check bands, levels and uplift codes, or copy the rows into a template for this version.",
    ),
    # Information.
    (
        "dual_placement",
        "info",
        "The child is at more than one provider on the same days.",
        "Nothing, if that is right.",
    ),
    (
        "provider_succeeded",
        "info",
        "The provider closed, and its successor is paid for the days after.",
        "Nothing, if that is right.",
    ),
    (
        "date_format",
        "info",
        "A date was read in another form than year-month-day.",
        "Nothing, if it was read rightly: day before month.",
    ),
    (
        "code_matched",
        "info",
        "A code was recognised in another of its forms.",
        "Nothing, if it was recognised rightly.",
    ),
    (
        "as_if",
        "info",
        "Days outside the version's dates are priced under it as if it were in effect.",
        "Don't take these figures for what is due.",
    ),
    (
        "header_matched",
        "info",
        "A header was recognised in another spelling.",
        "Nothing, if it was recognised rightly.",
    ),
    ("header_row", "info", "The header was found below the first row.", "Nothing, if that is the header."),
    ("encoding", "info", "The file isn't in UTF-8.", "Nothing, if names and pound signs look right."),
    (
        "delimiter",
        "info",
        "The columns are separated by something other than commas.",
        "Nothing, if the columns were read rightly.",
    ),
    (
        "extra_column",
        "info",
        "A column isn't one the engine knows; it is kept and passed through.",
        "Nothing, unless it is a misspelt heading.",
    ),
    (
        "template_older",
        "info",
        "The file was made from an older template; it was read all the same.",
        "Nothing now; take a new template for the next file.",
    ),
    ("totals_row", "info", "A totals row was recognised and left out.", "Nothing."),
    # Workbooks.
    ("error_cell", "warning", "A cell that isn't read holds a spreadsheet's error.", "Correct its formula."),
    (
        "outside_links",
        "warning",
        "A workbook refers to other files or programs.",
        "Check that its values are up to date.",
    ),
    ("macros_ignored", "info", "A workbook holds macros; its saved values were read.", "Nothing."),
    ("sheet_chosen", "info", "One sheet of several has the table.", "Nothing, if it is the right one."),
    ("hidden_sheet", "info", "A sheet of the workbook is hidden.", "Check whether it should count."),
    ("hidden_rows", "info", "Hidden or filtered rows were read.", "Delete those that shouldn't count."),
    ("hidden_columns", "info", "Hidden columns were read.", "Check what they hold."),
    (
        "no_place_rate",
        "error",
        "The version has no rate for such a place.",
        "Correct provision, phase or occupancy, or add the rate to the framework's places.csv.",
    ),
    (
        "duplicate_places",
        "error",
        "The same places of a provider stand on several rows that only their numbers tell apart.",
        "Keep the right row, or add a column that says what each of them is for.",
    ),
    (
        "protection_unknown",
        "error",
        "Some of a provider's rows have no price, so its protection can't be told.",
        "Correct the rows; the other findings say what is wrong with each.",
    ),
    (
        "school_unknown",
        "error",
        "A school has funded children and no notional budget that can be read.",
        "Add the school to the schools file, once, or correct its row there.",
    ),
    (
        "funded_children_unknown",
        "error",
        "A child of the school has no price, so how many are funded can't be told.",
        "Correct the placement; its own finding says what is wrong.",
    ),
    (
        "places_repeated",
        "warning",
        "A provider has several rows for one provision, phase and occupancy, and is paid for each.",
        "Check that none of them is a correction of another.",
    ),
    (
        "provider_not_told",
        "warning",
        "Rows can't be read so far as to tell whose they are, so a provider's figures may lack them.",
        "Correct the rows before you rely on any protection.",
    ),
    (
        "places_of_several_years",
        "info",
        "The period meets more than one year of places, from April to March.",
        "Fund each year from a file of its own, if its places differ.",
    ),
    (
        "figure_of_another_year",
        "info",
        "A national figure wasn't published for the year; that of another year stands in.",
        "Check whether it holds for the year.",
    ),
    (
        "not_in_placements",
        "warning",
        "A payment is for a child or placement that isn't in the placements file.",
        "Look whether the child was yours in that period, and whether the identifier was mistyped.",
    ),
    (
        "identifier_near",
        "warning",
        "An identifier of the remittance isn't in the placements file, and is one slip away from one that is.",
        "If they are the same child, ask the authority to correct it; nothing was joined.",
    ),
    (
        "no_identifier",
        "warning",
        "A payment says neither for which child nor for which placement it is.",
        "Ask the authority what it is for.",
    ),
    (
        "outside_period",
        "warning",
        "A payment is for days outside the period that is checked.",
        "Check the period, or check that payment under its own one.",
    ),
    (
        "not_compared",
        "warning",
        "What is due for a child can't be worked out, so what was paid isn't held against it.",
        "Correct the placement; the other findings say what is wrong with it.",
    ),
    (
        "authority_not_paid",
        "warning",
        "No child of one of the authorities in the placements was paid for.",
        "If the remittance is another authority's, name that one with --authority.",
    ),
    (
        "identifier_matched",
        "info",
        "An identifier was recognised in another spelling: spaces, capitals, hyphens or leading noughts.",
        "Nothing, if it is the same child.",
    ),
    (
        "compared_until",
        "info",
        "The remittance ends before the period does, so what is due later isn't counted as unpaid.",
        "Nothing, if nothing more was to be paid by now.",
    ),
    (
        "column_guessed",
        "info",
        "A column was recognised by its heading or by what it holds.",
        "Nothing, if it was recognised rightly; else give a column map with --map.",
    ),
    ("column_not_used", "info", "A column of the remittance isn't used.", "Nothing, unless it holds what was paid."),
    (
        "period_guessed",
        "info",
        "What a remittance calls its periods was told from how they stand.",
        "Nothing, if it was told rightly; else give a column map with --map.",
    ),
    (
        "sign_guessed",
        "info",
        "Which of CR and DR is money taken back was told from how often they stand.",
        "Nothing, if it was told rightly; else give a column map with --map.",
    ),
    (
        "sheet_left_out",
        "info",
        "A sheet of the remittance has no payments, or repeats those of the others.",
        "Nothing, if that is right.",
    ),
    (
        "vat_left_out",
        "info",
        "VAT is no part of what is due for a child, and was left out.",
        "Nothing, if the amounts are without it.",
    ),
)

PUBLISHED_AS = {"need_missing_panel": "need_missing"}
"""Codes that show under another name: the same code at another severity."""
