"""A version read from its folder: what is read, and every way in which a file can be wrong."""

from __future__ import annotations

import hashlib
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tariff_engine.cells import read_provider_id
from tariff_engine.errors import FrameworkError, Problem
from tariff_engine.framework import Framework
from tariff_engine.framework_reading import content_hash, load_version, read_version
from tests.small import BANDS, FILES, PLACES, TARIFFS, TOML, UPLIFTS, a_framework, a_tariff, write_version

AREA_COSTS = "la_code,factor,source_id\n878,1.021330,s\n"


def version(folder: Path, **files: str) -> Framework:
    return load_version(write_version(folder, **files))


def problems(folder: Path, **files: str) -> list[str]:
    """Every problem of the small version with some files changed, each as its line."""
    return [f"{p.severity}: {p.text()}" for p in read_version(write_version(folder, **files))[1]]


def toml(old: str, new: str) -> str:
    assert TOML.count(old) == 1, old
    return TOML.replace(old, new)


def row(table: str, line: str) -> str:
    return f"{table}{line}\n"


# ---- what is read


def test_a_version_is_read_with_its_values_in_pence_and_millionths(tmp_path: Path) -> None:
    found = version(tmp_path, area_costs_csv=AREA_COSTS)
    assert (found.id, found.version, found.name) == ("small", "2025-26", "small@2025-26")
    assert [(band.code, band.order, band.level, band.minimum_score) for band in found.bands] == [
        ("B1", 1, 1, None),
        ("B2", 2, 2, None),
        ("B3", 3, 3, None),
    ]
    first, agreed = found.tariffs[0], found.tariffs[4]
    assert (first.row, first.key, first.rate_pence, first.unit) == (2, ("special", "", "B1", ""), 450001, "year")
    assert (agreed.price_basis, agreed.rate_pence, agreed.minimum_pence, agreed.maximum_pence) == (
        "agreed",
        None,
        450000,
        6300000,
    )
    assert not first.area_cost
    assert found.place_rates[0].rate_pence == 1000000
    assert (found.uplifts["transport"].value, found.uplifts["reduction"].value) == (150000, -100000)
    assert (found.uplifts["therapy"].kind, found.uplifts["therapy"].value) == ("percent", 2500000)
    assert found.uplifts["therapy"].provisions == ("special", "nmss")
    assert found.area_costs["878"].factor_millionths == 1021330
    assert found.header.weeks_per_year == 39_000_000
    assert found.header.need_areas[0].highest_level == 3
    assert found.sources["s"].publisher == "Example County Council"
    assert repr(found) == f"Framework(small@2025-26, in_force, {found.content_hash[:12]})"


def test_only_three_files_must_be_there(tmp_path: Path) -> None:
    folder = write_version(tmp_path)
    for name in ("places.csv", "uplifts.csv"):
        (folder / name).unlink()
    found = load_version(folder)
    assert (found.place_rates, dict(found.uplifts), dict(found.area_costs)) == ((), {}, {})


@pytest.mark.parametrize("name", ["framework.toml", "bands.csv", "tariffs.csv"])
def test_a_file_that_must_be_there_is_named(tmp_path: Path, name: str) -> None:
    folder = write_version(tmp_path / "v1")
    (folder / name).unlink()
    framework, found = read_version(folder)
    assert framework is None
    assert found[0] == Problem("error", name, None, "", "there is no such file in v1")


def test_the_content_hash_is_over_names_and_bytes(tmp_path: Path) -> None:
    digest = hashlib.sha256()
    for name in sorted(FILES):
        digest.update(name.encode() + b"\0" + FILES[name].encode() + b"\0")
    found = version(tmp_path)
    assert found.content_hash == digest.hexdigest() == content_hash({n: t.encode() for n, t in FILES.items()})
    (tmp_path / "README.md").write_text("of no account", encoding="utf-8")
    assert load_version(tmp_path).content_hash == found.content_hash
    assert version(tmp_path, bands_csv=BANDS + "\n").content_hash != found.content_hash


