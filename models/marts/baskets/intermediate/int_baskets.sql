{{ config(post_hook="{{ index_on([['basket_number']]) }}") }}

with

basket_items as (

    select * from {{ ref('int_basket_items') }}

),

sized as (

    select
        basket_number,
        count(*) as distinct_products,
        count(*) > {{ variable('max_basket_items') }} as is_over_cap

    from basket_items
    group by basket_number

)

select * from sized
