{#
    On-run-start: makes clv_parameters where it is missing, so that dbt alone builds the
    warehouse too; predictions are then null, and their status says why.
#}
{% macro create_clv_parameters() -%}
    {%- if execute and invocation_args_dict.which in ['run', 'build', 'test'] -%}
        {%- do run_query(clv_parameters_ddl()) -%}
    {%- endif -%}
{%- endmacro %}

{% macro clv_parameters_ddl() -%}
    {{ return(adapter.dispatch('clv_parameters_ddl', 'ecommerce_dwh')()) }}
{%- endmacro %}

{# The columns are those of FIT_COLUMNS in pipeline/clv/fit.py. #}
{% macro default__clv_parameters_ddl() -%}
    create table if not exists {{ clv_parameters_relation() }} (
        fit_name {{ text_type() }},
        observed_through {{ text_type() }},
        customers integer,
        repeat_customers integer,
        repeat_purchases integer,
        purchase_status {{ text_type() }},
        r {{ ratio_type() }},
        alpha {{ ratio_type() }},
        a {{ ratio_type() }},
        b {{ ratio_type() }},
        log_likelihood {{ ratio_type() }},
        spend_customers integer,
        spend_status {{ text_type() }},
        p {{ ratio_type() }},
        q {{ ratio_type() }},
        gamma {{ ratio_type() }},
        spend_log_likelihood {{ ratio_type() }},
        frequency_value_correlation {{ ratio_type() }}
    )
{%- endmacro %}
