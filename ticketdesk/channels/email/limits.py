"""How much of a mail is looked at before it is called unreadable (SECURITY R22)."""

MAX_BYTES = 35 * 1024 * 1024
MAX_PARTS = 200
MAX_DEPTH = 20
MAX_HEADER_LINES = 1_000
MAX_HEADER_BYTES = 64 * 1024
# Encoded words, parameters and addresses in one header: far beyond what people send, and what
# keeps every later reading of that header cheap.
MAX_ENCODED_WORDS = 2_000
MAX_PARAMETERS = 200
MAX_ADDRESSES = 1_000
# Only the newest ids of a long thread are worth asking the database for.
MAX_REFERENCES = 50
# Longer ids are cut: nobody answers to them, and an index row has to hold them.
MAX_ID_CHARS = 990
# What the quote cutter and the HTML reader look at; the rest of a longer body is kept as it is.
MAX_BODY_CHARS = 2_000_000
MAX_LINE_CHARS = 2_000
MAX_LINES = 60_000
SECONDS = 5
MEMORY_BYTES = 300 * 1024 * 1024
