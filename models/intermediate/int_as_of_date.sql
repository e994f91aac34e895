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
        coalesce(
            {{ to_date("nullif('" ~ var('as_of_date') ~ "', '')") }}, order_date
        ) as as_of_date

    from latest

)

select * from chosen
