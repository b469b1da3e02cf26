"""Staffing studies: what was asked, and what it last came to."""

from sqlalchemy import JSON, CheckConstraint, Column, String, Table

from inventory.tables.base import Id, Instant, metadata, words

STUDY_KINDS = ("size", "share", "roster", "patrol")

studies = Table(
    "staffing_studies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(4000), nullable=False),
    Column("place_code", String(12), index=True),  # who sees it; none = who reaches everything
    Column("question", JSON, nullable=False),
    Column("question_sha256", String(64), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("edited_by", String(64)),
    Column("edited_at", Instant),
    Column("answer", JSON(none_as_null=True)),
    Column("answered_sha256", String(64)),  # of the question it answers
    Column("answered_by", String(64)),
    Column("answered_at", Instant),
    CheckConstraint(words(*STUDY_KINDS, column="kind"), name="kind"),
)
