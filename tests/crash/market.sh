# A market on the real clock that lasts some seconds, and how to look at what it left behind.
# shellcheck shell=bash disable=SC2154
source "$AINUR_SOURCE/tests/support/shell.sh"

tasks=2000

market() { # writes market.toml
  cat >market.toml <<END
name = "crash"
clock = "real"

[[population]]
name = "workers"
count = 50
capabilities = ["nlp", "vision"]
capacity = 40
reliability = "98%"

[clients]
count = 10
deadline_min = "20s"
false_disputes = "2%"
silent = "5%"

[workload.synthetic]
tasks = $tasks
rate = 800
work = { distribution = "uniform", min = "1ms", max = "50ms" }

[market]
call_deadline = "20ms"
award_window = "10s"

[economy]
review = "1s"
dispute = "2s"
arbitration = "2s"

[limits]
drain_time = "2min"
END
}

# number KEY: of a key that stands once in the JSON last printed.
number() { sed -n "s/^ *\"$1\": \([^,]*\),\{0,1\}$/\1/p" <<<"$out" | head -n 1; }

# choose_command: a new run, or what there is goes on.
choose_command() {
  command=(ainur run market.toml --data data --json)
  [ ! -e data/store/store.mdb ] || command+=(--resume)
}

expect_verified() {
  run ainur ledger verify data --json
  expect_status 0
  expect_equal "$(number conserved)" true
}

# Lets the run end, and looks whether everything did.
expect_end() {
  choose_command
  run "${command[@]}"
  expect_status 0
  expect_equal "$(number partial)" false
  expect_equal "$(number conserved)" true
  expect_verified
  expect_equal "$(number tasks_opened)" "$tasks"
  expect_equal "$(number tasks_ended)" "$tasks"
  run ainur ledger show data --json
  expect_equal "$(number open_tasks)" 0
  expect_equal "$(number escrow_uainu)" 0
}
