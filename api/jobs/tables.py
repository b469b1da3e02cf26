"""Jobs, what they did, the files that go in and come out, and the workers that are alive."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from inventory.tables.base import Id, Instant, metadata, words

JOB_STATES = ("waiting", "running", "done", "failed", "cancelled")

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("reach", JSON(none_as_null=True)),  # division patterns the asker reached; none = everything
    Column("place_code", String(12), index=True),  # who sees it
    Column("actor", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, server_default="1"),  # one workflow each
    Column("runs", Integer, nullable=False, server_default="0"),  # of this attempt: more than one after a crash
    Column("percent", Integer, nullable=False, server_default="0"),
    Column("phase", String(64), nullable=False, server_default="job.waiting"),  # key of the words
    Column("cancel_asked", Boolean, nullable=False, server_default=text("false")),
    Column("handed_over_at", Instant),  # to DBOS
    Column("executor", String(255)),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("result", JSON(none_as_null=True)),
    Column("problem", JSON(none_as_null=True)),
    CheckConstraint(words(*JOB_STATES, column="status"), name="status"),
    CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
)
Index("ix_jobs_status", jobs.c.status, jobs.c.handed_over_at)

# written in the transaction of the effect itself: a step that is run again finds it and does nothing
job_effects = Table(
    "job_effects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job_code", String(64), nullable=False),
    Column("step", String(32), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("executor", String(255), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("job_code", "step"),
)

# in the database, because workers on other hosts do not see the disk of this one
job_files = Table(
    "job_files",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job_id", Id, ForeignKey("jobs.id"), index=True),  # of a result; none: uploaded
    Column("name", String(255), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

# as text and in small parts, which a backup takes as any other row
job_file_parts = Table(
    "job_file_parts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("file_id", Id, ForeignKey("job_files.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", Text, nullable=False),  # base64
    UniqueConstraint("file_id", "number"),
)

# one row for each executor that ever worked here
job_workers = Table(
    "job_workers",
    metadata,
    Column("executor", String(255), primary_key=True),
    Column("token", String(64), nullable=False),  # of this start: two processes under one name are found out
    Column("started_at", Instant, nullable=False),
    Column("beat_at", Float, nullable=False),  # seconds of the database's clock
    Column("lease_until", Float, nullable=False),
)
