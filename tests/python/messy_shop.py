"""A small shop in which every rule of the raw contract is broken somewhere."""

import csv
import random
from pathlib import Path

from pipeline.raw_files.contract import RAW_TABLES

DAYS = ["2023-12-31", "2024-01-01", "2024-02-29", "2024-03-31", "2024-05-15"]
DATES = [
    *DAYS,
    "2024-02-28T09:30:00+02:00",
    "2024-02-28 08:30:00",
    "2024-02-28",
    "2024-03-01 23:59",
    "2024-03-01T00:00",
    "2023-02-29",
    "2024-02-30",
    "2024-13-01",
    "2024-00-10",
    "2024-01-00",
    "2024-1-5",
    "1989-12-31",
    "2100-01-01",
    "0000-01-01",
    " 2024-01-05",
    "2024-01-05 ",
    "2024-01-05T",
    "2024-01-05 9:30",
    "2024-01-05 24:00",
    "2024-01-05T29:59",
    "2024-01-05X10:30",
    "2024-01-05 10:30\nand more",
    "2451545",
    "12:00",
    "now",
    "null",
    "",
]
QUANTITIES = [
    *["1", "2", "3", "10", "-1", "-2", "0", "12", "7"] * 3,
    *["2.0", "+3", "-4.0000", "1.5", "1.00000", "2.", ".5", "1e3", "1_000", " 1", "1 "],
    *["", "x", "--1", "+-1", "2147483648", "-2147483649", "-2147483648.5"],
    *["3.00000000", " +2 ", "1.00001", "2147483648.000000", " "],
    *["999999999999", "9999999999999", "000000000001", "0000000000001", "٣", "1.0.0"],
]
PRICES = [
    *["0.85", "3.00", "2.55", "19.9", "4", "0", "0.00", "12.505", "0.0001"] * 3,
    *[
        "-1.5",
        "1,234.50",
        "1.00005",
        "+2.5",
        "-0",
        "999999999999.9999",
        "$3",
        "",
        "NaN",
    ],
    *["100000", "99999.9999", "1e2", "0x10", "5.", ".5", "1..5", "inf", "-.5"],
    *["8.22400", " 578.00 ", "1.23450000000000000000000", "1.23456000", "  ", "2 3"],
]
# Shipping and tax.
AMOUNTS = ["4.90", "0", " 12.5 ", "-3", "1.23450", "", "", "free", "4,90", "1.23456"]
# What a line cost: mostly none named; less than its price, more, nothing, money back.
LINE_TOTALS = [
    *[""] * 20,
    *["0.85", "1.7", "2.5500", "3", "19.90", "0.0001", "120", "8.5", "11.005"] * 2,
    *["0", "-1.5", "-2.55", "-40", "-0.0003", " 5.00 ", "7.00000", "9999999.9999"],
    *["1.00005", "8,50", "1e2", "free", " ", "null", "100000000000", "-100000000000"],
]
CURRENCIES = ["EUR", "EUR", " eur", "Eur ", "", " ", "Euro", "€"]
STATUSES = [
    *["completed", "Shipped ", " PAID", ""] * 4,
    *["cancelled", "refunded", "Voided"],
    *["adjustment", "what?", "(empty)", "null"],
]
TEXTS = [
    "Ann",
    "O'Fallon",
    'a "quoted" name',
    "=1+1",
    "x; drop table y",
    "é漢",
    "null",
    "",
]


# The largest that fit: a few lines of them, since SQLite's sums of many lines lose a
# decimal towards 1e11. So the last amount below that is of an order that is not there.
EXTREME_LINES = [
    ["2147483647.00000", "0.85", ""],
    ["-2147483648", "0.0001", ""],
    ["1", "9999999999.9999", ""],
    ["1", "100000000000.0000", ""],
    ["0", "999999999999.9999", ""],
    ["2147483647", "999999999999.9999", ""],
    ["1", "3.00", "100000000000"],
    ["2147483647", "", "9999999.9999"],
    ["-3", "", "-100000000000"],
]

