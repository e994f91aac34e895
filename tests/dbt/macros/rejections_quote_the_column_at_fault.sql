{%- set item_keys = ['order_item_id', 'order_id'] -%}
{%- set item = {
    'order_item_id': 'I1', 'order_id': 'O1', 'quantity': '2', 'price_per_item': '5'
} -%}
{%- set cases = [
    ('bad date', {'order_date': '13-01-2015'}, ['order_id'],
        "bad date, such as '13-01-2015'; dates are YYYY-MM-DD"),
    ('bad date', {'order_date': none}, ['order_id'],
        'bad date, such as an empty one; dates are YYYY-MM-DD'),
    ('missing key', item, item_keys,
        'missing key; every row needs order_item_id and order_id'),
    ('duplicate key', item, item_keys, "duplicate key, such as order_item_id 'I1'"),
    ('order not found', item, item_keys, "order not found, such as order_id 'O1'"),
    ('bad number', dict(item, price_per_item='5,00'), item_keys,
        "bad number, such as '5,00' in price_per_item; amounts are like 1234.50"),
    ('bad number', dict(item, price_per_item='\t5'), item_keys,
        "bad number, such as '\\t5' in price_per_item; amounts are like 1234.50"),
    ('bad number', dict(item, quantity='1.5'), item_keys,
        "bad number, such as '1.5' in quantity; quantities are like 2"),
    ('bad number', dict(item, quantity=none), item_keys,
        'bad number, such as an empty one in quantity; quantities are like 2'),
    ('bad number', dict(item, quantity=' 3000000000 '), item_keys,
        "bad number, such as ' 3000000000 ' in quantity; quantities are like 2"),
    ('bad number', dict(item, quantity='9', price_per_item='99999999999'), item_keys,
        "bad number, such as '99999999999' in price_per_item; amounts are like 1234.50"),
    ('bad number', dict(item, price_per_item=none, line_total='five'), item_keys,
        "bad number, such as 'five' in line_total; amounts are like 1234.50"),
] -%}

select * from (
    {% for reason, row, keys, expected in cases -%}
    select
        {{ text_literal(expected) }} as expected,
        {{ text_literal(reject_reason_in_words(reason, row, keys)) }} as actual
    {{ 'union all' if not loop.last }}
    {% endfor %}
) as answered
where actual != expected
