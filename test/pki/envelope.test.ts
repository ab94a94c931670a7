import { beforeAll, describe, expect, it } from "vitest";
import { toBase64, utf8 } from "../../src/bytes.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { readEnvelope } from "../../src/pki/envelope.ts";
import { writePem } from "../../src/pki/pem.ts";
import { makeAuthority, privateKeyPem, type Authority } from "./support/authority.ts";
import { makeRequest } from "./support/request.ts";
import { makeMessage } from "./support/signed-message.ts";

let node: Authority;
let csr: Bytes;
let message: Bytes;
beforeAll(async () => {
  node = await makeAuthority();
  csr = await makeRequest(node.pair);
  message = await makeMessage(node, { content: csr });
});

const outcomeOf = (body: Uint8Array | string): string => {
  const envelope = readEnvelope(typeof body === "string" ? utf8(body) : body);
  if (!envelope.ok) return `${envelope.error.code}: ${envelope.error.detail}`;
  expect(envelope.value.csr).toEqual(csr);
  return envelope.value.proof === null ? "a CSR" : "a proof";
};

describe("a body", () => {
  it("is a CSR where it is one, in each of its forms", () => {
    expect(outcomeOf(csr)).toBe("a CSR");
    expect(outcomeOf(writePem("CERTIFICATE REQUEST", csr))).toBe("a CSR");
    expect(outcomeOf(toBase64(csr))).toBe("a CSR");
  });
  it("is a proof where it is a CMS message, in each of its forms", () => {
    expect(outcomeOf(message)).toBe("a proof");
    expect(outcomeOf(toBase64(message))).toBe("a proof");
    for (const label of ["CMS", "PKCS7"]) expect(outcomeOf(writePem(label, message))).toBe("a proof");
    expect(outcomeOf(`a line before it\n${writePem("CMS", message)}`)).toBe("a proof");
  });
  it("holds the CSR in whichever form its file had", async () => {
    const pem = utf8(writePem("CERTIFICATE REQUEST", csr));
    expect(outcomeOf(await makeMessage(node, { content: pem }))).toBe("a proof");
    expect(outcomeOf(await makeMessage(node, { content: utf8(toBase64(csr)) }))).toBe("a proof");
  });
});

describe("refused is a body", () => {
  it("whose CMS message holds no CSR", async () => {
    const refused = /^credential-invalid: what the CMS message holds is no CSR: /;
    expect(outcomeOf(await makeMessage(node, { content: utf8("hello") }))).toMatch(refused);
    expect(outcomeOf(await makeMessage(node, { content: utf8("") }))).toMatch(refused);
    expect(outcomeOf(await makeMessage(node, { content: utf8(node.pem) }))).toMatch(refused);
    const nested = utf8(writePem("CMS", message));
    expect(outcomeOf(await makeMessage(node, { content: nested }))).toMatch(refused);
  });
  it("whose CMS message is not of the one shape", async () => {
    const bare = await makeMessage(node, { content: csr, bare: true });
    expect(outcomeOf(bare)).toMatch(/^credential-invalid: .* no signed attributes/);
  });
  it("that is S/MIME, and says which option is missing", () => {
    expect(outcomeOf("MIME-Version: 1.0\nContent-Type: multipart/signed")).toMatch(
      /^credential-invalid: .*-outform PEM/,
    );
  });
  it("with something beside the message: another one, a CSR, the private key", async () => {
    const [pem, request] = [writePem("CMS", message), writePem("CERTIFICATE REQUEST", csr)];
    expect(outcomeOf(pem + pem)).toMatch(/^malformed-csr/);
    expect(outcomeOf(request + pem)).toMatch(/^malformed-csr/);
    expect(outcomeOf(pem + (await privateKeyPem(node)))).toMatch(/^malformed-csr: this is a private key/);
  });
  it("that says CMS and is a CSR", () => {
    expect(outcomeOf(writePem("CMS", csr))).toMatch(/^malformed-csr/);
  });
});
