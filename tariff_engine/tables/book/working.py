"""A main table that is worked out again: its amounts as formulas over a sheet of steps, which look at the rules.

A line is worked out again only where the steps come to the amounts that it has. All others keep their amounts as
values, with the reason beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from tariff_engine.money import MILLION
from tariff_engine.tables.book.counting import counts
from tariff_engine.tables.book.formulas import FIRST_ROW, LINE, Span, adds_up, as_cells
from tariff_engine.tables.book.looked_up import looked_up, shown_rows
from tariff_engine.tables.book.pages import Bounds, CostingPages, Recalculation
from tariff_engine.tables.book.sheets import Sheet
from tariff_engine.tables.book.steps import NO_BAND_COLUMN, Asked, Step, names, steps
from tariff_engine.tables.book.styles import GREY, LILAC
from tariff_engine.tables.sheet_rows import Block
from tariff_engine.tables.wording import column_letter

MOST_LINES = 20_000
"""The longest main table that is worked out again; a longer one takes a spreadsheet minutes to open."""
MOST_IN_A_ROW = 100_000_000_000
"""The largest amount, in pence, that a row adds up by a formula: the error of 120 additions stays far below a penny."""

_LARGEST_YEAR, _LARGEST_SHARE = 100_000, 1_000_000_000_000_000
"""The largest weight of a year, and product with a percentage, whose last digit is still the one that we have."""
_TOO_LARGE = "Its figures are too large for a spreadsheet to work out to the penny."
_BANDS, _WORKING, _HEAD_LINES = "Rules by band", "Working", 3
_LIVE, _ALWAYS, _PRICED = pl.col("live"), pl.lit(True), "{Working:priced}=1"
_ANNUAL = {"annual_top_up": "top_up", "annual_uplifts": "uplifts", "annual_price": "annual", "over_limit": "over"}

Formulas = Mapping[str, Sequence[tuple[pl.Expr, str]]]
Spans = Mapping[str, Span]


@dataclass(frozen=True)
class Live:
    """How a summary counts the lines that a change may take the price from.

    Attributes
    ----------
    lines : how many lines are worked out again.
    priced : the cells that are 1 where a line has a price, else 0.
    children : for each group's column, the cells with a line's children; 0 where an earlier line has the same ones.
        Under no column, those of each placement's first line.
    """

    lines: int
    priced: str
    children: Mapping[str, str]


@dataclass(frozen=True)
class Worked:
    """A main table that is worked out again, the sheets that it is worked out on, and the names that these use."""

    main: Sheet
    bands: Sheet
    working: Sheet
    names: Mapping[str, str]
    live: Live


def why_values(main: pl.DataFrame, amounts: Sequence[str]) -> str | None:
    """Why no line of a main table is worked out again; None where lines can be."""
    if main.height > MOST_LINES:
        return f"{main.height:,} lines are more than the {MOST_LINES:,} that a workbook works out again"
    if all(adds_up(main[amount]) for amount in amounts):
        return None
    return "they are too large for a spreadsheet to add up to the penny"


def summed(main: pl.DataFrame, amount: str, months: Sequence[str], where: pl.Series | None = None) -> pl.Series:
    """The amounts of some lines, else of all, as the sum of their months.

    Null where one isn't that, or is too large for one that is added up in pounds.
    """
    lines = main.select(pl.int_range(pl.len(), dtype=pl.Int64).alias(LINE))
    whole = pl.col(amount).cast(pl.Int64)
    same = (pl.sum_horizontal(months, ignore_nulls=False) == whole) & (whole.abs() <= MOST_IN_A_ROW)
    wanted = same if where is None else same & where
    letters = {name: column_letter(main.columns.index(name)) for name in (amount, months[0], months[-1])}
    formula = f"ROUND(SUM({{{months[0]}}}:{{{months[-1]}}}),2)"
    here = main.select(wanted.fill_null(False)).to_series()
    return as_cells(lines, formula, here, letters.__getitem__, letters[amount], 0)


def worked(sheet: Sheet, pages: CostingPages, found: Recalculation) -> Worked | None:
    """Work out the lines of a main table again; None where no line can be."""
    (block,), main = sheet.blocks, sheet.blocks[0].frame
    rules = {page.name: page for page in pages.rules}
    bands = _bands_sheet(found)
    spans = {name: Sheet(name, [Block(page.frame)]).span for name, page in rules.items()}
    spans |= {_BANDS: bands.span, sheet.name: sheet.span}
    lines, uplifts = looked_up(found, main, rules)
    months = list(pages.summary.months)
    by_area, by_unit = "Rules area costs" in rules, bool(lines["by_unit"].any())
    table = steps(Asked(found.inputs, spans.get("Rules uplifts"), uplifts, months, by_area, by_unit))
    for step in table:
        lines = lines.with_columns(step.value.alias(step.name))
    lines = _to_the_penny(lines, main, pages, uplifts)
    if not lines["live"].any():
        return None
    counted = counts(main, pages.amount, [group.column for group in pages.summary.groups])
    counting = {step.name: step for step in counted.values()}
    lines = lines.with_columns(step.value.alias(step.name) for step in counting.values())
    working = _working_sheet(lines, [*table, *counting.values()], list(counting), spans)
    spans[_WORKING] = working.span
    cells = {column: working.span.of(step.name) for column, step in counted.items()}
    amounts = replace(
        block,
        frame=_with_figures(main, found),
        money=[*block.money, *(name for name in ("agreed_price",) if name in found.inputs)],
        formulas=_amounts(lines, main, pages, spans),
        inputs=_to_change(lines, found),
    )
    allowed: dict[str, Bounds | str] = {"band": f"={bands.span.heads(NO_BAND_COLUMN)}"}
    allowed |= {name: bounds for name, (_, bounds) in found.inputs.items()}
    live = Live(int(lines["live"].sum()), cells.pop("priced"), cells)
    return Worked(replace(sheet, blocks=[amounts], allowed=allowed), bands, working, names(spans), live)


def _bands_sheet(found: Recalculation) -> Sheet:
    """The rows of Rules by version, provision, provider, phase and band."""
    rows = shown_rows(found)
    keys, choices = rows.columns[: NO_BAND_COLUMN - 1], rows.columns[NO_BAND_COLUMN - 1 :]
    return Sheet(_BANDS, [Block(rows, choices=choices, heads=[*keys, "(no band)", *found.bands])], tab=LILAC)


def _to_the_penny(
    lines: pl.DataFrame, main: pl.DataFrame, pages: CostingPages, uplifts: Collection[str]
) -> pl.DataFrame:
    """Leave out the placements of which some line's steps don't come to the amounts that it has."""
    exact = [main[column].eq_missing(lines[step]) for column, step in _ANNUAL.items()]
    for number, month in enumerate(pages.summary.months, start=1):
        due = (lines[f"earned_{number}"] - lines[f"earned_{number - 1}"]) * lines["count"]
        exact.append(main[month].eq_missing(due))
    exact.append((lines["whole"] <= _LARGEST_YEAR).fill_null(False))
    exact.append((main[pages.amount].abs() <= MOST_IN_A_ROW).fill_null(False))
    exact.append(main["place_value"].eq_missing(lines["place_rate"]))
    shares = [lines[f"{name}_percent"] * lines["top_up"] for name in uplifts]
    exact += [(share.abs() <= _LARGEST_SHARE).fill_null(True) for share in shares]
    of_line = pl.DataFrame([part.alias(str(at)) for at, part in enumerate(exact)]).select(pl.all_horizontal(pl.all()))
    of_placement = of_line.to_series().alias("exact").to_frame().with_columns(lines["placement_id"])
    holds = of_placement.select(pl.col("exact").all().over("placement_id"))["exact"]
    reason = pl.when(_LIVE & ~holds).then(pl.lit(_TOO_LARGE)).otherwise(pl.col("why_not"))
    return lines.with_columns(live=_LIVE & holds, why_not=reason)


def _working_sheet(lines: pl.DataFrame, table: Sequence[Step], counted: Collection[str], spans: Spans) -> Sheet:
    """The sheet of all the steps; of a line that isn't worked out again it has the reason and the counts alone."""
    frame = lines.select(
        "placement_id",
        "why_not",
        *(pl.when(_LIVE | pl.lit(step.name in counted)).then(pl.col(step.name)).alias(step.name) for step in table),
    )
    heads = ["Placement", "Why it is a value", *(step.title for step in table)]
    formulas = _formulas(lines, {step.name: step.formulas for step in table}, frame.columns, spans)
    block = Block(frame, choices=("rule",), heads=heads, head_lines=_HEAD_LINES, formulas=formulas)
    return Sheet(_WORKING, [block], tab=GREY, narrow=True)