def test_bands_stand_in_their_order_whatever_the_file_s(tmp_path: Path) -> None:
    header, *lines = BANDS.splitlines()
    found = version(tmp_path, bands_csv="\n".join([header, *reversed(lines)]))
    assert [band.code for band in found.bands] == ["B1", "B2", "B3"]


def test_spaces_blank_rows_and_a_byte_order_mark_are_nothing(tmp_path: Path) -> None:
    text = "\ufeff" + TARIFFS.replace(",B1,", ", B1 ,").replace("\nspecial,,B2", "\n,,,,,,,,,,\n\nspecial,,B2")
    found = version(tmp_path, tariffs_csv=text)
    assert [(t.row, t.band) for t in found.tariffs[:2]] == [(2, "B1"), (5, "B2")]


def test_the_provider_s_column_may_be_left_out(tmp_path: Path) -> None:
    lines = [line.split(",") for line in TARIFFS.splitlines()]
    found = version(tmp_path, tariffs_csv="\n".join(",".join([cells[0], *cells[2:]]) for cells in lines))
    assert {tariff.provider_id for tariff in found.tariffs} == {""}


@pytest.mark.parametrize(
    ("text", "code"), [("100002.0", "100002"), ("100002", "100002"), ("unit.0", "unit.0"), ("", ""), ("7.5", "7.5")]
)
def test_a_provider_s_number_may_have_been_made_a_decimal(text: str, code: str) -> None:
    assert read_provider_id(text).value == code


def test_pounds_may_be_typed_as_people_type_them(tmp_path: Path) -> None:
    found = version(tmp_path, tariffs_csv=TARIFFS.replace("12132.00", '"£12,132.00"'))
    assert found.tariffs[1].rate_pence == 1213200


def test_shares_count_dates_and_quoted_decimals_are_exact(tmp_path: Path) -> None:
    terms = """[proration]
method = "terms"
[[proration.terms]]
start = 2025-04-01
end = 2025-08-31
share = "5/12"
count_date = 2025-05-15
[[proration.terms]]
start = 2025-09-01
end = 2026-03-31
share = "7/12"
count_date = 2025-10-02
"""
    text = toml('[proration]\nmethod = "calendar_days"\nremainder = "spread"\n', terms)
    found = version(tmp_path, framework_toml=text.replace("weeks_per_year = 39", 'weeks_per_year = "39.5"'))
    assert [term.share for term in found.header.proration.terms] == [Fraction(5, 12), Fraction(7, 12)]
    assert found.header.proration.terms[1].count_date == date(2025, 10, 2)
    assert found.header.weeks_per_year == 39_500_000
    assert found.header.proration.needs_whole_months


