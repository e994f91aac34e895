"""Load a folder of raw files: the contract checked first, then one transaction."""

from contextlib import closing

from pipeline.batches import with_full_load
from pipeline.erasures import Erasures, refuse_unfinished
from pipeline.raw_files.raw_folder import CheckedFolder, check_folder
from pipeline.terminal.interrupts import work_is_done
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.engine import Engine


def load_folder(
    engine: Engine,
    checked: CheckedFolder,
    erasures: Erasures,
    reporter: Reporter,
    *,
    in_place: bool,
) -> dict[str, int]:
    """Replace the raw tables by the files of a folder, in one transaction.

    Of customers who were erased, nothing is loaded.

    Returns:
        The rows of each raw table.
    """
    erasures.keep_out(checked.files, reporter)
    batches = with_full_load(engine, checked)
    size = sum(file.size for file in checked.files)
    with reporter.task("loading raw files", size) as task:
        left_undone = engine.load_raw(checked, batches, task.advance, in_place=in_place)
    for text in left_undone:
        reporter.warn(text)
    return {file.table.name: file.row_count for file in checked.files}


def load(engine: Engine, folder: str, reporter: Reporter) -> dict[str, int]:
    """Load a folder into the raw tables of the target, in place.

    A target that does not exist is made.

    Returns:
        The rows of each raw table.

    Raises:
        PipelineError: Something was wrong; the target is as it was.
    """
    engine.check_requirements()
    engine.check_published()
    checked = check_folder(folder, reporter)
    with closing(checked), engine.exclusive_use() as finished:
        if finished:
            reporter.say(finished)
        refuse_unfinished(engine)
        erasures = Erasures.of(engine)
        erasures.require_ledger(engine)
        rows = load_folder(engine, checked, erasures, reporter, in_place=True)
        work_is_done()
    return rows
