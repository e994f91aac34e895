"""What DuckDB loads is the file that was named, whole, and as it was checked."""

from pathlib import Path

import pytest

from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import Engine
from tests.python.test_load_what_was_read import (  # noqa: F401
    test_a_file_that_changes_after_its_check_is_not_loaded,
    test_a_file_that_is_replaced_after_its_check_is_loaded_as_it_was,
    test_a_folders_name_is_no_pattern,
    test_every_load_keeps_a_hash_of_each_file_and_of_each_table,
    test_letters_that_only_look_like_a_columns_name_are_another_name,
    test_zeros_after_the_end_of_a_gzip_file_are_nothing,
)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return engine_for("duckdb", str(tmp_path / "dwh"))
