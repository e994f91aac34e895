"""Shops that keep their orders in a database, on real MariaDB and PostgreSQL."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pymysql
import pytest

from pipeline.__main__ import main
from pipeline.errors import PipelineError
from pipeline.platforms.databases import PASSWORD
from pipeline.platforms.definition import find_platform
from pipeline.platforms.importer import import_export
from pipeline.terminal.progress import Reporter
from tests.engines.conftest import ROOT, missing
from tests.python.sample_exports import rows_of
from tests.python.test_platforms import Figures, figures_of, normal

# As WooCommerce makes them, but for columns that are not read.
WOOCOMMERCE = """
create table shop7_wc_order_stats (order_id bigint unsigned primary key,
    parent_id bigint unsigned not null default 0, date_created datetime not null,
    date_created_gmt datetime, num_items_sold int not null default 0,
    total_sales double not null default 0, tax_total double not null default 0,
    shipping_total double not null default 0, net_total double not null default 0,
    status varchar(200) not null, customer_id bigint unsigned not null);
create table shop7_wc_order_product_lookup (order_item_id bigint unsigned primary key,
    order_id bigint unsigned not null, product_id bigint unsigned not null,
    variation_id bigint unsigned not null, customer_id bigint unsigned,
    date_created datetime not null, product_qty int not null,
    product_net_revenue double not null default 0,
    product_gross_revenue double not null default 0,
    coupon_amount double not null default 0, tax_amount double not null default 0);
create table shop7_wc_customer_lookup (customer_id bigint unsigned primary key,
    user_id bigint unsigned, username varchar(60) not null default '',
    first_name varchar(255) not null, last_name varchar(255) not null,
    email varchar(100), date_registered timestamp null,
    country char(2) not null default '', postcode varchar(20) not null default '',
    city varchar(100) not null default '');
create table shop7_wc_product_meta_lookup (product_id bigint primary key,
    sku varchar(100) default '', min_price decimal(19,4), stock_quantity double);
create table shop7_posts (ID bigint unsigned primary key, post_title text not null,
    post_type varchar(20) not null);
create table shop7_wc_orders (id bigint unsigned primary key, currency varchar(10));
insert into shop7_wc_order_stats (order_id, parent_id, date_created, tax_total,
    shipping_total, net_total, status, customer_id) values
    (1, 0, '2026-01-05 10:00:00', 2.7, 5, 27, 'wc-completed', 1),
    (2, 0, '2026-01-06 10:00:00', 1, 5, 10, 'wc-refunded', 2),
    (20, 2, '2026-01-09 10:00:00', -1, -5, -10, 'wc-completed', 2),
    (3, 0, '2026-01-07 10:00:00', 3, 0, 30, 'wc-processing', 2),
    (30, 3, '2026-01-10 10:00:00', 0, 0, -4, 'wc-completed', 2),
    (4, 0, '2026-01-08 10:00:00', 1, 0, 10, 'wc-cancelled', 2);
insert into shop7_wc_order_product_lookup (order_item_id, order_id, product_id,
    variation_id, date_created, product_qty, product_net_revenue, coupon_amount) values
    (11, 1, 7, 0, '2026-01-05 10:00:00', 2, 18, 2),
    (12, 1, 8, 81, '2026-01-05 10:00:00', 1, 9, 1),
    (13, 2, 7, 0, '2026-01-06 10:00:00', 1, 10, 0),
    (14, 20, 7, 0, '2026-01-09 10:00:00', -1, -10, 0),
    (15, 3, 7, 0, '2026-01-07 10:00:00', 3, 30, 0),
    (16, 4, 8, 81, '2026-01-08 10:00:00', 1, 10, 0);
insert into shop7_wc_customer_lookup (customer_id, first_name, last_name, email,
    date_registered, country, city) values
    (1, 'Anna', 'Berg', 'anna@example.com', '2025-12-01 08:00:00', 'NO', 'Oslo'),
    (2, 'Zoë', '', 'zoe@example.com', null, 'DE', '');
insert into shop7_wc_product_meta_lookup values (7, 'MUG', 10, 12), (8, '', 10, null),
    (81, 'CAP-L', 10, 3);
insert into shop7_posts values (7, 'Mug', 'product'), (8, 'Cap', 'product'),
    (81, 'Cap - L', 'product_variation'), (9, 'Hello', 'post');
