"""An Airflow DAG: every night wait for a batch, load it, build, and tell of failures.

One task builds, and not one a model: only `pipeline night` tests everything before it
publishes anything. This file needs Airflow 3 and nothing else: the pipeline has an
environment of its own.
"""

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

# Where the repository was cloned to, and where the shop drops its batches.
PROJECT = Path(os.environ.get("DWH_PROJECT", "~/ecommerce-data-warehouse")).expanduser()
INBOX = Path(os.environ.get("DWH_INBOX", "~/inbox")).expanduser()
# The exit code of a night that refused a batch, and loaded all others.
REFUSED = 3


def pipeline(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of the pipeline; what it says goes to the task's log."""
    command = [str(PROJECT / ".venv" / "bin" / "python"), "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=PROJECT, text=True, check=False, **options)


def tell(context: dict[str, Any]) -> None:
    """Tell those behind DWH_NOTIFY, of a worker that died or a time-out too."""
    task_id = context["task_instance"].task_id
    pipeline("notify", f"the task {task_id} failed; Airflow has its log")


@dag(
    schedule="15 3 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="local"),
    catchup=False,
    max_active_runs=1,
    default_args={"on_failure_callback": tell},
)
def warehouse_night() -> None:
    """Load what the shop dropped since yesterday."""

    @task.sensor(
        poke_interval=300,
        timeout=3 * 60 * 60,
        mode="reschedule",
        # A night without a batch is built as well: how old the data are is asked then.
        soft_fail=True,
    )
    def wait_for_a_batch() -> bool:
        listed = pipeline("night", str(INBOX), "--list", stdout=subprocess.PIPE)
        if listed.returncode:
            raise AirflowFailException(f"{INBOX} cannot be looked into")
        return bool(listed.stdout.strip())

    @task(
        retries=2,
        retry_delay=timedelta(minutes=10),
        execution_timeout=timedelta(hours=2),
        trigger_rule="all_done",
    )
    def load_and_build() -> None:
        done = pipeline("night", str(INBOX))
        if done.returncode == REFUSED:
            raise AirflowFailException("a batch was refused; to try again is of no use")
        if done.returncode:
            raise RuntimeError(f"the night ended with {done.returncode}")

    wait_for_a_batch() >> load_and_build()


warehouse_night()
