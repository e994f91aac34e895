"""A seeded few of each attack on the other engines; `make torture` tries the rest."""

import pytest

from tests.torture.attack import Attack, CannotAttackError, battlefield, run_attack
from tests.torture.attacks import ATTACKS
from tests.torture.children import Children

SEED = 1
# Each command takes these engines longer than SQLite.
SHARE = {"duckdb": 10, "postgres": 10, "spark": 30}


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
    attack: Attack, target: str, request: pytest.FixtureRequest
) -> None:
    if target != "duckdb":
        request.getfixturevalue(target)
    try:
        with (
            Children() as children,
            battlefield(target, attack.name, SEED, children) as arena,
        ):
            tally = run_attack(attack, arena, cases=attack.few // SHARE[target])
    except CannotAttackError as reason:
        pytest.skip(str(reason))

    assert tally.faults == []
    assert tally.tried > 0
