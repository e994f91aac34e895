"""The wheel, installed: `shop-dwh` in an empty folder, with a clean home."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.installation import DISTRIBUTION, files_of_dbt
from tests.python.warehouses import ROOT

PACKAGES = ("dashboard", "generator", "pipeline")
# What of the dbt project a wheel has within `pipeline/dbt_project`.
OF_DBT = ("dbt_project.yml", "profiles.yml", "macros", "models", "seeds", "tests/dbt")
MOST_BYTES = 2_000_000


def tracked(*paths: str) -> list[str]:
    """The files under some paths that git has, or would take."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard", "--", *paths],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.split("\0") if name]
    return [name for name in names if (ROOT / name).exists()]


def build_wheel(source: Path, out: Path) -> Path:
    """Build the wheel of a copy of the repository, with what is installed here."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out],
        cwd=source,
        capture_output=True,
        check=True,
    )
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the repository as it is."""
    return build_wheel(ROOT, tmp_path_factory.mktemp("dist"))


@dataclass(frozen=True)
class Installation:
    """A virtual environment with the wheel, and one user's home and folder."""

    environment: Path
    home: Path
    folder: Path

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        (found,) = self.environment.glob("lib/python*/site-packages")
        return found

    @property
    def command(self) -> Path:
        """What the user starts."""
        return self.environment / "bin" / "shop-dwh"

    def variables(self, **more: str) -> dict[str, str]:
        """The environment of somebody who has set nothing, and his home."""
        theirs = ("DWH_", "DBT_", "PG", "XDG_", "PYTHON", "STREAMLIT_")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(theirs)}
        return {**kept, "HOME": str(self.home), **more}

    def run(
        self, *arguments: object, folder: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command."""
        return subprocess.run(
            [self.command, *map(str, arguments)],
            cwd=folder or self.folder,
            env=self.variables(**more),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel in an environment of its own, with the packages of this one."""
    base = tmp_path_factory.mktemp("installed")
    made = Installation(base / "venv", base / "home", base / "shop")
    made.home.mkdir()
    made.folder.mkdir()
    venv.create(made.environment, symlinks=True)
    needed = made.packages / "needed.pth"
    needed.write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", made.environment / "bin/python"),
            *("install", "--no-deps", "--no-index", "--no-compile", "--quiet", wheel),
        ],
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=True,
    )
    return made


@pytest.fixture(scope="module")
def built(installed: Installation) -> Installation:
    """The same after the first build in the empty folder."""
    before = files_in(installed.packages)
    done = installed.run("build")
    assert done.returncode == 0, done.stderr
    assert files_in(installed.packages) == before
    return installed


def files_in(folder: Path) -> set[Path]:
    """The files of a folder, but for what Python compiles."""
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_a_wheel_holds_the_packages_and_the_dbt_project_and_nothing_ignored(
    wheel: Path,
) -> None:
    expected = {name: ROOT / name for name in tracked(*PACKAGES)}
    expected |= {f"pipeline/dbt_project/{n}": ROOT / n for n in tracked(*OF_DBT)}

    with zipfile.ZipFile(wheel) as archive:
        held = {
            n: archive.read(n) for n in archive.namelist() if ".dist-info/" not in n
        }

    assert sorted(held) == sorted(expected)
    assert [n for n, path in expected.items() if held[n] != path.read_bytes()] == []
    assert wheel.stat().st_size < MOST_BYTES


