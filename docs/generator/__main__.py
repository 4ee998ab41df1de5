"""`python -m docs.generator`: writes the generated pages anew."""

import sys

from docs.generator import DOCS, SCHEMAS, breaches, pages


def main() -> int:
    """Write them; say which have changed, or what is wrong.

    Nothing is written while a schema takes less than it did: that would hide it.
    """
    try:
        made = pages()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if found := breaches():
        sys.stderr.write("\n".join(map(str, found)) + "\n")
        return 1
    SCHEMAS.mkdir(exist_ok=True)
    for path, text in made.items():
        is_fresh = path.exists() and path.read_text(encoding="utf-8") == text
        path.write_text(text, encoding="utf-8")
        name = path.relative_to(DOCS.parent)
        sys.stdout.write(f"{name} is {'unchanged' if is_fresh else 'written anew'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
