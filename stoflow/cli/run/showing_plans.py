"""What `stoflow migrate` shows of what it would do, and of how far rows of the old house are carried over."""

from collections.abc import Iterator

from stoflow.cli.output import print_json, say
from stoflow.cli.tables import print_table
from stoflow.migrations.old_house.carrying import Progress
from stoflow.migrations.plan import Plan


def tell_progress(progress: Progress) -> None:
    say(f"{progress.schema}.{progress.table}: carried over up to {progress.reached:,} of {progress.last:,}.", err=True)


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """Show what would be done with each schema, then all of it together."""
    if as_json:
        print_json(plan)
        return
    heads = ("schema", "does", "revisions", "rows", "seconds", "holds", "for")
    print_table(heads, [
        (
            each.schema, each.does, str(each.revisions), f"{each.rows:,}", f"{each.seconds:.1f}",
            ", ".join(each.holds), f"{each.holds_s:.2f} s" if each.holds else "",
        )
        for each in plan.schemas
    ])  # fmt: skip
    for line in _summary(plan):
        say(line)


def _summary(plan: Plan) -> Iterator[str]:
    if not plan.schemas:
        yield "There is nothing to do."
    else:
        where = "measured here" if plan.measured_here else "measured on two cores, not here"
        yield f"{plan.rows:,} rows, about {plan.seconds:.0f} s one tenant at a time."
        yield f"That is at {plan.rows_per_s:,.0f} rows a second, {where}."
    for unknown in plan.unknown:
        yield f"Not known: {unknown}."
    for schema, at in plan.contracts.items():
        yield f"{schema} keeps the old names; an old program last wrote by one, or they were carried over, at {at}."
