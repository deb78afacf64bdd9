#!/usr/bin/env bash
# Runs an experiment in a fresh clone and brings the result home: its outputs to the DVC remote, all else as a branch.
#
#   GIT_URL=https://github.com/you/reprise.git BRANCH=experiment/one deploy/train.sh -S task=hotdog
#
# What follows the script's name goes to `dvc exp run`, which pulls the data that this run needs and no more. Nothing
# is pushed unless the experiment succeeds, and the branch only once the remote has what it names.
#
#   GIT_URL           what to clone and where to push
#   GIT_REF           a branch, a tag or a whole commit hash: main
#   BRANCH            a branch that is not there yet: experiment/ and the name of the Cloud Run execution
#   DVC_REMOTE_URL    in place of the url that .dvc/config gives the remote `storage`
#   GIT_TOKEN_SECRET  projects/<project>/secrets/<secret> of Secret Manager, for a git server that asks for a token
set -euo pipefail

: "${GIT_URL:?the repository to clone}"
branch=${BRANCH:-experiment/${CLOUD_RUN_EXECUTION:?or BRANCH, the branch for the result}}
export GIT_AUTHOR_NAME=${GIT_AUTHOR_NAME:-reprise-train} GIT_COMMITTER_NAME=${GIT_COMMITTER_NAME:-reprise-train}
export GIT_AUTHOR_EMAIL=${GIT_AUTHOR_EMAIL:-reprise-train@users.noreply.github.com}
export GIT_COMMITTER_EMAIL=${GIT_COMMITTER_EMAIL:-reprise-train@users.noreply.github.com}
export GIT_TERMINAL_PROMPT=0

fail() {
  echo "error: $*" >&2
  exit 1
}

read_secret() {
  python - "$1" <<'PYTHON'
import base64
import os
import sys

import google.auth
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests.exceptions import RequestException

place = os.environ.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER", "https://secretmanager.googleapis.com/")
try:
    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    answer = AuthorizedSession(credentials).get(f"{place}v1/{sys.argv[1]}/versions/latest:access", timeout=30)
    answer.raise_for_status()
except (GoogleAuthError, RequestException) as error:
    sys.exit(f"error: {sys.argv[1]}: {error}; expected a secret that this account may read")
print(base64.b64decode(answer.json()["payload"]["data"]).decode().strip())
PYTHON
}

token=
if [[ -n ${GIT_TOKEN_SECRET:-} ]]; then
  token=$(read_secret "$GIT_TOKEN_SECRET")
fi

# Git with the token, which is in no command line, no URL and not in the environment of the experiment.
# shellcheck disable=SC2016
helper='!f() { echo username=x-access-token; echo "password=$GIT_TOKEN"; }; f'
with_token() {
  if [[ -n $token ]]; then
    GIT_TOKEN=$token git -c credential.helper= -c credential.helper="$helper" "$@"
  else
    git "$@"
  fi
}

clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
with_token clone --quiet --no-checkout -- "$GIT_URL" "$clone"
cd "$clone"
found=$(with_token ls-remote origin "refs/heads/$branch")
[[ -z $found ]] || fail "$branch: there is such a branch; expected a name that is free"
with_token fetch --quiet -- origin "${GIT_REF:-main}"
git checkout --quiet -b "$branch" FETCH_HEAD

[[ -z ${DVC_REMOTE_URL:-} ]] || dvc remote modify --quiet --local storage url "$DVC_REMOTE_URL"
dvc remote default --quiet --local storage
dvc exp run --pull "$@"

git add --all
if git diff --cached --quiet; then
  echo "nothing has changed: there is nothing to push"
  exit 0
fi
git commit --quiet --message "Run dvc exp run $*"
dvc push --run-cache
with_token push --quiet origin "HEAD:refs/heads/$branch"
echo "pushed $branch"
