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
import http.client
import json
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.request

METADATA = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
IDENTITY = "/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance"
BODY = "Action=GetCallerIdentity&Version=2011-06-15"


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows none: a session of the metadata service is for nobody else."""

    def redirect_request(self, *_):
        return None


# No proxy: the metadata service is this machine's own, and a proxy would be another's.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}), Redirects)


def fail(code, what):
    print(f"aws_sts.py: {what}", file=sys.stderr)
    sys.exit(code)


def ask(path, method, headers):
    """Asks up to three times: at first boot the service may be slower than we are. A refusal is final."""
    for pause in (1, 2, None):
        try:
            request = urllib.request.Request(METADATA + path, method=method, headers=headers)
            with DIRECT.open(request, timeout=5) as reply:
                return reply.read(65536).decode("ascii")
        except (OSError, http.client.HTTPException) as error:
            refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
            if refused or pause is None:
                raise
        time.sleep(pause)


def expect(pattern, text, what):
    if not re.fullmatch(pattern, text):
        raise ValueError(f"this is no {what}")
    return text


def metadata(path):
    """IMDSv2: a session first, which a confused proxy cannot make."""
    session = ask("/latest/api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    expect("[A-Za-z0-9_+/=-]+", session, "session")
    return ask(path, "GET", {"X-aws-ec2-metadata-token": session})


def instance_region():
    return expect("[a-z0-9-]+", metadata("/latest/meta-data/placement/region"), "region")


def credentials():
    if "AWS_ACCESS_KEY_ID" in os.environ:
        if "AWS_SECRET_ACCESS_KEY" not in os.environ:
            fail(2, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not")
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
    try:
        der = csr_der(given.csr)
    except (OSError, ValueError) as error:
        fail(2, f"{given.csr} is no CSR: {error}")
    signal.signal(signal.SIGALRM, lambda *_: fail(4, f"no end of the answer from {METADATA}"))
    signal.alarm(60)
    try:
        region = given.region or os.environ.get("AWS_REGION") or instance_region()
        now = datetime.datetime.now(datetime.timezone.utc)
        result = evidence(given.audience, der, region, now)
    except urllib.error.HTTPError as error:
        fail(5, f"the metadata service refuses: {error} (is it switched on, with its identity role?)")
    except (OSError, http.client.HTTPException) as error:
        fail(4, f"there is no answer from {METADATA}: {error} (not EC2, or a container beyond the hop limit?)")
    except (ValueError, KeyError, TypeError) as error:
        fail(6, f"this is no answer of EC2's metadata service: {error!r}; what answers at {METADATA}?")
    json.dump(result, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
# end
