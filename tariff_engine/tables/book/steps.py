"""The steps from a rule to a price, each as a formula and as the sum that it stands for.

Both are in whole pence and whole millionths. A program that calculates holds numbers as binary floating-point, which
are exact for whole numbers, so no step may leave a fraction but the last one, which is rounded. A product of three
factors has too many digits for that: it is made factor by factor, each time in millionths of a penny, and what is
below those is kept beside it as long as it can still be carried. A step that has no number shows empty text, and so do
those that need it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tariff_engine.money import MAX_YEAR_PENCE, MILLION, PENCE
from tariff_engine.tables.book.formulas import Span

MOST_IN_A_PRODUCT = 200_000_000_000_000
"""The largest product, in millionths of a penny, of which every program's INT and MOD give every digit."""
NO_BAND_COLUMN = 5
"""The column of Rules by band for a line without a band; those of the bands follow."""
SHOWN_NO_RATE, SHOWN_NOTHING_DUE = 0, -1
"""What stands in Rules by band in place of a row."""

_HALF, _PER_CENT = MILLION // 2, 100 * MILLION
_POUNDS = ("rate", "minimum", "maximum")
_ALWAYS = pl.lit(True)
_BY_UNIT = pl.col("by_unit")
_NOTHING = pl.col("rule") == SHOWN_NOTHING_DUE
_NOTHING_IS_DUE = (f"IF({{rule}}={SHOWN_NOTHING_DUE},0,", _NOTHING, pl.lit(0, pl.Int64))


@dataclass(frozen=True)
class Step:
    """One column of the Working sheet.

    Attributes
    ----------
    name : what other steps call it. title : its header.
    value : what it comes to, from the columns before it; null where it has none.
    formulas : for the lines that a mask holds for, the formula; a line without one has its value alone. ``{name}`` is
        another step of the line, ``{Costing:name}`` a cell of its row there; see ``as_cells``. Rules are looked up by
        ``names``, because a formula that looks at another sheet takes much more room.
    """

    name: str
    title: str
    value: pl.Expr
    formulas: Sequence[tuple[pl.Expr, str]] = ()


@dataclass(frozen=True)
class Asked:
    """What a costing's steps depend on.

    ``inputs`` are the columns of the main table that may be changed, ``uplifts`` the sheet of uplifts, ``codes`` the
    uplifts by the names of their steps, ``months`` the month columns; ``by_area`` is whether there are area costs, and
    ``by_unit`` whether some spell is bought by the week or day.
    """

    inputs: Collection[str]
    uplifts: Span | None
    codes: Mapping[str, str]
    months: Sequence[str]
    by_area: bool
    by_unit: bool


def names(spans: Mapping[str, Span]) -> dict[str, str]:
    """The cells that formulas know by a name: columns of rules from the first row of their sheet."""
    rules, versions, bands = spans["Rules"], spans["Rules versions"], spans["Rules by band"]
    found = {f"rule_{column}": rules.from_top(column) for column in ("price_basis", "unit", "area_cost", *_POUNDS)}
    found |= {column: versions.from_top(column) for column in ("weeks_per_year", "days_per_year")}
    found |= {"rules_by_band": bands.whole, "bands": bands.heads(NO_BAND_COLUMN)}
    if "Rules area costs" in spans:
        found["area_factors"] = spans["Rules area costs"].from_top("factor")
    return found


def steps(asked: Asked) -> list[Step]:
    """All the steps of a line, in order."""
    return [*_given(asked), *_rule(), *_factors(asked), *_price(asked), *_spell(asked), *_months(asked)]


