"""Lines that mailers draw between a reply and the original, or above a forwarded mail."""

_ORIGINAL = (
    "original message", "original email", "originalmessage", "original appointment", "reply message",
    "reply above this line",
    "ursprüngliche nachricht", "originalnachricht", "ursprungsnachricht", "ursprüngliche e-mail", "message d'origine",
    "message d’origine", "message original", "message d'origine", "message initial", "mensaje original",
    "mensagem original",
    "messaggio originale", "oorspronkelijk bericht", "oorspronkelijke bericht", "origineel bericht",
    "ursprungligt meddelande",
    "originalmeddelande", "ursprungligt mail", "oprindelig meddelelse", "original meddelelse", "opprinnelig melding",
    "alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość", "wiadomość oryginalna", "původní zpráva",
    "původní e-mail", "pôvodná správa", "eredeti üzenet", "mesaj original", "mesajul original", "исходное сообщение",
    "оригинальное сообщение", "исходное письмо", "пересылаемое сообщение", "вихідне повідомлення",
    "оригінальне повідомлення",
    "orijinal mesaj", "özgün ileti", "orijinal ileti", "αρχικό μήνυμα", "原始邮件", "原始郵件", "邮件原件",
    "元のメッセージ",
    "オリジナルメッセージ", "원본 메시지", "원본 메일", "원본 메세지", "tin nhắn gốc", "thư gốc", "pesan asli",
    "pesan asal",
    "ข้อความต้นฉบับ", "ההודעה המקורית", "הודעה מקורית", "الرسالة الأصلية", "izvorna poruka", "izvirno sporočilo",
    "oorspr. bericht",
    "original besked", "antwort nachricht", "mail original", "reply separator", "message from", "original mail",
)  # fmt: skip
_FORWARDED = (
    "forwarded message", "forwarded mail", "forwarded email", "begin forwarded message", "forwarded by",
    "forward message",
    "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail",
    "weitergeleitete mail", "message transféré", "message transmis", "début du message transféré",
    "début du message réexpédié",
    "courriel transféré", "message réexpédié", "mail transféré", "mensaje reenviado", "inicio del mensaje reenviado",
    "mensagem encaminhada", "mensagem reencaminhada", "início da mensagem encaminhada",
    "início da mensagem reencaminhada",
    "início da mensagem reenviada", "messaggio inoltrato", "inizio messaggio inoltrato",
    "inizio del messaggio inoltrato",
    "doorgestuurd bericht", "doorgestuurde bericht", "begin doorgestuurd bericht", "vidarebefordrat meddelande",
    "vidarebefordrat brev", "vidarebefordrat mejl", "vidarebefordrat mail", "vidarebefordrade meddelandet",
    "börja vidarebefordrat meddelande", "videresendt besked",
    "videresendt meddelelse", "start på videresendt besked", "videresendte besked", "videresendt melding",
    "videresendt e-post",
    "start på videresendt melding", "begynnelsen på videresendt melding", "begynnelse på videresendt melding",
    "videresendt mail", "starten på den videresendte besked", "begynd på videresendt besked", "välitetty viesti",
    "edelleenlähetetty viesti", "välitetty viesti alkaa", "wiadomość przekazana", "przekazana wiadomość",
    "wiadomość przesłana dalej", "początek przekazywanej wiadomości", "treść przekazanej wiadomości",
    "přeposlaná zpráva",
    "přeposlané zprávy", "začátek přeposlané zprávy", "začátek přeposílané zprávy", "preposlaná správa",
    "začiatok preposlanej správy", "továbbított üzenet",
    "továbbított levél", "a továbbított levél kezdete", "mesaj redirecționat", "mesaj înaintat",
    "mesaj transmis", "mesaj retransmis", "mesaj redirectionat",
    "mesajului redirecționat",
    "începe mesajul redirecționat", "пересланное сообщение", "перенаправленное сообщение", "пересылаемое сообщение",
    "начало переадресованного сообщения",
    "начало пересылаемого сообщения", "переадресованное сообщение", "переслане повідомлення",
    "перенаправлене повідомлення",
    "початок переадресованого повідомлення", "початок листа, що пересилається", "yönlendirilen ileti",
    "iletilen mesaj", "yönlendirilmiş mesaj", "iletilmiş ileti", "iletilen ileti", "προωθημένο μήνυμα", "转发的邮件",
    "转发邮件", "轉寄郵件",
    "轉寄的郵件", "轉寄訊息", "转发信息", "开始转发的邮件", "開始轉寄郵件", "转送邮件", "転送メッセージ",
    "転送されたメッセージ",
    "転送されたメール", "メッセージを転送", "転送元メッセージ", "전달된 메시지", "전달된 메일",
    "전달한 메시지", "tin nhắn được chuyển tiếp",
    "chuyển tiếp thư",
    "pesan terusan", "pesan diteruskan", "ข้อความที่ส่งต่อ", "הודעה שהועברה", "הודעה מועברת", "رسالة معاد توجيهها",
    "الرسالة المعاد توجيهها", "الرسالة المحولة", "رسالة محولة", "proslijeđena poruka", "preusmjerena poruka",
    "posredovano sporočilo", "missatge reenviat", "edasisaadetud kiri", "persiųsta žinutė",
    "počiatok preposlanej správy",
    "početak proslijeđene poruke", "započni proslijeđenu poruku", "započni preslanu poruku",
    "započne preposlanú správu",
    "átirányított üzenet", "framsent skeyti", "mensaje redirigido", "начало перенаправленного сообщения",
    "beginn weitergeleitete nachricht",
    "inicio de mensaje reenviado", "début de message transféré",
)  # fmt: skip
_RULE = "-_=*~—–―─▬# \t\u00a0>|•·+.<\u200e\u200f"
_ENDS = ":：."


