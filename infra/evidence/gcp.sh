#!/bin/sh
# Prints the credential of a GCE instance: its identity token, whose audience names this CSR and this cluster.
#   gcp.sh https://interlock.example.com/v1/clusters/rabbit-prod node.csr >credential
# The instance needs a service account, with no role at all. See docs/evidence.md
set -eu
[ $# = 2 ] || { echo "usage: gcp.sh AUDIENCE CSR" >&2 && exit 2; }
metadata=http://${GCE_METADATA_HOST:-metadata.google.internal}

digest=$(openssl req -in "$2" -outform DER | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d =)
token=$(curl -q -fsS -G --noproxy '*' --connect-timeout 5 --max-time 10 --retry 3 --max-filesize 8192 \
	-H 'Metadata-Flavor: Google' --data-urlencode "audience=$1/csr/$digest" -d format=full \
	"$metadata/computeMetadata/v1/instance/service-accounts/default/identity")
printf 'Bearer %s\n' "$token"