def _given(asked: Asked) -> Iterator[Step]:
    """What the main table says of the line, and where the rules for it stand."""
    yield _always("code", "Band", '{Costing:band}&""', pl.col("code"))
    yield _always("count", "Children in the line", "{Costing:count}", pl.col("count"))
    fte = "{Costing:fte}"
    allowed = f'IF(AND(N({fte})>0,N({fte})<=1),{_rounded(f"{MILLION}*{fte}")},"")'
    formulas = [(_ALWAYS, f'IF({fte}="",{MILLION},{allowed})')] if "fte" in asked.inputs else []
    yield Step("fte", "Full-time equivalent (millionths)", pl.col("fte").fill_null(MILLION), formulas)
    for name, title, size in (
        ("support_hours", "Hours a week (millionths)", MILLION),
        ("agreed_price", "Agreed price (pence)", PENCE),
        ("units", "Weeks or days bought (millionths)", MILLION),
    ):
        if name not in asked.inputs or (name == "units" and not asked.by_unit):
            continue
        cell = f"{{Costing:{name}}}"
        where = _BY_UNIT if name == "units" else _ALWAYS
        formula = f'IF(ISNUMBER({cell}),{_rounded(f"{size}*{cell}")},"")'
        yield Step(name, title, pl.when(where).then(pl.col(name)), [(where, formula)])
    yield Step("choice", "Row in Rules by band", pl.col("choice"))
    yield Step("version", "Row in Rules versions", pl.col("version"))
    if asked.by_area:
        yield Step("area", "Row in Rules area costs", pl.col("area"))


def _rule() -> Iterator[Step]:
    """From the band to the tariff row, and what stands there."""
    column = f'IF({{code}}="",{NO_BAND_COLUMN},SUMPRODUCT(EXACT(bands,{{code}})*COLUMN(bands)))'
    yield _always("band", "Column in Rules by band", column, pl.col("band"))
    row = "IF({band}=0,0,INDEX(rules_by_band,{choice},{band}))"
    yield _always("rule", "Row in Rules", row, pl.col("rule"))
    for name, title in (("price_basis", "Price basis"), ("unit", "Unit")):
        yield _always(name, title, f'IF({{rule}}>0,INDEX(rule_{name},{{rule}}),"")', pl.col(name))
    rate = "INDEX(rule_rate,{rule})"
    pence = f'IF({{rule}}>0,IF(AND(ISNUMBER({rate}),N({rate})>=0),{_pence(rate)},""),"")'
    yield _always("rate", "Rate (pence)", pence, pl.col("rate"))


def _factors(asked: Asked) -> Iterator[Step]:
    """What the rate is multiplied by besides, in millionths."""
    days, weeks = (_factor(f"INDEX({unit}s_per_year,{{version}})") for unit in ("day", "week"))
    times = f'IF({{unit}}="year",{MILLION},IF({{unit}}="day",{days},{weeks}))'
    yield _always("times", "Weeks or days a year (millionths)", times, pl.col("times"))
    hours = "{support_hours}" if "support_hours" in asked.inputs else '""'
    part = pl.when(pl.col("unit") == "hour").then(pl.col("support_hours")).otherwise(pl.col("fte"))
    yield _always("part", "Fte, or hours (millionths)", f'IF({{unit}}="hour",{hours},{{fte}})', part)
    factor = f'IF(ISNUMBER({{area}}),{_factor("INDEX(area_factors,{area})")},"")' if asked.by_area else '""'
    cost = f'IF({{rule}}>0,IF(INDEX(rule_area_cost,{{rule}})="yes",{factor},{MILLION}),"")'
    yield _always("area_cost", "Area cost (millionths)", cost, pl.col("area_cost"))


def _price(asked: Asked) -> Iterator[Step]:
    """The annual price: top-up, uplifts and limits, in pence."""
    titles = ("Rate x fte or hours", "x weeks or days", "below that", "x area cost", "Top-up (pence)")
    instead = [_NOTHING_IS_DUE]
    if "agreed_price" in asked.inputs:
        agreed, stands = pl.col("agreed_price"), (pl.col("price_basis") == "agreed")
        formula = 'IF(AND({price_basis}="agreed",ISNUMBER({agreed_price})),{agreed_price},'
        instead.append((formula, stands & agreed.is_not_null(), agreed))
    yield from _product("top_up", ("rate", "part", "times", "area_cost"), titles, instead)
    for name, code in asked.codes.items():
        yield from _uplift(asked.uplifts, name, code)
    added = pl.sum_horizontal(*asked.codes) if asked.codes else pl.lit(0)
    held = list(asked.codes)
    total = [(_ALWAYS, f"IF({{rule}}={SHOWN_NOTHING_DUE},0,SUM({{{held[0]}}}:{{{held[-1]}}}))")] if held else []
    yield Step("uplifts", "Uplifts (pence)", pl.when(_NOTHING).then(0).otherwise(added).cast(pl.Int64), total)
    before = 'IF(ISNUMBER({top_up}),{top_up}+{uplifts},"")'
    yield _always("before", "Before limits (pence)", before, pl.col("top_up") + pl.col("uplifts"))
    yield _limit("least", "minimum", ~_BY_UNIT)
    yield _limit("most", "maximum", ~_BY_UNIT & ~pl.col("overridden"))
    lifted, limited = "MAX({before},{least})", "MIN(MAX({before},{least}),{most})"
    raised = pl.max_horizontal("before", "least")
    price = pl.min_horizontal(raised, "most")
    known = pl.col("before").is_not_null() & (price.abs() <= MAX_YEAR_PENCE)
    annual = f'IF(ISNUMBER({{before}}),IF(ABS({limited})>{MAX_YEAR_PENCE},"",{limited}),"")'
    yield _always("annual", "Annual price (pence)", annual, pl.when(known).then(price))
    over = f'IF(ISNUMBER({{annual}}),{lifted}-{{annual}},"")'
    yield _always("over", "Over the maximum (pence)", over, raised - pl.col("annual"))


