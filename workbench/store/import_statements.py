"""The statements that copy a staging file, attached as `staged`, into a project's tables.

An id is made of the import's time, the row and the place in it, so it can be told without looking:
`_id(0)` is a row's prompt, 1 and 2 its answers, 3 the row itself, from 4 on its verdicts.
"""

from __future__ import annotations


def _id(place: int | str, row: str = "n") -> str:
    return f"printf('%016x%08x', :base + :stride * {row} + {place}, :tail)"


TEMPORARY_TABLES = (
    "DROP TABLE IF EXISTS temp.chunk",
    "DROP TABLE IF EXISTS temp.known",
    """
    CREATE TEMP TABLE chunk (
        n INTEGER PRIMARY KEY, prompt_id TEXT NOT NULL, is_new INTEGER NOT NULL,
        held_out INTEGER NOT NULL
    )
    """,
    # Prompts that were in the project before and are changed by this import, once it is whole.
    "CREATE TEMP TABLE known (prompt_id TEXT PRIMARY KEY, n INTEGER, held_out INTEGER)",
)

BEGIN_DATASET = (
    """
    INSERT INTO main.datasets(id, name, kind, source, sha256, row_count, created_at)
    VALUES (:dataset, :name, :kind, :source, :sha256, 0, :now)
    """,
    "INSERT INTO main.unfinished VALUES (:dataset, :now)",
    """
    INSERT INTO main.imported VALUES (:dataset, :form, :mapping, :content, :rejected, :now)
    """,
)

_CHUNK_PROMPTS = (
    "DELETE FROM temp.chunk",
    f"""
    INSERT INTO temp.chunk
    SELECT each.n, coalesce(there.prompt_id, {_id(0, "keys.n")}),
        there.prompt_id IS NULL AND keys.n = each.n, keys.held_out
    FROM staged.row_keys AS each JOIN staged.keys USING (key)
    LEFT JOIN main.prompt_keys AS there USING (key)
    WHERE each.n BETWEEN :first AND :last
    """,
    """
    INSERT INTO main.prompts
        (id, messages, text, split, answer, answer_check, dataset_id, position)
    SELECT prompt_id, messages, text, CASE chunk.held_out WHEN 1 THEN 'held_out' ELSE 'train' END,
        answer, answer_check, :dataset, :prompt_position + n
    FROM temp.chunk JOIN staged.rows USING (n) WHERE is_new
    """,
    # A prompt's id tells whether it was made by this import.
    f"""
    INSERT OR REPLACE INTO temp.known
    SELECT prompt_id, chunk.n, chunk.held_out
    FROM temp.chunk JOIN staged.rows USING (n) JOIN staged.row_keys AS own USING (n)
    JOIN staged.keys ON keys.key = own.key
    WHERE prompt_id != {_id(0, "keys.n")} AND (chunk.held_out OR answer IS NOT NULL)
    """,
)


def _response(place: int, column: str) -> str:
    return f"""
        INSERT INTO main.responses(id, prompt_id, text, origin, created_at)
        SELECT {_id(place)}, prompt_id, {column}, coalesce({column}_origin, :origin), :now
        FROM temp.chunk JOIN staged.rows USING (n)
    """


CHUNK: dict[str, tuple[str, ...]] = {
    "preference": (
        *_CHUNK_PROMPTS,
        _response(1, "first"),
        _response(2, "second"),
        f"""
        INSERT INTO main.pairs(id, prompt_id, first_id, second_id, dataset_id, position)
        SELECT {_id(3)}, prompt_id, {_id(1)}, {_id(2)}, :dataset, :position + n FROM temp.chunk
        """,
        f"""
        INSERT INTO main.verdicts
            (id, pair_id, annotator, choice, shown_left, strength, elapsed_s, created_at, source)
        SELECT {_id("4 + place")}, {_id(3)}, annotator, choice, 'first', strength, elapsed_s,
            created_at, source
        FROM staged.verdicts WHERE n BETWEEN :first AND :last
        """,
        f"""
        INSERT INTO main.standing(pair_id, annotator, verdict_id, choice, source)
        SELECT {_id(3)}, annotator, {_id("4 + place")}, choice, source
        FROM staged.verdicts WHERE n BETWEEN :first AND :last
        """,
    ),
    "supervised": (
        *_CHUNK_PROMPTS,
        f"""
        INSERT INTO main.examples(id, prompt_id, completion, dataset_id, position, origin)
        SELECT {_id(3)}, prompt_id, first, :dataset, n, first_origin
        FROM temp.chunk JOIN staged.rows USING (n)
        """,
    ),
    "unpaired": (
        *_CHUNK_PROMPTS,
        f"""
        INSERT INTO main.unpaired
            (id, prompt_id, completion, desirable, dataset_id, position, origin)
        SELECT {_id(3)}, prompt_id, first, desirable, :dataset, n, first_origin
        FROM temp.chunk JOIN staged.rows USING (n)
        """,
    ),
    "prompts": _CHUNK_PROMPTS,
}

# Keys come in their own order: each page of their index is written once, and not for each row.
NEXT_KEYS = """
    SELECT max(key) FROM (SELECT key FROM staged.keys WHERE key > :after ORDER BY key LIMIT :rows)
"""
KEYS = f"""
    INSERT OR IGNORE INTO main.prompt_keys
    SELECT key, {_id(0)} FROM staged.keys WHERE key > :after AND key <= :upto ORDER BY key
"""
# A prompt that somebody else added after this import had: there are two of it, and one must go.
TWINS = f"""
    SELECT {_id(0, "staged.keys.n")}, there.prompt_id
    FROM staged.keys JOIN main.prompt_keys AS there USING (key)
    WHERE key > :after AND key <= :upto AND there.prompt_id != {_id(0, "staged.keys.n")}
        AND EXISTS (SELECT 1 FROM main.prompts WHERE id = {_id(0, "staged.keys.n")})
"""
USE_TWIN = (
    """
    INSERT OR REPLACE INTO temp.known
    SELECT :twin, -1, 1 FROM main.prompts WHERE id = :prompt AND split = 'held_out'
    """,
    "UPDATE main.responses SET prompt_id = :twin WHERE prompt_id = :prompt",
    "UPDATE main.pairs SET prompt_id = :twin WHERE prompt_id = :prompt",
    "UPDATE main.examples SET prompt_id = :twin WHERE prompt_id = :prompt",
    "UPDATE main.unpaired SET prompt_id = :twin WHERE prompt_id = :prompt",
    "DELETE FROM main.prompts WHERE id = :prompt",
)

FINISH = (
    """
    UPDATE main.prompts SET split = 'held_out', dataset_id = :dataset
    WHERE split != 'held_out' AND id IN (SELECT prompt_id FROM temp.known WHERE held_out)
    """,
    """
    UPDATE main.prompts SET answer = given.answer, answer_check = given.answer_check
    FROM (
        SELECT prompt_id, answer, answer_check FROM temp.known JOIN staged.rows USING (n)
        WHERE answer IS NOT NULL
    ) AS given WHERE prompts.id = given.prompt_id
    """,
    "DELETE FROM main.unfinished WHERE dataset_id = :dataset",
)
# A prompt that was known before stays with the data set that brought it.
COUNT_PROMPTS = """
    SELECT count(*) FROM main.prompts
    WHERE split IN ('train', 'held_out') AND dataset_id = :dataset
"""
SET_ROW_COUNT = "UPDATE main.datasets SET row_count = :row_count WHERE id = :dataset"
DATASET = """
    SELECT id, name, kind, source, row_count, created_at FROM main.datasets WHERE id = :dataset
"""
