"""LaTeX: paragraphs, headings, items, captions and cells, edited in place; wrapped as they were.

Macros with their arguments, mathematics, code and comments stay as they are; arguments of commands that only format or
mark text are text, and so are those of the commands that text_commands names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtpipe.document import inline_codes
from mtpipe.document.segment import Code, Document, Segment
from mtpipe.formats.editing import prose
from mtpipe.formats.editing.encoding import read_text
from mtpipe.formats.editing.prose import ProsePart
from mtpipe.formats.messages import icu

_VERBATIM = frozenset("""verbatim Verbatim BVerbatim LVerbatim lstlisting minted comment filecontents equation align
    alignat gather multline flalign eqnarray displaymath math split subequations tikzpicture picture pgfpicture
    algorithmic algorithm pseudocode thebibliography asy forest circuitikz""".split())
_GRIDS = frozenset("tabular tabularx tabulary longtable array tabu supertabular xltabular".split())
_TEXT = frozenset("""textbf textit emph underline textsc textrm textsf textmd textup textsl textnormal uline enquote
    footnote footnotetext thanks mbox text uppercase lowercase MakeUppercase sout hl textsuperscript textsubscript
    marginpar parbox fbox centerline""".split())
_SECOND = frozenset("href textcolor colorbox hyperref foreignlanguage".split())  # their second argument is text
_HEADINGS = frozenset("""title subtitle part chapter section subsection subsubsection paragraph subparagraph caption
    captionof frametitle framesubtitle subcaption addchap addsec minisec date""".split())
_DEFINING = frozenset("""newcommand renewcommand providecommand DeclareMathOperator newenvironment renewenvironment def
    edef gdef let newtheorem usepackage RequirePackage documentclass setlength addtolength setcounter newlength
    definecolor hypersetup geometry lstset lstinputlisting bibliography bibliographystyle input include includeonly
    graphicspath theoremstyle pagestyle thispagestyle tikzset newcounter author""".split())
# What is not seen where it stands at the end of a text.
_SILENT = frozenset("""label index noindent indent centering raggedright raggedleft vspace hspace vfill hfill newpage
    clearpage cleardoublepage pagebreak newline linebreak bigskip medskip smallskip par hline toprule midrule bottomrule
    cline cmidrule maketitle tableofcontents listoffigures listoftables includegraphics tiny scriptsize footnotesize
    small normalsize large Large LARGE huge Huge bfseries itshape ttfamily sffamily protect appendix phantomsection
    columnbreak addcontentsline markboth frontmatter mainmatter backmatter printbibliography printindex""".split())
_TOKEN = re.compile(
    r"(?P<comment>(?<!\\)%[^\r\n]*)|(?P<blank>(?>\r\n|\r|\n)[ \t]*(?=\r|\n))|"
    r"\\(?P<edge>begin|end)[ \t]*\{(?P<environment>[A-Za-z]+\*?)\}|(?P<display>\\\[|\$\$)|"
    r"\\verb\*?(?P<fence>[^\sA-Za-z*])|(?P<math>\$|\\\()|\\(?P<command>[A-Za-z@]+\*?)|(?P<line>\\\\\*?)|"
    r"(?P<escape>\\[^A-Za-z@])|(?P<brace>[{}\]])|(?P<tie>~)|(?P<grid>&)")
_SWITCH = re.compile(r"\{(?:\\(?:bf|it|em|tt|sc|sf|rm|sl|small|large|Large|footnotesize|bfseries|itshape)\b[ \t]*)?")
_ARGUMENT = re.compile(r"[ \t]*(?:(?:\r\n|\r|\n)[ \t]*(?=[\[{]))?(?P<open>[\[{])")
_SPECIAL = re.compile(r"[%&#_$]")
_SPELLED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "{": r"\{", "}": r"\}"}
_LONGEST = 2000  # characters of an optional argument


class LatexFormat:
    """LaTeX: paragraphs, headings, items, captions, cells; macros, mathematics, code and comments are protected."""

    suffixes = (".tex", ".ltx")

    def __init__(self, text_commands: str | Sequence[str] = ()):
        names = text_commands.split(",") if isinstance(text_commands, str) else text_commands
        self._text = _TEXT | {name.strip().lstrip("\\") for name in names if name.strip()}

    def read(self, path: Path, name: str) -> Document:
        """Every text with its macros as codes; raises InputError."""
        text, encoding, notes = read_text(path, name)
        return prose.document(name, text, encoding, _paragraphs(text, self._text), self._codes, notes)

    def write(self, document: Document, path: Path) -> None:
        """The text with its segments' targets in place, escaped where they would be markup; raises OutputError."""
        prose.write(document, path, _spelled)

    def _codes(self, source: str) -> list[Code]:
        return _codes(source, self._text)


