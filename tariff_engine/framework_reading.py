"""Read a framework version from its folder, and say everything that is wrong with it."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from pydantic import ValidationError

from tariff_engine import money
from tariff_engine.cells import read_provider_id
from tariff_engine.errors import FrameworkError, Problem
from tariff_engine.framework import AreaCost, Band, Framework, Header, PlaceRate, Tariff, Uplift
from tariff_engine.framework_checks import check_consistency
from tariff_engine.toml_files import read_toml
from tariff_engine.vocabulary import nearest, one_of, vocabulary

HEADER_FILE = "framework.toml"
MOST_BYTES = 50_000_000
MOST_PROBLEMS = 50
MOST_NAME = 64
MOST_ROWS = 500_000

COLUMNS: dict[str, tuple[str, ...]] = {
    "bands.csv": ("band", "order", "title", "minimum_score", "level", "descriptor", "source_id"),
    "tariffs.csv": (
        *("provision", "provider_id", "band", "phase", "price_basis", "unit"),
        *("rate", "minimum", "maximum", "area_cost", "source_id"),
    ),
    "places.csv": ("provision", "phase", "occupancy", "rate", "source_id"),
    "uplifts.csv": ("code", "title", "kind", "value", "provisions", "source_id"),
    "area_costs.csv": ("la_code", "factor", "source_id"),
}
REQUIRED_FILES = (HEADER_FILE, "bands.csv", "tariffs.csv")
_OPTIONAL_COLUMNS = {"provider_id"}

# Where a key may be one thing or another, the checker names the alternative as if it were a key.
_ALTERNATIVE = re.compile(r"constrained-|literal\[|function-", re.ASCII)

T = TypeVar("T")


def read_version(folder: Path) -> tuple[Framework | None, list[Problem]]:
    """Read the version in a folder.

    Returns
    -------
    The framework, or None where an error stands against it; and every problem, errors first.
    """
    contents, problems = _contents(folder)
    reader = _Reader(problems)
    header = _header(contents[HEADER_FILE], reader) if HEADER_FILE in contents else None
    if header is not None:
        reader.sources = frozenset(source.id for source in header.sources)
    tables = {name: reader.table(name, contents[name]) for name in COLUMNS if name in contents}
    if header is None or any(problem.severity == "error" for problem in problems):
        return None, _errors_first(problems)
    framework = Framework(
        header=header,
        bands=tuple(sorted(tables["bands.csv"], key=lambda band: band.order)),
        tariffs=tuple(tables["tariffs.csv"]),
        place_rates=tuple(tables.get("places.csv", ())),
        uplifts={uplift.code: uplift for uplift in tables.get("uplifts.csv", ())},
        area_costs={area.la_code: area for area in tables.get("area_costs.csv", ())},
        content_hash=content_hash(contents),
    )
    problems += check_consistency(framework)
    failed = any(problem.severity == "error" for problem in problems)
    return (None if failed else framework), _errors_first(problems)


def load_version(folder: Path) -> Framework:
    """Read the version in a folder, or raise FrameworkError with every problem."""
    framework, problems = read_version(folder)
    if framework is None:
        raise FrameworkError([problem for problem in problems if problem.severity == "error"])
    return framework


def content_hash(contents: Mapping[str, bytes]) -> str:
    """SHA-256 over the version's files by sorted name, each as name, NUL, bytes, NUL."""
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(name.encode() + b"\0" + contents[name] + b"\0")
    return digest.hexdigest()


def _errors_first(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.severity != "error")