# ---- framework.toml


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('version = "2025-26"\n', "", "framework.toml, version: is required and isn't there"),
        ('id = "small"', 'id = "Small"', "framework.toml, id: 'Small': string should match pattern"),
        ('id = "small"', "id = 7", "framework.toml, id: 7: input should be a valid string"),
        (
            "weeks_per_year = 39",
            "weeks_per_yaer = 39",
            "framework.toml, weeks_per_yaer: is not a key of a framework; did you mean weeks_per_year?",
        ),
        (
            "weeks_per_year = 39",
            "weeks_per_year = 39.5",
            "framework.toml, weeks_per_year: expected a whole number or a quoted decimal",
        ),
        (
            "weeks_per_year = 39",
            'weeks_per_year = "many"',
            "framework.toml, weeks_per_year: 'many' is not a decimal number",
        ),
        ("weeks_per_year = 39", "weeks_per_year = -1", "framework.toml, weeks_per_year: -1 is below 0"),
        ("weeks_per_year = 39", "weeks_per_year = true", "weeks_per_year: expected a whole number or a quoted decimal"),
        ("weeks_per_year = 39", "weeks_per_year = 0", "framework.toml, weeks_per_year: expected above 0 and up to 53"),
        ("weeks_per_year = 39", "weeks_per_year = 54", "framework.toml, weeks_per_year: expected above 0 and up to 53"),
        ("days_per_year = 190", "days_per_year = 367", "framework.toml, days_per_year: expected above 0 and up to 366"),
        (
            'legal_status = "in_force"',
            'legal_status = "in-force"',
            (
                "framework.toml, legal_status: 'in-force': expected in_force, superseded, consultation, illustrative; "
                "did you mean in_force?"
            ),
        ),
        (
            'year_basis = "financial"',
            'year_basis = "fiscal"',
            "framework.toml, year_basis: 'fiscal': expected financial, academic",
        ),
        (
            'method = "calendar_days"',
            'method = "calender_days"',
            (
                "proration.method: 'calender_days': expected calendar_days, school_days, months, terms; "
                "did you mean calendar_days?"
            ),
        ),
        (
            'rule = "highest_level"',
            'rule = "highest"',
            (
                "banding.rule: 'highest': expected highest_level, weighted_score, primary_need, assigned; "
                "did you mean highest_level?"
            ),
        ),
        (
            'jurisdiction = "878"',
            'jurisdiction = "000"',
            "framework.toml, jurisdiction: '000': expected a local authority's code, or england",
        ),
        (
            "effective_from = 2020-04-01",
            "effective_from = 2020-04-01\neffective_to = 2020-03-31",
            "framework.toml, effective_to: 2020-03-31 is before effective_from, 2020-04-01",
        ),
        ("effective_from = 2020-04-01", 'effective_from = "2020-04-01"', "framework.toml, effective_from: "),
        ('remainder = "spread"', "count_day = 29", "framework.toml, proration.count_day"),
        (
            'primary_needs = ["SEMH"]',
            'primary_needs = ["SEHM"]',
            "framework.toml, need_areas.social.primary_needs: 'SEHM': expected ",
        ),
        (
            'primary_needs = ["SEMH"]',
            'primary_needs = ["SLD"]',
            "framework.toml, need_areas.social.primary_needs: SLD is already in learning",
        ),
        ('code = "social"', 'code = "learning"', "framework.toml, need_areas: area 'learning' stands 2 times"),
        ('code = "social"', 'code = "So cial"', "framework.toml, need_areas[2].code: 'So cial': "),
        (
            'rule = "highest_level"',
            'rule = "highest_level"\n[banding.weights]\nlearning = [0, 1, 2, 3]',
            "framework.toml, banding.weights: weights go with the rule weighted_score only",
        ),
        (
            'rule = "highest_level"',
            'rule = "weighted_score"\n[banding.weights]\nlearning = [0, 1, 2]\nsocal = [1]',
            "framework.toml, banding.weights.learning: has 3 weights for 4 levels",
        ),
        (
            'rule = "highest_level"',
            'rule = "weighted_score"\n[banding.weights]\nlearning = [0, 1, 2, 3]\nsocal = [1]',
            (
                "framework.toml, banding.weights.socal: is no area of need; expected learning, social; "
                "did you mean social?"
            ),
        ),
        (
            'rule = "highest_level"',
            'rule = "weighted_score"\n[banding.weights]\nlearning = [0, 1, 2, 3]',
            "framework.toml, banding.weights.social: the area has no weights",
        ),
        (
            'rule = "highest_level"',
            'rule = "weighted_score"\n[banding.weights]\nlearning = [0, 1.5, 2, 3]',
            "framework.toml, banding.weights.learning[2]: expected a whole number or a quoted decimal",
        ),
        (
            'rule = "highest_level"',
            'rule = "weighted_score"\n[banding.weights]\nlearning = [0, 1, 2, 3]\nsocial = [0, 1, 2, 3]',
            "bands.csv, minimum_score: the rule weighted_score needs it on at least one band",
        ),
        (
            'rule = "highest_level"',
            'rule = "highest_level"\n[banding.permitted]\nmainstraem = ["B1"]',
            "framework.toml, banding.permitted.mainstraem: expected ",
        ),
        (
            'rule = "highest_level"',
            'rule = "highest_level"\n[banding.permitted]\nmainstream = ["B9"]',
            "framework.toml, banding.permitted.mainstream: 'B9' is no band; expected B1, B2, B3",
        ),
        (
            'rule = "highest_level"',
            'rule = "highest_level"\n[banding.provision_shift]\nspecail = 1',
            "did you mean special?",
        ),
        (
            'rule = "highest_level"',
            'rule = "highest_level"\n[banding.co_occurrence]\nareas = 2\nlevel = 2\nraise = 0',
            "framework.toml, banding.co_occurrence.raise: 0: input should be greater than or equal to 1",
        ),
        (
            'method = "calendar_days"\nremainder = "spread"',
            'method = "months"',
            'framework.toml, proration.count_day: the method months needs a count day: 1 to 28, or "last"',
        ),
        (
            'method = "calendar_days"\nremainder = "spread"',
            'method = "months"\ncount_day = 15\nremainder = "last"',
            "framework.toml, proration.remainder: goes with calendar_days and school_days only",
        ),
        (
            'remainder = "spread"',
            "school_terms = [{ start = 2025-09-01, end = 2025-08-31 }]",
            "framework.toml, proration.school_terms[1]: ends on 2025-08-31, before it starts on 2025-09-01",
        ),
        (
            'remainder = "spread"',
            "school_terms = [{ start = 2025-09-01, end = 2025-12-19 }, { start = 2025-12-19, end = 2026-02-13 }]",
            "framework.toml, proration.school_terms[2]: starts on 2025-12-19, and another term ends on 2025-12-19",
        ),
        (
            'method = "calendar_days"\nremainder = "spread"',
            (
                'method = "terms"\nterms = [{ start = 2025-04-01, end = 2025-07-31, share = "1/2", '
                "count_date = 2025-08-01 }]"
            ),
            "framework.toml, proration.terms[1].count_date: 2025-08-01 is outside the term",
        ),
        (
            'method = "calendar_days"\nremainder = "spread"',
            (
                'method = "terms"\nterms = [{ start = 2025-04-01, end = 2025-07-31, share = "5/12", '
                "count_date = 2025-05-15 }]"
            ),
            "framework.toml, proration.terms: the shares of the year from 2025-04-01 add to 5/12, not to 1",
        ),
        (
            'method = "calendar_days"\nremainder = "spread"',
            (
                'method = "terms"\nterms = [{ start = 2025-04-01, end = 2025-07-31, share = 0.5, '
                "count_date = 2025-05-15 }]"
            ),
            'framework.toml, proration.terms[1].share: expected a quoted share of the year, such as "5/12"',
        ),
        (
            'method = "calendar_days"\nremainder = "spread"',
            (
                'method = "terms"\nterms = [{ start = 2025-04-01, end = 2025-07-31, share = "half", '
                "count_date = 2025-05-15 }]"
            ),
            "framework.toml, proration.terms[1].share: 'half' is not a share of the year, such as \"5/12\"",
        ),
        (
            'method = "calendar_days"\nremainder = "spread"',
            (
                'method = "terms"\nterms = [{ start = 2025-04-01, end = 2025-07-31, share = "1/1000001", '
                "count_date = 2025-05-15 }]"
            ),
            "is not a share above 0 and up to 1, in millionths at the finest",
        ),
        (
            'method = "calendar_days"\nremainder = "spread"',
            (
                'method = "terms"\nterms = [{ start = 2025-04-01, end = 2025-07-31, share = "1/0", '
                "count_date = 2025-05-15 }]"
            ),
            "'1/0' is not a share of the year",
        ),
        (
            'id = "s"\ntitle',
            'id = "s"\ntitle = "A"\n[[sources]]\nid = "s"\ntitle',
            "sources: source 's' stands 2 times",
        ),
        (
            'publisher = "Example County Council"\nurl',
            'status = "derived"\nurl',
            "framework.toml, sources.s.working: is blank, and a derived value shows its working",
        ),
        ('id = "s"', 'id = "policy"', "bands.csv, row 2, source_id: 's' is none of the sources in framework.toml"),
        ('id = "s"', 'id = "ss"', "'s' is none of the sources in framework.toml; did you mean ss?"),
    ],
)
def test_what_is_wrong_with_the_header_is_said_with_its_key(tmp_path: Path, old: str, new: str, expected: str) -> None:
    found = [line for line in problems(tmp_path, framework_toml=toml(old, new)) if line.startswith("error")]
    assert any(expected in line for line in found), found
    with pytest.raises(FrameworkError) as refused:
        load_version(tmp_path)
    assert expected in str(refused.value)
    assert all(problem.severity == "error" for problem in refused.value.problems)


