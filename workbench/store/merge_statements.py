"""The statements of a merge: `main` is this project, `theirs` the other, as attached.

The tables `same_…` of `merge_mapping.py` say which of their rows is which of ours; a row of theirs
that is in none is new here and keeps its identifier.
"""

from __future__ import annotations

from workbench.store.merge_mapping import our_row, ours

_FINISHED = "dataset_id NOT IN (SELECT dataset_id FROM theirs.unfinished)"

DATASETS = (
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
        SELECT {ours("prompt", "t.id")} FROM theirs.prompts t
        WHERE t.split = 'held_out' AND {_FINISHED}
    )
    """,
)

_PORTION = "t.rowid > :after AND t.rowid <= :upto"
_NEW_VERDICT = f"""
    {_PORTION} AND t.id NOT IN (SELECT id FROM main.verdicts)
    AND {ours("row", "t.pair_id")} IN (SELECT id FROM main.pairs)
    AND t.id NOT IN (SELECT theirs FROM temp.same_verdict)
"""


def _is_newer(parts: str) -> str:
    """Whether one of these parts of the row `t` was edited there after all edits of it here."""
    newest = "(SELECT max(edited_at) FROM {0}.row_edits e WHERE e.row_id = {1} AND e.part IN ({2}))"
    there = newest.format("theirs", "t.id", parts)
    return f"{there} > coalesce({newest.format('main', our_row('t.id'), parts)}, 0)"


# What was edited in both copies has the newer text of each part; all edits stay in the history.
# An edited prompt brings its own copies of a pair's answers along.
_EDITED_COLUMNS = {
    "prompt_id": ("'prompt'", ours("prompt", "t.prompt_id")),
    "first_id": ("'prompt', 'first'", ours("response", "t.first_id")),
    "second_id": ("'prompt', 'second'", ours("response", "t.second_id")),
    "completion": ("'first'", "t.completion"),
}


def _take_edits(table: str, *columns: str) -> tuple[str, ...]:
    return tuple(
        f"""
        UPDATE main.{table} SET {column} = newer.value FROM (
            SELECT {our_row("t.id")} AS id, {value} AS value FROM theirs.{table} t
            WHERE {_PORTION} AND {_is_newer(parts)}
        ) AS newer WHERE {table}.id = newer.id
        """
        for column in columns
        for parts, value in [_EDITED_COLUMNS[column]]
    )


_OF_NEW_VERDICTS = f"""
    JOIN theirs.verdicts t ON t.id = d.verdict_id
    WHERE {_PORTION} AND t.id IN (SELECT id FROM main.verdicts)
"""

# Of prompts that both have in other words, the newer ones.
_OUR_ROW_OF_A_LIST = "coalesce((SELECT ours FROM temp.reworded WHERE theirs = t.id), t.id)"
_REWORDED_LATER = f"""
    SELECT {_OUR_ROW_OF_A_LIST} AS id, t.messages, t.text, k.key FROM theirs.prompts t
    JOIN theirs.prompt_keys k ON k.prompt_id = t.id
    WHERE {_PORTION} AND {_is_newer("'prompt'")} AND (
        t.id NOT IN (SELECT theirs FROM temp.same_prompt)
        OR t.id IN (SELECT theirs FROM temp.reworded)
    )
