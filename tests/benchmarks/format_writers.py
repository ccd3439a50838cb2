"""Lines of help pages, with their tags, as documents of many formats, made by the formats' own libraries."""

from __future__ import annotations

import json
import plistlib
import re
import zipfile
from html import escape, unescape
from pathlib import Path

import nbformat
import pptx
import xlsxwriter
from ebooklib import epub
from fluent.syntax import FluentSerializer, ast
from lxml import etree
from odf import opendocument, style, text

_TAG = re.compile(r"<(/?)[^>]*>")
Run = tuple[str, bool]  # text, and whether it stood within a tag


def runs(line: str) -> list[Run]:
    """The texts of a line between its tags; within any tag they are bold."""
    found: list[Run] = []
    depth = position = 0
    for match in (*_TAG.finditer(line), None):
        said = unescape(line[position:match.start() if match else len(line)])
        if said:
            found.append((said, depth > 0))
        if match:
            depth += 0 if match[0].endswith("/>") else -1 if match[1] else 1
            position = match.end()
    return found


def presentation(lines: list[str], path: Path) -> None:
    made = pptx.Presentation()
    for start in range(0, len(lines), 8):
        frame = made.slides.add_slide(made.slide_layouts[1]).placeholders[1].text_frame
        for line in lines[start:start + 8]:
            paragraph = frame.add_paragraph()
            for said, is_bold in runs(line):
                run = paragraph.add_run()
                run.text, run.font.bold = said, is_bold or None
    made.save(path)


def workbook(lines: list[str], path: Path) -> None:
    with xlsxwriter.Workbook(path) as made:
        sheet, bold = made.add_worksheet(), made.add_format({"bold": True})
        for row, line in enumerate(lines):
            said = runs(line)
            if len(said) > 2:
                parts = (part for words, is_bold in said for part in [bold] * is_bold + [words])
                sheet.write_rich_string(row, 0, *parts)
            else:
                sheet.write_string(row, 0, "".join(words for words, _ in said))


def letter(lines: list[str], path: Path) -> None:
    made = opendocument.OpenDocumentText()
    bold = style.Style(name="B", family="text")
    bold.addElement(style.TextProperties(fontweight="bold"))
    made.automaticstyles.addElement(bold)
    for line in lines:
        paragraph = text.P()
        for said, is_bold in runs(line):
            if is_bold:
                paragraph.addElement(text.Span(stylename=bold, text=said))
            else:
                paragraph.addText(said)
        made.text.addElement(paragraph)
    made.save(path)


def book(lines: list[str], path: Path) -> None:
    made = epub.EpubBook()
    made.set_title("Help")
    made.set_language("en")
    chapters = [epub.EpubHtml(title=f"Page {n}", file_name=f"{n}.xhtml", lang="en", content="".join(
        f"<p>{_bold(line, 'b')}</p>" for line in lines[n:n + 100])) for n in range(0, len(lines), 100)]
    for chapter in chapters:
        made.add_item(chapter)
    made.toc, made.spine = chapters, chapters
    made.add_item(epub.EpubNcx())
    made.add_item(epub.EpubNav())
    epub.write_epub(str(path), made)


def xml(root: str, around: str, tag: str):
    """A writer of XML with a <tag> around bold text."""
    def write(lines: list[str], path: Path) -> None:
        body = "".join(f"<{around}>{_bold(line, tag)}</{around}>" for line in lines)
        tree = etree.fromstring(f"<{root}><title>Help</title>{body}</{root}>")
        path.write_bytes(etree.tostring(tree, xml_declaration=True, encoding="utf-8"))

    return write


def idml(lines: list[str], path: Path) -> None:
    """By hand: no free program writes such files."""
    body = "".join("<ParagraphStyleRange>" + "".join(
        f'<CharacterStyleRange AppliedCharacterStyle="C/{"Bold" if is_bold else "None"}"><Content>'
        f"{escape(said, quote=False)}</Content></CharacterStyleRange>" for said, is_bold in runs(line)
    ) + "<CharacterStyleRange><Br /></CharacterStyleRange></ParagraphStyleRange>" for line in lines)  # fmt: skip
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.adobe.indesign-idml-package")
        package.writestr("designmap.xml", '<Document xmlns:idPkg="u"><idPkg:Story src="Stories/S.xml"/></Document>')
        package.writestr("Stories/S.xml", f"<Story>{body}</Story>")


def notebook(lines: list[str], path: Path) -> None:
    cells = [nbformat.v4.new_markdown_cell(_marked(line)) for line in lines]
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), "utf-8")


def rst(lines: list[str], path: Path) -> None:
    path.write_text("Help\n====\n\n" + "\n\n".join(_marked(line) for line in lines) + "\n", "utf-8")


def fluent(messages: list[str], path: Path) -> None:
    body = [ast.Message(ast.Identifier(f"m{n}"), ast.Pattern([ast.TextElement(m.replace("{", "(").replace("}", ")"))]))
            for n, m in enumerate(messages)]  # fmt: skip
    path.write_text(FluentSerializer().serialize(ast.Resource(body)), "utf-8")


def stringsdict(messages: list[str], path: Path) -> None:
    rows = {f"key{n}": {"NSStringLocalizedFormatKey": "%#@n@", "n": {
        "NSStringFormatSpecTypeKey": "NSStringPluralRuleType", "other": message}} for n, message in enumerate(messages)}
    path.write_bytes(plistlib.dumps(rows))


def toml(messages: list[str], path: Path) -> None:
    path.write_text("".join(f"[key{n}]\nother = {json.dumps(m, ensure_ascii=False)}\n"
                            for n, m in enumerate(messages)), "utf-8")  # fmt: skip


def ini(messages: list[str], path: Path) -> None:
    rows = ('KEY{}="{}"\n'.format(n, m.replace("\\", "\\\\").replace('"', '\\"')) for n, m in enumerate(messages))
    path.write_text("".join(rows), "utf-8")


def php(messages: list[str], path: Path) -> None:
    rows = ("  'key{}' => '{}',\n".format(n, m.replace("\\", "\\\\").replace("'", "\\'"))
            for n, m in enumerate(messages))  # fmt: skip
    path.write_text(f"<?php\nreturn [\n{''.join(rows)}];\n", "utf-8")


def _bold(line: str, tag: str) -> str:
    escaped = ((said.replace("&", "&amp;").replace("<", "&lt;"), is_bold) for said, is_bold in runs(line))
    return "".join(f"<{tag}>{said}</{tag}>" if is_bold else said for said, is_bold in escaped)


def _marked(line: str) -> str:
    """With ** around what is bold, as far as Markdown and RST can mark it: between blanks or at the ends."""
    said = runs(line)
    whole = ""
    for n, (words, is_bold) in enumerate(said):
        words = re.sub(r"[*`_|\\<>\[\]]", "", words)
        before, after = said[n - 1][0] if n else " ", said[n + 1][0] if n + 1 < len(said) else " "
        can_be = words.strip() == words != "" and before[-1:] in " (" and after[:1] in " .,;:)"
        whole += f"**{words}**" if is_bold and can_be else words
    return " ".join(whole.split())


LINES = {
    "pptx": presentation, "xlsx": workbook, "odf": letter, "epub": book, "docbook": xml("article", "para", "emphasis"),
    "dita": xml("topic", "p", "b"), "notebook": notebook, "rst": rst,
    "idml": idml,
}  # fmt: skip
MESSAGES = {"fluent": fluent, "stringsdict": stringsdict, "toml": toml, "ini": ini, "php": php}
