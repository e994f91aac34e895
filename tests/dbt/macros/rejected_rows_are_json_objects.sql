{{ unexpected_answers(
    row_as_json(['id', 'name']),
    {'id': 'text', 'name': 'text', 'expected': 'text'},
    [
        ('1', 'plain', '{"id":"1","name":"plain"}'),
        ('', none, '{"id":"","name":null}'),
        ('null', 'say "hi"', '{"id":"null","name":"say \\"hi\\""}'),
        ("O'Brien", 'back\\slash/', '{"id":"O\'Brien","name":"back\\\\slash/"}'),
        ('a,b;c', 'two\nlines\tand a tab', '{"id":"a,b;c","name":"two\\nlines\\tand a tab"}'),
        ('é😀', '=1+1', '{"id":"é😀","name":"=1+1"}'),
    ],
) }}
