"""The generator's own arithmetic, against numpy's, scipy's and published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from generator.alias_tables import build_alias_tables
from generator.counter_hash import Stream, below, draw, entity_keys, happens, unit
from generator.distributions import beta, exponential, gamma
from generator.portable_math import exp, log, normal_quantile

KEYS = entity_keys(3, Stream.CUSTOMER, np.arange(200_000))


def test_draws_are_the_published_splitmix64_sequence() -> None:
    # First outputs for state 1234567, from the author's C program.
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    key = np.array([1234567], np.uint64)
    assert [int(draw(key, number)[0]) for number in range(3)] == expected


@given(
    st.lists(
        st.floats(1e-300, 1e300, allow_nan=False, allow_infinity=False), min_size=1
    )
)
def test_log_agrees_with_the_library(values: list[float]) -> None:
    x = np.array(values)
    np.testing.assert_allclose(log(x), np.log(x), rtol=4e-16, atol=1e-16)


@given(st.lists(st.floats(-700, 700), min_size=1))
def test_exp_agrees_with_the_library(values: list[float]) -> None:
    x = np.array(values)
    np.testing.assert_allclose(exp(x), np.exp(x), rtol=1e-15)


@given(st.lists(st.floats(1e-16, 1 - 1e-16), min_size=1))
def test_normal_quantile_agrees_with_scipy(values: list[float]) -> None:
    u = np.array(values)
    np.testing.assert_allclose(
        normal_quantile(u), special.ndtri(u), rtol=1e-14, atol=1e-15
    )


@pytest.mark.parametrize("shape", [0.3, 0.9, 1.0, 3.5, 20.0])
def test_gamma_variates_are_gamma(shape: float) -> None:
    assert stats.kstest(gamma(KEYS, 0, shape), stats.gamma(shape).cdf).pvalue > 0.001


@pytest.mark.parametrize(("a", "b"), [(0.8, 2.0), (2.0, 0.5), (3.0, 3.0)])
def test_beta_variates_are_beta(a: float, b: float) -> None:
    assert stats.kstest(beta(KEYS, 0, a, b), stats.beta(a, b).cdf).pvalue > 0.001


def test_exponential_variates_are_exponential() -> None:
    assert stats.kstest(exponential(KEYS, 7), stats.expon.cdf).pvalue > 0.001


def test_draws_of_one_entity_and_of_neighbours_are_uncorrelated() -> None:
    first, second = unit(draw(KEYS, 0)), unit(draw(KEYS, 1))
    limit = 4.5 / np.sqrt(KEYS.size)
    assert abs(np.corrcoef(first, second)[0, 1]) < limit
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < limit


@given(st.integers(1, 2**32), st.integers(0, 2**64 - 1))
def test_below_stays_below_its_bound(bound: int, bits: int) -> None:
    value = int(below(np.array([bits], np.uint64), bound)[0])
    assert value == (bits >> 32) * bound >> 32
    assert 0 <= value < bound


def test_probability_zero_never_and_one_always_happens() -> None:
    assert not happens(draw(KEYS, 0), 0.0).any()
    assert happens(draw(KEYS, 0), 1.0).all()


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=50))
def test_alias_tables_hold_the_weights_exactly(weights: list[int]) -> None:
    tables = build_alias_tables([(range(len(weights)), weights)])
    mass = np.zeros(len(weights))
    for kept, alias, threshold in zip(
        tables.kept, tables.aliases, tables.thresholds, strict=True
    ):
        mass[kept] += int(threshold) / 2**32
        mass[alias] += 1 - int(threshold) / 2**32
    expected = np.array(weights) / sum(weights) * len(weights)
    # Thresholds are cut to 32 bits.
    np.testing.assert_allclose(mass, expected, rtol=0, atol=len(weights) * 2.0**-31)


def test_each_row_draws_from_its_own_alias_table() -> None:
    tables = build_alias_tables([([10, 11], [3, 1]), ([20], [5])])
    rows = np.arange(KEYS.size) % 2
    picked = tables.pick(draw(KEYS, 0), rows)
    assert set(picked[rows == 1].tolist()) == {20}
    share = float((picked[rows == 0] == 10).mean())
    assert share == pytest.approx(0.75, abs=0.007)
