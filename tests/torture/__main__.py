"""The command line: `python -m tests.torture`; prints how often each attack held."""

import argparse
import sys
import time
from collections.abc import Sequence

from tests.torture.attack import Attack, CannotAttackError, battlefield, run_attack
from tests.torture.attacks import ATTACKS
from tests.torture.children import Children

_SHOWN = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Attack, and print a line for each attack.

    Returns:
        1 if anything did not hold.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--target", action="append", help="by default sqlite, duckdb")
    parser.add_argument("--attack", default="", help="only those named so, in part")
    parser.add_argument("--seconds", type=float, default=15, help="for each attack")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}, {options.seconds:g} seconds for each attack")
    failed = False
    with Children() as children:
        for target in options.target or ("sqlite", "duckdb"):
            for attack in ATTACKS:
                if options.attack in attack.name and target in attack.targets:
                    failed |= _run(
                        attack, target, options.seed, options.seconds, children
                    )
    return int(failed)


def _run(
    attack: Attack, target: str, seed: int, seconds: float, children: Children
) -> bool:
    try:
        with battlefield(target, attack.name, seed, children) as arena:
            tally = run_attack(attack, arena, seconds=seconds)
    except CannotAttackError as reason:
        print(f"{target:8} {attack.name:42} skipped: {reason}", flush=True)
        return False
    print(
        f"{target:8} {attack.name:42} tried {tally.tried:7,}  held {tally.held:7,}  "
        f"{tally.seconds:5.1f} s",
        flush=True,
    )
    for fault in tally.faults[:_SHOWN]:
        print(f"    {fault}", flush=True)
    return bool(tally.faults)


if __name__ == "__main__":
    sys.exit(main())
