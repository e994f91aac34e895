{#- shares not back by days waited: two groups, the second of which all came back -#}
{%- set least = variable('least_customers') -%}
with

waits as (

    {% for days, customers, not_back, everybody_back in [
        (10, 2 * least, 0.75, false),
        (30, 1, 0.5, false),
        (45, least, 0.5, false),
        (60, least - 1, 0.5, false),
    ] -%}
    select
        1 as wait_group,
        {{ days }} as days_waited,
        {{ customers }} as customers,
        cast({{ not_back }} as {{ ratio_type() }}) as share_not_back,
        {{ everybody_back }} as is_everybody_back

    union all

    {% endfor -%}
    select
        2 as wait_group,
        31 as days_waited,
        {{ least }} as customers,
        cast(0.25 as {{ ratio_type() }}) as share_not_back,
        true as is_everybody_back

),

answered as (

    select
        wait_group,
        {{ customers_at_risk_after(30) }} as at_risk_30,
        {{ customers_at_risk_after(46) }} as at_risk_46,
        {{ share_back_within(9) }} as within_9,
        {{ share_back_within(29) }} as within_29,
        {{ share_back_within(30) }} as within_30,
        {{ share_back_within(31) }} as within_31,
        {{ share_back_within(45) }} as within_45,
        {{ share_back_within(46) }} as within_46

    from waits
    group by wait_group

)

select * from answered
where case
    when
        wait_group = 1
        and at_risk_30 = 2 * {{ least }}
        and at_risk_46 = {{ least }} - 1
        and within_9 = 0
        and within_29 = 0.25
        and within_30 = 0.5
        and within_45 = 0.5
        and within_46 is null
        then 0
    when
        wait_group = 2
        and at_risk_30 = {{ least }}
        and at_risk_46 = 0
        and within_9 = 0
        and within_29 = 0
        and within_30 = 0
        and within_31 = 1
        and within_46 is null
        then 0
    else 1
end = 1
