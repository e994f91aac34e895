{{ config(pre_hook="{{ check_as_of_date() }}") }}

with

orders as (

    select * from {{ ref('stg_orders') }}

),

latest as (

    select
        {% if var('as_of_date') -%}
        {{ to_date("'" ~ var('as_of_date') ~ "'") }} as as_of_date
        {%- else -%}
        max(order_date) as as_of_date

    from orders
    {%- endif %}

)

select * from latest
