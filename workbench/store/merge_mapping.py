"""Which of their rows is which of ours, where both copies imported the same file on their own.

A row is known by the words with which it was imported, whatever was made of them since. `main` is
this project, `theirs` the other, as attached; each table `same_…` pairs two identifiers.
"""

from __future__ import annotations

import sqlite_utils

from workbench.store.prompt_keys import prompt_key

_PAIRED = (
    "same_dataset", "same_prompt", "same_row", "same_response", "same_verdict", "reworded",
)  # fmt: skip
_FIRST_WORDS = {"main": "our_first_words", "theirs": "their_first_words"}
_FIRST_ANSWERS = {"main": "our_first_answers", "theirs": "their_first_answers"}

TEMPORARY_NAMES = (
    *_PAIRED, *_FIRST_WORDS.values(), *_FIRST_ANSWERS.values(), "same_pair", "touched",
)  # fmt: skip

_TEMPORARY_TABLES = (
    *(
        f"CREATE TEMP TABLE {name} (theirs TEXT PRIMARY KEY, ours TEXT NOT NULL) WITHOUT ROWID"
        for name in _PAIRED
    ),
    *(
        f"CREATE TEMP TABLE {name} (row_id TEXT, part TEXT, words TEXT, PRIMARY KEY (row_id, part))"
        " WITHOUT ROWID"
        for name in _FIRST_WORDS.values()
    ),
    *(
        f"CREATE TEMP TABLE {name} (pair_id TEXT PRIMARY KEY, first_id TEXT, second_id TEXT)"
        " WITHOUT ROWID"
        for name in _FIRST_ANSWERS.values()
    ),
    """
    CREATE TEMP TABLE same_pair (
        theirs TEXT, ours TEXT, their_first TEXT, our_first TEXT, their_second TEXT, our_second TEXT
    )
    """,
    "CREATE TEMP TABLE touched (pair_id TEXT, annotator TEXT, PRIMARY KEY (pair_id, annotator))",
)


def ours(kind: str, column: str) -> str:
    """The identifier here of what `column` names there."""
    return f"coalesce((SELECT ours FROM temp.same_{kind} WHERE theirs = {column}), {column})"


def our_row(column: str) -> str:
    """The same for rows of any kind: pairs, examples, unpaired answers and prompts."""
    return (
        f"coalesce((SELECT ours FROM temp.same_row WHERE theirs = {column}),"
        f" (SELECT ours FROM temp.same_prompt WHERE theirs = {column}), {column})"
    )


def map_what_is_here(db: sqlite_utils.Database) -> None:
    """Fill the tables `same_…`, all but `same_verdict`; a row of theirs in none is new here."""
    db.conn.create_function(
        "prompt_key", 1, lambda messages: prompt_key(str(messages)), deterministic=True
    )
    for statement in (*_TEMPORARY_TABLES, *_BEFORE_EDITS, *_MAPPING):
        db.execute(statement)


def _words_before_edits(schema: str) -> str:
    return f"""
        INSERT INTO temp.{_FIRST_WORDS[schema]}
        SELECT row_id, part, before FROM (
            SELECT row_id, part, before, min(id) FROM {schema}.row_edits GROUP BY row_id, part
        )
    """


def _answers_before_edits(schema: str) -> str:
    """Each edit of a pair's answer, or of its prompt, gave the answer a child."""
    return f"""
        INSERT INTO temp.{_FIRST_ANSWERS[schema]}
        WITH RECURSIVE back(pair_id, place, response_id) AS (
            SELECT id, 1, first_id FROM {schema}.pairs
            WHERE id IN (SELECT row_id FROM {schema}.row_edits WHERE kind = 'pair')
            UNION ALL
            SELECT id, 2, second_id FROM {schema}.pairs
            WHERE id IN (SELECT row_id FROM {schema}.row_edits WHERE kind = 'pair')
            UNION ALL
            SELECT pair_id, place, r.parent_id FROM back
            JOIN {schema}.responses r ON r.id = response_id WHERE r.parent_id IS NOT NULL
        )
        SELECT pair_id, max(CASE place WHEN 1 THEN response_id END),
            max(CASE place WHEN 2 THEN response_id END)
        FROM back JOIN {schema}.responses r ON r.id = response_id
        WHERE r.parent_id IS NULL GROUP BY pair_id
    """


_BEFORE_EDITS = tuple(
    statement
    for schema in ("main", "theirs")
    for statement in (_words_before_edits(schema), _answers_before_edits(schema))
)


def _as_ours(schema: str, kind: str, column: str) -> str:
    return column if schema == "main" else ours(kind, column)


def _imported_apart(schema: str, table: str) -> str:
    """Rows of `table` that only this copy has, of data sets that both have."""
    if schema == "main":
        return (
            "t.dataset_id IN (SELECT ours FROM temp.same_dataset)"
            f" AND t.id NOT IN (SELECT id FROM theirs.{table})"
        )
    return (
        "t.dataset_id IN (SELECT theirs FROM temp.same_dataset)"
        f" AND t.id NOT IN (SELECT id FROM main.{table})"
    )


