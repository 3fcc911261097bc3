"""What a browser and a system are called, by what they say of themselves in `User-Agent`."""

from comments_service import i18n
from comments_service.errors import Message

# What a User-Agent calls itself, and what people call it; the first that fits, since most
# browsers claim to be several.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def device_name(user_agent: str) -> tuple[str, str]:
    """The browser and the system that a User-Agent names; empty for what is not known."""
    browser = next((name for word, name in BROWSERS.items() if word in user_agent), "")
    system = next((name for word, name in SYSTEMS.items() if word in user_agent), "")
    return browser, system


def device_title(user_agent: str, lang: str) -> str:
    """What a passkey is called by itself: after the browser and the system that made it."""
    browser, system = device_name(user_agent)
    if browser and system:
        title = Message("{browser} on {system}", browser=browser, system=system)
        return i18n.say(lang, title)
    return browser or system or i18n.say(lang, Message("A passkey"))
