"""Looking through sheets: the short way by plain rows finds what the parser finds, and answers are not trusted."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import Limits
from tariff_engine.tables.incoming.budget import Budget
from tariff_engine.tables.incoming.child import day_text, length_text, number_text
from tariff_engine.tables.incoming.facts import SheetFacts, reaches_outside
from tariff_engine.tables.incoming.ods import ContentScan
from tariff_engine.tables.incoming.ods_plain import PlainRows as OdsRows
from tariff_engine.tables.incoming.process import take_sheet
from tariff_engine.tables.incoming.xlsx_cells import CellScan, area_of, column_index
from tariff_engine.tables.incoming.xlsx_plain import PlainRows
from tariff_engine.tables.incoming.xml import walk
from tariff_engine.tables.wording import column_letter
from tests.cases.workbooks import o, o_row, r, sheet

PARTS = [
    "<v>1</v>",
    "<v>abc</v>",
    "<v></v>",
    "<v> </v>",
    "<v/>",
    "",
    "<f>A1+1</f><v>2</v>",
    "<f>A1+1</f>",
    "<f>A1+1</f><v></v>",
    '<f t="shared" si="0"/><v>7</v>',
    "<f>cmd|'x'!A1</f><v>3</v>",
    "<f>&#68;DE(1)</f><v>3</v>",
    "<is><t>x</t></is>",
    "<is><t/></is>",
    '<is><t xml:space="preserve"> \u00a0 </t></is>',
    "<is><r><t>x</t></r></is>",
    "<v>#N/A</v>",
    "<v>_x0020_</v>",
    "<v>\u00e9</v>",
]
KINDS = ["", "n", "s", "b", "str", "inlineStr", "e"]
STYLES = ["", ' s="3"']
cells = st.tuples(st.sampled_from(PARTS), st.sampled_from(KINDS), st.sampled_from(STYLES), st.booleans())


def cell(reference: str, part: str, kind: str, style: str, named: bool) -> str:
    shown = f' r="{reference}"' if named else ""
    typed = f' t="{kind}"' if kind else ""
    return f"<c{shown}{style}{typed}>{part}</c>" if part else f"<c{shown}{style}{typed}/>"


@st.composite
def sheets(draw: st.DrawFn) -> str:
    rows = []
    number = 0
    for _ in range(draw(st.integers(0, 5))):
        number += draw(st.integers(1, 3))
        column, made = -1, []
        for _ in range(draw(st.integers(0, 6))):
            part, kind, style, named = draw(cells)
            column += draw(st.integers(1, 30)) if named else 1
            made.append(cell(f"{column_letter(column)}{number}", part, kind, style, named))
        attributes = draw(st.sampled_from(["", 'hidden="1"', 'spans="1:4" ht="15"']))
        rows.append(r(number, *made, attributes=attributes))
    return sheet(*rows)


def xlsx_facts(xml: str, short: bool, size: int) -> SheetFacts | str:
    raw = xml.encode()
    chunks = [raw[at : at + size] for at in range(0, len(raw), size)]
    rows = PlainRows()
    scan = CellScan(SheetFacts("S"), rows.found, (), Budget(Limits()))
    try:
        walk(rows.shorten(chunks) if short else chunks, scan.start, scan.end, scan.text, scan.aside)
        scan.finish()
    except InputRefused as refused:
        return str(refused)
    return scan.facts


@given(sheets(), st.integers(1, 300))
def test_plain_rows_are_counted_as_the_parser_counts_them(xml: str, size: int) -> None:
    assert xlsx_facts(xml, True, size) == xlsx_facts(xml, False, size)


@pytest.mark.parametrize(
    "row",
    [
        r(1, '<c r="A1" t="s"/>', '<c r="B1" t="e"><v>#N/A</v></c>'),
        r(1, '<c r="A1" t="str"><f>A1+1</f><v></v></c>'),
        r(1, '<c r="A1" t="s"/>', '<c r="D1" s="1"/>'),
        r(1, "<c t='e'/>"),
    ],
)
def test_a_blank_cell_of_any_kind_is_not_counted(row: str) -> None:
    for short in (True, False):
        facts = xlsx_facts(sheet(row), short, 50)
        assert isinstance(facts, SheetFacts)
        assert facts.filled == 0
        assert facts.width == (2 if facts.errors else 0)


def test_a_plain_row_is_emptied_and_any_other_left_as_it_is() -> None:
    plain = r(
        1,
        '<c r="A1" s="1" t="str"><f>B1</f><v>x</v></c>',
        '<c r="B1"/>',
        '<c r="C1" t="inlineStr"><is><t>y</t></is></c>',
    )
    others = [r(2, '<c r="A2" t="e"><v>#N/A</v></c>'), r(3, '<c r="A4"><v>1</v></c>'), r(5, '<c r="A5"><f>1</f></c>')]
    rows = PlainRows()
    assert b"".join(rows.shorten(["".join([plain, *others]).encode()])).decode() == "".join(
        ['<row r="1"></row>', *others]
    )
    assert {at: tuple(found) for at, found in rows.found.items()} == {1: ("C", 2, "")}


def test_blank_text_in_a_plain_row_is_counted_for_where_it_is() -> None:
    rows = PlainRows()
    row = r(7, '<c r="A7"><v>1</v></c>', '<c r="D7" t="str"><f>X</f><v></v></c>')
    assert b"".join(rows.shorten([row.encode()])) == b'<row r="7"></row>'
    assert {at: tuple(found) for at, found in rows.found.items()} == {7: ("A", 1, "D")}


ODS_CELLS = [
    o(),
    o(1),
    o("x"),
    o("#N/A"),
    o(0, shown="#DIV/0!"),
    o(0, shown=" Err:502"),
    o("2026-04-01", "date"),
    o(5, "currency", 'table:style-name="a"'),
    o(1, attributes='table:formula="of:=1"'),
    o(1, attributes='table:formula="of:=DDE(1)"'),
    o(attributes='table:formula="of:=1"'),
    o(attributes='table:number-columns-repeated="3"'),
    o("x", attributes='table:number-columns-repeated="2"'),
    o(1, attributes='table:number-columns-spanned="2" table:number-rows-spanned="1"'),
    o(True),
    o(""),
    "<table:covered-table-cell/>",
    "<table:table-cell><text:p>x</text:p></table:table-cell>",
    '<table:table-cell office:value-type="string"><text:p>a<text:s/>b</text:p><text:p>c</text:p></table:table-cell>',
]
ODS_ROWS = ["", 'table:number-rows-repeated="3"', 'table:visibility="collapse"', 'table:style-name="ro1"']


@st.composite
def ods_contents(draw: st.DrawFn) -> str:
    rows = [
        o_row(
            *draw(st.lists(st.sampled_from(ODS_CELLS), min_size=1, max_size=6)),
            attributes=draw(st.sampled_from(ODS_ROWS)),
        )
        for _ in range(draw(st.integers(0, 5)))
    ]
    return f'<a><table:table table:name="S">{"".join(rows)}</table:table></a>'


def ods_facts(xml: str, short: bool, size: int) -> list[SheetFacts]:
    raw = xml.encode()
    chunks = [raw[at : at + size] for at in range(0, len(raw), size)]
    rows = OdsRows()
    scan = ContentScan(rows.found, Budget(Limits()))
    walk(rows.shorten(chunks) if short else chunks, scan.start, scan.end, scan.text, scan.aside)
    return scan.sheets


@given(ods_contents(), st.integers(1, 400))
def test_plain_rows_of_ods_are_counted_as_the_parser_counts_them(xml: str, size: int) -> None:
    assert ods_facts(xml, True, size) == ods_facts(xml, False, size)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (100002.0, "100002"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (1e-7, "0.0000001"),
        (1234.5600000000001, "1234.56"),
        (0.1234567890123456, "0.123456789012346"),
        (1e22, "1" + "0" * 22),
        (2.0**53, "9007199254740990"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (-12.5, "-12.5"),
    ],
)
def test_a_number_is_its_shortest_decimal(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-04-01T00:00:00", "2026-04-01"),
        ("2026-03-31T23:59:59.999700", "2026-04-01"),
        ("2026-04-01T00:00:00.000300", "2026-04-01"),
        ("2026-04-01T09:29:59.999700", "2026-04-01T09:30:00"),
        ("2026-04-01T09:30:00.250000", "2026-04-01T09:30:00.250"),
        ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59"),
    ],
)
def test_a_moment_is_a_day_where_it_has_no_time(moment: str, text: str) -> None:
    assert day_text(datetime.fromisoformat(moment)) == text


@pytest.mark.parametrize(
    ("hours", "text"), [(38.4, "38:24:00"), (0, "0:00:00"), (-1.5, "-1:30:00"), (1 / 3600, "0:00:01")]
)
def test_a_length_of_time_is_hours_minutes_and_seconds(hours: float, text: str) -> None:
    assert length_text(timedelta(hours=hours)) == text


def answer(body: bytes, **changes: object) -> io.BytesIO:
    head = {"name": "S", "height": 2, "width": 2, "bytes": len(body), **changes}
    return io.BytesIO(json.dumps(head).encode() + b"\n" + body)


BODY = b"a\x1f\x1f.\x1e\x1fb\x1f.\x1e"


def test_an_answer_is_taken_as_text() -> None:
    assert take_sheet(answer(BODY)).frame.rows() == [("a", None), (None, "b")]
    odd = b'q"uo"te\x1f#no\ncomment\x1f.\x1e  \x1f\r\n\x1f.\x1e'
    assert take_sheet(answer(odd)).frame.rows() == [('q"uo"te', "#no\ncomment"), ("  ", "\r\n")]


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (BODY, {"height": 3}),
        (BODY, {"width": 3}),
        (BODY, {"width": 10**12}),
        (BODY, {"width": "2"}),
        (BODY, {"bytes": 10**9}),
        (BODY, {"bytes": 3}),
        (BODY, {"bytes": None}),
        (b"\xff\x1f\x1f.\x1e\x1fb\x1f.\x1e", {}),
        (b"a\x1fb\x1fc\x1f.\x1ea\x1f.\x1e", {}),
        (b"", {}),
    ],
)
def test_an_answer_that_is_not_as_it_says_is_refused(body: bytes, changes: dict[str, object]) -> None:
    with pytest.raises(InputRefused, match="could not be read"):
        take_sheet(answer(body, **changes))


@pytest.mark.parametrize("raw", [b"", b"not json\n", b"[]\n", b"{}\n", b"\x80\x04pickle\n", b"1" * 10_000])
def test_an_answer_that_is_no_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(InputRefused, match="could not be read"):
        take_sheet(io.BytesIO(raw))


@pytest.mark.parametrize(
    ("formula", "outside"),
    [
        ("SUM(A1:A9)", False),
        ('HYPERLINK("https://example.org","x")', False),
        ('of:=HYPERLINK("https://example.org")', False),
        ("cmd|'/C calc'!A0", True),
        ('DDE("a";"b";"c")', True),
        ('_xlfn.WEBSERVICE("x")', True),
        ("of:='file:///home/x.ods'#$Sheet1.A1", True),
        ('A1&"|"&B1', False),
        ("'[1]Rates'!A1", False),
    ],
)
def test_a_formula_that_reads_from_outside_is_told(formula: str, outside: bool) -> None:
    assert reaches_outside(formula) is outside


def test_columns_and_areas_are_read_by_their_letters() -> None:
    assert [column_index(letters) for letters in ("A", "Z", "AA", "XFD", "XFE", "", "a", "A1")] == [
        *(0, 25, 26, 16_383, -1, -1, -1, -1)
    ]
    assert area_of("B2:C9") == (1, 1, 8, 2)
    assert area_of("$B$2") == (1, 1, 1, 1)
    assert [area_of(text) for text in ("", "B2:", "C9:B2", "A0", "1:2")] == [None] * 5
