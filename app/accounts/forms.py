"""Forms of the accounts pages."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField  # type: ignore[import-untyped]
from wtforms.validators import InputRequired, Length, Regexp  # type: ignore[import-untyped]

from app.accounts.service import LEAST_PASSWORD, MOST_PASSWORD, NAME
from app.errors import BadName, WeakPassword
from app.submissions.names import clean
from app.words import sentence

_NEW_PASSWORD = Length(
    min=LEAST_PASSWORD, max=MOST_PASSWORD, message=sentence(WeakPassword(least=LEAST_PASSWORD))
)


class LoginForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name", [InputRequired(), Length(max=64)])
    password = PasswordField("Password", [InputRequired(), Length(max=MOST_PASSWORD)])


class SignUpForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name", [InputRequired(), Regexp(f"^{NAME.pattern}$", message=sentence(BadName()))])
    password = PasswordField("Password", [InputRequired(), _NEW_PASSWORD])


class PasswordForm(FlaskForm):  # type: ignore[misc]
    old = PasswordField("Present password", [InputRequired(), Length(max=MOST_PASSWORD)])
    new = PasswordField("New password", [InputRequired(), _NEW_PASSWORD])


class TokenForm(FlaskForm):  # type: ignore[misc]
    name = StringField(
        "What it is for",
        [InputRequired(), Length(max=64)],
        filters=[lambda said: clean(said) if said else said],
    )
