#!/bin/sh
# Prints the credential of a pod: its projected service account token, whose audience names this cluster.
#   kubernetes.sh [FILE] >credential
# The volume that puts it there is in docs/evidence.md; kubelet renews it, so read it again for each call.
set -eu
file=${1:-/var/run/secrets/interlock/token}
printf 'Bearer %s\n' "$(tr -d '\r\n' <"$file")"
