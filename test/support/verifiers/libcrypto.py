"""OpenSSL's library as a reader: a question a line on stdin (JSON), an answer a line on stdout.

One process answers any number of questions, where the command line starts a process for each. Bytes are base64 both ways.
`null`: OpenSSL does not read it, or it is followed by other bytes, or its signature does not verify.
"""
import base64
import ctypes
import json
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_ubyte, c_uint32, c_void_p

lib = ctypes.CDLL("libcrypto.so.3")


def bind(name, result, *arguments):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments
    return function


def reader(name):
    return bind(name, c_void_p, c_void_p, POINTER(c_void_p), c_long)


def writer(name):
    return bind(name, c_int, c_void_p, POINTER(c_void_p))


d2i_X509_REQ, d2i_X509, d2i_X509_CRL, d2i_PUBKEY = map(reader, ["d2i_X509_REQ", "d2i_X509", "d2i_X509_CRL", "d2i_PUBKEY"])
i2d_X509_PUBKEY, i2d_X509_NAME = map(writer, ["i2d_X509_PUBKEY", "i2d_X509_NAME"])
free = {name: bind(name, None, c_void_p) for name in
        ["X509_REQ_free", "X509_free", "X509_CRL_free", "EVP_PKEY_free", "CMS_ContentInfo_free", "ASN1_INTEGER_free", "BN_free"]}
of = {name: bind(name, c_void_p, c_void_p) for name in
      ["X509_REQ_get0_pubkey", "X509_REQ_get_X509_PUBKEY", "X509_get_X509_PUBKEY", "X509_get_serialNumber", "X509_get0_notBefore",
       "X509_get0_notAfter", "X509_get_subject_name", "X509_get_issuer_name", "X509_get0_subject_key_id",
       "X509_get0_authority_key_id", "X509_CRL_get_issuer", "X509_CRL_get0_lastUpdate", "X509_CRL_get0_nextUpdate",
       "X509_CRL_get_REVOKED", "X509_REVOKED_get0_serialNumber", "X509_REVOKED_get0_revocationDate", "ASN1_STRING_get0_data"]}
number = {name: bind(name, c_long, c_void_p) for name in
          ["X509_get_version", "X509_CRL_get_version", "ASN1_ENUMERATED_get"]}
count = {name: bind(name, c_int, c_void_p) for name in ["ASN1_STRING_length", "OPENSSL_sk_num"]}
flags = {name: bind(name, c_uint32, c_void_p) for name in
         ["X509_get_key_usage", "X509_get_extended_key_usage", "X509_get_extension_flags"]}
verify = {name: bind(name, c_int, c_void_p, c_void_p) for name in ["X509_REQ_verify", "X509_verify", "X509_CRL_verify"]}
extension = {name: bind(name, c_void_p, c_void_p, c_int, POINTER(c_int), c_void_p) for name in
             ["X509_CRL_get_ext_d2i", "X509_REVOKED_get_ext_d2i"]}
sk_value = bind("OPENSSL_sk_value", c_void_p, c_void_p, c_int)
integer_to_bn = bind("ASN1_INTEGER_to_BN", c_void_p, c_void_p, c_void_p)
bn_to_hex = bind("BN_bn2hex", c_void_p, c_void_p)
release = bind("CRYPTO_free", None, c_void_p, c_char_p, c_int)
time_set = bind("ASN1_TIME_set", c_void_p, c_void_p, c_long)
time_diff = bind("ASN1_TIME_diff", c_int, POINTER(c_int), POINTER(c_int), c_void_p, c_void_p)
memory = bind("BIO_new_mem_buf", c_void_p, c_char_p, c_int)
empty_memory = bind("BIO_new", c_void_p, c_void_p)
s_mem = bind("BIO_s_mem", c_void_p)
bio_read = bind("BIO_read", c_int, c_void_p, c_void_p, c_int)
bio_control = bind("BIO_ctrl", c_long, c_void_p, c_int, c_long, c_void_p)
bio_free = bind("BIO_free", c_int, c_void_p)
d2i_CMS_bio = bind("d2i_CMS_bio", c_void_p, c_void_p, c_void_p)
cms_verify = bind("CMS_verify", c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_uint32)
new_stack = bind("OPENSSL_sk_new_null", c_void_p)
push = bind("OPENSSL_sk_push", c_int, c_void_p, c_void_p)
free_stack = bind("OPENSSL_sk_free", None, c_void_p)
clear_errors = bind("ERR_clear_error", None)

EPOCH = time_set(None, 0)
BIO_CTRL_PENDING = 10
CMS_NO_SIGNER_CERT_VERIFY, CMS_BINARY = 0x20, 0x80
NID_CRL_NUMBER, NID_CRL_REASON = 88, 141


class No(Exception):
    """OpenSSL does not read or believe it."""


def need(value):
    if not value:
        raise No()
    return value


def read(d2i, octets):
    """One value, to the last octet."""
    buffer = ctypes.create_string_buffer(octets, len(octets))
    at = c_void_p(ctypes.addressof(buffer))
    value = need(d2i(None, byref(at), len(octets)))
    if at.value != ctypes.addressof(buffer) + len(octets):
        raise No()
    return value


def write(i2d, value):
    length = i2d(value, None)
    buffer = ctypes.create_string_buffer(length)
    i2d(value, byref(c_void_p(ctypes.addressof(buffer))))
    return text(buffer.raw)


