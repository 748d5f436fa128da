"""One good row of every data form, as its makers write it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

QUESTION = {"role": "user", "content": "Why is the sky blue?"}
SHORT = {"role": "assistant", "content": "Air scatters blue light."}
LONG = {"role": "assistant", "content": "Well, that is a long story."}
AGAIN = {"role": "user", "content": "And at dusk?"}

ROWS: dict[str, dict[str, Any]] = {
    "trl-preference": {"prompt": [QUESTION], "chosen": [SHORT], "rejected": [LONG]},
    "trl-preference-text": {
        "prompt": QUESTION["content"], "chosen": SHORT["content"], "rejected": LONG["content"],
    },
    "trl-preference-implicit": {"chosen": [QUESTION, SHORT], "rejected": [QUESTION, LONG]},
    "comparison": {
        "prompt": QUESTION["content"], "response_1": SHORT["content"],
        "response_2": LONG["content"], "winner": "response_1",
    },
    "hh-rlhf": {
        "chosen": f"\n\nHuman: {QUESTION['content']}\n\nAssistant: {SHORT['content']}",
        "rejected": f"\n\nHuman: {QUESTION['content']}\n\nAssistant: {LONG['content']}",
    },
    "ultrafeedback": {
        "source": "evol_instruct", "instruction": QUESTION["content"], "models": ["a", "b"],
        "completions": [
            {"model": "a", "response": LONG["content"],
             "annotations": {"helpfulness": {"Rating": "2", "Rationale": "x"}}},
            {"model": "b", "response": SHORT["content"],
             "annotations": {"helpfulness": {"Rating": "5", "Rationale": "x"}}},
        ],
    },
    "ultrafeedback-binarized": {
        "prompt": QUESTION["content"], "prompt_id": "f0e37e9f", "chosen": [QUESTION, SHORT],
        "rejected": [QUESTION, LONG], "messages": [QUESTION, SHORT], "score_chosen": 8.5,
        "score_rejected": 4.0,
    },
    "helpsteer2": {
        "split": "train", "prompt": QUESTION["content"], "response_1": SHORT["content"],
        "response_2": LONG["content"], "preference_strength": -2,
        "preference_statement": "Response 1 is better.", "preference_elaboration": "It is short.",
    },
    "helpsteer3": {
        "domain": "general", "language": "english", "context": [QUESTION],
        "response1": SHORT["content"], "response2": LONG["content"], "overall_preference": -2,
        "individual_preference": [{"score": -2, "reasoning": "Shorter."}],
    },
    "arena": {
        "question_id": "58210e39", "model_a": "alpha", "model_b": "beta", "winner": "model_a",
        "judge": "arena_user_973", "conversation_a": [QUESTION, SHORT],
        "conversation_b": [QUESTION, LONG], "turn": 1, "anony": True, "language": "English",
        "tstamp": 1682351591.1,
    },
    "alpaca": {"instruction": "Name the sky's colour.", "input": "At noon.", "output": "Blue."},
    "sharegpt": {
        "id": "x", "conversations": [
            {"from": "human", "value": QUESTION["content"]},
            {"from": "gpt", "value": SHORT["content"]},
        ],
    },
    "chat-messages": {"messages": [QUESTION, SHORT, AGAIN, LONG]},
    "trl-prompt-completion": {"prompt": QUESTION["content"], "completion": SHORT["content"]},
    "trl-kto": {"prompt": QUESTION["content"], "completion": LONG["content"], "label": False},
    "prompts": {"prompt": "What is 6 × 7?", "answer": "42", "check": "number"},
    "gsm8k": {"question": "What is 6 × 7?", "answer": "6 × 7 = <<6*7=42>>42\n#### 42"},
    "argilla": {
        "prompt": QUESTION["content"], "response_1": SHORT["content"],
        "response_2": LONG["content"], "preference.responses": ["response_1", "response_2"],
        "preference.responses.users": ["ada", "grace"],
        "preference.responses.status": ["submitted", "discarded"],
        "preference.suggestion": "response_2", "preference.suggestion.score": 0.3,
    },
    "label-studio": {
        "id": 7,
        "data": {
            "prompt": QUESTION["content"], "answer1": SHORT["content"], "answer2": LONG["content"],
        },
        "annotations": [
            {"result": [{"type": "pairwise", "value": {"selected": "left"}}], "lead_time": 4.25,
             "was_cancelled": False, "completed_by": {"id": 1, "email": "ada@example.org"}},
            {"result": [], "was_cancelled": True, "completed_by": 2},
        ],
    },
}  # fmt: skip


def jsonl(path: Path, rows: Iterable[Any]) -> Path:
    """Write rows as JSON Lines; a row that is text is written as it is."""
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
