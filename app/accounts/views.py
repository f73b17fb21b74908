"""Signing up, logging in and out, and one's own account."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user

from app.accounts import service, tokens
from app.accounts.forms import LoginForm, PasswordForm, SignUpForm, TokenForm
from app.accounts.rights import needs
from app.accounts.session import User, my_account
from app.accounts.tables import Account
from app.context import here
from app.db import utcnow
from app.errors import SignUpsClosed
from app.security import limiter

bp = Blueprint("accounts", __name__)


@bp.route("/login", methods=["GET", "POST"])
@needs("anyone")
def login() -> ResponseReturnValue:
    form = LoginForm()
    if form.is_submitted():
        _throttle(form.name.data)
    if not form.validate_on_submit():
        return _login_page(form)
    with here().database.read() as session:
        account = service.check_password(session, name=form.name.data, password=form.password.data)
    if account is None:
        return _login_page(form, wrong=True), 403
    login_user(User(account))
    return redirect(_next(account), 303)


@bp.post("/logout")
@needs("anyone")
def logout() -> ResponseReturnValue:
    logout_user()
    return redirect(url_for("pages.home"), 303)


@bp.route("/sign-up", methods=["GET", "POST"])
@needs("anyone")
def sign_up() -> ResponseReturnValue:
    if not here().switches["sign_ups_open"]:
        raise SignUpsClosed()
    form = SignUpForm()
    if form.is_submitted():
        _throttle()
    if not form.validate_on_submit():
        return render_template("accounts/sign_up.html", form=form), 422 if form.is_submitted() else 200
    with here().database.write() as session:
        account = service.sign_up(session, name=form.name.data, password=form.password.data, now=utcnow())
    login_user(User(account))
    flash(f"Welcome, {account.name}. This is your account.")
    return redirect(url_for("accounts.mine"), 303)


@bp.get("/account")
@needs("member")
def mine() -> ResponseReturnValue:
    return _account_page()


@bp.post("/account/password")
@needs("member")
def password() -> ResponseReturnValue:
    form = PasswordForm()
    _throttle(my_account().name)
    if not form.validate():
        return _account_page(password_form=form), 422
    with here().database.write() as session:
        account = service.change_password(
            session, my_account().id, old=form.old.data, new=form.new.data, now=utcnow()
        )
    login_user(User(account))
    flash("Your password is changed. Other browsers that were logged in with it no longer are.")
    return redirect(url_for("accounts.mine"), 303)


@bp.post("/account/end-sessions")
@needs("member")
def end_sessions() -> ResponseReturnValue:
    with here().database.write() as session:
        service.end_sessions(session, my_account().id)
    logout_user()
    flash("All sessions have ended, also in this browser.")
    return redirect(url_for("accounts.login"), 303)


@bp.post("/account/tokens")
@needs("member")
def make_token() -> ResponseReturnValue:
    form = TokenForm()
    if not form.validate():
        return _account_page(token_form=form), 422
    with here().database.write() as session:
        secret = tokens.make(session, my_account(), name=form.name.data.strip(), now=utcnow())
    return _account_page(secret=secret), 201


@bp.post("/account/tokens/<int:number>/revoke")
@needs("member")
def revoke_token(number: int) -> ResponseReturnValue:
    with here().database.write() as session:
        tokens.revoke(session, my_account(), number, now=utcnow())
    flash("That token is revoked. Programs that use it are refused from now on.")
    return redirect(url_for("accounts.mine"), 303)


def _login_page(form: LoginForm, *, wrong: bool = False) -> str:
    may_sign_up = here().switches["sign_ups_open"]
    return render_template("accounts/login.html", form=form, wrong=wrong, may_sign_up=may_sign_up)


def _account_page(
    *,
    password_form: PasswordForm | None = None,
    token_form: TokenForm | None = None,
    secret: str | None = None,
) -> str:
    with here().database.read() as session:
        listed = tokens.listed(session, my_account().id)
    return render_template(
        "accounts/account.html",
        account=my_account(),
        tokens=listed,
        secret=secret,
        password_form=password_form or PasswordForm(formdata=None),
        token_form=token_form or TokenForm(formdata=None),
    )


def _throttle(name: str | None = None) -> None:
    """By address, and by the name that is tried, wherever that comes from."""
    often = f"{here().settings.logins_per_minute} per minute"
    with limiter.limit(often):
        pass
    if name:
        with limiter.limit(often, key_func=lambda: f"name:{name[:64]}"):
            pass


def _next(account: Account) -> str:
    """Back to the page that asked for the login; never to another site."""
    wanted = request.args.get("next", "")
    parts = urlsplit(wanted)
    if wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and not parts.netloc:
        return wanted
    return url_for("admin.status" if account.role == "admin" else "pages.mine")
