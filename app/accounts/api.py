"""What a program may ask about the account it acts for."""

from apiflask import APIBlueprint, Schema
from apiflask.fields import String
from apiflask.validators import OneOf
from flask import Response, jsonify

from app.accounts.rights import needs
from app.accounts.session import my_account
from app.accounts.tables import ROLES
from app.security import refuse_foreign_origin
from app.submissions.schemas import problems

bp = APIBlueprint("account", __name__, url_prefix="/api/v1/account", tag="Account")
bp.before_request(refuse_foreign_origin)


class AccountOut(Schema):
    name = String()
    role = String(validate=OneOf(ROLES))


@bp.get("")
@needs("member")
@bp.output(AccountOut)
@bp.doc(summary="Whom this token acts for", responses=problems(401), security="token")
def read() -> Response:
    account = my_account()
    return jsonify({"name": account.name, "role": account.role})
