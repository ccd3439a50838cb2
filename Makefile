# Everything mtpipe needs on a fresh machine; `make` or `make help` lists the targets.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
OUT ?= out/demo
HELP := data/cache/help/usr/share/libreoffice/help
EN_DE := --source-lang en --target-lang de
lower = $(shell echo $(1) | tr '[:upper:]' '[:lower:]')
WMT25_DIR ?= ../shared/bench/wmt25-enes
CORPORA ?= ../shared/corpora
PAIR ?= en-de
PACKAGES := data/cache/packages
DESCRIPTIONS := data/cache/descriptions
RECIPE := $(BIN)/python -m eval.harness recipe --pair $(PAIR) --wmt25 $(WMT25_DIR) --corpora $(CORPORA)

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
	$(RECIPE) demo-large

eval-demo: $(BIN)/mtpipe ## the demo's help pages: no glossary, first draft, repaired; against the human translation, with a page: out/eval-demo/index.html
	$(RECIPE) demo

corpus: $(BIN)/mtpipe ## data/corpora/$(PAIR): download packages, clean, split (PAIR=en-de en-es en-cs de-en zh-en; CORPORA: more TSV)
	mkdir -p data/cache/debs && for name in $$($(BIN)/python -m eval.harness packages $(PAIR)); do \
	  [ -d $(PACKAGES)/$$name ] || compgen -G "data/cache/debs/$${name}_*.deb" > /dev/null || echo $$name; done | (cd data/cache/debs && xargs --no-run-if-empty apt-get download) # all at once: apt reads its lists each time
	$(MAKE) --no-print-directory $(DESCRIPTIONS) $$($(BIN)/python -m eval.harness packages $(PAIR) | sed 's|^|$(PACKAGES)/|')
	$(RECIPE) corpus

.PHONY: check-scale check-scale-large check-scale-model check-memory check-ray-nodes eval-outside
eval-outside: $(BIN)/mtpipe ## texts unlike the training's: another program's manual, a game, a handbook; into eval/outside.*.$(PAIR).md (SYSTEMS: --model)
	$(MAKE) --no-print-directory $$($(BIN)/python -m eval.harness packages $(PAIR) | sed -n '/^gimp-help/,$$ s|^|$(PACKAGES)/|p')
	$(RECIPE) outside --systems "$(SYSTEMS)"

$(PACKAGES)/%: # catalogues, manuals and what says where they are from, without programs and pictures
	mkdir -p data/cache/debs $(PACKAGES) && cd data/cache/debs && { compgen -G "$*_*.deb" > /dev/null || apt-get download $*; } || { echo "is the list of packages fresh? apt-get update"; exit 1; }
	rm -rf $@.part && dpkg-deb --raw-extract "$$(ls -t data/cache/debs/$*_*.deb | head -1)" $@.part
	find $@.part \( -type f -o -type l \) ! -name '*.mo' ! -name '*.html' ! -path '*/man/*' ! -name '*.lyx' ! -name '*.docbook' ! -name '*.page' ! -name '*.xml' ! -name copyright ! -name control -delete && mv $@.part $@

