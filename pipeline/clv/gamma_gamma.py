"""The Gamma-Gamma model of the value of a purchase, fitted by maximum likelihood.

Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value". A customer's
purchases are worth gamma(p, rate nu) each, and nu differs between customers as
gamma(q, rate gamma). It takes for granted that value does not depend on frequency.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import digamma, gammaln

from pipeline.clv.maximum import Array, Maximum, Parameter, maximise

NAME = "gamma_gamma"
PARAMETER_NAMES = ("p", "q", "gamma")


class SpendLikelihood:
    """The log-likelihood of the parameters, given the customers' mean values.

    Args:
        frequency: Purchases that each customer's mean is over, at least 1.
        mean_value: The mean value of a customer's purchases, above 0.
    """

    def __init__(self, frequency: Array, mean_value: Array) -> None:
        self._frequency = frequency
        self._total = frequency * mean_value
        self._counts, self._alike = np.unique(frequency, return_counts=True)
        log_total = np.log(self._total)
        self._sum_of_logs = np.log(mean_value).sum()
        self._weighted_logs = np.sum(frequency * log_total)
        self._customers = float(len(frequency))

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        """The sum and its slope, at p, q, gamma."""
        p, q, gamma = parameters
        counts, alike, frequency = self._counts, self._alike, self._frequency
        log_scale = np.log(gamma + self._total)
        sum_of_scales = log_scale.sum()
        weighted_scales = np.sum(frequency * log_scale)
        inverse_scale = 1 / (gamma + self._total)
        by_count = gammaln(p * counts + q) - gammaln(p * counts) - gammaln(q)
        value = (
            alike @ by_count
            + self._customers * q * np.log(gamma)
            + p * (self._weighted_logs - weighted_scales)
            - q * sum_of_scales
            - self._sum_of_logs
        )
        slope = np.array(
            [
                alike @ (counts * (digamma(p * counts + q) - digamma(p * counts)))
                + self._weighted_logs
                - weighted_scales,
                alike @ (digamma(p * counts + q) - digamma(q))
                + self._customers * np.log(gamma)
                - sum_of_scales,
                self._customers * q / gamma
                - p * np.sum(frequency * inverse_scale)
                - q * inverse_scale.sum(),
            ]
        )
        return float(value), slope


def fit(frequency: Array, mean_value: Array) -> Maximum:
    """Fit p, q and gamma; gamma is in the unit of the values."""
    unit = max(float(np.median(mean_value)), 1e-6)

    return maximise(
        SpendLikelihood(frequency, mean_value),
        sought=(Parameter(highest=1e4), Parameter(), Parameter(unit, highest=1e4)),
        starts=((5.0, 3.0, 0.5), (1.5, 5.0, 3.0)),
        customers=float(len(frequency)),
    )


def expected_value(
    parameters: Sequence[float], frequency: Array, mean_value: Array
) -> Array:
    """The expected value of a customer's purchase, p (gamma + x m) / (p x + q - 1).

    It lies between everybody's mean and one's own, the nearer to one's own the more
    purchases it is over. It needs q > 1.

    Args:
        parameters: p, q and gamma.
        frequency: Purchases x that the mean is over; 0 is allowed.
        mean_value: Their mean m; any number where there are none.
    """
    p, q, gamma = parameters
    return p * (gamma + frequency * mean_value) / (p * frequency + q - 1)
