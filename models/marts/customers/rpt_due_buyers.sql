{#- one gap is no rhythm -#}
{%- set least_gaps = 2 -%}

with

purchase_days as (

    select * from {{ ref('int_purchase_days') }}

),

scores as (

    select * from {{ ref('rpt_customer_rfm') }}

),

lifetime_values as (

    select * from {{ ref('rpt_customer_lifetime_value') }}

),

gaps as (

    select
        customer_key,
        purchase_number,
        {{ days_between(
            'lag(purchase_date) over ('
            ~ 'partition by customer_key order by purchase_number)',
            'purchase_date'
        ) }} as gap_days

    from purchase_days

),

ranked_gaps as (

    select
        customer_key,
        gap_days,
        row_number() over (
            partition by customer_key
            order by gap_days, purchase_number
        ) as gap_rank,
        count(*) over (partition by customer_key) as gaps

    from gaps
    where gap_days is not null

),

-- the median: the mean of the one or two in the middle
rhythms as (

    select
        customer_key,
        max(gaps) as gaps,
        {{ ratio('sum(gap_days)', 'count(*)') }} as usual_gap_days

    from ranked_gaps
    where
        gaps >= {{ least_gaps }}
        and gap_rank between
        {{ floor_div('gaps + 1', '2') }} and {{ floor_div('gaps + 2', '2') }}
    group by customer_key

),

waiting as (

    select
        rhythms.customer_key,
        scores.customer_id,
        scores.segment_name,
        case
            when scores.recency_days < 2 * rhythms.usual_gap_days then 'due'
            else 'overdue'
        end as due_status,
        cast(rhythms.gaps as integer) as gaps,
        scores.recency_days,
        rhythms.usual_gap_days,
        {{ ratio('scores.recency_days', 'rhythms.usual_gap_days') }} as gaps_waited,
        scores.last_order_date

    from rhythms
    inner join scores on rhythms.customer_key = scores.customer_key
    where scores.recency_days > rhythms.usual_gap_days

),

-- what a model does not predict is taken from the buyer's own past
expected as (

    select
        waiting.customer_key,
        waiting.customer_id,
        waiting.segment_name,
        waiting.due_status,
        case
            when lifetime_values.expected_orders is null then 'own rhythm'
            when lifetime_values.predicted_value is null then 'own average'
            else 'model'
        end as value_basis,
        waiting.gaps,
        waiting.recency_days,
        waiting.usual_gap_days,
        waiting.gaps_waited,
        lifetime_values.p_alive,
        coalesce(
            lifetime_values.expected_orders,
            {{ ratio(
                7 * variable('clv_horizon_weeks'), 'waiting.usual_gap_days'
            ) }}
        ) as expected_orders,
        coalesce(
            lifetime_values.expected_average_value,
            lifetime_values.average_purchase_value
        ) as expected_average_value,
        lifetime_values.predicted_value,
        waiting.last_order_date

    from waiting
    inner join lifetime_values on waiting.customer_key = lifetime_values.customer_key

),

valued as (

    select
        customer_key,
        customer_id,
        segment_name,
        due_status,
        value_basis,
        gaps,
        recency_days,
        usual_gap_days,
        gaps_waited,
        p_alive,
        expected_orders,
        expected_average_value,
        coalesce(predicted_value, expected_orders * expected_average_value)
            as expected_value,
        last_order_date

    from expected

)

select * from valued
