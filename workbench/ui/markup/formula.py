"""LaTeX formulas as plain Unicode: readable, not typeset. What is not known stays as written."""

from __future__ import annotations

import re

from workbench.ui.markup.direction import from_left

_SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ",
    "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ",
    "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "times": "×", "cdot": "·", "div": "÷", "pm": "±", "mp": "∓", "leq": "≤",
    "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈", "equiv": "≡",
    "sim": "∼", "propto": "∝", "infty": "∞", "sum": "∑", "prod": "∏", "int": "∫", "oint": "∮",
    "partial": "∂", "nabla": "∇", "in": "∈", "notin": "∉", "subset": "⊂", "subseteq": "⊆",
    "supset": "⊃", "cup": "∪", "cap": "∩", "emptyset": "∅", "forall": "∀", "exists": "∃",
    "neg": "¬", "land": "∧", "wedge": "∧", "lor": "∨", "vee": "∨", "to": "→", "rightarrow": "→",
    "leftarrow": "←", "Rightarrow": "⇒", "implies": "⇒", "Leftarrow": "⇐", "iff": "⇔",
    "Leftrightarrow": "⇔", "mapsto": "↦", "ldots": "…", "dots": "…", "cdots": "⋯", "circ": "∘",
    "angle": "∠", "perp": "⊥", "parallel": "∥", "degree": "°", "prime": "′", "mid": "|",
    "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉",
    "quad": "  ", "qquad": "    ", "lim": "lim", "log": "log", "ln": "ln", "exp": "exp",
    "sin": "sin", "cos": "cos", "tan": "tan", "max": "max", "min": "min", "det": "det",
    "mathbb{R}": "ℝ", "mathbb{N}": "ℕ", "mathbb{Z}": "ℤ", "mathbb{Q}": "ℚ", "mathbb{C}": "ℂ",
    "mathbb{E}": "𝔼", "mathbb{P}": "ℙ",
}  # fmt: skip
_RAISED = dict(
    zip(
        "0123456789+-=()niabcdefghjklmoprstuvwxyzT",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ",
        strict=True,
    )
)
_LOWERED = dict(
    zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True)
)
_ARGUMENT = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_FRACTION = re.compile(rf"\\[dt]?frac\s*{_ARGUMENT}\s*{_ARGUMENT}")
_ROOT = re.compile(rf"\\sqrt\s*(?:\[([^\]]*)\])?\s*{_ARGUMENT}")
_WORDS = re.compile(
    rf"\\(?:text|mathrm|mathbf|mathit|mathcal|operatorname|boxed|textbf|mathsf)\s*{_ARGUMENT}"
)
_SCRIPT = re.compile(rf"([\^_])\s*(?:{_ARGUMENT}|(\\?\w|[+\-*′]))")
_BOARD = re.compile(r"\\mathbb\{([A-Z])\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_DROPPED = re.compile(
    r"\\(?:left|right|displaystyle|bigl|bigr|Bigl|Bigr|big|Big|limits|nolimits)(?![A-Za-z])\.?"
    r"|\\(?:begin|end)\{[^}]*\}|\\[,;:!]"
)
_DEEPEST = 6


def to_unicode(formula: str) -> str:
    """The formula between the dollar signs as a line (or lines) of Unicode text."""
    text = _DROPPED.sub("", formula.strip())
    text = text.replace("\\\\", "\n").replace("&", " ").replace("\\%", "%").replace("\\$", "$")
    for _ in range(_DEEPEST):
        changed = _WORDS.sub(lambda found: found[1], text)
        changed = _FRACTION.sub(lambda found: f"{_grouped(found[1])}/{_grouped(found[2])}", changed)
        changed = _ROOT.sub(lambda found: f"{_root_mark(found[1])}{_grouped(found[2])}", changed)
        if changed == text:
            break
        text = changed
    text = _BOARD.sub(lambda found: _SYMBOLS.get(f"mathbb{{{found[1]}}}", found[1]), text)
    text = _COMMAND.sub(lambda found: _SYMBOLS.get(found[1], found[0]), text)
    text = _SCRIPT.sub(_script, text)
    text = text.replace("\\{", "{").replace("\\}", "}").replace("\\ ", " ")
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(from_left(line) for line in lines if line)


def _grouped(part: str) -> str:
    """In brackets, unless it is one number, name or command."""
    inner = part.strip()
    return inner if re.fullmatch(r"\\?\w+|[\d.]+", inner) else f"({inner})"


def _root_mark(degree: str | None) -> str:
    return {"3": "∛", "4": "∜", "": "√"}.get((degree or "").strip(), f"{degree}√")


def _script(found: re.Match[str]) -> str:
    inner = _SCRIPT.sub(_script, found[2]) if found[2] is not None else found[3]
    table = _RAISED if found[1] == "^" else _LOWERED
    if inner and all(letter in table for letter in inner):
        return "".join(table[letter] for letter in inner)
    return f"{found[1]}{_grouped(inner)}" if inner else ""