"""

IN_PORTIONS: dict[str, tuple[str, ...]] = {
    "prompts": (
        f"""
        INSERT OR IGNORE INTO main.prompts (id, messages, text, split, answer, answer_check,
            dataset_id, position)
        SELECT t.id, t.messages, t.text, t.split, t.answer, t.answer_check,
            {ours("dataset", "t.dataset_id")}, t.position FROM theirs.prompts t
        WHERE {_PORTION} AND {_FINISHED} AND t.id NOT IN (SELECT theirs FROM temp.same_prompt)
        """,
        f"""
        UPDATE main.prompts SET messages = newer.messages, text = newer.text
        FROM ({_REWORDED_LATER}) AS newer WHERE prompts.id = newer.id
            AND NOT EXISTS (SELECT 1 FROM main.prompt_keys WHERE key = newer.key)
        """,
        # A prompt is found by the words that it has here, and by no others.
        f"""
        DELETE FROM main.prompt_keys WHERE prompt_id IN (
            SELECT newer.id FROM ({_REWORDED_LATER}) AS newer
            JOIN main.prompts o ON o.id = newer.id AND o.messages = newer.messages
        )
        """,
        f"""
        INSERT OR IGNORE INTO main.prompt_keys SELECT k.key, o.id FROM theirs.prompts t
        JOIN theirs.prompt_keys k ON k.prompt_id = t.id
        JOIN main.prompts o ON o.id = {_OUR_ROW_OF_A_LIST} AND o.messages = t.messages
        WHERE {_PORTION}
        """,
    ),
    "responses": (
        f"""
        INSERT OR IGNORE INTO main.responses (id, prompt_id, text, origin, parent_id, created_at)
        SELECT t.id, {ours("prompt", "t.prompt_id")}, t.text, t.origin,
            {ours("response", "t.parent_id")}, t.created_at FROM theirs.responses t
        WHERE {_PORTION} AND t.id NOT IN (SELECT theirs FROM temp.same_response)
            AND {ours("prompt", "t.prompt_id")} IN (SELECT id FROM main.prompts)
        """,
    ),
    "pairs": (
        f"""
        INSERT OR IGNORE INTO main.pairs (id, prompt_id, first_id, second_id, dataset_id, position)
        SELECT t.id, {ours("prompt", "t.prompt_id")}, {ours("response", "t.first_id")},
            {ours("response", "t.second_id")}, {ours("dataset", "t.dataset_id")}, t.position
        FROM theirs.pairs t
        WHERE {_PORTION} AND {_FINISHED} AND t.id NOT IN (SELECT theirs FROM temp.same_row)
        """,
        *_take_edits("pairs", "prompt_id", "first_id", "second_id"),
    ),
    "examples": (
        f"""
        INSERT OR IGNORE INTO main.examples (id, prompt_id, completion, dataset_id, position,
            origin)
        SELECT t.id, {ours("prompt", "t.prompt_id")}, t.completion,
            {ours("dataset", "t.dataset_id")}, t.position, t.origin FROM theirs.examples t
        WHERE {_PORTION} AND {_FINISHED} AND t.id NOT IN (SELECT theirs FROM temp.same_row)
        """,
        *_take_edits("examples", "prompt_id", "completion"),
    ),
    "unpaired": (
        f"""
        INSERT OR IGNORE INTO main.unpaired (id, prompt_id, completion, desirable, dataset_id,
            position, origin)
        SELECT t.id, {ours("prompt", "t.prompt_id")}, t.completion, t.desirable,
            {ours("dataset", "t.dataset_id")}, t.position, t.origin FROM theirs.unpaired t
        WHERE {_PORTION} AND {_FINISHED} AND t.id NOT IN (SELECT theirs FROM temp.same_row)
        """,
        *_take_edits("unpaired", "prompt_id", "completion"),
    ),
    "votes": (
        f"""
        INSERT OR IGNORE INTO main.votes (id, prompt_id, first_id, second_id, reviewer, choice,
            shown_left, blind, elapsed_s, created_at, pair_id)
        SELECT t.id, {ours("prompt", "t.prompt_id")}, {ours("response", "t.first_id")},
            {ours("response", "t.second_id")}, t.reviewer, t.choice, t.shown_left, t.blind,
            t.elapsed_s, t.created_at, {ours("row", "t.pair_id")} FROM theirs.votes t
        WHERE {_PORTION}
        """,
    ),
    "verdicts": (
        # What a file or a rule said of a pair is there already where both have read it.
        f"""
        INSERT OR IGNORE INTO temp.same_verdict
        SELECT t.id, min(o.id) FROM theirs.verdicts t
        JOIN temp.same_row s ON s.theirs = t.pair_id
        JOIN main.verdicts o ON o.pair_id = s.ours AND o.annotator = t.annotator
            AND o.source = t.source AND o.choice IS NOT NULL
        WHERE {_PORTION} AND t.source IN ('import', 'rule') AND t.choice IS NOT NULL
            AND t.id NOT IN (SELECT id FROM main.verdicts)
        GROUP BY t.id
        """,
        f"""
        INSERT OR IGNORE INTO temp.touched
        SELECT {ours("row", "t.pair_id")}, t.annotator FROM theirs.verdicts t
        WHERE {_NEW_VERDICT}
        """,
        f"""
        INSERT INTO main.verdicts (id, pair_id, annotator, choice, shown_left, strength, elapsed_s,
            created_at, replaces, source)
        SELECT t.id, {ours("row", "t.pair_id")}, t.annotator, t.choice, t.shown_left, t.strength,
            t.elapsed_s, t.created_at, {ours("verdict", "t.replaces")}, t.source
        FROM theirs.verdicts t
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
            {ours("response", "d.response_id")}, d.start_char, d.end_char, d.text, d.is_good
        FROM theirs.verdict_spans d {_OF_NEW_VERDICTS}
        """,
    ),
}

TOUCHED = "SELECT pair_id, annotator FROM temp.touched"

_PAIR_IS_HERE = f"{ours('row', 't.pair_id')} IN (SELECT id FROM main.pairs)"

_ROWS_OF_A_KIND = {
    "preference": "pairs", "supervised": "examples", "prompts": "prompts", "unpaired": "unpaired",
}  # fmt: skip

AFTER = (
    f"""
    INSERT OR REPLACE INTO main.gold SELECT {ours("row", "t.pair_id")}, t.choice, t.strength,
        t.explanation, t.annotator, t.created_at FROM theirs.gold t WHERE {_PAIR_IS_HERE}
        AND t.created_at > coalesce(
            (SELECT created_at FROM main.gold g WHERE g.pair_id = {ours("row", "t.pair_id")}), 0
        )
    """,
    f"""
    INSERT OR IGNORE INTO main.edits SELECT t.pair_id, {ours("row", "t.original_pair_id")},
        t.annotator, t.created_at FROM theirs.edits t WHERE t.pair_id IN (SELECT id FROM main.pairs)
    """,
    f"""
    INSERT OR IGNORE INTO main.drafts SELECT t.annotator, {ours("row", "t.pair_id")},
        {ours("response", "t.response_id")}, t.text, t.updated_at FROM theirs.drafts t
    WHERE NOT EXISTS (SELECT 1 FROM main.edits e
        WHERE e.original_pair_id = {ours("row", "t.pair_id")} AND e.annotator = t.annotator)
    """,
    f"""
    INSERT OR IGNORE INTO main.unsureness SELECT {ours("row", "t.pair_id")}, t.source, t.score
    FROM theirs.unsureness t WHERE {_PAIR_IS_HERE}
    """,
    f"""
    INSERT OR IGNORE INTO main.row_tags SELECT t.tag, {our_row("t.row_id")}, t.kind,
        t.added_at FROM theirs.row_tags t
    """,
    f"""
    INSERT OR IGNORE INTO main.row_edits SELECT t.id, {our_row("t.row_id")}, t.kind, t.part,
        t.before, t.after, t.editor, t.edited_at FROM theirs.row_edits t
    """,
    f"""
    INSERT INTO main.put_back SELECT {our_row("t.row_id")}, t.put_back_at
    FROM theirs.put_back t WHERE true
    ON CONFLICT (row_id) DO UPDATE SET put_back_at = max(put_back_at, excluded.put_back_at)
    """,
    # In the bin or out of it: what was done last, in either copy, holds.
    f"""
    INSERT INTO main.bin SELECT {our_row("t.row_id")}, t.kind,
        {ours("dataset", "t.dataset_id")}, t.batch, t.thrown_at FROM theirs.bin t
    WHERE {ours("dataset", "t.dataset_id")} IN (SELECT id FROM main.datasets) AND (
        t.kind != 'prompt' OR {ours("dataset", "t.dataset_id")} = (
            SELECT dataset_id FROM main.prompts WHERE id = {our_row("t.row_id")}
        )
    )
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
            SELECT {ours("dataset", "t.id")} FROM theirs.datasets t
        )
        """
        for kind, table in _ROWS_OF_A_KIND.items()
    ),
)

THEIR_ANNOTATORS = """
    SELECT DISTINCT annotator FROM theirs.verdicts
    WHERE source NOT IN ('import', 'rule') ORDER BY annotator
"""
