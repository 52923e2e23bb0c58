#!/usr/bin/env bash
source "$AINUR_SOURCE/tests/support/shell.sh"

begin "metrics lists names, units and meanings"
run ainur metrics
expect_status 0
for metric in tasks.completed latency_ms.auction.p95 messages_per_task ledger.issuance \
  consensus.finality_ms.p95; do
  expect_match "$out" "^ *${metric//./\\.} "
done

begin "metrics --json lists the same metrics"
run ainur metrics --json
expect_status 0
expect_match "$out" '"latency_ms\.auction\.p95"'

finish
