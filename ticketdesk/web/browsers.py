"""What browsers are called."""

from ticketdesk.web.texts import _


def browser_name(words: str) -> str:
    """What a User-Agent header most likely means, e.g. "Firefox on Linux"."""
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "Mac"}
    systems["Linux"] = "Linux"
    browser = next((name for sign, name in browsers if sign in words), None)
    system = next((name for sign, name in systems.items() if sign in words), None)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Another program")