def _amounts(lines: pl.DataFrame, main: pl.DataFrame, pages: CostingPages, spans: Spans) -> dict[str, pl.Series]:
    """The formulas of the main table: the pence of Working as pounds, and each amount as the sum of its months."""
    months = list(pages.summary.months)
    wanted: dict[str, list[tuple[pl.Expr, str]]] = {
        column: [(_ALWAYS, f'IF({_PRICED},{{Working:{step}}}/100,"")')] for column, step in _ANNUAL.items()
    }
    for number, month in enumerate(months, start=1):
        due = f"({{Working:earned_{number}}}-{{Working:earned_{number - 1}}})*{{count}}/100"
        wanted[month] = [(_ALWAYS, f'IF({_PRICED},{due},"")')]
    if "Rules places" in spans:
        rate = spans["Rules places"].cell("rate", "#place#")
        place = f'IF({_PRICED},IF(ISNUMBER({rate}),{rate},""),"")'
        wanted["place_value"] = [(pl.col("place").is_not_null(), place)]
    whole = f'IF({_PRICED},ROUND(SUM({{{months[0]}}}:{{{months[-1]}}}),2),"")'
    wanted[pages.amount] = [(_ALWAYS, whole)]
    formulas = _formulas(lines, wanted, main.columns, spans)
    formulas[pages.amount] = formulas[pages.amount].fill_null(summed(main, pages.amount, months, ~lines["live"]))
    return formulas


