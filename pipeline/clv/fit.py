"""Fit every model to one window of the purchases, and tell which may be used."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from pipeline.clv import gamma_gamma
from pipeline.clv.maximum import FITTED, NOT_CONVERGED, TOO_FEW, Array, Maximum
from pipeline.clv.purchases import (
    BG_NBD,
    MBG_NBD,
    NBD,
    CustomerKinds,
    LeavingModel,
    PurchaseModel,
    PurchaseSummaries,
)
from pipeline.clv.ranks import EqualGroups, rank_correlation
from pipeline.clv.scores import Horizon, Scores, score

# The status of a fit that can be used is `fitted`; any other says why it cannot.
NO_LEAVING = "no sign of leaving"
NO_MEAN = "the mean value of a purchase has no bound"
CORRELATED = "value depends on frequency"
FAILED = "the fit failed"

LEAVING_MODELS = (BG_NBD, MBG_NBD)
PURCHASE_MODELS: tuple[PurchaseModel, ...] = (NBD, *LEAVING_MODELS)

# Below these an estimate says little about anybody else.
MINIMUM_CUSTOMERS = 100
MINIMUM_REPEAT_CUSTOMERS = 30
# The Gamma-Gamma model takes frequency and value for independent. Rank correlation, so
# that a few large customers do not decide; CDNOW has 0.15, Online Retail 0.21.
HIGHEST_CORRELATION = 0.3
# Leaving is found where, without it, the likelihoods would differ as much in at most
# one shop of a hundred.
LEVEL = 0.01

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class ModelFit:
    """What came of one model on one window.

    Attributes:
        model_name: `bg_nbd`, `mbg_nbd`, `nbd` or `gamma_gamma`.
        status: `fitted`, or why it cannot be used.
        customers: How many it was fitted to.
        parameters: Empty where the search found none.
        log_likelihood: Of these.
        likelihood_ratio: Twice what the likelihood is above that of the NBD, where
            nobody leaves; of the models that leave.
        leaving_p_value: The chance of as large a ratio where nobody leaves.
        frequency_value_correlation: Spearman's; of the Gamma-Gamma model.
        scores: Of each kind of customers; of the purchase models that are fitted.
    """

    model_name: str
    status: str
    customers: int
    parameters: dict[str, float] = field(default_factory=dict)
    log_likelihood: float | None = None
    likelihood_ratio: float | None = None
    leaving_p_value: float | None = None
    frequency_value_correlation: float | None = None
    scores: Scores | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether the model may be used."""
        return self.status == FITTED


@dataclass(frozen=True)
class WindowFit:
    """All models on one window.

    Attributes:
        customers: Customers with a purchase by then.
        repeat_customers: Those of them with a repeat purchase.
        repeat_purchases: Their repeat purchases, one a day.
        purchases: Each purchase model's fit, by name.
        spend: The Gamma-Gamma model's.
    """

    customers: int
    repeat_customers: int
    repeat_purchases: int
    purchases: dict[str, ModelFit]
    spend: ModelFit


def fit_window(
    summaries: PurchaseSummaries, kinds: CustomerKinds, horizon: Horizon
) -> WindowFit:
    """Fit all models to the customers of one window, and score the kinds of them.

    Whatever a fit meets becomes its status.
    """
    repeats = summaries.frequency > 0
    window = WindowFit(
        customers=len(repeats),
        repeat_customers=int(repeats.sum()),
        repeat_purchases=int(summaries.frequency.sum()),
        purchases={},
        spend=_fit_spend(summaries),
    )
    enough = (
        window.customers >= MINIMUM_CUSTOMERS
        and window.repeat_customers >= MINIMUM_REPEAT_CUSTOMERS
    )
    staying: ModelFit | None = None
    for model in PURCHASE_MODELS:
        if enough:
            fit = _fit_purchases(model, kinds, horizon, staying)
        else:
            fit = ModelFit(model.name, TOO_FEW, window.customers)
        window.purchases[model.name] = fit
        staying = staying or fit
    return window


def choose(window: WindowFit, calibration: WindowFit) -> ModelFit | None:
    """The fit that scores a window; None where no model fits.

    Of the two models with leaving, the one with the higher likelihood on the
    calibration is asked first; where it finds none, the other; then the one without.
    """

    def evidence(model: LeavingModel) -> tuple[float, ...]:
        found = (fits.purchases[model.name] for fits in (calibration, window))
        return tuple(
            -math.inf if fit.log_likelihood is None else fit.log_likelihood
            for fit in found
        )

    by_evidence = sorted(LEAVING_MODELS, key=evidence, reverse=True)
    names = [*(model.name for model in by_evidence), NBD.name]
    fits = [window.purchases[name] for name in names]
    return next((fit for fit in fits if fit.is_fitted), None)


