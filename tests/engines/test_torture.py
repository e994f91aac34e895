"""A seeded few of each attack on the other engines; `make torture` tries the rest."""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.torture.attack import Attack, CannotAttackError, battlefield, run_attack
from tests.torture.attacks import ATTACKS
from tests.torture.children import Children

SEED = 1
# Each command takes these engines longer than SQLite.
SHARE = {"duckdb": 10, "postgres": 10, "spark": 30}


@pytest.fixture(scope="module")
def children_of() -> Iterator[Callable[[str], Children]]:
    """The processes for an engine: they know a server that is there when they start."""
    with ExitStack() as opened:
        yield functools.cache(lambda target: opened.enter_context(Children()))


@pytest.mark.parametrize(
    ("attack", "target"),
    [
        pytest.param(attack, target, id=f"{target}: {attack.name}")
        for target in SHARE
        for attack in ATTACKS
        if target in attack.targets
    ],
)
def test_the_promise_holds_against(
    attack: Attack,
    target: str,
    request: pytest.FixtureRequest,
    children_of: Callable[[str], Children],
) -> None:
    if target != "duckdb":
        request.getfixturevalue(target)
    try:
        with battlefield(target, attack.name, SEED, children_of(target)) as arena:
            tally = run_attack(attack, arena, cases=attack.few // SHARE[target])
    except CannotAttackError as reason:
        pytest.skip(str(reason))

    assert tally.faults == []
    assert tally.tried > 0