def _contents(folder: Path) -> tuple[dict[str, bytes], list[Problem]]:
    contents: dict[str, bytes] = {}
    problems: list[Problem] = []
    for name in (HEADER_FILE, *COLUMNS):
        path = folder / name
        if not path.is_file():
            if name in REQUIRED_FILES:
                problems.append(Problem("error", name, None, "", f"there is no such file in {folder.name}"))
            continue
        if path.stat().st_size > MOST_BYTES:
            problems.append(Problem("error", name, None, "", f"the file is above {MOST_BYTES // 1_000_000} MB"))
            continue
        contents[name] = path.read_bytes()
    strays = sorted(path.name for path in folder.glob("*.csv") if path.name not in COLUMNS)
    problems += [
        Problem("warning", stray, None, "", f"isn't a file of a version; {one_of(stray, list(COLUMNS))}")
        for stray in strays[:MOST_PROBLEMS]
    ]
    return contents, problems


def _header(content: bytes, reader: _Reader) -> Header | None:
    try:
        return Header.model_validate(_with_tuples(read_toml(content)))
    except ValidationError as error:
        _note_problems(error, reader)
    except ValueError as error:
        reader.error(HEADER_FILE, None, "", str(error))
    return None


def _note_problems(error: ValidationError, reader: _Reader) -> None:
    """One problem a key, up to a number that a person would read."""
    said: dict[str, list[str]] = {}
    details = error.errors(include_url=False)
    for detail in details[:MOST_PROBLEMS]:
        said.setdefault(_key(detail["loc"]), []).append(_expected(cast(Mapping[str, Any], detail)))
    for key, messages in said.items():
        reader.error(HEADER_FILE, None, key, "; or ".join(messages))
    if len(details) > MOST_PROBLEMS:
        reader.error(HEADER_FILE, None, "", f"and {len(details) - MOST_PROBLEMS:,} problems more")


def _with_tuples(value: Any) -> Any:
    """The same tables with tuples for lists, as a framework never changes."""
    if isinstance(value, dict):
        return {key: _with_tuples(part) for key, part in value.items()}
    return tuple(_with_tuples(part) for part in value) if isinstance(value, list) else value


