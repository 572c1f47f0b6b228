"""Words can be found: who wrote, whom it went to and what was attached, in the forms of each language."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PLAIN = """
CREATE FUNCTION search_plain(words text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(lower(unaccent(normalize(words))), '[^[:alnum:]]+', ' ', 'g')
$$
"""

RULES = """
CREATE FUNCTION search_rules(locale text) RETURNS regconfig LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE split_part(replace(locale, '-', '_'), '_', 1)
        WHEN 'da' THEN 'danish' WHEN 'de' THEN 'german' WHEN 'en' THEN 'english' WHEN 'es' THEN 'spanish'
        WHEN 'fi' THEN 'finnish' WHEN 'fr' THEN 'french' WHEN 'hu' THEN 'hungarian' WHEN 'it' THEN 'italian'
        WHEN 'nl' THEN 'dutch' WHEN 'no' THEN 'norwegian' WHEN 'pt' THEN 'portuguese' WHEN 'ro' THEN 'romanian'
        WHEN 'ru' THEN 'russian' WHEN 'sv' THEN 'swedish' WHEN 'tr' THEN 'turkish' ELSE 'simple' END::regconfig
$$
"""

# A word in which the language's rules change something is kept a second time as they leave it, under their name,
# unless the text has that word itself.
VECTOR = """
CREATE FUNCTION search_vector(subject text, author text, body text, recipients text, locale text)
RETURNS tsvector LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    rules CONSTANT regconfig := search_rules(locale);
    above CONSTANT text := search_plain(subject);
    below CONSTANT text := search_plain(body);
    found tsvector := setweight(to_tsvector('simple', above), 'A')
        || setweight(to_tsvector('simple', search_plain(author)), 'B')
        || setweight(to_tsvector('simple', below), 'D');
BEGIN
    IF rules <> 'simple'::regconfig THEN
        found := found || array_to_tsvector(ARRAY(
            SELECT rules::text || ':' || stem
            FROM (
                SELECT unnest(tsvector_to_array(to_tsvector(rules, above || ' ' || below))) AS stem
                EXCEPT
                SELECT unnest(tsvector_to_array(found))
            ) AS stems
            WHERE length(stem) BETWEEN 1 AND 200
        ));
    END IF;
    RETURN found || setweight(to_tsvector('simple', search_plain(recipients)), 'C');
END
$$
"""

FILL = """
INSERT INTO search_rows_new (message_id, ticket_id, is_public, written_at, channel, has_files, words)
SELECT m.id, t.id, m.kind = 'public', m.written_at, m.channel,
    EXISTS (SELECT FROM attachments a WHERE a.message_id = m.id AND NOT a.inline),
    search_vector(
        concat_ws(' ', t.subject, m.subject, r.name, r.value),
        concat_ws(' ', i.name, i.value, g.name, g.email),
        concat_ws(' ', left(m.text, 32000), (SELECT string_agg(a.filename, ' ') FROM attachments a WHERE a.message_id = m.id)),
        (SELECT string_agg(concat_ws(' ', c.name, c.address), ' ') FROM recipients c WHERE c.message_id = m.id),
        b.locale
    )
FROM messages m
JOIN placements p ON p.message_id = m.id AND p.ended_at IS NULL AND NOT p.held
JOIN tickets t ON t.id = p.ticket_id
JOIN brands b ON b.id = t.brand_id
JOIN identities r ON r.id = t.requester_id
LEFT JOIN identities i ON i.id = m.identity_id
LEFT JOIN agents g ON g.id = m.agent_id
WHERE m.redacted_at IS NULL AND NOT (m.direction = 'out' AND m.automatic)
    AND m.id > (SELECT coalesce(max(message_id), 0) FROM search_rows_new)
"""

FILL_AS_BEFORE = """
INSERT INTO search_rows_new (message_id, ticket_id, queue_id, is_public, words)
SELECT m.id, t.id, t.queue_id, m.kind = 'public',
    to_tsvector('simple', left(concat_ws(E'\\n', t.subject, coalesce(m.subject, ''), m.text), 65536))
FROM search_rows s
JOIN messages m ON m.id = s.message_id
JOIN tickets t ON t.id = s.ticket_id
WHERE m.id > (SELECT coalesce(max(message_id), 0) FROM search_rows_new)
"""


def upgrade() -> None:
    """Apply: the new rows are made beside the old ones, so that work goes on until they change places."""
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for function in (PLAIN, RULES, VECTOR):
        op.execute(function)
    _make(
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("has_files", sa.Boolean(), nullable=False),
    )
    op.execute(FILL)
    op.create_index("ix_search_rows_words_new", "search_rows_new", ["words"], postgresql_using="gin")
    op.create_index("ix_search_rows_ticket_id_new", "search_rows_new", ["ticket_id", "message_id"])
    op.execute("LOCK TABLE search_rows IN EXCLUSIVE MODE")
    op.execute(FILL)  # what came in meanwhile
    _change_places()

    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.create_index(
        "ix_search_words_alike",
        "search_words",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )


def downgrade() -> None:
    """Take back; the extensions stay, for others may use them by now."""
    op.drop_table("search_words")
    _make(
        sa.Column(
            "queue_id",
            sa.BigInteger(),
            sa.ForeignKey("queues.id", name=op.f("fk_search_rows_queue_id_queues")),
            nullable=False,
        )
    )
    op.execute(FILL_AS_BEFORE)
    op.create_index("ix_search_rows_words_new", "search_rows_new", ["words"], postgresql_using="gin")
    op.create_index("ix_search_rows_ticket_id_new", "search_rows_new", ["ticket_id"])
    op.execute("LOCK TABLE search_rows IN EXCLUSIVE MODE")
    op.execute(FILL_AS_BEFORE)
    _change_places()
    op.execute("DROP FUNCTION search_vector(text, text, text, text, text)")
    op.execute("DROP FUNCTION search_rules(text)")
    op.execute("DROP FUNCTION search_plain(text)")


def _make(*more: sa.Column[object]) -> None:
    """The table without its indexes: filling it is then quicker. Names of foreign keys are those it will have."""
    op.create_table(
        "search_rows_new",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        *more,
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_search_rows_message_id_messages"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_search_rows_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search_rows_new")),
    )


def _change_places() -> None:
    op.drop_table("search_rows")
    op.rename_table("search_rows_new", "search_rows")
    op.execute("ALTER INDEX pk_search_rows_new RENAME TO pk_search_rows")
    op.execute("ALTER INDEX ix_search_rows_words_new RENAME TO ix_search_rows_words")
    op.execute("ALTER INDEX ix_search_rows_ticket_id_new RENAME TO ix_search_rows_ticket_id")
