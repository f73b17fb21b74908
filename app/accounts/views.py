"""Logging in and out."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user

from app.accounts import service
from app.accounts.forms import LoginForm
from app.accounts.rights import needs
from app.accounts.session import User
from app.context import here
from app.security import limiter

bp = Blueprint("accounts", __name__)


@bp.route("/login", methods=["GET", "POST"])
@needs("anyone")
def login() -> ResponseReturnValue:
    form = LoginForm()
    if form.is_submitted():
        with limiter.limit(f"{here().settings.logins_per_minute} per minute"):
            pass
    if not form.validate_on_submit():
        return render_template("accounts/login.html", form=form, wrong=False)
    with here().database.read() as session:
        account = service.check_password(session, name=form.name.data, password=form.password.data)
    if account is None:
        return render_template("accounts/login.html", form=form, wrong=True), 403
    login_user(User(account))
    return redirect(url_for("admin.status"), 303)


@bp.post("/logout")
@needs("anyone")
def logout() -> ResponseReturnValue:
    logout_user()
    return redirect("/")
