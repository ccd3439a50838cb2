"""CTranslate2 models with SentencePiece: translates, and answers the editors' questions about texts it did not write.

Nothing is cut silently: what exceeds the model's positions is translated in parts, or fails with a note.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import ctranslate2
import numpy as np

from mtpipe.alignment.lexicon import Lexicon
from mtpipe.document.segment import Segment
from mtpipe.errors import ConfigError, ModelError
from mtpipe.languages.scripts import is_unspaced
from mtpipe.languages.tags import ANY
from mtpipe.models import registry
from mtpipe.mt import Draft, capitals, compute_types, decoding, vocabulary_map
from mtpipe.mt.decoding import Hypothesis
from mtpipe.mt.subwords import Pieces, pool
from mtpipe.mt.term_annotation import Line, plain_line

# a CPU worker is done sooner with short batches, which stay in its cache and keep the other workers busy to the end
_BATCH_TOKENS = {"cpu": 512, "cuda": 8192}
_ADEQUACY = 0.2  # what the lexicon's word weighs against the model's score; chosen on development pages of five pairs
_MAX_REPEAT = 3  # a hypothesis that never ended is decoded again without repeating so many pieces


@dataclass(frozen=True, slots=True)
class Trace:
    """The pieces fed to the model, those that it wrote, and their text."""

    source: list[str]
    target: list[str]
    text: str


class _Kind(NamedTuple):
    """How to search; size: hypotheses to find."""

    size: int
    may_mask: bool
    is_mapped: bool
    is_looking: bool


_Search = tuple[_Kind, tuple[str, ...]]  # the pieces of a line


class CTranslate2Translator:
    """A model folder as Translator and Decoder.

    source_lang, target_lang: of the pair, where the model knows more than one.
    batch_tokens: source pieces a batch, 0 means what suits the device. threads: 0 means all cores this process may use.
    device: auto, cpu or cuda.
    compute_type: auto is float16 on a GPU, int8 on a CPU, with weights of seven bits where the processor needs that.
    annotate: "missing" shows the model the terms that it does not use by itself, "always" all of them. protect: a
    sentence whose draft alters a number, a path, an option or the like is translated again with it as an inline code.
    vmap: lines without terms are translated with the folder's vocabulary map, if it has one (`vocabulary_map`).
    rerank: of the beam's translations of a line without terms the one comes first that its score and the model's own
    lexicon, if it has one, know as the best together.
    task: the model's; raises ModelError for a folder with another's.
    """

    at_once = 2  # chunks of a job: the workers have something to do while Python sees to the texts of the other

    def __init__(
        self, folder: str | Path, *, source_lang: str = "", target_lang: str = "", beam_size: int = 4,
        batch_tokens: int = 0, threads: int = 0, device: str = "auto", compute_type: str = "auto",
        task: str = registry.TRANSLATE, annotate: str = "missing",
        protect: bool = True, vmap: bool = True, rerank: bool = True,
    ):  # fmt: skip
        if beam_size < 1 or batch_tokens < 0 or threads < 0 or annotate not in ("missing", "always"):
            raise ConfigError("mt.ct2: beam_size is ≥ 1, batch_tokens and threads ≥ 0, annotate missing or always")
        has_pair = bool(source_lang and target_lang)
        self.model = registry.find(source_lang, target_lang, Path(folder)) if has_pair else registry.read(Path(folder))
        self.model.serves(task)
        if ANY in (self.model.source_lang, self.model.target_lang):
            raise ConfigError(f"{folder}: a model of many languages; give it source_lang and target_lang")
        self._beam_size = beam_size
        self._is_sparing = annotate == "missing" and self.model.annotation is not None
        self._is_protecting = protect
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        batch_tokens = batch_tokens or _BATCH_TOKENS[device]
        self._batch: dict[str, Any] = {"max_batch_size": batch_tokens, "batch_type": "tokens"}
        # a small model on a CPU: one worker a core is faster than several cores on one batch
        workers = {} if device == "cuda" else {"inter_threads": threads or _cores(), "intra_threads": 1}
        path = self.model.folder / "ct2"
        self._has_map = vmap and (path / vocabulary_map.NAME).is_file()
        learnt = self.model.lexicon if rerank and beam_size > 1 else None
        self._lexicon = Lexicon.load(learnt) if learnt else None
        try:
            self._ct2, self.compute_type = compute_types.load(path, device, compute_type, **workers)
            source, target = self.model.pieces
            self._source, self._target = Pieces(source, path, "source", target), Pieces(target, path, "target", source)
            config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"{self.model.folder}: the model can't be loaded ({error}); copy it again") from error
        # Marian models read sources with an end symbol; some conversions leave adding it to the caller
        end = [] if config.get("add_source_eos") else [config.get("eos_token", "</s>")]
        self._end = end if self.model.source_end is None else list(self.model.source_end)
        self._start, self._ahead = list(self.model.source_start), list(self.model.target_start)
        self._symbols = [symbol for symbol in map(str.strip, self.model.annotation or ())
                         if not self._target.unknown([symbol])]  # fmt: skip
        fed = *self._start, *self._end, *self._ahead
        flags = annotate, str(protect), *(["mapped"] if self._has_map else []), *(["reranked"] if learnt else [])
        settings = self.model.digest, str(beam_size), self.compute_type, *flags, *fed
        self.digest = hashlib.sha256(" ".join(settings).encode()).hexdigest()[:16]

    def translate(self, segments: Sequence[Segment]) -> list[Draft]:
        """Drafts in order; text "" where the model came to no end within its length limit.

        Those made with terms, and those that lack something of their source, come with their alternatives: the search
        finds them anyway.
        """
        lang, model = self.model.target_lang, _Remembering(self)
        some, every = partial(self._options, model), partial(self._all_options, model)
        segments = [decoding.hide_names(segment, self._source.has) for segment in segments]
        options = decoding.sparing(segments, some, lang) if self._is_sparing else some(segments)
        if self._is_protecting:
            options = decoding.protecting(segments, options, some, every, lang)
        options = decoding.pairing(segments, options, every, lang)
        return [replace(best, alternatives=_others(best, rest)) for best, *rest in options]

    def _options(self, model: decoding.DraftModel, segments: Sequence[Segment]) -> list[list[Draft]]:
        return self._make(model, segments, [self._beam_size if segment.matches else 1 for segment in segments])

    def _all_options(self, model: decoding.DraftModel, segments: Sequence[Segment]) -> list[list[Draft]]:
        return self._make(model, segments, [self._beam_size] * len(segments))

    def _make(
        self, model: decoding.DraftModel, segments: Sequence[Segment], sizes: Sequence[int]
    ) -> list[list[Draft]]:
        shown = [capitals.lowered(segment, self._source.count) for segment in segments]
        drafts = decoding.make(shown, sizes, model, self.model.code)
        return [options if as_is is segment else
                [replace(draft, text=capitals.raised(segment, draft.text)) for draft in options]
                for segment, as_is, options in zip(segments, shown, drafts, strict=True)]  # fmt: skip

    def nbest(self, segments: Sequence[Segment], n: int) -> list[list[str]]:
        """Up to n different translations of each segment, best first, codes in place."""
        named = [decoding.hide_names(segment, self._source.has) for segment in segments]
        drafts = self._make(self, named, [n] * len(named))
        return [list(dict.fromkeys(draft.text for draft in options if draft.text)) for options in drafts]

    def complete(self, segments: Sequence[Segment], prefixes: Sequence[str]) -> list[Draft]:
        """Plain translations that begin with the prefixes; text "" and a note where the model can't continue one.

        Scores are left out: the model's own leave out the prefix. Compare completions with `score`.
        """
        sources = self._encode([plain_line(segment) for segment in segments])
        starts = [self._ahead + pieces for pieces in self._target.encode_all(prefixes)]
        limit, drafts = self.model.max_tokens, [Draft("")] * len(segments)
        able = []
        for i, (source, start) in enumerate(zip(sources, starts, strict=True)):
            unknown = self._target.unknown(start[len(self._ahead) :])
            if unknown:
                drafts[i] = Draft("", notes=(f"the model has no piece for {' '.join(unknown)}",))
            elif len(source) > limit or len(start) + 1 >= limit:
                drafts[i] = Draft("", notes=(f"longer than the model's {limit} tokens",))
            else:
                able.append(i)
        waiting = self._decode([sources[i] for i in able], 1, [starts[i] for i in able], **self._unwanted(False))
        for i, result in zip(able, waiting(), strict=True):
            pieces = result.hypotheses[0]
            if len(pieces) < limit:
                drafts[i] = Draft(self._continued(prefixes[i], pieces[len(starts[i]) :]))
            else:
                drafts[i] = Draft("", notes=(f"no end within the model's {limit} tokens",))
        return drafts

    def score(self, pairs: Sequence[tuple[str, str]], skip: Sequence[Sequence[tuple[int, int]]] = ()) -> list[float]:
        """Log-probability per target token, end included; -inf for a pair longer than the model's limit.

        skip: spans of each target whose tokens do not count.
        """
        sources, targets = self._encode_pairs(pairs)
        able = [i for i in range(len(pairs)) if max(len(sources[i]), len(targets[i]) + 1) <= self.model.max_tokens]
        scores = [-math.inf] * len(pairs)
        results = self._ct2.score_batch(
            [sources[i] for i in able], [targets[i] for i in able], max_input_length=0, **self._batch
        )
        for i, result in zip(able, results, strict=True):
            tokens = np.array(result.log_probs[len(self._ahead) :])
            counted = self._counted(pairs[i][1], skip[i]) if skip and skip[i] else []
            scores[i] = float(np.mean(tokens[counted] if len(counted) == len(tokens) else tokens))
        return scores

    def _counted(self, target: str, skip: Sequence[tuple[int, int]]) -> list[bool]:
        """Of each piece of a target and of its end: whether it is in none of the spans."""
        spans = self._target.spans(target)
        return [not any(start < last and first < end for first, last in skip) for start, end in spans] + [True]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[np.ndarray]:
        """Attention when the target is forced, [target words × source words], rows summing to 1 at most.

        Zeros for a pair longer than the model's limit, and for words in pieces that the model does not know.
        """
        if not pairs:
            return []
        sources, targets = self._encode_pairs(pairs)
        limit = self.model.max_tokens
        ahead = len(self._ahead)
        able = [i for i in range(len(pairs)) if max(len(sources[i]), len(targets[i]) + 1) <= limit
                and len(targets[i]) > ahead]  # fmt: skip
        results = self._ct2.translate_batch(
            [sources[i] for i in able], [targets[i] for i in able], beam_size=1, return_attention=True,
            max_input_length=0, max_decoding_length=max((len(targets[i]) for i in able), default=1), **self._batch,
        )  # fmt: skip
        attention = {i: np.array(r.attention[0], dtype=np.float32)[ahead:, len(self._start) :]
                     for i, r in zip(able, results, strict=True)}  # fmt: skip
        matrices = []
        for i, (source, target) in enumerate(pairs):
            source_spans, target_spans = self._source.spans(source), self._target.spans(target)
            # row t is what the decoder looked at when it wrote piece t; the last column is the source's end symbol
            weights = attention.get(i, np.zeros((len(target_spans), len(source_spans)), dtype=np.float32))
            weights = weights[: len(target_spans), : len(source_spans)]
            matrices.append(pool(weights, source, target, source_spans, target_spans))
        return matrices

    def trace(self, texts: Sequence[str], beam_size: int, limit: int) -> list[Trace]:
        """What goes in and comes out for plain texts, to compare with the model before its conversion.

        limit: pieces written at most. Nothing is split, retried or suppressed, no score is divided by the length.
        """
        sources = self._encode_texts(texts)
        results = self._ct2.translate_batch(
            sources, [self._ahead] * len(sources), beam_size=beam_size, length_penalty=0, disable_unk=True,
            max_input_length=0, max_decoding_length=limit, **self._batch,
        )  # fmt: skip
        targets = (result.hypotheses[0][len(self._ahead) :] for result in results)
        pairs = zip(sources, targets, strict=True)
        return [Trace(source, pieces, self._target.decode(pieces)) for source, pieces in pairs]

    def hypotheses(
        self, lines: Sequence[Line], sizes: Sequence[int], looks: Container[int] = (),
        known: dict[_Search, ctranslate2.TranslationResult] | None = None,
    ) -> list[list[Hypothesis]]:  # fmt: skip
        """For each line its hypotheses, best first; a line too long for the model, in or out, is done in halves.

        sizes: how many hypotheses of each line. looks: the lines for which to tell what their words looked at. known:
        what searches found before, and then what these find.
        """
        if not lines:
            return []
        limit = self.model.max_tokens
        # sixteen characters are the longest piece SentencePiece makes: no need to count the pieces of a whole book
        short = [i for i, line in enumerate(lines) if len(line.text) <= 16 * limit]
        encoded = dict(zip(short, self._encode([lines[i] for i in short]), strict=True))
        whole = [i for i in short if len(encoded[i]) <= limit]
        known = {} if known is None else known
        # the search finds as many as the beam is wide, whether they are asked for or not
        n = max([self._beam_size, *(sizes[i] for i in whole)])
        kinds = {i: _Kind(n, self._may_mask(lines[i]), self._is_mapped(lines[i], sizes[i]), bool(looks)) for i in whole}
        searches = {i: (kind, tuple(encoded[i])) for i, kind in kinds.items()}
        self._search(searches.values(), known)
        hypotheses = {i: self._read(known[search], lines[i], sizes[i], i in looks) for i, search in searches.items()}
        strict = {i: (kinds[i]._replace(may_mask=False), source) for i, (_, source) in searches.items()
                  if not lines[i].masks and self._has_symbols(hypotheses[i])}  # fmt: skip
        self._search(strict.values(), known)
        hypotheses |= {i: self._read(known[search], lines[i], sizes[i], i in looks) for i, search in strict.items()}
        halves = {
            i: pair for i, line in enumerate(lines)
            if (i not in hypotheses or hypotheses[i][0].text is None) and (pair := line.halves())
        }  # fmt: skip
        texts = [half for pair in halves.values() for half in pair]
        parts = self.hypotheses(texts, [1] * len(texts))
        for k, i in enumerate(halves):
            hypotheses[i] = [self._joined(parts[2 * k][0], parts[2 * k + 1][0])]
        failed = [Hypothesis(None, -math.inf, (f"no translation within the model's {limit} tokens",))]
        return [hypotheses[i] if i in hypotheses and hypotheses[i][0].text is not None else failed
                for i in range(len(lines))]  # fmt: skip

    def _search(self, searches: Iterable[_Search], known: dict[_Search, ctranslate2.TranslationResult]) -> None:
        """Adds to known what is not there yet, searches of a kind together."""
        groups: dict[_Kind, list[tuple[str, ...]]] = {}
        for kind, source in dict.fromkeys(searches):
            if (kind, source) not in known:
                groups.setdefault(kind, []).append(source)
        waiting = [
            self._decode([*map(list, sources)], kind.size, return_attention=kind.is_looking, use_vmap=kind.is_mapped,
                         **self._unwanted(kind.may_mask))
            for kind, sources in groups.items()
        ]  # fmt: skip
        for (kind, sources), results in zip(groups.items(), waiting):
            known.update(zip([(kind, source) for source in sources], results(), strict=True))

    def _may_mask(self, line: Line) -> bool:
        """Whether the symbols of masks are let through: they come where the source has them; a line without any is
        translated beside those with codes, in one batch."""
        return self.model.code is not None and bool(line.masks or not line.marks)

    def _has_symbols(self, hypotheses: Sequence[Hypothesis]) -> bool:
        return any(symbol in (hypothesis.text or "") for symbol in self._symbols for hypothesis in hypotheses)

    def _is_mapped(self, line: Line, size: int) -> bool:
        """Whether the vocabulary map is for the line: a term, or another wording of a text, may need any piece."""
        return self._has_map and size == 1 and not line.marks

    def _read(self, result: ctranslate2.TranslationResult, line: Line, size: int, is_looking: bool) -> list[Hypothesis]:
        limit, outcomes, scores = self.model.max_tokens, result.hypotheses, result.scores
        texts = [self._target.decode(pieces) if len(pieces) < limit else None for pieces in outcomes]
        attention = result.attention if is_looking else []  # a copy of the whole list each time
        hypotheses = []
        for k in self._ranked(line, texts, scores)[:size]:
            weights, text = attention[k] if is_looking else None, texts[k]
            looked_at = self._looked_at(line, text, outcomes[k], np.array(weights)) if weights and text else None
            hypotheses.append(Hypothesis(text, scores[k], looked_at=looked_at))
        return hypotheses

    def _ranked(self, line: Line, texts: Sequence[str | None], scores: Sequence[float]) -> Sequence[int]:
        """The places of the texts, best first. A term is what its glossary wants, whatever the lexicon knows."""
        whole = [k for k, text in enumerate(texts) if text is not None]
        if self._lexicon is None or line.marks or len(whole) < 2 or whole[0] != 0:
            return range(len(texts))
        adequacy = self._lexicon.adequacy(line.text, [texts[k] or "" for k in whole])
        value = {k: scores[k] + _ADEQUACY * share for k, share in zip(whole, adequacy, strict=True)}
        return sorted(whole, key=value.__getitem__, reverse=True)

    def _looked_at(self, line: Line, text: str, pieces: list[str], attention: np.ndarray) -> np.ndarray | None:
        """Attention on the rendered line as [words of text × words of the line's text]."""
        if self._ahead + self._target.encode(text) != pieces:
            return None  # other pieces than the text's own: their places in it are not known
        weights = attention[len(self._ahead) :, len(self._start) :]
        origins = line.origins(self.model.annotation)
        spans = self._source.spans(line.render(self.model.annotation))
        piece_spans = [(origins[start], max(origins[start], origins[end - 1] + 1)) for start, end in spans]
        return pool(weights[:, : len(spans)], line.text, text, piece_spans, self._target.spans(text))

    def _joined(self, first: Hypothesis, last: Hypothesis) -> Hypothesis:
        if first.text is None or last.text is None:
            return Hypothesis(None, -math.inf)
        space = "" if is_unspaced(self.model.target_lang) else " "
        note = f"translated in parts: longer than the model's {self.model.max_tokens} tokens"
        share = len(first.text) / max(1, len(first.text) + len(last.text))
        score = share * first.score + (1 - share) * last.score
        return Hypothesis(f"{first.text.strip()}{space}{last.text.strip()}", score, (note,))

    def _decode(
        self, sources: Sequence[list[str]], n: int, starts: Sequence[list[str]] | None = None, **options: Any
    ) -> Callable[[], list[ctranslate2.TranslationResult]]:
        """Starts decoding and returns what waits for the results, so that the workers know of the next batches.

        starts: what the targets must begin with; without, one that comes to no end is tried again without repetition.
        """
        waiting = self._ct2.translate_batch(
            sources, starts or [self._ahead] * len(sources), beam_size=max(self._beam_size, n), num_hypotheses=n,
            return_scores=True, disable_unk=True,
            max_input_length=0, max_decoding_length=self.model.max_tokens, asynchronous=True, **options, **self._batch,
        )  # fmt: skip

        def results() -> list[ctranslate2.TranslationResult]:
            outcomes = [item.result() for item in waiting]
            endless = [i for i, result in enumerate(outcomes) if len(result.hypotheses[0]) >= self.model.max_tokens]
            if endless and starts is None and "no_repeat_ngram_size" not in options:
                whole = {**options, "use_vmap": False, "no_repeat_ngram_size": _MAX_REPEAT}
                again = self._decode([sources[i] for i in endless], n, **whole)
                for i, result in zip(endless, again(), strict=True):
                    outcomes[i] = result
            return outcomes

        return results

    def _unwanted(self, may_mask: bool) -> dict[str, list[list[str]]]:
        """The option to keep the symbols that the model was taught out of texts for people; masks need theirs."""
        mask = self.model.code if may_mask and self.model.code else ""
        sequences = [[symbol] for symbol in self._symbols if symbol not in mask]
        return {"suppress_sequences": sequences} if sequences else {}

    def _encode(self, lines: Sequence[Line]) -> list[list[str]]:
        return self._encode_texts([line.render(self.model.annotation) for line in lines])

    def _encode_texts(self, texts: Sequence[str]) -> list[list[str]]:
        return [[*self._start, *pieces, *self._end] for pieces in self._source.encode_all(texts)]

    def _encode_pairs(self, pairs: Sequence[tuple[str, str]]) -> tuple[list[list[str]], list[list[str]]]:
        targets = self._target.encode_all([target for _, target in pairs])
        return self._encode_texts([source for source, _ in pairs]), [self._ahead + pieces for pieces in targets]

    def _continued(self, prefix: str, pieces: list[str]) -> str:
        space = " " if pieces and pieces[0].startswith("\u2581") else ""
        return f"{prefix}{space}{self._target.decode(pieces)}" if pieces else prefix


class _Remembering:
    """The model during one call of translate: what it searched for is not searched for again."""

    def __init__(self, model: CTranslate2Translator):
        self._model = model
        self._known: dict[_Search, ctranslate2.TranslationResult] = {}
        self.align = model.align

    def hypotheses(
        self, lines: Sequence[Line], sizes: Sequence[int], looks: Container[int] = ()
    ) -> list[list[Hypothesis]]:
        return self._model.hypotheses(lines, sizes, looks, self._known)


def _others(best: Draft, rest: Sequence[Draft]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(draft.text for draft in rest if draft.text and draft.text != best.text))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
