{%- set chosen_day = "nullif(" ~ text_literal(variable('as_of_date')) ~ ", '')" -%}
{{ config(pre_hook="{{ check_as_of_date() }}") }}

with

orders as (

    select * from {{ ref('stg_orders') }}

),

latest as (

    select max(order_date) as order_date from orders

),

chosen as (

    select
        coalesce({{ to_date(chosen_day) }}, order_date) as as_of_date

    from latest

)

select * from chosen
