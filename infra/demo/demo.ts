import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasErlang, startNodes, type Nodes } from "./erlang.ts";
import { CLUSTERS, makeCa, makePlayground, mint, startWorker, type Playground } from "./playground.ts";
import { run, say, step } from "./shell.ts";

/**
 * `npm run demo`: the main job from nothing, with the programs that an operator and a node use. Needs openssl, curl and tar;
 * with Erlang it goes on to a cluster of two nodes. Everything is below one temporary folder and is gone afterwards.
 */

interface Reply {
  readonly certificate: {
    readonly serial: string;
    readonly names: readonly string[];
    readonly notAfter: string;
  };
  readonly files: readonly { readonly path: string; readonly mode: string; readonly content: string }[];
  readonly ports: readonly { readonly name: string; readonly port: number; readonly peers: string }[];
  readonly privateKey: { readonly path: string; readonly mode: string };
}

/** What a node does at its first boot. Answers the JSON form of its bundle, whose files are then installed. */
const bootstrap = (
  playground: Playground,
  origin: string,
  cluster: string,
  node: string,
  portOffset: number,
): Reply => {
  const token = mint(playground, cluster, node, origin);
  const own = join(playground.folder, node.split("@")[0] ?? "");
  const certsDir = join(own, cluster);
  mkdirSync(certsDir, { recursive: true });
  const [key, csr] = [join(certsDir, "node_key.pem"), join(certsDir, "node.csr")];
  run("openssl", [
    "req",
    "-new",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    "/",
    "-keyout",
    key,
    "-out",
    csr,
  ]);
  const call = (format: string): Buffer => {
    const url = `${origin}/v1/clusters/${cluster}/nodes/${node}/bundle?format=${format}&portOffset=${String(portOffset)}&certsDir=${certsDir}`;
    const args = [
      "--fail-with-body",
      "--retry",
      "8",
      "-sS",
      "-H",
      `Authorization: Bearer ${token}`,
      "--data-binary",
      `@${csr}`,
      url,
    ];
    return run("curl", args, {
      shown: `curl --fail-with-body --retry 8 -sS -H "Authorization: Bearer $TOKEN" --data-binary @${csr} '${url}'`,
    });
  };
  // The certificate is issued by the first call; the second is a retry, and answers with the same bytes.
  const reply = JSON.parse(call("json").toString()) as Reply;
  run("tar", ["-xm", "--no-same-owner", "-C", "/"], { input: call("tar"), shown: "tar -xm -C /" });
  return reply;
};

const verify = (reply: Reply, host: string): void => {
  const path = (suffix: string): string => reply.files.find((file) => file.path.endsWith(suffix))?.path ?? "";
  const [chain, root] = [path("/node.pem"), path("/ca.pem")];
  const result = run("openssl", [
    "verify",
    "-x509_strict",
    "-verify_ip",
    host,
    "-CAfile",
    root,
    "-untrusted",
    chain,
    chain,
  ]);
  say(`  ${result.toString().trim()}`);
};

const show = (reply: Reply): void => {
  const { serial, names, notAfter } = reply.certificate;
  say(`  certificate ${serial}\n    for ${names.join(", ")}, until ${notAfter}`);
  for (const { path, mode, content } of reply.files)
    say(`  ${mode}  ${path}  (${String(content.length)} bytes)`);
  say(`  ${reply.privateKey.mode}  ${reply.privateKey.path}  (made here; it never left)`);
  for (const { name, port, peers } of reply.ports) say(`  port ${String(port)}  ${name}, for ${peers}`);
};

const HOST = "127.0.0.1";
const [FIRST, SECOND] = [`app1@${HOST}`, `app2@${HOST}`];

const joinCluster = async (nodes: Nodes, playground: Playground, origin: string): Promise<void> => {
  const vmArgs = join(playground.configDir, "vm.args");
  const args = ["-args_file", vmArgs];
  step(`Starting ${FIRST} from its bundle`);
  await nodes.start(args);
  step(`A bundle for a second node, ${SECOND}`);
  verify(bootstrap(playground, origin, "demo", SECOND, 1), HOST);
  step(`${SECOND} calls on ${FIRST}, over TLS that both verify`);
  expectAnswer(nodes.callsOn(args, FIRST), true, "connected");
  step("An outsider with the right cookie, without TLS");
  const cookie = /-setcookie (\S+)/.exec(readFileSync(vmArgs, "utf8"))?.[1] ?? "";
  expectAnswer(nodes.callsOn(["-name", `app9@${HOST}`, "-setcookie", cookie], FIRST), false, "refused");
  step("An outsider with the right cookie, and a certificate of another CA");
  bootstrap(playground, origin, "stranger", `app3@${HOST}`, 2);
  writeFileSync(vmArgs, readFileSync(vmArgs, "utf8").replace(/-setcookie \S+/, `-setcookie ${cookie}`));
  expectAnswer(nodes.callsOn(args, FIRST), false, "refused");
};

const expectAnswer = (answer: boolean, expected: boolean, word: string): void => {
  if (answer !== expected)
    throw new Error(`the node was ${answer ? "connected" : "refused"}, which it must not be`);
  say(`  ${word}.`);
};

const demo = async (playground: Playground): Promise<void> => {
  step("A CA for each of two clusters: a root to keep offline, an intermediate to issue with");
  for (const cluster of CLUSTERS) makeCa(playground, cluster);
  step("The Worker, on workerd");
  const worker = await startWorker(playground);
  const nodes = await startNodes();
  try {
    say(`  ${worker.origin}/readyz  ${(await (await fetch(`${worker.origin}/readyz`)).text()).trim()}`);
    step(`A node boots: ${FIRST} has a join token, makes a key, sends a CSR, installs what comes back`);
    const reply = bootstrap(playground, worker.origin, "demo", FIRST, 0);
    step("What it got");
    verify(reply, HOST);
    show(reply);
    if (hasErlang()) await joinCluster(nodes, playground, worker.origin);
    else
      step(
        "Erlang is not installed here: with it (apt-get install erlang-base erlang-ssl), two nodes would now form a cluster",
      );
  } finally {
    await nodes.stop();
    await worker.stop();
  }
};

// Ctrl-C reaches the program that runs, whose failure ends the demo by the way that cleans up.
process.on("SIGINT", () => undefined);

const playground = await makePlayground();
try {
  say("Interlock: one call turns a CSR into a node that joins its cluster over TLS.");
  await demo(playground);
  step("Done. Next: your own cluster in infra/clusters.json, then README.md, Deploy");
} catch (error) {
  say(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  playground.remove();
}
