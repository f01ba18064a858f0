"""What a till may give away without asking, wishes to join that the hub has not heard of, and codes taken."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# A closed lease stays until it is over, so that a hub that was put back cannot bring it to life again.
LEASE = """CREATE TABLE lease (
    lease_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    spent INTEGER NOT NULL CHECK (spent >= 0),
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    body TEXT NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL) WITHOUT ROWID"""

# The one table with a person's own words: no trigger guards it, and a row goes as soon as the hub has it.
PENDING_JOIN = """CREATE TABLE pending_join (
    join_no INTEGER NOT NULL PRIMARY KEY,
    join_id TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL)"""

CODE_STEP = """CREATE TABLE code_step (
    member_id TEXT NOT NULL PRIMARY KEY,
    step INTEGER NOT NULL) WITHOUT ROWID"""

CLOCK = """CREATE TABLE clock (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    floor_ms INTEGER NOT NULL,
    offset_ms INTEGER NOT NULL)"""


def upgrade() -> None:
    for table in (LEASE, PENDING_JOIN, CODE_STEP, CLOCK):
        op.execute(table)
