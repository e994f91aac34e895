-- RFM, lifetime value and cohorts, from FactOrders.

create table rfm_segments (
    rfm_segment text primary key,
    segment_name text not null
) without rowid;

insert into rfm_segments
select
    triples.value,
    segments.value ->> '$[0]'
from json_each(
    '[
    ["Champions", "555 554 544 545 454 455 445"],
    ["Loyal", "543 444 435 355 354 345 344 335"],
    ["Potential Loyalists", "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323"],
    ["New Customers", "512 511 422 421 412 411 311"],
    ["Promising", "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313"],
    ["Need Attention", "535 534 443 434 343 334 325 324"],
    ["About To Sleep", "331 321 312 221 213 231 241 251"],
    ["At Risk", "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124"],
    ["Cannot Lose Them", "155 154 144 214 215 115 114 113"],
    ["Hibernating", "332 322 233 232 223 222 132 123 122 212 211"],
    ["Lost", "111 112 121 131 141 151"]
    ]'
) as segments
cross join json_each(
    '["' || replace(segments.value ->> '$[1]', ' ', '","') || '"]'
) as triples;

create table buyers (
    customer_key integer primary key,
    customer_id text not null,
    first_order_date text not null,
    last_order_date text not null,
    orders integer not null,
    net_sales real not null
);

insert into buyers
select
    totals.customer_key,
    DimCustomer.customer_id,
    first_day.date,
    last_day.date,
    totals.orders,
    totals.net_sales
from (
    select
        customer_key,
        min(time_key) filter (where has_sale) as first_time_key,
        max(time_key) filter (where has_sale) as last_time_key,
        sum(has_sale) as orders,
        round(sum(net_sales), 4) as net_sales
    from FactOrders
    where customer_key <> -1
    group by customer_key
    having sum(has_sale) > 0
) as totals
cross join DimCustomer
cross join DimTime as first_day
cross join DimTime as last_day
where
    totals.customer_key = DimCustomer.customer_key
    and totals.first_time_key = first_day.time_key
    and totals.last_time_key = last_day.time_key;

create table rpt_customer_rfm (
    customer_key integer primary key,
    customer_id text not null,
    last_order_date text not null,
    recency_days integer not null,
    frequency integer not null,
    monetary_value real not null,
    r_score integer not null,
    f_score integer not null,
    m_score integer not null,
    rfm_segment text not null,
    segment_name text not null,
    is_one_time_buyer integer not null
);

insert into rpt_customer_rfm
with

scored_buyers as (
    select
        *,
        5 - 5 * (rank() over (order by last_order_date desc) - 1) / count(*) over ()
            as r_score,
        1 + 5 * (rank() over (order by orders) - 1) / count(*) over () as f_score,
        1 + 5 * (rank() over (order by net_sales) - 1) / count(*) over () as m_score
    from buyers
)

select
    scored_buyers.customer_key,
    scored_buyers.customer_id,
    scored_buyers.last_order_date,
    cast(
        julianday(settings.as_of_date) - julianday(scored_buyers.last_order_date)
        as integer
    ),
    scored_buyers.orders,
    scored_buyers.net_sales,
    scored_buyers.r_score,
    scored_buyers.f_score,
    scored_buyers.m_score,
    rfm_segments.rfm_segment,
    rfm_segments.segment_name,
    scored_buyers.orders = 1
from scored_buyers
cross join settings
inner join rfm_segments
    on
        scored_buyers.r_score || scored_buyers.f_score || scored_buyers.m_score
        = rfm_segments.rfm_segment;

create table rpt_customer_lifetime_value (
    customer_key integer primary key,
    customer_id text not null,
    total_spending real not null,
    total_orders integer not null,
    first_order_date text not null,
    last_order_date text not null,
    customer_lifespan_years real not null,
    average_purchase_value real not null,
    purchase_frequency_per_year real
);

insert into rpt_customer_lifetime_value
select
    customer_key,
    customer_id,
    net_sales,
    orders,
    first_order_date,
    last_order_date,
    (julianday(last_order_date) - julianday(first_order_date)) / 365.25,
    net_sales / orders,
    orders
    / nullif((julianday(last_order_date) - julianday(first_order_date)) / 365.25, 0.0)
from buyers;

create table rpt_customer_cohorts (
    cohort_basis text not null,
    cohort_month text not null,
    month_index integer not null,
    cohort_size integer not null,
    active_customers integer not null,
    retention_rate real not null,
    total_spending real not null,
    cumulative_spending real not null,
    spending_per_customer real not null,
    cumulative_spending_per_customer real not null,
    is_complete integer not null,
    primary key (cohort_basis, cohort_month, month_index)
) without rowid;

-- Months are counted from year 0, so that an index is one subtraction.
insert into rpt_customer_cohorts
with recursive

customer_months as materialized (
    select
        customer_key,
        time_key / 10000 * 12 + time_key / 100 % 100 - 1 as month_no,
        max(has_sale) as is_active,
        round(sum(net_sales), 4) as net_sales
    from FactOrders
    where customer_key <> -1
    group by customer_key, month_no
),

members as materialized (
    select
        'first_order' as cohort_basis,
        customer_key,
        substr(first_order_date, 1, 4) * 12 + substr(first_order_date, 6, 2) - 1
            as cohort_no
    from buyers
    union all
    select
        'registration',
        customer_key,
        substr(registration_date, 1, 4) * 12 + substr(registration_date, 6, 2) - 1
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
activity as (
    select
        members.cohort_basis,
        members.cohort_no,
        customer_months.month_no - members.cohort_no as month_index,
        sum(customer_months.is_active) as active_customers,
        round(sum(customer_months.net_sales), 4) as total_spending
    from members
    inner join customer_months on members.customer_key = customer_months.customer_key
    where
        members.cohort_basis = 'registration'
        or customer_months.month_no >= members.cohort_no
    group by members.cohort_basis, members.cohort_no, month_index
),

last_month as (
    select substr(as_of_date, 1, 4) * 12 + substr(as_of_date, 6, 2) - 1 as month_no
    from settings
),

cells as (
    select
        cohorts.cohort_basis,
        cohorts.cohort_no,
        0 as month_index
    from cohorts
    where cohorts.cohort_no <= (select month_no from last_month)
    union all
    select
        cells.cohort_basis,
        cells.cohort_no,
        cells.month_index + 1
    from cells
    where cells.cohort_no + cells.month_index < (select month_no from last_month)
),

all_cells as (
    select * from cells
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
        coalesce(activity.total_spending, 0.0) as total_spending,
        round(
            total(activity.total_spending) over (
                partition by all_cells.cohort_basis, all_cells.cohort_no
                order by all_cells.month_index
            ),
            4
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
    printf('%04d-%02d', cohort_no / 12, cohort_no % 12 + 1),
    month_index,
    cohort_size,
    active_customers,
    active_customers * 1.0 / cohort_size,
    total_spending,
    cumulative_spending,
    total_spending / cohort_size,
    cumulative_spending / cohort_size,
    date(
        printf('%04d-%02d-01', month_no / 12, month_no % 12 + 1), '+1 month', '-1 day'
    ) <= settings.as_of_date
from accumulated
cross join settings;
