"""Where the app is, what its pages are, and what stands on them."""

import datetime as dt
import sqlite3
from pathlib import Path

from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.periods import Grain

ROOT = Path(__file__).resolve().parents[3]
APP = ROOT / "dashboard" / "app.py"

PAGES = {title: f"views/{name}.py" for name, title in navigation.PAGES.items()}


def texts(app: AppTest) -> str:
    """All text on a page."""
    kinds = (
        app.title,
        app.header,
        app.subheader,
        app.markdown,
        app.caption,
        app.error,
        app.warning,
        app.info,
        app.success,
    )
    found = [str(element.value) for kind in kinds for element in kind]
    found += [f"{metric.label}: {metric.value}" for metric in app.metric]
    return "\n".join(found)


def period_start(day: dt.date, grain: Grain) -> dt.date:
    """The first day of the period that holds the day; weeks start on Monday."""
    match grain:
        case Grain.DAY:
            return day
        case Grain.WEEK:
            return day - dt.timedelta(days=day.weekday())
        case Grain.MONTH:
            return day.replace(day=1)


def change(database: Path, *statements: str) -> None:
    """Run statements on a database, as a build in place would."""
    with sqlite3.connect(database) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
