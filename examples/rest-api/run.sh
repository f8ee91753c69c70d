#!/usr/bin/env bash
# Search, describe and call tools over REST.
set -euo pipefail
auth="Authorization: Bearer $SWITCHGEAR_API_KEY"

echo "-- what is there"
curl -fsS -H "$auth" "$SWITCHGEAR_URL/api/v1/tools?limit=3" | tee /dev/stderr | grep -q '"next_cursor"'

echo; echo "-- which tool adds numbers?"
curl -fsS -H "$auth" "$SWITCHGEAR_URL/api/v1/tools/search?q=add+two+numbers&max_results=1" | tee /dev/stderr | grep -q 'demo__add'

echo; echo "-- call it"
curl -fsS -H "$auth" -H 'Content-Type: application/json' -d '{"arguments":{"a":2,"b":3}}' \
  "$SWITCHGEAR_URL/api/v1/tools/demo__add/execute" | tee /dev/stderr | grep -q '"sum":5'

echo; echo "-- without a key"
test "$(curl -s -o /dev/null -w '%{http_code}' "$SWITCHGEAR_URL/api/v1/tools")" = 401
echo 401