def _uplift(sheet: Span | None, name: str, code: str) -> Iterator[Step]:
    """One uplift, on the lines that have it: an amount by fte, or a percentage of the top-up."""
    if sheet is None:
        return
    amount, percent = pl.col(f"{name}_amount"), pl.col(f"{name}_percent")
    pence = f"{_pence(sheet.cell('amount', f'#{name}_row#'))}*{{fte}}/{MILLION}"
    share = f"{{top_up}}*{_rounded(f'{MILLION}*' + sheet.cell('percent', f'#{name}_row#'))}/{_PER_CENT}"
    value = pl.coalesce(_half_away(amount * pl.col("fte"), MILLION), _half_away(percent * pl.col("top_up"), _PER_CENT))
    formulas = [
        (amount.is_not_null(), _rounded(pence)),
        (percent.is_not_null(), f'IF(ISNUMBER({{top_up}}),{_rounded(share)},"")'),
    ]
    yield Step(name, f"Uplift {code} (pence)", value, formulas)


def _limit(name: str, column: str, where: pl.Expr) -> Step:
    """A limit by fte; none where the row has none, where it is lifted, or where the spell is bought by the unit."""
    limit = f"INDEX(rule_{column},{{rule}})"
    scaled = _rounded(f"{_pence(limit)}*{{fte}}/{MILLION}")
    value = pl.when(where).then(_half_away(pl.col(column) * pl.col("fte"), MILLION))
    formula = f'IF({{rule}}>0,IF(ISNUMBER({limit}),{scaled},""),"")'
    return Step(name, f"{column.capitalize()} (pence)", value, [(where, formula)])


def _spell(asked: Asked) -> Iterator[Step]:
    """What a spell bought by the week or day comes to: rate x fte x units x area cost."""
    if not asked.by_unit:
        return
    sold = 'AND({price_basis}="tariff",OR({unit}="week",{unit}="day"))'
    yield Step("bought", "Bought at this rate", pl.col("units"), [(_BY_UNIT, f'IF({sold},{{units}},"")')])
    titles = ("Rate x fte", "x bought", "below that", "x area cost", "Spell (pence)")
    for step in _product("spell", ("rate", "fte", "bought", "area_cost"), titles, [_NOTHING_IS_DUE]):
        yield Step(step.name, step.title, step.value, [(_BY_UNIT, step.formulas[0][1])])


def _months(asked: Asked) -> Iterator[Step]:
    """What is due by the end of each month: the price by the part of the year that has passed, rounded."""
    yield Step("whole", "Weight of the whole year", pl.col("whole"))
    ends = ["before", *(f"by {month}" for month in asked.months)]
    for number, end in enumerate(ends):
        yield Step(f"passed_{number}", f"Weight {end}", pl.col(f"passed_{number}"))
    last = pl.col("last_month")
    for number, end in enumerate(ends):
        alone = (last != 0) & (last != number) if number else pl.lit(False)
        annual, passed = pl.col("annual"), pl.col(f"passed_{number}")
        share = f"ROUND({{annual}}*{{passed_{number}}}/{{whole}},0)"
        value = _half_away_by(annual * passed, pl.col("whole"))
        formulas = [(~_BY_UNIT & ~alone, f'IF(ISNUMBER({{annual}}),{share},"")')]
        if number:
            earlier = f"{{passed_{number}}}-{{passed_{number - 1}}}"
            own = f"{{earned_{number - 1}}}+ROUND({{annual}}*({earlier})/{{whole}},0)"
            formulas.append((~_BY_UNIT & alone, f'IF(ISNUMBER({{annual}}),{own},"")'))
            days = passed - pl.col(f"passed_{number - 1}")
            added = pl.col(f"earned_{number - 1}") + _half_away_by(annual * days, pl.col("whole"))
            value = pl.when(alone).then(added).otherwise(value)
        if asked.by_unit:
            formulas.append((_BY_UNIT, f'IF(ISNUMBER({{spell}}),{share.replace("annual", "spell")},"")'))
            of_spell = _half_away_by(pl.col("spell") * passed, pl.col("whole"))
            value = pl.when(_BY_UNIT).then(of_spell).otherwise(value)
        yield Step(f"earned_{number}", f"Due {end} (pence)", value, formulas)