def text(octets):
    return base64.b64encode(octets).decode()


def string(value):
    if not value:
        return None
    return text(ctypes.string_at(of["ASN1_STRING_get0_data"](value), count["ASN1_STRING_length"](value)))


def integer(value):
    """Hexadecimal, as BN_bn2hex writes it."""
    magnitude = need(integer_to_bn(need(value), None))
    digits = bn_to_hex(magnitude)
    answer = ctypes.string_at(digits).decode().lower()
    release(digits, b"", 0)
    free["BN_free"](magnitude)
    return answer


def seconds(value):
    """Since the epoch, by OpenSSL's own reading of the time."""
    days, rest = c_int(), c_int()
    need(time_diff(byref(days), byref(rest), EPOCH, need(value)))
    return days.value * 86400 + rest.value


def csr(question):
    request = read(d2i_X509_REQ, base64.b64decode(question["der"]))
    try:
        if verify["X509_REQ_verify"](request, need(of["X509_REQ_get0_pubkey"](request))) != 1:
            raise No()
        return {"spki": write(i2d_X509_PUBKEY, of["X509_REQ_get_X509_PUBKEY"](request))}
    finally:
        free["X509_REQ_free"](request)


def cms(question):
    octets = base64.b64decode(question["der"])
    source = memory(octets, len(octets))
    target = empty_memory(s_mem())
    message, signers = d2i_CMS_bio(source, None), new_stack()
    known = [read(d2i_X509, base64.b64decode(der)) for der in question["certificates"]]
    try:
        if not message or bio_control(source, BIO_CTRL_PENDING, 0, None) != 0:
            raise No()
        for certificate in known:
            push(signers, certificate)
        if cms_verify(message, signers, None, None, target, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1:
            raise No()
        buffer = ctypes.create_string_buffer(65536)
        length = bio_read(target, buffer, 65536)
        return {"content": text(buffer.raw[:max(length, 0)])}
    finally:
        for certificate in known:
            free["X509_free"](certificate)
        free_stack(signers)
        free["CMS_ContentInfo_free"](message)
        bio_free(source)
        bio_free(target)


def certificate(question):
    value = read(d2i_X509, base64.b64decode(question["der"]))
    key = read(d2i_PUBKEY, base64.b64decode(question["issuerKey"]))
    try:
        return {
            "verified": verify["X509_verify"](value, key) == 1,
            "version": number["X509_get_version"](value) + 1,
            "serial": integer(of["X509_get_serialNumber"](value)),
            "notBefore": seconds(of["X509_get0_notBefore"](value)),
            "notAfter": seconds(of["X509_get0_notAfter"](value)),
            "subject": write(i2d_X509_NAME, of["X509_get_subject_name"](value)),
            "issuer": write(i2d_X509_NAME, of["X509_get_issuer_name"](value)),
            "spki": write(i2d_X509_PUBKEY, of["X509_get_X509_PUBKEY"](value)),
            "flags": flags["X509_get_extension_flags"](value),
            "keyUsage": flags["X509_get_key_usage"](value),
            "extendedKeyUsage": flags["X509_get_extended_key_usage"](value),
            "subjectKeyIdentifier": string(of["X509_get0_subject_key_id"](value)),
            "authorityKeyIdentifier": string(of["X509_get0_authority_key_id"](value)),
        }
    finally:
        free["X509_free"](value)
        free["EVP_PKEY_free"](key)


def entry(revoked):
    critical = c_int()
    reason = extension["X509_REVOKED_get_ext_d2i"](revoked, NID_CRL_REASON, byref(critical), None)
    answer = [integer(of["X509_REVOKED_get0_serialNumber"](revoked)),
              seconds(of["X509_REVOKED_get0_revocationDate"](revoked)),
              number["ASN1_ENUMERATED_get"](reason) if reason else None]
    free["ASN1_INTEGER_free"](reason)
    return answer


def crl(question):
    value = read(d2i_X509_CRL, base64.b64decode(question["der"]))
    key = read(d2i_PUBKEY, base64.b64decode(question["issuerKey"]))
    try:
        critical = c_int()
        crl_number = extension["X509_CRL_get_ext_d2i"](value, NID_CRL_NUMBER, byref(critical), None)
        revoked = of["X509_CRL_get_REVOKED"](value)
        answer = {
            "verified": verify["X509_CRL_verify"](value, key) == 1,
            "version": number["X509_CRL_get_version"](value) + 1,
            "number": integer(crl_number),
            "thisUpdate": seconds(of["X509_CRL_get0_lastUpdate"](value)),
            "nextUpdate": seconds(of["X509_CRL_get0_nextUpdate"](value)),
            "issuer": write(i2d_X509_NAME, of["X509_CRL_get_issuer"](value)),
            "revoked": [entry(sk_value(revoked, n)) for n in range(max(count["OPENSSL_sk_num"](revoked), 0))],
        }
        free["ASN1_INTEGER_free"](crl_number)
        return answer
    finally:
        free["X509_CRL_free"](value)
        free["EVP_PKEY_free"](key)


READERS = {"csr": csr, "cms": cms, "certificate": certificate, "crl": crl}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = READERS[question["kind"]](question)
    except No:
        answer = None
    clear_errors()
    print(json.dumps(answer), flush=True)
