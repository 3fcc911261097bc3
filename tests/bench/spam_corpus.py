"""Invented comments, genuine and spam, the same for the same seed: no real person's words.

Genuine ones are put together from sentences about the things that an article is about, in six
languages: a third has a few words only, a fifth has links, and one in twelve speaks of what spam speaks of
(loans, coins, betting, search engines). Spam comes in campaigns as it does in life: each has its own hosts, names
and phrases, is spun from synonyms, and one in four is written with look-alikes or torn letters. The last
third of the campaigns is kept back, so that it can be asked how a filter fares with what it never saw; of
genuine ones so are one subject of each language and half of those that speak of what spam speaks of.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from comments_service.spam import Text

LANGUAGES = ("en", "en", "en", "de", "fr", "es", "zh", "ar")
TOPICS: dict[str, Sequence[Sequence[str]]] = {
    "en": (
        (
            "the cache",
            "the build",
            "your config",
            "SQLite",
            "the migration",
            "a slow query",
            "the index",
        ),
        (
            "the tomatoes",
            "my compost",
            "the raised bed",
            "late frost",
            "the seedlings",
            "clay soil",
        ),
        ("the sourdough", "the oven", "rye flour", "a longer proof", "the crust", "my starter"),
        (
            "the night train",
            "the ferry",
            "that mountain hut",
            "the border crossing",
            "the guidebook",
        ),
        (
            "the film",
            "the second chapter",
            "her translation",
            "the ending",
            "the narrator",
            "the score",
        ),
        ("the bike lane", "the council", "the bus timetable", "rents here", "the old bridge"),
    ),
    "de": (
        ("der Cache", "die Datenbank", "das Skript", "der Index", "die Konfiguration"),
        ("der Kompost", "das Hochbeet", "der späte Frost", "die Tomaten"),
        ("der Nachtzug", "die Hütte", "die Fähre", "der Fahrplan"),
    ),
    "fr": (
        ("le cache", "la base de données", "le script", "la configuration"),
        ("le levain", "la croûte", "la farine", "le four"),
        ("le train de nuit", "le refuge", "le guide", "la frontière"),
    ),
    "es": (
        ("la caché", "la base de datos", "el índice", "la configuración"),
        ("el compost", "los tomates", "la helada", "el suelo"),
        ("el tren nocturno", "la película", "el final", "la traducción"),
    ),
    "zh": (
        ("缓存", "数据库", "索引", "配置文件"),
        ("酵母", "烤箱", "面粉"),
        ("夜车", "山屋", "译本", "结尾"),
    ),
    "ar": (
        ("ذاكرة التخزين", "قاعدة البيانات", "الإعدادات"),
        ("الخبز", "الفرن"),
        ("القطار", "الكتاب", "النهاية"),
    ),
}
SENTENCES: dict[str, Sequence[str]] = {
    "en": (
        "I tried this with {a} last week and {b} still gave me trouble.",
        "Are you sure about {a}? In my case it was {b} that made the difference.",
        "We had the same problem with {a}; in the end we left {b} alone.",
        "Small correction: {a} comes before {b}, not after it.",
        "My father always said that {a} matters less than {b}.",
        "Does this also work when {a} is older than {b}?",
        "I disagree about {a}, but the part about {b} made me think.",
        "You write that {a} is hard. It took me three evenings, mostly because of {b}.",
        "What did you do about {a} in winter?",
        "For anybody who lands here: {a} changed since, {b} did not.",
        "I would love to read more about {a}, especially how {b} fits in.",
        "That paragraph on {a} is wrong, I think; see what the manual says of {b}.",
        "Reading this on the train, laughing about {a}.",
    ),
    "de": (
        "Bei mir war {a} das Problem, nicht {b}.",
        "Bist du sicher, dass {a} vor {b} kommt?",
        "Ich habe das am Wochenende probiert, {a} ging sofort, {b} leider nicht.",
        "Kleine Korrektur: {a} hat sich inzwischen geändert.",
        "Schön beschrieben, nur {a} sehe ich anders als du.",
    ),
    "fr": (
        "Chez moi c'était {a} qui posait problème, pas {b}.",
        "Je ne suis pas d'accord sur {a}, mais {b} m'a fait réfléchir.",
        "Est-ce que cela marche aussi quand {a} est plus ancien ?",
        "Petite correction : {a} vient avant {b}.",
    ),
    "es": (
        "En mi caso fue {a} y no {b} lo que fallaba.",
        "¿Funciona también cuando {a} es más antiguo que {b}?",
        "No estoy de acuerdo con lo de {a}, pero {b} me hizo pensar.",
    ),
    "zh": (
        "我上周也试过，问题出在{a}，不是{b}。",
        "请问{a}和{b}的先后顺序是不是写反了？",
        "不太同意关于{a}的说法，不过{b}那一段很有启发。",
        "我们这里{a}一直很慢，后来换了{b}才好。",
    ),
    "ar": (
        "جربت هذا الأسبوع الماضي وكانت المشكلة في {a} وليس في {b}.",
        "هل يعمل هذا أيضا عندما تكون {a} قديمة؟",
        "لا أتفق معك حول {a} لكن {b} جعلني أفكر.",
    ),
}
SHORT: dict[str, Sequence[str]] = {
    "en": (
        "Thanks, that helped!",
        "Great post.",
        "+1",
        "Nice, works here too.",
        "Thank you!",
        "Typo in the second line.",
        "Same here.",
        "Lovely pictures.",
    ),
    "de": ("Danke, hat geholfen!", "Genau so.", "Toller Artikel, danke.", "Bei mir auch."),
    "fr": ("Merci beaucoup !", "Très utile, merci.", "Pareil ici."),
    "es": ("¡Gracias!", "Muy útil, gracias.", "Igual aquí."),
    "zh": ("谢谢，很有帮助！", "写得真好。", "同感。", "学习了。"),
    "ar": ("شكرا جزيلا!", "مقال مفيد شكرا.", "نفس الشيء هنا."),
}
# What a filter that knows spam by its subject would take for it.
DELICATE = (
    "The casino in that photograph was a railway station first; the roulette room was the ticket hall.",
    "I wrote my thesis on bitcoin mining and its power use, and your numbers look about right.",
    "Our bank refused the loan because of the interest rate, so we insulated only the roof.",
    "Search engines still rank your old address first, you may want to add a redirect to {url}.",
    "My pharmacist says these pills are cheaper as a generic, ask yours before you buy.",
    "How do you bet on a horse whose odds change every minute? My grandfather never told me.",
    "Please don't buy backlinks. Our traffic fell by half after we tried SEO like that.",
    "关于投资的部分我不同意，彩票的收益率您算错了。",
    "Bei uns hat ein Kredit ohne Schufa die halbe Familie ruiniert, lasst das.",
)
NAMES = ("Ada", "Gus", "Mira", "Tom K.", "jonas", "Léa", "Carmen", "王伟", "小林", "Yusuf", "Nour", "P. Okafor", "Hanna", "d3n")  # fmt: skip
SITES = (
    "blog.hanna.example",
    "git.example.org",
    "docs.example.net",
    "photos.example",
    "wiki.example.org",
)

CAMPAIGNS: Sequence[tuple[Sequence[str], Sequence[str], str]] = (
    (("{great} post! I really {like} the way you {write} it. {visit} my {page} {url}", "{great} article, I have {save} your {page}. Also {visit} {url} for SEO services"), ("SEO Expert", "Best SEO Services", "Digital Marketing"), "rank{n}.example"),
    (("{win} big at the best online casino, 200% bonus for new {players}! {url}", "Online slots, roulette and poker with instant withdrawal, {visit} {url}"), ("Winbet", "Lucky Slots", "Casino Online"), "winbet{n}.example"),
    (("I {win} 5,000 dollars a week with this crypto trading bot, write to my broker on telegram @fx{n}", "Bitcoin investment with guaranteed profit, contact Mrs. Helen on whatsapp +1 555 01{n}"), ("Helen Forex", "Crypto Signals"), "coin{n}.example"),
    (("cheap {pills} without prescription {url} fast shipping", "Buy generic {pills} online, no prescription, best price {url}"), ("Pharmacy", "Cheap Meds"), "meds{n}.example"),
    (("{url} {url2} {url3}", "<a href=\"{url}\">replica watches</a> <a href=\"{url2}\">handbags outlet</a> {url3}"), ("outlet", "replica watches", "xjqwzk"), "shop{n}.example"),
    (("澳门{win_zh}官网注册送彩金，最高返水，加微信{n}", "专业代开发票，联系微信 fp{n}，诚信可靠"), ("官网", "代开发票"), "am{n}.example"),
    (("Онлайн казино с быстрыми выплатами, бонус за регистрацию {url}", "Заработок без вложений, пиши в телеграм @money{n}"), ("Казино", "Заработок"), "kazino{n}.example"),
    (("Need an urgent loan? We offer loans at 2% interest, apply by email loan{n}@finance.example", "Are you in debt? Get a loan today without collateral, apply now {url}"), ("Loan Firm", "Mr. Frank Finance"), "loan{n}.example"),
    # Kept back.
    (("Hot {girls} near you are waiting, chat for free {url}", "Meet single {girls} tonight, sign up free {url}"), ("Dating", "Sweet Anna"), "date{n}.example"),
    (("I was so {like} to stumble upon your {page}! {great} job, keep it up. {visit} mine {url}", "Hello there! This is kind of off topic, do you have trouble with spam? Feel free to surf to my {page} {url}"), ("Wilhelmina", "my web page", "Find Out More"), "homepage{n}.example"),
    (("Buy instagram followers and youtube views, real and {cheap}, {visit} {url}", "Get 10,000 followers today, {cheap} and safe {url}"), ("Social Boost", "Followers Shop"), "likes{n}.example"),
    (("六合彩内部资料，百分百{win_zh}，加QQ{n}", "低价{win_zh}网络兼职，日赚三百，联系QQ{n}"), ("内部资料", "兼职"), "lhc{n}.example"),
)  # fmt: skip
KNOWN = 8
SPUN: dict[str, Sequence[str]] = {
    "great": ("Great", "Excellent", "Amazing", "Wonderful", "Superb", "Fantastic"),
    "like": ("like", "enjoy", "love", "pleased", "appreciate"),
    "write": ("wrote", "explained", "presented", "described"),
    "visit": ("visit", "check out", "look at", "see", "click"),
    "page": ("website", "site", "blog", "web page", "webpage"),
    "save": ("bookmarked", "saved", "shared", "subscribed to"),
    "win": ("win", "earn", "make", "get"),
    "players": ("players", "customers", "members"),
    "pills": ("viagra", "cialis", "tramadol", "xanax"),
    "girls": ("girls", "women", "ladies"),
    "cheap": ("cheap", "fast", "affordable"),
    "win_zh": ("赌场", "中奖", "娱乐", "必赢"),
}
LOOK_ALIKES = str.maketrans("aeocpx", "аеосрх")


@dataclass(frozen=True)
class Written:
    """A comment and what a moderator would say of it."""

    text: Text
    spam: bool
    kind: str


def genuine(chance: random.Random, *, kept_back: bool) -> Written:
    """Of what a filter is taught, or with what is kept back from that as well."""
    lang = chance.choice(LANGUAGES)
    name = chance.choice(NAMES)
    url = f"https://{chance.choice(SITES)}/{chance.randrange(9999)}"
    drawn = chance.random()
    if drawn < 1 / 12:
        delicate = DELICATE[len(DELICATE) // 2 :] if kept_back else DELICATE[: len(DELICATE) // 2]
        return Written(Text(chance.choice(delicate).format(url=url), name), False, "delicate")
    if drawn < 5 / 12:
        return Written(Text(chance.choice(SHORT[lang]), name), False, "short")
    things = chance.choice(TOPICS[lang] if kept_back else TOPICS[lang][:-1])
    said = []
    for sentence in chance.sample(SENTENCES[lang], chance.randint(1, min(4, len(SENTENCES[lang])))):
        a, b = chance.sample(things, 2)
        said.append(sentence.format(a=a, b=b))
    linked = chance.random() < 1 / 3
    if linked:
        said.append(f"[{chance.choice(things)}]({url})" if chance.random() < 0.5 else url)
    website = f"https://{chance.choice(SITES)}" if chance.random() < 0.2 else ""
    kind = "with links" if linked else "Chinese" if lang == "zh" else "plain"
    return Written(Text(" ".join(said), name, website), False, kind)


def spam(chance: random.Random, campaigns: Sequence[int]) -> Written:
    number = chance.choice(campaigns)
    phrases, names, host = CAMPAIGNS[number]

    def url() -> str:
        return f"https://{host.format(n=chance.randrange(40))}/{chance.randrange(9999)}"

    spun = {word: chance.choice(others) for word, others in SPUN.items()}
    links = {"url": url(), "url2": url(), "url3": url()}
    text = chance.choice(phrases).format(**spun, **links, n=chance.randrange(100, 999))
    kind = "campaign"
    disguise = chance.random()
    if disguise < 1 / 8:
        text, kind = _outside_links(text, lambda word: word.translate(LOOK_ALIKES)), "look-alikes"
    elif disguise < 1 / 4:
        text, kind = _outside_links(text, lambda word: _torn(word, chance)), "torn letters"
    website = url() if chance.random() < 0.5 else ""
    return Written(Text(text, chance.choice(names), website), True, kind)


def _outside_links(text: str, change: Callable[[str], str]) -> str:
    return " ".join(word if "//" in word else change(word) for word in text.split(" "))


def _torn(word: str, chance: random.Random) -> str:
    return chance.choice("-.*").join(word) if len(word) > 4 and word.isalpha() else word


def written(
    seed: int, number: int, share: float = 0.5, *, kept_back: bool = False
) -> list[Written]:
    """So many comments, of which a share is spam: what a filter is taught, or with what is kept back."""
    chance = random.Random(seed)
    campaigns = range(KNOWN, len(CAMPAIGNS)) if kept_back else range(KNOWN)
    return [
        spam(chance, campaigns) if chance.random() < share else genuine(chance, kept_back=kept_back)
        for _ in range(number)
    ]
