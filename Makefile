# Everything mtpipe needs on a fresh machine; `make` or `make help` lists the targets.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
OUT ?= out/demo
LARGE ?= out/demo-large
HELP := data/cache/help/usr/share/libreoffice/help
LARGE_NOTE := The bundled model saw nearly all of these paragraphs, with these translations, in training: only the rows heldout (60 pages kept out of all but its first 75 minutes of training, which may have seen some; glossary and repair were developed with them at hand) say how it translates new text.
EN_DE := --source-lang en --target-lang de
lower = $(shell echo $(1) | tr '[:upper:]' '[:lower:]')
WMT25_DIR ?= ../shared/bench/wmt25-enes
CORPORA ?= ../shared/corpora

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(BIN)/mtpipe: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(BIN)/mtpipe
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev,train,eval,llm-local]'
	@touch $@

install: $(BIN)/mtpipe ## virtual environment with mtpipe (no torch)

demo: $(BIN)/mtpipe ## translate data/demo en→de under a glossary with the bundled model
	$(BIN)/mtpipe translate data/demo --out $(OUT) --source-lang en --target-lang de --glossary glossaries/en-de.office.csv

demo-run: $(VENV)/.dev ## all stages by one configuration, data/demo-run/mtpipe.toml: its LLM is a grammar of templates
	PYTHONPATH=. $(BIN)/mtpipe run data/demo-run/mtpipe.toml

demo-synthesize: $(BIN)/mtpipe ## pairs for the terms of a small glossary; the LLM is a grammar of templates that errs on purpose
	PYTHONPATH=. $(BIN)/mtpipe synthesize data/demo-run/terms.csv $(EN_DE) --out out/demo-synthesize/pairs.jsonl --llm tests.support.template_llm:TemplateLLM || [ $$? = 4 ] # 4: some terms are short of pairs, as it says

help-pages: $(HELP)/en-US $(HELP)/de ## download the LibreOffice help (Debian packages), 2 500 pages a language

$(HELP)/%:
	mkdir -p data/cache/debs && cd data/cache/debs && apt-get download libreoffice-help-$(call lower,$*)
	dpkg -x "$$(ls -t data/cache/debs/libreoffice-help-$(call lower,$*)_*.deb | head -1)" data/cache/help

demo-large: $(BIN)/mtpipe help-pages ## translate the whole help with and without glossary, compare with the human translation
	$(BIN)/mtpipe translate $(HELP)/en-US --out $(LARGE)/plain $(EN_DE) --editors "" || [ $$? = 4 ] # 4: some sentences untranslated, as the report says
	$(BIN)/mtpipe translate $(HELP)/en-US --out $(LARGE)/glossary $(EN_DE) --glossary glossaries/en-de.office.csv || [ $$? = 4 ]
	$(BIN)/mtpipe corpus compare $(HELP)/en-US $(HELP)/de $(LARGE)/plain $(LARGE)/glossary $(EN_DE) --glossary glossaries/en-de.office.csv --subset eval/heldout.en-de.txt --table eval/demo-large.md --out eval/results/demo-large.json --note "$(LARGE_NOTE)"

TEAMS := tower CurTermNLLB duterm
REPAIR := out/wmt25-repair
EVAL_DEMO := out/eval-demo

eval-demo: $(BIN)/mtpipe ## the demo's help pages: no glossary, first draft, repaired; against the human translation, with a page: out/eval-demo/index.html
	$(BIN)/mtpipe translate data/demo/help --out $(EVAL_DEMO)/plain $(EN_DE) --quiet
	$(BIN)/mtpipe translate data/demo/help --out $(EVAL_DEMO)/draft $(EN_DE) --glossary glossaries/en-de.office.csv --editors "" --quiet
	$(BIN)/mtpipe translate data/demo/help --out $(EVAL_DEMO)/repaired $(EN_DE) --glossary glossaries/en-de.office.csv --quiet
	$(BIN)/mtpipe corpus compare data/demo/help data/demo-reference/help $(EVAL_DEMO)/plain $(EVAL_DEMO)/draft $(EVAL_DEMO)/repaired $(EN_DE) --glossary glossaries/en-de.office.csv --table eval/demo.md
	for job in plain draft repaired; do $(BIN)/mtpipe corpus help-pages data/demo/help data/demo-reference/help --drafts $(EVAL_DEMO)/$$job --out $(EVAL_DEMO)/$$job/paragraphs.jsonl || exit 1; done
	$(BIN)/mtpipe evaluate $(EVAL_DEMO)/{plain,draft,repaired}/paragraphs.jsonl $(EN_DE) --glossary glossaries/en-de.office.csv --human --name "LibreOffice help, 380 paragraphs" --html $(EVAL_DEMO)/index.html

