"""A platform's export becomes a warehouse in one command, with the figures by hand."""

import json
from decimal import Decimal

import duckdb
import pytest

from pipeline.__main__ import main
from pipeline.warehouse.engine import Engine
from tests.python.sample_exports import EXPORTS, platform_of
from tests.python.test_platforms import BY_HAND, Figures, normal

# One of each platform.
SAMPLES = (
    "amazon",
    "etsy",
    "jaffle_shop_second",
    "olist",
    "online_retail",
    "shopify",
    "square",
    "woocommerce_lines",
)


@pytest.mark.parametrize("sample", SAMPLES)
def test_an_export_is_built_in_one_command(
    sample: str, duckdb_shop: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    database = duckdb_shop.published.path
    source = ["--from", platform_of(sample), str(EXPORTS / sample)]
    target = ["--target", "duckdb", "--database", str(database)]
    code = main(["build", *source, *target, "--json"])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    summary = json.loads(printed.out)
    assert summary["info"]["origin"].startswith(f"{platform_of(sample)}: ")
    with duckdb.connect(database, read_only=True) as connection:
        gross, discounts, returns, tax, shipping, orders = (
            connection.execute(
                "select sum(gross_sales), sum(discounts), sum(returns), sum(tax), "
                "sum(shipping), count(*) filter (gross_sales > 0) from FactOrders"
            ).fetchone()
            or (0,) * 6
        )
        (buyers,) = connection.execute(
            "select count(*) from rpt_customer_rfm"
        ).fetchone() or (0,)
        (top,) = connection.execute(
            "select DimProduct.product_id from rpt_product_sales "
            "inner join DimProduct using (product_key) where product_key <> -1 "
            "order by net_sales desc limit 1"
        ).fetchone() or ("None",)
    amounts = (Decimal(n or 0) for n in (gross, discounts, returns, tax, shipping))
    built = Figures(*(str(n.normalize() + 0) for n in amounts), orders, buyers, top)
    assert built == normal(BY_HAND[sample])
