"""Jinja's code is kept from build to build, and is what Jinja would make again."""

from pathlib import Path

import jinja2
import pytest
from jinja2.nativetypes import NativeEnvironment
from jinja2.sandbox import SandboxedEnvironment

from pipeline.dbt.templates import compiled_templates


@pytest.fixture
def target_path(tmp_path: Path) -> Path:
    path = tmp_path / "one_database"
    path.mkdir()
    return path


def rendered(environment: jinja2.Environment, source: str) -> object:
    return environment.from_string(source).render(number=2)


def test_a_template_is_compiled_in_the_first_build_only(
    target_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with compiled_templates(target_path):
        assert rendered(SandboxedEnvironment(), "{{ number + 1 }}") == "3"
    # Another kind of environment makes something else of the same source.
    with compiled_templates(target_path):
        assert rendered(NativeEnvironment(), "{{ number + 1 }}") == 3

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(jinja2.Environment, "_generate", refuse)
    with compiled_templates(target_path):
        assert rendered(SandboxedEnvironment(), "{{ number + 1 }}") == "3"
        assert rendered(NativeEnvironment(), "{{ number + 1 }}") == 3
        with pytest.raises(AssertionError, match="compiled again"):
            rendered(SandboxedEnvironment(), "{{ number + 2 }}")


@pytest.mark.parametrize("left", [b"", b"cut short", b"\xe9\x01"])
def test_a_damaged_file_is_made_again(target_path: Path, left: bytes) -> None:
    path = target_path.parent / "templates.marshal"
    path.write_bytes(left)

    with compiled_templates(target_path):
        assert rendered(SandboxedEnvironment(), "{{ number }}") == "2"

    assert path.read_bytes() != left


def test_what_cannot_be_kept_stops_nothing(target_path: Path) -> None:
    with compiled_templates(target_path):
        assert rendered(SandboxedEnvironment(), "{{ number }}") == "2"
        target_path.rmdir()

    assert not (target_path.parent / "templates.marshal").exists()