insert into shop7_wc_orders values (1, 'EUR'), (2, 'EUR'), (3, 'EUR'), (4, 'EUR');
"""
# A mug came back, 4.00 were paid back for nothing in particular, and one was cancelled.
BY_HAND = Figures("70", "-3", "-14", "5.7", "5", 3, 2, "7")

OWN_SQL = """-- A shop of its own kind.
create table sales (
    "id" text, "sold_at" text, "buyer" text, "article" text, "pieces" text, "total" text
);
comment on table sales is 'table=sales';
create view raw_customers as
select distinct buyer as customer_id from sales order by all;
create view raw_products as
select distinct article as product_id from sales order by all;
create view raw_orders as
select id as order_id, buyer as customer_id, left(sold_at, 19) as order_date from sales;
create view raw_order_items as
select id as order_item_id, id as order_id, article as product_id, pieces as quantity,
    null as price_per_item, total as line_total from sales;
"""


@pytest.fixture(scope="module")
def mariadb() -> Iterator[str]:
    """The address of a private server's database, with WooCommerce's tables."""
    server = subprocess.Popen(
        [
            *(ROOT / "scripts" / "with_mariadb.sh", "sh", "-c"),
            'echo "$MARIADB_SOCKET" && exec cat',
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stderr is not None
    socket = server.stdout.readline().strip()
    if not socket:
        missing(f"no MariaDB: {server.stderr.read().strip()}")
    connection = pymysql.connect(unix_socket=socket, user="shop", database="shop")
    with connection, connection.cursor() as cursor:
        for statement in filter(str.strip, WOOCOMMERCE.split(";")):
            cursor.execute(statement)
        cursor.execute("set password = password('secret')")
        connection.commit()
    yield f"mysql://shop@localhost/shop?unix_socket={socket}"
    server.stdin.close()
    server.wait()


def test_woocommerces_database_equals_the_figures_by_hand(
    mariadb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "secret")
    platform = find_platform("woocommerce_db")
    origin, _ = import_export(platform, mariadb, tmp_path, Reporter())
    assert figures_of(tmp_path) == normal(BY_HAND)
    assert "shop7_wc_order_stats" in origin
    assert "secret" not in origin
    assert {row["currency"] for row in rows_of(tmp_path, "raw_orders")} == {"EUR", None}
    assert [row["name"] for row in rows_of(tmp_path, "raw_customers")] == [
        "Anna Berg",
        "Zoë",
    ]


def test_a_wrong_password_is_one_line_without_it(
    mariadb: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(PASSWORD, "wrong")
    command = ["import", "woocommerce_db", "--source", mariadb, "--out", str(tmp_path)]
    assert main(command) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("import failed: mysql://shop@localhost/shop")
    assert "Access denied" in last
    assert "wrong" not in last


def test_a_database_of_ones_own_on_postgresql(
    postgres: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del postgres
    (tmp_path / "my_db.sql").write_text(OWN_SQL, encoding="utf-8")
    address = f"postgresql:///{os.environ['PGDATABASE']}"
    platform = find_platform(str(tmp_path / "my_db.sql"))
    with pytest.raises(PipelineError, match="there is no table sales"):
        import_export(platform, address, tmp_path / "out", Reporter())
    connection = psycopg2.connect("")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "create table sales (id int, sold_at timestamptz, buyer text, "
                "article text, pieces int, total numeric(10, 2))"
            )
            cursor.execute(
                "insert into sales select n, '2026-01-05 10:00:00'::timestamp "
                "+ n * interval '1 minute', 'c' || n % 10, 'a' || n % 7, 1, 2.5 "
                "from generate_series(1, 120000) as n"
            )
        command = ["import", str(tmp_path / "my_db.sql"), "--source", address]
        assert main([*command, "--out", str(tmp_path / "out")]) == 0
    finally:
        with connection, connection.cursor() as cursor:
            cursor.execute("drop table if exists sales")
        connection.close()
    assert (
        figures_of(tmp_path / "out").gross
        == normal(Figures("300000", "0", "0", "0", "0", 0, 0, "")).gross
    )
    assert "imported my_db: sales in postgresql:///" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["woocommerce_db", "folder"], "reads a database: name it with --source URL"),
        (["etsy", "--source", "mysql://u@h/d"], "reads files: name their folder"),
        (["etsy"], "expected one folder with its export, or --source"),
        (["woocommerce_db", "--source", "oracle://u@h/d"], "--source oracle: expected"),
        (["woocommerce_db", "--source", "nowhere"], "--source is no address"),
        (["woocommerce_db", "--source", "mysql://u@h:x/d"], "--source is no address"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    command: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", *command, "--out", str(tmp_path / "out")]) == 1
    assert said in capsys.readouterr().err.splitlines()[-1]