# Rows with the same words in the same data set are told apart by their order.
def _numbered_pairs(schema: str) -> str:
    prompt = _as_ours(schema, "prompt", "a.prompt_id")
    dataset = _as_ours(schema, "dataset", "t.dataset_id")
    return f"""
        SELECT t.id, a.id AS first_id, b.id AS second_id, {prompt} AS prompt, {dataset} AS dataset,
            a.text AS first, b.text AS second, row_number() OVER (
                PARTITION BY {dataset}, {prompt}, a.text, b.text ORDER BY t.position, t.id
            ) AS number
        FROM {schema}.pairs t LEFT JOIN temp.{_FIRST_ANSWERS[schema]} o ON o.pair_id = t.id
        JOIN {schema}.responses a ON a.id = coalesce(o.first_id, t.first_id)
        JOIN {schema}.responses b ON b.id = coalesce(o.second_id, t.second_id)
        WHERE {_imported_apart(schema, "pairs")}
            AND t.id NOT IN (SELECT pair_id FROM {schema}.edits)
    """


def _numbered_answers(schema: str, table: str, known_by: tuple[str, ...]) -> str:
    """Rows with one answer, `said`."""
    words = _FIRST_WORDS[schema]
    prompt = _as_ours(schema, "prompt", "t.asked_id")
    dataset = _as_ours(schema, "dataset", "t.dataset_id")
    known = ", ".join(f"t.{column}" for column in known_by)
    return f"""
        SELECT t.id, {prompt} AS prompt, {dataset} AS dataset, {known}, row_number() OVER (
            PARTITION BY {dataset}, {prompt}, {known} ORDER BY t.position, t.id
        ) AS number
        FROM (
            SELECT t.*, coalesce(c.words, t.completion) AS said, coalesce(
                (SELECT prompt_id FROM {schema}.prompt_keys WHERE key = prompt_key(p.words)),
                t.prompt_id
            ) AS asked_id
            FROM {schema}.{table} t
            LEFT JOIN temp.{words} c ON c.row_id = t.id AND c.part = 'first'
            LEFT JOIN temp.{words} p ON p.row_id = t.id AND p.part = 'prompt'
            WHERE {_imported_apart(schema, table)}
        ) t
    """


def _map_answers(table: str, *known_by: str) -> str:
    return f"""
        INSERT OR IGNORE INTO temp.same_row
        SELECT t.id, o.id FROM ({_numbered_answers("theirs", table, known_by)}) t
        JOIN ({_numbered_answers("main", table, known_by)}) o
            USING (dataset, prompt, number, {", ".join(known_by)})
    """


def _reworded(schema: str) -> str:
    """Prompts of lists that were reworded in place, and the keys that they came with."""
    return f"""
        SELECT t.id AS prompt_id, prompt_key(w.words) AS key
        FROM temp.{_FIRST_WORDS[schema]} w JOIN {schema}.prompts t ON t.id = w.row_id
        WHERE w.part = 'prompt' AND {_imported_apart(schema, "prompts")}
    """


_THEIRS_REWORDED, _OURS_REWORDED = _reworded("theirs"), _reworded("main")

_MAPPING = (
    # The same file imported in both copies is one data set, and so is what was compared.
    """
    INSERT OR IGNORE INTO temp.same_dataset
    SELECT t.id, o.id FROM theirs.datasets t JOIN main.datasets o
        ON (o.sha256 = t.sha256 AND o.kind = t.kind)
        OR (o.source = 'compare' AND t.source = 'compare')
    WHERE t.id NOT IN (SELECT id FROM main.datasets)
        AND o.id NOT IN (SELECT id FROM theirs.datasets)
    """,
    """
    INSERT OR IGNORE INTO temp.same_prompt
    SELECT t.prompt_id, o.prompt_id FROM theirs.prompt_keys t
    JOIN main.prompt_keys o ON o.key = t.key WHERE o.prompt_id != t.prompt_id
    """,
    # A prompt of a list that was reworded, there or here or in both, is still that row of it.
    f"""
    INSERT OR IGNORE INTO temp.reworded SELECT t.id, o.id FROM (
        SELECT t.prompt_id AS theirs, o.prompt_id AS ours
        FROM ({_THEIRS_REWORDED}) t JOIN main.prompt_keys o USING (key)
        UNION SELECT t.prompt_id, o.prompt_id
        FROM ({_OURS_REWORDED}) o JOIN theirs.prompt_keys t USING (key)
        UNION SELECT t.prompt_id, o.prompt_id
        FROM ({_THEIRS_REWORDED}) t JOIN ({_OURS_REWORDED}) o USING (key)
    ) JOIN theirs.prompts t ON t.id = theirs JOIN main.prompts o ON o.id = ours
    WHERE o.dataset_id = {ours("dataset", "t.dataset_id")}
        AND t.id NOT IN (SELECT theirs FROM temp.same_prompt)
        AND o.id NOT IN (SELECT ours FROM temp.same_prompt)
    """,
    "INSERT INTO temp.same_prompt SELECT * FROM temp.reworded",
    f"""
    INSERT INTO temp.same_pair
    SELECT t.id, o.id, t.first_id, o.first_id, t.second_id, o.second_id
    FROM ({_numbered_pairs("theirs")}) t JOIN ({_numbered_pairs("main")}) o
        USING (dataset, prompt, first, second, number)
    """,
    "INSERT INTO temp.same_row SELECT theirs, ours FROM temp.same_pair",
    "INSERT OR IGNORE INTO temp.same_response SELECT their_first, our_first FROM temp.same_pair",
    "INSERT OR IGNORE INTO temp.same_response SELECT their_second, our_second FROM temp.same_pair",
    _map_answers("examples", "said"),
    _map_answers("unpaired", "said", "desirable"),
)
