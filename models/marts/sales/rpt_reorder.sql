{#- a pace is that of four weeks, so that each weekday counts as often as any other -#}
{%- set pace_weeks = 4 -%}
{%- set pace_days = 7 * pace_weeks -%}
{%- set lead_time_days = variable('lead_time_days') | int -%}
{%- set cover_days = variable('cover_days') | int -%}
{%- set horizons = {
    'arrival': lead_time_days,
    'next_arrival': lead_time_days + cover_days,
} -%}

with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

products as (

    select * from {{ ref('dim_product') }}
    where
        product_key != -1
        and not is_service
        and stock_quantity is not null

),

product_sales as (

    select * from {{ ref('rpt_product_sales') }}

),

sales as (

    select * from {{ ref('fct_sales') }}

),

-- as long back as the four weeks of a product that sold out four weeks ago
recent_sales as (

    select
        sales.product_key,
        sales.line_type,
        sales.quantity_sold,
        {{ days_between(date_of_time_key('sales.time_key'), 'as_of.as_of_date') }}
            as days_ago

    -- from the day on: SQLite joins in this order, and finds the days by their index
    from as_of
    cross join sales
    where
        sales.time_key
        > {{ time_key(add_days('as_of.as_of_date', -2 * pace_days)) }}

),

shop as (

    select
        max(
            {{ days_between('product_sales.first_sale_date', 'as_of.as_of_date') }}
        ) + 1 as days_open

    from product_sales
    cross join as_of

),

-- seven days make a week of weekdays, counted back from today
weekdays as (

    select
        days_ago - 7 * {{ floor_div('days_ago', 7) }} as weekday,
        count(*) as lines

    from recent_sales
    where
        line_type = 'sale'
        and days_ago < {{ pace_days }}
    group by days_ago - 7 * {{ floor_div('days_ago', 7) }}

),

-- what each of the next seven days is worth; in a shop's first weeks, all the same
days_ahead as (

    select
        numbers.n + 1 as day_number,
        cast(
            case
                when
                    shop.days_open < {{ pace_days }}
                    or sum(weekdays.lines) over () is null
                    then 1
                else coalesce(weekdays.lines, 0)
            end as bigint
        ) as weight

    from ({{ numbers_below(1) }}) as numbers
    cross join shop
    left join weekdays on 6 - numbers.n = weekdays.weekday
    where numbers.n < 7

),

weights as (

    select
        {% for days in range(1, 7) -%}
        cast(sum(case when day_number <= {{ days }} then weight end) as bigint)
            as of_{{ days }}_days,
        {% endfor -%}
        {% for horizon, days in horizons.items() -%}
        cast(
            {{ days // 7 }} * sum(weight)
            + sum(case when day_number <= {{ days % 7 }} then weight else 0 end)
            as bigint
        ) as until_{{ horizon }},
        {% endfor -%}
        cast(sum(weight) as bigint) as of_week

    from days_ahead

),

-- what is sold out can sell no longer: its pace is that up to its last sale
aged as (

    select
        products.product_key,
        products.product_id,
        products.product_name,
        coalesce(products.category, '(unknown)') as category,
        products.price,
        cast(products.stock_quantity as bigint) as stock_quantity,
        product_sales.last_sale_date,
        {{ days_between('product_sales.first_sale_date', 'as_of.as_of_date') }}
            as days_since_first_sale,
        case
            when
                products.stock_quantity <= 0
                and {{ days_between(
                    'product_sales.last_sale_date', 'as_of.as_of_date'
                ) }} < {{ pace_days }}
                then {{ days_between(
                    'product_sales.last_sale_date', 'as_of.as_of_date'
                ) }}
            else 0
        end as days_since_pace

    from products
    inner join product_sales on products.product_key = product_sales.product_key
    cross join as_of

),

dated as (

    select
        *,
        days_since_first_sale - days_since_pace as days_on_sale

    from aged

),

-- a product younger than four weeks has the pace of as many as it has begun
observed as (

    select
        *,
        cast(
            case
                when days_on_sale < {{ pace_days }}
                    then 1 + {{ floor_div('days_on_sale', 7) }}
                else {{ pace_weeks }}
            end as integer
        ) as observed_weeks

    from dated

),

summed as (

    select
        observed.product_key,
        cast(sum(recent_sales.quantity_sold) as bigint) as units

    from observed
    inner join recent_sales
        on
            observed.product_key = recent_sales.product_key
            and observed.days_since_pace <= recent_sales.days_ago
            and observed.days_since_pace + 7 * observed.observed_weeks
            > recent_sales.days_ago
    group by observed.product_key

),

-- units over as many weeks make a pace; what came back as fast as it was sold has none
paced as (

    select
        observed.*,
        coalesce(summed.units, 0) as units,
        coalesce(summed.units, 0) > 0 as is_selling,
        observed.stock_quantity * observed.observed_weeks as stock_in_weeks

    from observed
    left join summed on observed.product_key = summed.product_key

),

-- until a day the pace takes units * weight / (weeks * weight of a week): all of it
-- times that divisor stays whole, and no rounding decides when a product runs out
compared as (

    select
        paced.*,
        case
            when paced.is_selling and paced.stock_quantity > 0
                then {{ floor_div('paced.stock_in_weeks', 'paced.units') }}
        end as weeks_left,
        paced.observed_weeks * weights.of_week as divisor,
        paced.stock_in_weeks * weights.of_week as stock,
        paced.units * weights.until_arrival as sold_until_arrival,
        paced.units * (weights.until_next_arrival - weights.until_arrival)
            as sold_after_arrival,
        {% for days in range(1, 7) -%}
        paced.units * weights.of_{{ days }}_days as sold_in_{{ days }}_days,
        {% endfor -%}
        paced.units * weights.of_week as sold_in_week

    from paced
    cross join weights

),

reduced as (

    select
        *,
        stock - weeks_left * sold_in_week as stock_after_weeks

    from compared

),

-- stock that was sold without being there is owed; sales missed until then are not
lasting as (

    select
        *,
        cast(
            7 * weeks_left
            {% for days in range(1, 7) -%}
            + case when sold_in_{{ days }}_days <= stock_after_weeks then 1 else 0 end
            {% endfor -%}
            as bigint
        ) as days_left,
        sold_after_arrival - case
            when stock > 0 and stock < sold_until_arrival then 0
            when stock > 0 then stock - sold_until_arrival
            else stock
        end as missing

    from reduced

),

advised as (

    select
        product_key,
        product_id,
        product_name,
        category,
        price,
        stock_quantity,
        last_sale_date,
        units,
        7 * observed_weeks as pace_days,
        days_left,
        case when is_selling then {{ ratio('units', '7 * observed_weeks') }} end
            as units_per_day,
        cast(
            case
                when not is_selling then null
                when missing <= 0 then 0
                else {{ floor_div('missing + divisor - 1', 'divisor') }}
            end as bigint
        ) as reorder_quantity

    from lasting

),

judged as (

    select
        *,
        case
            when stock_quantity <= 0 then 'sold out'
            when units_per_day is null then 'not selling'
            when days_left < {{ lead_time_days }} then 'order now'
            when reorder_quantity > 0 then 'order soon'
            else 'enough'
        end as stock_status

    from advised

),

ranked as (

    select
        product_key,
        product_id,
        product_name,
        category,
        price,
        stock_quantity,
        stock_status,
        case
            when reorder_quantity > 0
                then cast(row_number() over (
                    order by
                        case when reorder_quantity > 0 then 0 else 1 end,
                        coalesce(days_left, -1),
                        units_per_day desc,
                        {{ binary_order('product_id') }}
                ) as integer)
        end as urgency_rank,
        units,
        pace_days,
        units_per_day,
        days_left,
        reorder_quantity,
        last_sale_date

    from judged

)

select * from ranked
