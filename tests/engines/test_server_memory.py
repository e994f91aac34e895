"""The benchmarks see how much memory a server takes."""

import time
from contextlib import closing

import psycopg2
import pytest

from benchmarks.peak import Peak
from benchmarks.server_memory import server_megabytes
from pipeline.dbt.profile import target_settings


@pytest.mark.usefixtures("postgres")
def test_the_memory_of_postgresql_grows_with_what_a_query_sorts() -> None:
    settings = target_settings("postgres")
    keys = ("host", "port", "user", "dbname")
    with closing(psycopg2.connect(**{key: settings[key] for key in keys})) as server:
        with Peak(server_megabytes("postgres")) as idle:
            time.sleep(1)
        cursor = server.cursor()
        cursor.execute("set work_mem = '512MB'; set jit = off")
        with Peak(server_megabytes("postgres")) as busy:
            cursor.execute(
                "select number, pg_sleep(0.1 * (number % 1000000 = 0)::int)"
                " from generate_series(1, 1000000) as number order by number desc"
            )

    assert idle.value > 1
    assert busy.value > idle.value + 20


@pytest.mark.usefixtures("spark")
def test_the_memory_of_spark_is_that_of_its_java() -> None:
    from pipeline.warehouse.spark.session import spark_session

    spark_session().sql("select 1").collect()

    with Peak(server_megabytes("spark")) as memory:
        time.sleep(1)

    assert memory.value > 100
