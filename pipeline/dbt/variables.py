"""The variables of `dbt_project.yml`, and the rules beside them that they must keep.

dbt runs a text as Jinja before anything can look at it, and a number goes into SQL as
it is. So a value is checked here, before dbt sees it; the macro `variable` checks it
again for those who run dbt themselves.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml  # type: ignore[import-untyped]

from pipeline.errors import PipelineError

RULES = "variable_rules"

Value = str | int | float

# macros/variables/variable.sql has the same, and a test that both answer alike.
_PATTERNS = {
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "integer": "-?[0-9]{1,12}",
    "number": "-?[0-9]{1,12}([.][0-9]{1,12})?(e-[0-9]{1,2})?",
}
_KINDS = {
    "date": "a day as YYYY-MM-DD",
    "integer": "a whole number",
    "number": "a number",
}


@dataclass(frozen=True)
class Rule:
    """What a variable may be.

    Attributes:
        type: `date`, `text`, `integer` or `number`.
        minimum: The least it may be, as it is written; empty for a text.
        maximum: The most.
        pattern: The whole of a text, as a regular expression.
        example: One such text.
        may_be_empty: Whether nothing is a value too.
        description: What it decides.
    """

    type: str
    description: str
    minimum: str = ""
    maximum: str = ""
    pattern: str = ""
    example: str = ""
    may_be_empty: bool = False

    @property
    def expected(self) -> str:
        """What to write, for a person."""
        nothing = ", or nothing" if self.may_be_empty else ""
        if self.type == "text":
            return f"a text like {self.example}{nothing}"
        return f"{_KINDS[self.type]} from {self.minimum} to {self.maximum}{nothing}"

    def allows(self, text: str) -> bool:
        """Whether a value, as it is written, keeps the rule."""
        if self.may_be_empty and not text:
            return True
        if not re.fullmatch(_PATTERNS.get(self.type, self.pattern), text):
            return False
        if self.type == "date":
            return self.minimum <= text <= self.maximum and _is_real_day(text)
        if self.type in ("integer", "number"):
            return float(self.minimum) <= float(text) <= float(self.maximum)
        return True

    def value(self, text: str) -> Value:
        """What is written, as what it means."""
        if self.type == "integer" and text:
            return int(text)
        return float(text) if self.type == "number" and text else text


def read_rules(settings: Mapping[str, Any]) -> dict[str, Rule]:
    """The rules of a project, from its `dbt_project.yml` as `read_yaml` gives it."""
    rules = (settings.get("vars") or {}).get(RULES) or {}
    return {
        name: Rule(**{**rule, "may_be_empty": rule.get("may_be_empty") == "true"})
        for name, rule in rules.items()
    }


def read_variables(
    values: Mapping[str, Any], rules: Mapping[str, Rule], origin: str
) -> dict[str, Value]:
    """Check the values of variables.

    Raises:
        PipelineError: There is no such variable, or a value breaks its rule.
    """
    read = {}
    for name, text in values.items():
        rule = rules.get(name)
        if rule is None:
            raise PipelineError(
                f"{origin}: there is no variable {name}; "
                f"choose among {', '.join(sorted(rules))}"
            )
        if not isinstance(text, str) or not rule.allows(text):
            raise PipelineError(
                f"{origin}: var {name} is {str(text)[:80]!r}; write {rule.expected}"
            )
        read[name] = rule.value(text)
    return read


def read_yaml(text: str) -> dict[str, Any]:
    """Read a YAML mapping whose values are texts, whatever they look like.

    A day, an octal number or a "no" stays as it is written, and nothing is built that
    is larger than what was written.

    Raises:
        ValueError: It is no mapping, or too odd to be one of ours.
    """
    try:
        # As texts only, so nothing is constructed.
        parsed = yaml.load(text, Loader=_TextLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise ValueError("no YAML mapping")
    return {str(name): value for name, value in parsed.items()}


class _TextLoader(yaml.BaseLoader):  # type: ignore[misc]
    """All scalars are texts, and nothing stands for something else."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias: a few of them nested stand for thousands of millions."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


def _is_real_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
