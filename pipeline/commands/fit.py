"""`fit`: predict lifetime values and sales in place."""

import argparse
from pathlib import Path

from pipeline.commands.arguments import Commands, engine_of, of_a_warehouse
from pipeline.errors import PipelineError
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
    fits.add_argument(
        "--project-dir",
        metavar="DIR",
        help="another dbt project that has this one as a package: where its profile "
        "leads, in the schema of the models; --target is one of that profile",
    )
    fits.add_argument(
        "--profiles-dir",
        metavar="DIR",
        help="where its profiles.yml is; by default in its folder, or where dbt looks",
    )
    fits.add_argument(
        "--vars", metavar="YAML", help="variables of that project, as dbt takes them"
    )
    fits.set_defaults(command=_run, name="fit")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    # scipy takes a while to import, and no other command needs it.
    from pipeline.fit import fit, fit_in_place
    from pipeline.forecast.model import HORIZON

    if options.project_dir is None:
        if options.profiles_dir or options.vars:
            raise PipelineError("--profiles-dir and --vars go with --project-dir only")
        engine = engine_of(options)
        predictions, forecasts = fit(engine)
        location = engine.location
    else:
        from pipeline.dbt.host_project import warehouse_of

        if options.database:
            raise PipelineError(
                "--database and --project-dir exclude each other: the project's profile"
                " says where its tables are"
            )
        with warehouse_of(
            Path(options.project_dir),
            options.profiles_dir,
            options.target,
            options.vars,
        ) as warehouse:
            warehouse.check_requirements()
            predictions, forecasts = fit_in_place(warehouse)
            location = warehouse.build_location
    print_table(
        f"fitted in {location}",
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
    has_folder = options.project_dir is not None or not IS_INSTALLED
    show = "dbt run --select source:predictions+" if has_folder else typed("build")
    reporter.say(f"show the predictions with: {show}")