def is_original(line: str) -> bool:
    """Whether the line says that the original message follows."""
    words, ruled = _words(line)
    return ruled and words.rstrip(_ENDS).strip() in _ORIGINAL


def is_forward(line: str) -> bool:
    """Whether the line says that a forwarded message follows."""
    words, ruled = _words(line)
    if not words:
        return False
    bare = words.rstrip(_ENDS).strip()
    if bare in _FORWARDED:
        return ruled or words[-1] in ":：" or line.strip().startswith((">", "-"))
    # "Forwarded message from Anna <anna@…>", "Forwarded by Anna on 3 May".
    return ruled and len(bare) < 160 and bare.startswith(_FORWARDED)


def is_reply_marker(line: str) -> bool:
    """A line that help desks put above what may be cut off."""
    low = line.strip(_RULE).lower()
    if not 8 < len(low) < 160:
        return False
    return any(
        sign in low
        for sign in (
            "reply above this line", "type your reply above", "write above this line", "reply above the line",
            "antworten sie oberhalb",
            "antwort oberhalb dieser", "bitte antworten sie über", "répondre au-dessus de cette ligne",
            "répondez au-dessus",
            "responda por encima de esta línea", "responda acima desta linha", "rispondi sopra questa",
            "antwoord boven deze lijn",
        )
    )  # fmt: skip


def is_rule(line: str) -> bool:
    """Whether the line is drawn only: dashes, underscores, stars."""
    bare = line.strip()
    return len(bare) >= 3 and not bare.strip(_RULE) and any(char in "-_=*~—–─▬" for char in bare)


def _words(line: str) -> tuple[str, bool]:
    """The words between drawn ends in lower case, and whether there were such ends."""
    line = line[:400]
    bare = line.strip().strip("*").strip()
    # Some write the headers behind the closing dashes on the same line.
    closing = bare.find("---", len(bare) - len(bare.lstrip("-")) + 3) if bare.startswith("---") else -1
    if closing > 0:
        bare = bare[:closing]
    words = bare.strip(_RULE).strip("[]() ").strip().lower().replace("i\u0307", "i")
    head = len(bare) - len(bare.lstrip("-_=*~—–─[ "))
    return words, head >= 2 or bare[:1] in "-—–"
