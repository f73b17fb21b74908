"""accounts' roles, decisions on labels, training runs, switches, audit log

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("on", sa.String(length=80), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_act", "audit_log", ["act"])
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_by", "audit_log", ["by"])
    op.create_table(
        "switch",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_switch"),
    )
    op.create_table(
        "figure",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_figure"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_api_token_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("sha256", name="uq_api_token_sha256"),
    )
    op.create_index("ix_api_token_account_id", "api_token", ["account_id"])
    op.create_table(
        "label_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=22), nullable=False),
        sa.Column("task", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name="fk_label_decision_submission_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_label_decision"),
    )
    op.create_index("ix_label_decision_at", "label_decision", ["at"])
    op.create_index("ix_label_decision_submission_id_task", "label_decision", ["submission_id", "task"])
    op.create_table(
        "review_skip",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=22), nullable=False),
        sa.Column("task", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name="fk_review_skip_submission_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_review_skip"),
    )
    op.create_index("ix_review_skip_by", "review_skip", ["by"])
    op.create_index("ix_review_skip_submission_id", "review_skip", ["submission_id"])
    op.create_table(
        "training_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("task", sa.String(length=16), nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=True),
        sa.Column("snapshot_sha256", sa.String(length=64), nullable=True),
        sa.Column("champion_id", sa.Integer(), nullable=True),
        sa.Column("candidate_id", sa.Integer(), nullable=True),
        sa.Column("comparison", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["candidate_id"], ["model_version.id"], name="fk_training_run_candidate_id"),
        sa.ForeignKeyConstraint(["champion_id"], ["model_version.id"], name="fk_training_run_champion_id"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_training_run_job_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_training_run"),
    )
    op.create_index("ix_training_run_job_id", "training_run", ["job_id"])
    op.create_table(
        "training_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("says", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["training_run.id"], name="fk_training_note_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_training_note"),
    )
    op.create_index("ix_training_note_run_id", "training_note", ["run_id"])
    op.create_table(
        "training_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=22), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("champion_says", sa.String(length=32), nullable=True),
        sa.Column("candidate_says", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["label_decision.id"], name="fk_training_row_decision_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["training_run.id"], name="fk_training_row_run_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name="fk_training_row_submission_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_training_row"),
    )
    op.create_index("ix_training_row_decision_id", "training_row", ["decision_id"])
    op.create_index("ix_training_row_run_id", "training_row", ["run_id"])
    op.create_index("ix_training_row_submission_id", "training_row", ["submission_id"])
    with op.batch_alter_table("promotion") as promotion:
        promotion.add_column(sa.Column("undoes_id", sa.Integer(), nullable=True))
        promotion.create_foreign_key("fk_promotion_undoes_id", "promotion", ["undoes_id"], ["id"])
    op.drop_index("ix_submission_created_at", "submission")
    op.create_index("ix_submission_created_at_kind", "submission", ["created_at", "kind"])
    op.add_column("account", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("label") as label:
        label.add_column(sa.Column("sure", sa.String(length=8), nullable=False, server_default="sure"))
        label.add_column(sa.Column("blind", sa.Boolean(), nullable=False, server_default=sa.false()))
        label.alter_column("label", existing_type=sa.String(length=32), nullable=True)
    with op.batch_alter_table("label") as label:
        label.alter_column("sure", existing_type=sa.String(length=8), server_default=None)
        label.alter_column("blind", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM label WHERE label IS NULL")
    with op.batch_alter_table("label") as label:
        label.alter_column("label", existing_type=sa.String(length=32), nullable=False)
        label.drop_column("blind")
        label.drop_column("sure")
    op.drop_column("account", "disabled_at")
    with op.batch_alter_table("promotion") as promotion:
        promotion.drop_constraint("fk_promotion_undoes_id", type_="foreignkey")
        promotion.drop_column("undoes_id")
    op.drop_index("ix_submission_created_at_kind", "submission")
    op.create_index("ix_submission_created_at", "submission", ["created_at"])
    op.drop_index("ix_training_row_submission_id", "training_row")
    op.drop_index("ix_training_row_run_id", "training_row")
    op.drop_index("ix_training_row_decision_id", "training_row")
    op.drop_table("training_row")
    op.drop_index("ix_training_note_run_id", "training_note")
    op.drop_table("training_note")
    op.drop_index("ix_training_run_job_id", "training_run")
    op.drop_table("training_run")
    op.drop_index("ix_review_skip_submission_id", "review_skip")
    op.drop_index("ix_review_skip_by", "review_skip")
    op.drop_table("review_skip")
    op.drop_index("ix_label_decision_submission_id_task", "label_decision")
    op.drop_index("ix_label_decision_at", "label_decision")
    op.drop_table("label_decision")
    op.drop_index("ix_api_token_account_id", "api_token")
    op.drop_table("api_token")
    op.drop_table("figure")
    op.drop_table("switch")
    op.drop_index("ix_audit_log_by", "audit_log")
    op.drop_index("ix_audit_log_at", "audit_log")
    op.drop_index("ix_audit_log_act", "audit_log")
    op.drop_table("audit_log")
