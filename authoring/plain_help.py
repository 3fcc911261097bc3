"""Plain help: what a command does and takes, read from its source, so that asking installs nothing.

Any Python runs this, as it does `environment`.
"""

import ast
import difflib
import textwrap
from pathlib import Path

# These have more words of their own, and answer for them.
PASS_ON = ("bench", "test")


def asked(arguments: list[str], source: Path) -> str:
    """What to say instead of starting a command: its help, or that there is none of this name."""
    known = commands(source)
    name = arguments[0].replace("_", "-")
    if name not in known and not name.startswith("-"):
        near = difflib.get_close_matches(name, known, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        return f"There is no command {name}.{meant} `python3 tasks.py` lists all of them."
    wanted = {"-h", "--help"} & set(arguments[1:2] if name in PASS_ON else arguments[1:])
    return help_of(known[name], name) if wanted and "--" not in arguments else ""


def commands(source: Path) -> dict[str, ast.FunctionDef]:
    """The commands of a file, and those that it takes from a module whose name says that it has some."""
    found: dict[str, ast.FunctionDef] = {}
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("_tasks"):
            taken = {each.name.replace("_", "-") for each in node.names}
            module = source.parent.joinpath(*str(node.module).split(".")).with_suffix(".py")
            found |= {name: each for name, each in commands(module).items() if name in taken}
        elif isinstance(node, ast.FunctionDef) and any(
            "task" in ast.unparse(each).partition("(")[0] for each in node.decorator_list
        ):
            found[node.name.replace("_", "-")] = node
    return found


def help_of(command: ast.FunctionDef, name: str) -> str:
    said, positional = {}, []
    for decorator in command.decorator_list:
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg == "help":
                said = ast.literal_eval(keyword.value)
            elif keyword.arg == "positional":
                positional = ast.literal_eval(keyword.value)
    given = command.args.args[1:]
    needed = len(given) - len(command.args.defaults)
    words, lines = [], []
    for place, argument in enumerate(given):
        option = argument.arg.strip("_").replace("_", "-")
        flag = argument.annotation is not None and ast.unparse(argument.annotation) == "bool"
        default = command.args.defaults[place - needed] if place >= needed else None
        if default is None:
            words.append(option.upper())
            shown = option.upper()
        elif argument.arg in positional:
            shown = f"[{option.upper()}]"
            words.append(shown)
        elif flag and ast.unparse(default) == "True":
            shown = f"--no-{option}"
        else:
            shown = f"--{option}" if flag else f"--{option} {option.upper()}"
        text = str(said.get(option, said.get(argument.arg, "")))
        lines += textwrap.wrap(
            text, 96, initial_indent=f"  {shown:24} ", subsequent_indent=" " * 27
        ) or [f"  {shown}"]
    usage = " ".join(["python3 tasks.py", name, *words, *["[options]"] * (len(given) > needed)])
    return "\n".join([usage, "", ast.get_docstring(command) or "", *[""] * bool(lines), *lines])
