{#- ten thousand times 0.1 and 12345678.0003, which doubles cannot hold -#}
with

numbers as (

    {{ numbers_below(4) }}

),

totals as (

    select
        {{ sum_money(to_money('0.1')) }} as tenths,
        {{ sum_money(to_money('12345678.0003')) }} as large_amounts,
        {{ sum_money('case when n < 0 then ' ~ to_money('1') ~ ' end') }} as no_amounts,
        {{ sum_money(
            'case when n % 2 = 0 then ' ~ to_money('-0.3') ~ ' else '
            ~ to_money('0.1') ~ ' end'
        ) }} as mixed_signs

    from numbers

)

select * from totals
where case
    when
        tenths = {{ to_money('1000') }}
        and large_amounts = {{ to_money('123456780003') }}
        and no_amounts is null
        and mixed_signs = {{ to_money('-1000') }}
        then 0
    else 1
end = 1
