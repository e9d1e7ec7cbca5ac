"""A TOML file from somebody else is read, or refused with what is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tariff_engine import check_framework
from tariff_engine.toml_files import edit_toml, read_toml, write_toml
from tests.small import write_version


def test_tables_are_read_with_or_without_a_byte_order_mark() -> None:
    assert read_toml(b"\xef\xbb\xbfa = 1\n[b]\nc = 'x'\n") == {"a": 1, "b": {"c": "x"}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a = \xff", "not a UTF-8 TOML file"),
        (b"a = [1, ", "not a UTF-8 TOML file"),
        (b"x = " + b"[" * 8_000, "not a UTF-8 TOML file"),
        (b"x = " + b"9" * 6_000, "not a UTF-8 TOML file"),
        (b".".join([b"a"] * 300) + b" = 1", "more than 8,192 characters or 200 dots"),
        (b"a = '" + b"x" * 9_000 + b"'", "more than 8,192 characters or 200 dots"),
        (b"a = 1\n" * 200_000, "above 1 MB"),
    ],
    ids=["encoding", "unfinished", "nested", "digits", "dots", "line", "size"],
)
def test_what_no_hand_would_write_is_refused_with_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_toml(content)


def test_truth_values_are_written_as_toml_has_them() -> None:
    tables = {"on": True, "lists": [[False, True]], "tables": [{"off": False}]}
    assert read_toml(write_toml(tables)) == tables


def test_a_framework_file_that_is_all_wrong_is_said_shortly(tmp_path: Path) -> None:
    write_version(tmp_path)
    header = tmp_path / "framework.toml"
    header.write_text("\n".join(f"odd_{n} = 1" for n in range(500)) + "\n" + header.read_text(encoding="utf-8"))
    problems = check_framework(tmp_path)
    assert len(problems) < 60
    assert any("problems more" in problem.message for problem in problems)


def test_a_date_with_a_time_is_refused_and_a_stray_file_is_named(tmp_path: Path) -> None:
    write_version(tmp_path)
    (tmp_path / "uplift.csv").write_text("code\n", encoding="utf-8")
    stray = [problem for problem in check_framework(tmp_path) if problem.severity == "warning"]
    assert [problem.file for problem in stray] == ["uplift.csv"]
    assert "did you mean uplifts.csv?" in stray[0].message
    header = tmp_path / "framework.toml"
    text = header.read_text(encoding="utf-8")
    assert "effective_from = 2020-04-01" in text
    header.write_text(text.replace("effective_from = 2020-04-01", "effective_from = 2020-04-01T00:00:00"))
    assert any("expected a date without a time" in problem.message for problem in check_framework(tmp_path))


def test_tables_are_written_as_a_person_would_write_them() -> None:
    tables: dict[str, Any] = {
        "id": "ours",
        "start": date(2026, 4, 1),
        "weeks": 39,
        "proration": {"method": "terms", "terms": [{"share": "5/12"}, {"share": "7/12"}]},
        "sources": [{"id": "a", "title": 'The "first"'}],
        "banding": {"weights": {"odd key": [0, "0.5"]}, "permitted": {"special": []}},
    }
    content = write_toml(tables)
    assert content.decode() == (
        'id = "ours"\nstart = 2026-04-01\nweeks = 39\n'
        '\n[proration]\nmethod = "terms"\n'
        '\n[[proration.terms]]\nshare = "5/12"\n\n[[proration.terms]]\nshare = "7/12"\n'
        '\n[[sources]]\nid = "a"\ntitle = "The \\"first\\""\n'
        '\n[banding]\n\n[banding.weights]\n"odd key" = [0, "0.5"]\n\n[banding.permitted]\nspecial = []\n'
    )
    assert read_toml(content) == tables


FILE = b"""\
# A comment
id = "ours"  # the "name" = x
title = 'It # is'
start=2026-04-01\r
levels = [
    "a",
]

[banding]
id = "ours"  # not above the first table
"""


@pytest.mark.parametrize(
    ("values", "old", "new"),
    [
        ({"id": "theirs"}, b'id = "ours"  # the', b'id = "theirs"  # the'),
        ({"title": 'A "b"'}, b"'It # is'", b'"A \\"b\\""'),
        ({"start": date(2027, 4, 1)}, b"start=2026-04-01\r", b"start=2027-04-01\r"),
        ({"title": None}, b"title = 'It # is'\n", b""),
        ({"weeks": 39}, b"levels = [", b"weeks = 39\nlevels = ["),
        ({}, b"", b""),
    ],
)
def test_values_above_the_first_table_change_and_all_else_stays(values: dict[str, Any], old: bytes, new: bytes) -> None:
    assert edit_toml(FILE, values) == FILE.replace(old, new, 1)


def test_a_file_without_tables_can_be_edited() -> None:
    assert edit_toml(b"", {"a": 1}) == b"a = 1\n"
    assert edit_toml(b"a = 1", {"a": 2}) == b"a = 2"
