-- What the SQL of every platform may use. A text that cannot be read gives null, so that a check can name it.

-- A number without what surrounds it: blanks of all kinds, a currency sign or code, the brackets of a negative amount.
create macro bare_number(value) as regexp_replace(
    regexp_replace(
        regexp_replace(value, '[\s\x{00a0}\x{202f}$€£¥₹]|^[A-Z]{3}|[A-Z]{3}$', '', 'g'),
        '^\((.*)\)$', '-\1'
    ),
    '^\x{2212}', '-'
);

-- An amount with a decimal point, exact: '1,234.50', '$10.00', '-$1.00', '($5.00)', 'USD 7'.
create macro amount(value) as case
    when regexp_full_match(value, '-?\d+(\.\d+)?') then try_cast(value as decimal(18, 4))
    else try_cast(replace(
        regexp_extract(bare_number(value), '^[+-]?(\d{1,3}(,\d{3})+(\.\d*)?|\d*\.?\d+|\d+\.)$'), ',', ''
    ) as decimal(18, 4))
end;

-- An amount with a decimal comma, exact: '1.234,50 €', '15,00€'.
create macro comma_amount(value) as amount(translate(value, ',.', '.,'));

-- Either way, for platforms whose shops choose.
create macro any_amount(value) as coalesce(amount(value), comma_amount(value));

-- The wall clock of a date and time, as the contract writes it, in the first of some formats (of strptime) that fits.
-- An offset or a zone at its end is left off: it is the shop's own clock that counts.
create macro wall_clock(value, formats) as strftime(
    try_strptime(
        regexp_replace(trim(value), '\s?((GMT|UTC)?[+-]\d{2}:?\d{2}|Z|[A-Z]{3,4})$', ''), formats
    ),
    '%Y-%m-%d %H:%M:%S'
);

-- '25/12/2026' as '12/25/2026', where the days of all rows together tell that the day stands first: one of them is over 12.
create macro month_first(value) as case
    when bool_or(try_cast(regexp_extract(value, '^\s*(\d+)/', 1) as integer) > 12) over ()
        then regexp_replace(value, '^\s*(\d+)/(\d+)/', '\2/\1/')
    else value
end;

-- The part of a total that falls on one of several amounts, to the cent. Running totals are rounded, so that the parts end
-- at the total: `running` is the sum of the amounts up to and with this one, `whole` that of all of them.
create macro share_of(total, amount, running, whole) as case
    when whole = 0 then cast(0 as decimal(18, 4))
    else cast(
        round(cast(total as double) * cast(running as double) / cast(whole as double), 2)
        - round(cast(total as double) * cast(running - amount as double) / cast(whole as double), 2)
        as decimal(18, 4)
    )
end;

-- Whether the rows of one order number are those of two orders, in a shop that numbers anew each year.
create macro is_of_several_years(order_date) as left(min(order_date), 4) <> left(max(order_date), 4);

-- A text of which some signs are written as HTML.
create macro plain_text(value) as
replace(replace(replace(replace(replace(value, '&quot;', '"'), '&#39;', ''''), '&lt;', '<'), '&gt;', '>'), '&amp;', '&');