PAIR ?= en-de
PACKAGES := data/cache/packages
of_pair = $(subst -, ,$(PAIR))
# packages with both languages' texts and those of one of them; other corpora are taken where there are some
packages = $(shell awk -F'\t' -v pair=$(PAIR) 'BEGIN { split(pair, of, "-") } $$2 == "*" || $$2 == of[1] || $$2 == of[2] { print $$1 }' data/packages.tsv)
more_corpora = $(foreach file,$(wildcard $(CORPORA)/en-$(filter-out en,$(of_pair)).*),$(word 2,$(subst ., ,$(notdir $(file))))=$(file))

corpus: $(BIN)/mtpipe ## data/corpora/$(PAIR): download packages, clean, split (PAIR=en-de en-es en-cs de-en zh-en; CORPORA: more TSV)
	@test -f eval/heldout.$(PAIR).txt || { echo "no eval/heldout.$(PAIR).txt: list the help pages to hold out"; exit 1; }
	$(MAKE) --no-print-directory $(addprefix $(PACKAGES)/,$(packages))
	ln -sfnT ../../../../../libreoffice-help-en-us/usr/share/libreoffice/help/en-US $(PACKAGES)/$(filter-out %-en-us,$(filter libreoffice-help-%,$(packages)))/usr/share/libreoffice/help/en-US
	$(BIN)/mtpipe corpus prepare $(addprefix $(PACKAGES)/,$(filter-out %-en-us,$(packages))) $(more_corpora) --source-lang $(word 1,$(of_pair)) --target-lang $(word 2,$(of_pair)) --out data/corpora/$(PAIR) --test-documents eval/heldout.$(PAIR).txt --dev-documents eval/development.txt --packages data/packages.tsv --rejected data/corpora/$(PAIR)/rejected.jsonl

$(PACKAGES)/%: # catalogues, help pages and what says where they are from, without programs and pictures
	mkdir -p data/cache/debs $(PACKAGES) && cd data/cache/debs && apt-get download $* || { echo "is the list of packages fresh? apt-get update"; exit 1; }
	rm -rf $@.part && dpkg-deb --raw-extract "$$(ls -t data/cache/debs/$*_*.deb | head -1)" $@.part
	find $@.part -type f ! -name '*.mo' ! -name '*.html' ! -name copyright ! -name control -delete && mv $@.part $@

MODEL := out/models/$(PAIR)
DATA := data/corpora/$(PAIR)
LANGS = --source-lang $(word 1,$(of_pair)) --target-lang $(word 2,$(of_pair))
PARENT ?= mtpipe/models/$(if $(filter zh-en,$(PAIR)),de-en,en-de)
START = --base none $(if $(filter-out en-de,$(PAIR)),--parent $(PARENT))
BUDGET ?= --minutes 20
domain := '"origin": "[^"]*(-help-|python-docs)'

model: $(VENV)/.dev ## train a model like the bundled one of $(PAIR) from its corpus: out/models/$(PAIR) (BUDGET, START; goes on where it was)
	test -f $(DATA)/train.jsonl || $(MAKE) --no-print-directory corpus PAIR=$(PAIR)
	mkdir -p $(MODEL).texts && grep -E $(domain) $(DATA)/train.jsonl > $(MODEL).texts/domain.jsonl && grep -vE $(domain) $(DATA)/train.jsonl > $(MODEL).texts/generic.jsonl
	$(BIN)/mtpipe finetune $(MODEL).texts/domain.jsonl --generic $(MODEL).texts/generic.jsonl --mix .29 --generic-times 100 --dev $(DATA)/dev.jsonl $(LANGS) --out $(MODEL) $(START) $(BUDGET)

QUICK := en-de en-es en-cs de-en zh-en

