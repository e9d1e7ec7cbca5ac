"""A TOML file from somebody else is read, or refused with what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tariff_engine import check_framework
from tariff_engine.toml_files import read_toml
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
