#!/bin/sh
# Prints the credential of `aws-sts`: a GetCallerIdentity signed for this CSR and this cluster, not sent.
#   aws-sts.sh https://interlock.example.com/v1/clusters/rabbit-prod node.csr >credential
# Needs python3, which cloud images carry, and aws_sts.py beside it. Good for five minutes. See docs/evidence.md
set -eu
[ $# = 2 ] || { echo "usage: aws-sts.sh AUDIENCE CSR" >&2 && exit 2; }
command -v python3 >/dev/null || { echo "aws-sts.sh: there is no python3 here" >&2 && exit 3; }

evidence=$(python3 "$(dirname "$0")/aws_sts.py" --audience "$1" --csr "$2")
printf 'Evidence %s\n' "$(printf %s "$evidence" | openssl base64 -A)"
# end
