-- RFM, lifetime value and cohorts, from FactOrders.

create table buyers (
    customer_key integer primary key,
    customer_id text not null,
    first_order_date day_text not null,
    last_order_date day_text not null,
    orders integer not null,
    net_sales exact_real not null
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
        count(*) filter (where has_sale) as orders,
        round(sum(net_sales), 4) as net_sales
    from FactOrders
    where customer_key <> -1
    group by customer_key
    having max(has_sale)
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
    last_order_date day_text not null,
    recency_days integer not null,
    frequency integer not null,
    monetary_value exact_real not null,
    r_score integer not null,
    f_score integer not null,
    m_score integer not null,
    rfm_segment text not null,
    segment_name text not null,
    is_one_time_buyer boolean not null
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
    rfm_segment_map.rfm_segment,
    rfm_segment_map.segment_name,
    scored_buyers.orders = 1
from scored_buyers
cross join settings
inner join rfm_segment_map
    on
        scored_buyers.r_score || scored_buyers.f_score || scored_buyers.m_score
        = rfm_segment_map.rfm_segment;

create table rpt_customer_lifetime_value (
    customer_key integer primary key,
    customer_id text not null,
    total_spending exact_real not null,
    total_orders integer not null,
    first_order_date day_text not null,
    last_order_date day_text not null,
    customer_lifespan_years double not null,
    average_purchase_value double not null,
    purchase_frequency_per_year double
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
    cast(net_sales as double) / orders,
    orders
    / nullif((julianday(last_order_date) - julianday(first_order_date)) / 365.25, 0.0)
from buyers;

create table rpt_customer_cohorts (
    cohort_basis text not null,
    cohort_month text not null,
    month_index integer not null,
    cohort_size integer not null,
    active_customers integer not null,
    retention_rate double not null,
    total_spending exact_real not null,
    cumulative_spending exact_real not null,
    spending_per_customer double not null,
    cumulative_spending_per_customer double not null,
    net_sales_with_cost exact_real not null,
    cost exact_real,
    margin exact_real,
    cumulative_margin exact_real,
    is_complete boolean not null,
    primary key (cohort_basis, cohort_month, month_index)
) without rowid;

-- Months are counted from year 0, so that an index is one subtraction.
insert into rpt_customer_cohorts
with recursive

months as (
    select
        year * 12 + month - 1 as month_no,
        year_month,
        max(date) as last_date
    from DimTime
    group by year, month, year_month
),

customer_months as materialized (
    select
        customer_key,
        time_key / 10000 * 12 + time_key / 100 % 100 - 1 as month_no,
        max(has_sale) as is_active,
        round(sum(net_sales), 4) as net_sales,
        round(sum(net_sales_with_cost), 4) as net_sales_with_cost,
        round(sum(cost), 4) as cost
    from FactOrders
    where customer_key <> -1
    group by customer_key, month_no
),

members as materialized (
    select
        'first_order' as cohort_basis,
        buyers.customer_key,
        DimTime.year * 12 + DimTime.month - 1 as cohort_no
    from buyers
    inner join DimTime on buyers.first_order_date = DimTime.date
    union all
    select
        'registration',
        DimCustomer.customer_key,
        DimTime.year * 12 + DimTime.month - 1
    from DimCustomer
    inner join DimTime on DimCustomer.registration_date = DimTime.date
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
        count(*) filter (where customer_months.is_active) as active_customers,
        round(sum(customer_months.net_sales), 4) as total_spending,
        round(sum(customer_months.net_sales_with_cost), 4) as net_sales_with_cost,
        round(sum(customer_months.cost), 4) as cost
    from members
    inner join customer_months on members.customer_key = customer_months.customer_key
    where
        members.cohort_basis = 'registration'
        or customer_months.month_no >= members.cohort_no
    group by members.cohort_basis, members.cohort_no, month_index
),

last_month as (
    select DimTime.year * 12 + DimTime.month - 1 as month_no
    from settings
    inner join DimTime on settings.as_of_date = DimTime.date
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
        cohorts.cohort_size,
        coalesce(activity.active_customers, 0) as active_customers,
        coalesce(activity.total_spending, 0.0) as total_spending,
        round(
            sum(coalesce(activity.total_spending, 0)) over (
                partition by all_cells.cohort_basis, all_cells.cohort_no
                order by all_cells.month_index
            ),
            4
        ) as cumulative_spending,
        coalesce(activity.net_sales_with_cost, 0.0) as net_sales_with_cost,
        activity.cost,
        round(activity.net_sales_with_cost - activity.cost, 4) as margin,
        round(
            sum(activity.net_sales_with_cost - activity.cost) over (
                partition by all_cells.cohort_basis, all_cells.cohort_no
                order by all_cells.month_index
            ),
            4
        ) as cumulative_margin
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
    accumulated.cohort_basis,
    cohort_months.year_month,
    accumulated.month_index,
    accumulated.cohort_size,
    accumulated.active_customers,
    cast(accumulated.active_customers as double) / accumulated.cohort_size,
    accumulated.total_spending,
    accumulated.cumulative_spending,
    cast(accumulated.total_spending as double) / accumulated.cohort_size,
    cast(accumulated.cumulative_spending as double) / accumulated.cohort_size,
    accumulated.net_sales_with_cost,
    accumulated.cost,
    accumulated.margin,
    accumulated.cumulative_margin,
    months.last_date <= settings.as_of_date
from accumulated
inner join months as cohort_months
    on accumulated.cohort_no = cohort_months.month_no
inner join months
    on accumulated.cohort_no + accumulated.month_index = months.month_no
cross join settings;
