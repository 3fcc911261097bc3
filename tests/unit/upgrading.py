"""A blog's files, written and read by their names."""

from pathlib import Path


def write(folder: Path, files: dict[str, str], **given: str) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{v}", given.get("v", "")), "utf-8")
    return folder


def read(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8", errors="surrogateescape")
        for path in folder.rglob("*")
        # What Python keeps of code is its own.
        if path.is_file()
        and not {".git", "var", "__pycache__"} & set(path.relative_to(folder).parts)
    }
