"""Scenarios: named changes to a framework, as data. They add up in order, and the baseline is never touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from scenarios.levers import ChangeRates, Lever, SetRate, UseFramework
from tariff_engine import money
from tariff_engine.errors import UsageError
from tariff_engine.framework import Framework, Tariff
from tariff_engine.framework_header import Source
from tariff_engine.framework_library import load_frameworks
from tariff_engine.toml_files import read_toml, write_toml
from tariff_engine.vocabulary import nearest, one_of

MOST_BYTES = 1_000_000
MOST_LEVERS = 1_000
_LEVERS: dict[str, type[BaseModel]] = {"change_rates": ChangeRates, "set_rate": SetRate, "use_framework": UseFramework}


def _some(levers: tuple[Lever, ...]) -> tuple[Lever, ...]:
    if not 1 <= len(levers) <= MOST_LEVERS:
        raise ValueError(f"expected 1 to {MOST_LEVERS:,} levers")
    return levers


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class Scenario:
    """A question about rates: levers that are pulled in order.

    Parameters
    ----------
    title : goes into the version's name, such as ``2026-27 + Rates up 3%``.
    source : where the new values come from: who proposes or assumes them, and where that can be read.
    levers : what changes, in this order.
    baseline : the framework it was made for, where it was made for one.
    """

    title: Annotated[str, Field(min_length=1, max_length=2_000)]
    source: Annotated[str, Field(min_length=1, max_length=20_000)]
    levers: Annotated[tuple[Lever, ...], AfterValidator(_some)]
    baseline: str = ""

    def __add__(self, other: Scenario) -> Scenario:
        """Both, this one first: rates that both change are changed by this one and then by the other."""
        if self.baseline and other.baseline and self.baseline != other.baseline:
            raise UsageError(
                f"{self.title} is made for {self.baseline} and {other.title} for {other.baseline}; they don't add up."
            )
        return Scenario(
            f"{self.title} + {other.title}",
            f"{self.source}; {other.source}",
            self.levers + other.levers,
            self.baseline or other.baseline,
        )

    def apply(self, frameworks: tuple[Framework, ...]) -> tuple[Framework, ...]:
        """New versions with the levers pulled; the ones that are given stay as they are.

        Each new version is named after its baseline and the title, has the status ``illustrative``, and a content
        hash over the baseline's and the levers. Every changed row has a source that says what was done to it. A
        scenario that only uses another framework gives that one as it was published.

        Raises
        ------
        UsageError : a lever fits no row, a new value is out of bounds, or another framework comes too late.
        """
        versions, levers = tuple(frameworks), list(self.levers)
        if isinstance(first := levers[0], UseFramework):
            versions, levers = load_frameworks(first.reference), levers[1:]
        changes = [lever for lever in levers if not isinstance(lever, UseFramework)]
        if len(changes) < len(levers):
            raise UsageError(
                f"{self.title}: another framework replaces what was changed before, so it has to come first, and once."
            )
        if not changes:
            return versions
        for number, lever in enumerate(changes, start=1):
            lever.check(versions)
            versions = _pulled(lever, versions, self, number)
        return tuple(self._named(version) for version in versions)

    def to_toml(self) -> str:
        """The scenario as a file that ``load_scenario`` reads."""
        baseline = {"baseline": self.baseline} if self.baseline else {}
        levers = [_given(lever) for lever in self.levers]
        return write_toml({"title": self.title, "source": self.source, **baseline, "levers": levers}).decode()

    def _named(self, version: Framework) -> Framework:
        """A changed version under its own name, status and hash."""
        levers = json.dumps(
            [_given(lever) for lever in self.levers], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        content_hash = hashlib.sha256(version.content_hash.encode() + b"\0" + levers.encode()).hexdigest()
        update = {"version": f"{version.version} + {self.title}", "legal_status": "illustrative"}
        return replace(version, header=version.header.model_copy(update=update), content_hash=content_hash)


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario from a TOML file.

    Raises
    ------
    UsageError : the file can't be used; it names each key that is wrong, and the nearest match.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise UsageError(f"{path.name}: the scenario can't be read: {error.strerror}.") from None
    if size > MOST_BYTES:
        raise UsageError(f"{path.name}: a scenario has at most {MOST_BYTES // 1_000_000} MB.")
    return read_scenario(content, path.name)


def read_scenario(content: bytes, name: str = "scenario") -> Scenario:
    """A scenario from the bytes of a TOML file; ``name`` is what messages call it."""
    try:
        data = read_toml(content)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None
    try:
        # Strict types are those of JSON, so that a list of TOML can be a tuple.
        return TypeAdapter(Scenario).validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        details = (_wrong(name, detail) for detail in error.errors(include_url=False))
        raise UsageError("\n".join(details)) from None


@cache
def shipped_scenarios() -> Mapping[str, Scenario]:
    """The worked scenarios of the library, by the name of their file."""
    folder = files("scenarios.library")
    found = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return {name.removesuffix(".toml"): read_scenario(folder.joinpath(name).read_bytes(), name) for name in found}


def _pulled(
    lever: ChangeRates | SetRate, versions: tuple[Framework, ...], scenario: Scenario, number: int
) -> tuple[Framework, ...]:
    """The versions with one lever pulled, under the names that they had."""
    fits = [[tariff for tariff in version.tariffs if lever.changes(tariff)] for version in versions]
    if not any(fits):
        names = ", ".join(version.name for version in versions)
        raise UsageError(f"{scenario.title}: {lever.text}: no rate of {names} fits.")
    return tuple(
        _with_changes(lever, version, {tariff.row for tariff in rows}, scenario, number) if rows else version
        for version, rows in zip(versions, fits, strict=True)
    )


def _with_changes(
    lever: ChangeRates | SetRate, version: Framework, rows: set[int], scenario: Scenario, number: int
) -> Framework:
    source = _source(lever, version, scenario, number)
    tariffs = tuple(
        _changed(lever, tariff, source.id, version.name) if tariff.row in rows else tariff for tariff in version.tariffs
    )
    header = version.header.model_copy(update={"sources": (*version.header.sources, source)})
    return replace(version, header=header, tariffs=tariffs)


def _changed(lever: ChangeRates | SetRate, tariff: Tariff, source_id: str, name: str) -> Tariff:
    """A row with its new values, which must be values that a framework may have."""
    changed = lever.applied(tariff) or tariff
    where = " / ".join(part or "any" for part in tariff.key)
    for field in ("rate_pence", "minimum_pence", "maximum_pence"):
        value = getattr(changed, field)
        if value is not None and not 0 <= value <= money.MAX_RATE_PENCE:
            most = money.show_pounds(money.MAX_RATE_PENCE)
            raise UsageError(
                f"{lever.text}: {name}, row {where} would have {money.show_pounds(value)}; expected £0 to {most}."
            )
    low, high = changed.minimum_pence, changed.maximum_pence
    if low is not None and high is not None and low > high:
        raise UsageError(f"{lever.text}: {name}, row {where} would have a minimum above its maximum.")
    return replace(changed, source_id=source_id)


def _source(lever: ChangeRates | SetRate, version: Framework, scenario: Scenario, number: int) -> Source:
    taken = version.sources
    source_id = f"scenario-{number}"
    while source_id in taken:
        source_id += "-again"
    return Source(
        id=source_id,
        title=f"Scenario: {scenario.title}",
        publisher="A scenario, not a publication",
        status="illustrative",
        working=f"{lever.text}, on the values of {version.name}. {scenario.source}",
    )


def _given(lever: Any) -> dict[str, Any]:
    """A lever's keys and values, blanks left out."""
    values: dict[str, Any] = lever.model_dump(mode="json", exclude_none=True)
    return {key: value for key, value in values.items() if value not in ("", [], False)}