def _product(
    into: str, factors: Sequence[str], titles: Sequence[str], instead: Sequence[tuple[str, pl.Expr, pl.Expr]]
) -> Iterator[Step]:
    """The product of a rate in pence and three factors in millionths, rounded once to pence.

    ``instead`` is what may stand in place of it: a formula that is open at its end, when that is so, and its value.
    """
    names = [f"{into}_1", f"{into}_2", f"{into}_left", f"{into}_3"]
    rate, first, second, third = (f"{{{name}}}" for name in factors)
    one, two, left, three = (f"{{{name}}}" for name in names)
    x_rate, x_first, x_second, x_third = (pl.col(name) for name in factors)
    x_one, x_two, x_left, x_three = (pl.col(name) for name in names)
    yield _always(names[0], titles[0], _where_numbers(rate, first, f"{rate}*{first}"), x_rate * x_first)
    yield _always(
        names[1],
        titles[1],
        _where_numbers(one, second, f"INT({one}/{MILLION})*{second}+INT(MOD({one},{MILLION})*{second}/{MILLION})"),
        x_one // MILLION * x_second + x_one % MILLION * x_second // MILLION,
    )
    yield _always(
        names[2],
        titles[2],
        _where_numbers(one, second, f"MOD(MOD({one},{MILLION})*{second},{MILLION})"),
        x_one % MILLION * x_second % MILLION,
    )
    below = f"INT((MOD({two},{MILLION})*{third}+INT({left}*{third}/{MILLION}))/{MILLION})"
    x_below = (x_two % MILLION * x_third + x_left * x_third // MILLION) // MILLION
    yield _always(
        names[3],
        titles[3],
        _where_numbers(two, third, f"INT({two}/{MILLION})*{third}+{below}"),
        x_two // MILLION * x_third + x_below,
    )
    fits = pl.max_horizontal(names[0], names[1], names[3]) <= MOST_IN_A_PRODUCT
    rounded = f'IF(MAX({one},{two},{three})>{MOST_IN_A_PRODUCT},"",INT(({three}+{_HALF})/{MILLION}))'
    formula = "".join(opening for opening, _, _ in instead) + f'IF(ISNUMBER({three}),{rounded},"")' + ")" * len(instead)
    value: pl.Expr = pl.when(fits).then((x_three + _HALF) // MILLION)
    for _, holds, other in reversed(instead):
        value = pl.when(holds).then(other).otherwise(value)
    yield _always(into, titles[4], formula, value)


def _always(name: str, title: str, formula: str, value: pl.Expr) -> Step:
    """A step that has a formula on every line."""
    return Step(name, title, value, [(_ALWAYS, formula)])


def _where_numbers(one: str, other: str, formula: str) -> str:
    return f'IF(AND(ISNUMBER({one}),ISNUMBER({other})),{formula},"")'


def _pence(cell: str) -> str:
    return _rounded(f"{PENCE}*{cell}")


def _factor(cell: str) -> str:
    """A factor above 0 in millionths; a cell that holds none gives none."""
    return f'IF(N({cell})>0,{_rounded(f"{MILLION}*{cell}")},"")'


def _rounded(number: str) -> str:
    return f"ROUND({number},0)"


def _half_away(numerator: pl.Expr, denominator: int) -> pl.Expr:
    return _half_away_by(numerator, pl.lit(denominator))


def _half_away_by(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Rounded to a whole number, halves away from zero."""
    return numerator.sign() * ((2 * numerator.abs() + denominator) // (2 * denominator))
