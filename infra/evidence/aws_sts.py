#!/usr/bin/env python3
"""Prints the evidence of `aws-sts`: a GetCallerIdentity that this machine signs and does not send.

    aws_sts.py --audience https://interlock.example.com/v1/clusters/rabbit-prod --csr node.csr

Standard library only, because cloud images carry python3 and no AWS SDK. The credentials are those of the environment
(AWS_ACCESS_KEY_ID, ...) or else the instance identity role's, which every EC2 instance has without an instance profile.
They stay here: what is printed is one signature, for one CSR and one cluster, good for five minutes.
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import sys
import urllib.request

METADATA = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
IDENTITY = "/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance"
BODY = "Action=GetCallerIdentity&Version=2011-06-15"

# No proxy: the metadata service is this machine's own, and a proxy would be another's.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def metadata(path):
    token = urllib.request.Request(
        METADATA + "/latest/api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    )
    with DIRECT.open(token, timeout=5) as reply:
        session = reply.read().decode()
    request = urllib.request.Request(METADATA + path, headers={"X-aws-ec2-metadata-token": session})
    with DIRECT.open(request, timeout=5) as reply:
        return reply.read().decode()


def credentials():
    if "AWS_ACCESS_KEY_ID" in os.environ:
        return (
            os.environ["AWS_ACCESS_KEY_ID"],
            os.environ["AWS_SECRET_ACCESS_KEY"],
            os.environ.get("AWS_SESSION_TOKEN"),
        )
    found = json.loads(metadata(IDENTITY))
    return found["AccessKeyId"], found["SecretAccessKey"], found["Token"]


def csr_der(path):
    with open(path, "rb") as file:
        content = file.read()
    if content[:1] == b"\x30":
        return content
    lines = content.decode("ascii").split("-----")
    if len(lines) < 5:
        raise ValueError("the CSR is neither PEM nor DER")
    return base64.b64decode(lines[2])


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def chain(key, *parts):
    for part in parts:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def evidence(audience, der, region, now):
    """Signature Version 4 over exactly the headers that Interlock demands."""
    access, secret, session = credentials()
    host = f"sts.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "host": host,
        "x-amz-date": stamp,
        "x-interlock-audience": audience,
        "x-interlock-csr-sha256": hashlib.sha256(der).hexdigest(),
    }
    if session:
        headers["x-amz-security-token"] = session
    names = sorted(headers)
    signed = ";".join(names)
    canonical = "\n".join(
        ["POST", "/", "", *[f"{name}:{headers[name]}" for name in names], "", signed, digest(BODY)]
    )
    scope = f"{stamp[:8]}/{region}/sts/aws4_request"
    key = chain(("AWS4" + secret).encode(), *scope.split("/"))
    signature = chain(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest(canonical)}").hex()
    del headers["host"]
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={signed}, Signature={signature}"
    )
    return {"method": "aws-sts", "region": region, "headers": headers}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--audience", required=True, help="<origin>/v1/clusters/<cluster>")
    parser.add_argument("--csr", required=True, help="the certificate request, PEM or DER")
    parser.add_argument("--region", help="default: AWS_REGION, else the instance's own")
    given = parser.parse_args()
    region = given.region or os.environ.get("AWS_REGION") or metadata("/latest/meta-data/placement/region")
    now = datetime.datetime.now(datetime.timezone.utc)
    json.dump(evidence(given.audience, csr_der(given.csr), region, now), sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
