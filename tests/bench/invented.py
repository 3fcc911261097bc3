"""Invented posts: a blog about programs such as people write, the same for the same seed.

Half of the posts have fewer than about 900 words, a few have many times that. They have headings,
lists, tables, links, pictures of no file, quotations, footnotes and code in ten languages; a third of
the fences name no language, as in real blogs, and hold commands, output or more code. Code is short and
not in every post: finding its colours takes 0.35 s of a thousand posts, as of those in the README files of
packages. Some posts are in Chinese. What real posts look like to a generator is the business of `posts`.
"""

import itertools
import random
import re
from collections.abc import Callable
from datetime import timedelta

from tests.bench.posts import FIRST, Post
from tests.service import ROOT

CODE = ROOT / "tests" / "samples" / "bench" / "code.md"
SNIPPET = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
PLACEHOLDER = re.compile(r"alpha|beta|gamma|delta|Alpha|101")
# The most frequent first: the n-th is drawn as often as the first, divided by n.
WORDS = re.findall(
    r"\w+",
    """
the of to a and in is that it for on with as this was be by are not or from at which but have an
they when one we all can has more if so what there would only other about then its been who will
time no some may first same into them than over such where any after most many two these new
because must through how well before between should while under both each made file code page
server build test number line work place name value list error change write read small large fast
slow cache memory process thread request answer user people year day week morning thing way case
question problem reason idea result point part word text version release program function module
package system network database query table index key type object class method string loop branch
commit review deploy script config setting default option command shell editor window machine disk
image browser style font colour template theme post blog comment reader author garden river
bird pelican water boat bridge winter street letter paper pencil coffee kitchen music travel
""",
)
HANZI = re.findall(
    r"\w+",
    """
我们 今天 这个 程序 时候 问题 文件 因为 所以 如果 可以 没有 一个 服务器 代码 页面 构建 测试 很快 慢
内存 缓存 写作 读者 博客 评论 作者 生成 静态 网站 模板 设置 命令 编辑 结果 开始 以后 需要 发现 使用
简单 复杂 数据库 查询 版本 发布 部署 鹈鹕 河边 冬天 早上 咖啡
""",
)
TOPICS = WORDS[100:160]
CATEGORIES = ("notes", "howto", "tools", "essays", "travel", "releases", "reading", "links")
NAMED = ("python", "js", "bash", "json", "yaml", "html", "css", "go", "rust", "sql")
# How often a blog shows each of them.
SHARES = (24, 18, 18, 8, 9, 8, 6, 4, 3, 5)
CHINESE_SHARE, UNNAMED_SHARE = 0.06, 0.31
MOST_WORDS, MOST_LINES = 9_000, 200


