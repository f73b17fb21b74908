"""What can go wrong between a person and the application; the sentences stand in app.words."""

from typing import ClassVar

from ml.errors import LineageError


class AppError(LineageError):
    """Root of the application's own reasons. ``status`` is the HTTP status."""

    code = "app"
    status: ClassVar[int] = 400
    retry_after_s: ClassVar[int | None] = None


class NotFound(AppError):
    """No such submission, or it was deleted."""

    code = "not_found"
    status = 404


class NotReady(AppError):
    """The submission exists; what was asked for doesn't yet. Facts: ``what``."""

    code = "not_ready"
    status = 404


class NotYours(AppError):
    """Only the sender (or an admin) may do this."""

    code = "not_yours"
    status = 403


class LoginNeeded(AppError):
    """Only somebody with an account may do this."""

    code = "login_needed"
    status = 401


class NotAllowed(AppError):
    """The account has too small a role. Facts: ``role``, the one it takes."""

    code = "not_allowed"
    status = 403


class BadName(AppError):
    """Not a name for an account. Facts: ``name``."""

    code = "bad_name"
    status = 422


class WeakPassword(AppError):
    """Too short, too long, or the name itself. Facts: ``least``, the shortest that will do."""

    code = "weak_password"
    status = 422


class WrongPassword(AppError):
    """The present password was to be given and was another one."""

    code = "wrong_password"
    status = 403


class UnknownRole(AppError):
    """Facts: ``role``, ``known``."""

    code = "unknown_role"
    status = 422


class NoAccount(AppError):
    """Facts: ``name``."""

    code = "no_account"
    status = 404


class ForeignOrigin(AppError):
    """A browser sent this from another site's page."""

    code = "foreign_origin"
    status = 403


class NoFile(AppError):
    """The form held no file."""

    code = "no_file"
    status = 400


class TooManyFiles(AppError):
    """One file a submission."""

    code = "too_many_files"
    status = 400


class UnknownTask(AppError):
    """Facts: ``task``, ``known``."""

    code = "unknown_task"
    status = 422


class UnknownLabel(AppError):
    """Facts: ``label``, ``task``."""

    code = "unknown_label"
    status = 422


class UnknownBasis(AppError):
    """Facts: ``basis``, ``known``."""

    code = "unknown_basis"
    status = 422


class UnknownSure(AppError):
    """How sure somebody says they are. Facts: ``sure``, ``known``."""

    code = "unknown_sure"
    status = 422


class NoReason(AppError):
    """Rejecting what people said takes a reason."""

    code = "no_reason"
    status = 422


class SheetRefused(AppError):
    """A spreadsheet that can't be read or is too much. Facts: ``reason``."""

    code = "sheet_refused"
    status = 422


class UnknownTable(AppError):
    """Nothing of that name can be exported. Facts: ``what``, ``known``."""

    code = "unknown_table"
    status = 404


class UnknownFormat(AppError):
    """Nothing is exported in that format. Facts: ``what``, ``known``."""

    code = "unknown_format"
    status = 422


class TooLate(AppError):
    """It has already ended. Facts: ``state``."""

    code = "too_late"
    status = 409


class Conflict(AppError):
    """Somebody else changed it first."""

    code = "conflict"
    status = 409


class NameTaken(Conflict):
    """There is such an account already. Facts: ``name``."""

    code = "name_taken"


class LastAdmin(Conflict):
    """Nobody would be left to give the role back. Facts: ``name``."""

    code = "last_admin"


class TooManyTokens(Conflict):
    """An account has so many already. Facts: ``most``."""

    code = "too_many_tokens"


class SignUpsClosed(AppError):
    """An admin closed them."""

    code = "sign_ups_closed"
    status = 403


class BadSwitch(AppError):
    """Not a value of this switch. Facts: ``value``, ``title``, ``allowed``."""

    code = "bad_switch"
    status = 422


class Paused(AppError):
    """An admin paused uploads."""

    code = "paused"
    status = 503
    retry_after_s = 600


class ReadOnly(AppError):
    """An admin made the site read-only."""

    code = "read_only"
    status = 503
    retry_after_s = 600


class TrainingAlready(AppError):
    """One run at a time. Facts: ``task``."""

    code = "training_already"
    status = 409


class GateRefused(AppError):
    """The candidate is worse where it counts. Facts: ``worse``."""

    code = "gate_refused"
    status = 409


class NoGround(AppError):
    """Overriding the gate takes a reason."""

    code = "no_ground"
    status = 422


class NotUsable(AppError):
    """This version could not answer here. Facts: ``version``, ``because``."""

    code = "not_usable"
    status = 409


class NothingBefore(AppError):
    """No version served before this one that still could. Facts: ``task``."""

    code = "nothing_before"
    status = 409


class Busy(AppError):
    """Too many jobs wait. Facts: ``waiting``, ``maximum``."""

    code = "busy"
    status = 429
    retry_after_s = 30


class StorageFull(AppError):
    """No room left on the disk. Facts: ``reason``."""

    code = "storage_full"
    status = 507


class StorageFailed(AppError):
    """The disk refused. Facts: ``reason``."""

    code = "storage_failed"
    status = 503
    retry_after_s = 30


class DatabaseBusy(AppError):
    """The database didn't answer in time."""

    code = "database_busy"
    status = 503
    retry_after_s = 5


class WorkerLost(AppError):
    """The worker died each time. Facts: ``attempts``."""

    code = "worker_lost"
    status = 500


class Internal(AppError):
    """A fault of ours; the log knows more. Facts: ``attempts``."""

    code = "internal"
    status = 500
