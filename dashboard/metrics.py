"""Every figure of the dashboard: its name, formula and unit, written once.

Tooltips, chart titles, the Data health page and the README's table all read from
here, so a definition cannot differ between two places.
"""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a figure counts; decides how it is written."""

    MONEY = "money"
    COUNT = "count"
    SHARE = "share"
    RATIO = "ratio"
    DAYS = "days"
    YEARS = "years"


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        key: The column that holds it in query results.
        name: What people call it.
        formula: How it comes about, in words.
        unit: What it counts.
        lower_is_better: Whether a rise is bad news.
        is_neutral: Whether a change is neither good nor bad news.
    """

    key: str
    name: str
    formula: str
    unit: Unit
    lower_is_better: bool = False
    is_neutral: bool = False


_ALL = (
    Metric(
        "gross_sales",
        "Gross sales",
        "The sum of the sale lines before their discounts: quantity above 0, price "
        "above 0, and a status that counts as a sale.",
        Unit.MONEY,
    ),
    Metric(
        "discounts",
        "Discounts",
        "What the sale lines cost less than quantity times price; never positive.",
        Unit.MONEY,
    ),
    Metric(
        "returns",
        "Returns",
        "The sum of the return lines, whose quantity is below 0, and of money given "
        "back without goods; never positive.",
        Unit.MONEY,
    ),
    Metric(
        "net_sales",
        "Net sales",
        "Gross sales plus discounts and returns (which are negative): the sum of "
        "`line_item_total` in FactSales.",
        Unit.MONEY,
    ),
    Metric(
        "units",
        "Units",
        "Pieces sold less pieces returned, gifts included.",
        Unit.COUNT,
    ),
    Metric(
        "orders",
        "Orders",
        "Distinct orders with at least one sale line; for a category or product, "
        "with a sale line there.",
        Unit.COUNT,
    ),
    Metric(
        "average_order_value",
        "Average order value",
        "Net sales divided by orders.",
        Unit.MONEY,
    ),
    Metric(
        "buyers",
        "Buyers",
        "Distinct known customers with at least one counting order in the period. "
        "Orders without a customer have no buyer.",
        Unit.COUNT,
    ),
    Metric(
        "new_buyers",
        "New buyers",
        "Buyers whose first order ever falls in the period, whatever the category "
        "filter.",
        Unit.COUNT,
    ),
    Metric(
        "new_buyer_share",
        "New-buyer share",
        "New buyers divided by buyers.",
        Unit.SHARE,
        is_neutral=True,
    ),
    Metric(
        "returns_rate",
        "Returns rate",
        "Returns, taken positive, divided by gross sales.",
        Unit.SHARE,
        lower_is_better=True,
    ),
    Metric(
        "discount_rate",
        "Discount rate",
        "Discounts, taken positive, divided by gross sales.",
        Unit.SHARE,
        is_neutral=True,
    ),
    Metric(
        "shipping",
        "Shipping",
        "What the orders with a line in these days were charged for shipping, beside "
        "net sales.",
        Unit.MONEY,
    ),
    Metric(
        "tax",
        "Tax",
        "The tax of the orders with a line in these days, beside net sales.",
        Unit.MONEY,
    ),
    Metric(
        "returned",
        "Worth of returns",
        "Returns, taken positive.",
        Unit.MONEY,
        lower_is_better=True,
    ),
    Metric(
        "products_sold",
        "Products sold",
        "Products with at least one counting order.",
        Unit.COUNT,
    ),
    Metric(
        "stock_value",
        "Stock value",
        "Pieces in stock today times today's price.",
        Unit.MONEY,
    ),
    Metric(
        "sales_share",
        "Share of net sales",
        "Net sales of the row divided by net sales of all rows shown.",
        Unit.SHARE,
    ),
    Metric(
        "cumulative_share",
        "Cumulative share",
        "Share of the positive net sales that this product and all better selling "
        "ones have together.",
        Unit.SHARE,
    ),
    Metric(
        "days_of_stock",
        "Days of stock",
        "Pieces in stock today divided by the average units per day of the chosen "
        "period.",
        Unit.DAYS,
    ),
    Metric(
        "units_per_day",
        "Units per day",
        "Units divided by the days of the chosen period that have data.",
        Unit.RATIO,
    ),
    Metric(
        "retention_rate",
        "Retention",
        "Customers of the cohort with a counting order in the month, divided by "
        "the cohort's size.",
        Unit.SHARE,
    ),
    *(
        Metric(
            f"retention_month_{month}",
            f"Back in month {month}",
            f"Of the shown cohorts old enough, the customers with a counting order in "
            f"month {month} after the start, divided by the cohorts' size.",
            Unit.SHARE,
        )
        for month in (1, 3, 12)
    ),
    Metric(
        "spending_month_12",
        "Spent by month 12",
        "Of the shown cohorts old enough, net sales from the start to month 12, "
        "divided by the cohorts' size.",
        Unit.MONEY,
    ),
    Metric(
        "active_customers",
        "Active customers",
        "Customers of the cohort with a counting order in the month.",
        Unit.COUNT,
    ),
    Metric(
        "cohort_customers",
        "Customers",
        "The customers of all cohorts shown.",
        Unit.COUNT,
    ),
    Metric(
        "cohort_size",
        "Cohort size",
        "Customers whose first order (or registration) falls in the cohort's month.",
        Unit.COUNT,
    ),
    Metric(
        "total_spending",
        "Spending in the month",
        "Net sales of the cohort's customers in the month.",
        Unit.MONEY,
    ),
    Metric(
        "spending_per_customer",
        "Spending per customer",
        "Net sales of the month divided by the cohort's size.",
        Unit.MONEY,
    ),
    Metric(
        "cumulative_spending_per_customer",
        "Spending per customer so far",
        "Net sales from the cohort's start to the month, divided by its size.",
        Unit.MONEY,
    ),
    Metric(
        "recency_days",
        "Recency",
        "Days from the last counting order to the warehouse's as-of date.",
        Unit.DAYS,
        lower_is_better=True,
    ),
    Metric("frequency", "Frequency", "Counting orders of the buyer.", Unit.COUNT),
    Metric(
        "monetary_value",
        "Monetary value",
        "Net sales of the buyer over all time.",
        Unit.MONEY,
    ),
    Metric(
        "mean_value",
        "Mean value",
        "Net sales of the buyers over all time, divided by their number.",
        Unit.MONEY,
    ),
    Metric(
        "mean_orders",
        "Mean orders",
        "Counting orders of the buyers, divided by their number.",
        Unit.RATIO,
    ),
    Metric(
        "prospects",
        "Prospects",
        "Customers in the customer file who never placed a counting order.",
        Unit.COUNT,
    ),
    Metric(
        "one_time_share",
        "One-time buyers",
        "Buyers with exactly one counting order, divided by buyers.",
        Unit.SHARE,
        lower_is_better=True,
    ),
    Metric(
        "lifetime_value",
        "Value so far",
        "Net sales of the buyer over all time: what the customer was worth until "
        "now, not a forecast.",
        Unit.MONEY,
    ),
    Metric(
        "median_value",
        "Median value",
        "Half of the buyers were worth less until now, half more.",
        Unit.MONEY,
    ),
    Metric(
        "top_tenth_share",
        "Top tenth's share",
        "Net sales of the tenth of buyers who spent most, divided by net sales of "
        "all buyers.",
        Unit.SHARE,
    ),
    Metric(
        "gini",
        "Gini coefficient",
        "0 when every buyer spent the same, near 1 when one buyer spent it all: "
        "twice the area between the Lorenz curve and the diagonal. Buyers whose "
        "returns outweigh their purchases count as 0.",
        Unit.RATIO,
    ),
    Metric(
        "p_alive",
        "Chance to be active",
        "The probability that the customer has not left for good, by the model that "
        "explains the purchases best. Not known where there is no sign of leaving.",
        Unit.SHARE,
    ),
    Metric(
        "expected_orders",
        "Expected orders",
        "Purchases (days with an order) that this model expects in the weeks ahead, "
        "as many as the var `clv_horizon_weeks` says.",
        Unit.COUNT,
    ),
    Metric(
        "predicted_value",
        "Predicted value",
        "Expected orders times the expected spend per order (Gamma-Gamma), in the same "
        "weeks.",
        Unit.MONEY,
    ),
    Metric(
        "relative_error",
        "Error of the total",
        "Forecast minus what came, divided by what came; over weeks that the forecast "
        "had not seen.",
        Unit.SHARE,
        is_neutral=True,
    ),
    Metric(
        "root_mean_squared_error",
        "Error per customer",
        "The root of the mean squared difference between forecast and actual "
        "purchases of a customer.",
        Unit.RATIO,
        lower_is_better=True,
    ),
    Metric(
        "value_per_customer",
        "Value per customer",
        "Net sales from the first order until so many days later, divided by the "
        "customers; only customers known for so long count.",
        Unit.MONEY,
    ),
    Metric(
        "returning_share",
        "Came back",
        "Of these customers, the share with a second order within the days.",
        Unit.SHARE,
    ),
    Metric(
        "share_back",
        "Back by then",
        "The share that has ordered again so many days after an order, by Kaplan and "
        "Meier: those who are still waited for count as long as they were observed.",
        Unit.SHARE,
    ),
    Metric(
        "share_returned",
        "Came back so far",
        "Customers with the next order, divided by those with this one. Grows as time "
        "goes on.",
        Unit.SHARE,
    ),
    Metric(
        "median_days",
        "Median days",
        "Of those who ordered again, half did so within so many days.",
        Unit.DAYS,
        lower_is_better=True,
    ),
    Metric(
        "customers_moved",
        "Moved",
        "Buyers in another segment at the month's end than a month before.",
        Unit.COUNT,
    ),
    Metric(
        "segment_stayed",
        "Stayed",
        "Of the buyers of a month before, the share in the same segment still.",
        Unit.SHARE,
        is_neutral=True,
    ),
    Metric(
        "month_new_buyers",
        "Joined",
        "Buyers whose first order ever falls in the month.",
        Unit.COUNT,
    ),
    Metric(
        "buyer_share",
        "Share of buyers",
        "Buyers of the row divided by all buyers.",
        Unit.SHARE,
        is_neutral=True,
    ),
    Metric(
        "co_purchase_count",
        "Bought together",
        "Baskets that hold both products. A basket is the distinct products of an "
        "order's sale lines.",
        Unit.COUNT,
    ),
    Metric(
        "support",
        "Support",
        "Baskets with both products divided by all baskets used.",
        Unit.SHARE,
    ),
    Metric(
        "confidence",
        "Confidence",
        "Of the baskets with the first product, the share that also holds the second.",
        Unit.SHARE,
    ),
    Metric(
        "lift",
        "Lift",
        "How many times more often the pair is bought together than if the two were "
        "independent; 1 is chance.",
        Unit.RATIO,
    ),
    Metric(
        "lift_lower_95",
        "Lift, at least",
        "The lift that the pair exceeds with 95 % confidence: close to lift where the "
        "pair is in many baskets, far below where it is in few.",
        Unit.RATIO,
    ),
    Metric(
        "expected_co_purchases",
        "Expected by chance",
        "Baskets that would hold both products if baskets were as large as they are "
        "and their products had nothing in common.",
        Unit.COUNT,
    ),
    Metric(
        "q_value",
        "Share of chance",
        "Were all pairs down to this one called significant, at most this share of "
        "them would be chance (Benjamini and Hochberg).",
        Unit.SHARE,
        lower_is_better=True,
    ),
)

METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}


def metric(key: str) -> Metric:
    """The metric of that key.

    Raises:
        KeyError: No metric has that key.
    """
    return METRICS[key]