eval: $(BIN)/mtpipe ## the quick set, offline: five pairs, plain, annotated, repaired, and the subsets; into eval/results
	$(BIN)/python -m eval.harness check
	rm -rf out/eval && $(BIN)/python -m eval.harness own $(foreach pair,$(QUICK),$(pair)=data/quick/$(pair).jsonl) --out out/eval $(SYSTEMS) $(WITH_LLM) --results eval/results --table eval/quick.md

quick-set: # every fourth held-out paragraph, after `make corpus` for each pair
	for pair in $(QUICK); do awk 'NR % 4 == 1' data/corpora/$$pair/test.jsonl > data/quick/$$pair.jsonl || exit 1; done

EVAL := out/eval-model/$(PAIR)
GLOSSARY = glossaries/$(PAIR).office.csv

eval-model: $(BIN)/mtpipe ## the held-out pages of $(PAIR): plain, annotated, repaired (after `make corpus PAIR=…`)
	rm -rf $(EVAL) && mkdir -p $(EVAL)/source && cp $(DATA)/test.jsonl $(EVAL)/source/
	$(BIN)/mtpipe translate $(EVAL)/source --out $(EVAL)/plain $(LANGS) --editors "" --quiet
	$(BIN)/mtpipe translate $(EVAL)/source --out $(EVAL)/annotated $(LANGS) --glossary $(GLOSSARY) --editors "" --quiet
	$(BIN)/mtpipe translate $(EVAL)/source --out $(EVAL)/repaired $(LANGS) --glossary $(GLOSSARY) --quiet
	$(BIN)/mtpipe evaluate $(EVAL)/plain/test.jsonl $(EVAL)/annotated/test.jsonl $(EVAL)/repaired/test.jsonl $(LANGS) --glossary $(GLOSSARY) --human --no-tags --table eval/model.$(PAIR).md
	$(BIN)/python -m eval.harness own $(PAIR)=$(DATA)/test.jsonl --out $(EVAL)/own $(SYSTEMS) $(WITH_LLM) --table eval/subsets.$(PAIR).md

ADAPTED := out/eval-finetune

eval-finetune: $(VENV)/.dev ## a user's job: 4 200 messages of LyX as a TMX, 200 terms found in it, the en-de model adapted in four minutes
	$(MAKE) --no-print-directory $(PACKAGES)/lyx-common
	rm -rf $(ADAPTED) && mkdir -p $(ADAPTED)
	$(BIN)/mtpipe tm import $(PACKAGES)/lyx-common --out $(ADAPTED)/memory.sqlite $(EN_DE)
	$(BIN)/mtpipe tm export $(ADAPTED)/memory.sqlite $(ADAPTED)/lyx.tmx
	$(BIN)/mtpipe glossary extract $(ADAPTED)/lyx.tmx $(EN_DE) --min-count 3 --top 200 --out $(ADAPTED)/terms.csv
	time $(BIN)/mtpipe finetune $(ADAPTED)/lyx.tmx --glossary $(ADAPTED)/terms.csv --minutes 4 $(EN_DE) --out $(ADAPTED)/model

REFINER = out/models/$(PAIR).refiner

refiner: $(VENV)/.dev ## train an editor of drafts for $(PAIR) from the help of its corpus: out/models/$(PAIR).refiner (BUDGET; goes on where it was)
	test -f $(DATA)/train.jsonl || $(MAKE) --no-print-directory corpus PAIR=$(PAIR)
	mkdir -p $(MODEL).texts && grep -E $(domain) $(DATA)/train.jsonl > $(MODEL).texts/domain.jsonl
	test -f $(MODEL).texts/triplets.jsonl || $(BIN)/mtpipe triplets $(MODEL).texts/domain.jsonl $(LANGS) --exclude $(DATA)/test.jsonl --exclude $(DATA)/dev.jsonl --out $(MODEL).texts/triplets.jsonl
	$(BIN)/mtpipe finetune --task post-edit $(MODEL).texts/triplets.jsonl $(LANGS) --out $(REFINER) $(BUDGET)

eval-refiner: $(BIN)/mtpipe ## the held-out pages of $(PAIR) edited by a refiner (REFINER), alone and on the ladder, into eval/refiner.md
	$(BIN)/python -m tests.benchmarks.refiner $(REFINER) $(DATA)/test.jsonl $(GLOSSARY) "$(NOTE)" > eval/refiner.md

EN_ES := --source-lang en --target-lang es

