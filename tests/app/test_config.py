"""Settings say everything that is wrong at once."""

from pathlib import Path

import pytest

from app.config import Settings, SettingsError


def test_the_defaults_fit_one_machine() -> None:
    settings = Settings.from_env({})
    assert settings.host == "127.0.0.1"
    assert settings.database.startswith("sqlite:///")
    assert settings.database.endswith("var/lineage.sqlite")
    assert settings.max_upload_bytes == 500 * 2**20


def test_every_field_is_read_and_others_are_left_alone() -> None:
    env = {"LINEAGE_PORT": "9", "LINEAGE_STATE_DIR": "/x", "LINEAGE_DATA": "/y", "HOME": "/z", "PORT": "1"}
    settings = Settings.from_env(env)
    assert (settings.port, settings.state_dir) == (9, Path("/x"))


def test_all_problems_are_named_at_once() -> None:
    env = {
        "LINEAGE_PORT": "eighty",
        "LINEAGE_WORKERS": "0",
        "LINEAGE_WROKERS": "2",
        "LINEAGE_DATABASE_URL": "postgresql://h/d",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(env)
    said = str(caught.value)
    for name in (*env.keys() - {"LINEAGE_DATABASE_URL"}, "LINEAGE_SECRET_KEY"):
        assert name in said


def test_a_short_key_is_refused_and_never_shown() -> None:
    with pytest.raises(SettingsError, match="32 characters"):
        Settings(secret_key="short")
    assert "k" * 40 not in repr(Settings(secret_key="k" * 40))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_is_spoken_to_by_psycopg(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://h/d", secret_key="k" * 32)
    assert settings.database == "postgresql+psycopg://h/d"


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]
