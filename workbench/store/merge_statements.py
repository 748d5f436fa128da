"""The statements of a merge: `main` is this project, `theirs` the other, as attached.

Each table `same_…` says which of their rows is which of ours; a row of theirs that is in none is
new here and keeps its identifier.
"""

from __future__ import annotations

TEMPORARY_NAMES = ("same_dataset", "same_prompt", "same_pair", "same_response", "touched")

TEMPORARY_TABLES = (
    *(
        f"CREATE TEMP TABLE {name} (theirs TEXT PRIMARY KEY, ours TEXT NOT NULL) WITHOUT ROWID"
        for name in TEMPORARY_NAMES[:-1]
    ),
    "CREATE TEMP TABLE touched (pair_id TEXT, annotator TEXT, PRIMARY KEY (pair_id, annotator))",
)

_FINISHED = "dataset_id NOT IN (SELECT dataset_id FROM theirs.unfinished)"


def _ours(kind: str, column: str) -> str:
    """The identifier here of what `column` names there."""
    return f"coalesce((SELECT ours FROM temp.same_{kind} WHERE theirs = {column}), {column})"


# Pairs of one file, numbered among those with the same prompt and the same answers.
def _numbered(schema: str, prompt: str, dataset: str, where: str) -> str:
    return f"""
        SELECT p.id, p.first_id, p.second_id, {prompt} AS prompt, {dataset} AS dataset,
            a.text AS first, b.text AS second, row_number() OVER (
                PARTITION BY {dataset}, {prompt}, a.text, b.text ORDER BY p.position, p.id
            ) AS number
        FROM {schema}.pairs p JOIN {schema}.responses a ON a.id = p.first_id
        JOIN {schema}.responses b ON b.id = p.second_id WHERE {where}
    """


_THEIR_PAIRS = _numbered(
    "theirs",
    _ours("prompt", "p.prompt_id"),
    _ours("dataset", "p.dataset_id"),
    "p.dataset_id IN (SELECT theirs FROM temp.same_dataset)"
    " AND p.id NOT IN (SELECT id FROM main.pairs)",
)
_OUR_PAIRS = _numbered(
    "main",
    "p.prompt_id",
    "p.dataset_id",
    "p.dataset_id IN (SELECT ours FROM temp.same_dataset)"
    " AND p.id NOT IN (SELECT id FROM theirs.pairs)",
)
_SAME_PAIRS = f"""
    FROM ({_THEIR_PAIRS}) t JOIN ({_OUR_PAIRS}) o ON o.dataset = t.dataset
        AND o.prompt = t.prompt AND o.first = t.first AND o.second = t.second
        AND o.number = t.number
"""

MAPPING = (
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
    f"INSERT OR IGNORE INTO temp.same_pair SELECT t.id, o.id {_SAME_PAIRS}",
    f"INSERT OR IGNORE INTO temp.same_response SELECT t.first_id, o.first_id {_SAME_PAIRS}",
    f"INSERT OR IGNORE INTO temp.same_response SELECT t.second_id, o.second_id {_SAME_PAIRS}",
    """
    INSERT OR IGNORE INTO main.datasets
    SELECT * FROM theirs.datasets WHERE id NOT IN (SELECT theirs FROM temp.same_dataset)
        AND id NOT IN (SELECT dataset_id FROM theirs.unfinished)
    """,
    """
    INSERT OR IGNORE INTO main.imported
    SELECT * FROM theirs.imported WHERE dataset_id NOT IN (SELECT theirs FROM temp.same_dataset)
        AND dataset_id IN (SELECT id FROM main.datasets)
    """,
    "INSERT OR IGNORE INTO main.annotators SELECT * FROM theirs.annotators",
    # A prompt that was held out once, in either copy, never trains.
    f"""
    UPDATE main.prompts SET split = 'held_out' WHERE split != 'held_out' AND id IN (
        SELECT {_ours("prompt", "t.id")} FROM theirs.prompts t
        WHERE t.split = 'held_out' AND {_FINISHED}
    )
    """,
)

