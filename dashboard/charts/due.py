"""Pictures of the Due page."""

import pandas as pd

from dashboard.charts.bars import ranked
from dashboard.charts.figure import Figure
from dashboard.charts.theme import Theme, records
from dashboard.metrics import metric


def value_by_segment(segments: pd.DataFrame, theme: Theme) -> Figure:
    """What the due buyers of each segment may bring; rows of `by_segment`."""
    return ranked(
        segments["segment_name"],
        segments["expected_value"],
        metric("expected_value"),
        theme,
        details=[
            f"{theme.named(row.due_buyers, metric('due_buyers'))}<br>"
            f"{theme.named(row.expected_orders, metric('expected_orders'))}"
            for row in records(segments)
        ],
    )
