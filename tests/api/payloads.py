"""What strangers may type to get markup onto a page."""

# Short enough to be names: at most fifty letters.
SHORT = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>"),
    *("\"><script>alert(1)</script>", "' onmouseover='alert(1)", '" autofocus onfocus="alert(1)'),
    *("</textarea><script>alert(1)</script>", "</title><script>alert(1)//", "--><img src=x>"),
    *("{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>", "%(title)s %s %%n", "&lt;script&gt;alert(1)"),
    *("&#60;img src=x onerror=alert(1)&#62;", "]]><script>alert(1)</script>", "<!--<script>"),
    *("<a href=javascript:alert(1)>x</a>", "<style>*{display:none}</style>", "<base href=//evil>"),
    *("<iframe srcdoc='<b>'>", "<form action=//evil><input>", "\\u003cscript\\u003e", "<b>bold</b>"),
)  # fmt: skip
# What Markdown could make of it.
LONG = (
    *("[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))"),
    *("[x](&#106;avascript:alert(1))", "[x](vbscript:msgbox(1))", "[x](data:text/html,<script>)"),
    *("![x](https://evil.example/pixel.gif)", "![x](javascript:alert(1))", "![\"onerror=alert(1)](x)"),
    *("<javascript:alert(1)>", "<https://a.example/\"onclick=alert(1)>", "[x]: javascript:alert(1)\n\n[x]"),
    *("[x](https://a.example \"' onclick=alert(1)\")", "[x](//evil.example)", "[x](/comments/sign-out)"),
    *("`<script>alert(1)</script>`", "```html\n<script>alert(1)</script>\n```", "```\" onclick=alert(1)\nx\n```"),
    *("# <script>alert(1)</script>", "<div style=\"position:fixed\">x</div>", "<p class=postil-badge>Author"),
    *("a\n\n<!-- postil:end pelicans -->\n\nb", "<!-- postil:begin pelicans en -->", "</div></section>"),
    *("| a |\n|---|\n| <img src=x onerror=alert(1)> |", "&#x202e;evil", "x&#1;y", "x&#xffff;y", "$$x$$"),
    *("<https://a.example/?a=b&lt;script>", "https://a.example/<script>", "**<b>x</b>**", "~~<s>~~"),
)  # fmt: skip