# Quantities of cancelled orders: money back where all go back and none was sold.
CREDIT_NOTES = [["-1"], ["-1", "-2"], ["-1", "1"], ["-1", "0"], ["-2", " 2.0 "]]


def write_messy_shop(folder: Path, seed: int) -> None:
    """Write a small shop in which every rule of the raw contract is broken."""
    draw = random.Random(seed)  # noqa: S311 no secret
    draw_cost = random.Random(seed)  # noqa: S311 no secret
    customers = [f"C{n}" for n in range(40)]
    products = [f"p{n}" if n % 5 else f"P{n}" for n in range(25)]
    # Services: one in most baskets, and two that their file lacks.
    products[5], products[22], products[23] = "Post", "POST", "Bank-Charges"
    orders = [f"{draw.choice('OTo')}{n}" for n in range(250)]
    none = ["", "(unknown)", " ", "  (unknown) "]

    def key(known: list[str], none_of_them: float = 0.04) -> str:
        if draw.random() < none_of_them:
            return draw.choice([*none, "nobody", "Nobody"])
        name = draw.choice(known)
        return f" {name} " if draw.random() < 0.05 else name

    def repeated(rows: list[list[str]]) -> list[list[str]]:
        same = draw.sample(rows, len(rows) // 20)
        other = [
            [row[0] + " " * draw.randrange(2), *draw.choice(rows)[1:]]
            for row in draw.sample(rows, len(rows) // 20)
        ]
        rows = [*rows, *[list(row) for row in same], *other]
        draw.shuffle(rows)
        return rows

    texts = [*TEXTS]
    customer_rows = [
        [
            key([name], 0.02),
            *(draw.choice(texts) for _ in range(4)),
            draw.choice(["France", "Japan", "", "null", "Côte d'Ivoire"]),
            draw.choice([*DATES, *DAYS * 4]),
        ]
        for name in customers[:34]
    ]
    product_rows = [
        [
            key([name], 0.02),
            draw.choice(texts),
            draw.choice(["Books", "Toys", "", "books"]),
            draw.choice(PRICES),
            draw.choice(QUANTITIES),
            draw_cost.choice([*PRICES, "", ""]),
        ]
        for name in products[:21]
    ]
    order_rows = [
        [
            key([name], 0.02),
            key(customers, 0.15),
            draw.choice([*DATES, *DAYS * 5]),
            draw.choice(STATUSES),
            draw.choice(CURRENCIES),
            draw.choice(AMOUNTS),
            draw.choice(AMOUNTS),
        ]
        for name in orders
    ]
    order_rows += [
        [f"N{number}", customers[number], DAYS[1], "cancelled", "EUR", "", ""]
        for number in range(len(CREDIT_NOTES))
    ]
    item_rows = [
        [
            key([str(number)], 0.02),
            key(orders[:220], 0.02),
            # A few products are in most baskets, so that pairs pass the limit.
            key(products[:6] if draw.random() < 0.7 else products, 0.05),
            draw.choice(QUANTITIES),
            draw.choice(PRICES),
            draw.choice(LINE_TOTALS),
        ]
        for number in range(2500)
    ]
    item_rows += [
        [f"x{number}", orders[number], products[number], *line]
        for number, line in enumerate(EXTREME_LINES)
    ]
    item_rows.append(["y", "nowhere", products[0], "1", "99999999999.9999", ""])
    item_rows += [
        [f"n{number}-{place}", f"N{number}", products[place], quantity, "3.00", ""]
        for number, quantities in enumerate(CREDIT_NOTES)
        for place, quantity in enumerate(quantities)
    ]
    shop = {
        "raw_customers": customer_rows,
        "raw_products": product_rows,
        "raw_orders": order_rows,
        "raw_order_items": item_rows,
    }
    folder.mkdir(parents=True)
    for table in RAW_TABLES:
        path = folder / f"{table.name}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.columns)
            writer.writerows(repeated(shop[table.name]))
