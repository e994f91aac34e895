-- What the shared SQL finds on SQLite: its types, its functions, its whole division.

set integer_division = true;

create type exact_real as decimal(18, 4);
create type day_text as date;

-- SQLite's takes off blanks alone, DuckDB's own every kind of space.
create temp macro trim(text) as system.main.trim(text, ' ');

create temp macro julianday(day) as julian(day);

create temp macro day_of(text) as
    case
        when
            text >= '0001'
            and regexp_full_match(
                text, '(?s)\d{4}-\d{2}-\d{2}([T ]([01]\d|2[0-3]):[0-5]\d.*)?'
            )
            then try_cast(substr(text, 1, 10) as date)
    end;

create temp macro number_of(text) as
    case
        when regexp_full_match(trim(text), '[+-]?\d{1,12}(\.\d{1,4}0*)?')
            then cast(trim(text) as decimal(18, 4))
    end;

create temp macro whole_of(text) as
    case
        when regexp_full_match(trim(text), '[+-]?\d{1,12}(\.0+)?')
            then try_cast(trim(text) as integer)
    end;
