"""What a framework holds can't be changed by whoever gets it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from tariff_engine import load_frameworks
from tariff_engine.frozen import FrozenDict
from tariff_engine.vocabulary import vocabulary

CHANGES: list[Callable[[Any], object]] = [
    lambda mapping: mapping.clear(),
    lambda mapping: mapping.update(a=1),
    lambda mapping: mapping.pop("a", None),
    lambda mapping: mapping.popitem(),
    lambda mapping: mapping.setdefault("a", 1),
    lambda mapping: mapping.__setitem__("a", 1),
    lambda mapping: mapping.__delitem__("a"),
    lambda mapping: mapping.__ior__({"a": 1}),
]


@pytest.mark.parametrize("change", CHANGES)
def test_no_way_of_changing_a_frozen_mapping_works(change: Callable[[Any], object]) -> None:
    mapping = FrozenDict(a=0)
    with pytest.raises(TypeError, match="can't be changed"):
        change(mapping)
    assert mapping == {"a": 0}


@pytest.mark.parametrize("change", CHANGES)
def test_a_shipped_framework_and_the_vocabulary_stay_what_was_read(change: Callable[[Any], object]) -> None:
    framework = load_frameworks("national-illustrative@2026-27")[0]
    banding = framework.header.banding
    held = [framework.uplifts, framework.area_costs, banding.weights, banding.permitted, banding.provision_shift]
    held += [vocabulary().need_codes, vocabulary().need_codes["ASD"], vocabulary().raw]
    for mapping in held:
        with pytest.raises(TypeError, match="can't be changed"):
            change(mapping)


def test_a_framework_can_be_hashed_copied_and_sent_to_another_process() -> None:
    framework = load_frameworks("national-illustrative@2026-27")[0]
    assert copy.deepcopy(framework) == framework
    again = pickle.loads(pickle.dumps(framework))
    assert again == framework
    assert hash(again) == hash(framework)
