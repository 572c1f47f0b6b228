"""Lines such as `On Monday, Anna wrote:` that introduce quoted words, in many languages."""

_VERBS = (
    "wrote", "writes", "said", "sent", "schrieb", "schreibt", "geschrieben", "a écrit", "a ecrit", "écrit",
    "ecrit", "écrivait",
    "escribió", "escribio", "escribió", "ha escrito", "escribe", "ha scritto", "scrive", "ha inviato", "escreveu",
    "escreve",
    "schreef", "geschreven", "skrev", "skriver", "skrifaði", "napisał", "napisał(a)", "napisała", "pisze", "napsal",
    "napsal(a)", "napsala", "napísal", "napísal(a)", "píše", "írta", "ezt írta", "kirjoitti", "написал", "написал(а)",
    "написала", "писал", "писал(а)", "пишет", "написа", "пише", "написав", "написав(ла)", "a scris", "scris", "yazdı",
    "şunu yazdı", "yazmış", "έγραψε", "написао", "napisao", "je napisal", "je napisao", "je napisao/la", "parašė",
    "rašė",
    "rakstīja", "kirjutas", "đã viết", "viết", "menulis", "เขียน", "เขียนว่า", "写道", "寫道", "写到", "书写",
    "のメッセージ",
    "のメール", "書きました", "さんは書き", "님이 작성", "작성", "님의 말", "wrote", "כתב", "כתבה", "‫כתב",
    "كتب", "كتبت",
    "va escriure", "idatzi du", "skreiv", "het volgende geschreven", "geantwoord", "replied", "commented",
    "schrieb am", "schrieb folgendes",
)  # fmt: skip
_LATIN_VERBS = tuple(sorted({verb for verb in _VERBS if verb[0] < "\u2e80"}, key=len, reverse=True))
_DENSE_VERBS = tuple(verb for verb in _VERBS if verb[0] >= "\u2e80")
# After these the name may follow.
_BEFORE_NAME = (
    "schrieb", "schreef", "skrev", "wrote", "kirjoitti", "írta", "ezt írta", "escreveu", "escribió", "a écrit",
    "написал", "пишет", "geschrieben", "napsal", "skriver", "schreibt",
)  # fmt: skip
# How a line begins that is the first of several, when the sentence is wrapped.
_OPENERS = (
    "on ", "at ", "am ", "le ", "el ", "il ", "op ", "den ", "em ", "w dniu", "dnia", "dne ", "dňa ", "pada ",
    "vào ", "på ", "la ",
    "în ", "в ", "на ", "у ", "ב", "في ", "στις ", "pe ", "em:", "le:", "на", "no dia", "el:", "sobre", "dana",
    "data",
    "a ", "at:", "op:", "von ", "from ", "il giorno", "ons", "tor", "fre", "lør", "søn", "man", "tir", "à ",
)  # fmt: skip
_MARKS = " \t*_>|-~\u00a0\u200e\u200f\u202a\u202c\u202b"
MAX_CHARS = 600


def is_attribution(text: str) -> bool:
    """Whether `text` (one or more lines joined by spaces) is nothing but an attribution."""
    text = text.strip().strip(_MARKS).strip()
    if not 8 <= len(text) <= MAX_CHARS:
        return False
    ended = text[-1] in ":：" or text.endswith((": *", ":*", ":>"))
    low = text.lower()
    if low.endswith((" wrote", "wrote ----", " wrote .", "schrieb", "a écrit", "skrev")) and _has_moment(low):
        ended = True
    if not ended:
        return _is_gmail_stamp(low)
    body = low.rstrip(":：* >-").rstrip()
    if _is_dated_name(body, text):
        return True
    verb = _verb(body)
    if verb is None:
        return False
    if not (_has_moment(body) or "@" in body or verb == "whole" or body.endswith(" you wrote") or _opens(low)):
        return False
    # A sentence of prose ends a thought before the verb; a line of attribution does not.
    return not any(stop in body for stop in ("? ", "! ", "; ")) or "@" in body


def _verb(body: str) -> str | None:
    tail = body[-60:]
    for verb in _LATIN_VERBS:
        if tail.endswith(verb) and (len(tail) == len(verb) or not tail[-len(verb) - 1].isalpha()):
            return verb
        # "schrieb Anna <anna@…>:", "schreef", "skrev": the name follows the verb.
        at = body.find(f" {verb} ")
        if at >= 0 and verb in _BEFORE_NAME:
            return verb
    return next((verb for verb in _DENSE_VERBS if verb in tail), None)


def _has_moment(low: str) -> bool:
    """Whether there is a date or a time: at least two groups of digits."""
    return _groups(low) >= 2


def _groups(low: str) -> int:
    """How many groups of digits there are."""
    groups = 0
    inside = False
    for char in low:
        if char.isdigit():
            groups += not inside
            inside = True
        else:
            inside = False
    return groups


def _is_dated_name(body: str, text: str) -> bool:
    """`2014-03-20 20:48 GMT+01:00 Anna <anna@…>:` and its kin in other languages have no verb."""
    before, angle, address = body.partition("<")
    if angle and "@" in address and text.endswith((">:", ">：")) and before.count(" ") <= 14:
        return _groups(before) >= 4
    return (
        body[:1].isdigit() and _has_moment(body[:40]) and ("@" in body or "gmt" in body[:40]) and body.count(" ") <= 14
    )


def _is_gmail_stamp(low: str) -> bool:
    """`2016-03-03 17:21 GMT+01:00 Anna`, where even the colon is missing."""
    return len(low) < 120 and low[:4].isdigit() and low[4:5] in "-/" and " gmt" in low[:24] and _has_moment(low[:20])


def _opens(low: str) -> bool:
    return low.lstrip(_MARKS).startswith(("on ", "am ", "le ", "el ", "il ", "op ", "em ", "den ")) and any(
        char.isdigit() for char in low
    )


def may_begin(line: str) -> bool:
    """Whether an attribution over several lines may begin with this one."""
    low = line.strip().strip(_MARKS).lower()
    if not low:
        return False
    if low.startswith(_OPENERS) and (any(char.isdigit() for char in low) or "@" in low):
        return True
    return (low[0].isdigit() and _has_moment(low[:40])) or "<" in low


def shared_line(line: str) -> int | None:
    """Where an attribution begins inside a line that still holds words of the reply, or None."""
    for opener in ("On ", "--- On "):
        at = line.rfind(opener, 1)
        while at > 0 and line[at - 1] in "- ":
            at -= 1
        if at > 0 and _has_moment(line[at:].lower()) and line.rstrip().endswith("wrote:"):
            return at if is_attribution(line[at:]) else None
    return None