_PORTION = "t.rowid > :after AND t.rowid <= :upto"
_NEW_VERDICT = f"""
    {_PORTION} AND t.id NOT IN (SELECT id FROM main.verdicts)
    AND {_ours("pair", "t.pair_id")} IN (SELECT id FROM main.pairs)
    AND NOT (
        t.source IN ('import', 'rule') AND EXISTS (
            SELECT 1 FROM temp.same_pair s JOIN main.verdicts o ON o.pair_id = s.ours
            WHERE s.theirs = t.pair_id AND o.annotator = t.annotator AND o.source = t.source
        )
    )
"""


def _is_newer(parts: str) -> str:
    """Whether one of these parts of the row `t` was edited there after all edits of it here."""
    newest = (
        "(SELECT max(edited_at) FROM {0}.row_edits e WHERE e.row_id = t.id AND e.part IN ({1}))"
    )
    return f"{newest.format('theirs', parts)} > coalesce({newest.format('main', parts)}, 0)"


# What was edited in both copies has the newer text of each part; all edits stay in the history.
# An edited prompt brings its own copies of a pair's answers along.
_EDITED_COLUMNS = {
    "prompt_id": ("'prompt'", _ours("prompt", "t.prompt_id")),
    "first_id": ("'prompt', 'first'", _ours("response", "t.first_id")),
    "second_id": ("'prompt', 'second'", _ours("response", "t.second_id")),
    "completion": ("'first'", "t.completion"),
}


def _take_edits(table: str, *columns: str) -> tuple[str, ...]:
    return tuple(
        f"""
        UPDATE main.{table} SET {column} = (
            SELECT {value} FROM theirs.{table} t WHERE t.id = {table}.id
        ) WHERE id IN (
            SELECT t.id FROM theirs.{table} t WHERE {_PORTION} AND {_is_newer(parts)}
        )
        """
        for column in columns
        for parts, value in [_EDITED_COLUMNS[column]]
    )


_OF_NEW_VERDICTS = f"""
    JOIN theirs.verdicts t ON t.id = d.verdict_id
    WHERE {_PORTION} AND t.id IN (SELECT id FROM main.verdicts)
"""

