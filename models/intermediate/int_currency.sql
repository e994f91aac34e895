with

orders as (

    select * from {{ ref('stg_orders') }}

),

-- a file that names no currency is taken to be in dollars
named as (

    select
        coalesce(
            nullif({{ text_literal(variable('currency')) }}, ''), max(currency), 'USD'
        ) as currency

    from orders

)

select * from named