eval-repair: $(BIN)/mtpipe ## repair other teams' WMT25 EN-ES drafts without model or LLM (WMT25_DIR, CORPORA: see eval/README.md)
	$(BIN)/mtpipe corpus lexicon $(CORPORA)/en-es.*.tsv.xz $(EN_ES) --out $(REPAIR)/lexicon
	for team in $(TEAMS); do $(BIN)/python -m eval.harness wmt25-segments $(WMT25_DIR)/full_data.enes.jsonl $(WMT25_DIR)/submissions/$$team.enes.noterm.jsonl $(EN_ES) --out $(REPAIR)/$$team.jsonl && $(BIN)/mtpipe post-edit $(REPAIR)/$$team.jsonl --mt none --lexicon $(REPAIR)/lexicon $(EN_ES) --out $(REPAIR)/$$team.repaired.jsonl --quiet || exit 1; done
	$(BIN)/mtpipe evaluate $(foreach team,$(TEAMS),$(REPAIR)/$(team).jsonl $(REPAIR)/$(team).repaired.jsonl) $(EN_ES) --table eval/wmt25-repair.md

WMT23_DIR ?= ../shared/bench/wmt23
# an LLM for the rows that use one: LLM_BASE_URL and LLM_MODEL; SYSTEMS: more options, such as --model or --refiner
WITH_LLM = $(if $(LLM_MODEL),--llm openai --llm-option model=$(LLM_MODEL) --llm-option base_url=$(LLM_BASE_URL))
SHARED := out/eval-wmt

eval-wmt25: $(BIN)/mtpipe ## our systems among the WMT25 terminology teams, our scorer beside the organisers' (WMT25_DIR: a clone)
	rm -rf $(SHARED)25/track*
	$(BIN)/python -m eval.harness wmt25 $(WMT25_DIR) --out $(SHARED)25 $(SYSTEMS) $(WITH_LLM) --table eval/wmt25.md --conformance eval/wmt25-conformance.md --json $(SHARED)25/figures.json

