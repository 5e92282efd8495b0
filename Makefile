# demorl: `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GO ?= go
PYTHON ?= python3

VERSION := 0.1.0
COMMIT := $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null || echo unknown)

# MuJoCo tasks need cgo and a C compiler; without them the program is pure Go and has the embedded tasks.
ifeq ($(origin TAGS),undefined)
TAGS := $(shell set -- $$($(GO) env CGO_ENABLED GOOS CC); \
	if [ "$$1" = 1 ] && [ "$$2" = linux ] && command -v "$$3" >/dev/null 2>&1; then echo mujoco; fi)
endif
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
GOFLAGS_BUILD := -trimpath -buildvcs=false $(if $(TAGS),-tags $(TAGS))

PACKAGES ?= ./...
TEST_TIMEOUT ?= 18m

# ---------------------------------------------------------------- the program

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  make train takes ENV=leg2r/ellipse-100hz ALGO=m-demorl PRESET=gate|lite|reference STEPS=n SEED=0 OUT=runs/name"

.PHONY: build
build: ## build bin/demorl, with MuJoCo support if a C compiler is there
	@mkdir -p bin
	$(GO) build $(GOFLAGS_BUILD) -ldflags '$(LDFLAGS)' -o bin/demorl ./cmd/demorl

ENV ?= leg2r/ellipse-100hz
ALGO ?= m-demorl
SEED ?= 0
STEPS ?=
# What has to be fetched: nothing for the embedded tasks, a user's own and the bridge's, else the family, whose name is
# before the slash; a name without a slash is Gymnasium's.
FAMILY := $(if $(filter leg2r/% classic/% %.yaml %.yml gymnasium:%,$(ENV)),,$(if $(findstring /,$(ENV)),$(firstword $(subst /, ,$(ENV))),gym))
PRESET ?= $(if $(filter leg2r/%,$(ENV)),gate,lite)
ifndef OUT
OUT := runs/$(subst :,-,$(subst /,-,$(ENV)))-$(ALGO)-$(SEED)-$(shell date +%Y%m%d-%H%M%S)
endif

# Where it goes: the tests look nowhere else, whatever is installed for the user.
HERE := DEMORL_THIRD_PARTY=$(or $(DEMORL_THIRD_PARTY),$(CURDIR)/third_party)

.PHONY: train
train: build ## train a robot; without arguments the paper's 2R leg, in minutes
	$(if $(FAMILY),@$(HERE) bin/demorl env fetch $(FAMILY))
	bin/demorl train $(ENV) --algo $(ALGO) --preset $(PRESET) --seed $(SEED) --out $(OUT)$(if $(STEPS), --steps $(STEPS))

# ---------------------------------------------------------------- checks

ORACLE_PYTHON := $(CURDIR)/.oracle/bin/python
WITH_ORACLE := DEMORL_ORACLE_PYTHON=$(ORACLE_PYTHON) DEMORL_THIRD_PARTY=$(CURDIR)/third_party

.PHONY: oracle-env
oracle-env: ## install the live oracles (Gymnasium, Gymnasium-Robotics, dm_control, MuJoCo) into .oracle, once
	@PYTHON=$(PYTHON) oracle/install.sh .oracle oracle/requirements.txt

.PHONY: assets
assets: build ## fetch libmujoco and the models of all task families into third_party, once
	$(if $(findstring mujoco,$(TAGS)),@$(HERE) bin/demorl env fetch gym dmc hand dext pddm,@echo "no C compiler: MuJoCo tasks are left out")