@pytest.mark.parametrize(
    "extra",
    [
        *("dashboard", "databases", "duckdb", "login", "notify", "postgres"),
        *("spark", "spark-connect", "spark-thrift"),
    ],
)
def test_a_wheel_has_each_extra_that_a_message_names(wheel: Path, extra: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        said = archive.read(name).decode().splitlines()

    assert f"Name: {DISTRIBUTION}" in said
    assert f"Provides-Extra: {extra}" in said


def test_a_wheel_of_a_copy_elsewhere_has_the_same_bytes_and_no_secret(
    wheel: Path, tmp_path: Path
) -> None:
    for name in tracked(*PACKAGES, *OF_DBT, "pyproject.toml", ".gitignore", "*.md"):
        copy = tmp_path / "copy" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
        copy.chmod(0o600)
    shutil.copyfile(ROOT / "LICENSE", tmp_path / "copy" / "LICENSE")
    secrets = tmp_path / "copy" / "dashboard" / ".streamlit" / "secrets.toml"
    secrets.write_text("[auth]", encoding="utf-8")

    again = build_wheel(tmp_path / "copy", tmp_path)

    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_an_empty_folder_becomes_the_warehouse_that_a_clone_builds(
    built: Installation, demo_warehouse: Path
) -> None:
    beside = {path.name for path in built.folder.iterdir()}
    kept = built.home / ".cache" / "shop-dwh"

    assert all(name.startswith("ecommerce_dwh.db") for name in beside)
    assert {path.name for path in built.home.iterdir()} == {".cache"}
    assert list(kept.glob("*/*/dbt.log"))
    assert (
        main(["compare", str(built.folder / "ecommerce_dwh.db"), str(demo_warehouse)])
        == 0
    )


def test_what_dbt_logs_of_a_shop_is_its_owners(built: Installation) -> None:
    for log in (built.home / ".cache").glob("**/dbt.log"):
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_the_next_command_begins_with_what_is_parsed_in_a_folder_of_its_own(
    built: Installation,
) -> None:
    (parsed,) = (built.home / ".cache").glob("shop-dwh/*/parsed.msgpack")
    before = parsed.stat().st_mtime_ns

    verified = built.run("verify")

    assert verified.returncode == 0, verified.stderr
    assert parsed.stat().st_mtime_ns == before
    assert len(list(parsed.parent.glob("*/dbt.log"))) == 2


def test_the_settings_of_a_folder_are_those_that_init_wrote(
    built: Installation, tmp_path: Path
) -> None:
    warehouse = built.folder / "ecommerce_dwh.db"
    wrote = built.run("init", "--database", warehouse, folder=tmp_path)
    assert wrote.stderr.strip().endswith(
        "then run: shop-dwh build, or shop-dwh build --raw DIR"
    )

    found = built.run("history", folder=tmp_path)
    assert f"runs of {warehouse}" in found.stdout
    other = built.run(
        "export",
        "--format",
        "sqlite",
        "--out",
        "a.db",
        folder=tmp_path,
        DWH_DATABASE="b.db",
    )
    assert (other.returncode, len(other.stderr.splitlines())) == (1, 1)
    assert "b.db" in other.stderr


def test_messages_name_the_command_and_not_the_module(
    installed: Installation, tmp_path: Path
) -> None:
    shop = installed.run(
        "generate", "--customers", "5", "--out", "raw", folder=tmp_path
    )
    assert shop.returncode == 0, shop.stderr
    said = [
        installed.run(*arguments, folder=tmp_path)
        for arguments in (
            ("--help",),
            ("generate", "--help"),
            ("load", "raw"),
            ("doctor", "raw"),
            ("dashboard", "--database", "none.db"),
            ("docs", "--database", "none.db"),
        )
    ]

    for each in said:
        assert "shop-dwh" in each.stdout + each.stderr
        assert "python -m" not in each.stdout + each.stderr
    assert [each.returncode for each in said] == [0, 0, 0, 1, 1, 1]


def test_who_builds_in_a_clone_is_told_whose_models_they_are(
    installed: Installation, tmp_path: Path
) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "__main__.py").write_text("1 / 0")
    (tmp_path / "dbt_project.yml").touch()

    found = installed.run("doctor", "none", folder=tmp_path)

    assert "this folder is a clone of the project" in found.stderr.splitlines()[0]


def test_the_dashboard_opens_on_the_warehouse_of_the_folder(
    built: Installation,
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [built.command, "dashboard", "--port", str(port)],
        cwd=built.folder,
        env=built.variables(),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )

    def status(path: str, host: str = "localhost") -> int:
        address = f"http://127.0.0.1:{port}{path}"
        request = urllib.request.Request(address, headers={"Host": host})
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    try:
        while process.poll() is None:
            with suppress(urllib.error.URLError):
                if status("/_stcore/health") == 200:
                    break
            time.sleep(0.1)
        # The world's outlines, and the guard, are those of the project.
        assert status("/app/static/world_110m.json") == 200
        assert status("/", host="example.org") == 403
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def test_one_line_says_where_nothing_can_be_kept_or_read(
    built: Installation, tmp_path: Path
) -> None:
    no_cache = built.run("verify", XDG_CACHE_HOME="/dev/null")
    (tmp_path / "shop_dwh.toml").write_text("target = sqlite", encoding="utf-8")
    broken = built.run("history", folder=tmp_path)
    unknown = built.run("history", "--database", tmp_path / "nowhere" / "shop.db")

    for each, said in (
        (no_cache, "cannot be made: Not a directory; set XDG_CACHE_HOME to another"),
        (broken, "history failed: shop_dwh.toml is not TOML: "),
        (unknown, f"there is no warehouse {tmp_path}/nowhere/shop.db; build it first"),
    ):
        assert each.returncode == 1
        assert said in each.stderr.splitlines()[-1]


def test_installations_and_clones_keep_dbts_files_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.installation._PACKAGED", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    one = files_of_dbt(tmp_path)
    monkeypatch.setattr("pipeline.installation._PACKAGED", tmp_path / "other")
    other = files_of_dbt(tmp_path / "other")

    assert one.parent == other.parent == Path("/cache/shop-dwh")
    assert one != other
    assert files_of_dbt(tmp_path) == tmp_path / "target" / "build"
