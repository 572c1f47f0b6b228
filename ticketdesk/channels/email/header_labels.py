"""The blocks of From, Date, To and Subject that mailers copy into a body, in many languages."""

from dataclasses import dataclass, field

_FROM = (
    "from", "von", "de", "da", "van", "från", "fra", "frá", "od", "šalje", "от", "от кого", "від", "від кого",
    "发件人", "寄件者",
    "寄件人", "發件人", "差出人", "送信者", "送信元", "보낸 사람", "보낸사람", "kimden", "gönderen",
    "lähettäjä", "feladó",
    "expéditeur", "remitente", "mittente", "afzender", "absender", "nadawca", "odesílatel", "odesilatel",
    "odosielateľ",
    "pošiljatelj", "từ", "dari", "จาก", "από", "מאת", "من", "saatja", "nuo", "no", "ot", "de la", "expeditor",
    "avsändare",
    "afsender", "avsender", "remetente", "від:", "şundan", "kellé", "odosielate",
)  # fmt: skip
_DATE = (
    "date", "sent", "date sent", "sent on", "sent at", "datum", "gesendet", "gesendet am", "envoyé", "envoyé le",
    "envoyée",
    "date d'envoi", "date d’envoi", "enviado", "enviado el", "enviado em", "enviada em", "enviada", "fecha",
    "fecha de envío",
    "data", "inviato", "inviata", "data invio", "verzonden", "verzonden op", "skickat", "skickad", "sendt", "dato",
    "wysłano",
    "wysłane", "data wysłania", "дата", "отправлено", "дата отправки", "відправлено", "надіслано", "发送时间",
    "发送日期",
    "日期", "时间", "寄件日期", "傳送日期", "送信日時", "日時", "日付", "보낸 날짜", "날짜", "보낸날짜", "gönderildi",
    "gönderme tarihi", "gönderilme tarihi", "gönderilme", "gönderme", "tarih", "lähetetty", "päivämäärä",
    "päiväys", "elküldve", "küldve",
    "dátum",
    "küldés ideje", "trimis", "dată", "odesláno", "odeslané", "odoslané", "ngày", "đã gửi", "tanggal", "dikirim",
    "ส่งเมื่อ",
    "วันที่", "ημερομηνία", "στάλθηκε", "εστάλη", "תאריך", "נשלח", "تاريخ", "التاريخ", "تاريخ الإرسال", "poslano",
    "saadetud",
    "išsiųsta", "nosūtīts", "datums", "kuupäev", "изпратено", "dags", "dagsetning", "time", "datoen", "datum/tijd",
    "sendt den",
    "date/heure", "posted", "le", "päivä", "pvm",
)  # fmt: skip
_TO = (
    "to", "an", "à", "a", "para", "aan", "till", "til", "do", "кому", "收件人", "宛先", "送信先", "받는 사람",
    "받는사람", "kime",
    "alıcı", "vastaanottaja", "címzett", "către", "catre", "komu", "pro", "adresát", "đến", "tới", "kepada", "ถึง",
    "προς",
    "אל", "إلى", "الى", "al", "destinataire", "destinatario", "destinatário", "empfänger", "ontvanger", "mottagare",
    "modtager", "mottaker", "saaja", "kam", "за", "za", "adresatas", "adressaat", "prima", "primatelj", "prejemnik",
)  # fmt: skip
_SUBJECT = (
    "subject", "betreff", "objet", "sujet", "asunto", "assunto", "oggetto", "onderwerp", "ämne", "emne", "efni",
    "temat", "тема",
    "主题", "主旨", "主題", "件名", "题目", "제목", "konu", "aihe", "otsikko", "tárgy", "subiect", "předmět",
    "predmet", "věc",
    "chủ đề", "tiêu đề", "perihal", "subjek", "เรื่อง", "หัวเรื่อง", "θέμα", "נושא", "الموضوع", "naslov", "teema",
    "tema",
    "temats", "относно", "asia", "assumpte", "gaia",
)  # fmt: skip
_CC = (
    "cc", "bcc", "kopie", "copie", "copie à", "cópia", "copia", "kopia", "kopi", "kopie (cc)", "копия", "копія",
    "抄送", "副本",
    "ccメール", "참조", "bilgi", "kopio", "másolat", "kópia", "dw", "udw", "đồng gửi", "tembusan", "สำเนา",
    "κοιν", "עותק",
    "نسخة", "blindkopie", "cci", "cco",
)  # fmt: skip
_OTHER = (
    "reply-to", "reply to", "antwort an", "répondre à", "responder a", "responder para", "rispondi a", "importance",
    "wichtigkeit", "priority", "priorität", "attachments", "anlagen", "message-id", "organization", "mailed-by",
    "signed-by",
    "in-reply-to", "references", "x-mailer", "mime-version", "content-type", "return-path", "newsgroups", "sender",
    "pièces jointes", "bijlagen", "resent-from", "size", "priorité", "envoyé par", "received", "delivered-to",
    "list-id",
)  # fmt: skip
LABELS = {
    word: kind
    for kind, words in (
        ("other", _OTHER),
        ("cc", _CC),
        ("to", _TO),
        ("subject", _SUBJECT),
        ("date", _DATE),
        ("from", _FROM),
    )
    for word in words
}
_DECORATION = " \t*_>|\u00a0\u200e\u200f\u200b\ufeff"
_LONGEST_LABEL = 24


