-- RFM, lifetime value and cohorts, from FactOrders.

create table rfm_segments as
select
    segment_name,
    unnest(string_split(triples, ' ')) as rfm_segment
from (
    values
    ('Champions', '555 554 544 545 454 455 445'),
    ('Loyal', '543 444 435 355 354 345 344 335'),
    ('Potential Loyalists', '553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323'),
    ('New Customers', '512 511 422 421 412 411 311'),
    ('Promising', '525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313'),
    ('Need Attention', '535 534 443 434 343 334 325 324'),
    ('About To Sleep', '331 321 312 221 213 231 241 251'),
    ('At Risk', '255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124'),
    ('Cannot Lose Them', '155 154 144 214 215 115 114 113'),
    ('Hibernating', '332 322 233 232 223 222 132 123 122 212 211'),
    ('Lost', '111 112 121 131 141 151')
) as segments (segment_name, triples);

create table buyers as
select
    totals.customer_key,
    DimCustomer.customer_id,
    first_day.date as first_order_date,
    last_day.date as last_order_date,
    totals.orders,
    totals.net_sales
from (
    select
        customer_key,
        min(time_key) filter (where has_sale) as first_time_key,
        max(time_key) filter (where has_sale) as last_time_key,
        count(*) filter (where has_sale) as orders,
        cast(sum(net_sales) as decimal(18, 4)) as net_sales
    from FactOrders
    where customer_key <> -1
    group by customer_key
    having bool_or(has_sale)
) as totals
inner join DimCustomer on totals.customer_key = DimCustomer.customer_key
inner join DimTime as first_day on totals.first_time_key = first_day.time_key
inner join DimTime as last_day on totals.last_time_key = last_day.time_key;

create table rpt_customer_rfm as
with

scored_buyers as (
    select
        *,
        5 - (5 * (rank() over (order by last_order_date desc) - 1)) // count(*) over ()
            as r_score,
        1 + (5 * (rank() over (order by orders) - 1)) // count(*) over () as f_score,
        1 + (5 * (rank() over (order by net_sales) - 1)) // count(*) over ()
            as m_score
    from buyers
)

select
    scored_buyers.customer_key,
    scored_buyers.customer_id,
    scored_buyers.last_order_date,
    settings.as_of_date - scored_buyers.last_order_date as recency_days,
    scored_buyers.orders as frequency,
    scored_buyers.net_sales as monetary_value,
    scored_buyers.r_score,
    scored_buyers.f_score,
    scored_buyers.m_score,
    rfm_segments.rfm_segment,
    rfm_segments.segment_name,
    scored_buyers.orders = 1 as is_one_time_buyer
from scored_buyers
cross join settings
inner join rfm_segments
    on
        concat(scored_buyers.r_score, scored_buyers.f_score, scored_buyers.m_score)
        = rfm_segments.rfm_segment;

create table rpt_customer_lifetime_value as
select
    customer_key,
    customer_id,
    net_sales as total_spending,
    orders as total_orders,
    first_order_date,
    last_order_date,
    cast(last_order_date - first_order_date as double) / 365.25
        as customer_lifespan_years,
    cast(net_sales as double) / orders as average_purchase_value,
    cast(orders as double)
    / nullif(cast(last_order_date - first_order_date as double) / 365.25, 0)
        as purchase_frequency_per_year
from buyers;

-- Months are counted from year 0, so that an index is one subtraction.
create table rpt_customer_cohorts as
with

customer_months as materialized (
    select
        customer_key,
        (time_key // 10000) * 12 + (time_key // 100) % 100 - 1 as month_no,
        bool_or(has_sale) as is_active,
        sum(net_sales) as net_sales
    from FactOrders
    where customer_key <> -1
    group by customer_key, (time_key // 10000) * 12 + (time_key // 100) % 100 - 1
),

members as materialized (
    select
        'first_order' as cohort_basis,
        customer_key,
        year(first_order_date) * 12 + month(first_order_date) - 1 as cohort_no
    from buyers
    union all
    select
        'registration' as cohort_basis,
        customer_key,
        year(registration_date) * 12 + month(registration_date) - 1 as cohort_no
    from DimCustomer
    where registration_date is not null
),

cohorts as (
    select
        cohort_basis,
        cohort_no,
        count(*) as cohort_size
    from members
    group by cohort_basis, cohort_no
),

-- For first_order a line before the cohort's month belongs to no cell.
activity as materialized (
    select
        members.cohort_basis,
        members.cohort_no,
        customer_months.month_no - members.cohort_no as month_index,
        count(*) filter (where customer_months.is_active) as active_customers,
        cast(sum(customer_months.net_sales) as decimal(18, 4)) as total_spending
    from members
    inner join customer_months on members.customer_key = customer_months.customer_key
    where
        members.cohort_basis = 'registration'
        or customer_months.month_no >= members.cohort_no
    group by all
),

last_month as (
    select year(as_of_date) * 12 + month(as_of_date) - 1 as month_no
    from settings
),

all_cells as (
    select
        cohorts.cohort_basis,
        cohorts.cohort_no,
        unnest(range(0, last_month.month_no - cohorts.cohort_no + 1)) as month_index
    from cohorts
    cross join last_month
    union
    select
        cohort_basis,
        cohort_no,
        month_index
    from activity
),

accumulated as (
    select
        all_cells.cohort_basis,
        all_cells.cohort_no,
        all_cells.month_index,
        all_cells.cohort_no + all_cells.month_index as month_no,
        cohorts.cohort_size,
        coalesce(activity.active_customers, 0) as active_customers,
        coalesce(activity.total_spending, 0) as total_spending,
        cast(
            coalesce(
                sum(activity.total_spending) over (
                    partition by all_cells.cohort_basis, all_cells.cohort_no
                    order by all_cells.month_index
                ),
                0
            ) as decimal(18, 4)
        ) as cumulative_spending
    from all_cells
    inner join cohorts
        on
            all_cells.cohort_basis = cohorts.cohort_basis
            and all_cells.cohort_no = cohorts.cohort_no
    left join activity
        on
            all_cells.cohort_basis = activity.cohort_basis
            and all_cells.cohort_no = activity.cohort_no
            and all_cells.month_index = activity.month_index
)

select
    cohort_basis,
    printf('%04d-%02d', cohort_no // 12, cohort_no % 12 + 1) as cohort_month,
    month_index,
    cohort_size,
    active_customers,
    cast(active_customers as double) / cohort_size as retention_rate,
    total_spending,
    cumulative_spending,
    cast(total_spending as double) / cohort_size as spending_per_customer,
    cast(cumulative_spending as double) / cohort_size
        as cumulative_spending_per_customer,
    last_day(make_date(month_no // 12, month_no % 12 + 1, 1)) <= settings.as_of_date
        as is_complete
from accumulated
cross join settings;