@pytest.mark.parametrize("text", ["id = ", "id = 'a'\nid = 'b'", "[sources"])
def test_a_file_that_is_no_toml_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, framework_toml=text)[0].startswith("error: framework.toml: is not a UTF-8 TOML file: ")


def test_a_header_that_is_not_in_utf_8_is_said_not_to_be(tmp_path: Path) -> None:
    folder = write_version(tmp_path)
    (folder / "framework.toml").write_bytes(TOML.replace("By hand", "Caf\u00e9").encode("cp1252"))
    assert "is not a UTF-8 TOML file" in read_version(folder)[1][0].text()


def test_every_problem_of_every_file_is_said_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        framework_toml=toml('version = "2025-26"\n', ""),
        bands_csv=BANDS.replace("B2,2", "B2,two"),
        tariffs_csv=TARIFFS.replace("12132.00", "TBC"),
    )
    assert len(found) == 3
    assert [line.split(",")[0].removeprefix("error: ").split(":")[0] for line in found] == [
        "framework.toml",
        "bands.csv",
        "tariffs.csv",
    ]


# ---- warnings


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"framework_toml": toml('url = "https://www.example.gov.uk/bands"\n', "")},
            "framework.toml, sources.s: has no page address or no last_checked_on, so nobody can check it",
        ),
        (
            {"framework_toml": toml('remainder = "spread"', "count_day = 15")},
            "framework.toml, proration.count_day: isn't used: it goes with the method months",
        ),
        (
            {"framework_toml": toml('remainder = "spread"', "closed = [2025-05-05]")},
            "framework.toml, proration.closed: isn't used: it goes with the method school_days",
        ),
        (
            {"tariffs_csv": TARIFFS.replace("12132.00,,,no", "12132.00,,,yes")},
            "tariffs.csv, row 3, area_cost: says yes, and the version has no area_costs.csv",
        ),
    ],
)
def test_a_warning_does_not_keep_a_version_from_being_used(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    framework, found = read_version(write_version(tmp_path, **files))
    assert framework is not None
    assert f"warning: {expected}" in [f"{p.severity}: {p.text()}" for p in found]


def test_errors_stand_before_warnings(tmp_path: Path) -> None:
    text = toml('url = "https://www.example.gov.uk/bands"\n', "").replace('jurisdiction = "878"', 'jurisdiction = "1"')
    severities = [line.split(":")[0] for line in problems(tmp_path, framework_toml=text)]
    assert severities == ["error", "warning"]


# ---- tables

BAD_TABLES = [
    ("bands_csv", "", "bands.csv: is empty"),
    ("bands_csv", BANDS.replace("descriptor", "describer"), "row 1, describer: is not a column of this file"),
    ("bands_csv", BANDS.replace("descriptor", "describer"), "did you mean descriptor?"),
    ("bands_csv", BANDS.replace("descriptor", "describer"), "descriptor: is a column of this file and isn't there"),
    ("bands_csv", BANDS.replace("descriptor", "title"), "bands.csv, row 1, title: stands more than once in the header"),
    ("bands_csv", BANDS.replace("descriptor", ""), "bands.csv, row 1, (blank): is not a column of this file"),
    ("bands_csv", row(BANDS, "B4,4,Band 4,,,s"), "bands.csv, row 5: has 6 cells where the header has 7"),
    ("bands_csv", row(BANDS, 'B4,4,"Band'), "bands.csv: is not a CSV file: "),
    ("bands_csv", row(BANDS, "B1,4,Again,,,,s"), "bands.csv, row 5, band: band 'B1' is already on row 2"),
    ("bands_csv", row(BANDS, "B4,3,Again,,,,s"), "bands.csv, row 5, order: order 3 is already on row 4"),
    ("bands_csv", row(BANDS, ",4,Band,,,,s"), "bands.csv, row 5, band: is blank and must be given"),
    ("bands_csv", row(BANDS, "B4,,Band,,,,s"), "bands.csv, row 5, order: is blank and must be given"),
    ("bands_csv", row(BANDS, "B4,4th,Band,,,,s"), "row 5, order: '4th' is not a whole number; expected"),
    ("bands_csv", row(BANDS, "B4,0,Band,,,,s"), "row 5, order: 0: expected a whole number, 1 for the lowest"),
    ("bands_csv", row(BANDS, "B4,4,Band,,-1,,s"), "bands.csv, row 5, level: a level or a score is not below 0"),
    ("bands_csv", row(BANDS, "B4,4,Band,x,,,s"), "row 5, minimum_score: 'x' is not a decimal number; expected a score"),
    ("bands_csv", row(BANDS, "B4,4,Band,,3,,s"), "row 5, level: must rise with order, and doesn't from B3 to B4"),
    ("bands_csv", row(BANDS, "B4,4,Band,,,,"), "bands.csv, row 5, source_id: is blank and must be given"),
    ("bands_csv", row(BANDS, "B4,4,Band,,,,x"), "row 5, source_id: 'x' is none of the sources"),
    ("bands_csv", row(BANDS, "none,4,Band,,,,s"), "bands.csv, band: 'none' says that no band was reached"),
    (
        "bands_csv",
        BANDS.replace(",1,,s", ",,,s").replace(",2,,s", ",,,s").replace(",3,,s", ",,,s"),
        "bands.csv, level: the rule highest_level needs it on at least one band",
    ),
    ("tariffs_csv", row(TARIFFS, "specail,,,,tariff,year,1,,,no,s"), "row 9, provision: 'specail': expected "),
    ("tariffs_csv", row(TARIFFS, "specail,,,,tariff,year,1,,,no,s"), "did you mean special?"),
    ("tariffs_csv", row(TARIFFS, ",,,,tariff,year,1,,,no,s"), "row 9, provision: is blank and must be given"),
    ("tariffs_csv", row(TARIFFS, "special,,B9,,tariff,year,1,,,no,s"), "row 9, band: 'B9' is no band of bands.csv"),
    ("tariffs_csv", row(TARIFFS, "special,,,prim,tariff,year,1,,,no,s"), "row 9, phase: 'prim': expected early_years"),
    ("tariffs_csv", row(TARIFFS, "special,,,,fixed,year,1,,,no,s"), "'fixed': expected tariff, agreed"),
    ("tariffs_csv", row(TARIFFS, "special,,,,,year,1,,,no,s"), "row 9, price_basis: is blank and must be given"),
    ("tariffs_csv", row(TARIFFS, "special,,,,tariff,term,1,,,no,s"), "'term': expected year, week, day, hour"),
    ("tariffs_csv", row(TARIFFS, "special,,,,tariff,,1,,,no,s"), "row 9, unit: is blank and must be given"),
    ("tariffs_csv", row(TARIFFS, "special,,,,tariff,year,,,,no,s"), "row 9, rate: is blank and must be given"),
    ("tariffs_csv", row(TARIFFS, "special,,,,tariff,year,1,,,,s"), "row 9, area_cost: is blank and must be given"),
    ("tariffs_csv", row(TARIFFS, "special,,,,tariff,year,1,,,true,s"), "'true': expected yes, no"),
    (
        "tariffs_csv",
        row(TARIFFS, "special,,,,tariff,year,1.234,,,no,s"),
        "row 9, rate: '1.234' has more than 2 decimal places; expected pounds with at most two decimals",
    ),
    (
        "tariffs_csv",
        row(TARIFFS, "special,,,,tariff,year,1000000.01,,,no,s"),
        "row 9, rate: '1000000.01': expected £0 to £1,000,000.00",
    ),
    ("tariffs_csv", row(TARIFFS, "special,,,,tariff,year,-1,,,no,s"), "row 9, rate: '-1': expected £0 to"),
    ("tariffs_csv", row(TARIFFS, "special,,,,tariff,year,1,2.00,1.99,no,s"), "row 9, minimum: is above the maximum"),
    (
        "tariffs_csv",
        row(TARIFFS, "special,,B1,,agreed,year,1,,,no,s"),
        "row 9, provision: a rate that fits the same (special / any / B1 / any) is already on row 2",
    ),
    (
        "tariffs_csv",
        TARIFFS + "special,100002,,,tariff,year,1,,,no,s\nspecial,100002.0,,,tariff,year,1,,,no,s\n",
        "row 10, provision: a rate that fits the same (special / 100002 / any / any) is already on row 9",
    ),
    ("tariffs_csv", row(TARIFFS, "special,,,,tariff,year,1,,,no,"), "row 9, source_id: is blank and must be given"),
    ("places_csv", row(PLACES, "special,primary,occupied,1,s"), "row 3, phase: 'primary': expected pre16, post16"),
    ("places_csv", row(PLACES, "special,pre16,full,1,s"), "'full': expected commissioned, occupied, unoccupied"),
    ("places_csv", row(PLACES, "special,pre16,occupied,,s"), "row 3, rate: is blank and must be given"),
    ("places_csv", row(PLACES, "special,pre16,commissioned,1,s"), "provision: the same place rate is already on row 2"),
    ("uplifts_csv", row(UPLIFTS, "transport,Again,amount,1,,s"), "row 5, code: uplift 'transport' is already on row 2"),
    ("uplifts_csv", row(UPLIFTS, "a;b,Two,amount,1,,s"), "row 5, code: 'a;b': a semicolon separates codes"),
    ("uplifts_csv", row(UPLIFTS, "a,A,factor,1,,s"), "row 5, kind: 'factor': expected amount, percent"),
    ("uplifts_csv", row(UPLIFTS, "a,A,amount,,,s"), "row 5, value: is blank and must be given"),
    ("uplifts_csv", row(UPLIFTS, "a,A,amount,1000000.01,,s"), "row 5, value: an amount runs up to £1,000,000.00"),
    ("uplifts_csv", row(UPLIFTS, "a,A,percent,100.000001,,s"), "row 5, value: a percentage runs from -100 to 100"),
    ("uplifts_csv", row(UPLIFTS, "a,A,percent,-100.1,,s"), "row 5, value: a percentage runs from -100 to 100"),
    ("uplifts_csv", row(UPLIFTS, "a,A,percent,10%,,s"), "'10%' is not a decimal number; expected a percentage"),
    ("uplifts_csv", row(UPLIFTS, "a,A,amount,1,special;ap,s"), "row 5, provisions: 'ap': expected "),
    ("area_costs_csv", row(AREA_COSTS, "Devon,1,s"), "row 3, la_code: 'Devon': expected "),
    ("area_costs_csv", row(AREA_COSTS, "878,1,s"), "row 3, la_code: local authority 878 is already on row 2"),
    ("area_costs_csv", row(AREA_COSTS, "879,0,s"), "row 3, factor: '0': expected above 0 and up to 10"),
    ("area_costs_csv", row(AREA_COSTS, "879,10.000001,s"), "row 3, factor: '10.000001': expected above 0 and up to 10"),
    ("area_costs_csv", row(AREA_COSTS, "879,,s"), "row 3, factor: is blank and must be given"),
    ("area_costs_csv", row(AREA_COSTS, "879,1.0000001,s"), "expected a decimal with at most six places"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "text", "expected"), BAD_TABLES)
def test_what_is_wrong_with_a_table_is_said_with_its_row_and_column(
    tmp_path: Path, file: str, text: str, expected: str
) -> None:
    found = [line for line in problems(tmp_path, **{file: text}) if line.startswith("error")]
    assert any(expected in line for line in found), found


@pytest.mark.parametrize("unit", ["week", "hour", "day"])
def test_a_rate_for_part_of_a_year_needs_the_year_s_length(tmp_path: Path, unit: str) -> None:
    text = toml("weeks_per_year = 39\ndays_per_year = 190\n", "")
    tables = f"{TARIFFS.splitlines()[0]}\nspecial,,,,tariff,{unit},1,,,no,s\n"
    key = "days_per_year" if unit == "day" else "weeks_per_year"
    assert problems(tmp_path, framework_toml=text, tariffs_csv=tables) == [
        f"error: tariffs.csv, row 2, unit: a rate by the {unit} needs {key} in framework.toml"
    ]


def test_a_table_in_another_encoding_is_said_to_be(tmp_path: Path) -> None:
    folder = write_version(tmp_path)
    (folder / "bands.csv").write_bytes(BANDS.replace("Band 1", "B\u00e4nd").encode("cp1252"))
    assert read_version(folder)[1][0].text() == "bands.csv: is not in UTF-8; save it as CSV UTF-8"


def test_a_table_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    folder = write_version(tmp_path)
    with (folder / "places.csv").open("wb") as file:
        file.truncate(50_000_001)
    assert read_version(folder)[1][0].text() == "places.csv: the file is above 50 MB"


def test_scores_that_do_not_rise_are_refused(tmp_path: Path) -> None:
    bands = BANDS.replace("Band 1,,1", "Band 1,4,").replace("Band 2,,2", "Band 2,4,").replace("Band 3,,3", "Band 3,9,")
    rule = '"weighted_score"\n[banding.weights]\nlearning = [0, 1, 2, 3]\nsocial = [0, 1, 2, 3]'
    found = problems(tmp_path, bands_csv=bands, framework_toml=toml('"highest_level"', rule))
    assert found == ["error: bands.csv, row 3, minimum_score: must rise with order, and doesn't from B1 to B2"]


def test_a_cell_that_can_t_be_read_is_not_blamed_on_another_row(tmp_path: Path) -> None:
    lines = "B4,x,Band,,,,s\nB5,y,Band,,,,s\n,6,Band,,,,s\n,7,Band,,,,s\n"
    found = problems(tmp_path, bands_csv=BANDS + lines)
    assert len(found) == 4
    assert not any("already on row" in line for line in found)


# ---- values


def test_a_version_is_in_effect_on_its_first_and_last_day() -> None:
    framework = a_framework(effective_from="2025-04-01", effective_to="2026-03-31")
    effect = [framework.in_effect(date.fromisoformat(day)) for day in ("2025-03-31", "2025-04-01", "2026-03-31")]
    assert effect == [False, True, True]
    assert not framework.in_effect(date(2026, 4, 1))
    assert a_framework(effective_from="2025-04-01").in_effect(date(2099, 1, 1))


@pytest.mark.parametrize(
    ("status", "named"),
    [("in_force", False), ("superseded", False), ("consultation", True), ("illustrative", True)],
)
def test_only_a_consultation_and_an_illustration_are_used_by_name_alone(status: str, named: bool) -> None:
    assert a_framework(legal_status=status).needs_naming is named


@pytest.mark.parametrize(
    ("proration", "whole_months"),
    [
        ({}, False),
        ({"remainder": "last"}, True),
        ({"method": "school_days"}, False),
        ({"method": "school_days", "remainder": "last"}, True),
        ({"method": "months", "count_day": 15}, True),
        ({"method": "terms"}, True),
    ],
)
def test_a_method_that_can_t_cut_a_month_says_so(proration: dict[str, object], whole_months: bool) -> None:
    assert a_framework(proration=proration).header.proration.needs_whole_months is whole_months


def test_a_version_never_changes() -> None:
    framework = a_framework(a_tariff())
    with pytest.raises(AttributeError):
        framework.tariffs[0].rate_pence = 1  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        setattr(framework.header, "title", "another")  # noqa: B010 - the checker knows that it can't be set
    with pytest.raises(AttributeError):
        framework.tariffs = ()  # type: ignore[misc]


def test_a_problem_is_one_line_with_its_place() -> None:
    assert Problem("error", "a.csv", 3, "rate", "is blank").text() == "a.csv, row 3, rate: is blank"
    assert Problem("error", "a.csv", None, "", "is empty").text() == "a.csv: is empty"
    assert str(FrameworkError("nothing can be used")) == "nothing can be used"
    assert FrameworkError("nothing can be used").problems == ()