# Modules of their own, which ./... does not reach.
OTHER_MODULES := $(patsubst %/go.mod,%,$(wildcard examples/*/go.mod internal/kern/gen/go.mod))

.PHONY: vet
vet: ## gofmt and go vet, the modules of their own included
	@unformatted=$$(gofmt -l $$(find . -name '*.go' -not -path './third_party/*' -not -path './.*/*')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):" >&2; echo "$$unformatted" >&2; exit 1; fi
	$(GO) vet $(if $(TAGS),-tags $(TAGS)) $(PACKAGES)
	for module in $(OTHER_MODULES); do (cd "$$module" && $(GO) vet ./...); done

.PHONY: test
test: vet check-generated assets oracle-env test-arm64 ## everything that must pass before a change lands
	$(WITH_ORACLE) $(GO) test -buildvcs=false $(if $(TAGS),-tags $(TAGS)) -timeout $(TEST_TIMEOUT) $(PACKAGES)

.PHONY: check-tasks
check-tasks: assets ## the contract's checker on every task and variant, about five minutes
	DEMORL_CHECK=all DEMORL_THIRD_PARTY=$(CURDIR)/third_party $(GO) test -buildvcs=false -count=1 $(if $(TAGS),-tags $(TAGS)) -timeout 60m -run Registered ./env/check

.PHONY: parity
parity: assets oracle-env ## compare every native task with its original at length, and write the table of docs/environments.md
	$(WITH_ORACLE) $(GO) run -buildvcs=false $(if $(TAGS),-tags $(TAGS)) ./docs/parity $(PARITY_TASKS)

.PHONY: test-noasm
test-noasm: ## the short tests without any assembly
	$(GO) test -short -buildvcs=false -tags noasm -timeout $(TEST_TIMEOUT) $(PACKAGES)

# The packages whose tests run the kernels. Left out: what learns for long, and the cart-pole's frozen limits, which hold
# for amd64's rounding (on arm64 Go's compiler fuses multiply-adds in the task and the planner).
ARM64_PACKAGES := ./internal/kern ./rng ./nn ./dynamics ./rollout ./mpc ./imagine ./sac ./clone
ARM64_SKIP := TestLearnsTheDoubleIntegrator|TestTargetNormalisation|TestARefitAfter|TestDiagnose|TestPlannersSwingTheCartPole|TestDoubleIntegratorIsRegulated
ARM64 := GOOS=linux GOARCH=arm64 CGO_ENABLED=0
QEMU := qemu-aarch64-static

.PHONY: test-arm64
test-arm64: ## the NEON kernels and what stands on them, emulated where this machine is no arm64
	$(ARM64) $(GO) vet ./internal/kern ./rng
	@emulator=; \
	if [ "$$(uname -sm)" != "Linux aarch64" ]; then \
		if ! command -v $(QEMU) >/dev/null && [ "$${CI:-}" = true ] && [ "$$(id -u)" = 0 ]; then \
			{ apt-get update -qq && apt-get install -y -qq --no-install-recommends qemu-user-static >/dev/null; } || true; \
		fi; \
		if ! emulator=$$(command -v $(QEMU)); then \
			echo "test-arm64: no $(QEMU): install it to run these tests (Debian: apt-get install qemu-user-static)" >&2; \
			[ "$${CI:-}" != true ]; exit; \
		fi; \
	fi; \
	export DEMORL_TEST_EMULATOR="$$emulator"; \
	$(ARM64) $(GO) test -short -buildvcs=false $${emulator:+-exec "$$emulator"} -timeout $(TEST_TIMEOUT) -skip '$(ARM64_SKIP)' $(ARM64_PACKAGES)

.PHONY: race
race: ## the short tests under the race detector
	$(GO) test -short -buildvcs=false -race $(if $(TAGS),-tags $(TAGS)) -timeout 30m $(PACKAGES)

# ---------------------------------------------------------------- generated things

GENERATOR := internal/kern/gen

.PHONY: generate
generate: ## write the vector kernels again
	cd $(GENERATOR) && $(GO) run .

.PHONY: check-generated
check-generated: ## fail if the committed vector kernels are not what the generator writes
	@cd $(GENERATOR) && $(GO) test -buildvcs=false ./...
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	(cd $(GENERATOR) && $(GO) run . -out "$$scratch"); \
	(cd "$$scratch" && find . -type f) | while read -r f; do \
		cmp "$$scratch/$$f" "$$f" || { echo "$$f differs from its generator: run make generate" >&2; exit 1; }; done

.PHONY: oracle-lock
oracle-lock: ## pin oracle/*.in again (needs pip-tools in PYTHON)
	cd oracle && CUSTOM_COMPILE_COMMAND='make oracle-lock' $(PYTHON) -m piptools compile --quiet --generate-hashes \
		--strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--pip-args='--only-binary=:all:' -o requirements.txt requirements.in

.PHONY: oracle
oracle: ## make the stored goldens again from the original packages (downloads gigabytes)
	@PYTHON=$(PYTHON) oracle/install.sh .goldens oracle/goldens.in
	@for script in oracle/golden_*.py oracle/*_golden.py; do \
		if [ -e "$$script" ]; then echo "$$script"; .goldens/bin/python "$$script"; fi; done
	DEMORL_TENSORBOARD_PYTHON=$(CURDIR)/.goldens/bin/python $(GO) test -buildvcs=false -run TensorBoard ./rundir

# ---------------------------------------------------------------- comparison with others

VENV ?=
THREADS ?= $(shell nproc)
PEERS_OUT ?= runs/peers-$(shell date +%Y%m%d-%H%M%S).json
PEERS_ARGS ?= --two-runs
.PHONY: peers
peers: assets ## other libraries beside demorl: make peers VENV=folder THREADS=n, about 25 minutes (see peers/README.md)
	@if [ ! -x "$(VENV)/bin/python" ]; then \
		echo "make peers VENV=folder: a Python environment with peers/requirements.txt installed (peers/README.md)" >&2; exit 2; fi
	"$(VENV)/bin/python" peers/compare.py --threads $(THREADS) --markdown --out $(PEERS_OUT) $(PEERS_ARGS)

.PHONY: growth
growth: ## measure and draw how the cost of a decision grows (docs/performance), about two minutes
	$(GO) run ./docs/performance/growth

.PHONY: crash
crash: assets ## kill and resume runs on the leg and HalfCheetah at many moments (up to an hour)
	DEMORL_CRASH_ENVS="leg2r/ellipse-100hz HalfCheetah-v5" DEMORL_CRASH_MOMENTS=20 \
		$(GO) test -buildvcs=false -count=1 $(if $(TAGS),-tags $(TAGS)) -run KilledRuns -timeout 60m -v ./train

.PHONY: evidence
evidence: assets ## facts of docs/method.md part G on five and ten seeds, about five minutes
	DEMORL_EVIDENCE=1 DEMORL_THIRD_PARTY=$(CURDIR)/third_party \
		$(GO) test -buildvcs=false -count=1 $(if $(TAGS),-tags $(TAGS)) -run 'FromFiveSeeds|FromTenSeeds' -timeout 60m -v ./mpc ./train

R := docs/results
DRAW = $(GO) run -buildvcs=false ./docs/results/draw
.PHONY: results
results: ## draw the pictures and tables of docs/results again from the stored evaluations
	$(DRAW) all $R
	$(DRAW) curve 'leg2r/ellipse-100hz, preset gate, seeds 0 1 2' $R/first-run/leg.svg \
		m-demorl=$R/first-run/leg-m-demorl-0.csv,$R/first-run/leg-m-demorl-1.csv,$R/first-run/leg-m-demorl-2.csv \
		sac=$R/first-run/leg-sac-0.csv,$R/first-run/leg-sac-1.csv,$R/first-run/leg-sac-2.csv
	$(DRAW) curve 'HalfCheetah-v5 to 15,000 steps, seed 0' $R/first-run/halfcheetah.svg \
		m-demorl=$R/first-run/hc-m-demorl-0.csv 'control, plan_form policy'=$R/first-run/hc-control-0.csv \
		mbpo=$R/first-run/hc-mbpo-0.csv sac=$R/first-run/hc-sac-0-15k.csv
	$(DRAW) curve 'SAC on HalfCheetah-v5, seeds 0 1 2' $R/first-run/sac.svg \
		demorl=$R/gym-halfcheetah/sac/eval-0.csv,$R/gym-halfcheetah/sac/eval-1.csv,$R/gym-halfcheetah/sac/eval-2.csv \
		stable-baselines3=$R/first-run/hc-sac-sb3-0.csv,$R/first-run/hc-sac-sb3-1.csv,$R/first-run/hc-sac-sb3-2.csv
	$(DRAW) curve 'InvertedDoublePendulum-v5, m-demorl, preset gate' $R/first-run/idp.svg \
		'seed 0'=$R/first-run/idp-m-demorl-0.csv 'seed 1'=$R/first-run/idp-m-demorl-1.csv 'seed 2'=$R/first-run/idp-m-demorl-2.csv

.PHONY: tables
tables: ## write the tables of docs/algorithms.md again from the values of algorithms and presets
	$(GO) run -buildvcs=false ./docs/tables docs/algorithms.md

.PHONY: clean
clean: ## remove what was built; fetched things and runs stay
	rm -rf bin
