"""Whether the models' warehouse and the hand-written floor hold the same tables.

The rule is that of ``python -m pipeline compare``, over what the floor computes.
"""

import sys
from collections.abc import Iterator

from pipeline.compare import TableDifference, compare_table
from pipeline.warehouse import reader_for

FLOOR_TABLES = (
    *("dimcustomer", "dimproduct", "dimtime"),
    *("factsales", "factorders", "factordercategories"),
    *("rpt_sales_daily", "rpt_product_sales", "rpt_product_sales_monthly"),
    *("rpt_customer_cohorts", "rpt_customer_rfm", "rpt_customer_lifetime_value"),
    *("rpt_product_co_purchases", "rpt_data_quality"),
)
# What the floor does not compute: predicted values, and the evidence of pairs. Other
# tests compare them with scipy and with definitions.
_COLUMNS_BEYOND_THE_FLOOR = {
    *("p_alive", "expected_orders", "expected_average_value", "predicted_value"),
    *("leverage", "lift_lower_95", "expected_co_purchases", "q_value"),
    *("is_significant", "has_service"),
}


def compare(warehouse: str, other: str) -> Iterator[TableDifference]:
    """Compare every table of the floor in two warehouses, named as for a reader."""
    with reader_for(warehouse) as first, reader_for(other) as second:
        for table in FLOOR_TABLES:
            yield compare_table(first, second, table, _COLUMNS_BEYOND_THE_FLOOR)


def main() -> None:
    """Print each table's comparison; exit 1 where any differs."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m benchmarks.equality WAREHOUSE OTHER_WAREHOUSE")
    differ = False
    for result in compare(*sys.argv[1:]):
        differ |= bool(result.differences)
        print(
            f"{'DIFFERS' if result.differences else 'equal'}  {result.table}: "
            f"{result.rows[0]} rows / {result.rows[1]}"
            + "".join(f"; {example}" for example in result.examples)
        )
    sys.exit(differ)


if __name__ == "__main__":
    main()
