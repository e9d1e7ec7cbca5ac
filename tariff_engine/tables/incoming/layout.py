"""Where the parts of an XLSX workbook are: by its relationships, which may put them anywhere in the file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from tariff_engine.tables.incoming.budget import unreadable
from tariff_engine.tables.incoming.container import XLSX_BOOK, Container
from tariff_engine.tables.incoming.shortening import shorten
from tariff_engine.tables.incoming.xml import local, walk

_ROOT_LINKS = "_rels/.rels"
_STRINGS, _STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
_USUAL_TARGET = re.compile(r"(?:/xl/)?worksheets/[^/]+")
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# A cell with an error that the reader doesn't know: its tag, the formula, and the error between the tags of the value.
# No part of it can be matched in two ways, so that no tag can be made that takes long.
_CELL_END = b"c>"
_PREFIX = rb"(?:[^\s<>:/]+:)?"
_ATTRIBUTE = rb"""\s++%s[^\s=<>"'/]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+')"""
_ANY, _OTHER = _ATTRIBUTE % b"", _ATTRIBUTE % rb"(?!t\s*=)"
_ERROR_VALUE = re.compile(
    rb"(<%(p)sc(?:%(other)s)*+\s++t\s*+=\s*+[\"']e[\"'](?:%(any)s)*+\s*+>\s*+"
    rb"(?:<%(p)sf(?:%(any)s)*+\s*+(?:/>|>[^<]*+</%(p)sf\s*+>))?+\s*+"
    rb"<%(p)sv(?:%(any)s)*+\s*+>)[^<]*+(</%(p)sv\s*+>)" % {b"p": _PREFIX, b"other": _OTHER, b"any": _ANY}
)


@dataclass(frozen=True)
class Link:
    """A relationship: from a part to another, or to something outside the workbook."""

    id: str
    kind: str
    target: str
    external: bool


@dataclass(frozen=True)
class SheetPart:
    """A sheet of the list: its link, and its part where it has cells. ``odd_errors`` are those a reader gives up on."""

    link: Link
    part: str = ""
    odd_errors: bool = False


@dataclass(frozen=True)
class Layout:
    """The parts of a workbook by their names in small letters; blank where there is none."""

    book: str
    links: Mapping[str, Link]
    strings: str
    styles: str


def read_layout(container: Container) -> Layout:
    """Where the workbook is, and what it refers to.

    Raises
    ------
    InputRefused : it names no workbook, or several; or a part that is out of the file or missing.
    """
    books = [link for link in read_links(container, _ROOT_LINKS) if link.kind == "officeDocument"]
    if len(books) != 1 or books[0].external:
        raise unreadable("where its workbook is isn't said once")
    book = part_of(container, "", books[0].target)
    links = {link.id: link for link in read_links(container, _links_of(book))}

    def other(kind: str, usual: str) -> str:
        targets = [link.target for link in links.values() if link.kind == kind and not link.external]
        if len(targets) > 1:
            raise unreadable("it has two lists of what its cells share")
        usual = posixpath.join(posixpath.dirname(book), usual)
        return part_of(container, book, targets[0]) if targets else usual if usual in container.parts else ""

    return Layout(book, links, other("sharedStrings", "sharedstrings.xml"), other("styles", "styles.xml"))


def read_links(container: Container, name: str) -> list[Link]:
    """The relationships that one part lists."""
    links: list[Link] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if local(tag) == "Relationship":
            kind = attributes.get("Type", "").rpartition("/")[2]
            external = attributes.get("TargetMode", "").lower() == "external"
            links.append(Link(attributes.get("Id", ""), kind, attributes.get("Target", ""), external))
            if len(links) > container.budget.limits.odd_cells:
                raise unreadable("a part of it refers to too many others")

    walk(container.chunks(name), start)
    if len({link.id for link in links}) != len(links):
        raise unreadable("a part refers to two others by one name")
    return links


def part_of(container: Container, source: str, target: str) -> str:
    """The part that a link of the part ``source`` names: from the top where it starts with a slash, else from there."""
    path = posixpath.normpath(posixpath.join("/", posixpath.dirname(source), target.lower())).lstrip("/")
    found = next((name for name in (path, unquote(path)) if name in container.parts), None)
    above = posixpath.normpath(posixpath.join(posixpath.dirname(source), target)).startswith("..")
    if found is None or above:
        raise unreadable("a part of it is missing")
    return found


def anew(container: Container, layout: Layout, sheets: Sequence[SheetPart]) -> Mapping[str, Iterable[bytes]]:
    """The parts where a reader looks for them, and with errors that it knows; nothing where they are so already."""
    usual = (layout.book, layout.strings, layout.styles) == (
        XLSX_BOOK,
        layout.strings and _STRINGS.lower(),
        layout.styles and _STYLES.lower(),
    )
    cells = {f"worksheets/sheet{at}.xml": sheet for at, sheet in enumerate(sheets) if sheet.part}
    if usual and all(_USUAL_TARGET.fullmatch(s.link.target) and not s.odd_errors for s in cells.values()):
        return {}
    root = f'<Relationship Id="book" Type="{_RELATIONS}/officeDocument" Target="{XLSX_BOOK}"/>'
    links = "".join(_link(at, sheet) for at, sheet in enumerate(sheets))
    parts: dict[str, Iterable[bytes]] = {
        "[Content_Types].xml": [f'<Types xmlns="{_PACKAGE}/content-types"/>'.encode()],
        _ROOT_LINKS: [_relationships(root)],
        XLSX_BOOK: container.chunks(layout.book),
        _links_of(XLSX_BOOK): [_relationships(links)],
    }
    for name, part in ((_STRINGS, layout.strings), (_STYLES, layout.styles)):
        if part:
            parts[name] = container.chunks(part)
    for name, sheet in cells.items():
        chunks = container.chunks(sheet.part)
        parts[f"xl/{name}"] = _with_known_errors(chunks) if sheet.odd_errors else chunks
    return parts


def _links_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _relationships(links: str) -> bytes:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'.encode()


def _link(at: int, sheet: SheetPart) -> str:
    """A link to a sheet in its usual place. One without cells is there in name alone."""
    kind = "worksheet" if sheet.part else "chartsheet"
    target = f"{kind}s/sheet{at}.xml"
    return f'<Relationship Id={quoteattr(sheet.link.id)} Type="{_RELATIONS}/{kind}" Target="{target}"/>'


def _with_known_errors(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The XML of a sheet with the commonest error in every cell that has one; which it was is known by now."""
    return shorten(chunks, _CELL_END, _ERROR_VALUE, lambda cell: cell[1] + b"#VALUE!" + cell[2])
