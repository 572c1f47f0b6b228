"""Where the writer's words end and the signature begins."""

_MOBILE = (
    "sent from", "sent via", "sent with", "sent using", "sent on the go", "sent by my", "get outlook for",
    "gesendet von", "gesendet mit",
    "gesendet über", "von meinem", "von unterwegs", "holen sie sich outlook", "outlook für",
    "diese nachricht wurde von meinem",
    "envoyé de mon", "envoyé depuis", "envoyé à partir", "envoyé avec", "envoyé par", "envoyé via", "envoyé d'",
    "envoyé de ",
    "télécharger outlook", "obtenez outlook", "obtenir outlook", "provenance : ", "enviado desde", "enviado de ",
    "enviado do meu",
    "enviado a partir", "enviado via", "enviado por", "enviado con", "enviado pelo", "obtener outlook",
    "obter o outlook",
    "obter outlook", "inviato da", "inviato dal", "inviata da", "ottieni outlook", "scarica outlook",
    "verzonden vanaf",
    "verstuurd vanaf", "verzonden met", "verzonden via", "verzonden van", "verstuurd via", "outlook voor",
    "download outlook",
    "skickat från", "skickat via", "hämta outlook", "sendt fra", "sendt frå", "sendt via", "hent outlook",
    "få outlook",
    "wysłane z", "wysłano z", "pobierz outlook", "pobierz aplikację outlook", "odesláno z", "odoslané z",
    "získat outlook",
    "отправлено с", "отправлено из", "отправлено через", "надіслано з", "відправлено з", "скачать outlook",
    "gönderen: ", "lähetetty",
    "hanki outlook", "küldve", "elküldve", "trimis de pe", "trimis din", "发自我的", "从我的", "發自我的",
    "從我的", "来自我的",
    "寄自我的", "傳送自", "发送自", "나의 ", "내 iphone", "đã gửi từ", "gửi từ", "dikirim dari",
    "dihantar dari", "ส่งจาก",
    "στάλθηκε από",
    "εστάλη από", "נשלח מ", "أرسلت من", "أُرسلت من", "poslano s", "poslano iz", "poslano z", "saadetud minu",
    "išsiųsta iš",
    "enviat des de", "bidalia",
)  # fmt: skip
_MOBILE_ENDS = (
    "gesendet",
    "から送信",
    "から送信されました",
    "에서 보냄",
    "에서 발송",
    "传送",
    "傳送",
    "発送",
    "gönderildi",
    "tarafından gönderildi",
    "wysłane",
)
_MACHINES = (
    "iphone", "ipad", "android", "samsung", "galaxy", "blackberry", "windows", "outlook", "mobile", "mobil",
    "handy", "phone", "yahoo",
    "gmail", "mail", "huawei", "xiaomi", "htc", "nokia", "tablet", "device", "verizon", "ipod", "smartphone",
    "mobiel", "teléfono",
    "téléphone", "telefon", "cellulare", "nexus", "proton", "spark", "mailbird", "telemóvel", "celular", "puhelin",
    "portable", "wireless",
    "airmail", "devices", "dispositivo", "appareil", "my ", "meinem", "mon ", "mijn ", "mein ",
)  # fmt: skip
_MAX_LINES = 12
_MAX_LINE = 160


def is_mobile(line: str) -> bool:
    """Whether the line is what a telephone or a mail program appends by itself."""
    low = line.strip(" \t*_-~<>[]()\u200e\u200f.\u00a0").lower()
    if not 6 <= len(low) <= _MAX_LINE:
        return False
    words = low.partition("<http")[0].partition("(http")[0]
    if len(words) > 90:
        return False
    if words.startswith(_MOBILE):
        return any(machine in words for machine in _MACHINES)
    return words.endswith(_MOBILE_ENDS) and any(machine in words for machine in _MACHINES)


def is_delimiter(line: str) -> bool:
    """Whether the line sets the signature apart: `-- ` and what people make of it."""
    bare = line.strip()
    return bare in ("--", "—", "––", "- --", "---", "__", "___", "-- --", "―", "*--*", "— —") or (
        len(bare) >= 10 and not bare.strip("_")
    )


def find(lines: list[str]) -> int:
    """The line with which the signature begins; the number of lines when there is none."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    seen = 0
    best = len(lines)
    for number in range(end - 1, -1, -1):
        line = lines[number]
        if not line.strip():
            continue
        if best < len(lines) and is_mobile(line):
            best = number
            continue
        seen += 1
        if seen > _MAX_LINES or len(line) > 4 * _MAX_LINE:
            break
        if (is_delimiter(line) and number < end - 1) or (is_mobile(line) and _all_short(lines[number:end])):
            best = number
    return best


def _all_short(lines: list[str]) -> bool:
    """After a telephone's line only a few short lines may follow, else it was a quotation of one."""
    return sum(1 for line in lines if line.strip()) <= 4