IN_PORTIONS: dict[str, tuple[str, ...]] = {
    "prompts": (
        f"""
        INSERT OR IGNORE INTO main.prompts (id, messages, text, split, answer, answer_check,
            dataset_id, position)
        SELECT t.id, t.messages, t.text, t.split, t.answer, t.answer_check,
            {_ours("dataset", "t.dataset_id")}, t.position FROM theirs.prompts t
        WHERE {_PORTION} AND {_FINISHED} AND t.id NOT IN (SELECT theirs FROM temp.same_prompt)
        """,
        f"""
        UPDATE main.prompts SET (messages, text) = (
            SELECT t.messages, t.text FROM theirs.prompts t WHERE t.id = prompts.id
        ) WHERE id IN (
            SELECT t.id FROM theirs.prompts t WHERE {_PORTION}
            AND t.id NOT IN (SELECT theirs FROM temp.same_prompt) AND {_is_newer("'prompt'")}
        )
        """,
        # A prompt is found by the words that it has here, and by no others.
        f"""
        DELETE FROM main.prompt_keys WHERE prompt_id IN (
            SELECT t.id FROM theirs.prompts t WHERE {_PORTION} AND {_is_newer("'prompt'")}
        ) AND key NOT IN (
            SELECT key FROM theirs.prompt_keys k WHERE k.prompt_id = prompt_keys.prompt_id
        ) AND prompt_id NOT IN (SELECT theirs FROM temp.same_prompt)
        """,
        f"""
        INSERT OR IGNORE INTO main.prompt_keys SELECT k.key, k.prompt_id FROM theirs.prompts t
        JOIN theirs.prompt_keys k ON k.prompt_id = t.id
        JOIN main.prompts o ON o.id = t.id AND o.messages = t.messages WHERE {_PORTION}
        """,
    ),
    "responses": (
        f"""
        INSERT OR IGNORE INTO main.responses (id, prompt_id, text, origin, parent_id, created_at)
        SELECT t.id, {_ours("prompt", "t.prompt_id")}, t.text, t.origin,
            {_ours("response", "t.parent_id")}, t.created_at FROM theirs.responses t
        WHERE {_PORTION} AND t.id NOT IN (SELECT theirs FROM temp.same_response)
            AND {_ours("prompt", "t.prompt_id")} IN (SELECT id FROM main.prompts)
        """,
    ),
    "pairs": (
        f"""
        INSERT OR IGNORE INTO main.pairs (id, prompt_id, first_id, second_id, dataset_id, position)
        SELECT t.id, {_ours("prompt", "t.prompt_id")}, {_ours("response", "t.first_id")},
            {_ours("response", "t.second_id")}, {_ours("dataset", "t.dataset_id")}, t.position
        FROM theirs.pairs t
        WHERE {_PORTION} AND {_FINISHED} AND t.id NOT IN (SELECT theirs FROM temp.same_pair)
        """,
        *_take_edits("pairs", "prompt_id", "first_id", "second_id"),
    ),
    "examples": (
        f"""
        INSERT OR IGNORE INTO main.examples (id, prompt_id, completion, dataset_id, position,
            origin)
        SELECT t.id, {_ours("prompt", "t.prompt_id")}, t.completion,
            {_ours("dataset", "t.dataset_id")}, t.position, t.origin FROM theirs.examples t
        WHERE {_PORTION} AND {_FINISHED} AND NOT EXISTS (
            SELECT 1 FROM temp.same_dataset s JOIN main.examples o ON o.dataset_id = s.ours
            WHERE s.theirs = t.dataset_id AND o.prompt_id = {_ours("prompt", "t.prompt_id")}
                AND o.completion = t.completion
        )
        """,
        *_take_edits("examples", "prompt_id", "completion"),
    ),
    "unpaired": (
        f"""
        INSERT OR IGNORE INTO main.unpaired (id, prompt_id, completion, desirable, dataset_id,
            position, origin)
        SELECT t.id, {_ours("prompt", "t.prompt_id")}, t.completion, t.desirable,
            {_ours("dataset", "t.dataset_id")}, t.position, t.origin FROM theirs.unpaired t
        WHERE {_PORTION} AND {_FINISHED} AND NOT EXISTS (
            SELECT 1 FROM temp.same_dataset s JOIN main.unpaired o ON o.dataset_id = s.ours
            WHERE s.theirs = t.dataset_id AND o.prompt_id = {_ours("prompt", "t.prompt_id")}
                AND o.completion = t.completion AND o.desirable = t.desirable
        )
        """,
        *_take_edits("unpaired", "prompt_id", "completion"),
    ),
    "votes": (
        f"""
        INSERT OR IGNORE INTO main.votes (id, prompt_id, first_id, second_id, reviewer, choice,
            shown_left, blind, elapsed_s, created_at, pair_id)
        SELECT t.id, {_ours("prompt", "t.prompt_id")}, {_ours("response", "t.first_id")},
            {_ours("response", "t.second_id")}, t.reviewer, t.choice, t.shown_left, t.blind,
            t.elapsed_s, t.created_at, {_ours("pair", "t.pair_id")} FROM theirs.votes t
        WHERE {_PORTION}
        """,
    ),
    "verdicts": (
        f"""
        INSERT OR IGNORE INTO temp.touched
        SELECT {_ours("pair", "t.pair_id")}, t.annotator FROM theirs.verdicts t
        WHERE {_NEW_VERDICT}
        """,
        f"""
        INSERT INTO main.verdicts (id, pair_id, annotator, choice, shown_left, strength, elapsed_s,
            created_at, replaces, source)
        SELECT t.id, {_ours("pair", "t.pair_id")}, t.annotator, t.choice, t.shown_left, t.strength,
            t.elapsed_s, t.created_at, t.replaces, t.source FROM theirs.verdicts t
        WHERE {_NEW_VERDICT} ORDER BY t.rowid
        """,
        f"""
        INSERT OR IGNORE INTO main.verdict_details SELECT d.* FROM theirs.verdict_details d
        {_OF_NEW_VERDICTS}
        """,
        f"""
        INSERT OR IGNORE INTO main.verdict_aspects SELECT d.* FROM theirs.verdict_aspects d
        {_OF_NEW_VERDICTS}
        """,
        f"""
        INSERT OR IGNORE INTO main.verdict_spans SELECT d.verdict_id,
            {_ours("response", "d.response_id")}, d.start_char, d.end_char, d.text, d.is_good
        FROM theirs.verdict_spans d {_OF_NEW_VERDICTS}
        """,
    ),
}

