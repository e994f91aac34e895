"""What the engines share whose warehouse is one file: build beside it, then rename."""

import copy
import os
import shutil
import stat
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import ClassVar, Self

from pipeline.errors import PipelineError
from pipeline.journal import FileJournal
from pipeline.private_files import private_files
from pipeline.raw_files.contract import RawBatch
from pipeline.raw_files.raw_file import Advance
from pipeline.raw_files.raw_folder import CheckedFolder
from pipeline.terminal.interrupts import uninterrupted, work_is_done
from pipeline.warehouse import open_reader
from pipeline.warehouse.engine import (
    KEEP_VERSIONS,
    MOST_KEPT,
    RUNS,
    Engine,
    Record,
    file_lock,
    refuse_others,
)
from pipeline.warehouse.errors import UnfinishedError, UnreadableError
from pipeline.warehouse.kept_files import KeptFiles, second_name
from pipeline.warehouse.location import Location


class FileEngine(Engine):
    """A warehouse in one file, published by an atomic rename.

    Attributes:
        path: The published file. Symbolic links are followed, so that the rename
            replaces the file and not the link.
        building: The build area: `<database>.building`.
        loading: A copy that rows are loaded into: `<database>.loading`.
        restoring: A kept version on its way back: `<database>.restoring`.
    """

    _variable = "DWH_DATABASE"
    # Of the build area's tables; empty for the file's own.
    _schema = ""
    # Suffixes of the files that the engine itself puts beside a database.
    _sidecars: ClassVar[tuple[str, ...]]

    def __init__(self, database: str) -> None:
        super().__init__(database)
        self.path = self.published.path
        self.building = self._beside(".building")
        self.loading = self._beside(".loading")
        self.restoring = self._beside(".restoring")
        self._kept = KeptFiles(self.path, self._settle_kept)

    def _named(self, location: Location) -> str:
        schema = f", schema {location.schema}" if location.schema else ""
        return f"{location.path}{schema}"

    @property
    def _build(self) -> Location:
        return Location(self.target, str(self.building), self._schema)

    def in_place(self, schema: str = "") -> Self:
        """The published file stands in for the build file."""
        engine = copy.copy(self)
        engine.building = self.path
        engine._schema = schema
        return engine

    def _beside(self, suffix: str) -> Path:
        # with_name would refuse a path without a name, such as /, and not say why.
        return Path(f"{self.path}{suffix}")

    @abstractmethod
    def _settle_published(self) -> AbstractContextManager[None]:
        """Hold the published file against writers, without unfinished work beside it.

        A journal left beside the old file would be replayed into the new one.
        """

    @abstractmethod
    def _finish_build(self) -> None:
        """Bring the build into the one file that will be renamed."""

    def _published_rows(self, table: str, record: type[Record]) -> list[Record]:
        """The same of a file that may not be there."""
        return super()._published_rows(table, record) if self.path.exists() else []

    def has_table(self, name: str) -> bool:
        """The same of a file that may not be there."""
        return self.building.exists() and super().has_table(name)

    def check_published(self) -> None:
        """Refuse what cannot be, or become, the published file."""
        folder = self.path.parent
        if not folder.is_dir():
            raise PipelineError(
                f"the folder {folder} does not exist; make it, or choose another "
                "database"
            )
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            raise PipelineError(
                f"{self.path} cannot be used: {error.strerror}"
            ) from None
        if stat.S_ISDIR(mode):
            raise PipelineError(f"{self.path} is a folder; expected a database file")
        if not stat.S_ISREG(mode):
            raise PipelineError(
                f"{self.path} is not a regular file; expected a database file"
            )
        # What is half written is asked again when that is undone.
        with suppress(UnfinishedError):
            self._check_file()

    def _check_file(self) -> None:
        """Refuse an existing file that is no database, or another program's."""
        with open_reader(self.published) as reader:
            refuse_others(
                f"{self.path} is a database of another program",
                reader.tables,
                "choose another database, or move it away",
            )

    def undo_unfinished(self) -> None:
        """Bring a killed writer's journal or log into the file it belongs to.

        A rename was done or was not.
        """
        if self.path.exists():
            self._undo_unfinished_work(self.path)
        self.restoring.unlink(missing_ok=True)
        # What cannot be moved waits for the end of the next build, which says so.
        with suppress(OSError, PipelineError):
            self._kept.file_away()

    @abstractmethod
    def _undo_unfinished_work(self, path: Path) -> None:
        """The same of a file that is there, and may be no database."""

    def _settle_kept(self, path: Path) -> None:
        """The same of a kept version, if there is anything of the kind beside it."""
        beside = [path.with_name(path.name + suffix) for suffix in self._sidecars]
        if any(map(Path.exists, beside)):
            with suppress(UnreadableError):  # what cannot be read cannot be mended
                self._undo_unfinished_work(path)
            for leftover in beside:
                _remove_stray(leftover)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock `<database>.lock`; the file stays, the lock dies with the process.

        What is made under the lock, its owner alone can read: the build, the engine's
        own files beside it, dbt's logs.
        """
        with private_files(), file_lock(self._beside(".lock"), self.location):
            yield

    def journal(self, name: str = RUNS) -> FileJournal:
        """The file `<database>.<name>`."""
        return FileJournal(self._beside(f".{name}"))

    def begin_build(self) -> None:
        """Remove what a killed build or load left; the engine makes its file itself."""
        self.discard_build()
        self._remove(self.loading)

    def discard_build(self) -> None:
        """Remove the build file and what stands beside it."""
        self._remove(self.building)

    def _remove(self, path: Path) -> None:
        """Remove a file of ours and what stands beside it."""
        for suffix in ("", *self._sidecars):
            leftover = path.with_name(path.name + suffix)
            try:
                _remove_stray(leftover)
            except OSError as error:
                raise PipelineError(
                    f"{leftover} is in the way and cannot be removed "
                    f"({error.strerror}); remove it and run this again"
                ) from None

    def load_raw(
        self,
        folder: CheckedFolder,
        batches: Sequence[RawBatch],
        advance: Advance,
        *,
        in_place: bool,
    ) -> Sequence[str]:
        """Load into the build file; in place, into a copy of the published one.

        The copy takes the published file's name. A killed load would leave a journal
        beside the file itself, and whoever may only read cannot open a file with one;
        and of a commit that the disk failed, nobody could say whether it stands.
        """
        if not in_place:
            self._load_raw(self.building, folder, batches, advance)
            return []
        self._remove(self.loading)
        try:
            with self._copied(self.loading):
                self._load_raw(self.loading, folder, batches, advance)
                with uninterrupted():
                    return self._replace_published(self.loading)
        finally:
            self._remove(self.loading)

    @abstractmethod
    def _copied(self, path: Path) -> AbstractContextManager[None]:
        """Hold the published file, if there is one, while a copy stands in for it."""

    @abstractmethod
    def _load_raw(
        self,
        path: Path,
        folder: CheckedFolder,
        batches: Sequence[RawBatch],
        advance: Advance,
    ) -> None:
        """Replace the raw tables of a file, in one transaction."""

    def publish(self, keep_versions: int = KEEP_VERSIONS) -> Sequence[str]:
        """Swap the build in with one rename, and keep the last versions beside it."""
        self._finish_build()
        for suffix in self._sidecars:
            if self.building.with_name(self.building.name + suffix).exists():
                raise PipelineError(
                    f"{self.building}{suffix} is there though the build has ended; "
                    "close whatever has opened the build and run this again"
                )
        try:
            return self._swap(self.building, keep_versions)
        except OSError as error:
            raise PipelineError(
                f"{self.path} cannot be replaced ({error.strerror or error}); "
                f"it is as it was, and the finished build is {self.building}"
            ) from None

    def kept_versions(self) -> list[Location]:
        """The files beside the published one."""
        return [Location(self.target, str(path)) for path in self._kept.paths()]

    def bytes_of(self, version: Location) -> int | None:
        """The size of its file."""
        return version.path.stat().st_size

    def restore(self, version: Location) -> Sequence[str]:
        """Swap the kept file in with one rename, as a build is."""
        self._undo_unfinished_work(version.path)
        try:
            second_name(version.path, self.restoring)
            try:
                return self._swap(self.restoring)
            except UnreadableError:  # which may be why it is to be replaced
                self._remove_strays()
                return self._swap(self.restoring, is_damaged=True)
        except OSError as error:
            raise PipelineError(
                f"{self.path} cannot be replaced ({error.strerror or error}); "
                "it is as it was"
            ) from None
        finally:
            self.restoring.unlink(missing_ok=True)

    def _swap(
        self, new: Path, keep_versions: int = MOST_KEPT, *, is_damaged: bool = False
    ) -> Sequence[str]:
        """Give a finished file the published one's name, and keep that one.

        Args:
            new: The finished file.
            keep_versions: How many of the versions before it stay.
            is_damaged: Whether the published file cannot be opened.

        Returns:
            What could not be done after that.
        """
        if not self.path.exists():
            return self._replace_published(new)
        held = nullcontext if is_damaged else self._settle_published
        with held():
            pass
        # Not while the old file is held: where a copy must be made, closing the copied
        # file would end the hold (POSIX locks belong to the process).
        self._kept.set_aside()
        left_undone: list[str] = []
        try:
            with held():
                left_undone += self._replace_published(new)
        finally:
            # Also where nothing was replaced: then it ends having two names.
            try:
                self._kept.file_away(keep_versions)
            except (OSError, PipelineError) as error:
                left_undone.append(f"the version before could not be kept: {error}")
        return left_undone

    def _replace_published(self, new: Path) -> Sequence[str]:
        """Give a finished file the published one's name.

        Returns:
            What could not be done after that.
        """
        if self.path.exists():
            # The new file is read by whoever could read the old one.
            shutil.copymode(self.path, new)
            with suppress(PermissionError):
                owner = self.path.stat()
                os.chown(new, owner.st_uid, owner.st_gid)
        else:
            self._remove_strays()
        _sync(new)
        new.replace(self.path)
        work_is_done()
        try:
            _sync(self.path.parent)
        except OSError as error:
            return [
                f"the folder {self.path.parent} could not be synced "
                f"({error.strerror}): a power cut might bring the last version back"
            ]
        return []

    def _remove_strays(self) -> None:
        """Without a published file, what stands beside its name belongs to nothing."""
        for suffix in self._sidecars:
            _remove_stray(self._beside(suffix))


def _remove_stray(path: Path) -> None:
    """Remove a file, or the folder to which a killed engine had spilled rows."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
