#!/bin/sh
# Says what a branch does to the queries, and fails for findings that are not accepted.
# usage: check.sh [base]
set -u
base=${1:-origin/main}
work=$(mktemp -d)

querybudget test -reports "$work/new" ./...
tests=$?

git worktree add -q --detach "$work/base" "$(git merge-base "$base" HEAD)"
(cd "$work/base" && querybudget test -reports "$work/old" ./... >"$work/old.log" 2>&1)
git worktree remove --force "$work/base"

querybudget diff -since "$base" "$work/old" "$work/new"
querybudget check -since "$base" "$work/new" && exit "$tests"
