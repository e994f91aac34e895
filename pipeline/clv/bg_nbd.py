"""The BG/NBD model of repeat purchases, fitted by maximum likelihood.

Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way: An Alternative to
the Pareto/NBD Model", Marketing Science 24, 275-284. While active, a customer buys at a
rate that differs between customers as gamma(r, rate alpha); after each repeat purchase
one leaves for good with a probability that differs as beta(a, b).
"""

import numpy as np
from scipy.special import digamma, expit, gammaln

from pipeline.clv.maximum import Array, Maximum, Parameter, maximise


class PurchaseLikelihood:
    """The log-likelihood of the parameters, given what was bought.

    Long sums are numpy's own: BLAS would spread them over threads, which cost ten times
    the time here and may change the last digits.

    Args:
        frequency: Repeat purchases x of each kind of customer.
        recency: Time t_x from the first purchase to the last.
        age: Time T from the first purchase to the end of what was observed.
        weight: How many customers are alike in all three.
    """

    def __init__(
        self, frequency: Array, recency: Array, age: Array, weight: Array
    ) -> None:
        # What depends on one number alone is evaluated once for each of its values.
        self._counts, alike = np.unique(frequency, return_inverse=True)
        self._ages, self._age_place = np.unique(age, return_inverse=True)
        self._alike = np.bincount(alike, weights=weight)
        self._of_age = np.bincount(self._age_place, weights=weight)
        repeats = frequency > 0
        self._frequency = frequency[repeats]
        self._count_place = alike[repeats]
        self._weight = weight[repeats]
        self._recencies, self._recency_place = np.unique(
            recency[repeats], return_inverse=True
        )
        self._repeat_age_place = self._age_place[repeats]
        self._frequency_of_age = np.bincount(
            self._age_place, weights=weight * frequency, minlength=len(self._ages)
        )
        self._customers = float(weight.sum())

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        """The sum (equation 6 of the paper) and its slope, at r, alpha, a, b."""
        r, alpha, a, b = parameters
        counts, alike = self._counts, self._alike
        log_end = np.log(alpha + self._ages)
        log_last = np.log(alpha + self._recencies)

        # Every customer could still be active ...
        by_count = (
            gammaln(r + counts)
            - gammaln(r)
            + gammaln(a + b)
            - gammaln(a + b + counts)
            + gammaln(b + counts)
            - gammaln(b)
        )
        value = (
            alike @ by_count
            + self._customers * r * np.log(alpha)
            - (r * self._of_age + self._frequency_of_age) @ log_end
        )
        # ... and one who came back may have left after the last purchase instead.
        log_ratio = np.log(a / (b - 1 + np.maximum(counts, 1)))[self._count_place]
        time_ratio = log_end[self._repeat_age_place] - log_last[self._recency_place]
        log_odds = log_ratio + (r + self._frequency) * time_ratio
        value += np.sum(self._weight * np.logaddexp(0.0, log_odds))

        left = self._weight * expit(log_odds)
        left_after = left * (r + self._frequency)
        by_left_count = np.bincount(
            self._count_place, weights=left, minlength=len(counts)
        )
        slope_by_alpha = np.bincount(
            self._repeat_age_place, weights=left_after, minlength=len(self._ages)
        ) @ (1 / (alpha + self._ages)) - np.bincount(
            self._recency_place, weights=left_after, minlength=len(self._recencies)
        ) @ (1 / (alpha + self._recencies))
        leaving = alike @ (digamma(a + b) - digamma(a + b + counts))
        slope = np.array(
            [
                alike @ (digamma(r + counts) - digamma(r))
                + self._customers * np.log(alpha)
                - self._of_age @ log_end
                + np.sum(left * time_ratio),
                self._customers * r / alpha
                - (r * self._of_age + self._frequency_of_age)
                @ (1 / (alpha + self._ages))
                + slope_by_alpha,
                leaving + left.sum() / a,
                leaving
                + alike @ (digamma(b + counts) - digamma(b))
                - by_left_count @ (1 / (b - 1 + np.maximum(counts, 1))),
            ]
        )
        return float(value), slope


def fit_bg_nbd(frequency: Array, recency: Array, age: Array, weight: Array) -> Maximum:
    """Fit r, alpha, a and b; alpha is in the unit of the times."""
    unit = max(float(np.average(age, weights=weight)), 1e-6)

    # That nobody leaves, or that everybody is alike in leaving, are answers.
    leaving = Parameter(may_be_extreme=True)
    return maximise(
        PurchaseLikelihood(frequency, recency, age, weight),
        sought=(Parameter(), Parameter(unit), leaving, leaving),
        starts=((0.5, 0.25, 0.8, 2.5), (2.0, 1.0, 0.3, 3.0)),
        customers=float(weight.sum()),
    )
