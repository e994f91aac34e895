"""The purchase models are those of the papers, and compute what these define."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats
from scipy.optimize import approx_fprime

from pipeline.clv.maximum import FITTED, Array
from pipeline.clv.purchases import (
    BG_NBD,
    MBG_NBD,
    NBD,
    CustomerKinds,
    LeavingLikelihood,
    LeavingModel,
    PurchaseModel,
    StayingLikelihood,
    beta_quadrature,
)
from tests.python.clv_worlds import cdnow_as_published, simulated

# Fader, Hardie and Lee (2005): the paper's estimates, and its customer 0001.
PUBLISHED = (0.243, 4.414, 0.793, 2.426)
LEAVING = (BG_NBD, MBG_NBD)
BOTH = pytest.mark.parametrize("model", LEAVING, ids=lambda model: model.name)
WORLDS = (PUBLISHED, (0.525, 6.183, 0.891, 1.614), (2.0, 10.0, 1.5, 0.6))


def kinds(*customers: tuple[float, float, float]) -> CustomerKinds:
    """Frequency, recency and age in weeks of some customers."""
    return CustomerKinds(*np.array(customers, float).T, np.ones(len(customers)))


SOME = kinds((0, 0, 38.86), (1, 5, 30), (2, 30.43, 38.86), (7, 12, 50), (40, 50, 52))


def history(
    model: LeavingModel, rate: float, leaving: float, customer: tuple[Any, ...]
) -> tuple[float, float]:
    """The density of a customer's purchases, having stayed, and having left."""
    x, t_x, age = customer
    chances = x + model.first_chances
    stayed = (1 - leaving) ** chances * rate**x * np.exp(-rate * age)
    left = 0.0
    if chances:
        left = leaving * (1 - leaving) ** (chances - 1) * rate**x * np.exp(-rate * t_x)
    return float(stayed), float(left)


def mixed(
    parameters: tuple[float, ...], density: Callable[[float, float], float]
) -> float:
    """The mean over the customers' rates and probabilities of leaving."""
    r, alpha, a, b = parameters

    def over_leaving(rate: float) -> float:
        return float(
            integrate.quad(
                lambda p: density(rate, p) / special.beta(a, b),
                0,
                1,
                weight="alg",
                wvar=(a - 1, b - 1),
                epsabs=0,
            )[0]
        )

    # over the quantile of the rate, so that its density has no peak
    return float(
        integrate.quad(
            lambda u: over_leaving(stats.gamma.ppf(u, r, scale=1 / alpha)),
            0,
            1,
            limit=500,
        )[0]
    )


@BOTH
@pytest.mark.parametrize("customer", [(0, 0.0, 20.0), (1, 5.0, 30.0), (3, 9.0, 12.0)])
def test_likelihood_and_chance_to_be_active_are_those_of_the_process(
    model: LeavingModel, customer: tuple[float, ...]
) -> None:
    for parameters in WORLDS:
        stayed, left = (
            mixed(
                parameters,
                lambda rate, p, part=part: history(model, rate, p, customer)[part],
            )
            for part in (0, 1)
        )
        alone = kinds(customer)
        likelihood = LeavingLikelihood(alone, model.first_chances)

        value, _ = likelihood(np.array(parameters))
        alive = model.p_alive(parameters, alone)

        assert value == pytest.approx(np.log(stayed + left), rel=1e-5)
        assert alive[0] == pytest.approx(stayed / (stayed + left), rel=1e-5)


@BOTH
def test_expected_purchases_are_the_papers_closed_form(model: LeavingModel) -> None:
    for r, alpha, a, b in WORLDS:
        for horizon in (1.0, 39.0, 200.0):
            expected = model.orders_if_active((r, alpha, a, b), SOME, [horizon])[0]
            # Fader, Hardie and Lee (2005), equation 10 without its last factor, in
            # Euler's form; b + 1 for b where one may leave at once
            x, z = SOME.frequency, horizon / (alpha + SOME.age + horizon)
            total = a + b + x + model.first_chances
            closed = (
                (total - 1)
                / (a - 1)
                * (
                    1
                    - (1 - z) ** (a - 1)
                    * special.hyp2f1(total - 1 - r - x, a - 1, total - 1, z)
                )
            )
            np.testing.assert_allclose(expected, closed, rtol=1e-9)


def test_expected_purchases_have_no_hole_at_a_of_one() -> None:
    near, at, beyond = (
        BG_NBD.orders_if_active((0.5, 5.0, a, 2.0), SOME, [52.0])
        for a in (1 - 1e-7, 1.0, 1 + 1e-7)
    )
    np.testing.assert_allclose(at, (near + beyond) / 2, rtol=1e-9)


def test_the_papers_first_customer_is_expected_to_buy_as_published() -> None:
    first = kinds((2, 30.43, 38.86))
    active = BG_NBD.orders_if_active(PUBLISHED, first, [39.0])[0]
    expected = active * BG_NBD.p_alive(PUBLISHED, first)
    assert round(float(expected[0]), 3) == 1.226