TOUCHED = "SELECT pair_id, annotator FROM temp.touched"

_PAIR_IS_HERE = f"{_ours('pair', 't.pair_id')} IN (SELECT id FROM main.pairs)"

_ROWS_OF_A_KIND = {
    "preference": "pairs", "supervised": "examples", "prompts": "prompts", "unpaired": "unpaired",
}  # fmt: skip

AFTER = (
    f"""
    INSERT OR REPLACE INTO main.gold SELECT {_ours("pair", "t.pair_id")}, t.choice, t.strength,
        t.explanation, t.annotator, t.created_at FROM theirs.gold t WHERE {_PAIR_IS_HERE}
        AND t.created_at > coalesce(
            (SELECT created_at FROM main.gold g WHERE g.pair_id = {_ours("pair", "t.pair_id")}), 0
        )
    """,
    f"""
    INSERT OR IGNORE INTO main.edits SELECT t.pair_id, {_ours("pair", "t.original_pair_id")},
        t.annotator, t.created_at FROM theirs.edits t WHERE t.pair_id IN (SELECT id FROM main.pairs)
    """,
    f"""
    INSERT OR IGNORE INTO main.drafts SELECT t.annotator, {_ours("pair", "t.pair_id")},
        {_ours("response", "t.response_id")}, t.text, t.updated_at FROM theirs.drafts t
    WHERE NOT EXISTS (SELECT 1 FROM main.edits e
        WHERE e.original_pair_id = {_ours("pair", "t.pair_id")} AND e.annotator = t.annotator)
    """,
    f"""
    INSERT OR IGNORE INTO main.unsureness SELECT {_ours("pair", "t.pair_id")}, t.source, t.score
    FROM theirs.unsureness t WHERE {_PAIR_IS_HERE}
    """,
    f"""
    INSERT OR IGNORE INTO main.row_tags SELECT t.tag, {_ours("pair", "t.row_id")}, t.kind,
        t.added_at FROM theirs.row_tags t
    """,
    f"""
    INSERT OR IGNORE INTO main.row_edits SELECT t.id, {_ours("pair", "t.row_id")}, t.kind, t.part,
        t.before, t.after, t.editor, t.edited_at FROM theirs.row_edits t
    """,
    f"""
    INSERT INTO main.put_back SELECT {_ours("pair", "t.row_id")}, t.put_back_at
    FROM theirs.put_back t WHERE true
    ON CONFLICT (row_id) DO UPDATE SET put_back_at = max(put_back_at, excluded.put_back_at)
    """,
    # In the bin or out of it: what was done last, in either copy, holds.
    f"""
    INSERT INTO main.bin SELECT {_ours("pair", "t.row_id")}, t.kind,
        {_ours("dataset", "t.dataset_id")}, t.batch, t.thrown_at FROM theirs.bin t
    WHERE {_ours("dataset", "t.dataset_id")} IN (SELECT id FROM main.datasets)
    ON CONFLICT (row_id) DO UPDATE SET batch = excluded.batch, thrown_at = excluded.thrown_at
        WHERE excluded.thrown_at > thrown_at
    """,
    """
    DELETE FROM main.bin WHERE thrown_at < (
        SELECT put_back_at FROM main.put_back WHERE put_back.row_id = bin.row_id
    )
    """,
    *(
        f"""
        UPDATE main.datasets SET row_count = (
            SELECT count(*) FROM main.{table} WHERE {table}.dataset_id = datasets.id
            AND {table}.id NOT IN (SELECT row_id FROM main.bin)
        ) WHERE kind = '{kind}' AND id IN (
            SELECT {_ours("dataset", "t.id")} FROM theirs.datasets t
        )
        """
        for kind, table in _ROWS_OF_A_KIND.items()
    ),
)

THEIR_ANNOTATORS = """
    SELECT DISTINCT annotator FROM theirs.verdicts
    WHERE source NOT IN ('import', 'rule') ORDER BY annotator
"""
