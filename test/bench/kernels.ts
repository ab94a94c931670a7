import { fromBase64 } from "../../src/bytes.ts";
import { signCrl, type CrlContent } from "../../src/pki/crl.ts";
import { verifyCsr } from "../../src/pki/csr.ts";
import type { GeneralName } from "../../src/pki/general-name.ts";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import { loadIssuingCa, type CaMaterial } from "../../src/pki/load-issuing-ca.ts";
import { planCertificate } from "../../src/pki/plan.ts";
import { signCertificate } from "../../src/pki/sign.ts";

/**
 * A Worker that repeats one piece of work as often as it is asked to: `POST /issue?times=400`. What the loop costs is measured from
 * outside, since the clock of a Worker stands still while it computes.
 */

/** What the pieces work on, as it travels. */
export interface KernelMaterial {
  readonly ca: CaMaterial;
  readonly now: number;
  /** Base64 of DER, each of another key. */
  readonly csrs: readonly string[];
  readonly host: string;
}

interface Bench {
  readonly ca: IssuingCa;
  readonly now: number;
  readonly csrs: readonly Uint8Array<ArrayBuffer>[];
  readonly host: string;
  readonly floor: Floor;
}

interface Floor {
  readonly spki: ArrayBuffer;
  readonly signature: ArrayBuffer;
  readonly message: Uint8Array<ArrayBuffer>;
  readonly signer: CryptoKey;
}

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

let bench: Bench | null = null;

const prepare = async (material: KernelMaterial): Promise<Bench> => {
  const ca = await loadIssuingCa(material.ca, material.now);
  if (!ca.ok) throw new Error(ca.error.detail);
  const csrs = material.csrs.map((csr) => fromBase64(csr) ?? new Uint8Array());
  return { ca: ca.value, now: material.now, csrs, host: material.host, floor: await makeFloor() };
};

const makeFloor = async (): Promise<Floor> => {
  const pair = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("a key pair was expected");
  // As long as the to-be-signed part of a leaf.
  const message = crypto.getRandomValues(new Uint8Array(400));
  const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
  if (!(spki instanceof ArrayBuffer)) throw new Error("bytes were expected");
  return {
    spki,
    message,
    signature: await crypto.subtle.sign(EC, pair.privateKey, message),
    signer: pair.privateKey,
  };
};

/** F: importing a P-256 key, verifying and signing, by WebCrypto and nothing else. */
const floor = async ({ floor: { spki, signature, message, signer } }: Bench): Promise<void> => {
  const key = await crypto.subtle.importKey("spki", spki, EC, false, ["verify"]);
  if (!(await crypto.subtle.verify(EC, key, signature, message))) throw new Error("the floor does not hold");
  await crypto.subtle.sign(EC, signer, message);
};

/** CSR bytes to a certificate that was linted, signed and compared. */
const issue = async ({ ca, csrs, host, now }: Bench, turn: number): Promise<void> => {
  const names: readonly GeneralName[] = [{ type: "dns", value: host }];
  const keys = new Set(["ec-p256"] as const);
  const expected = { host, names, keys, blockedKeys: new Set<string>(), caSpkiSha256: ca.spkiSha256 };
  const key = await verifyCsr(csrs[turn % csrs.length] ?? new Uint8Array(), expected);
  if (!key.ok) throw new Error(key.error.detail);
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const plan = await planCertificate({ names, host, lifetime: 86_400, key: key.value, ca, now, random });
  if (!plan.ok) throw new Error(plan.error.detail);
  await signCertificate(plan.value.linted);
};

const crlOf =
  (entries: number) =>
  async ({ ca, now }: Bench): Promise<void> => {
    await signCrl(revocations(entries, now), ca);
  };

const lists = new Map<number, CrlContent>();

const revocations = (entries: number, now: number): CrlContent => {
  const made = lists.get(entries) ?? {
    number: 1,
    thisUpdate: now,
    nextUpdate: now + 604_800,
    revoked: Array.from({ length: entries }, (_, n) => ({
      serial: `8f${n.toString(16).padStart(32, "0")}`,
      revokedAt: now,
      reason: "superseded" as const,
    })),
  };
  lists.set(entries, made);
  return made;
};

const KERNELS: Readonly<Record<string, (bench: Bench, turn: number) => Promise<void>>> = {
  floor,
  issue,
  "crl-10000": crlOf(10_000),
  "crl-100000": crlOf(100_000),
};

export default {
  fetch: async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    if (url.pathname === "/prepare") {
      bench = await prepare(await request.json<KernelMaterial>());
      return new Response("prepared");
    }
    const kernel = KERNELS[url.pathname.slice(1)];
    if (bench === null || kernel === undefined) return new Response("no such piece", { status: 404 });
    const times = Number(url.searchParams.get("times"));
    for (let turn = 0; turn < times; turn += 1) await kernel(bench, turn);
    return new Response(String(times));
  },
};
