import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { LinkEnd } from "./distribution.ts";
import type { Machine } from "./machine.ts";

/** Erlang drops changed certificate files every two minutes (`erlang.md` §11); a little more for a machine that is busy. */
export const PICK_UP_SECONDS = 150;

/** A node's certificate, key and roots, by the names that every renderer gives them. */
export interface TlsFolder {
  readonly machine: Machine;
  readonly folder: string;
}

export const installedSerial = ({ machine, folder }: TlsFolder): Promise<string> =>
  serialIn(machine, `openssl x509 -noout -serial -in ${folder}/node.pem`);

/** The serial that the server at `address` shows this node in a TLS handshake that begins now. */
export const shownTo = ({ machine, folder }: TlsFolder, address: string): Promise<string> => {
  const connect = `openssl s_client -connect ${address} -cert node.pem -key node_key.pem -CAfile ca.pem`;
  return serialIn(machine, `cd ${folder} && ${connect} </dev/null 2>/dev/null | openssl x509 -noout -serial`);
};

const serialIn = async (machine: Machine, command: string): Promise<string> =>
  (await machine.exec(["sh", "-c", command])).trim().replace("serial=", "");

/** The serial of the certificate that the peer had when the link began. */
export const serialOfPeer = (ends: readonly LinkEnd[], peer: string): string | undefined => {
  const certificate = ends.find((end) => end.peer === peer)?.certificate ?? null;
  return certificate === null
    ? undefined
    : new X509Certificate(Buffer.from(certificate, "base64")).serialNumber;
};

/** Looks every five seconds; throws where it does not hold in time. */
export const expectWithin = async (seconds: number, holds: () => Promise<boolean>): Promise<void> => {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s`);
    await sleep(5_000);
  }
};