def _wrong(name: str, detail: Any) -> str:
    """One line for one thing wrong: file, key, what was expected."""
    location = [part for part in detail["loc"] if part not in _LEVERS]
    key = ""
    for part in location:
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else part
    kind, given = detail["type"], detail.get("input")
    message = str(detail["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden" or kind == "unexpected_keyword_argument":
        near = nearest(str(location[-1]), _keys(detail["loc"]))
        message = "is not a key of a scenario" + (f"; did you mean {near}?" if near else "")
    elif kind in ("missing", "missing_argument"):
        message = "is required and isn't there"
    elif kind == "union_tag_invalid":
        tag = str(detail["ctx"]["tag"])
        key, message = f"{key}.lever", f"{tag!r}: {one_of(tag, list(_LEVERS))}"
    elif kind == "union_tag_not_found":
        key, message = f"{key}.lever", f"is required and isn't there; expected {', '.join(_LEVERS)}"
    elif kind != "value_error":
        shown = repr(given) if len(repr(given)) <= 60 else type(given).__name__
        message = f"{shown}: {message[:1].lower()}{message[1:]}"
    return f"{name}: {key}: {message}" if key else f"{name}: {message}"


def _keys(location: tuple[Any, ...]) -> list[str]:
    """The keys that are known where something stands."""
    for tag, model in _LEVERS.items():
        if tag in location:
            return list(model.model_fields)
    return ["title", "source", "baseline", "levers"]
