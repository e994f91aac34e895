{#
    The largest total that an order line may have (exclusive): beyond it the doubles
    of SQLite can no longer hold four decimals of a sum.
#}
{% macro line_total_limit() -%} 100000000000 {%- endmacro %}
