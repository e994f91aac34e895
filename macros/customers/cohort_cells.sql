{#
    CTEs from `cohorts` to `accumulated`: each cohort in each period from its own on (and,
    by registration, in those before in which it was active), with what it did. They
    read, each with the grain's column where there are several,
        members: cohort_basis, customer_key, cohort_start;
        visits: customer_key, period_start, orders, net_sales, net_sales_with_cost, cost,
            margin, a row a customer × period;
        periods: period_start, is_complete, a row a period that has begun.
#}
{% macro cohort_cells(period_index, grain='', last_index=none) -%}
    {%- set grains = [grain] if grain else [] -%}
    {%- set cohort = ['cohort_basis'] + grains + ['cohort_start'] -%}
    {%- set to_date = 'over (partition by ' ~ cohort | join(', ')
        ~ ' order by period_start rows between unbounded preceding and current row)' -%}
cohorts as (

    select
        {{ cohort | join(',\n        ') }},
        cast(count(*) as bigint) as cohort_size

    from members
    group by {{ cohort | join(', ') }}

),

activity as (

    select
        {% for column in cohort -%}
        members.{{ column }},
        {% endfor -%}
        visits.period_start,
        cast(count(case when visits.orders > 0 then 1 end) as bigint)
            as active_customers,
        {{ sum_money('visits.net_sales') }} as total_spending,
        {{ sum_money('visits.net_sales_with_cost') }} as net_sales_with_cost,
        {{ sum_money('visits.cost') }} as cost,
        {{ sum_money('visits.margin') }} as margin

    from members
    inner join visits
        on
            members.customer_key = visits.customer_key
            {%- for column in grains %}
            and members.{{ column }} = visits.{{ column }}
            {%- endfor %}
    group by
        {% for column in cohort -%}
        members.{{ column }},
        {% endfor -%}
        visits.period_start

),

cells as (

    select
        {% for column in cohort -%}
        cohorts.{{ column }},
        {% endfor -%}
        cohorts.cohort_size,
        periods.period_start,
        periods.is_complete,
        coalesce(activity.active_customers, 0) as active_customers,
        coalesce(activity.total_spending, {{ to_money('0') }}) as total_spending,
        coalesce(activity.net_sales_with_cost, {{ to_money('0') }})
            as net_sales_with_cost,
        activity.cost,
        activity.margin

    from cohorts
    inner join periods
        on
            {% for column in grains -%}
            cohorts.{{ column }} = periods.{{ column }} and
            {% endfor -%}
            {% if last_index is not none -%}
            periods.period_start <= cohorts.cohort_start + {{ last_index }} and
            {% endif -%}
            (
                cohorts.cohort_start <= periods.period_start
                or cohorts.cohort_basis = 'registration'
            )
    left join activity
        on
            {% for column in cohort -%}
            cohorts.{{ column }} = activity.{{ column }} and
            {% endfor -%}
            periods.period_start = activity.period_start
    where
        cohorts.cohort_start <= periods.period_start
        or activity.period_start is not null

),

accumulated as (

    select
        {{ cohort | join(',\n        ') }},
        cast({{ period_index }} as integer) as period_index,
        cohort_size,
        active_customers,
        {{ ratio('active_customers', 'cohort_size') }} as retention_rate,
        total_spending,
        {{ ratio('total_spending', 'cohort_size') }} as spending_per_customer,
        {{ sum_money('total_spending', to_date) }} as cumulative_spending,
        net_sales_with_cost,
        cost,
        margin,
        {{ sum_money('margin', to_date) }} as cumulative_margin,
        is_complete

    from cells

)
{%- endmacro %}
