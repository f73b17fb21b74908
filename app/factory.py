"""create_app: the only place that joins everything."""

from datetime import timedelta
from pathlib import Path

from apiflask import APIFlask
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, http_errors, security
from app.accounts import api as accounts_api
from app.accounts import rights, session
from app.accounts import views as accounts_views
from app.accounts.rights import needs
from app.admin import api as admin_api
from app.admin import views as admin_views
from app.config import Settings
from app.context import KEY, here, open_context
from app.exchange import api as exchange_api
from app.exchange import views as exchange_views
from app.labels import api as labels_api
from app.labels import views as labels_views
from app.pages import views as pages_views
from app.retraining import api as models_api
from app.retraining import views as models_views
from app.secret import secret_key
from app.submissions import api, intake, schemas

_ROOT = Path(__file__).resolve().parent.parent
ops = Blueprint("ops", __name__)


def create_app(settings: Settings) -> APIFlask:
    """A web application; nothing is opened or written before the first request, but for the secret key."""
    app = APIFlask(
        __name__,
        title="Lineage",
        version="1",
        spec_path="/api/v1/openapi.json",
        docs_path=None,
        json_errors=False,
        template_folder=str(_ROOT / "templates"),
        static_folder=str(_ROOT / "static"),
    )
    _configure(app, settings)
    app.extensions[KEY] = open_context(settings)
    security.init_app(app, settings=settings)
    intake.init_app(app)
    security.csrf.init_app(app)
    session.init_app(app)
    rights.init_app(app)
    http_errors.init_app(app)
    cli.init_app(app)
    _add_routes(app)
    app.spec_processor(schemas.complete)
    return app


def _configure(app: APIFlask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=secret_key(settings),
        PERMANENT_SESSION_LIFETIME=timedelta(days=365),
        DESCRIPTION="Find out what a track has been through.",
        SERVERS=[{"url": "/"}],
        OPENAPI_VERSION="3.1.0",
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,  # problem+json instead, named by each route
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.security_schemes = schemas.SECURITY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # records are read in their own order
    app.url_map.strict_slashes = False
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _add_routes(app: APIFlask) -> None:
    apis = (api, accounts_api, labels_api, exchange_api, models_api, admin_api)
    for programs in (*(one.bp for one in apis), accounts_api.people):
        security.csrf.exempt(programs)  # no forms there: the request's origin is checked instead
        app.register_blueprint(programs)
    views = (pages_views, accounts_views, admin_views, labels_views, exchange_views, models_views)
    for pages in (*(one.bp for one in views), ops):
        pages.enable_openapi = False  # the document describes the API alone
        app.register_blueprint(pages)


@ops.get("/healthz")
@needs("anyone")
def healthz() -> ResponseReturnValue:
    """200 when the database answers."""
    with here().database.read() as session:
        session.execute(text("SELECT 1"))
    return jsonify({"status": "ok"})
