{#
    A pre-hook of the accepted rows: stops the run with one line where a raw table has
    rows and none is accepted, or more of them are rejected than var max_rejected_share
    allows. A date format that nobody expected must not publish an empty warehouse.
    The validated rows, and stg_rejected_rows, are there to be looked at.
#}
{% macro refuse_rejected_rows(raw_table, keys) -%}
    {%- if execute -%}
        {%- set reasons = run_query(
            "select reject_reason, count(*), min(row_json) from "
            ~ ref(raw_table | replace('raw_', 'stg_') ~ '_validated')
            ~ " group by reject_reason order by count(*) desc, reject_reason"
        ).rows -%}
        {%- set rejected = [] -%}
        {%- set counted = namespace(rows=0, rejected=0) -%}
        {%- for found in reasons -%}
            {%- set counted.rows = counted.rows + found[1] | int -%}
            {%- if found[0] is not none -%}
                {%- do rejected.append(found) -%}
                {%- set counted.rejected = counted.rejected + found[1] | int -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set rows, rejected_rows = counted.rows, counted.rejected -%}
        {%- set share = variable('max_rejected_share') -%}
        {%- if rejected_rows and (rejected_rows == rows or rejected_rows / rows > share) -%}
            {%- set said = [] -%}
            {%- for reason, count, row_json in rejected[:3] -%}
                {%- set words = reject_reason_in_words(reason, fromjson(row_json), keys) -%}
                {%- do said.append(
                    ("{:,} ".format(count | int) if rejected | length > 1 else "") ~ words
                ) -%}
            {%- endfor -%}
            {%- if rejected | length > 3 -%}
                {%- do said.append("and more") -%}
            {%- endif -%}
            {%- do exceptions.raise_compiler_error(
                "{:,} of {:,} {} rejected: ".format(
                    rejected_rows, rows, raw_table[4:] | replace('_', ' ')
                )
                ~ said | join('; ') ~ "; mend " ~ raw_table
                ~ ("" if rejected_rows == rows else
                    ", or set var max_rejected_share (" ~ share ~ ") higher if it is meant")
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#
    A reason, a value of this kind, and what was expected. Only the column at fault is
    quoted, never a whole row, which may hold personal data; and as Python writes text,
    so that no control character reaches a terminal.

    Args:
        reason: a reject_reason.
        row: the raw values of a row rejected for it, by column.
        keys: the columns that may not be empty.
#}
{% macro reject_reason_in_words(reason, row, keys) -%}
    {%- set number = ' *[+-]?[0-9]{1,12}([.][0-9]{1,4}0*)? *' -%}
    {%- set whole = ' *[+-]?[0-9]{1,12}([.]0+)? *' -%}
    {%- set numbers = {'quantity': whole, 'price_per_item': number, 'line_total': number} -%}
    {%- if reason in ('bad date', 'date out of range') -%}
        {{ reason }}, such as {{ quoted_sample(row['order_date']) }}
        {%- if reason == 'bad date' -%}
            ; dates are YYYY-MM-DD
        {%- else -%}
            ; expected {{ variable('earliest_date') }} to {{ variable('latest_date') }}
        {%- endif -%}
    {%- elif reason == 'bad number' -%}
        {%- set found = namespace(column=none) -%}
        {%- for column, pattern in numbers.items() if row[column] and not found.column -%}
            {%- set is_number = modules.re.fullmatch(pattern, row[column]) -%}
            {%- set read = row[column] | trim | float if is_number else 0 -%}
            {%- if not is_number or column == 'quantity'
                and (read < -2147483648 or read > 2147483647) -%}
                {%- set found.column = column -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not found.column -%}
            {%- set found.column = 'price_per_item' if row['quantity'] else 'quantity' -%}
        {%- endif -%}
        {{ reason }}, such as {{ quoted_sample(row[found.column]) }} in {{ found.column }}
        {#- -#}
        ; {{ 'quantities are like 2' if found.column == 'quantity' else 'amounts are like 1234.50' }}
    {%- elif reason == 'missing key' -%}
        {{ reason }}; every row needs {{ keys | join(' and ') }}
    {%- else -%}
        {#- Which key it is depends on what the row was compared with. -#}
        {%- set column = 'order_id' if reason.startswith('order ') else keys[0] -%}
        {{ reason }}, such as {{ column }} {{ quoted_sample(row[column]) }}
    {%- endif -%}
{%- endmacro %}

{#- A short form of a raw value, in quotes. -#}
{% macro quoted_sample(value) -%}
    {%- if value is none -%}
        an empty one
    {%- elif dbt_version.startswith('1.') -%}
        {{ '%r' % (value[:40],) }}
    {%- else -%}
        {#- dbt 2 has no %r; its JSON escapes what has no picture, and nothing else -#}
        '{{ tojson(value[:40])[1:-1] | replace('\\"', '"') }}'
    {%- endif -%}
{%- endmacro %}