def _spelled(segment: Segment, place: ProsePart, target: str) -> tuple[str, Sequence[Code]]:
    codes = inline_codes.locate(segment.source, segment.codes, target)
    pieces: list[str] = []
    places: list[Code] = []
    position = length = 0
    for code in (*codes, Code(len(target), len(target))):
        text = _escaped(target[position:code.start])
        if pieces and text[:1].isalpha() and re.search(r"\\[A-Za-z@]+\Z", pieces[-1]):
            text = "{}" + text  # else the letters would be the command's
        literal = target[code.start:code.end]
        places.append(Code(length + len(text), length + len(text) + len(literal), code.kind))
        pieces += (text, literal)
        length, position = places[-1].end, code.end
    return "".join(pieces), places[:-1]


def _escaped(text: str) -> str:
    text = re.sub(r"[\\~^{}]", lambda match: _SPELLED[match[0]], text)
    return _SPECIAL.sub(r"\\\g<0>", text)


def _codes(source: str, text_commands: frozenset[str]) -> list[Code]:
    """The macros and groups of a text on one line."""
    tags = [(start, end, name, kind) for start, end, name, kind in _Scanner(source, text_commands).tags(0, len(source))
            if kind != "cut"]  # fmt: skip
    return icu.codes_between(source, _closed(tags))


def _closed(tags: Sequence[tuple[int, int, str, str]]) -> list[Code]:
    """Codes of the tags; a half without its other half stands alone."""
    kinds = ["alone"] * len(tags)
    stack: list[int] = []
    for i, (*_, kind) in enumerate(tags):
        if kind == "open":
            stack.append(i)
        elif kind == "close" and stack:
            kinds[stack.pop()], kinds[i] = "open", "close"
    return [Code(start, end, kind) for (start, end, *_), kind in zip(tags, kinds, strict=True)]


def _paragraphs(text: str, text_commands: frozenset[str]) -> Iterator[ProsePart]:
    """The texts between what cuts them."""
    begin = re.search(r"^[^%\n]*\\begin\s*\{document\}", text, re.MULTILINE)
    scanner = _Scanner(text, text_commands)
    if begin:
        yield from _titles(text, scanner, begin.start())
    start = begin.end() if begin else 0
    tags = list(scanner.tags(start, len(text)))
    for first, last, _, kind in (*tags, (len(text), len(text), "", "cut")):
        if kind == "cut":
            yield from _paragraph(text, scanner, start, first)
            start = max(start, last)


def _titles(text: str, scanner: _Scanner, end: int) -> Iterator[ProsePart]:
    """The titles in the preamble."""
    for match in re.finditer(r"^[ \t]*\\(?:title|subtitle)[ \t]*(?:\[[^\]\n]*\])?\{", text[:end], re.MULTILINE):
        closing = scanner.partner.get(match.end() - 1, 0)
        if closing:
            yield from _paragraph(text, scanner, match.end(), closing)


def _paragraph(text: str, scanner: _Scanner, start: int, end: int) -> Iterator[ProsePart]:
    """text[start:end] without what is around its words."""
    tags = [tag for tag in scanner.tags(start, end) if tag[3] != "cut"]
    codes = [Code(code.start - start, code.end - start, code.kind) for code in _closed(tags)]
    silent = [code for code, tag in zip(codes, tags, strict=True) if tag[2] in _SILENT or tag[2] in ("\\\\", "~", "&")]
    low, high, _ = icu.trimmed(text[start:end], codes, silent)
    spans = []
    for line in re.finditer(r"[^\r\n]+", text[start + low:start + high]):
        stripped = line[0].strip()
        if stripped:
            at = start + low + line.start() + line[0].index(stripped)
            spans.append((at, at + len(stripped)))
    if spans:
        yield ProsePart(tuple(spans))


