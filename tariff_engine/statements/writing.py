"""Write statements: a workbook for each provider, the index, the file of payments and provenance; all or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tariff_engine.statements.names import statement_name
from tariff_engine.statements.pages import index_money, index_pages, index_table, statement_pages
from tariff_engine.statements.statement import Statement, check_tables
from tariff_engine.statements.statements import Statements
from tariff_engine.tables.atomic import whole_folder
from tariff_engine.tables.sinks import write_csv
from tariff_engine.tables.statement_book import write_statement_book
from tariff_engine.tables.writing import provenance_text

INDEX_BOOK, INDEX_TABLE, PAYMENTS, PROVENANCE = "index.xlsx", "index.csv", "payments.csv", "provenance.json"
"""The files beside the providers' workbooks."""

_NO_PROVIDER = ""


def write_statements(made: Statements, folder: Path, progress: Callable[[int, int], None] | None = None) -> list[Path]:
    """Write everything into a folder that isn't there yet, or is empty.

    Raises
    ------
    UsageError : the folder has something in it, or the disk refused. Nothing is written.
    """
    statements = [made.for_provider(provider) for provider in made.providers]
    files = len(statements) + 1
    created = made.costing.created_at
    with whole_folder(folder) as inner:
        for done, statement in enumerate(statements):
            if progress is not None:
                progress(done, files)
            check_tables(statement)
            provenance = {**made.provenance, "provider_id": statement.provider_id, "totals": _totals(statement)}
            path = inner / statement_name(statement.provider_id)
            write_statement_book(path, *statement_pages(statement), provenance, created)
        everyone = [*statements, *_without_provider(made)]
        totals = {name: sum(_totals(statement)[name] for statement in everyone) for name in _TOTALS}
        provenance = {**made.provenance, "totals": {**made.costing.provenance["totals"], **totals}}
        write_statement_book(inner / INDEX_BOOK, *index_pages(made, everyone), provenance, created)
        write_csv(inner / INDEX_TABLE, index_table(made), index_money())
        write_csv(inner / PAYMENTS, made.record, ["amount"])
        (inner / PROVENANCE).write_text(provenance_text(provenance), encoding="utf-8", newline="\n")
        if progress is not None:
            progress(files, files)
    names = [*(statement_name(provider) for provider in made.providers), INDEX_BOOK, INDEX_TABLE, PAYMENTS, PROVENANCE]
    return [folder / name for name in names]


_TOTALS = ("paid_pence", "open_pence", "carried_over_pence", "due_pence")


def _totals(statement: Statement) -> dict[str, int]:
    return dict(zip(_TOTALS, (statement.paid, statement.open, statement.carried_over, statement.total), strict=True))


def _without_provider(made: Statements) -> list[Statement]:
    """What is paid where a provision has no provider: in the index, so that it adds up, and in no workbook."""
    statement = Statement(made, _NO_PROVIDER, tuple(made.of_provider(_NO_PROVIDER)))
    return [statement] if statement.payments else []