$(DESCRIPTIONS): # what every package is, in all languages, as apt-get update fetches it; the system's own lists stay as they are
	rm -rf $@.part && mkdir -p $@.part/lists/partial
	apt-get update --quiet -o Dir::State::Lists="$(CURDIR)/$@.part/lists" -o Acquire::Languages=en,de,es,cs,zh_CN -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
	for lang in en de es cs zh_CN; do /usr/lib/apt/apt-helper cat-file $@.part/lists/*_main_i18n_Translation-$${lang/_/%5f}* > $@.part/Translation-$$lang || exit 1; done
	rm -r $@.part/lists && mv $@.part $@

BUDGET ?= --minutes 20

model: $(VENV)/.dev ## train a model like the bundled one of $(PAIR) from its corpus: out/models/$(PAIR) (BUDGET, START; goes on where it was)
	$(RECIPE) train-model --budget "$(BUDGET)" --start "$(START)"

refiner: $(VENV)/.dev ## train an editor of drafts for $(PAIR) from the help of its corpus: out/models/$(PAIR).refiner (BUDGET; goes on where it was)
	$(RECIPE) train-refiner --budget "$(BUDGET)"

QUICK := en-de en-es en-cs de-en zh-en

eval: $(BIN)/mtpipe ## the quick set, offline: five pairs, plain, annotated, repaired, and the subsets; into eval/results
	$(BIN)/python -m eval.harness check
	rm -rf out/eval && $(BIN)/python -m eval.harness own $(foreach pair,$(QUICK),$(pair)=data/quick/$(pair).jsonl) --out out/eval $(SYSTEMS) $(WITH_LLM) --results eval/results --table eval/quick.md

quick-set: $(BIN)/mtpipe # every fourth held-out paragraph, after `make corpus` for each pair
	$(BIN)/python -m eval.harness quick-sets

eval-model: $(BIN)/mtpipe ## the held-out pages of $(PAIR): plain, annotated, repaired (after `make corpus PAIR=…`)
	$(RECIPE) model --systems "$(SYSTEMS) $(WITH_LLM)"

eval-finetune: $(VENV)/.dev $(PACKAGES)/lyx-common ## a user's job: 4 200 messages of LyX as a TMX, 200 terms found in it, the en-de model adapted in four minutes
	$(RECIPE) finetune

REFINER = out/models/$(PAIR).refiner

eval-refiner: $(BIN)/mtpipe ## the held-out pages of $(PAIR) edited by a refiner (REFINER), alone and in the repair chain, into eval/refiner.md
	$(BIN)/python -m tests.benchmarks.refiner $(REFINER) data/corpora/$(PAIR)/test.jsonl glossaries/$(PAIR).office.csv "$(NOTE)" > eval/refiner.md

eval-repair: $(BIN)/mtpipe ## repair other teams' WMT25 EN-ES drafts without model or LLM (WMT25_DIR, CORPORA: see eval/README.md)
	$(RECIPE) repair

WMT25_DE ?= ../shared/bench/wmt25-ende-dev
EDITS := $(BIN)/python -m eval.harness repair
TEAMS := tower CurTermNLLB duterm
CLIENT_LANGS := de es ru cs
EARLIER := out/eval-edits/first-version

$(EARLIER): # mtpipe before its edits were read one by one, to compare with
	rm -rf $@.part && mkdir -p $@.part && git archive 9f07cbf mtpipe | tar -x -C $@.part && mv $@.part $@

$(VENV)/.german-nouns: $(BIN)/mtpipe # a dictionary whose own requirements do not go with ours
	$(BIN)/pip install --quiet --no-deps german-nouns==1.2.5
	@touch $@

eval-edits: $(VENV)/.german-nouns $(EARLIER) ## drafts of WMT25 repaired safely and completely, and what readers said of the edits: eval/edits.*.md (after eval-repair)
	for chain in safe complete; do \
	  $(EDITS) $(TEAMS:%=$(WMT25_DE)/%.jsonl) -s en -t de --lexicon mtpipe/models/en-de/lexicon --repair $$chain --judged eval/judged/en-de.jsonl --table eval/edits.en-de.$$chain.md || exit 1; \
	  $(EDITS) $(TEAMS:%=$(REPAIR)/%.jsonl) -s en -t es --lexicon $(REPAIR)/lexicon --repair $$chain --judged eval/judged/en-es.jsonl --table eval/edits.en-es.$$chain.md || exit 1; \
	done
	for lang in $(CLIENT_LANGS); do client=out/eval-edits/en-$$lang; \
	  $(BIN)/python -m eval.harness client-drafts $(CORPORA)/en-$$lang.gnome-user-docs.tsv.xz eval/judged/en-$$lang.terms.csv -s en -t $$lang --out $$client && \
	  $(BIN)/mtpipe corpus lexicon $$client/rest.tsv -s en -t $$lang --out $$client/lexicon && \
	  $(EDITS) $$client/drafts.jsonl -s en -t $$lang --lexicon $$client/lexicon --judged eval/judged/en-$$lang.jsonl --table eval/edits.client.en-$$lang.md || exit 1; \
	done
	$(BIN)/python -m eval.harness llm-edits $(WMT25_DE)/duterm.jsonl $(WMT25_DE)/llm_edits.duterm.jsonl -s en -t de --lexicon mtpipe/models/en-de/lexicon --earlier $(EARLIER) --calls eval/edits.calls.md --refusals eval/edits.refusals.md

eval-repair-speed: $(BIN)/mtpipe $(EARLIER) ## words a second of a job with repair against one without (bundled en-de model), and of repair against the first version's
	$(BIN)/python -m eval.harness repair-speed $(WMT25_DE)/duterm.jsonl -s en -t de
	$(BIN)/python -m eval.harness repair-speed $(TEAMS:%=$(WMT25_DE)/%.jsonl) -s en -t de --earlier $(EARLIER)

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
RECORDED := eval/recorded

eval-seed: $(BIN)/mtpipe ## the paper's experiment on WMT23: terms used after each stage, from recorded answers and drafts (WMT23_DIR)
	$(BIN)/python -m eval.harness seed $(WMT23_DIR) --requests $(SEED)/requests --table eval/seed.md
	$(BIN)/python -m eval.harness adaptive $(WMT23_DIR) --requests $(SEED)/requests/adaptive --table eval/adaptive.md
	$(BIN)/python -m eval.harness back-translation $(WMT23_DIR) --table eval/back-translation.md

SEED_LANGS = --source-lang $(word 1,$(subst -, ,$(PAIR))) --target-lang $(word 2,$(subst -, ,$(PAIR)))
# as many updates as five minutes of one core had room for
SEED_BUDGET.de-en := --batch-tokens 1500 --steps 400
SEED_BUDGET.en-cs := --batch-tokens 800 --steps 700
SEED_BUDGET.zh-en := --batch-tokens 800 --steps 240

seed-drafts: $(VENV)/.dev ## the drafts that eval-seed starts from, anew: recorded pairs for $(PAIR)'s terms, mixed fine-tuning, translation
	$(BIN)/python -m eval.harness seed-sample $(WMT23_DIR) --corpora $(CORPORA) --out $(SEED)/sample
	$(BIN)/mtpipe synthesize $(SEED)/sample/$(PAIR).csv $(SEED_LANGS) --pairs-per-term 2 --exclude $(SEED)/sample/$(PAIR).jsonl --out $(SEED)/synthetic/$(PAIR).jsonl --llm batch --llm-option model=claude --llm-option answers=$(RECORDED)/seed.$(PAIR).jsonl.xz --llm-option requests=$(SEED)/requests/$(PAIR).synthesis.jsonl
	$(BIN)/mtpipe finetune $(SEED)/synthetic/$(PAIR).jsonl --generic $(SEED)/sample/$(PAIR).generic.jsonl --exclude $(SEED)/sample/$(PAIR).jsonl --glossary $(SEED)/sample/$(PAIR).csv $(SEED_LANGS) --annotated .3 --evaluate-every 350 --learning-rate 6e-4 $(SEED_BUDGET.$(PAIR)) --out $(SEED)/models/$(PAIR)
	$(BIN)/python -m eval.harness seed-drafts $(WMT23_DIR) --pair $(PAIR) --model $(SEED)/models/$(PAIR) --out $(SEED)/jobs

eval-preference: $(VENV)/.dev ## preference tuning and LoRA on tiny models of real architectures: eval/preference.md (a minute of one core)
	mkdir -p out && $(BIN)/python -m tests.benchmarks.preference > out/preference.md && mv out/preference.md eval/preference.md

REPAIR := out/wmt25-repair

eval-llm: $(BIN)/mtpipe ## an LLM's recorded answers on WMT25 EN-ES drafts: quality over calls, eval/wmt25-llm.md (WMT25_DIR)
	$(BIN)/python -m eval.harness wmt25-llm $(WMT25_DIR) --requests $(SEED)/requests/wmt25 --table eval/wmt25-llm.md

eval-guard: $(VENV)/.dev ## what the repair chain leaves for an LLM, and what the guard makes of the worst ones: eval/llm.md (after eval-repair)
	$(RECIPE) llm-drafts
	rm -rf out/eval-llm && $(BIN)/python -m tests.benchmarks.llm $(REPAIR)/lexicon out/eval-llm $(foreach team,tower CurTermNLLB duterm Erlendur EuroLLM-ft MarianMT-ft,$(REPAIR)/$(team).jsonl) > out/llm.md && mv out/llm.md eval/llm.md

CATALOGUES ?= $(PACKAGES)
SCHEMAS := data/cache/schemas

check-catalogues: $(VENV)/.dev $(SCHEMAS) ## real catalogues (CATALOGUES, else those of `make corpus`) through PO and XLIFF: codes, msgfmt -c, schema
	$(BIN)/python -m tests.benchmarks.catalogues $(CATALOGUES) $(SCHEMAS) > eval/catalogues.md; status=$$?; cat eval/catalogues.md; exit $$status

$(SCHEMAS): # the schema of XLIFF 1.2
	mkdir -p data/cache/debs && cd data/cache/debs && apt-get download php-symfony-translation
	dpkg -x "$$(ls -t data/cache/debs/php-symfony-translation_*.deb | head -1)" $@

FORMAT_TOOLS := pandoc asciidoctor qttools5-dev-tools poppler-utils libreoffice-writer libreoffice-calc libreoffice-impress libxml2-utils php-cli texlive-latex-base texlive-latex-recommended lmodern gettext
LOCALES ?= /usr/share/locale/de
TEXTS ?= 1000

format-tools: ## the programs that `make check-formats` asks: LibreOffice, pandoc, Qt, LaTeX … (Debian, as root, 1 GB)
	apt-get install -y --no-install-recommends $(FORMAT_TOOLS)

check-formats: $(VENV)/.dev help-pages ## 1 000 texts through every format: codes, identical files, who opens them (after `make format-tools`): eval/formats.md
	mkdir -p out && $(BIN)/python -m tests.benchmarks.formats $(LOCALES) $(HELP)/en-US tests.benchmarks.formats:Prefix $(TEXTS) > out/formats.md; status=$$?; cat out/formats.md; [ $$status = 0 ] && mv out/formats.md eval/formats.md; exit $$status

check-resume: $(BIN)/mtpipe ## 50 random kill -9 during a job, resumed: is the output the same?
	$(BIN)/python -m tests.benchmarks.interrupt 50

DOCUMENTS ?= 5000
KILLS ?= 20
SCALE = $(BIN)/python -m tests.benchmarks.scale

check-scale: $(VENV)/.dev ## DOCUMENTS, KILLS, JOBS=serial,workers,…: engines and shards killed, resumed under other counts, a full disk, a slow worker: eval/scale.md
	TARGET="$@ DOCUMENTS=$(DOCUMENTS) KILLS=$(KILLS)" $(SCALE) --documents $(DOCUMENTS) --kills $(KILLS) --jobs "$(JOBS)" --to eval/scale.md

check-scale-large: $(VENV)/.dev ## LARGE (100 000) documents, workers and commands killed 20 times: eval/scale-large.md
	TARGET="$@ LARGE=$(LARGE)" $(SCALE) --documents $(LARGE) --kills 20 --jobs mixed --to eval/scale-large.md

check-scale-model: $(VENV)/.dev ## the same with the bundled model at small size: eval/scale-model.md
	TARGET=$@ $(SCALE) --documents 60 --kills 6 --jobs serial,workers,shards --model --to eval/scale-model.md

LARGE ?= 100000

check-ray-nodes: $(VENV)/.dev ## two local Ray nodes of a core over one of two cores, with the bundled model: the ratio of their speeds
	$(BIN)/python -m tests.benchmarks.scale.ray_nodes

check-memory: $(VENV)/.dev ## peak memory for more documents, tags, glossary entries, memory units (MEMORY: as --documents 100,1000 --units ""): eval/memory.md
	$(BIN)/python -m tests.benchmarks.memory $(MEMORY) --to eval/memory.md

check-hostile: $(VENV)/.dev ## 10 000 damaged documents, glossaries, LLM faults, kills, full disks (HOSTILE: fewer, as --documents 500): eval/hostile.md
	mkdir -p out && $(BIN)/python -m tests.benchmarks.hostile $(HOSTILE) > out/hostile.md; status=$$?; cat out/hostile.md; mv out/hostile.md eval/hostile.md; exit $$status

check-llm: $(VENV)/.dev ## every fault of an LLM's server, kill -9 and used-up budgets during post-edit jobs: what is lost, what is asked twice?
	$(BIN)/python -m tests.benchmarks.llm_faults > eval/llm-faults.md; status=$$?; cat eval/llm-faults.md; exit $$status

test: $(VENV)/.dev ## all set-up, then the tests but for those marked slow
	$(BIN)/python -m pytest

test-all: $(VENV)/.dev ## every test, those that train models or ask other programs included
	$(BIN)/python -m pytest -m ""

$(VENV)/.browser: $(VENV)/.dev # Playwright, and a Chromium where there is none
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[browser]'
	command -v chromium || apt-get install -y --no-install-recommends chromium || { echo "install Chromium: apt-get install chromium"; exit 1; }
	@touch $@

.PHONY: test-browser
test-browser: $(VENV)/.browser ## the review page and the report in a headless Chromium (Debian's, 80 MB, installed where root may)
	$(BIN)/python -m pytest -m slow tests/integration/test_review_page.py

CLIENTS := out/clients

$(CLIENTS)/.weblate: # in a virtual environment of its own, without what builds from C sources (backups, pictures of fonts)
	python3 -m venv $(CLIENTS)/weblate
	$(CLIENTS)/weblate/bin/pip install --quiet --no-deps weblate==5.14.3
	$(CLIENTS)/weblate/bin/python -c "from importlib.metadata import requires; from pip._vendor.packaging.requirements import Requirement as R; print(*(f'{r.name}[{\",\".join(r.extras)}]{r.specifier}' for r in map(R, requires('weblate')) if (not r.marker or r.marker.evaluate({'extra': ''})) and r.name.lower() not in ('borgbackup', 'pycairo', 'pygobject')), sep='\n')" > $(CLIENTS)/weblate.txt
	$(CLIENTS)/weblate/bin/pip install --quiet --prefer-binary -r $(CLIENTS)/weblate.txt
	@touch $@

$(CLIENTS)/.node:
	command -v npm || apt-get install -y --no-install-recommends nodejs npm || { echo "install Node.js: apt-get install nodejs npm"; exit 1; }
	npm install --silent --prefix $(CLIENTS)/node deepl-node@1
	@touch $@

.PHONY: test-clients
test-clients: $(VENV)/.dev $(CLIENTS)/.weblate $(CLIENTS)/.node ## the server asked by Weblate's own classes (500 MB in out/clients) and by deepl-node
	$(BIN)/python -m pytest -m slow tests/integration/test_serve_clients.py

.PHONY: test-cat
test-cat: $(VENV)/.dev $(SCHEMAS) ## exports in OmegaT (Debian's, installed where root may) and against the schemas of XLIFF
	command -v omegat || apt-get install -y --no-install-recommends omegat default-jre-headless || { echo "install OmegaT: apt-get install omegat"; exit 1; }
	$(BIN)/python -m pytest -m "" tests/integration/test_cat_tools.py

.PHONY: check-serve
check-serve: $(VENV)/.dev ## 1 000 bad requests to the server: broken, wrong, huge, slow, dropped; does it answer, does its memory stay?
	$(BIN)/python -m tests.benchmarks.serve_faults

docs: $(VENV)/.dev ## what of docs/ is made from the code: the import graph, the table of formats
	$(BIN)/python -m tests.support.import_graph
	$(BIN)/python -m tests.support.format_table

test-avx2: $(VENV)/.dev ## the tests of models and jobs as on a processor with AVX2 only (int8 without VNNI)
	CT2_FORCE_CPU_ISA=AVX2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 ATEN_CPU_CAPABILITY=avx2 $(BIN)/python -m pytest tests/unit/mt tests/unit/models tests/unit/postedit tests/unit/pipeline tests/unit/training

fuzz: $(VENV)/.dev ## the generated examples of the tests anew, other ones at each call (FUZZ: which files)
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest $(FUZZ)

lint: $(VENV)/.dev ## flake8, isort, mypy, hadolint
	$(BIN)/flake8 mtpipe tests eval && $(BIN)/isort --check --quiet mtpipe tests eval && $(BIN)/mypy && $(BIN)/hadolint Dockerfile

bench: $(VENV)/.dev ## speed and memory as ratios, printed part by part (PART: only folder, matching, repair, start …; after `make help-pages`)
	$(BIN)/python -m tests.benchmarks $(PART)

out/bench/argos/.installed: $(VENV)/.dev # beside the virtual environment, whose torch and spaCy it takes
	rm -rf out/bench/argos && $(BIN)/pip install --quiet --no-deps --target out/bench/argos argostranslate==1.11.0 stanza==1.10.1 minisbd==0.9.5 sacremoses==0.2.0 emoji==2.16.0 onnxruntime==1.31.1
	@touch $@

.PHONY: bench-argos
bench-argos: out/bench/argos/.installed help-pages ## Argos Translate, what LibreTranslate runs, beside a job on the same model (90 MB in out/bench)
	$(BIN)/python -m tests.benchmarks argos

bench-training: $(VENV)/.dev ## speed of training beside Seq2SeqTrainer's defaults (after `make corpus PAIR=en-de`)
	$(BIN)/python -m tests.benchmarks.training data/corpora/en-de/train.jsonl

eval-invariants: $(BIN)/mtpipe help-pages ## numbers, paths, options …: false alarms on human translations, what drafts alter, also of 200 help pages: eval/invariants.md
	mkdir -p out && { $(BIN)/python -m eval.invariants sets && $(BIN)/python -m eval.invariants pages $(HELP); } > out/invariants.md && mv out/invariants.md eval/invariants.md

bench-invariants: $(BIN)/mtpipe ## what checking and protecting numbers, paths … costs in words per second, in pairs of runs (on a quiet machine)
	$(BIN)/python -m eval.invariants cost

eval-quality: $(VENV)/.dev ## the light quality estimate against chrF2++ of sentences (after `make corpus PAIR=en-de`)
	$(BIN)/python -m tests.benchmarks.quality data/corpora/en-de/dev.jsonl

bench-corpora: $(VENV)/.dev ## memory of `corpus prepare`: a million pairs, and a TMX of 1 GB that breaks off (2 GB in $$TMPDIR)
	$(BIN)/python -m tests.benchmarks.corpora

clean: ## remove what the other targets made
	rm -rf $(VENV) out build *.egg-info .pytest_cache .mypy_cache .hypothesis

.PHONY: help install demo demo-run demo-synthesize help-pages corpus model eval quick-set eval-model eval-finetune eval-quality eval-invariants bench-invariants demo-large eval-demo eval-repair eval-edits eval-repair-speed eval-llm eval-guard eval-seed seed-drafts eval-preference eval-wmt23 eval-wmt25 refiner eval-refiner bench bench-training bench-corpora check-catalogues format-tools check-formats check-resume check-llm test test-all docs test-avx2 fuzz lint clean eval-outside
.DEFAULT_GOAL := help
