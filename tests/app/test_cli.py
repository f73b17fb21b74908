"""The commands."""

import re
import stat
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from app import migrate
from app.accounts import service as accounts
from app.config import Settings
from app.context import KEY
from app.db import utcnow
from app.factory import create_app
from app.secret import secret_key


@pytest.fixture
def runner(tmp_path: Path) -> FlaskCliRunner:
    return create_app(Settings(state_dir=tmp_path / "state")).test_cli_runner()


def test_setup_shows_a_password_once_and_may_be_repeated(runner: FlaskCliRunner) -> None:
    first, second = runner.invoke(args=["setup"]), runner.invoke(args=["setup"])
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    found = re.search(r"password: (\S+)", first.output)
    assert found is not None
    assert "password" not in second.output
    context = runner.app.extensions[KEY]
    assert migrate.revision(context.database) == migrate.revisions()[-1]
    with context.database.read() as session:
        assert accounts.check_password(session, name="admin", password=found[1]) is not None
        assert accounts.check_password(session, name="admin", password=found[1] + "x") is None
        assert accounts.check_password(session, name="nobody", password=found[1]) is None
    context.database.close()


def test_a_second_admin_of_the_same_name_is_refused(runner: FlaskCliRunner) -> None:
    runner.invoke(args=["setup"])
    assert runner.invoke(args=["create-admin", "eva"]).exit_code == 0
    again = runner.invoke(args=["create-admin", "eva"])
    assert again.exit_code == 1
    assert "eva" in again.output
    runner.app.extensions[KEY].database.close()


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    key = secret_key(settings)
    assert len(key) == 64
    assert secret_key(settings) == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert secret_key(Settings(state_dir=tmp_path, secret_key="s" * 32)) == "s" * 32


def test_roles_are_given_by_command(runner: FlaskCliRunner) -> None:
    runner.invoke(args=["setup"])
    context = runner.app.extensions[KEY]
    with context.database.write() as session:
        accounts.create(session, name="mia", password="correct horse", role="member", now=utcnow())
    given = runner.invoke(args=["set-role", "mia", "reviewer"])
    assert (given.exit_code, "reviewer" in given.output) == (0, True)
    for wrong in (["mia", "king"], ["nobody", "admin"], ["admin", "member"]):
        refused = runner.invoke(args=["set-role", *wrong])
        assert refused.exit_code == 1
        assert "Traceback" not in refused.output
    with context.database.read() as session:
        mia = accounts.by_name(session, "mia")
        assert mia is not None
        assert mia.role == "reviewer"
    context.database.close()
