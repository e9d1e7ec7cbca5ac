"""What a query says to an authority, in plain words. [pence]"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from tariff_engine.money import show_pounds
from tariff_engine.remittance.comparing import Compared, Payee
from tariff_engine.remittance.reasons import Reason
from tariff_engine.tables.wording import listed

_A_DATE = re.compile(r"(.*?)(\d{4}-\d{2}-\d{2})")
_MOST_SHOWN = 3


def shown_values(code: str, values: Sequence[str], titles: Mapping[str, str]) -> str:
    """Which date, band or fte a reason would be, as a person reads it; days in a row are a span."""
    texts = [value for value in dict.fromkeys(values) if value]
    if code == "other_band":
        return _either([_band(titles.get(text, text)) for text in texts])
    if code == "other_date":
        return _either(_dates(texts))
    if code == "after_leaving":
        return "" if "" in values else _either(_dates(texts))
    return _either(texts)


def _band(title: str) -> str:
    return title if title.casefold().startswith("band") else f"band {title}"


_BEFORE_DATES = {
    "from ": "if the placement had begun on",
    "to ": "if the placement had ended on",
    "change on ": "if the change had been on",
}


def _dates(texts: Sequence[str]) -> Sequence[str]:
    """Dates in order, each with what it is of; days that follow each other as one span."""
    parts = sorted((found[1], date.fromisoformat(found[2])) for text in texts if (found := _A_DATE.fullmatch(text)))
    shown: list[str] = []
    run: list[tuple[str, date]] = []
    for part in [*parts, None]:
        if run and (part is None or part[0] != run[-1][0] or (part[1] - run[-1][1]).days != 1):
            first, last = run[0][1], run[-1][1]
            days = day(first) if first == last else f"any day from {day(first)} to {day(last)}"
            shown.append(f"{_BEFORE_DATES[run[0][0]]} {days}")
            run = []
        if part is not None:
            run.append(part)
    return shown


def day(value: date) -> str:
    """A day as people write it: ``1 April 2025``."""
    return f"{value.day} {value:%B %Y}"


def _either(texts: Sequence[str]) -> str:
    """``a``, ``a or b``, and how many more there are."""
    if len(texts) > _MOST_SHOWN:
        texts = [*texts[:_MOST_SHOWN], f"{len(texts) - _MOST_SHOWN} more"]
    return " or ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def when(compared: Compared, payee: int, windows: Sequence[int]) -> str:
    """Some windows as a person says them: ``April 2025 to June 2025 and September 2025``."""
    runs: list[list[int]] = []
    for window in sorted(windows):
        first = compared.first_of(payee, window)
        if runs and runs[-1][1] == first - 1:
            runs[-1][1] = window
        else:
            runs.append([first, window])
    names = [compared.windows.name(first, last) for first, last in runs]
    if len(names) > 2 * _MOST_SHOWN:
        names = [*names[:_MOST_SHOWN], f"{len(names) - _MOST_SHOWN} other times"]
    return listed(names) if names else ""


def says(reason: Reason, value: str) -> str:
    """A reason as a sentence."""
    if reason.code == "after_leaving":
        value = value or "if the placement hadn't ended"
    if reason.code == "last_year_rate":
        value = f" ({value})" if value else ""
    return reason.kind.says.replace("{value}", value)


def question(due: int, paid: int, explained: Sequence[tuple[str, Sequence[str]]], stranger: Payee | None) -> str:
    """What is asked of the authority for one child.

    ``explained`` has, for each run of windows, when it was and the sentences that each come to what was paid.
    """
    difference = paid - due
    if stranger is not None:
        opening = f"You paid {show_pounds(paid)}."
        if stranger.proposed:
            explained = [
                *explained,
                ("", [f"Is {_either(stranger.proposed)} meant? Nothing was paid for that child then."]),
            ]
    else:
        side = "too little" if difference < 0 else "too much"
        opening = f"{show_pounds(due)} is due and {show_pounds(paid)} was paid: {show_pounds(abs(difference))} {side}."
    parts = []
    for period, sentences in explained:
        head = f"{period}: " if period else ""
        if len(sentences) == 1:
            parts.append(f"{head}{sentences[0]}")
        else:
            ways = " ".join(f"({chr(ord('a') + at)}) {sentence}" for at, sentence in enumerate(sentences))
            parts.append(f"{head}Each of these comes to what was paid: {ways}")
    if stranger is not None:
        return " ".join([opening, *parts, "Please tell us for whom and for what it was."])
    ending = (
        "Please pay the difference." if difference < 0 else "Please tell us whether and when you will take it back."
    )
    return " ".join([opening, *parts, ending])
