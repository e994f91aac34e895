"""Models of repeat purchases: with two ways to leave for good, and without leaving.

All take it that a customer buys at random, at a rate that differs between customers as
gamma(r, rate alpha); alpha is in the unit of the times, weeks.

- BG/NBD: Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way: An
  Alternative to the Pareto/NBD Model", Marketing Science 24, 275-284. After each repeat
  purchase one leaves with a probability that differs as beta(a, b).
- MBG/NBD: Batislam, Denizel and Filiztekin (2007), "Empirical validation and comparison
  of models for customer base analysis", International Journal of Research in Marketing
  24, 201-209; Hoppe and Wagner (2007), "Customer Base Analysis: The Case for a Central
  Variant of the Betageometric/NBD Model", Marketing ZFP 3, 75-90. One may leave after
  the first purchase too.
- NBD: Ehrenberg (1959), "The Pattern of Consumer Purchases", Applied Statistics 8,
  26-41. Nobody leaves: both others with a = 0.

The two that leave differ in one number only: how often a customer with x repeat
purchases has had the chance to leave, x or x + 1. They are one class here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.special import betaln, digamma, expit, gammaln

from pipeline.clv.maximum import Array, Maximum, Parameter, maximise

# Nodes of the quadrature over the probability of leaving. Its weight is the customers'
# own, so that what is left to integrate is smooth: all digits are right where the
# horizon is fifty times alpha + T, seven where it is a thousand times.
NODES = 128

Parameters = Sequence[float]


@dataclass(frozen=True)
class CustomerKinds:
    """Customers alike in their purchases, one entry a kind.

    Attributes:
        frequency: Repeat purchases x.
        recency: Time t_x from the first purchase to the last, in weeks.
        age: Time T from the first purchase to the end of what was observed, in weeks.
        weight: How many customers are of the kind.
    """

    frequency: Array
    recency: Array
    age: Array
    weight: Array

    @property
    def customers(self) -> float:
        """How many customers there are."""
        return float(self.weight.sum())

    @property
    def time_unit(self) -> float:
        """A time of the size of alpha, so that bounds mean the same for all data."""
        return max(float(np.average(self.age, weights=self.weight)), 1e-6)


@dataclass(frozen=True)
class PurchaseSummaries:
    """One entry a customer with a purchase.

    Attributes:
        frequency: Days with a purchase after the first such day.
        recency_days: Days from the first purchase to the last.
        age_days: Days from the first purchase to the end of what was observed.
        mean_value: Mean net value of the repeat days; nan where there are none.
    """

    frequency: Array
    recency_days: Array
    age_days: Array
    mean_value: Array

    def kinds(self) -> tuple[CustomerKinds, NDArray[np.intp]]:
        """The kinds of customers, and for each customer the index of theirs.

        Whoever is alike in frequency, recency and age is fitted and scored once.
        """
        columns = (self.frequency, self.recency_days, self.age_days)
        packed = np.zeros(len(self.frequency), dtype=np.int64)
        for column in columns:
            packed *= int(column.max(initial=0)) + 1
            packed += column.astype(np.int64)
        _, first, kind_index, alike = np.unique(
            packed, return_index=True, return_inverse=True, return_counts=True
        )
        frequency, recency_days, age_days = (column[first] for column in columns)
        kinds = CustomerKinds(
            frequency, recency_days / 7, age_days / 7, alike.astype(np.float64)
        )
        return kinds, kind_index


@dataclass(frozen=True)
class PurchaseModel:
    """A model of when customers buy: here the NBD, in which nobody leaves.

    Attributes:
        name: As tables and pages call it.
        parameter_names: In the order of its parameters.
    """

    name: str
    parameter_names: tuple[str, ...]

    def fit(self, kinds: CustomerKinds) -> Maximum:
        """The parameters of the highest likelihood."""
        return maximise(
            StayingLikelihood(kinds),
            sought=(Parameter(), Parameter(kinds.time_unit)),
            starts=((0.5, 0.5), (2.0, 2.0)),
            customers=kinds.customers,
        )

    def chances_to_leave(self, kinds: CustomerKinds) -> Array:
        """How often each kind of customers could have left; p_alive is 1 where never.

        That is the model's premise then, and says nothing about anybody.
        """
        return np.zeros_like(kinds.frequency)

    def p_alive(self, parameters: Parameters, kinds: CustomerKinds) -> Array:
        """The probability, for each kind, that such a customer has not left."""
        del parameters
        return np.ones_like(kinds.frequency)

    def orders_if_active(
        self, parameters: Parameters, kinds: CustomerKinds, horizons: Sequence[float]
    ) -> Array:
        """Expected purchases of a customer who has not left, over weeks from now on.

        The mean rate of such a customer, (r + x) / (alpha + T), times the weeks.

        Returns:
            A row a horizon, a column a kind.
        """
        r, alpha = parameters
        return np.outer(horizons, (r + kinds.frequency) / (alpha + kinds.age))


@dataclass(frozen=True)
class LeavingModel(PurchaseModel):
    """BG/NBD and MBG/NBD.

    Attributes:
        first_chances: Chances to leave at the first purchase: 0 or 1.
    """

    first_chances: int

    def fit(self, kinds: CustomerKinds) -> Maximum:
        """Fit r, alpha, a and b."""
        # Where all are nearly alike in leaving, both are large; their ratio counts.
        leaving = Parameter(highest=1e4)
        return maximise(
            LeavingLikelihood(kinds, self.first_chances),
            sought=(Parameter(), Parameter(kinds.time_unit), leaving, leaving),
            starts=((0.5, 0.25, 0.8, 2.5), (2.0, 1.0, 0.3, 3.0)),
            customers=kinds.customers,
        )

    def chances_to_leave(self, kinds: CustomerKinds) -> Array:
        """One after each repeat purchase, and after the first where the model says."""
        return kinds.frequency + self.first_chances

    def p_alive(self, parameters: Parameters, kinds: CustomerKinds) -> Array:
        """By Bayes' rule: BG/NBD has (2008, "Computing P(alive)") one chance fewer.

        1 / (1 + a / (b + n - 1) ((alpha + T) / (alpha + t_x))^(r + x)), where n is the
        number of chances to leave; 1 where there was none.
        """
        r, alpha, a, b = parameters
        chances = self.chances_to_leave(kinds)
        log_odds = np.log(a / (b - 1 + np.maximum(chances, 1))) + (
            r + kinds.frequency
        ) * (np.log(alpha + kinds.age) - np.log(alpha + kinds.recency))
        return np.where(chances > 0, expit(-log_odds), 1.0)

    def orders_if_active(
        self, parameters: Parameters, kinds: CustomerKinds, horizons: Sequence[float]
    ) -> Array:
        """The mean over all rates and probabilities of leaving.

        Of one with the rate l and the probability p, (1 - exp(-l p t)) / p; over the
        gamma(r + x, alpha + T) of l and the beta(a, b + n) of p after n chances not
        taken: the mean over p of (1 - (1 + p t / (alpha + T))^-(r + x)) / p. The
        papers have it in closed form with 2F1, whose terms cancel where a is near 1.
        """
        r, alpha, a, b = parameters
        expected = np.empty((len(horizons), len(kinds.frequency)))
        for frequency, alike in _where_equal(kinds.frequency):
            probability, weight = beta_quadrature(a, b + frequency + self.first_chances)
            ages, age_index = np.unique(kinds.age[alike], return_inverse=True)
            for row, horizon in enumerate(horizons):
                reach = np.outer(horizon / (alpha + ages), probability)
                lost = -np.expm1(-(r + frequency) * np.log1p(reach))
                by_age = np.sum(lost * (weight / probability), axis=1)
                expected[row, alike] = by_age[age_index]
        return expected


BG_NBD = LeavingModel("bg_nbd", ("r", "alpha", "a", "b"), first_chances=0)
MBG_NBD = LeavingModel("mbg_nbd", ("r", "alpha", "a", "b"), first_chances=1)
NBD = PurchaseModel("nbd", ("r", "alpha"))


class StayingLikelihood:
    """The log-likelihood of r and alpha where nobody leaves.

    For one customer G(r + x) alpha^r / (G(r) (alpha + T)^(r + x)): that of the leaving
    models with a = 0, so that the two can be compared. What depends on one number alone
    is evaluated once for each of its values.
    """

    def __init__(self, kinds: CustomerKinds) -> None:
        self._counts, count_index = np.unique(kinds.frequency, return_inverse=True)
        self._of_count = np.bincount(count_index, weights=kinds.weight)
        self._ages, age_index = np.unique(kinds.age, return_inverse=True)
        self._of_age = np.bincount(age_index, weights=kinds.weight)
        self._frequency_of_age = np.bincount(
            age_index, weights=kinds.weight * kinds.frequency
        )
        self._customers = kinds.customers

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        """The sum over the customers and its slope, at r, alpha."""
        r, alpha = parameters
        log_end = np.log(alpha + self._ages)
        ends = r * self._of_age + self._frequency_of_age
        value = (
            self._of_count @ (gammaln(r + self._counts) - gammaln(r))
            + self._customers * r * np.log(alpha)
            - ends @ log_end
        )
        slope = np.array(
            [
                self._of_count @ (digamma(r + self._counts) - digamma(r))
                + self._customers * np.log(alpha)
                - self._of_age @ log_end,
                self._customers * r / alpha - ends @ (1 / (alpha + self._ages)),
            ]
        )
        return float(value), slope


class LeavingLikelihood:
    """The log-likelihood of r, alpha, a and b, given what was bought.

    With n = x or x + 1 chances to leave it is, for one customer, that of staying times
    B(a, b + n) / B(a, b), plus, where n > 0, the same with B(a + 1, b + n - 1) and t_x
    for T, who left after the last purchase: Fader, Hardie and Lee's equation 6, and
    Hoppe and Wagner's.

    Long sums are numpy's own: BLAS would spread them over threads, which cost ten times
    the time here and may change the last digits.
    """

    def __init__(self, kinds: CustomerKinds, first_chances: int) -> None:
        self._staying = StayingLikelihood(kinds)
        counts, count_index = np.unique(kinds.frequency, return_inverse=True)
        self._chances = counts + first_chances
        self._of_count = np.bincount(count_index, weights=kinds.weight)
        may_have_left = kinds.frequency + first_chances > 0
        self._frequency = kinds.frequency[may_have_left]
        self._weight = kinds.weight[may_have_left]
        self._count_index = count_index[may_have_left]
        self._ages, self._age_index = np.unique(
            kinds.age[may_have_left], return_inverse=True
        )
        self._recencies, self._recency_index = np.unique(
            kinds.recency[may_have_left], return_inverse=True
        )

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        """The sum over the customers and its slope, at r, alpha, a, b."""
        r, alpha, a, b = parameters
        chances, of_count = self._chances, self._of_count
        # Every customer could still be active, no chance to leave taken ...
        value, (slope_r, slope_alpha) = self._staying(parameters[:2])
        value += of_count @ (betaln(a, b + chances) - betaln(a, b))
        # ... and one who had the chance may have left after the last purchase instead.
        others_left = b - 1 + np.maximum(chances, 1)
        until_end, until_last = alpha + self._ages, alpha + self._recencies
        time_ratio = self._difference(np.log(until_end), np.log(until_last))
        power = r + self._frequency
        log_odds = np.log(a / others_left)[self._count_index] + power * time_ratio
        value += np.sum(self._weight * np.logaddexp(0.0, log_odds))

        left = self._weight * expit(log_odds)
        leaving = of_count @ (digamma(a + b) - digamma(a + b + chances))
        slope = np.array(
            [
                slope_r + np.sum(left * time_ratio),
                slope_alpha
                + np.sum(
                    left * power * self._difference(1 / until_end, 1 / until_last)
                ),
                leaving + left.sum() / a,
                leaving
                + of_count @ (digamma(b + chances) - digamma(b))
                - np.sum(left / others_left[self._count_index]),
            ]
        )
        return float(value), slope

    def _difference(self, of_age: Array, of_recency: Array) -> Array:
        """Of each kind of customers that may have left, from numbers of each time."""
        return of_age[self._age_index] - of_recency[self._recency_index]


def _where_equal(values: Array) -> Iterator[tuple[float, NDArray[np.intp]]]:
    """Each of the different values, and the positions where it stands."""
    order = np.argsort(values, kind="stable")
    different, first = np.unique(values[order], return_index=True)
    return zip(different, np.split(order, first[1:]), strict=True)


def beta_quadrature(a: float, b: float) -> tuple[Array, Array]:
    """Nodes in (0, 1) and weights of sum 1: the mean over a beta(a, b) variable.

    Gauss and Jacobi's, by Golub and Welsch (1969): the nodes are the eigenvalues of the
    matrix of the recurrence of Jacobi's polynomials, here on (0, 1).
    scipy.special.roots_sh_jacobi has them too, overflows where b is large and keeps six
    digits where a is small.
    """
    n = np.arange(NODES, dtype=np.float64)
    total = 2 * n + a + b
    # The limits of n = 0, where the formulas divide 0 by 0 if a + b is 1 or 2.
    diagonal = np.full(NODES, a / (a + b))
    diagonal[1:] = 0.5 * (1 + (a - b) * (a + b - 2) / (total[1:] * (total[1:] - 2)))
    k, s = n[1:], total[1:]
    square = k * (k + a - 1) * (k + b - 1) * (k + a + b - 2)
    square[1:] /= (s[1:] - 2) ** 2 * (s[1:] - 1) * (s[1:] - 3)
    square[0] = a * b / ((a + b) ** 2 * (a + b + 1))
    nodes, vectors = eigh_tridiagonal(diagonal, np.sqrt(square))
    return np.maximum(nodes, np.finfo(float).tiny), vectors[0] ** 2
