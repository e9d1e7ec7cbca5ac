"""Invented providers, and which of them each row is at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scenarios.sampling.assumptions import ProviderGroup, assumptions
from scenarios.sampling.children import Children
from scenarios.sampling.draws import Draws
from scenarios.sampling.setting import Setting, phase_codes
from tariff_engine.money import Ints
from tariff_engine.vocabulary import vocabulary

NOBODY = "nobody"
"""The group of placements that have no provider."""


@dataclass(frozen=True)
class Providers:
    """Every provider of a sample, and for each row which one it is at; -1 for none."""

    ids: tuple[str, ...]
    types: tuple[str, ...]
    areas: tuple[str, ...]
    at: Ints


@dataclass(frozen=True)
class _Pool:
    """Rows that share a set of providers, and the providers that rates name for them."""

    name: str
    group: ProviderGroup
    rows: Ints
    named: tuple[str, ...]
    may_invent: bool


def draw_providers(children: Children, setting: Setting, draws: Draws) -> Providers:
    """Invent providers, as many as the children call for, and place every row at one.

    A provider that a rate names keeps its name, because only under it is there a price.
    """
    ids: list[str] = []
    types: list[str] = []
    areas: list[str] = []
    at = np.full(len(children), -1, np.int64)
    invented = 0
    for pool in _pools(children, setting):
        wanted = -(-len(pool.rows) // pool.group.children) if pool.may_invent else 0
        size = wanted + len(pool.named)
        at[pool.rows] = len(ids) + draws.below(f"provider {pool.name}", size, len(pool.rows))
        first = assumptions().provider_ids_from + invented
        ids += [*pool.named, *(str(first + number) for number in range(wanted))]
        types += _types(pool, size, draws)
        areas += _areas(pool, size, setting, draws)
        invented += wanted
    return Providers(tuple(ids), tuple(types), tuple(areas), at)


def _pools(children: Children, setting: Setting) -> Iterator[_Pool]:
    """Rows by kind of provider and, where each provider has one phase, by phase.

    A provision whose rates name providers has a pool of its own.
    """
    phases, phase = list(vocabulary().phases), phase_codes(children.nc_year)
    kinds: dict[tuple[str, str], list[int]] = {}
    for index, share in enumerate(setting.provisions):
        own = share.code if setting.named_providers(share.code) else ""
        if share.providers != NOBODY:
            kinds.setdefault((share.providers, own), []).append(index)
    for (kind, own), provisions in kinds.items():
        group = assumptions().providers[kind]
        rows = np.flatnonzero(np.isin(children.provision, provisions))
        named = setting.named_providers(own) if own else ()
        may_invent = not own or setting.prices_any_provider(own)
        home = np.array([phases.index(group.taught_with.get(code, code)) for code in phases], np.int64)
        for code in range(len(phases)) if group.by_phase else (-1,):
            here = rows[home[phase[rows]] == code] if code >= 0 else rows
            if len(here):
                name = f"{kind} {own} {phases[code] if code >= 0 else ''}"
                yield _Pool(name, group, here, named, may_invent)


def _types(pool: _Pool, size: int, draws: Draws) -> list[str]:
    kinds = list(pool.group.types)
    chosen = draws.choose(f"type {pool.name}", list(pool.group.types.values()), size)
    return [kinds[kind] for kind in chosen]


def _areas(pool: _Pool, size: int, setting: Setting, draws: Draws) -> list[str]:
    """The authority that each provider is in: mostly the children's own."""
    others = setting.other_authorities
    away = draws.hits(f"away {pool.name}", assumptions().shares.out_of_area_per_mille, size)
    which = draws.below(f"area {pool.name}", len(others), size)
    return [
        others[other] if pool.group.out_of_area and out else setting.authority
        for other, out in zip(which, away, strict=True)
    ]