def _formulas(lines: pl.DataFrame, wanted: Formulas, columns: Sequence[str], spans: Spans) -> dict[str, pl.Series]:
    """The formulas of some columns of a sheet as cells, on the lines that are worked out again."""

    def start(name: str) -> str:
        sheet, _, column = name.rpartition(":")
        return spans[sheet].beside(column) if sheet else column_letter(columns.index(column))

    found, number = {}, 1
    for name, formulas in wanted.items():
        letter, cells = column_letter(columns.index(name)), pl.Series([None] * lines.height, dtype=pl.String)
        for where, formula in formulas:
            here = lines.select((_LIVE & where).fill_null(False).alias("here"))["here"]
            cells = cells.fill_null(as_cells(lines, formula, here, start, letter, number))
            number += 1
        if formulas:
            found[name] = cells
    return found


def _with_figures(main: pl.DataFrame, found: Recalculation) -> pl.DataFrame:
    """The main table with the columns that may be changed as figures, and not as the text that was read."""
    return main.with_columns(
        (values if name == "agreed_price" else values / MILLION).alias(name)
        for name, (values, _) in found.inputs.items()
    )


def _to_change(lines: pl.DataFrame, found: Recalculation) -> dict[str, pl.Series]:
    """Where a cell of the main table is a figure that the line's price depends on."""
    rows = shown_rows(found)[:, NO_BAND_COLUMN - 1 :]
    by_band = rows.select(pl.concat_list(pl.all()).list.n_unique() > 1).to_series()
    depends = {
        "band": pl.lit(by_band.gather(lines["choice"] - FIRST_ROW)),
        "fte": _ALWAYS,
        "support_hours": pl.col("unit") == "hour",
        "units": pl.col("by_unit"),
        "agreed_price": pl.col("price_basis") == "agreed",
    }
    return {
        name: lines.select((_LIVE & where).fill_null(False).alias(name))[name]
        for name, where in depends.items()
        if name == "band" or name in found.inputs
    }
