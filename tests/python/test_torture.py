"""A seeded few of each attack on the default engine; `make torture` tries the rest."""

from collections.abc import Iterator

import pytest

from tests.torture.attack import Attack, CannotAttackError, battlefield, run_attack
from tests.torture.attacks import ATTACKS
from tests.torture.children import Children

SEED = 1


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children() as children:
        yield children


@pytest.mark.parametrize(
    "attack",
    [a for a in ATTACKS if "sqlite" in a.targets],
    ids=lambda attack: attack.name,
)
def test_the_promise_holds_against(attack: Attack, children: Children) -> None:
    try:
        with battlefield("sqlite", attack.name, SEED, children) as arena:
            tally = run_attack(attack, arena, cases=attack.few)
    except CannotAttackError as reason:
        pytest.skip(str(reason))

    assert tally.faults == []
    assert tally.tried > 0