eval-wmt23: $(BIN)/mtpipe ## our systems beside the WMT23 terminology task's results (WMT23_DIR; COMET: a checkpoint; EVERY=8: one segment of eight)
	rm -rf $(SHARED)23/*-*
	$(BIN)/python -m eval.harness wmt23 $(WMT23_DIR) --out $(SHARED)23 $(SYSTEMS) $(WITH_LLM) $(if $(COMET),--comet $(COMET)) $(if $(EVERY),--every $(EVERY)) --table eval/wmt23.md --json $(SHARED)23/figures.json

SEED := out/eval-seed
SEED_PAIRS := de-en en-cs zh-en
SEED_BUDGET ?= --minutes 10

eval-seed: $(BIN)/mtpipe ## the paper's experiment: term use by stage, held-out and WMT23 sets (LLM_BASE_URL, LLM_MODEL: all stages)
	$(if $(LLM_MODEL),for pair in $(SEED_PAIRS); do $(MAKE) --no-print-directory seed-model PAIR=$$pair || exit 1; done)
	rm -rf $(SEED)/*.*
	$(BIN)/python -m eval.harness seed $(foreach pair,$(SEED_PAIRS),$(pair)=$(firstword $(wildcard data/corpora/$(pair)/test.jsonl) data/quick/$(pair).jsonl)) $(if $(wildcard $(WMT23_DIR)),--wmt23 $(WMT23_DIR)) $(if $(EVERY),--every $(EVERY)) --tuned $(SEED)/models --out $(SEED) $(SYSTEMS) $(WITH_LLM) $(if $(COMET),--comet $(COMET)) --table eval/seed.md --json $(SEED)/figures.json

seed-model: $(VENV)/.dev # $(SEED)/models/$(PAIR): an LLM's sentences for the glossary, mixed with the corpus
	mkdir -p $(SEED)/synthetic
	$(BIN)/mtpipe synthesize $(GLOSSARY) $(LANGS) $(WITH_LLM) --exclude $(DATA)/test.jsonl --out $(SEED)/synthetic/$(PAIR).jsonl || [ $$? = 4 ] # 4: some terms have fewer pairs than asked for
	$(BIN)/mtpipe finetune $(SEED)/synthetic/$(PAIR).jsonl --generic $(DATA)/train.jsonl --exclude $(DATA)/test.jsonl --glossary $(GLOSSARY) $(LANGS) $(SEED_BUDGET) --out $(SEED)/models/$(PAIR)

eval-llm: $(VENV)/.dev ## what the ladder leaves for an LLM, and what the guard makes of the worst ones: eval/llm.md (after eval-repair)
	for team in Erlendur EuroLLM-ft MarianMT-ft; do $(BIN)/python -m eval.harness wmt25-segments $(WMT25_DIR)/full_data.enes.jsonl $(WMT25_DIR)/submissions/$$team.enes.noterm.jsonl $(EN_ES) --out $(REPAIR)/$$team.jsonl || exit 1; done
	rm -rf out/eval-llm && $(BIN)/python -m tests.benchmarks.llm $(REPAIR)/lexicon out/eval-llm $(foreach team,$(TEAMS) Erlendur EuroLLM-ft MarianMT-ft,$(REPAIR)/$(team).jsonl) > out/llm.md && mv out/llm.md eval/llm.md

CATALOGUES ?= $(PACKAGES)
SCHEMAS := data/cache/schemas

check-catalogues: $(VENV)/.dev $(SCHEMAS) ## real catalogues (CATALOGUES, else those of `make corpus`) through PO and XLIFF: codes, msgfmt -c, schema
	$(BIN)/python -m tests.benchmarks.catalogues $(CATALOGUES) $(SCHEMAS) > eval/catalogues.md; status=$$?; cat eval/catalogues.md; exit $$status

$(SCHEMAS): # the schema of XLIFF 1.2
	mkdir -p data/cache/debs && cd data/cache/debs && apt-get download php-symfony-translation
	dpkg -x "$$(ls -t data/cache/debs/php-symfony-translation_*.deb | head -1)" $@

check-resume: $(BIN)/mtpipe ## 50 random kill -9 during a job, resumed: is the output the same?
	$(BIN)/python -m tests.benchmarks.interrupt 50

check-llm: $(VENV)/.dev ## every fault of an LLM's server, kill -9 and used-up budgets during post-edit jobs: what is lost, what is asked twice?
	$(BIN)/python -m tests.benchmarks.llm_faults > eval/llm-faults.md; status=$$?; cat eval/llm-faults.md; exit $$status

test: $(VENV)/.dev ## all set-up, then the tests
	$(BIN)/python -m pytest

test-avx2: $(VENV)/.dev ## the tests of models and jobs as on a processor with AVX2 only (int8 without VNNI)
	CT2_FORCE_CPU_ISA=AVX2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 ATEN_CPU_CAPABILITY=avx2 $(BIN)/python -m pytest tests/unit/mt tests/unit/models tests/unit/postedit tests/unit/pipeline tests/unit/training

fuzz: $(VENV)/.dev ## the generated examples of the tests anew, other ones at each call (FUZZ: which files)
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest $(FUZZ)

lint: $(VENV)/.dev ## flake8, isort, mypy
	$(BIN)/flake8 mtpipe tests && $(BIN)/isort --check --quiet mtpipe tests && $(BIN)/mypy

bench: $(VENV)/.dev ## speed and memory as ratios; with `make help-pages` before, all of them
	$(BIN)/python -m tests.benchmarks

bench-training: $(VENV)/.dev ## speed of training beside Seq2SeqTrainer's defaults (after `make corpus PAIR=en-de`)
	$(BIN)/python -m tests.benchmarks.training data/corpora/en-de/train.jsonl

eval-quality: $(VENV)/.dev ## the light quality estimate against chrF2++ of sentences (after `make corpus PAIR=en-de`)
	$(BIN)/python -m tests.benchmarks.quality data/corpora/en-de/dev.jsonl

bench-corpora: $(VENV)/.dev ## memory of `corpus prepare`: a million pairs, and a TMX of 1 GB that breaks off (2 GB in $$TMPDIR)
	$(BIN)/python -m tests.benchmarks.corpora

clean: ## remove what the other targets made
	rm -rf $(VENV) out build *.egg-info .pytest_cache .mypy_cache .hypothesis

.PHONY: help install demo demo-run demo-synthesize help-pages corpus model eval quick-set eval-model eval-finetune eval-quality demo-large eval-demo eval-repair eval-llm eval-wmt23 eval-wmt25 refiner eval-refiner bench bench-training bench-corpora check-catalogues check-resume check-llm test test-avx2 fuzz lint clean
.DEFAULT_GOAL := help
