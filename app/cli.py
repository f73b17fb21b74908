"""flask --app wsgi setup | worker | create-admin NAME | set-role NAME ROLE | import-labels FILE | export WHAT"""

import logging
import sys
from collections.abc import Callable
from datetime import timedelta

import click
from flask import Flask
from flask.cli import with_appcontext

from app import migrate
from app.accounts import service as accounts
from app.config import Settings
from app.context import Context, here, open_context
from app.db import utcnow
from app.errors import AppError
from app.exchange.commands import export, import_labels
from app.jobs import consumer
from app.jobs.housekeeper import Chore, Housekeeper, requeue_lost
from app.jobs.queue import HueyQueue
from app.jobs.worker import Perform, Worker, by_kind
from app.labels import standing
from app.registry import service as registry
from app.retraining import runs
from app.storage import service as storage
from app.submissions import service as submissions
from app.submissions.analyst import Analyst
from app.submissions.findings import Engine
from app.words import sentence

_DAY_S = 86400.0


def init_app(app: Flask) -> None:
    for command in (setup, worker, create_admin, set_role, import_labels, export, retrain):
        app.cli.add_command(command)


@click.command()
@with_appcontext
def setup() -> None:
    """Migrate the database, verify and register the shipped models, make the first admin."""
    context = here()
    context.settings.state_dir.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(context.database)
    _register_shipped(context)
    with context.database.write() as session:
        if not accounts.has_admin(session):
            _show_password("admin", accounts.create_admin(session, name="admin", now=utcnow()))


@click.command()
@with_appcontext
def worker() -> None:
    """Do the analysis, in as many processes as LINEAGE_WORKERS says."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("huey").setLevel(logging.WARNING)
    settings = here().settings
    import app.submissions.tasks  # noqa: F401  before the fork: the processes then share this memory

    queue = HueyQueue(redis_url=settings.redis_url, state_dir=settings.state_dir)
    consumer.run(queue, workers=settings.workers, start=lambda name: _start(settings, name=name))


@click.command("create-admin")
@click.argument("name")
@with_appcontext
def create_admin(name: str) -> None:
    """Make an admin and print a password once."""
    try:
        with here().database.write() as session:
            password = accounts.create_admin(session, name=name, now=utcnow())
    except AppError as error:
        raise click.ClickException(sentence(error)) from None
    _show_password(name, password)


@click.command("set-role")
@click.argument("name")
@click.argument("role")
@with_appcontext
def set_role(name: str, role: str) -> None:
    """Give an account a role: member, reviewer or admin."""
    try:
        standing.set_role(here().database, name=name, role=role, by="command", now=utcnow())
    except AppError as error:
        raise click.ClickException(sentence(error)) from None
    click.echo(f"{name} is {role} now.")


@click.command()
@click.option("--task", default="quality", show_default=True)
@with_appcontext
def retrain(task: str) -> None:
    """Let a worker train a candidate from the accepted labels."""
    context = here()
    try:
        with context.database.write() as session:
            run = runs.start(session, task=task, trigger="command", by="command", now=utcnow())
    except AppError as error:
        raise click.ClickException(sentence(error)) from None
    assert run.job_id is not None
    context.queue.wake(run.job_id)
    click.echo(f"Run {run.id} waits for a worker; see /admin/models/runs/{run.id}.")


def _register_shipped(context: Context) -> None:
    from app.registry.loader import shipped  # heavy: only commands may

    with context.database.write() as session:
        for manifest in shipped():
            registry.register_shipped(session, manifest, now=utcnow())


def _start(settings: Settings, *, name: str) -> Callable[[int], None]:
    """In a new worker process: its own connections, its models, its housekeeper."""
    from app.registry.loader import Models
    from app.retraining.service import Trainer
    from app.secret import secret_key
    from app.submissions.tasks import MlEngine

    context = open_context(settings)
    key, folder = secret_key(settings).encode(), settings.state_dir / registry.FOLDER
    trainer = Trainer(context.database, blobs=context.blobs, folder=folder, key=key)
    engine = MlEngine(context.database, models=Models(key=key, folder=folder))
    return run_jobs(context, engine=engine, name=name, trainer=trainer)


def run_jobs(
    context: Context, *, engine: Engine, name: str, trainer: Perform | None = None
) -> Callable[[int], None]:
    """What a worker process does with a message; housekeeping begins at once."""
    performs: dict[str, Perform] = {
        submissions.ANALYSIS: Analyst(context.database, blobs=context.blobs, engine=engine)
    }
    if trainer is not None:
        performs[runs.KIND] = trainer
    own = Worker(
        context.database,
        name=name,
        perform=by_kind(performs),
        long_lanes=max(1, context.settings.workers - 1),
        lease=timedelta(seconds=context.settings.lease_s),
    )
    Housekeeper(chores(context)).start()

    def work(_job_id: int) -> None:
        own.run_next()

    return work


def chores(context: Context) -> list[Chore]:
    """What keeps the place clean."""
    database, blobs = context.database, context.blobs
    storage.sweep(database, blobs=blobs, seconds=30 * _DAY_S)
    return [
        Chore(3, lambda: requeue_lost(database, queue=context.queue)),
        Chore(10, lambda: submissions.forget_audio(database, blobs=blobs)),
        Chore(5, lambda: runs.start_due(database, queue=context.queue)),
        Chore(600, lambda: runs.sweep(database, folder=context.settings.state_dir / registry.FOLDER)),
        Chore(60, lambda: _forget_old_audio(context)),
        Chore(60, lambda: _measure_drift(context)),
        Chore(15, lambda: storage.sweep(database, blobs=blobs, seconds=300)),
    ]


def _forget_old_audio(context: Context) -> None:
    days = context.switches["audio_days"]
    submissions.forget_old_audio(context.database, blobs=context.blobs, days=days, now=utcnow())


def _measure_drift(context: Context) -> None:
    from app.admin.tasks import measure_drift  # heavy: only workers do this

    measure_drift(context.database, now=utcnow())


def _show_password(name: str, password: str) -> None:
    click.echo(f"Admin account: {name}   one-time shown password: {password}   (log in at /login)")