class Writer:
    """The chance of one post, and what is written with it."""

    def __init__(self, seed: str, snippets: dict[str, list[str]]) -> None:
        self.chance = random.Random(seed)
        self.snippets = snippets
        self.chinese = self.chance.random() < CHINESE_SHARE
        words = HANZI if self.chinese else WORDS
        self.shares = list(itertools.accumulate(1 / (place + 3) for place in range(len(words))))
        self.vocabulary = words
        self.notes = 0

    def words(self, many: int) -> list[str]:
        return self.chance.choices(self.vocabulary, cum_weights=self.shares, k=many)

    def some(self, share: float) -> bool:
        return self.chance.random() < share

    def decorated(self, word: str) -> str:
        """A word of a sentence, once in a while as a link, as code, or with weight."""
        draw = self.chance.random()
        if draw < 0.010:
            return f"`{'_'.join(self.chance.choices(TOPICS, k=2))}`"
        if draw < 0.016:
            return f"[{word}](https://example.org/{self.chance.choice(TOPICS)}/)"
        if draw < 0.022:
            return f"**{word}**" if draw < 0.018 else f"*{word}*"
        return word

    def sentence(self) -> str:
        words = [self.decorated(word) for word in self.words(self.chance.randint(5, 24))]
        if self.chinese:
            return "".join(words) + "。"
        if len(words) > 10:
            words[len(words) // 2] += ","
        text = " ".join(words)
        return f"{text[0].upper()}{text[1:]}."

    def paragraph(self) -> str:
        joint = "" if self.chinese else " "
        text = joint.join(self.sentence() for _ in range(self.chance.randint(2, 6)))
        if self.some(0.03):
            self.notes += 1
            text += f"[^{self.notes}]"
        return text

    def title(self) -> str:
        words = self.words(self.chance.randint(2, 6))
        return "".join(words) if self.chinese else " ".join(words).capitalize()

    def code(self) -> str:
        named = not self.some(UNNAMED_SHARE)
        language = self.chance.choices(NAMED, SHARES)[0] if named or self.some(0.5) else "text"
        wanted = min(MOST_LINES, self.chance.lognormvariate(2.0, 0.8))
        text = ""
        while text.count("\n") < wanted:
            text += "\n" * bool(text) + self.filled(self.chance.choice(self.snippets[language]))
        lines = text.splitlines()[: max(2, round(wanted))]
        return "\n".join([f"```{language if named else ''}", *lines, "```"])

    def filled(self, snippet: str) -> str:
        drawn = self.chance.sample(TOPICS, 4)
        names = dict(zip(("alpha", "beta", "gamma", "delta"), drawn, strict=True))
        names |= {"Alpha": names["alpha"].capitalize(), "101": str(self.chance.randint(2, 999))}
        return PLACEHOLDER.sub(lambda match: names[match[0]], snippet)

    def items(self) -> str:
        mark = "1." if self.some(0.3) else "-"
        many = self.chance.randint(3, 7)
        return "\n".join(
            f"{mark} {' '.join(self.words(self.chance.randint(3, 14)))}" for _ in range(many)
        )

    def table(self) -> str:
        columns = self.chance.randint(2, 4)
        rows = [self.words(columns), ["---"] * columns]
        rows += [[*self.words(columns - 1), str(n * 7)] for n in range(self.chance.randint(3, 9))]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def picture(self) -> str:
        return f"![{self.title()}](https://example.org/{self.chance.choice(TOPICS)}.png)"

    def quotation(self) -> str:
        return f"> {self.sentence()}\n> {self.sentence()}"

    def body(self) -> str:
        left = min(MOST_WORDS, self.chance.lognormvariate(6.3, 0.75))
        # Not every post shows code; the longer ones show more.
        codes = self.some(0.55)
        others: list[Callable[[], str]] = [
            *(self.items, self.items, self.items, self.picture, self.quotation, self.table)
        ]
        parts = [self.paragraph()]
        while left > 0:
            if len(parts) > 3 and self.some(0.18):
                parts.append(f"{'##' if self.some(0.8) else '###'} {self.title()}")
            if codes and self.some(0.32):
                parts.append(self.code())
            if self.some(0.15):
                parts.append(self.chance.choice(others)())
            parts.append(self.paragraph())
            left -= len(parts[-1]) / (2 if self.chinese else 6)
        parts += [f"[^{number + 1}]: {self.sentence()}" for number in range(self.notes)]
        return "\n\n".join(parts) + "\n"


def blog(many: int) -> list[Post]:
    snippets: dict[str, list[str]] = {}
    for language, code in SNIPPET.findall(CODE.read_text(encoding="utf-8")):
        snippets.setdefault(language, []).append(code)
    made = []
    for number in range(many):
        writer = Writer(f"post {number}", snippets)
        tags = writer.chance.choices(TOPICS[:40], range(40, 0, -1), k=writer.chance.randint(1, 4))
        # Within fourteen years, and never two at one moment.
        date = FIRST + timedelta(days=writer.chance.randrange(5_000), seconds=number)
        made.append(
            Post(
                slug=f"post-{number}",
                title=f"{writer.title()} {number}",
                date=date,
                tags=tuple(dict.fromkeys(tags)),
                category=writer.chance.choice(CATEGORIES),
                body=writer.body(),
            )
        )
    return made