def _key(location: Sequence[int | str]) -> str:
    """A place in the file as its author sees it: ``proration.terms[2].share``, counting from 1."""
    key = ""
    for part in location:
        if isinstance(part, str) and _ALTERNATIVE.match(part):
            continue
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def _expected(detail: Mapping[str, Any]) -> str:
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        near = nearest(str(detail["loc"][-1]), _known_keys())
        return "is not a key of a framework" + (f"; did you mean {near}?" if near else "")
    if kind == "missing":
        return "is required and isn't there"
    message = str(detail["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return message
    shown = repr(given) if len(repr(given)) <= 60 else f"{type(given).__name__}"
    if kind in ("literal_error", "enum"):
        choices = [
            c.strip(" '") for c in str(detail.get("ctx", {}).get("expected", "")).replace(" or ", ",").split(",")
        ]
        return f"{shown}: {one_of(str(given), choices)}"
    return f"{shown}: {message[:1].lower()}{message[1:]}"


def _known_keys() -> set[str]:
    from tariff_engine import framework as parts

    models = (
        parts.Header,
        parts.Source,
        parts.NeedArea,
        parts.Banding,
        parts.CoOccurrence,
        parts.Proration,
        parts.Term,
        parts.SchoolTerm,
    )
    return {info.alias or name for model in models for name, info in model.model_fields.items()}


@dataclass
class _Reader:
    """Reads the CSV files of a version and notes each problem with its file, row and column."""

    problems: list[Problem]
    sources: frozenset[str] | None = None
    _seen: dict[tuple[str, Any], int] = field(default_factory=dict)

    def error(self, file: str, row: int | None, column: str, message: str) -> None:
        self.problems.append(Problem("error", file, row, column, message))

    def table(self, name: str, content: bytes) -> list[Any]:
        make: Callable[[_Row], Any] = _MAKERS[name]
        try:
            lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
        except UnicodeDecodeError:
            self.error(name, None, "", "is not in UTF-8; save it as CSV UTF-8")
            return []
        except csv.Error as error:
            self.error(name, None, "", f"is not a CSV file: {error}")
            return []
        if not lines or len(lines) > MOST_ROWS:
            self.error(name, None, "", "is empty" if not lines else f"has more than {MOST_ROWS:,} rows")
            return []
        header = [cell.strip() for cell in lines[0]]
        if not self._check_header(name, header):
            return []
        made = []
        for number, cells in enumerate(lines[1:], start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                self.error(name, number, "", f"has {len(cells)} cells where the header has {len(header)}")
                continue
            before = len(self.problems)
            value = make(_Row(self, name, number, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
            if len(self.problems) == before:
                made.append(value)
        return made

    def once(self, name: str, row: int, column: str, key: Any, what: str) -> None:
        """Note a key that an earlier row has; a blank or unread one is noted where it is read."""
        if not key:
            return
        first = self._seen.setdefault((name, key), row)
        if first != row:
            self.error(name, row, column, f"{what} is already on row {first}")

    def _check_header(self, name: str, header: Sequence[str]) -> bool:
        before = len(self.problems)
        known = COLUMNS[name]
        for column in header:
            if column not in known:
                self.error(name, 1, column or "(blank)", f"is not a column of this file; {one_of(column, known)}")
            elif header.count(column) > 1:
                self.error(name, 1, column, "stands more than once in the header")
        for column in known:
            if column not in header and column not in _OPTIONAL_COLUMNS:
                self.error(name, 1, column, "is a column of this file and isn't there")
        return len(self.problems) == before


@dataclass(frozen=True)
class _Row:
    """One row of a CSV file, read cell by cell."""

    reader: _Reader
    file: str
    number: int
    cells: Mapping[str, str]

    def error(self, column: str, message: str) -> None:
        self.reader.error(self.file, self.number, column, message)

    def text(self, column: str, required: bool = False) -> str:
        value = self.cells.get(column, "")
        if required and not value:
            self.error(column, "is blank and must be given")
        return value

    def name(self, column: str) -> str:
        """A code that other files name: short, printable, and nothing that a spreadsheet would run."""
        value = self.text(column, required=True)
        if ";" in value:
            self.error(column, f"{value[:MOST_NAME]!r}: a semicolon separates codes, so it can't be in one")
        elif value and not (value.isprintable() and len(value) <= MOST_NAME and value[0] not in "=+-@"):
            self.error(column, f"{value[:MOST_NAME]!r}: expected up to {MOST_NAME} printable characters")
        return value

    def choice(self, column: str, choices: Sequence[str], required: bool = True) -> Any:
        value = self.text(column, required)
        if value and value not in choices:
            self.error(column, f"{value!r}: {one_of(value, choices)}")
        return value

    def number_from(self, column: str, parse: Callable[[str], T], what: str, required: bool = False) -> T | None:
        value = self.text(column, required)
        if not value:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.error(column, f"{value!r} {error}; expected {what}")
            return None

    def pounds(self, column: str, required: bool = False) -> int | None:
        pence = self.number_from(column, money.parse_pounds, "pounds with at most two decimals", required)
        if pence is not None and not 0 <= pence <= money.MAX_RATE_PENCE:
            self.error(column, f"{self.cells[column]!r}: expected £0 to {money.show_pounds(money.MAX_RATE_PENCE)}")
        return pence

    def source(self) -> str:
        source_id, known = self.text("source_id", required=True), self.reader.sources
        if source_id and known is not None and source_id not in known:
            near = nearest(source_id, known)
            hint = f"; did you mean {near}?" if near else ""
            self.error("source_id", f"{source_id!r} is none of the sources in {HEADER_FILE}{hint}")
        return source_id


def _band(row: _Row) -> Band:
    code = row.name("band")
    row.reader.once(row.file, row.number, "band", code and ("band", code), f"band {code!r}")
    order = row.number_from("order", _whole, "a whole number, 1 for the lowest", required=True)
    row.reader.once(row.file, row.number, "order", order and ("order", order), f"order {order}")
    return Band(
        row=row.number,
        code=code,
        order=order or 0,
        title=row.text("title"),
        minimum_score=row.number_from("minimum_score", money.parse_factor, "a score"),
        level=row.number_from("level", _whole, "a whole level"),
        descriptor=row.text("descriptor"),
        source_id=row.source(),
    )


def _tariff(row: _Row) -> Tariff:
    basis = row.choice("price_basis", ("tariff", "agreed"))
    rate = row.pounds("rate", required=basis == "tariff")
    tariff = Tariff(
        row=row.number,
        provision=row.choice("provision", list(vocabulary().provisions)),
        provider_id=read_provider_id(row.text("provider_id")).value,
        band=row.text("band"),
        phase=row.choice("phase", list(vocabulary().phases), required=False),
        price_basis=basis,
        unit=row.choice("unit", ("year", "week", "day", "hour"), required=rate is not None) or "year",
        rate_pence=rate,
        minimum_pence=row.pounds("minimum"),
        maximum_pence=row.pounds("maximum"),
        area_cost=row.choice("area_cost", ("yes", "no"), required=rate is not None) == "yes",
        source_id=row.source(),
    )
    row.reader.once(
        row.file,
        row.number,
        "provision",
        tariff.key,
        f"a rate that fits the same ({' / '.join(k or 'any' for k in tariff.key)})",
    )
    if (
        tariff.minimum_pence is not None
        and tariff.maximum_pence is not None
        and tariff.minimum_pence > tariff.maximum_pence
    ):
        row.error("minimum", "is above the maximum")
    return tariff


def _place_rate(row: _Row) -> PlaceRate:
    rate = PlaceRate(
        provision=row.choice("provision", list(vocabulary().provisions)),
        phase=row.choice("phase", ("pre16", "post16")),
        occupancy=row.choice("occupancy", ("commissioned", "occupied", "unoccupied")),
        rate_pence=row.pounds("rate", required=True) or 0,
        source_id=row.source(),
    )
    row.reader.once(
        row.file, row.number, "provision", (rate.provision, rate.phase, rate.occupancy), "the same place rate"
    )
    return rate


def _uplift(row: _Row) -> Uplift:
    code = row.name("code")
    row.reader.once(row.file, row.number, "code", code, f"uplift {code!r}")
    kind: Literal["amount", "percent"] = row.choice("kind", ("amount", "percent"))
    if kind == "percent":
        value = row.number_from("value", money.parse_factor, "a percentage, 10 for 10%", required=True) or 0
        if abs(value) > 100 * money.MILLION:
            row.error("value", "a percentage runs from -100 to 100")
    else:
        value = row.number_from("value", money.parse_pounds, "pounds a year", required=True) or 0
        if abs(value) > money.MAX_RATE_PENCE:
            row.error("value", f"an amount runs up to {money.show_pounds(money.MAX_RATE_PENCE)}")
    provisions = tuple(part.strip() for part in row.text("provisions").split(";") if part.strip())
    for provision in provisions:
        if provision not in vocabulary().provisions:
            row.error("provisions", f"{provision!r}: {one_of(provision, list(vocabulary().provisions))}")
    return Uplift(code, row.text("title"), kind, value, provisions, row.source())


def _area_cost(row: _Row) -> AreaCost:
    la_code = row.choice("la_code", [*vocabulary().local_authorities, *vocabulary().former_authorities])
    row.reader.once(row.file, row.number, "la_code", la_code, f"local authority {la_code}")
    factor = row.number_from("factor", money.parse_factor, "a decimal with at most six places", required=True)
    if factor is not None and not 0 < factor <= 10 * money.MILLION:
        row.error("factor", f"{row.cells['factor']!r}: expected above 0 and up to 10")
    return AreaCost(la_code, factor or 0, row.source())


_MAKERS: dict[str, Callable[[_Row], Any]] = {
    "bands.csv": _band,
    "tariffs.csv": _tariff,
    "places.csv": _place_rate,
    "uplifts.csv": _uplift,
    "area_costs.csv": _area_cost,
}


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ValueError("is not a whole number")
    return int(text)
