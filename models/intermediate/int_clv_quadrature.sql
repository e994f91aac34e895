{#-
    Steps of half a unit in the logarithm give eight digits while the density of leaving
    is broad (a up to 3); it narrows as 1 / sqrt(a), and the steps with it.
-#}
{%- set log_step = '0.5 / sqrt(1 + a / 3)' -%}
{#- from where the density is below exp(-24) down to 30 powers of e less -#}
{%- set top = 24 -%}
{%- set span = 30 -%}

{{
    config(post_hook="{{ index_on([['fit_name', 'frequency']]) }}")
}}

with

parameters as (

    select * from {{ ref('int_clv_parameters') }}
    where r is not null

),

kinds as (

    select * from {{ ref('int_clv_customer_kinds') }}

),

counting_numbers as (

    {{ numbers_below(3) }}

),

frequencies as (

    select distinct
        fit_name,
        frequency

    from kinds

),

steps as (

    select
        fit_name,
        a,
        b,
        {{ log_step }} as log_step

    from parameters

),

grid as (

    select
        steps.fit_name,
        steps.a,
        steps.b,
        steps.log_step,
        counting_numbers.n,
        ln({{ top }} / steps.b) - steps.log_step * counting_numbers.n as log_hazard,
        (counting_numbers.n + 1) * steps.log_step >= {{ span }} as is_last

    from steps
    inner join counting_numbers
        on counting_numbers.n * steps.log_step < {{ span }}

),

hazards as (

    select
        *,
        exp(log_hazard) as hazard

    from grid

),

nodes as (

    select
        *,
        {{ one_minus_exp('hazard') }} as leave_probability

    from hazards

),

-- below the last node the density is that of a power: a geometric series of steps
densities as (

    select
        fit_name,
        a,
        b,
        hazard,
        leave_probability,
        log_hazard
        + (a - 1) * ln(leave_probability)
        - case
            when is_last then ln({{ one_minus_exp('a * log_step') }})
            else 0
        end as log_density

    from nodes

),

-- the logarithm is near 0 where a customer's density is highest
weights as (

    select
        frequencies.fit_name,
        frequencies.frequency,
        densities.leave_probability,
        {{ exponential(
            'densities.log_density - (densities.b + frequencies.frequency)'
            ~ ' * densities.hazard - densities.a'
            ~ ' * (ln(densities.a / (densities.b + frequencies.frequency)) - 1)'
        ) }} as weight

    from frequencies
    inner join densities on frequencies.fit_name = densities.fit_name
    where
        densities.hazard * (densities.b + frequencies.frequency)
        < {{ top }} + 10 * densities.a

),

totals as (

    select
        fit_name,
        frequency,
        sum(weight) as total_weight

    from weights
    group by fit_name, frequency

),

normalised as (

    select
        weights.fit_name,
        weights.frequency,
        weights.leave_probability,
        weights.weight / totals.total_weight / weights.leave_probability as weight

    from weights
    inner join totals
        on
            weights.fit_name = totals.fit_name
            and weights.frequency = totals.frequency

)

select * from normalised
