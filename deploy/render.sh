#!/usr/bin/env bash
# Fills in the ${NAMES} of a file from the environment and prints the result:
#
#   deploy/render.sh deploy/service.yaml | gcloud run services replace - --region "$GCP_REGION"
#
# A name that is not set ends it before anything is printed; envsubst alone would leave a hole.
set -euo pipefail

text=$(<"$1")
for name in $(envsubst --variables "$text" | sort --unique); do
  [[ -n ${!name:-} ]] || { echo "error: $1: $name is not set" >&2; exit 1; }
done
envsubst <<<"$text"