@BOTH
def test_expected_purchases_are_those_of_simulated_customers(
    model: LeavingModel,
) -> None:
    r, alpha, a, b = 1.2, 6.0, 0.8, 2.0
    random = np.random.default_rng(17)
    rate, leaving = random.gamma(r, 1 / alpha, 200_000), random.beta(a, b, 200_000)
    first, horizon = 30.0, 20.0
    before, after = (np.zeros(200_000) for _ in range(2))
    last = np.zeros(200_000)
    active = np.ones(200_000, bool)
    if model.first_chances:
        active &= random.random(200_000) >= leaving
    time = random.exponential(1 / rate)
    while (going := active & (time < first + horizon)).any():
        early = going & (time < first)
        before[early] += 1
        last[early] = time[early]
        after[going & ~early] += 1
        active &= ~going | (random.random(200_000) >= leaving)
        time += random.exponential(1 / rate)

    for count in (0, 1, 3):
        alike = before == count
        customers = CustomerKinds(
            before[alike],
            last[alike],
            np.full(alike.sum(), first),
            np.ones(alike.sum()),
        )
        expected = model.p_alive((r, alpha, a, b), customers)
        expected *= model.orders_if_active((r, alpha, a, b), customers, [horizon])[0]
        error = after[alike].std() / np.sqrt(alike.sum())
        assert abs(expected.mean() - after[alike].mean()) < 4 * error


def test_whoever_bought_once_may_have_left_at_once_by_mbg_nbd_only() -> None:
    once = kinds((0, 0, 50))
    assert BG_NBD.p_alive(PUBLISHED, once)[0] == 1.0
    assert MBG_NBD.p_alive(WORLDS[1], once)[0] == pytest.approx(0.363, abs=1e-3)


@BOTH
def test_without_leaving_both_are_the_nbd(model: LeavingModel) -> None:
    r, alpha = 0.7, 9.0
    staying, _ = StayingLikelihood(SOME)(np.array([r, alpha]))
    leaving, _ = LeavingLikelihood(SOME, model.first_chances)(
        np.array([r, alpha, 1e-12, 2.0])
    )
    assert leaving == pytest.approx(staying, rel=1e-10)
    np.testing.assert_allclose(
        model.orders_if_active((r, alpha, 1e-12, 2.0), SOME, [52.0]),
        NBD.orders_if_active((r, alpha), SOME, [52.0]),
        rtol=1e-9,
    )


def test_slopes_are_those_of_the_likelihoods() -> None:
    customers, _ = simulated(200, seed=3).kinds()
    places: list[tuple[Any, Array]] = [
        (LeavingLikelihood(customers, chances), place)
        for chances in (0, 1)
        for place in (np.array([0.7, 6.0, 0.9, 2.0]), np.array([3.0, 1.5, 0.2, 7.0]))
    ]
    places.append((StayingLikelihood(customers), np.array([0.7, 6.0])))
    for likelihood, place in places:
        slope = approx_fprime(place, lambda x, f=likelihood: f(x)[0], 1e-7)
        np.testing.assert_allclose(likelihood(place)[1], slope, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(
    ("model", "parameters", "log_likelihood"),
    [
        # Fader, Hardie and Lee (2005), table 2
        (BG_NBD, (0.243, 4.414, 0.793, 2.426), -9582.4),
        # as the packages BTYDplus and lifetimes have it
        (MBG_NBD, (0.525, 6.183, 0.891, 1.614), None),
        # Fader, Hardie and Lee (2005), table 2: r, alpha, and the likelihood
        (NBD, (0.385, 12.072), -9763.7),
    ],
    ids=["bg_nbd", "mbg_nbd", "nbd"],
)
def test_the_published_cdnow_estimates_are_found(
    model: PurchaseModel, parameters: tuple[float, ...], log_likelihood: float | None
) -> None:
    customers, _ = cdnow_as_published().kinds()
    found = model.fit(customers)
    assert customers.customers == 2357
    assert found.status == FITTED
    assert tuple(round(value, 3) for value in found.parameters) == parameters
    if log_likelihood is not None:
        assert round(found.log_likelihood, 1) == log_likelihood


def test_a_weight_counts_as_so_many_alike_customers() -> None:
    summaries = simulated(400, seed=4)
    columns = [summaries.frequency, summaries.recency_days / 7, summaries.age_days / 7]
    one = CustomerKinds(*columns, np.full(400, 2.0))
    other = CustomerKinds(*(np.concatenate([c, c]) for c in columns), np.ones(800))
    np.testing.assert_allclose(
        MBG_NBD.fit(one).parameters, MBG_NBD.fit(other).parameters, rtol=1e-9
    )


def test_the_quadrature_is_exact_for_moments() -> None:
    for a, b in ((0.8, 2.5), (1.0, 1.0), (0.001, 50.0), (1.5, 0.5), (0.8, 5000.0)):
        nodes, weights = beta_quadrature(a, b)
        assert weights.sum() == pytest.approx(1)
        for power in (1, 2, 5):
            orders = np.arange(power)
            assert np.sum(weights * nodes**power) == pytest.approx(
                np.prod((a + orders) / (a + b + orders)), rel=1e-9
            )
