"""`fit`: predict lifetime values and sales in place."""

import argparse

from pipeline.commands.arguments import Commands, engine_of, of_a_warehouse
from pipeline.installation import IS_INSTALLED, typed
from pipeline.terminal.progress import Reporter
from pipeline.terminal.summary import print_table


def add(commands: Commands) -> None:
    """Say what it takes."""
    fits = commands.add_parser(
        "fit",
        parents=[of_a_warehouse()],
        help="predict lifetime values and sales in place, for use with bare dbt",
        description="Fit the lifetime value models to the purchases of the warehouse, "
        "score its customers, forecast its sales, and replace its tables clv_* and "
        "sales_forecast*. A build does it by itself.",
    )
    fits.set_defaults(command=_run, name="fit")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    # scipy takes a while to import, and no other command needs it.
    from pipeline.fit import fit
    from pipeline.forecast.model import HORIZON

    engine = engine_of(options)
    predictions, forecasts = fit(engine)
    print_table(
        f"fitted in {engine.location}",
        ("fit", "until", "model", "customers", "status", "used"),
        [
            (
                *(prediction.fit_name, str(prediction.observed_through)),
                *(model.model_name, f"{model.customers:,}", model.status),
                "yes" if prediction.is_used(model) else "",
            )
            for prediction in predictions
            for model in prediction.models
        ],
    )
    print_table(
        f"forecast of {HORIZON} weeks",
        ("series", "weeks known", "status", "net sales", "nearer than naive"),
        [
            (
                *(each.category, f"{each.weeks_observed:,}", each.status),
                "" if each.expected is None else f"{each.expected.sum():,.0f}",
                f"{each.nearer_trials} of {len(each.trials)}" if each.trials else "",
            )
            for each in forecasts
        ],
    )
    # An installed project has no folder for bare dbt to work in.
    show = "dbt run --select source:predictions+"
    reporter.say(
        f"show the predictions with: {typed('build') if IS_INSTALLED else show}"
    )