def _fit_purchases(
    model: PurchaseModel,
    kinds: CustomerKinds,
    horizon: Horizon,
    staying: ModelFit | None,
) -> ModelFit:
    """Fit one model, and test it against the NBD's fit if it is one that leaves."""
    customers = int(kinds.customers)
    maximum = _attempt(lambda: model.fit(kinds), _numbers)
    if isinstance(maximum, str):
        return ModelFit(model.name, maximum, customers)
    status = maximum.status
    ratio = p_value = None
    if staying is not None and staying.log_likelihood is not None:
        ratio = max(2 * (maximum.log_likelihood - staying.log_likelihood), 0.0)
        p_value = leaving_p_value(ratio)
        if p_value > LEVEL and status != NOT_CONVERGED:
            status = NO_LEAVING
    scores: Scores | None = None
    if status == FITTED:
        # Expectations are finite, or the model is no use.
        scored = _attempt(
            lambda: score(model, maximum.parameters, kinds, horizon),
            lambda scores: scores.discounted_orders,
        )
        if isinstance(scored, str):
            status = scored
        else:
            scores = scored
    return ModelFit(
        model.name,
        status,
        customers,
        dict(zip(model.parameter_names, maximum.parameters, strict=True)),
        maximum.log_likelihood,
        ratio,
        p_value,
        scores=scores,
    )


def leaving_p_value(likelihood_ratio: float) -> float:
    """The chance of as large a likelihood ratio where nobody leaves.

    No leaving, a = 0, is on the border of what a may be: half of the time the ratio is
    0, half of the time it is as chi-squared with one degree of freedom (Self and Liang
    1987). b has no meaning there, so that this is nearly, and not quite, exact: of 900
    simulated fits without leaving 8 were below 0.01.
    """
    if likelihood_ratio <= 0:
        return 1.0
    return math.erfc(math.sqrt(likelihood_ratio / 2)) / 2


def _fit_spend(summaries: PurchaseSummaries) -> ModelFit:
    # Returns of the same days may outweigh the purchases.
    spends = (summaries.frequency > 0) & (np.nan_to_num(summaries.mean_value) > 0)
    # In one order, whatever the engine's: sums then agree to the last digit.
    order = np.lexsort((summaries.mean_value[spends], summaries.frequency[spends]))
    counts = summaries.frequency[spends][order]
    values = summaries.mean_value[spends][order]
    customers = len(values)
    if customers < MINIMUM_REPEAT_CUSTOMERS:
        return ModelFit(gamma_gamma.NAME, TOO_FEW, customers)
    maximum = _attempt(lambda: gamma_gamma.fit(counts, values), _numbers)
    if isinstance(maximum, str):
        return ModelFit(gamma_gamma.NAME, maximum, customers)
    status = maximum.status
    parameters = dict(zip(gamma_gamma.PARAMETER_NAMES, maximum.parameters, strict=True))
    correlation = rank_correlation(EqualGroups(counts), EqualGroups(values))
    if status == FITTED and parameters["q"] <= 1:
        status = NO_MEAN
    elif correlation is not None and abs(correlation) > HIGHEST_CORRELATION:
        status = CORRELATED
    return ModelFit(
        gamma_gamma.NAME,
        status,
        customers,
        parameters,
        maximum.log_likelihood,
        frequency_value_correlation=correlation,
    )


def average_values(spend: ModelFit, summaries: PurchaseSummaries) -> Array:
    """The expected value of each customer's next purchase; nan without a fit."""
    if not spend.is_fitted:
        return np.full(len(summaries.frequency), np.nan)
    # Where returns of the same days outweigh the purchases, as if they were worth 0.
    own = np.maximum(np.nan_to_num(summaries.mean_value), 0.0)
    parameters = [spend.parameters[name] for name in gamma_gamma.PARAMETER_NAMES]
    return gamma_gamma.expected_value(parameters, summaries.frequency, own)


def _numbers(maximum: Maximum) -> Sequence[float]:
    return (*maximum.parameters, maximum.log_likelihood)


def _attempt(
    compute: Callable[[], _Found], numbers: Callable[[_Found], ArrayLike]
) -> _Found | str:
    """What was computed, or the status that says what went wrong.

    Args:
        compute: May raise whatever it likes.
        numbers: Those of the result that must be finite.
    """
    try:
        with np.errstate(all="ignore"):
            found = compute()
    except Exception as error:
        return f"{FAILED} ({type(error).__name__})"
    if not np.all(np.isfinite(numbers(found))):
        return NOT_CONVERGED
    return found
