"""A dbt project of a few models, for tests of what does not depend on the models."""

import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

SMALL_PROJECT = {
    "dbt_project.yml": """
        name: small
        version: "1.0.0"
        profile: ecommerce_dwh
        flags: {send_anonymous_usage_stats: false}
        vars: {failing: "no", currency: EUR}
        seeds:
          small:
            +tags: demo
            +column_types: {order_date: text}
            +post-hook: >
              insert into raw_loads values ('raw_orders', 'demo', 'seeds', 1, '')
        models: {small: {+materialized: table}}
        on-run-start:
          - >
            create table if not exists raw_loads (raw_table text, source text,
            origin text, row_count integer, loaded_at text)
    """,
    "seeds/raw_orders.csv": """\
        order_id,customer_id,order_date,status
        D1,C9,2024-05-01,paid
    """,
    "models/staging/stg_rejected_rows.sql": """
        select 'raw_orders' as raw_table, 'bad date' as reason
        from {{ ref('raw_orders') }} where order_date = 'someday'
    """,
    "models/staging/stg_orders.sql": """
        {{ config(materialized='view') }}
        select * from {{ ref('raw_orders') }} where order_date <> 'someday'
    """,
    "models/intermediate/int_as_of_date.sql": """
        select substr(max(order_date), 1, 10) as as_of_date from {{ ref('stg_orders') }}
    """,
    "models/intermediate/int_currency.sql": "select 'EUR' as currency",
    "models/intermediate/int_clv_fits.sql": """
        select 'calibration' as fit_name, '2024-02-01' as observed_through,
        4 as horizon_weeks, 0.1 as yearly_discount_rate
        union all select 'all_data', '2024-03-01', 52, 0.1
    """,
    "models/intermediate/int_clv_purchase_summaries.sql": """
        select 'all_data' as fit_name, 1 as customer_key, 0 as frequency,
        0 as recency_days, 1 as age_days, 0 as mean_repeat_value, 1 as orders,
        1 as net_sales
    """,
    "models/intermediate/int_clv_holdouts.sql": """
        select 1 as customer_key, 1 as actual_orders, 1 as actual_sales where 1 = 0
    """,
    "models/marts/customers/rpt_customer_lifetime_value.sql": """
        select * from {{ source('predictions', 'clv_scores') }}
    """,
    "models/marts/sales/rpt_sales_daily.sql": """
        select substr(order_date, 1, 10) as date, '(all)' as category,
        1 as is_all_categories, 1 as net_sales from {{ ref('stg_orders') }}
    """,
    "models/marts/quality/rpt_data_quality.sql": """
        select raw_table, 'rejected' as outcome, reason, 1 as row_count
        from {{ ref('stg_rejected_rows') }}
    """,
    "models/intermediate/int_customer_keys.sql": """
        {{ config(materialized='incremental') }}
        {% if is_incremental() %}
        select 100 + row_number() over (order by customer_id) as customer_key,
        customer_id
        from (select distinct customer_id from {{ ref('stg_orders') }}
        where customer_id not in (select customer_id from {{ this }}))
        {% else %}
        select row_number() over (order by customer_id) as customer_key, customer_id
        from (select distinct customer_id from {{ ref('stg_orders') }}
        where customer_id is not null)
        {% endif %}
    """,
    "models/marts/core/fct_orders.sql": """
        {{ config(alias='FactOrders') }}
        select stg_orders.*, customer_key
        from {{ ref('stg_orders') }} as stg_orders
        left join {{ ref('int_customer_keys') }} as keys
        on stg_orders.customer_id = keys.customer_id
    """,
    "models/schema.yml": """
        sources:
          - name: predictions
            schema: "{{ target.schema }}"
            tables:
              - name: clv_scores
        models:
          - name: fct_orders
            description: One row per order.
            columns:
              - name: order_id
                data_tests:
                  - not_null:
                      description: Every order has its id.
    """,
    "tests/orders_are_as_wanted.sql": """
        select order_id from {{ ref('fct_orders') }}
        where '{{ var("failing") }}' = 'yes'
    """,
}

# The same without a demo, whose table has types that Spark does not know.
ON_SPARK = """
name: small
version: "1.0.0"
profile: ecommerce_dwh
flags: {send_anonymous_usage_stats: false}
vars: {failing: "no", currency: EUR}
seeds: {small: {+tags: demo, +column_types: {order_date: string}}}
models: {small: {+materialized: table}}
"""


def write_small_project(root: Path) -> None:
    """Write the project, with the real one's profiles and seeds, into a folder."""
    for name, text in SMALL_PROJECT.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    for name in (
        "profiles.yml",
        "macros/materializations/seed.sql",
        "macros/raw_data/loaded_from.sql",
        "macros/raw_data/raw_loads_relation.sql",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")


def write_spark_project(root: Path) -> None:
    """Write one that Spark understands."""
    write_small_project(root)
    (root / "dbt_project.yml").write_text(ON_SPARK, encoding="utf-8")