@dataclass(slots=True)
class Block:
    """A header block: where it begins and where the text after it does, and the values by kind."""

    start: int
    end: int
    values: dict[str, str] = field(default_factory=dict)


def read_label(line: str) -> tuple[str, str] | None:
    """Kind and value of a line such as `*Von:* Anna`, or None."""
    bare = line[:400].lstrip(_DECORATION)
    colon = -1
    for mark in (":", "："):
        found = bare.find(mark, 0, _LONGEST_LABEL + 8)
        if found > 0 and (colon < 0 or found < colon):
            colon = found
    if colon < 0:
        return None
    # The Turkish capital I loses its dot, which `lower` keeps as a sign of its own.
    label = bare[:colon].strip(_DECORATION).lower().replace("i\u0307", "i")
    # Chinese and Japanese mailers space labels out.
    kind = LABELS.get(label) or LABELS.get(label.replace(" ", "").replace("\u3000", ""))
    if kind is None:
        return None
    return kind, bare[colon + 1 :].strip(_DECORATION)


def find_block(lines: list[str], at: int) -> Block | None:
    """The header block that begins at line `at`, or None.

    It holds From and one of Date, To and Subject, in any order; values may go on in the next lines.
    """
    first = read_label(lines[at])
    if first is None or first[0] == "other":
        return None
    block = Block(at, at)
    last_kind = ""
    blanks = loose = 0
    for number in range(at, min(len(lines), at + 40)):
        line = lines[number]
        found = read_label(line)
        if found is not None and found[0] != "other" and found[0] in block.values and found[0] != "cc":
            break
        if found is not None:
            last_kind = found[0]
            block.values.setdefault(*found)
            block.end = number + 1
            blanks = loose = 0
        elif not line.strip(_DECORATION):
            blanks += 1
            if blanks > 1 or (blanks == 1 and _is_whole(block) and not _goes_on(lines, number)):
                break
        else:
            # The rest of a folded value.
            loose += 1
            if blanks or loose > (12 if last_kind in ("to", "cc") else 2) or not last_kind:
                if blanks and not block.values.get(last_kind) and loose == 1 and last_kind:
                    block.values[last_kind] = line.strip(_DECORATION)
                    block.end = number + 1
                    blanks = 0
                    continue
                break
            if not _is_folded(block.values[last_kind], line, last_kind, lines, number):
                break
            block.values[last_kind] = f"{block.values[last_kind]} {line.strip(_DECORATION)}".strip()
            block.end = number + 1
    return block if _is_whole(block) else None


def _is_whole(block: Block) -> bool:
    kinds = block.values.keys()
    return "from" in kinds and len(kinds & {"date", "to", "subject"}) >= 1 and _is_plausible(block)


def _is_plausible(block: Block) -> bool:
    """Short labels such as `De` or `A` are words too: two labels need an address or a date with them."""
    kinds = block.values.keys() & {"from", "date", "to", "subject"}
    if len(kinds) >= 3:
        return True
    joined = " ".join(block.values.values())
    return "@" in joined or any(char.isdigit() for char in block.values.get("date", "")) or "subject" in kinds


def _is_folded(value: str, line: str, kind: str, lines: list[str], number: int) -> bool:
    """Whether a line without a label continues the value before it."""
    if not value:
        return True
    if line[:1] in " \t" and kind != "subject":
        return True
    following = next((read_label(lines[n]) for n in range(number + 1, min(len(lines), number + 3))), None)
    if kind in ("to", "cc"):
        return value.endswith((",", ";", "<")) or "@" in line or following is not None
    return following is not None or value.endswith("<")


def _goes_on(lines: list[str], number: int) -> bool:
    """Whether another label follows a blank line."""
    return number + 1 < len(lines) and (found := read_label(lines[number + 1])) is not None and bool(found)
