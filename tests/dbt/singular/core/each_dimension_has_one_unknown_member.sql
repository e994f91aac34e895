with

unknown_members as (

    select
        'DimCustomer' as dimension,
        (
            select count(*) from {{ ref('dim_customer') }}
            where
                customer_key = -1
                and customer_id = '(unknown)'
                and not is_inferred
                and coalesce(name, email, address, city, country) is null
        ) as members,
        (
            select count(*) from {{ ref('dim_customer') }}
            where customer_key < 1 or customer_id = '(unknown)'
        ) as lookalikes

    union all

    select
        'DimProduct' as dimension,
        (
            select count(*) from {{ ref('dim_product') }}
            where
                product_key = -1
                and product_id = '(unknown)'
                and not is_inferred
                and coalesce(product_name, category) is null
        ) as members,
        (
            select count(*) from {{ ref('dim_product') }}
            where product_key < 1 or product_id = '(unknown)'
        ) as lookalikes

)

select * from unknown_members
where
    members != 1
    or lookalikes != 1
