"""The real web process, and a worker with stand-ins: answers and trainings take no time, so acts can be tried."""

from contextlib import ExitStack
from pathlib import Path

from app.accounts import service as accounts
from app.admin import switches
from app.admin.switches import KINDS
from app.config import Settings
from app.context import Context, open_context
from app.db import utcnow
from tests import learning
from tests.app import programs, training
from tests.app.conftest import PASSWORD
from tests.app.test_promotion_everywhere import listening
from tests.services import free_port

PEOPLE = {"root": "admin", "rita": "reviewer"}


class LittleSite:
    """With a champion v0 that has never seen one encoder, twenty accepted songs of that, and an account for each role."""

    def __init__(self, folder: Path) -> None:
        self._running = ExitStack()
        self.settings = Settings(state_dir=folder / "state", port=free_port(), workers=1)
        self.url = f"http://127.0.0.1:{self.settings.port}"

    def start(self) -> None:
        programs.prepare(self.settings)
        context = open_context(self.settings)
        training.first_model(context, learning.task(self.settings.state_dir))
        training.label_songs(context.database, learning.songs(20))
        self._add_people(context)
        context.database.close()
        self._running.enter_context(programs.web(self.settings))
        self._running.enter_context(programs.worker(self.settings))
        programs.wait(lambda: listening(self.settings.port), timeout_s=120)

    def stop(self) -> None:
        self._running.close()

    def _add_people(self, context: Context) -> None:
        with context.database.write() as session:
            for name, role in PEOPLE.items():
                accounts.create(session, name=name, password=PASSWORD, role=role, now=utcnow())
            for name, off in (("labels_per_retrain", "0"), ("retrain_schedule", "off")):  # only the button
                seen = switches.as_text(KINDS[name].default)
                switches.change(session, name, off, seen=seen, by="account:root", now=utcnow())