class _Scanner:
    """The tags of a text: (start, end, name, open, close, alone or cut)."""

    def __init__(self, text: str, text_commands: frozenset[str]):
        self._text, self._text_commands = text, text_commands
        self.partner = _braces(text)

    def tags(self, start: int, end: int) -> Iterator[tuple[int, int, str, str]]:
        """Those of text[start:end], in order."""
        position = start
        closers: dict[int, str] = {}  # where a brace closes → what it is then
        grids = 0
        while match := _TOKEN.search(self._text, position, end):
            name, kind, last = self._tag(match, end)
            if match["edge"] and match["environment"] in _GRIDS:
                grids = max(0, grids + (1 if match["edge"] == "begin" else -1))
            if grids and (match["grid"] or match["line"]):
                kind = "cut"
            opener = match.start() if match["brace"] else last - 1
            if match["brace"] in ("}", "]"):
                kind = closers.pop(match.start(), "alone" if match["brace"] == "}" else "")
            elif kind in ("open", "cut") and opener in self.partner:
                closers[self.partner[opener]] = "close" if kind == "open" else "cut"
            elif kind == "open":
                kind = "alone"  # a brace that is never closed
            elif name == "item" and self._text[opener] == "[":
                closers[self._bracket_end(opener) - 1] = "cut"
            if kind:
                yield match.start(), min(last, end), name, kind
            position = max(last, match.end())

    def _tag(self, match: re.Match[str], end: int) -> tuple[str, str, int]:
        """(name, kind, where it ends)."""
        text = self._text
        if match["comment"] is not None or match["blank"] is not None:
            return "", "cut", match.end()
        if match["edge"]:
            return match["environment"], "cut", self._environment_end(match, end)
        if match["display"]:
            closing = text.find("\\]" if match["display"] == "\\[" else "$$", match.end(), end)
            return "", "cut", closing + 2 if closing >= 0 else match.end()
        if match["fence"] is not None:
            closing = text.find(match["fence"], match.end(), end)
            return "verb", "alone", closing + 1 if closing >= 0 else match.end()
        if match["math"]:
            pattern = re.compile(r"\\\)" if match["math"] == "\\(" else r"(?<!\\)\$|(?=\n[ \t]*\n)")
            formula_end = pattern.search(text, match.end(), end)
            return "", "alone", formula_end.end() if formula_end else match.end()
        if match["command"]:
            return self._command(match, end)
        if match["brace"]:
            switch = _SWITCH.match(text, match.start(), end)
            return "", "open", switch.end() if switch else match.end()
        return match["line"] or match["tie"] or match["grid"] or "", "alone", match.end()

    def _command(self, match: re.Match[str], end: int) -> tuple[str, str, int]:
        name = match["command"].rstrip("*")
        if name == "item":
            option = _ARGUMENT.match(self._text, match.end(), end)
            return name, "cut", option.end() if option and option["open"] == "[" else match.end()
        if name in self._text_commands or name in _SECOND or name in _HEADINGS:
            position = match.end()
            left = 2 if name in _SECOND else 1
            while argument := _ARGUMENT.match(self._text, position, end):
                left -= argument["open"] == "{"
                if not left:
                    return name, "cut" if name in _HEADINGS else "open", argument.end()
                position = self._behind(argument)
            return name, "alone", position
        position = self._arguments_end(match.end(), end)
        is_commented = re.search(r"(?<!\\)%", self._text[match.start():position]) is not None
        return name, "cut" if name in _DEFINING or is_commented else "alone", position

    def _behind(self, argument: re.Match[str]) -> int:
        """Behind an argument, or behind its opening where it is never closed."""
        at = argument.end() - 1
        return self.partner.get(at, at) + 1 if argument["open"] == "{" else self._bracket_end(at)

    def _bracket_end(self, at: int) -> int:
        depth = 0
        for bracket in re.finditer(r"\\.|[\[\]{}]", self._text[at:at + _LONGEST]):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(bracket[0], 0)
            if not depth:
                return at + bracket.end()
        return at + 1

    def _arguments_end(self, position: int, end: int) -> int:
        """Behind the arguments that follow at once."""
        while position < end and self._text[position] in "[{":
            is_optional = self._text[position] == "["
            behind = self._bracket_end(position) if is_optional else self.partner.get(position, position) + 1
            if behind == position + 1:
                break
            position = behind
        return position

    def _environment_end(self, match: re.Match[str], end: int) -> int:
        name = match["environment"]
        if match["edge"] == "begin" and name.rstrip("*") in _VERBATIM:
            closing = re.compile(rf"\\end[ \t]*\{{{re.escape(name)}\}}").search(self._text, match.end(), end)
            return closing.end() if closing else end
        return self._arguments_end(match.end(), end) if match["edge"] == "begin" else match.end()


def _braces(text: str) -> dict[int, int]:
    """Each opening brace → the one that closes it; those in comments, and what \\ stands before, are none."""
    partner: dict[int, int] = {}
    stack: list[int] = []
    for match in re.finditer(r"\\.|%[^\r\n]*|[{}]", text):
        if match[0] == "{":
            stack.append(match.start())
        elif match[0] == "}" and stack:
            partner[stack.pop()] = match.start()
    return partner
